"""Two groups side by side over HTTP: waves, segments and sources, who may see which, and what the missing could change."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.accounts.actors import StaffActor
from app.statements import service
from app.statements.cells import Place
from app.statements.service import Utterance
from app.studies import service as study_service
from app.studies.coders import get_coder
from app.studies.models import Stage
from app.studies.schemas import WaveIn
from tests.support.cast import Cast
from tests.support.databases import only_on
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in

GOOD = ("今天很顺利，心里踏实多了。", "护士特别温柔，很安心。")
BAD = ("疼得一夜没睡，没有人管我。", "很害怕，电话一直打不通。")
COMPARE = f"/studies/{SLUG}/compare"


class Told:
    """What people said: kept until it is written at once."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.coder = get_coder("default")
        self.said: list[Utterance] = []
        with cast.store.read() as session:
            found = session.execute(select(Stage.key, Stage.id).where(Stage.study_id == cast.study_id)).all()
        self.stages = {key: one for key, one in found}  # noqa: C416 rows, not pairs

    def says(self, code: str, stage: str, texts: Sequence[str], *, source: str = "diary", wave: Any = None) -> None:
        place = Place(self.cast.people[code], self.stages[stage], None, wave, 3)
        spoken = service.code(self.coder, [("feeling", text) for text in texts])
        self.said.append(Utterance(source, uuid4(), place, datetime(2026, 3, 13, tzinfo=UTC), spoken))

    def write(self) -> None:
        with self.cast.store.write() as session:
            service.record(session, self.cast.study_id, self.coder.version, self.said)
        self.said = []


def people(cast: Cast, many: int, start: int = 0, **attributes: str) -> list[str]:
    codes = [f"N{number:03d}" for number in range(start, start + many)]
    for code in codes:
        cast.add_patient(code, **attributes)  # type: ignore[arg-type]
    return codes


def two_waves(cast: Cast) -> Mapping[str, Any]:
    with cast.store.write() as session:
        owner = StaffActor(cast.user_ids["owner"], "owner", "Owner", False)
        return {
            key: study_service.add_wave(session, owner, cast.study_id, WaveIn(key=key, name=name)).id
            for key, name in (("before", "改造前"), ("after", "改造后"))
        }


def changed_between_waves(cast: Cast, many: int = 12) -> None:
    """The same people write in both waves; recovery is much better in the second."""
    waves, told, chance = two_waves(cast), Told(cast), Random(2)
    for code in people(cast, many):
        for stage in ("visit", "recovery"):
            told.says(code, stage, chance.choices(BAD if stage == "recovery" else GOOD, k=2), wave=waves["before"])
            told.says(code, stage, chance.choices(GOOD, k=2), wave=waves["after"])
    told.write()


def contrast(cast: Cast, query: str, kind: str = ".json", who: str = "owner") -> Any:
    answered = cast.get(f"/curve/contrast{kind}?{query}", who=who)
    assert answered.status_code == 200, answered.text
    return answered


def page_of(cast: Cast, address: str, who: str = "owner") -> str:
    cast.client.cookies.clear()
    sign_in(cast.client, who, PASSWORD)
    shown = cast.client.get(address)
    assert shown.status_code == 200, shown.text
    return shown.text


def test_two_waves_of_the_same_people_differ_where_they_do_and_say_so(cast: Cast) -> None:
    changed_between_waves(cast)
    told = contrast(cast, "a=wave:before&b=wave:after").json()
    by_key = {one["key"]: one for one in told["points"]}
    assert told["pairing"] == "same people"
    assert told["clear"] == ["recovery"]
    recovery, visit = by_key["recovery"], by_key["visit"]
    assert recovery["difference"] == pytest.approx(recovery["b"] - recovery["a"], abs=2e-6)
    assert recovery["band_lower"] > 0
    assert (recovery["clear"], visit["clear"], recovery["n_both"]) == (True, False, 12)
    assert "和改造前比，改造后在“恢复”高" in told["summary"]
    assert (told["a"]["wave"], told["b"]["wave"]) == ("before", "after")
    for side in ("before", "after"):
        curve = {one["key"]: one for one in cast.get(f"/curve.json?wave={side}").json()["points"]}
        assert recovery["a" if side == "before" else "b"] == curve["recovery"]["estimate"]
    back = {one["key"]: one for one in contrast(cast, "a=wave:after&b=wave:before").json()["points"]}
    assert back["recovery"]["difference"] == pytest.approx(-recovery["difference"], abs=2e-6)
    rows = list(csv.DictReader(io.StringIO(contrast(cast, "a=wave:before&b=wave:after", ".csv").text.lstrip("\ufeff"))))
    assert [row["clear"].lower() for row in rows if row["key"] == "recovery"] == ["true"]


@only_on("sqlite")  # what is drawn and answered does not depend on the database
def test_unchanged_it_is_not_computed_again_and_a_new_entry_or_another_pair_is_another_answer(cast: Cast) -> None:
    changed_between_waves(cast, 6)
    path = "/curve/contrast.json?a=wave:before&b=wave:after"
    etag = cast.get(path).headers["etag"]
    again = cast.get(path, **{"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert cast.get("/curve/contrast.json?a=wave:after&b=wave:before").headers["etag"] != etag
    told = Told(cast)
    told.says("N000", "visit", BAD)
    told.write()
    assert cast.get(path, **{"If-None-Match": etag}).status_code == 200
    svg = contrast(cast, "a=wave:before&b=wave:after", ".svg").text
    assert "改造前" in svg
    assert svg.count("<rect") == 4, "the ground, a sample and a mark at each of two stages"
    assert 'stroke-dasharray="10 6"' in svg
    assert contrast(cast, "a=wave:before&b=wave:after", ".png").content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "query",
    ["a=wave:none&b=all", "a=all&b=all", "a=segment:x&b=all", "a=source:gossip&b=all", "a=&b=all"],
)
@only_on("sqlite")  # refused before anything is read
def test_groups_that_are_none_are_refused(cast: Cast, query: str) -> None:
    answered = cast.get(f"/curve/contrast.json?{query}")
    assert (answered.status_code, answered.json()["code"]) == (422, "no_such_group")
    unknown = cast.get("/curve/contrast.json?a=segment:height:tall&b=all")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_segment")


@only_on("sqlite")  # who may see what does not depend on the database
def test_whoever_sees_no_text_compares_only_groups_of_eight(cast: Cast) -> None:
    told = Told(cast)
    for age, many, start in (("old", 9, 0), ("young", 9, 20), ("child", 7, 40)):
        for code in people(cast, many, start, age=age):
            told.says(code, "visit", GOOD)
            told.says(code, "recovery", BAD if age == "old" else GOOD)
    told.write()
    seen = contrast(cast, "a=segment:age:old&b=segment:age:young", who="viewer").json()
    [recovery] = [one for one in seen["points"] if one["key"] == "recovery"]
    assert (recovery["suppressed"], seen["pairing"]) == (False, "other people")
    assert recovery["clear"]
    hidden = contrast(cast, "a=segment:age:old&b=segment:age:child", who="viewer").json()
    for one in hidden["points"]:
        assert one["suppressed"]
        assert [one[name] for name in ("a", "b", "difference", "standard_error", "lower", "n_both")][1:] == [None] * 5
    assert hidden["pairing"] is None
    assert contrast(cast, "a=segment:age:old&b=segment:age:child").json()["pairing"] == "other people"
    page = page_of(cast, f"{COMPARE}?a=segment:age:old&b=segment:age:child", "viewer")
    assert "人数太少，不显示" in page
    assert "/quotes?" not in page


@only_on("sqlite")  # see above
def test_a_source_or_a_wave_that_would_bare_a_few_people_of_the_other_is_hidden(cast: Cast) -> None:
    waves, told = two_waves(cast), Told(cast)
    for at, code in enumerate(people(cast, 20)):
        told.says(code, "visit", GOOD)
        told.says(code, "recovery", GOOD, wave=waves["before"])
        if at < 3:
            told.says(code, "visit", BAD, source="interview")
            told.says(code, "recovery", BAD, wave=waves["after"])
    told.write()

    def shown(query: str, who: str = "viewer") -> dict[str, bool]:
        points = cast.get(f"/curve.json?{query}", who=who).json()["points"]
        return {one["key"]: one["estimate"] is not None for one in points if one["key"] in ("visit", "recovery")}

    assert shown("") == {"visit": True, "recovery": True}
    assert shown("source=interview") == {"visit": False, "recovery": False}
    assert shown("source=diary") == {"visit": False, "recovery": True}, "all but the diaries are three people"
    assert shown("wave=after") == {"visit": False, "recovery": False}
    assert shown("wave=before") == {"visit": False, "recovery": False}, "all but this wave are three people"
    assert shown("source=interview", "owner") == {"visit": True, "recovery": False}
    assert shown("wave=before", "owner") == {"visit": False, "recovery": True}


def test_sources_are_told_apart_and_observers_stand_in_no_other_curve(cast: Cast) -> None:
    told = Told(cast)
    for code in people(cast, 6):
        told.says(code, "visit", GOOD)
        told.says(code, "visit", BAD, source="interview")
        told.says(code, "recovery", BAD, source="observer")
    told.write()

    def points(query: str) -> dict[str, Any]:
        return {one["key"]: one for one in cast.get(f"/curve.json?{query}").json()["points"]}

    both, diary, talks, seen = (points(query) for query in ("", "source=diary", "source=interview", "source=observer"))
    assert both["visit"]["estimate"] == pytest.approx(
        (diary["visit"]["estimate"] + talks["visit"]["estimate"]) / 2, abs=2e-6
    )
    assert talks["visit"]["estimate"] < diary["visit"]["estimate"]
    assert [one["recovery"]["n_statements"] for one in (both, diary, talks, seen)] == [0, 0, 0, 12]
    assert (seen["visit"]["n_statements"], seen["recovery"]["n_missing"]) == (0, None)
    apart = contrast(cast, "a=source:diary&b=source:interview").json()
    assert apart["clear"] == ["visit"]
    assert cast.get("/curve.json?source=self_report").json()["score"] == "mood"
    refused = cast.get("/curve.json?source=interview&score=mood")
    assert (refused.status_code, refused.json()["code"]) == (422, "mood_only_in_diaries")
    quotes = cast.get("/quotes?key=visit&source=interview").json()
    assert {one["text"] for one in quotes} <= set(BAD)
    assert len(quotes) == 12
    page = page_of(cast, f"/studies/{SLUG}?source=interview")
    assert f"/studies/{SLUG}/quotes?source=interview&amp;key=visit" in page
    assert "访谈里说的" in page
    assert "日记里说的" not in page
    assert "访谈" in page_of(cast, f"/studies/{SLUG}/quotes?source=interview&key=visit")


@only_on("sqlite")  # words do not depend on the database
def test_who_is_missing_and_how_much_worse_they_would_have_to_feel_is_said(cast: Cast) -> None:
    told, chance = Told(cast), Random(1)
    for at, code in enumerate(people(cast, 20)):
        told.says(code, "visit", chance.choices((*GOOD, *BAD), k=3))
        if at % 2:
            told.says(code, "treatment", chance.choices((*GOOD, *BAD), k=3))
        told.says(code, "recovery", chance.choices((*BAD, *BAD, *GOOD), k=3))
    told.write()
    curve = cast.get("/curve.json").json()
    by_key = {one["key"]: one for one in curve["points"]}
    treatment, recovery = by_key["treatment"], by_key["recovery"]
    assert (treatment["n_reached"], treatment["n_missing"], recovery["n_missing"]) == (20, 10, 0)
    needed = (treatment["estimate"] - recovery["estimate"]) / 0.5
    assert treatment["tip_leads"] == pytest.approx(needed, abs=1e-5)
    assert curve["tipping"] == {
        "key": "treatment",
        "n_missing": 10,
        "lower": treatment["tip_leads"],
        "reachable": needed <= treatment["tip_room"],
    }
    assert needed <= treatment["tip_room"]
    words = f"有 10 人走过“治疗”却没有写。他们要比写了的人平均低 {needed:.2f} 分，最低点才会从“恢复”移到那里。"
    assert curve["robustness"] == words
    page = page_of(cast, f"/studies/{SLUG}")
    assert words in page
    assert f"低 {needed:.2f} 分，就成了最低点" in page
    assert "没写的人会改变什么" not in page_of(cast, f"/studies/{SLUG}?by=day")


@only_on("sqlite")  # the smooth curve is computed from the same cells
def test_days_are_smoothed_for_whoever_sees_text_only(cast: Cast) -> None:
    told = Told(cast)
    for code in people(cast, 9):
        for day in range(0, 9, 2):
            place = Place(cast.people[code], told.stages["recovery"], None, None, day)
            spoken = service.code(told.coder, [("feeling", BAD[0] if day < 4 else GOOD[0])])
            told.said.append(Utterance("diary", uuid4(), place, datetime(2026, 3, 13, tzinfo=UTC), spoken))
    told.write()
    days = {one["day"]: one for one in cast.get("/curve.json?by=day").json()["smooth"]}
    assert days[0.0]["value"] < 0 < days[8.0]["value"]
    assert days[0.0]["n_participants"] == 9
    assert all(one["band_lower"] <= one["lower"] for one in days.values() if one["value"] is not None)
    assert cast.get("/curve.json?by=day", who="viewer").json()["smooth"] == []
    assert cast.get("/curve.json").json()["smooth"] == []
    assert "平滑后的曲线" in page_of(cast, f"/studies/{SLUG}?by=day")
    assert "平滑后的曲线" not in page_of(cast, f"/studies/{SLUG}?by=day", "viewer")


@only_on("sqlite")  # a page
def test_without_two_groups_the_page_takes_the_largest_and_offers_all_the_others(cast: Cast) -> None:
    assert "这两边都还没有日记" in page_of(cast, COMPARE)
    told = Told(cast)
    for age, many, start in (("old", 6, 0), ("young", 7, 20), ("child", 1, 40)):
        for code in people(cast, many, start, age=age):
            told.says(code, "visit", GOOD if age == "old" else BAD)
    told.write()
    page = page_of(cast, COMPARE)
    chosen = re.findall(r'<option value="([^"]*)" selected>', page)
    assert chosen == ["segment:age:young", "segment:age:old"]
    assert "“到店”这里，old比young好受" in page
    assert 'value="source:interview"' in page
    swapped = page_of(cast, f"{COMPARE}?a=segment:age:old&b=segment:age:young&by=stage")
    assert "“到店”这里，young比old更难受" in swapped
    assert f"{SLUG}/quotes?segment=age%3Aold&amp;key=visit" in swapped
