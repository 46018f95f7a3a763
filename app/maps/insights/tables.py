"""Insights and results as tables, without people's words."""

from collections.abc import Iterable

from app.maps.insights.outcomes import ResultLook
from app.maps.insights.presentation import result_out
from app.maps.insights.service import InsightLook
from app.web.tables import csv_text

INSIGHT_COLUMNS = (
    "id", "title", "text", "stage", "touchpoint", "segment", "owner", "due", "overdue", "metric", "state", "steps", "quoted",
    "created_at", "updated_at", "version",
)  # fmt: skip
RESULT_COLUMNS = (
    "id", "name", "kind", "unit", "better", "before_period", "before_n", "before_value", "before_sd", "after_period",
    "after_n", "after_value", "after_sd", "stage", "before_wave", "after_wave", "basis", "difference", "difference_lower",
    "difference_upper", "relative", "relative_lower", "relative_upper", "improved", "few", "suppressed", "summary", "version",
)  # fmt: skip


def insights_csv(looks: Iterable[InsightLook]) -> str:
    """Return insights as CSV, a row each."""
    return csv_text(INSIGHT_COLUMNS, [_insight(look) for look in looks])


def results_csv(looks: Iterable[ResultLook]) -> str:
    """Return results as CSV, a row each; differences of shares as shares (0.01 is one percentage point)."""
    return csv_text(RESULT_COLUMNS, [_result(look) for look in looks])


def _insight(look: InsightLook) -> list[object]:
    return [
        look.id, look.title, look.text, look.stage.key if look.stage else None,
        look.touchpoint.key if look.touchpoint else None, look.segment, look.owner.login if look.owner else None,
        look.due, look.overdue, look.metric, look.state, len(look.steps), look.quoted,
        look.created_at.isoformat(), look.updated_at.isoformat(), look.version,
    ]  # fmt: skip


def _result(look: ResultLook) -> list[object]:
    shown = result_out(look).model_dump()
    effect = look.effect
    for name, one in (("difference", effect and effect.difference), ("relative", effect and effect.relative)):
        shown[name] = one.estimate if one else None
        shown[f"{name}_lower"], shown[f"{name}_upper"] = (one.lower, one.upper) if one else (None, None)
    return [shown[name] for name in RESULT_COLUMNS]
