"""A road on which ten people fall from the surgery to being at home."""

from uuid import UUID

from sqlalchemy.orm import Session

from app.studies import queries as studies
from tests.support.cast import Cast

GOOD = (
    "医生很耐心，讲得特别清楚，心里踏实多了",
    "护士笑着迎我，特别贴心，真让人放心",
    "特别顺利，医生技术好，我很满意很开心",
)
BAD = ("夜里疼得睡不着，难受死了", "肿得厉害，疼得直掉眼泪，太难受了", "又疼又怕，整夜没合眼，糟透了")
WALK = (
    ("visit", "consultation", "2026-03-09T10:00:00+08:00", GOOD, 7, 2),
    ("treatment", "surgery", "2026-03-10T10:00:00+08:00", GOOD, 8, 3),
    ("recovery", "at_home", "2026-03-12T21:00:00+08:00", BAD, 2, 6),
    ("sharing", "before_after_photo", "2026-04-20T10:00:00+08:00", GOOD, 9, 1),
)
PEOPLE = tuple(f"P{number:02d}" for number in range(1, 11))


def walk_road(cast: Cast) -> None:
    """Let ten people walk the same road; everybody is well before, during and long after the surgery, and not at home."""
    for code in PEOPLE[2:]:
        cast.add_patient(code)
    for number, code in enumerate(PEOPLE):
        for stage, touchpoint, at, texts, mood, effort in WALK:
            answers = {"feeling": texts[number % 3], "mood": mood + (number % 2), "effort": effort}
            if mood == 9:
                answers["mood"] = 9
            body = cast.entry(participant=code, stage=stage, touchpoint=touchpoint, occurred_at=at, answers=answers)
            answer = cast.put(body)
            assert answer.status_code == 201, answer.text


def touchpoint_id(session: Session, cast: Cast, key: str) -> UUID:
    """Return the id of the touchpoint ``stage/touchpoint``."""
    stage_key, _, point_key = key.partition("/")
    protocol = studies.protocol(session, cast.study_id)
    stage = protocol.stage(stage_key)
    assert stage is not None
    found = protocol.touchpoint(stage.id, point_key)
    assert found is not None
    return found.id
