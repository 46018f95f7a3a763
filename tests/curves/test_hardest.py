"""Where stages cannot be told apart, the days may say which of them holds the lowest one; never surer than they are."""

from collections.abc import Mapping, Sequence

from app.core.ids import uuid7
from app.curves.grid import DAY_BINS, FIRST, LAST
from app.curves.hardest import hardest_days, headline, stage_keys, summary
from app.curves.hardest_now import of_curves
from app.curves.service import By, Curve, CurvePoint
from app.statements.pending import NOTHING_WAITS
from app.studies.protocol import StageFacts

STAGES = (
    StageFacts(uuid7(), "consideration", "考虑", 0, -45, -1),
    StageFacts(uuid7(), "treatment", "治疗", 1, 0, 0),
    StageFacts(uuid7(), "recovery", "恢复", 2, 1, 100),
)
MEANS = {"consideration": -0.26, "treatment": -0.02, "recovery": -0.24}
NAMES = {stage.key: stage.name for stage in STAGES}
DAYS = {"0": -0.02, "1": -0.57, "2": -0.68, "3": -0.4}


def point(key: str, estimate: float, days: tuple[int | None, int | None]) -> CurvePoint:
    figures = (estimate, 0.1, estimate - 0.2, estimate + 0.2, estimate - 0.3, estimate + 0.3)
    return CurvePoint(key, NAMES.get(key, key), None, *days, *figures, 24, 24, 24, 0, 0, enough=True, suppressed=False)


def curve(by: By, points: Sequence[CurvePoint], valley: Sequence[str]) -> Curve:
    return Curve(
        "s", "研究", "手术日", by, "corrected", None, None, 0.95, "", corrected=False, lam=1, model_version="",
        recode_needed=False, refining=NOTHING_WAITS, as_of=None, points=tuple(points), valley=tuple(valley), peak=(),
    )  # fmt: skip


def by_stage(*valley: str) -> Curve:
    return curve("stage", [point(key, mean, (None, None)) for key, mean in MEANS.items()], valley)


def by_day(*valley: str, means: Mapping[str, float] = DAYS) -> Curve:
    spans = {
        one.key: (None if one.first == FIRST else one.first, None if one.last >= LAST - 1 else one.last)
        for one in DAY_BINS
    }
    return curve("day", [point(key, mean, spans[key]) for key, mean in means.items()], valley)


def test_days_within_one_stage_say_which_of_the_candidates_it_is() -> None:
    found = hardest_days(by_stage("consideration", "recovery"), by_day("1", "2"), STAGES)
    assert found is not None
    assert (found.stage.key, found.lowest.key) == ("recovery", "2")
    assert headline(by_stage(), found) == "路上最难的日子在“恢复”，手术日后第 2 天前后"
    said = summary(by_stage("consideration", "recovery"), by_day("1", "2"), found)
    assert "还不能排除第 1 天；这些日子都在“恢复”里（95%）。不是手术日当天。" in said
    assert "按阶段平均：最低点很可能在“考虑”，现有数据还不能排除“恢复”（95%）。" in said
    assert stage_keys(by_stage("consideration", "recovery"), found) == ("recovery",)


def test_the_anchors_own_day_is_excluded_only_where_it_is_no_candidate() -> None:
    stages = [STAGES[0], StageFacts(uuid7(), "recovery", "恢复", 1, 0, 100)]
    found = hardest_days(by_stage("consideration", "recovery"), by_day("0", "2"), stages)
    assert found is not None
    assert found.excluded is None
    assert "不是手术日当天" not in summary(by_stage("consideration", "recovery"), by_day("0", "2"), found)


def test_days_of_two_stages_say_nothing_more() -> None:
    both = by_stage("consideration", "treatment", "recovery")
    assert hardest_days(both, by_day("0", "2"), STAGES) is None
    assert headline(both, None) == "哪一段最难，现有日记还分不清"
    assert stage_keys(both, None) == ["consideration", "recovery", "treatment"]


def test_one_stage_alone_needs_no_days() -> None:
    assert hardest_days(by_stage("consideration"), by_day("2"), STAGES) is None


def test_a_stage_that_is_excluded_by_stage_is_not_named_by_days() -> None:
    assert hardest_days(by_stage("consideration", "treatment"), by_day("2"), STAGES) is None


def test_open_ended_days_and_stages_hold_nothing() -> None:
    ends = by_day("181..", means={"0": 0.0, "181..": -0.5})
    assert hardest_days(by_stage("consideration", "recovery"), ends, STAGES) is None
    unbounded = [StageFacts(uuid7(), "recovery", "恢复", 0, None, None)]
    assert hardest_days(by_stage("consideration", "recovery"), by_day("2"), unbounded) is None


def test_of_whom_it_is_said_that_they_stand_in_the_hardest_stage_and_on_which_days() -> None:
    stages = by_stage("consideration", "recovery")
    found = of_curves(STAGES, stages, hardest_days(stages, by_day("1", "2"), STAGES))
    assert [stage.key for stage in found.stages] == ["recovery"]
    assert found.certain
    assert [day for day in (0, 1, 2, 3) if found.holds(day)] == [1, 2]


def test_nobody_stands_in_a_hardest_stage_where_most_of_the_road_may_be_it() -> None:
    assert of_curves(STAGES, by_stage("consideration", "treatment", "recovery"), None).stages == ()
    assert of_curves(STAGES, by_stage(), None).stages == ()
    named = of_curves(STAGES, by_stage("recovery"), None)
    assert [stage.key for stage in named.stages] == ["recovery"]
    assert not named.holds(2)
