"""Why a statement has its score: the evidence of one reading, what it rests on in words, and what is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.db import MICRO
from app.core.errors import Unavailable
from app.participants.sight import Sight
from app.statements import queries
from app.statements.highlights import UNSEEN, Tone, is_broad, tone_of, words_of
from app.statements.models import MachineCoding, Statement
from app.studies.adaptations import choice_in_force
from app.studies.coders import Choice
from app.studies.models import Study
from nlp import Coding, Cue, Evidence, Label, label_of

MOST_REASONS: Final = 60
EXCERPT: Final = 60

_slow_turn = Lock()


class CoderBusy(Unavailable):
    """The slow coder is explaining another text: one at a time, so that entries are not kept waiting."""

    code = "coder_busy"
    title = "慢编码器正在解释另一条"
    remedy = "请过几秒再试。"


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a coder reads the text now: its version, and the coding with evidence. ``slow``: it is the study's slow coder."""

    version: str
    coding: Coding
    slow: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """What one version gave the statement; ``in_force``: the curve counts it."""

    coding: MachineCoding
    in_force: bool

    @property
    def sentiment(self) -> float:
        return self.coding.sentiment_micro / MICRO

    @property
    def label(self) -> Label:
        return label_of(self.sentiment)


@dataclass(frozen=True, slots=True)
class Told:
    """A statement with all that is stored about it. ``waiting``: the study's slow coder has still to read it."""

    statement: Statement
    participant: str
    stored: Sequence[Stored]
    choice: Choice
    waiting: bool

    @property
    def sentiment(self) -> float:
        """The score in force."""
        return self.statement.sentiment_micro / MICRO

    @property
    def in_force(self) -> MachineCoding:
        """The coding in force."""
        return next(one.coding for one in self.stored if one.in_force)


@dataclass(frozen=True, slots=True)
class Reason:
    """One span of the evidence. ``word``: the number of the highlighted word it lies in; ``whole``: it is all of the text."""

    quote: str
    contribution: float
    tone: Tone | None
    rules: tuple[str, ...]
    word: int | None
    whole: bool


@dataclass(frozen=True, slots=True)
class Reasons:
    """The evidence, the strongest first; ``rest_count`` spans that are not listed come to ``rest`` together."""

    listed: Sequence[Reason]
    rest: float
    rest_count: int


def look(session: Session, sight: Sight, study: Study, statement_id: UUID) -> Told:
    """Return a statement of ``study`` that may be seen, with its codings; NotFound for any other."""
    statement, participant = queries.seen_statement(session, sight, statement_id)
    codings = queries.codings_of(session, study.id, statement_id)
    return Told(
        statement,
        participant,
        [Stored(one, one.model_version == statement.model_version) for one in codings],
        choice_in_force(session, study.id, study.coder, study.coder_version),
        queries.is_waiting(session, study.id, statement_id),
    )


def explain(choice: Choice, text: str, *, slowly: bool = False) -> Explanation:
    """Return how the study's coder reads ``text``; where that is a slow one, how the quick one does unless ``slowly``.

    Raises CoderUnavailable, and CoderBusy when the slow coder explains another text in this process.
    """
    if not (slowly and choice.slow):
        coder = choice.quick()
        return Explanation(coder.version, coder.code([text], explain=True)[0], slow=False)
    if not _slow_turn.acquire(blocking=False):
        raise CoderBusy()
    try:
        coder = choice.load()
        return Explanation(coder.version, coder.code([text], explain=True)[0], slow=True)
    finally:
        _slow_turn.release()


def reasons_of(text: str, evidence: Sequence[Evidence]) -> Reasons:
    """Return what the score rests on, at most MOST_REASONS spans."""
    ordered = sorted(evidence, key=lambda one: (-abs(one.contribution), one.start))
    shown = [one for one in ordered if abs(one.contribution) >= UNSEEN][:MOST_REASONS]
    rest = ordered[len(shown) :]
    largest = abs(ordered[0].contribution) if ordered else 0.0
    places = {place: word.number for word in words_of(evidence) for place in range(word.start, word.end)}
    listed = [_reason(text, one, largest, None if is_broad(one) else places.get(one.start)) for one in shown]
    return Reasons(listed, sum(one.contribution for one in rest), len(rest))


def cues_of(told: Told, coding: Coding) -> list[Cue]:
    """Return the risk cues of the coding in force and of ``coding``, each once: a person had better look once too often."""
    text = told.statement.text
    stored = [Cue(one["kind"], one["start"], one["end"], text[one["start"] : one["end"]]) for one in told.in_force.risk]
    return sorted({*stored, *coding.risk}, key=lambda cue: (cue.start, cue.end, cue.kind))


def _reason(text: str, one: Evidence, largest: float, word: int | None) -> Reason:
    quote = one.text.strip()
    excerpt = quote if len(quote) <= EXCERPT else quote[: EXCERPT - 1] + "…"
    rules = tuple(one.rule.split("+"))
    whole = is_broad(one) and one.end - one.start == len(text)
    return Reason(excerpt, one.contribution, tone_of(one.contribution, largest), rules, word, whole)
