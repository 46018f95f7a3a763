"""Addresses of a study's curve and of what stands behind its points: whatever is chosen stands in them, to be shared."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from app.curves.groups import SOURCE_WORDS
from app.curves.questions import CurveQuestion
from app.curves.service import CurvePoint
from app.studies.access import StudyAccess
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _

MOST_SEGMENT_VALUES = 12
USUAL = {"by": "stage", "score": "corrected"}


@dataclass(frozen=True, slots=True)
class Option:
    """One way to look: its words, its address, and whether it is the one at hand."""

    words: str
    href: str
    current: bool


def query(asked: CurveQuestion, **changes: str | None) -> str:
    """Return the query string of the question with ``changes``, without what is usual."""
    values: Mapping[str, Any] = {
        "by": asked.by,
        "score": asked.score,
        "source": asked.source,
        "segment": asked.segment,
        "wave": asked.wave,
        **changes,
    }
    return urlencode({name: value for name, value in values.items() if value and USUAL.get(name) != value})


def address(access: StudyAccess, asked: CurveQuestion, **changes: str | None) -> str:
    """Return the address of the study's page for the question with ``changes``."""
    return _with(f"/studies/{access.study.slug}", query(asked, **changes))


def download(access: StudyAccess, asked: CurveQuestion, kind: str, score: str) -> str:
    """Return the address of the curve as a file."""
    return _with(f"/api/v1/studies/{access.study.slug}/curve.{kind}", query(asked, score=score))


def quotes_of(access: StudyAccess, asked: CurveQuestion) -> Callable[[CurvePoint], str]:
    """Return what names the address of the statements behind a point."""
    return lambda point: f"/studies/{access.study.slug}/quotes?{query(asked, key=point.key)}"


def waves(access: StudyAccess, asked: CurveQuestion, protocol: StudyProtocol) -> list[Option]:
    """Return the waves to choose from."""
    if not protocol.waves:
        return []
    everything = Option(_("所有轮次"), address(access, asked, wave=None), asked.wave is None)
    return [
        everything,
        *(Option(wave.name, address(access, asked, wave=wave.key), asked.wave == wave.key) for wave in protocol.waves),
    ]


def sources(access: StudyAccess, asked: CurveQuestion) -> list[Option]:
    """Return whose account to choose from; the mood that people choose stands among the scores."""
    score = None if asked.score == "mood" else asked.score
    options = [Option(_("日记和访谈"), address(access, asked, source=None, score=score), asked.source is None)]
    return options + [
        Option(words, address(access, asked, source=name, score=score), asked.source == name)
        for name, words in SOURCE_WORDS.items()
        if name != "self_report"
    ]


def segments(
    access: StudyAccess, asked: CurveQuestion, values: Mapping[str, set[str]]
) -> list[tuple[str, list[Option]]]:
    """Return the segments to choose from, by attribute and its ``values``."""
    groups = []
    for attribute, known in sorted(values.items()):
        # An attribute that differs from person to person (a name, a remark) makes no groups.
        if not 1 < len(known) <= MOST_SEGMENT_VALUES:
            continue
        named = [f"{attribute}:{value}" for value in sorted(known)]
        options = [
            Option(segment.partition(":")[2], address(access, asked, segment=segment), asked.segment == segment)
            for segment in named
        ]
        everybody = Option(_("全部"), address(access, asked, segment=None), asked.segment is None)
        groups.append((attribute, [everybody, *options]))
    return groups


def chosen(options: Sequence[tuple[str, str]], at_hand: str, href: Callable[[str], str]) -> list[Option]:
    """Return options of (key, words), each at its address."""
    return [Option(words, href(key), at_hand == key) for key, words in options]


def _with(path: str, asked: str) -> str:
    return path + (f"?{asked}" if asked else "")
