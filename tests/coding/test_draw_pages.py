"""Draws and codings through the front door: the page with its form, and the API with its lists."""

import csv
import io
from typing import Any

from sqlalchemy import func, select

from app.coding.models import Draw
from tests.support.coding import CodingCast, put_plan
from tests.support.scene import PASSWORD
from tests.support.staff import csrf_of, sign_in

PAGE = "/studies/implant/draws"


def test_a_plan_is_tried_out_and_then_put_in_force(coding_cast: CodingCast) -> None:
    cast = coding_cast
    cast.say(texts=[f"第{number}天，还有点肿。" for number in range(40)])
    sign_in(cast.client, "owner", PASSWORD)
    token = csrf_of(cast.client.get(PAGE))
    form = {"csrf_token": token, "version": "0", "design": "stage", "rate": "50", "double_share": "25", "floor": "40"}
    tried = cast.client.post(PAGE, data=form | {"stage.recovery": "100", "act": "preview"})
    assert tried.status_code == 200
    assert "照这个抽的话" in tried.text
    assert _draws(cast) == 0
    applied = cast.client.post(PAGE, data=form | {"stage.recovery": "100", "act": "apply"})
    assert (applied.status_code, _draws(cast)) == (303, 40)
    page = cast.client.get(applied.headers["location"]).text
    assert "抽到 40 条" in page
    assert "第 1 版" in page
    assert cast.client.post(PAGE, data=form | {"act": "apply"}).status_code == 412


def test_what_cannot_be_a_plan_is_told_beside_its_field(coding_cast: CodingCast) -> None:
    sign_in(coding_cast.client, "owner", PASSWORD)
    token = csrf_of(coding_cast.client.get(PAGE))
    form = {"csrf_token": token, "version": "0", "design": "stage", "act": "apply"}
    for field, value in (
        ("rate", "0"),
        ("rate", "很多"),
        ("double_share", "101"),
        ("half_width", "7"),
        ("rate", "nan"),
    ):
        refused = coding_cast.client.post(PAGE, data=form | {field: value})
        assert refused.status_code == 422
        assert f'id="{field}-problem"' in refused.text
    assert coding_cast.client.post(PAGE, data=form | {"design": "none"}).status_code == 422
    assert coding_cast.client.post(PAGE, data=form | {"stage.nowhere": "20"}).status_code == 422


def test_the_rule_for_the_machine_and_leavers_are_seen_to(coding_cast: CodingCast) -> None:
    cast = coding_cast
    cast.say()
    put_plan(cast, rate=1, double_share=0)
    assert cast.client.post(
        "/api/v1/studies/implant/statements/none/human-coding", headers=cast.headers["first"]
    ).status_code in (404, 405, 422)
    sign_in(cast.client, "owner", PASSWORD)
    token = csrf_of(cast.client.get(PAGE))
    changed = cast.client.post(f"{PAGE}/proposals", data={"csrf_token": token, "proposals": "never"})
    assert changed.status_code == 303
    assert 'value="never" checked' in cast.client.get(PAGE).text
    with cast.store.read() as session:
        ids = list(session.scalars(select(Draw.statement_id)))
    cast.assign("first", ids)
    assert "收回 4 条" in cast.client.get(PAGE).text
    body = {"csrf_token": token, "coder": str(cast.coder("first").id)}
    assert cast.client.post(f"{PAGE}/release", data=body).status_code == 303
    assert "收回 4 条" not in cast.client.get(PAGE).text


def test_draws_are_for_the_team_only(coding_cast: CodingCast) -> None:
    sign_in(coding_cast.client, "first", PASSWORD)
    assert coding_cast.client.get(PAGE).status_code == 403


def test_codings_and_draws_are_listed_page_by_page_and_as_csv(coding_cast: CodingCast) -> None:
    cast = coding_cast
    ids = cast.say()
    cast.give_draw(ids[:2], 0.25)
    cast.give_draw(ids[2:3], 0.5, doubled=True)
    cast.save("teammate", ids[0], -1, cast.mark("害怕", 9, 16), emotions=["恐惧"], memo="=1+1")
    cast.save("teammate", ids[1], 1)
    cast.save("teammate", ids[2], 2)  # of a doubled one whose second coder has not begun
    owner = cast.headers["owner"]
    first = _json(cast, "/codings?limit=1")
    assert [one["statement"] for one in first["rows"]] == [str(ids[0])]
    row = first["rows"][0]
    assert (row["coder_name"], row["sentiment"], row["blind"], row["probability"]) == ("Teammate", -1, True, 0.25)
    assert [(one["name"], one["text"]) for one in row["excerpts"]] == [("害怕", "人有点害怕😣。")]
    second = _json(cast, f"/codings?limit=5&after={first['next']}")
    assert [one["statement"] for one in second["rows"]] == [str(ids[1])]
    assert second["next"] is None
    table = cast.client.get("/api/v1/studies/implant/codings.csv", headers=owner)
    rows = list(csv.DictReader(io.StringIO(table.text.removeprefix("\ufeff"))))
    assert [(one["statement"], one["excerpts"], one["memo"]) for one in rows] == [
        (str(ids[0]), "害怕@9-16", "'=1+1"),
        (str(ids[1]), "", ""),
    ]
    drawn = _json(cast, "/draws")["rows"]
    assert [(one["probability"], one["places"], one["done"], one["human"]) for one in drawn] == [
        (0.25, 1, 1, -0.5),
        (0.25, 1, 1, 0.5),
        (0.5, 2, 1, None),
    ]
    assert cast.client.get("/api/v1/studies/implant/draws.csv", headers=owner).text.count("\r\n") == 4
    assert _json(cast, "/codings", who="teammate", rows=3)
    for who, status in (("first", 403), ("viewer", 403), ("stranger", 404)):
        for path in ("codings", "codings.csv", "draws", "draws.csv"):
            assert cast.client.get(f"/api/v1/studies/implant/{path}", headers=cast.headers[who]).status_code == status


def test_a_plan_over_the_api(coding_cast: CodingCast) -> None:
    cast = coding_cast
    cast.say(texts=[f"第{number}天，还有点肿。" for number in range(30)])
    path, owner = "/api/v1/studies/implant/draw-plan", cast.headers["owner"]
    assert cast.client.get(path, headers=owner).json()["code"] == "no_draw_plan"
    body = {"design": "uniform", "rate": 0.5, "half_width": 0.3}
    tried = cast.client.post(f"{path}/preview", json=body, headers=owner).json()
    assert tried["version"] == _draws(cast) == 0
    assert cast.client.put(path, json=body, headers=owner).status_code == 428
    made = cast.client.put(path, json=body, headers=owner | {"If-Match": '"0"'})
    assert (made.status_code, made.headers["etag"], made.json()["version"]) == (200, '"1"', 1)
    assert cast.client.put(path, json=body, headers=owner | {"If-Match": '"0"'}).json()["code"] == "draw_plan_changed"
    unknown = body | {"design": "stage", "rates": {"nowhere": 0.5}}
    assert cast.client.put(path, json=unknown, headers=owner | {"If-Match": '"1"'}).status_code == 422


def _json(cast: CodingCast, path: str, *, who: str = "owner", rows: int | None = None) -> Any:
    found = cast.client.get(f"/api/v1/studies/implant{path}", headers=cast.headers[who])
    assert found.status_code == 200
    assert rows is None or len(found.json()["rows"]) == rows
    return found.json()


def _draws(cast: CodingCast) -> int:
    with cast.store.read() as session:
        return session.scalar(select(func.count()).select_from(Draw)) or 0
