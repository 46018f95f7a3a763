"""All that is measured of one coder."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from nlp.coding import Coder
from nlp.evaluation import measures
from nlp.evaluation.files import Graded, Labelled
from nlp.evaluation.reports import CorpusReport, Report, evaluate, evaluate_corpus, explained_gap, pairs_right


@dataclass(frozen=True, slots=True)
class Material:
    """What coders are judged on; pairs and corpora may be missing."""

    graded: Sequence[Graded]
    pairs: Sequence[tuple[str, str]] = ()
    corpora: Mapping[str, Sequence[Labelled]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """`pairs`: of how many minimal pairs both signs are right, None without any. `gap`: see `explained_gap`."""

    version: str
    gold: Report
    pairs: int | None
    corpora: dict[str, CorpusReport]
    gap: float

    @property
    def accuracy(self) -> float:
        """Mean over the corpora; NaN without any."""
        return measures.mean([report.accuracy for report in self.corpora.values()])

    @property
    def auc(self) -> float:
        """Mean over the corpora; NaN without any."""
        return measures.mean([report.auc for report in self.corpora.values()])

    @property
    def ece(self) -> float:
        """Mean over the graded statements and each of the corpora, one vote each."""
        return measures.mean([self.gold.ece, *(report.ece for report in self.corpora.values())])


def judge(coder: Coder, material: Material, report: Callable[[str], None] = lambda _: None) -> Judgement:
    """Measures everything but speed; `report` is told what comes next."""
    report("gold")
    gold = evaluate(coder, material.graded)
    gap = explained_gap(coder, [statement.text for statement in material.graded])
    pairs = pairs_right(coder, material.pairs) if material.pairs else None
    corpora = {}
    for name, labelled in material.corpora.items():
        report(name)
        corpora[name] = evaluate_corpus(coder, labelled)
    return Judgement(coder.version, gold, pairs, corpora, gap)
