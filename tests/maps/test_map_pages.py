"""The map's pages without scripts: who sees what, forms that overwrite nobody, and what the script asks for again."""

import re
from html import unescape

import pytest
from httpx2 import Response

from app.maps.board.presentation_paper import WAYS
from tests.maps.map_site import MapSite, words
from tests.maps.test_map_board import DID, NIGHT, WORRY, say
from tests.support.cast import Cast
from tests.support.databases import only_on
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import csrf_of, sign_in

BASE = f"/studies/{SLUG}"
TAGS = re.compile(r"<[^>]+>")


@pytest.fixture
def site(cast: Cast) -> MapSite:
    """Two people tell of painful nights; one wrote what she did and what she worries about. The owner has signed in."""
    say(cast, "P01", feeling=NIGHT[0], action=DID, worry=WORRY)
    say(cast, "P02", feeling=NIGHT[1])
    assert sign_in(cast.client, "owner", PASSWORD).status_code == 303
    return MapSite(cast)


def shown(page: Response) -> str:
    """Return the words of a page, its state for scripts left out."""
    assert page.status_code in (200, 412, 422), page.text[:300]
    return unescape(TAGS.sub(" ", page.text.split('<script type="application/json"')[0]))


def post(site: MapSite, path: str, **fields: object) -> Response:
    """Post a form of the study's pages."""
    client = site.cast.client
    token = csrf_of(client.get(f"{BASE}/maps"))
    return client.post(BASE + path, data={"csrf_token": token, **{name: str(value) for name, value in fields.items()}})


def cell_of(page: Response, key: str) -> str:
    """Return what one cell of the grid holds, as HTML."""
    found = re.search(rf'data-cell="{key}".*?(?=data-cell=|</section>)', page.text, re.DOTALL)
    assert found is not None, key
    return found[0]


def test_the_proposal_is_kept_by_one_button_and_says_what_it_lacks(site: MapSite) -> None:
    client = site.cast.client
    page = client.get(f"{BASE}/map")
    assert "还没有存下" in shown(page)
    assert DID in cell_of(page, "recovery/action")
    assert "这张图还不完整" in shown(page)
    assert "“做了什么”在" in shown(page)
    assert "“恢复”" not in shown(page).split("“做了什么”在")[1].split("没有依据")[0]
    live = site.call("GET", "/maps/live").json()["live_id"]
    kept = post(site, "/maps", id=live, kind="as_is", title="现状地图", keep="1")
    assert kept.headers["location"] == f"{BASE}/map?map={live}&done=made"
    page = client.get(f"{BASE}/map")
    assert "还没有存下" not in shown(page)
    assert words(site.cell(live, "action")) == [DID]


def test_viewers_see_the_teams_words_and_nobody_elses(site: MapSite) -> None:
    map_id, client = site.make(propose=True), site.cast.client
    (pain,) = site.cell(map_id, "pain")
    site.change(map_id, pain, text="夜里疼醒没人管")
    assert NIGHT[0] in client.get(f"{BASE}/map/cells/recovery/pain?map={map_id}").text
    site.cast.app.state.readings.flush()
    client.cookies.clear()
    sign_in(client, "viewer", PASSWORD)
    for path in ("/map", f"/map?map={map_id}", f"/map/cells?map={map_id}", f"/map/cells/recovery/pain?map={map_id}"):
        page = client.get(BASE + path)
        assert "夜里疼醒没人管" in page.text
        assert not any(one in page.text for one in (*NIGHT, DID, WORRY, "P01", "P02"))
        assert "<textarea" not in page.text.split("<dialog")[0]
    assert post_as_viewer(site, map_id).status_code == 403
    client.cookies.clear()
    sign_in(client, "stranger", PASSWORD)
    assert client.get(f"{BASE}/map").status_code == 404


def post_as_viewer(site: MapSite, map_id: str) -> Response:
    client = site.cast.client
    token = csrf_of(client.get("/studies"))
    return client.post(f"{BASE}/maps/{map_id}/cells/recovery/pain", data={"csrf_token": token, "text": "不该写进去"})


def test_a_form_that_saw_an_older_note_shows_both_and_overwrites_nothing(site: MapSite) -> None:
    map_id = site.make()
    note = site.note(map_id, "打电话问前台")
    path = f"/maps/{map_id}/notes/{note['id']}"
    place = {"from_stage": "recovery", "from_lane": "action", "stage": "recovery", "lane": "action"}
    assert site.change(map_id, note, who="teammate", text="打了三次电话").status_code == 200
    page = post(site, path, act="save", version=1, text="打电话没人接", **place)
    assert page.status_code == 412
    assert "别人刚刚改过这里" in shown(page)
    assert "打了三次电话" in shown(page)
    assert re.search(r"<textarea[^>]*>打电话没人接</textarea>", page.text)
    assert words(site.cell(map_id, "action")) == ["打了三次电话"]
    again = post(site, path, act="save", version=2, text="打了三次电话没人接", **place)
    assert again.headers["location"].endswith(f"done=saved#note-{note['id']}")
    assert words(site.cell(map_id, "action")) == ["打了三次电话没人接"]


def test_notes_are_added_moved_taken_off_and_brought_back_by_forms(site: MapSite) -> None:
    map_id, client = site.make(), site.cast.client
    first, second = site.note(map_id, "一"), site.note(map_id, "二")
    where = {"from_stage": "recovery", "from_lane": "action"}
    post(site, f"/maps/{map_id}/cells/recovery/action", id="0b0e7b0e-8d0e-4f0e-9b0e-0b0e7b0e8d0e", text="三")
    post(site, f"/maps/{map_id}/notes/{second['id']}", act="earlier", version=1, **where)
    assert words(site.cell(map_id, "action")) == ["二", "一", "三"]
    gone = post(site, f"/maps/{map_id}/notes/{first['id']}", act="remove", version=1, **where)
    page = client.get(gone.headers["location"])
    assert "撤销，放回去" in shown(page)
    assert words(site.cell(map_id, "action")) == ["二", "三"]
    post(site, f"/maps/{map_id}/notes/{first['id']}", act="back", version=2, **where)
    save = {"act": "save", "version": 3, "text": "一", "stage": "visit", "lane": "backstage", **where}
    moved = post(site, f"/maps/{map_id}/notes/{first['id']}", **save)
    assert "/map/cells/visit/backstage?" in moved.headers["location"]
    assert words(site.cell(map_id, "backstage", stage="visit")) == ["一"]
    empty = post(site, f"/maps/{map_id}/notes/{first['id']}", act="save", version=4, text=" ", **where)
    assert empty.status_code == 422
    too_long = post(site, f"/maps/{map_id}/cells/recovery/action", id=first["id"], text="长" * 201)
    assert (too_long.status_code, "最多 200 个字" in shown(too_long)) == (422, True)


def test_words_are_chosen_among_those_of_the_stage_and_let_go_again(site: MapSite) -> None:
    say(site.cast, "P01", stage="visit", feeling="前台的夜班护士很好")
    map_id, client = site.make(), site.cast.client
    note = site.note(map_id, "夜里没人管", lane="pain")
    address = f"{BASE}/map/cells/recovery/pain?map={map_id}&note={note['id']}"
    page = client.get(f"{address}&q=按铃")
    assert NIGHT[0] in shown(page)
    assert NIGHT[1] not in shown(page)
    assert "夜班护士" not in client.get(f"{address}&q=夜").text
    assert "没有找到" in shown(client.get(f"{address}&q=%25"))
    statement = re.search(r'data-found="([^"]+)"', page.text)
    assert statement is not None
    span = {"statement": statement[1], "start": 0, "end": 4, "from_stage": "recovery", "from_lane": "pain"}
    path = f"/maps/{map_id}/notes/{note['id']}"
    assert post(site, path, act="attach", version=1, **span).status_code == 303
    (quote,) = site.cell(map_id, "pain")[0]["quotes"]
    assert quote["text"][quote["start"] : quote["end"]] == NIGHT[0][:4]
    assert f"<mark>{NIGHT[0][:4]}</mark>" in client.get(f"{BASE}/map/cells/recovery/pain?map={map_id}").text
    assert post(site, path, act="attach", version=2, **(span | {"end": 4000})).status_code == 422
    assert post(site, path, act="detach", version=2, **span).status_code == 303
    assert site.cell(map_id, "pain")[0]["quotes"] == []


def test_the_gap_stands_on_the_axis_of_the_curve_once_somebody_expects_something(site: MapSite) -> None:
    for number in range(6):
        site.cast.add_patient(f"N{number}")
        say(site.cast, f"N{number}", feeling=NIGHT[number % 2])
    map_id = site.make()
    assert "gapbar" not in site.cast.client.get(f"{BASE}/map?map={map_id}").text
    save = {"act": "save", "version": 0, "touchpoint": "", "map": map_id, "basis": "客服记录"}
    assert post(site, "/map/expectations/recovery", expected="二", **save).status_code == 422
    assert post(site, "/map/expectations/recovery", expected="0.5", **save).status_code == 303
    page = site.cast.client.get(f"{BASE}/map?map={map_id}")
    gap = site.call("GET", f"/maps/{map_id}").json()["stages"][5]["gap"]
    assert gap["gap"] == pytest.approx(0.5 - gap["delivered"])
    assert f'<b class="low">{gap["gap"]:+.2f}</b>' in cell_of(page, "recovery/gap")
    assert 'class="expected" x1="74.0%"' in cell_of(page, "recovery/gap")
    assert f'cx="{50 + 48 * gap["delivered"]:.1f}%"' in cell_of(page, "recovery/gap")
    assert "和期望差得最多的是“恢复”" in shown(page)
    stale = post(site, "/map/expectations/recovery", expected="0.9", **save)
    assert (stale.status_code, "+0.50" in shown(stale)) == (412, True)
    assert post(site, "/map/expectations/recovery", **(save | {"act": "remove", "version": 1})).status_code == 303
    assert "gapbar" not in site.cast.client.get(f"{BASE}/map?map={map_id}").text


def test_an_open_page_asks_again_and_is_told_only_of_changes(site: MapSite) -> None:
    map_id, client = site.make(), site.cast.client
    address = f"{BASE}/map/cells?map={map_id}"
    tag = client.get(address).headers["etag"]

    def changed() -> bool:
        nonlocal tag
        answer = client.get(address, headers={"If-None-Match": tag})
        assert (answer.status_code == 304) == (answer.text == "")
        tag = answer.headers["etag"]
        return answer.status_code == 200

    assert not changed()
    note = site.note(map_id)
    assert changed()
    assert not changed()
    site.change(map_id, note, who="teammate", text="打了三次电话")
    assert changed()
    site.call("PUT", "/expectations/recovery", {"expected": 0.4}, version=0)
    assert changed()
    say(site.cast, "P01", feeling="今天好多了")
    assert changed()
    assert not changed()


def test_a_to_be_map_takes_notes_over_and_the_difference_is_told_by_stage(site: MapSite) -> None:
    say(site.cast, "P01", feeling="又去排了一次队", effort=5)
    as_is, client = site.make(propose=True), site.cast.client
    made = post(site, "/maps", id="5b0e7b0e-8d0e-4f0e-9b0e-0b0e7b0e8d0e", title="有关怀师的路", as_is=as_is)
    to_be = "5b0e7b0e-8d0e-4f0e-9b0e-0b0e7b0e8d0e"
    assert made.headers["location"].startswith(f"{BASE}/map?map={to_be}")
    (pain,) = site.cell(to_be, "pain")
    site.call("DELETE", f"/maps/{to_be}/notes/{pain['id']}", version=pain["version"])
    site.note(to_be, "关怀师当晚来电", lane="frontstage", party="care")
    aimed = post(site, f"/maps/{to_be}/targets/recovery", version=0, sentiment="0,3", effort="2.5", words="当晚来电")
    assert aimed.status_code == 422
    aimed = post(site, f"/maps/{to_be}/targets/recovery", version=0, sentiment="0.3", effort="2.5", words="当晚来电")
    assert aimed.status_code == 303
    page = shown(client.get(f"{BASE}/maps/{to_be}/compare"))
    assert "未来的地图新加了 1 条，拿掉了 1 条，改了 0 条。" in page
    assert "在定了目标的阶段，费力度平均要降 2.5。" in page
    for words_ in ("目标 +0.30", "目标 2.5", "关怀师当晚来电", pain["shown"]):
        assert words_ in page
    board = client.get(f"{BASE}/map?map={to_be}")
    assert "情绪 +0.30" in cell_of(board, "recovery/target")
    assert "关怀专员" in cell_of(board, "recovery/frontstage")
    assert client.get(f"{BASE}/maps/{as_is}/compare").status_code == 409


def test_a_version_is_kept_looked_at_compared_and_put_back(site: MapSite) -> None:
    map_id, client = site.make(), site.cast.client
    note = site.note(map_id, "打电话问前台")
    assert post(site, f"/maps/{map_id}/versions", label="会前").status_code == 303
    site.change(map_id, note, text="打了三次电话")
    site.note(map_id, "去了急诊")
    page = shown(client.get(f"{BASE}/maps/{map_id}/versions?since=1"))
    assert "原来是“打电话问前台”" in page
    assert "去了急诊" in page
    old = client.get(f"{BASE}/map?map={map_id}&number=1")
    assert "打电话问前台" in cell_of(old, "recovery/action")
    assert "只能看" in shown(old)
    assert 'class="add"' not in old.text
    stale = post(site, f"/maps/{map_id}/versions/1/restore", version=1)
    assert (stale.status_code, "您的改动还没有保存" in shown(stale)) == (412, True)
    assert post(site, f"/maps/{map_id}/versions/1/restore", version=site.revision(map_id)).status_code == 303
    assert words(site.cell(map_id, "action")) == ["打电话问前台"]
    assert "放回旧版之前自动留的" in shown(client.get(f"{BASE}/maps/{map_id}/versions"))


def test_who_is_erased_stands_in_none_of_the_pages(site: MapSite) -> None:
    map_id, client = site.make(propose=True), site.cast.client
    post(site, f"/maps/{map_id}/versions", label="会前")
    paths = (
        "/map",
        f"/map?map={map_id}&number=1",
        f"/map/cells?map={map_id}",
        f"/map/cells/recovery/action?map={map_id}",
    )
    assert all(DID in client.get(BASE + path).text for path in paths)
    assert site.call("DELETE", "/participants/P01").status_code == 204
    assert not any(DID in client.get(BASE + path).text for path in paths)


@only_on("sqlite")  # no storage of its own
def test_paper_writes_smaller_before_it_leaves_anything_out(site: MapSite) -> None:
    map_id, client = site.make(), site.cast.client

    def paper() -> str:
        found = re.search(r"paper-(\w+)", client.get(f"{BASE}/map?map={map_id}").text)
        assert found is not None
        return found[1]

    sizes = [paper()]
    for lane in ("action", "thought", "pain", "delight"):
        for number in range(8):
            site.note(map_id, f"{number}" + "夜里疼得睡不着按铃没有人来" * 12, lane=lane)
        sizes.append(paper())
    order: list[str] = [one.size for one in WAYS]
    ranks = [order.index(one) for one in sizes]
    assert ranks == sorted(ranks)
    assert (sizes[0], sizes[-1]) == ("usual", "densest")
    assert re.search(r"还有 \d 条", cell_of(client.get(f"{BASE}/map?map={map_id}"), "recovery/pain"))
