"""The form of a plan of draws: what was posted, read as a plan, and a plan as the form shows it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from app.coding.plan_schemas import DEFAULT_DOUBLE, DEFAULT_FLOOR, DEFAULT_RATE, PlanIn, PlanOut
from app.core.errors import FieldError, Invalid
from app.web.forms import Posted, values_of
from app.web.i18n import mark as _

PERCENT: Final = 100
STAGE: Final = "stage."
WRONG: Final[Mapping[str, str]] = {
    "design": _("请选一种抽法"),
    "rate": _("请写 0.01 到 100 之间的数"),
    "rates": _("请写 0.01 到 100 之间的数"),
    "floor": _("请写 5 到 100 之间的数"),
    "double_share": _("请写 0 到 100 之间的数"),
    "half_width": _("请写 0.01 到 1 之间的数，或者空着"),
}


def posted_plan(form: Posted) -> PlanIn:
    """Return the plan that a form gives in percent; Invalid, naming the fields as the form does, where it gives none."""
    given = values_of(form)
    design = given.get("design", "")
    wrong: list[FieldError] = []
    plan: dict[str, Any] = {"design": design}
    for name, usual in (("rate", DEFAULT_RATE), ("floor", DEFAULT_FLOOR), ("double_share", DEFAULT_DOUBLE)):
        plan[name] = _share(given.get(name, ""), name, name, wrong, usual)
    plan["half_width"] = _number(given.get("half_width", ""), "half_width", "half_width", wrong)
    if design != "uniform":
        shares = {
            name.removeprefix(STAGE): _share(text, name, "rates", wrong, plan["rate"])
            for name, text in given.items()
            if name.startswith(STAGE) and text.strip()
        }
        plan["rates"] = shares
    if wrong:
        raise Invalid(fields=wrong)
    try:
        return PlanIn.model_validate(plan)
    except ValidationError as error:
        names = {str(one["loc"][0]) if one["loc"] else "rates" for one in error.errors()}
        fields = [FieldError("rate" if name == "rates" else name, WRONG.get(name, WRONG["rate"])) for name in names]
        raise Invalid(fields=fields) from None


def plan_values(plan: PlanOut | None, stages: Sequence[str]) -> dict[str, str]:
    """Return what the form shows of the plan in force, or of what is proposed where there is none."""
    if plan is None:
        usual = {"rate": DEFAULT_RATE, "floor": DEFAULT_FLOOR, "double_share": DEFAULT_DOUBLE}
        return {"design": "uniform", **{name: percent(share) for name, share in usual.items()}}
    shares = list(plan.rates.values())
    values = {
        "design": plan.design,
        "rate": percent(max(shares, default=DEFAULT_RATE)),
        "floor": percent(plan.floor),
        "double_share": percent(plan.double_share),
        "half_width": "" if plan.half_width is None else f"{plan.half_width:g}",
    }
    return values | {f"{STAGE}{key}": percent(plan.rates[key]) for key in stages if key in plan.rates}


def percent(share: float) -> str:
    """Return a share as a form has it: in percent, without what nobody reads."""
    return f"{share * PERCENT:.4g}"


def _share(text: str, name: str, kind: str, wrong: list[FieldError], usual: float) -> float:
    number = _number(text, name, kind, wrong)
    return usual if number is None else number / PERCENT


def _number(text: str, name: str, kind: str, wrong: list[FieldError]) -> float | None:
    cleaned = text.strip().rstrip("%％").lstrip("±").strip()
    if not cleaned:
        return None
    try:
        number = float(cleaned[:20])
    except ValueError:
        number = float("nan")
    if number != number or number in (float("inf"), float("-inf")):
        wrong.append(FieldError(name, WRONG[kind]))
        return None
    return number
