"""The service blueprint: which of the ten parties does what at which stage, as the map, the touchpoints and plans say."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.maps.insights import evidence_queries as queries
from app.maps.insights.improving import ImprovementLook
from app.maps.parties import PARTIES
from app.studies.protocol import StudyProtocol

Source = Literal["touchpoint", "frontstage", "backstage", "improvement"]


class DoneOut(BaseModel):
    """What a party does: a touchpoint it holds, a note of the map, or an improvement under way."""

    source: Source
    words: str


class CellOut(BaseModel):
    stage: str
    does: list[DoneOut]


class LaneOut(BaseModel):
    """A party, what it does at each stage in order, and whether anything of it is named at all."""

    party: str
    cells: list[CellOut]


def lanes_of(session: Session, protocol: StudyProtocol, improvements: Sequence[ImprovementLook]) -> list[LaneOut]:
    """Return a lane for each party that is named anywhere, in their order. Notes that only quote people are left out."""
    done: defaultdict[tuple[str, str], list[DoneOut]] = defaultdict(list)
    keys = {stage.id: stage.key for stage in protocol.stages}
    for touchpoint_id, party in queries.parties_of_touchpoints(session, protocol.study.id):
        touchpoint = protocol.touchpoint_of(touchpoint_id)
        if touchpoint is not None:
            done[party, keys[touchpoint.stage_id]].append(DoneOut(source="touchpoint", words=touchpoint.name))
    map_id = queries.as_is_map(session, protocol.study.id)
    notes = queries.notes_of(session, protocol.study.id, map_id, "frontstage", "backstage") if map_id else ()
    for note in notes:
        if note.party and note.text and note.stage_id in keys:
            source: Source = "frontstage" if note.lane == "frontstage" else "backstage"
            done[note.party, keys[note.stage_id]].append(DoneOut(source=source, words=note.text))
    for one in improvements:
        if one.stage is not None and one.status in ("planned", "doing"):
            done[one.party, one.stage.key].append(DoneOut(source="improvement", words=one.title))
    named = {party for party, _stage in done}
    return [
        LaneOut(party=party, cells=[CellOut(stage=key, does=done.get((party, key), [])) for key in keys.values()])
        for party in PARTIES
        if party in named
    ]
