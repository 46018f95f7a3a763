"""Puts the figures of `xinlu coder evaluate --json FILE` into docs/model-card.md: `python -m scripts.model_card FILE`."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

CARD: Final = Path(__file__).parent.parent / "docs" / "model-card.md"
Figures = dict[str, Any]


def main(arguments: Sequence[str]) -> None:
    """Rewrites each table between its two markers."""
    coders: dict[str, Figures] = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))["coders"]
    card = CARD.read_text(encoding="utf-8")
    for name, table in (("measures", measures), ("corpora", corpora), ("phenomena", phenomena), ("emotions", emotions)):
        card = between(card, name, "\n".join(table(coders)))
    CARD.write_text(card, encoding="utf-8")


def between(card: str, name: str, table: str) -> str:
    """The card with `table` between the markers of `name`; raises ValueError where it has none."""
    before, found, rest = card.partition(f"<!-- {name} -->\n")
    _, closed, after = rest.partition(f"<!-- /{name} -->")
    if not (found and closed):
        raise ValueError(f"{CARD.name} has no markers for {name}")
    return f"{before}{found}{table}\n{closed}{after}"


def share(value: float | None, digits: int = 3) -> str:
    """.927 and the like, a dash for what a coder does not give."""
    return "–" if value is None else f"{value:.{digits}f}".replace("0.", ".", 1)


_MEASURES: Final[tuple[tuple[str, Callable[[Figures], str]], ...]] = (
    ("public halves, mean accuracy / AUC", lambda f: f"{share(f['public']['accuracy'])} / {share(f['public']['auc'])}"),
    ("gold, sign on non-neutral", lambda f: share(f["gold"]["sign"])),
    ("gold, Spearman", lambda f: share(f["gold"]["spearman"])),
    ("gold, mean error on [−1, 1]", lambda f: share(f["gold"]["error"])),
    ("gold, mean size where neutral", lambda f: share(f["gold"]["neutral"])),
    ("gold, within one grade / kappa", lambda f: f"{share(f['gold']['within_one'])} / {share(f['gold']['kappa'])}"),
    (
        "worst phenomenon, sign",
        lambda f: f"{f['worst_phenomenon']['name']} {share(f['worst_phenomenon']['sign'], 2)}",
    ),
    ("minimal pairs, both signs, of 30", lambda f: str(f["pairs"])),
    ("calibration error of the sign (ECE), mean", lambda f: share(f["ece"])),
    ("emotions, macro-F1", lambda f: share(f["gold"]["macro_f1"])),
    ("texts/s beside SnowNLP", lambda f: f"{f['speed']['beside']:.3g}×"),
    ("one text, ms", lambda f: f"{f['speed']['one_text'] * 1000:.2g}"),
    ("explained texts/s beside SnowNLP's coded", lambda f: f"{explained_beside(f):.3g}×"),
)


def explained_beside(figures: Figures) -> float:
    """How many times SnowNLP's rate of coding a coder reaches with evidence."""
    speed = figures["speed"]
    return float(speed["explained_per_second"] / speed["texts_per_second"] * speed["beside"])


def measures(coders: dict[str, Figures]) -> Iterable[str]:
    """One row a measure, one column a coder."""
    yield from head("measure", coders)
    for title, told in _MEASURES:
        yield row(title, (told(figures) for figures in coders.values()))


def corpora(coders: dict[str, Figures]) -> Iterable[str]:
    """Accuracy and AUC of each public corpus."""
    yield from head("corpus", coders)
    for name in next(iter(coders.values()))["corpora"]:
        found = [figures["corpora"][name] for figures in coders.values()]
        yield row(f"{name} ({found[0]['count']})", (f"{share(f['accuracy'])} / {share(f['auc'])}" for f in found))


def phenomena(coders: dict[str, Figures]) -> Iterable[str]:
    """Share of right signs by phenomenon of the gold statements."""
    yield from head("phenomenon", coders)
    for name, first in next(iter(coders.values()))["gold"]["by_phenomenon"].items():
        found = (figures["gold"]["by_phenomenon"][name]["sign"] for figures in coders.values())
        yield row(f"{name} ({first['count']})", (share(sign, 2) for sign in found))


def emotions(coders: dict[str, Figures]) -> Iterable[str]:
    """Precision, recall and F1 of each emotion, for the coders that name any."""
    naming = {name: figures for name, figures in coders.items() if figures["gold"]["emotions"]}
    yield from head("emotion", naming)
    for label, first in next(iter(naming.values()))["gold"]["emotions"].items():
        found = (figures["gold"]["emotions"][label] for figures in naming.values())
        yield row(
            f"{label} ({first['count']})",
            (f"{share(f['precision'], 2)} / {share(f['recall'], 2)} / {share(f['f1'], 2)}" for f in found),
        )


def head(title: str, coders: Iterable[str]) -> Iterable[str]:
    """The two first lines of a table."""
    names = list(coders)
    yield row(title, names)
    yield "|---" * (len(names) + 1) + "|"


def row(title: str, cells: Iterable[str]) -> str:
    """One line of a table."""
    return f"| {title} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main(sys.argv[1:])
