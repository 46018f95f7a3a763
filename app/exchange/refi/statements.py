"""The selections of one statement: itself with its stage, every model's score, every coder's, and the excerpts."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from app.coding.models import Excerpt, HumanCoding
from app.exchange.refi import names
from app.exchange.refi.lines import Flattened
from app.exchange.refi.names import described, guid
from app.exchange.refi.people import Said
from app.exchange.refi.xml import Coding, Selection
from app.statements.models import MachineCoding
from app.studies.protocol import StudyProtocol

LONGEST_NAME: Final = 60


@dataclass(slots=True)
class Used:
    """Which users and codes of ours the selections written so far speak of."""

    models: set[str] = field(default_factory=set)
    emotions: set[str] = field(default_factory=set)
    machine_labels: set[tuple[str, str]] = field(default_factory=set)
    machine_emotions: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class StatementWriter:
    """Writes statements of one study; ``notes`` are the memos by what they are about."""

    protocol: StudyProtocol
    notes: dict[tuple[str, UUID | None], list[UUID]]
    used: Used

    def selections(self, said: Said, text: Flattened, start: int) -> Iterator[Selection]:
        """Yield the selections of a statement whose flattened text begins at ``start`` of its source."""
        span = start, start + len(text.text)
        name = shortened(text.text)
        yield self._itself(said, text.text, span, name)
        for machine in said.machine:
            yield self._machine(machine, span, name)
        for coding in said.people:
            yield self._human(said, coding, span, name)
        placed = sorted((*text.span(one.start, one.end), one.id, one) for one in said.excerpts)
        for first, last, _id, excerpt in placed:
            yield _excerpt(excerpt, start + first, start + last, text.text[first:last])

    def place_of(self, said: Said) -> dict[str, str | None]:
        """Return the keys of a statement's stage, touchpoint and wave."""
        return place(self.protocol, said.statement.stage_id, said.statement.touchpoint_id, said.statement.wave_id)

    def _itself(self, said: Said, text: str, span: tuple[int, int], name: str) -> Selection:
        one, draw = said.statement, said.draw
        # Where the machine's score is kept back, the one in force must not stand here either.
        open_score = any(machine.model_version == one.model_version for machine in said.machine)
        facts = {
            "is": "statement",
            **self.place_of(said),
            "day": one.day,
            "occurred_at": one.occurred_at,
            "source": one.source,
            "of": one.source_id,
            "role": one.role,
            "model": one.model_version,
            "score": one.sentiment_micro if open_score else None,
            "digest": digest(text),
            "drawn_with": repr(draw.probability) if draw else None,
            "drawn": {
                "at": names.moment(draw.drawn_at),
                "doubled": draw.doubled,
                "order": draw.turn_number,
                "plan": draw.plan_version,
            }
            if draw
            else None,
            "places": [
                [place.slot, str(place.coder_id), names.moment(place.assigned_at), names.moment(place.done_at)]
                for place in said.places
            ]
            or None,
        }
        stage = self.protocol.stage_of(one.stage_id).key
        coding = Coding(guid("staged", one.id), names.stage_code(stage), names.PROGRAM, one.occurred_at)
        notes = tuple(self.notes.get(("statement", one.id), ()))
        description = described("", facts)
        return Selection(
            one.id, name, *span, names.PROGRAM, one.occurred_at, description, codings=(coding,), notes=notes
        )

    def _machine(self, machine: MachineCoding, span: tuple[int, int], name: str) -> Selection:
        version = machine.model_version
        self.used.models.add(version)
        label = names.machine_label(machine.sentiment_micro)
        self.used.machine_labels.add((version, label))
        self.used.machine_emotions.update((version, emotion) for emotion in machine.emotions)
        wanted = [("sentiment", label), *(("emotion", emotion) for emotion in sorted(machine.emotions))]
        codings = tuple(
            self._coding(machine.statement_id, names.model_user(version), names.machine_code(version, *one), machine)
            for one in wanted
        )
        facts = {
            "is": "model",
            "version": version,
            "score": machine.sentiment_micro,
            "confidence": repr(machine.confidence),
            "emotions": dict(machine.emotions),
            "risk": list(machine.risk) or None,
        }
        one = guid("scored", machine.statement_id, version)
        return Selection(
            one, name, *span, names.model_user(version), machine.coded_at, described("", facts), codings=codings
        )

    def _human(self, said: Said, coding: HumanCoding, span: tuple[int, int], name: str) -> Selection:
        self.used.emotions.update(coding.emotions)
        wanted = [names.emotion_code(label) for label in coding.emotions]
        if coding.sentiment is not None:
            wanted.insert(0, names.sentiment_code(coding.sentiment))
        codings = tuple(self._coding(coding.statement_id, coding.coder_id, code, coding) for code in wanted)
        facts = {
            "is": "coding",
            "sentiment": coding.sentiment,
            "emotions": list(coding.emotions) or None,
            "blind": coding.blind,
            "done_at": coding.done_at,
            "version": coding.version,
        }
        return Selection(
            guid("coded", coding.statement_id, coding.coder_id),
            name,
            *span,
            coding.coder_id,
            coding.created_at,
            described(names.writable(coding.memo), facts),
            changed=coding.updated_at,
            codings=codings,
        )

    def _coding(self, statement_id: UUID, user: UUID, code: UUID, coded: HumanCoding | MachineCoding) -> Coding:
        at = coded.created_at if isinstance(coded, HumanCoding) else coded.coded_at
        return Coding(guid("code", statement_id, user, code), code, user, at)


def place(
    protocol: StudyProtocol, stage_id: UUID | None, touchpoint_id: UUID | None, wave_id: UUID | None
) -> dict[str, str | None]:
    """Return the keys of a stage, a touchpoint and a wave."""
    touchpoint = protocol.touchpoint_of(touchpoint_id)
    return {
        "stage": protocol.stage_of(stage_id).key if stage_id else None,
        "touchpoint": touchpoint.key if touchpoint else None,
        "wave": next((wave.key for wave in protocol.waves if wave.id == wave_id), None),
    }


def shortened(text: str) -> str:
    """Return ``text`` on one line and not too long, as the name of a selection: by it its place can be checked."""
    line = " ".join(text[: LONGEST_NAME + 1].split("\n"))
    return line if len(text) <= LONGEST_NAME else f"{line[:LONGEST_NAME]}…"


def digest(text: str) -> str:
    """Return a short hash of a statement's text, so that an import can tell whether it is still the same."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _excerpt(excerpt: Excerpt, start: int, end: int, text: str) -> Selection:
    coding = Coding(excerpt.id, excerpt.code_id, excerpt.coder_id, excerpt.created_at)
    return Selection(
        guid("excerpt", excerpt.id),
        shortened(text),
        start,
        end,
        excerpt.coder_id,
        excerpt.created_at,
        names.writable(excerpt.memo),
        codings=(coding,),
    )
