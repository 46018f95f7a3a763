"""Human codes correct the curve, and everybody can see by how much: over REST, and on the study's page."""

import csv
import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from sqlalchemy import select

from app.coding import queue
from app.coding.models import Draw, HumanCoding
from app.curves.correction import estimate_correction
from app.curves.estimators import estimate_curve
from app.statements import service
from app.statements.cells import Place
from app.statements.human import HumanValue, set_human
from app.statements.models import Statement
from app.statements.service import Utterance
from app.studies.coders import get_coder
from app.studies.models import Stage
from tests.support.cast import Cast
from tests.support.coding import SAID, CodingCast, coding_cast, put_plan
from tests.support.databases import only_on
from tests.support.scene import PASSWORD, SLUG
from tests.support.staff import sign_in

__all__ = ["coding_cast"]

Floats: TypeAlias = NDArray[np.float64]
PEOPLE = 10
ROAD = ("visit", "treatment", "recovery")
PAGE = f"/studies/{SLUG}"
NAMES = ("n", "sum_model", "sum_weight", "sum_weight_model", "sum_weight_human", "coded")


def some_sums(seed: int, participants: int = 12, stages: int = 4) -> tuple[Floats, ...]:
    """Sums as cells have them: some nobody coded, in the last stage nobody at all."""
    rng = np.random.default_rng(seed)
    n = rng.integers(0, 5, (participants, stages)).astype(float)
    coded = np.minimum(rng.integers(0, 3, n.shape), n)
    coded[:, -1] = 0
    weight = coded * rng.uniform(1, 9, n.shape)
    model = rng.normal(0.1, 0.3, n.shape)
    return n, n * model, weight, weight * (model + 0.1), weight * (0.8 * model - 0.3), coded


def test_the_difference_is_that_of_the_two_curves_with_a_jackknife_of_its_own() -> None:
    sums = some_sums(1)
    found, curve, model = estimate_correction(*sums), estimate_curve(*sums), estimate_curve(*sums, score="model")
    apart = curve.estimate - model.estimate
    np.testing.assert_allclose(found.difference, apart, rtol=0, atol=1e-12)
    assert found.lam == curve.lam
    assert np.isnan(found.difference[-1])
    assert not found.sufficient[-1]

    def difference(keep: NDArray[np.bool_], stage: int) -> float:
        n, f, w, wf, wy, _ = (part[keep, stage].sum() for part in sums)
        return float((wy - curve.lam * wf) / w - (1 - curve.lam) * f / n)

    for stage in range(3):
        there = np.flatnonzero(sums[0][:, stage] > 0)
        left = np.array([difference(np.arange(12) != one, stage) for one in there])
        variance = (there.size - 1) / there.size * ((left - left.mean()) ** 2).sum()
        assert found.standard_error[stage] == pytest.approx(variance**0.5, rel=1e-9)
    assert (found.upper - found.lower)[:3] == pytest.approx((2 * found.standard_error * quantile(found.df))[:3])
    assert (found.band_upper >= found.upper)[:3].all()


def quantile(df: Floats) -> Floats:
    return np.asarray(stats.t.ppf(0.975, df))


def test_a_machine_that_says_what_people_say_is_off_nowhere() -> None:
    n, model, weight, weight_model, _, coded = some_sums(2)
    everything = estimate_correction(n, model, n, model, model, n)
    assert (everything.difference == 0).all()
    assert (everything.standard_error == 0).all()
    nobody = np.zeros_like(n)
    assert np.isnan(estimate_correction(n, model, nobody, nobody, nobody, nobody).difference).all()
    with pytest.raises(ValueError, match="level"):
        estimate_correction(n, model, weight, weight_model, weight_model, coded, level=1)


def write_entries(cast: CodingCast) -> None:
    """Ten people write two entries at each of three stages, over HTTP."""
    for number in range(PEOPLE - 2):
        cast.add_patient(f"Q{number:02d}")
    said = [
        cast.entry(
            f"{SAID[(person + stage * 2 + at) % 4]}（{person}·{stage}·{at}）", participant=code, stage=ROAD[stage]
        )
        for person, code in enumerate(sorted(cast.people))
        for stage in range(3)
        for at in range(2)
    ]
    entries = [one | {"id": str(uuid4())} for one in said]
    answered = cast.client.post("/api/v1/entries/batch", json={"entries": entries}, headers=cast.headers["owner"])
    assert {one["status"] for one in answered.json()} == {201}, answered.text


def code_what_was_drawn(cast: CodingCast) -> int:
    """Let the queue hand out all that was drawn, and the owner code it: lower than the machine in recovery."""
    chance, done = Random(4), 0
    while True:
        with cast.store.write() as session:
            claimed = queue.claim(session, cast.access(session, "owner"))
        if not claimed:
            return done
        for statement_id in claimed:
            with cast.store.read() as session:
                one = session.get_one(Statement, (cast.study_id, statement_id))
            shift = -1.2 if one.stage_id == cast.stages["recovery"] else 0.2
            said = round(2 * one.sentiment_micro / 1e6 + shift + chance.gauss(0, 0.6))
            cast.save("owner", statement_id, max(-2, min(2, said)))
            done += 1


def sums_of(cast: CodingCast) -> dict[str, Floats]:
    """The sums, from the statements, draws and codings themselves; participants in any order."""
    with cast.store.read() as session:
        statements = session.scalars(select(Statement).where(Statement.retracted_at.is_(None))).all()
        drawn = {one.statement_id: one.probability for one in session.scalars(select(Draw))}
        coded = {one.statement_id: one.sentiment for one in session.scalars(select(HumanCoding))}
        order = select(Stage.id).where(Stage.study_id == cast.study_id).order_by(Stage.position)
        column = {one: at for at, one in enumerate(session.scalars(order))}
    row = {one: at for at, one in enumerate(sorted({one.participant_id for one in statements}))}
    sums = {name: np.zeros((len(row), len(column))) for name in NAMES}
    for one in statements:
        cell, model = (row[one.participant_id], column[one.stage_id]), one.sentiment_micro / 1e6
        given = coded.get(one.id)
        sums["n"][cell] += 1
        sums["sum_model"][cell] += model
        if one.id in drawn and given is not None:
            weight = 1 / drawn[one.id]
            for name, value in zip(NAMES[2:], (weight, weight * model, weight * given / 2, 1), strict=True):
                sums[name][cell] += value
    return sums


@pytest.mark.parametrize("design", ["uniform", "stage", "active"])
@only_on("sqlite")  # the draw itself; what follows from it runs on both below
def test_written_drawn_and_coded_the_curve_over_rest_is_that_of_the_same_sums(
    coding_cast: CodingCast, design: str
) -> None:
    assert_curve_of_same_sums(coding_cast, design)


def test_the_same_on_both_databases(coding_cast: CodingCast) -> None:
    assert_curve_of_same_sums(coding_cast, "active")


def assert_curve_of_same_sums(cast: CodingCast, design: str) -> None:
    write_entries(cast)
    given: dict[str, Any] = {"rates": {"recovery": 0.8}} if design == "stage" else {}
    put_plan(cast, design=design, rate=0.6, double_share=0, **given)
    before = cast.get("/curve.json").json()
    assert (before["corrected"], before["estimator"]) == (False, "model only, uncorrected")
    etag = cast.get("/curve/correction.json").headers["etag"]
    done = code_what_was_drawn(cast)
    sums = sums_of(cast)
    assert done == sums["coded"].sum() > 20
    assert len(set(np.round(sums["sum_weight"][sums["coded"] > 0] / sums["coded"][sums["coded"] > 0], 6))) >= (
        1 if design == "uniform" else 2
    )
    curve, expected = cast.get("/curve.json").json(), estimate_curve(*sums.values())
    assert (curve["corrected"], curve["lam"]) == (True, pytest.approx(expected.lam, abs=1e-5))
    for at, point in enumerate(curve["points"]):
        assert point["n_coded"] == sums["coded"][:, at].sum()
        assert point["n_coded_participants"] == (sums["coded"][:, at] > 0).sum()
        for name in ("estimate", "standard_error", "lower", "upper", "band_lower", "band_upper"):
            assert_same(point[name], getattr(expected, name)[at])
    assert [one["key"] for one in curve["points"] if one["key"] in curve["valley"]] == [
        curve["points"][at]["key"] for at in expected.valley
    ]
    assert_correction_of(cast, sums, etag)


def assert_correction_of(cast: CodingCast, sums: Mapping[str, Floats], etag: str) -> None:
    answered = cast.get("/curve/correction.json", **{"If-None-Match": etag})
    assert answered.status_code == 200, "what was coded since is another answer"
    told, expected = answered.json(), estimate_correction(*sums.values())
    alone = estimate_curve(*sums.values(), score="model")
    for at, point in enumerate(told["points"]):
        assert_same(point["model"], alone.estimate[at])
        for name in ("difference", "standard_error", "lower", "upper", "band_lower", "band_upper"):
            assert_same(point[name], getattr(expected, name)[at])
    assert (told["begun"], told["settled"]) == (True, True)
    [recovery] = [one for one in told["points"] if one["key"] == "recovery"]
    assert recovery["band_upper"] < 0
    assert "校正后“恢复”低" in told["summary"]
    rows = list(csv.DictReader(io.StringIO(cast.get("/curve/correction.csv").text.lstrip("\ufeff"))))
    assert [row["key"] for row in rows] == [one["key"] for one in told["points"]]
    again = cast.get("/curve/correction.json", **{"If-None-Match": answered.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def assert_same(shown: float | None, value: float) -> None:
    assert (shown is None) == bool(np.isnan(value))
    assert shown is None or shown == pytest.approx(value, abs=2e-5)


def spoken(cast: Cast, people: int) -> dict[str, list[tuple[UUID, UUID]]]:
    """So many people say two things at each of three stages; returns who said which statement by stage."""
    for number in range(people - 2):
        cast.add_patient(f"Q{number:02d}")
    coder = get_coder("default")
    with cast.store.write() as session:
        keys = dict(session.execute(select(Stage.key, Stage.id).where(Stage.study_id == cast.study_id)).all())
        utterances = [
            Utterance(
                "diary",
                uuid4(),
                Place(participant_id, keys[stage], None, None, 3),
                datetime(2026, 3, 13, tzinfo=UTC),
                service.code(coder, [("feeling", f"{SAID[(person + at) % 4]}（{person}·{at}）")]),
            )
            for person, participant_id in enumerate(cast.people.values())
            for stage in ROAD
            for at in range(2)
        ]
        service.record(session, cast.study_id, coder.version, utterances)
        session.flush()
        rows = session.execute(select(Statement.id, Statement.participant_id, Statement.stage_id)).all()
    names = {one: key for key, one in keys.items()}
    found: dict[str, list[tuple[UUID, UUID]]] = {stage: [] for stage in ROAD}
    for row in rows:
        found[names[row.stage_id]].append((row.participant_id, row.id))
    return found


def code(cast: Cast, said: Mapping[str, list[tuple[UUID, UUID]]], people: Mapping[str, int]) -> None:
    """Code the words of so many people at each stage, as far below the machine in recovery as goes."""
    values = {}
    with cast.store.write() as session:
        for stage, many in people.items():
            chosen = sorted({person for person, _ in said[stage]})[:many]
            for number, (person, statement_id) in enumerate(said[stage]):
                if person in chosen:
                    wave = 0.1 * (number % 3)
                    values[statement_id] = HumanValue(-0.9 + wave if stage == "recovery" else 0.1 + wave, 0.5)
        set_human(session, cast.study_id, values)


def page_of(cast: Cast, query: str = "", *, login: str = "owner") -> str:
    cast.client.cookies.clear()
    sign_in(cast.client, login, PASSWORD)
    shown = cast.client.get(PAGE + query)
    assert shown.status_code == 200
    return shown.text


def chips(page: str) -> list[tuple[str, bool]]:
    [group] = re.findall(r'aria-label="分数">(.*?)</div>', page, re.DOTALL)
    found = re.findall(r'<a class="chip"[^>]*?( aria-current="true")?>([^<]*)</a>', group)
    return [(words, bool(current)) for current, words in found]


@only_on("sqlite")  # what a page says does not depend on the database
def test_the_page_stays_on_the_models_curve_until_enough_is_coded(cast: Cast) -> None:
    said = spoken(cast, 6)
    page = page_of(cast)
    assert "抽一部分话由人来编码" in page
    assert f"{PAGE}/draws" in page
    assert chips(page) == [("日记里说的", True), ("自己选的心情", False)]
    code(cast, said, {"recovery": 6, "visit": 2})
    page = page_of(cast)
    assert "点线是只用机器的" not in page
    assert "现在“到店”差 3 人、“治疗”差 5 人。" in page
    assert "校正改变了多少" not in page
    assert f"/api/v1{PAGE}/curve.png?score=model" in page, "what is downloaded is what is shown"
    told = cast.get("/curve/correction.json").json()
    assert (told["begun"], told["settled"]) == (True, False)
    assert cast.get("/curve.json").json()["corrected"], "a program is told what it asked for"
    code(cast, said, {"visit": 6})
    page = page_of(cast)
    assert "并用人工编码校正过" in page
    assert "点线是只用机器的" in page
    assert "“治疗”证据不足，没有一起比。" in page
    assert re.search(r"校正后“恢复”低 \d\.\d\d（95% 区间 \d\.\d\d ~ \d\.\d\d）", page)
    assert chips(page) == [
        ("人工校正后", True),
        ("只用机器", False),
        ("只用人工", False),
        ("自己选的心情", False),
    ]
    apart = page.partition("校正改变了多少")[2].partition("</section>")[0]
    rows = dict(re.findall(r'<th scope="row">([^<]*)</th>\s*<td class="num">([^<]*)</td>\s*<td class="num">—', apart))
    assert set(rows) == {"治疗", "知晓", "考虑", "预约", "分享"}, "nobody is coded there"
    assert rows["治疗"] != "—", "what the machine says of it stays to be seen"
    assert "机器偏高" in apart
    page = page_of(cast, "?score=model")
    assert "点线是只用机器的" not in page
    assert ("只用机器", True) in chips(page)
    assert ("只用人工", True) in chips(page_of(cast, "?score=human"))


@only_on("sqlite")  # see above
def test_codes_that_find_nothing_are_said_to_have_found_nothing(cast: Cast) -> None:
    spoken(cast, 6)
    with cast.store.write() as session:
        rows = session.execute(select(Statement.id, Statement.sentiment_micro)).all()
        chance = Random(2)
        near = {row.id: max(-1.0, min(1.0, row.sentiment_micro / 1e6 + chance.gauss(0, 0.2))) for row in rows}
        set_human(session, cast.study_id, {one: HumanValue(value, 1) for one, value in near.items()})
    assert "人工编码没有看出机器的分数在哪里偏高或偏低。" in page_of(cast)


@only_on("sqlite")  # who may see what does not depend on the database
def test_whoever_sees_no_text_gets_no_figures_of_a_few_people_who_were_coded(cast: Cast) -> None:
    said = spoken(cast, 9)
    code(cast, said, {"recovery": 9, "visit": 7, "treatment": 1})

    def points(path: str, who: str) -> dict[str, Any]:
        return {one["key"]: one for one in cast.get(path, who=who).json()["points"]}

    for score in ("human", "corrected"):
        seen = points(f"/curve.json?score={score}", "viewer")
        assert [seen[key]["estimate"] is None for key in ROAD] == [True, True, False]
        assert [seen[key]["suppressed"] for key in ROAD] == [True, True, False]
        assert points(f"/curve.json?score={score}", "owner")["treatment"]["estimate"] is not None
    apart = points("/curve/correction.json", "viewer")
    assert [apart[key]["difference"] is None for key in ROAD] == [True, True, False]
    assert [apart[key]["model"] is None for key in ROAD] == [False, False, False]
    assert "人数太少" in page_of(cast, "?score=corrected", login="viewer")


@only_on("sqlite")  # see above
def test_a_picture_of_the_corrected_curve_has_the_models_behind_it(cast: Cast) -> None:
    said = spoken(cast, 6)
    plain = cast.get("/curve.svg").text
    code(cast, said, dict.fromkeys(ROAD, 6))
    corrected = cast.get("/curve.svg").text
    assert "点线是只用机器的曲线" in corrected
    assert "点线是只用机器的曲线" not in plain
    assert corrected.count('stroke-dasharray="1 6"') == 1
    assert cast.get("/curve.svg?score=model").text.count('stroke-dasharray="1 6"') == 0
    assert "编码 12 条" in corrected
