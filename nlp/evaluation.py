"""Judges a coder on graded statements. The figures are for people; nothing here feeds training.

`python -m nlp.evaluation GOLD [FLIP_PAIRS]` prints one line a coder.
"""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from nlp.coding import EMOTIONS, Coder
from nlp.loading import available_coders, load_coder

BATCH = 1000
TIMED_LENGTH = 38
RUNS = 3


@dataclass(frozen=True, slots=True)
class Graded:
    """A statement with its valence (-2 to 2), emotions, and the phenomena it shows."""

    text: str
    valence: int
    emotions: frozenset[str]
    phenomena: frozenset[str]


@dataclass(frozen=True, slots=True)
class Report:
    """`sign`: share of right signs where valence is not 0. `spearman`, `error` (mean, on [-1, 1]) over all.

    `neutral`: mean size of the score where valence is 0. `macro_f1` over EMOTIONS that occur. `by_phenomenon`: sign.
    """

    sign: float
    spearman: float
    error: float
    neutral: float
    macro_f1: float
    by_phenomenon: dict[str, float]


def load_graded(path: Path) -> list[Graded]:
    """Reads one JSON object a line, with `text`, `valence`, `emotions` and, where known, `phenomena`."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [
        Graded(row["text"], row["valence"], frozenset(row["emotions"]), frozenset(row.get("phenomena", ())))
        for row in rows
    ]


def load_pairs(path: Path) -> list[tuple[str, str]]:
    """Reads a positive and a negative statement a line, between them a tab."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(line.split("\t")[0], line.split("\t")[1]) for line in lines if line]


def evaluate(coder: Coder, graded: Sequence[Graded]) -> Report:
    """Measures a coder; needs statements of several valences."""
    codings = coder.code([statement.text for statement in graded])
    scores = np.array([coding.sentiment for coding in codings])
    valence = np.array([statement.valence for statement in graded]) / 2
    right, felt = np.sign(scores) == np.sign(valence), valence != 0
    shown = sorted({phenomenon for statement in graded for phenomenon in statement.phenomena})
    tagged = {tag: np.array([tag in statement.phenomena for statement in graded]) & felt for tag in shown}
    return Report(
        float(right[felt].mean()),
        float(spearmanr(valence, scores).statistic),
        float(np.abs(valence - scores).mean()),
        float(np.abs(scores[~felt]).mean()),
        _macro_f1([frozenset(coding.emotions) for coding in codings], [statement.emotions for statement in graded]),
        {tag: float(right[mask].mean()) for tag, mask in tagged.items() if mask.any()},
    )


def pairs_right(coder: Coder, pairs: Sequence[tuple[str, str]]) -> int:
    """How many pairs have the first text above 0 and the second below."""
    scores = [coding.sentiment for coding in coder.code([text for pair in pairs for text in pair])]
    return sum(first > 0 > second for first, second in zip(scores[::2], scores[1::2], strict=True))


def texts_per_second(coder: Coder, texts: Sequence[str]) -> float:
    """In one batch, the best of RUNS, after a first text that loads what is loaded lazily."""
    coder.code(texts[:1])
    return len(texts) / min(_seconds(coder, texts) for _ in range(RUNS))


def _seconds(coder: Coder, texts: Sequence[str]) -> float:
    begun = time.perf_counter()
    coder.code(texts)
    return time.perf_counter() - begun


def timed_texts(graded: Sequence[Graded], size: int) -> list[str]:
    """`size` texts of TIMED_LENGTH characters, cut from the statements laid end to end."""
    joined = "".join(statement.text for statement in graded)
    span = len(joined) - TIMED_LENGTH
    return [joined[place % span : place % span + TIMED_LENGTH] for place in range(0, size * TIMED_LENGTH, TIMED_LENGTH)]


def _macro_f1(named: Sequence[frozenset[str]], gold: Sequence[frozenset[str]]) -> float:
    scores = []
    for label in EMOTIONS:
        both = sum(label in a and label in b for a, b in zip(named, gold, strict=True))
        either = sum((label in a) + (label in b) for a, b in zip(named, gold, strict=True))
        if any(label in emotions for emotions in gold):
            scores.append(2 * both / either)
    return float(np.mean(scores)) if scores else float("nan")


def main(arguments: Sequence[str]) -> None:
    """Prints the table for every coder."""
    graded = load_graded(Path(arguments[0]))
    pairs = load_pairs(Path(arguments[1])) if len(arguments) > 1 else []
    base = texts_per_second(load_coder("snownlp"), timed_texts(graded, BATCH // 5))
    for name in available_coders():
        coder = load_coder(name)
        report = evaluate(coder, graded)
        speed = texts_per_second(coder, timed_texts(graded, BATCH // 5 * (1 if name == "snownlp" else 50))) / base
        sys.stdout.write(
            f"{coder.version}: sign {report.sign:.3f}, Spearman {report.spearman:.3f}, error {report.error:.3f}, "
            f"neutral {report.neutral:.3f}, emotions {report.macro_f1:.3f}, pairs {pairs_right(coder, pairs)}"
            f"/{len(pairs)}, speed {speed:.1f}x\n"
        )
        worst = sorted(report.by_phenomenon.items(), key=lambda tag: tag[1])
        sys.stdout.write("  " + ", ".join(f"{tag} {share:.2f}" for tag, share in worst) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
