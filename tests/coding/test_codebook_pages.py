"""The codebook's pages and its API, over HTTP."""

import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.coding.codebook_queries import codes_of, version_of, versions_of
from app.coding.models import Excerpt
from app.studies.models import Study
from tests.support.coding import CodingCast
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import csrf_of, sign_in, submit

BOOK = f"/studies/{SLUG}/codebook"


@pytest.fixture
def staff(coding_cast: CodingCast) -> CodingCast:
    """The coded scene, the owner signed in."""
    sign_in(coding_cast.client, "owner", PASSWORD)
    return coding_cast


def become(cast: CodingCast, who: str) -> None:
    """Sign in as somebody else."""
    cast.client.cookies.clear()
    sign_in(cast.client, who, PASSWORD)


def names(cast: CodingCast) -> list[tuple[int, str]]:
    with cast.store.read() as session:
        return [(code.depth, code.name) for code in codes_of(session, cast.study_id)]


def version(cast: CodingCast) -> str:
    with cast.store.read() as session:
        return str(version_of(session, cast.study_id))


def post(cast: CodingCast, page: str, address: str, **fields: Any) -> Any:
    """Post a form of ``page`` as somebody who has just opened it."""
    return submit(cast.client, BOOK + page, BOOK + address, {"version": version(cast), **fields})


def code_form(**fields: str) -> dict[str, str]:
    return {"colour": "#3073d9", "description": "", "examples": "", "memo": "", "shortcut": "", **fields}


def test_an_empty_codebook_begins_with_a_starter_or_a_first_code(staff: CodingCast) -> None:
    with staff.store.write() as session:
        study = session.get_one(Study, staff.study_id)
        study.slug = "other"  # out of the way: this test wants a study without codes
    made = submit(staff.client, "/studies/new", "/studies/new", {"title": "口腔", "template": "dental_implant"})
    base = made.headers["location"].rpartition("?")[0] or made.headers["location"]
    slug = re.findall(r"/studies/([a-z0-9-]+)", base)[0]
    page = staff.client.get(f"/studies/{slug}/codebook")
    assert "编码本还是空的" in page.text
    assert page.text.index("口腔种植") < page.text.index("通用：") < page.text.index("快递收件")
    begun = submit(
        staff.client,
        f"/studies/{slug}/codebook",
        f"/studies/{slug}/codebook/starter",
        {"starter": "dental_implant", "version": "0"},
    )
    assert begun.status_code == 303
    full = staff.client.get(f"/studies/{slug}/codebook").text
    assert full.index("痛点") < full.index("疼和肿") < full.index("支持")
    again = submit(
        staff.client,
        f"/studies/{slug}/codebook",
        f"/studies/{slug}/codebook/starter",
        {"starter": "general", "version": "0"},
    )
    assert (again.status_code, "刚刚被别人改过" in again.text) == (412, True)


def test_a_code_is_added_changed_and_its_form_says_what_is_wrong(staff: CodingCast) -> None:
    parent = str(staff.codes["疼痛"])
    page = staff.client.get(f"{BOOK}/new?parent={parent}").text
    assert f'value="{parent}" selected' in page
    added = post(staff, "/new", "/new", **code_form(name="夜里疼", parent_id=parent, examples="肿\n\n麻", shortcut="Q"))
    assert added.status_code == 303, added.text
    assert (2, "夜里疼") in names(staff)
    taken = post(staff, "/new", "/new", **code_form(name="夜里疼", parent_id=parent, memo="我写的话"))
    assert (taken.status_code, "已经有叫“夜里疼”的编码" in taken.text, "我写的话" in taken.text) == (409, True, True)
    wrong = post(staff, "/new", "/new", **code_form(name=" ", parent_id="top", shortcut="五"))
    assert wrong.status_code == 422
    assert wrong.text.count('aria-invalid="true"') == 2
    with staff.store.read() as session:
        code = next(one for one in codes_of(session, staff.study_id) if one.name == "夜里疼")
    assert (code.examples, code.shortcut) == (("肿", "麻"), "q")
    address = f"/codes/{code.id}"
    changed = post(staff, address, address, **code_form(name="夜间疼", colour="#c97534"))
    assert changed.headers["location"].endswith(f"?done=changed#code-{code.id}")
    assert "夜间疼" in staff.client.get(BOOK).text


def test_a_stale_form_keeps_what_was_typed_and_tells_what_others_did(staff: CodingCast) -> None:
    address = f"/codes/{staff.codes['疼痛']}"
    before = version(staff)
    post(staff, address, address, **code_form(name="疼", description="别人写的说明"))
    mine = code_form(name="痛", description="我写的说明")
    stale = submit(staff.client, BOOK + address, BOOK + address, {"version": before, **mine})
    assert stale.status_code == 412
    assert "改了“疼”" in stale.text
    assert "别人写的说明" in stale.text
    assert 'value="痛"' in stale.text
    assert (1, "疼") in names(staff)
    fields = {"version": re.findall(r'name="version" value="(\d+)"', stale.text)[0], "csrf_token": csrf_of(stale)}
    again = staff.client.post(BOOK + address, data={**fields, **mine})
    assert again.status_code == 303
    assert (1, "痛") in names(staff)


def test_codes_step_up_down_in_and_out(staff: CodingCast) -> None:
    fear = staff.codes["害怕"]
    seen = []
    for way in ("up", "in", "down", "in", "out", "out"):
        post(staff, "?order=1", "/place", move=f"{way}:{fear}")
        seen.append("".join(f"{depth}{name[0]}" for depth, name in names(staff)))
    assert seen == [
        "0情1害1疼1安",
        "0情1害1疼1安",
        "0情1疼1害1安",
        "0情1疼2害1安",
        "0情1疼1害1安",
        "0情1疼1安0害",
    ]
    unknown = post(staff, "?order=1", "/place", move=f"up:{UUID(int=1)}")
    assert unknown.status_code == 404
    put = post(staff, f"/codes/{fear}", f"/codes/{fear}/parent", parent_id=str(staff.codes["情绪"]))
    assert put.status_code == 303
    inside = post(staff, f"/codes/{fear}", f"/codes/{staff.codes['情绪']}/parent", parent_id=str(fear))
    assert (inside.status_code, "不能放进自己" in inside.text) == (422, True)


def test_merging_shows_first_what_it_will_do_and_then_does_it(staff: CodingCast) -> None:
    statement = staff.say()[0]
    staff.save("owner", statement, -2, staff.mark("疼痛", 2, 6), staff.mark("害怕", 2, 6), staff.mark("疼痛", 0, 2))
    pain, fear = str(staff.codes["疼痛"]), str(staff.codes["害怕"])
    preview = staff.client.get(f"{BOOK}/merge?source={pain}&into={fear}")
    facts = re.findall(r'<dt>([^<]+)</dt><dd(?: class="num")?>(?:<span class="num">)?(\d+)', preview.text)
    assert dict(facts) == {"片段": "2", "在几条表述里": "1", "由几位编码员": "1", "重合的": "1"}
    assert "肿得厉害" in preview.text
    assert len(names(staff)) == 4
    stale = submit(staff.client, BOOK + "/new", BOOK + "/merge", {"source": pain, "into": fear, "version": "7"})
    assert (stale.status_code, "刚刚被别人改过" in stale.text) == (412, True)
    merged = post(staff, "/new", "/merge", source=pain, into=fear)
    assert merged.headers["location"].endswith(f"?done=merged#code-{fear}")
    with staff.store.read() as session:
        assert {one.code_id for one in session.scalars(select(Excerpt))} == {staff.codes["害怕"]}
    assert "并进了“害怕”" in staff.client.get(BOOK).text
    circle = staff.client.get(f"{BOOK}/merge?source={staff.codes['情绪']}&into={fear}")
    assert "反过来并" in circle.text


def test_nobody_reads_open_double_codings_in_a_preview(staff: CodingCast) -> None:
    hidden, plain = staff.say(texts=("这句话还在盲编里。", "这句话谁都能看。"))
    staff.give_draw([hidden], doubled=True)
    staff.assign("first", [hidden])
    staff.save("first", hidden, -1, staff.mark("疼痛", 0, 8))
    staff.save("teammate", plain, -1, staff.mark("疼痛", 0, 8))
    pain, fear = str(staff.codes["疼痛"]), str(staff.codes["害怕"])
    pages = (f"/merge?source={pain}&into={fear}", f"/codes/{pain}/retire", f"/codes/{pain}/split", f"/codes/{pain}", "")
    for page in pages:
        shown = staff.client.get(BOOK + page).text
        assert "这句话还在盲编" not in shown
    merge = staff.client.get(BOOK + pages[0]).text
    assert "其中 1 处在还没编完的盲编里" in merge
    assert "这句话谁都能看" in merge
    assert "用了 1 处" in staff.client.get(BOOK + pages[3]).text
    become(staff, "second")
    assert "1 处" not in staff.client.get(BOOK).text


def test_splitting_remembers_what_was_chosen_over_pages(staff: CodingCast) -> None:
    statements = staff.say(texts=[f"第{number}天还是疼" for number in range(30)])
    for one in statements:
        staff.save("owner", one, -1, staff.mark("疼痛", 0, 2))
    pain, address = staff.codes["疼痛"], f"/codes/{staff.codes['疼痛']}/split"
    page = staff.client.get(BOOK + address)
    shown = re.findall(r'name="to\.([0-9a-f]{32})"', page.text)
    assert len(shown) == 25
    carried = {"name1": "头几天", "level": "under", "trail": "", "existing": str(staff.codes["安心"])}
    onward = re.findall(r'value="(next:[0-9a-f]+)"', page.text)[0]
    second = post(staff, address, address, step=onward, **carried, **{f"to.{shown[0]}": "1", f"to.{shown[1]}": "old"})
    kept = re.findall(r'name="kept" value="([^"]*)"', second.text)[0]
    assert len(re.findall(r'name="to\.', second.text)) == 5
    last = re.findall(r'name="to\.([0-9a-f]{32})"', second.text)[-1]
    preview = post(staff, address, address, step="preview", kept=kept, **carried, **{f"to.{last}": "1"})
    assert "这样拆，会怎样" in preview.text
    assert "27 处留在“疼痛”" in preview.text
    kept = re.findall(r'name="kept" value="([^"]*)"', preview.text)[0]
    done = post(staff, address, address, step="apply", kept=kept, **carried)
    assert done.headers["location"].endswith("?done=split#code-" + str(pain))
    with staff.store.read() as session:
        uses = {code.name: (code.depth, code.uses) for code in codes_of(session, staff.study_id)}
    assert (uses["疼痛"], uses["头几天"], uses["安心"]) == ((1, 27), (2, 2), (1, 1))
    nothing = post(staff, address, address, step="preview", name1="空的")
    assert "还没有选要拆出去的片段" in nothing.text
    nameless = post(staff, address, address, step="preview", kept=f"{last}:2")
    assert "请写一个名称" in nameless.text


def test_retiring_and_restoring(staff: CodingCast) -> None:
    statement = staff.say()[0]
    staff.save("owner", statement, -2, staff.mark("疼痛", 2, 6))
    address = f"/codes/{staff.codes['疼痛']}"
    assert "肿得厉害" in staff.client.get(f"{BOOK}{address}/retire").text
    assert post(staff, f"{address}/retire", f"{address}/retire").status_code == 303
    assert "1 处片段还在" in staff.client.get(BOOK).text
    assert post(staff, "", f"{address}/restore").status_code == 303
    assert (1, "疼痛") in names(staff)


def test_versions_say_what_changed(staff: CodingCast) -> None:
    address = f"/codes/{staff.codes['疼痛']}"
    post(staff, address, address, **code_form(name="疼"))
    post(staff, address, address, **code_form(name="疼", description="身上的疼"))
    post(staff, f"{address}/retire", f"{address}/retire")
    post(staff, "/new", "/new", **code_form(name="新来的", parent_id="top"))
    page = staff.client.get(f"{BOOK}/versions?from=1&to=4").text
    altered = re.findall(r"<h3>(\S+) (.*?)</h3>", page)
    assert [(name, re.findall(r">(\S+)</span>", tags)) for name, tags in altered] == [
        ("疼", ["停用", "修改"]),
        ("新来的", ["新加"]),
    ]
    assert "Owner" in page
    assert "身上的疼" in staff.client.get(f"{BOOK}/versions?from=1&to=2").text
    assert staff.client.get(f"{BOOK}/versions?from=0&to=99").status_code == 404
    with staff.store.read() as session:
        actions = [one.action for one in versions_of(session, staff.study_id)]
    assert actions == ["added", "retired", "changed", "changed"]


def test_who_may_see_and_change_the_codebook(staff: CodingCast) -> None:
    fear = staff.codes["害怕"]
    answers = {}
    for who in ("teammate", "first", "viewer", "stranger"):
        become(staff, who)
        answers[who] = (
            staff.client.get(BOOK).status_code,
            staff.client.get(f"{BOOK}/codes/{fear}").status_code,
            staff.client.get(f"{BOOK}/codes/{fear}/retire").status_code,
            staff.get("/codebook.json", who=who).status_code,
        )
    assert answers == {
        "teammate": (200, 200, 200, 200),
        "first": (200, 200, 403, 200),
        "viewer": (403, 403, 403, 403),
        "stranger": (404, 404, 404, 404),
    }
    become(staff, "first")
    assert "加编码" not in staff.client.get(BOOK).text


def test_the_api_gives_the_codebook_in_order_and_says_when_nothing_changed(coding_cast: CodingCast) -> None:
    found = coding_cast.get("/codebook", who="first")
    book = found.json()
    assert [(code["depth"], code["name"]) for code in book["codes"]] == names(coding_cast)
    again = coding_cast.get("/codebook.json", who="first", **{"If-None-Match": found.headers["etag"]})
    assert (again.status_code, again.text) == (304, "")
