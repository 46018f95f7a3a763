"""Two ages of people on the road, and what is recorded of them: for the tests of groups and relations."""

from typing import Any
from uuid import uuid4

from httpx2 import Response

from tests.support.cast import Cast
from tests.support.scene import SLUG

API = f"/api/v1/studies/{SLUG}"
PAGE = f"/studies/{SLUG}"
GOOD = ("医生很耐心，讲得特别清楚，心里踏实多了", "护士笑着迎我，特别贴心，真让人放心", "特别顺利，我很满意很开心")
BAD = ("疼得睡不着，难受死了", "肿得厉害，疼得直掉眼泪，太难受了", "又疼又怕，整夜没合眼，糟透了")
OLD = tuple(f"O{number:02d}" for number in range(9))
YOUNG = tuple(f"Y{number:02d}" for number in range(9))


def send(cast: Cast, method: str, path: str, body: Any = None, *, who: str = "owner", **headers: str) -> Response:
    return cast.client.request(method, f"{API}{path}", json=body, headers=cast.headers[who] | headers)


def say(cast: Cast, code: str, stage: str, touchpoint: str, words: tuple[str, ...], number: int, mood: int = 5) -> None:
    answers = {"feeling": words[number % 3], "mood": mood, "effort": 3}
    body = cast.entry(participant=code, stage=stage, touchpoint=touchpoint, answers=answers)
    assert cast.put(body).status_code == 201


def record(cast: Cast, code: str, kind: str, on: str, label: str = "", **more: Any) -> Response:
    body = {"participant": code, "kind": kind, "on": on, "label": label, **more}
    return send(cast, "PUT", f"/relation-events/{uuid4()}", body)


def quote_of(cast: Cast, code: str) -> dict[str, Any]:
    """Return the first statement of the person, whole."""
    every = cast.get("/quotes?by=stage&key=treatment&limit=500").json()
    one = next(each for each in every if each["participant"] == code)
    return {"statement": one["id"], "start": 0, "end": len(one["text"])}
