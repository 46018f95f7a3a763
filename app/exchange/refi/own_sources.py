"""The sources of a project that we wrote: entries, turns, statements and what was made of them."""

from bisect import bisect_right
from typing import Any
from uuid import UUID

from app.coding.schemas import MOST_MEMO
from app.exchange.refi import names
from app.exchange.refi.facts import Facts, broken, checked_moment, checked_number
from app.exchange.refi.intake import Intake
from app.exchange.refi.names import facts_of
from app.exchange.refi.places import Places
from app.exchange.refi.project import Project, SelectionRead, SourceRead
from app.exchange.refi.statements import digest
from app.statements.human import LEAST_PROBABILITY
from app.web.i18n import mark as _
from nlp import EMOTIONS

MICRO = 1_000_000
LONGEST_ROLE = 40
OUTSIDE = _("选段不在任何一段话里面")
OTHER_TEXT = _("这里的文字和导出时不一样")
_DAYS = 200_000


class OwnSources:
    """Takes our sources into an intake, one after the other."""

    def __init__(self, project: Project, places: Places, intake: Intake) -> None:
        self._project = project
        self._places = places
        self._intake = intake
        self._forms: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._texts: dict[UUID, str] = {}

    def take(self, source: SourceRead) -> None:
        """Take a source in."""
        facts = Facts(facts_of(source.description)[1])
        kind = facts.one_of("is", "diary", "interview")
        text = source.raw
        if text is None or "\r" in text:
            raise broken(source.name or "TextSource")
        interview = self._interview(source, facts) if kind == "interview" else None
        described = [(one, Facts(facts_of(one.description)[1])) for one in source.selections]
        of = _Source(source, text, facts.id("of"), interview)
        for one, told in described:
            if "is" in told and told.text("is") in ("entry", "turn", "statement"):
                self._place(of, one, told)
        of.starts.sort()
        for one, told in described:
            if "is" not in told:
                self._excerpt(of, one)
            elif told.text("is") == "model":
                self._machine(of, one, told)
            elif told.text("is") == "coding":
                self._human(of, one, told)

    def finish(self) -> None:
        """Fill in what entries say in words: their answers name statements, whose text is known only now."""
        for row, answers in self._forms:
            for key, answer in answers.items():
                if not isinstance(answer, dict) or len(answer) != 1 or len(key) > LONGEST_ROLE:
                    raise broken("answers")
                if "statement" in answer:
                    row["answers"][key] = self._texts.get(_uuid(answer["statement"]), "")
                else:
                    row["answers"][key] = answer.get("value")

    def _place(self, of: "_Source", one: SelectionRead, told: Facts) -> None:
        if not 0 <= one.start <= one.end <= len(of.text):
            raise broken("startPosition")
        {"entry": self._entry, "turn": self._turn, "statement": self._statement}[told.text("is")](of, one, told)

    def _interview(self, source: SourceRead, facts: Facts) -> UUID:
        self._intake.interviews.append(
            {
                "id": source.guid,
                "participant_id": facts.id("of"),
                "kind": facts.one_of("kind", "interview", "observation"),
                "title": source.name[:120],
                "held_at": facts.at("held_at"),
                "wave_id": self._places.wave(facts.maybe("wave")),
                "guide_version": facts.maybe_whole("guide_version"),
                "state": facts.one_of("state", "open", "ready"),
                "origin": facts.json("origin", dict, {}),
                "created_by": facts.text("created_by"),
                "created_at": facts.at("created_at"),
                "version": facts.whole("version", 1),
            }
        )
        return source.guid

    def _entry(self, of: "_Source", one: SelectionRead, told: Facts) -> None:
        stage = self._places.stage(told.text("stage"))
        row: dict[str, Any] = {
            "id": one.guid,
            "participant_id": of.person,
            "stage_id": stage,
            "touchpoint_id": self._places.touchpoint(stage, told.maybe("touchpoint")),
            "wave_id": self._places.wave(told.maybe("wave")),
            "form_version": told.whole("form_version", 1),
            "answers": {},
            "mood": told.maybe_whole("mood", 1, 9),
            "effort": told.maybe_whole("effort", 1, 7),
            "mark": told.one_of("mark", "peak", "valley", "none") if "mark" in told else None,
            "occurred_at": told.at("occurred_at"),
            "occurred_offset": told.whole("occurred_offset", -1500, 1500),
            "recorded_at": told.at("recorded_at"),
            "recorded_offset": told.whole("recorded_offset", -1500, 1500),
            "received_at": told.at("received_at"),
            "day": told.maybe_whole("day", -_DAYS, _DAYS),
            "digest": told.text("digest", 64),
            "version": told.whole("version", 1),
        }
        self._forms.append((row, told.json("answers", dict, {})))
        self._intake.entries.append(row)

    def _turn(self, of: "_Source", one: SelectionRead, told: Facts) -> None:
        if of.interview is None:
            raise broken("turn")
        stage = self._places.stage(told.maybe("stage"))
        self._intake.turns.append(
            {
                "id": one.guid,
                "interview_id": of.interview,
                "participant_id": of.person,
                "position": told.whole("position"),
                "speaker": told.text("speaker", 60),
                "role": told.one_of("role", "interviewer", "respondent", "other"),
                "origin": told.one_of("origin", "transcript", "note"),
                "text": of.text[one.start : one.end],
                "start_ms": told.maybe_whole("start_ms"),
                "end_ms": told.maybe_whole("end_ms"),
                "question": told.maybe("question", 40),
                "mark": told.one_of("mark", "peak", "valley", "ask") if "mark" in told else None,
                "proposed_stage_id": self._places.stage(told.maybe("proposed")),
                "stage_id": stage,
                "touchpoint_id": self._places.touchpoint(stage, told.maybe("touchpoint")),
                "confirmed_by": told.maybe("confirmed_by"),
                "confirmed_at": told.maybe_at("confirmed_at"),
                "version": told.whole("version", 1),
            }
        )

    def _statement(self, of: "_Source", one: SelectionRead, told: Facts) -> None:
        text = of.text[one.start : one.end]
        if digest(text) != told.text("digest"):
            self._intake.mismatch(of.source.name, f"{one.start}–{one.end}", OTHER_TEXT)
        stage = self._places.stage(told.text("stage"))
        self._texts[one.guid] = text
        of.starts.append((one.start, one.end, one.guid))
        self._intake.statements.append(
            {
                "id": one.guid,
                "participant_id": of.person,
                "stage_id": stage,
                "touchpoint_id": self._places.touchpoint(stage, told.maybe("touchpoint")),
                "wave_id": self._places.wave(told.maybe("wave")),
                "source": told.one_of("source", "diary", "interview", "observer"),
                "source_id": told.id("of"),
                "role": told.text("role", LONGEST_ROLE),
                "text": text,
                "occurred_at": told.at("occurred_at"),
                "day": told.maybe_whole("day", -_DAYS, _DAYS),
                "model_version": told.text("model") if "score" in told else None,
                "sentiment_micro": told.maybe_whole("score", -MICRO, MICRO),
            }
        )
        if "drawn" in told:
            self._draw(one.guid, told)

    def _draw(self, statement_id: UUID, told: Facts) -> None:
        drawn = told.json("drawn", dict)
        plan = drawn.get("plan")
        if not isinstance(drawn.get("doubled"), bool) or not isinstance(plan, int) or not 0 <= plan < MICRO:
            raise broken("drawn")
        self._intake.draws.append(
            {
                "statement_id": statement_id,
                "plan_version": plan,
                "probability": told.number("drawn_with", LEAST_PROBABILITY, 1),
                "doubled": drawn["doubled"],
                "queue_order": checked_number("drawn", drawn.get("order"), -1e9, 1e9),
                "drawn_at": checked_moment("drawn", drawn.get("at")),
            }
        )
        for place in told.json("places", list, []):
            if not isinstance(place, list) or len(place) != 4 or place[0] not in (1, 2):
                raise broken("places")
            self._intake.places.append(
                {
                    "statement_id": statement_id,
                    "slot": place[0],
                    "coder_id": _uuid(place[1]),
                    "assigned_at": checked_moment("places", place[2]),
                    "done_at": checked_moment("places", place[3]) if place[3] else None,
                }
            )

    def _machine(self, of: "_Source", one: SelectionRead, told: Facts) -> None:
        emotions = told.json("emotions", dict, {})
        if one.at is None or any(len(label) > LONGEST_ROLE for label in emotions):
            raise broken("emotions")
        self._intake.machine.append(
            {
                "statement_id": of.statement_at(one),
                "model_version": told.text("version"),
                "sentiment_micro": told.whole("score", -MICRO, MICRO),
                "confidence": told.number("confidence", 0, 1),
                "emotions": {label: checked_number("emotions", size, 0, 1) for label, size in emotions.items()},
                "risk": told.json("risk", list, []),
                "coded_at": one.at,
            }
        )

    def _human(self, of: "_Source", one: SelectionRead, told: Facts) -> None:
        emotions = told.json("emotions", list, [])
        if one.user is None or one.at is None or one.changed is None or not set(emotions) <= set(EMOTIONS):
            raise broken("coding")
        self._intake.codings.append(
            {
                "statement_id": of.statement_at(one),
                "coder_id": one.user,
                "sentiment": told.maybe_whole("sentiment", -2, 2),
                "emotions": emotions,
                "memo": facts_of(one.description)[0],
                "blind": told.flag("blind"),
                "done_at": told.maybe_at("done_at"),
                "created_at": one.at,
                "updated_at": one.changed,
                "version": told.whole("version", 1),
            }
        )

    def _excerpt(self, of: "_Source", one: SelectionRead) -> None:
        if len(one.codings) != 1 or one.user is None or one.at is None or len(one.description) > MOST_MEMO:
            raise broken("PlainTextSelection")
        place = of.around(one)
        if place is None:
            self._intake.mismatch(of.source.name, f"{one.start}–{one.end}", OUTSIDE)
            self._intake.left_out["PlainTextSelection", OUTSIDE] += 1
            return
        start, _end, statement_id = place
        if not named(one.name, of.text[one.start : one.end]):
            self._intake.mismatch(of.source.name, f"{one.start}–{one.end}", OTHER_TEXT)
        self._intake.excerpts.append(
            {
                "id": one.codings[0].guid,
                "statement_id": statement_id,
                "coder_id": one.user,
                "code_id": one.codings[0].code,
                "start_at": one.start - start,
                "end_at": one.end - start,
                "memo": one.description,
                "created_at": one.at,
            }
        )


class _Source:
    """A source that is being taken in, with the statements in it by where they begin."""

    def __init__(self, source: SourceRead, text: str, person: UUID, interview: UUID | None) -> None:
        self.source = source
        self.text = text
        self.person = person
        self.interview = interview
        self.starts: list[tuple[int, int, UUID]] = []

    def around(self, one: SelectionRead) -> tuple[int, int, UUID] | None:
        """Return (start, end, id) of the statement that holds the selection, which must not be empty."""
        place = bisect_right(self.starts, one.start, key=lambda known: known[0]) - 1
        known = self.starts[place] if place >= 0 else None
        return known if known is not None and one.start < one.end <= known[1] else None

    def statement_at(self, one: SelectionRead) -> UUID:
        """Return the statement whose span the selection is."""
        known = self.around(one)
        if known is None or (known[0], known[1]) != (one.start, one.end):
            raise broken("PlainTextSelection")
        return known[2]


def named(name: str, text: str) -> bool:
    """Return whether a selection called ``name`` by us can hold ``text``."""
    return names.quotable(name) == names.quotable(text) if not name.endswith("…") else names.begins(name, text)


def _uuid(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise broken("guid") from None
