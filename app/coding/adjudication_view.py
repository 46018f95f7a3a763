"""Two coders of one statement side by side, as a page shows them: the text cut at their excerpts, and what to tick."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from uuid import UUID, uuid4

from app.coding.adjudication import Double, Side
from app.coding.schemas import MOST_EMOTIONS, MOST_MEMO, CodingIn, CodingOut, ExcerptIn
from app.core.errors import FieldError, Invalid
from app.web.forms import Posted
from app.web.i18n import mark as _
from nlp import EMOTIONS

TAKES: Final = ("first", "second", "own")
Span = tuple[int, int, UUID]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text under the same excerpts; ``only``: the other coder has not all of them."""

    text: str
    codes: tuple[UUID, ...]
    only: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """One excerpt in words: its code, the text under it, and whether the other coder has it too."""

    key: str
    code: UUID
    text: str
    shared: bool


def pieces(text: str, own: Side, other: Side) -> list[Piece]:
    """Return the text cut wherever an excerpt of ``own`` begins or ends."""
    spans = sorted(own.spans, key=lambda span: (span[0], span[1], span[2]))
    edges = sorted({0, len(text), *(edge for start, end, _code in spans for edge in (start, end))})
    cut = []
    for start, end in pairwise(edges):
        over = [span for span in spans if span[0] <= start and end <= span[1]]
        codes = tuple(dict.fromkeys(span[2] for span in over))
        cut.append(Piece(text[start:end], codes, any(span not in other.spans for span in over)))
    return [piece for piece in cut if piece.text]


def marked(text: str, own: Side, other: Side) -> list[Marked]:
    """Return the excerpts of ``own`` in the order of the text."""
    return [_marked(text, span, span in other.spans) for span in sorted(own.spans, key=_order)]


def choices(text: str, one: Double) -> list[Marked]:
    """Return every excerpt of either coder, and of the team, once."""
    team = one.decided.spans if one.decided else frozenset()
    both = one.first.spans & one.second.spans
    return [_marked(text, span, span in both) for span in sorted(one.first.spans | one.second.spans | team, key=_order)]


def chosen(one: Double) -> tuple[int | None, frozenset[str], frozenset[str]]:
    """Return what stands ticked at first, of sentiment, emotions and excerpts: the team's word, else what both say."""
    if one.decided is not None:
        said = one.decided
        return said.coding.sentiment, frozenset(said.coding.emotions), frozenset(map(key_of, said.spans))
    first, second = one.first, one.second
    same = first.coding.sentiment == second.coding.sentiment
    emotions = frozenset(first.coding.emotions) & frozenset(second.coding.emotions)
    return first.coding.sentiment if same else None, emotions, frozenset(map(key_of, first.spans & second.spans))


def decision(form: Posted, one: Double) -> CodingIn:
    """Return what a form decides of ``one``: the first coder's document, the second's, or what was ticked; Invalid."""
    take = form.get("take")
    memo = str(form.get("memo", "")).strip()[:MOST_MEMO]
    if take in ("first", "second"):
        side = one.first if take == "first" else one.second
        return _document(one, side.coding.sentiment, side.coding.emotions, side.spans, memo)
    sentiment = str(form.get("sentiment", ""))
    if sentiment not in {"-2", "-1", "0", "1", "2"}:
        raise Invalid(fields=[FieldError("sentiment", _("请先选情感"))])
    emotions = [str(name) for name in form.getlist("emotion") if name in EMOTIONS]
    if len(emotions) > MOST_EMOTIONS:
        raise Invalid(fields=[FieldError("emotion", _("情绪最多选 5 个"))])
    known: dict[str, Span] = {}
    for side in (one.first, one.second, *([one.decided] if one.decided else [])):
        known |= {key_of(span): span for span in side.spans}
    spans = [known[key] for key in map(str, form.getlist("excerpt")) if key in known]
    return _document(one, int(sentiment), emotions, spans, memo)


def key_of(span: Span) -> str:
    """Return how a form names an excerpt."""
    return f"{span[0]}-{span[1]}-{span[2].hex}"


def _document(
    one: Double, sentiment: int | None, emotions: Sequence[str], spans: Sequence[Span] | frozenset[Span], memo: str
) -> CodingIn:
    # What the team decided before keeps its ids, so that its history tells what really changed.
    before: Mapping[Span, UUID] = (
        {excerpt.span: excerpt.id for excerpt in one.decided.coding.excerpts} if one.decided else {}
    )
    excerpts = tuple(
        ExcerptIn(id=before.get(span) or uuid4(), code=span[2], start=span[0], end=span[1])
        for span in sorted(set(spans), key=_order)
    )
    return CodingIn(sentiment=sentiment, emotions=tuple(emotions), memo=memo, excerpts=excerpts, done=True)


def _marked(text: str, span: Span, shared: bool) -> Marked:
    return Marked(key_of(span), span[2], text[span[0] : span[1]], shared)


def _order(span: Span) -> tuple[int, int, str]:
    return span[0], span[1], span[2].hex


def emotions_of(one: Double) -> list[str]:
    """Return the emotions that anybody named, in the order of the scale of emotions."""
    sides: list[CodingOut] = [side.coding for side in (one.first, one.second, one.decided) if side]
    return [name for name in EMOTIONS if any(name in coding.emotions for coding in sides)]
