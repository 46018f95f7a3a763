"""Turning posted forms of facts and support into what the service takes; every field that is wrong is named."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ValidationError
from starlette.datastructures import FormData

from app.core.errors import FieldError, Invalid
from app.core.ids import uuid7
from app.maps.ecosystem.schemas import FactsIn, SupportIn
from app.web.forms import CHECK_THIS, values_of
from app.web.i18n import mark as _

Shape = TypeVar("Shape", FactsIn, SupportIn)

FACT_FIELDS = ("customers", "users", "first_contacts", "complaints", "efficiency", "party", "basis")
SUPPORT_FIELDS = ("participant", "phase", "channel", "contacts", "day_from", "day_to", "on", "words")
WORDS: Mapping[str, str] = {
    "customers": _("请填 0 以上的整数，不知道就空着"),
    "users": _("请填 0 以上的整数，不知道就空着"),
    "first_contacts": _("请填 0 以上的整数，不知道就空着"),
    "complaints": _("请填 0 以上的整数，不知道就空着"),
    "efficiency": _("请选 1 到 5"),
    "party": _("请选一种"),
    "basis": _("太长了，请缩短到 200 字以内"),
    "stage": _("请选一个阶段"),
    "channel": _("请选一种"),
    "phase": _("请选一种"),
    "contacts": _("请填 1 到 1000 之间的整数"),
    "day_from": _("请填 −3650 到 3650 之间的整数"),
    "day_to": _("请填 −3650 到 3650 之间的整数"),
    "on": _("请选一个日期"),
    "words": _("太长了，请缩短到 200 字以内"),
    "participant": _("请填参与者的编号"),
}
FIELDS: Mapping[str, str] = {"stage": "place", "touchpoint": "place"}
"""Fields of the page that are called otherwise than in the API."""

PARTS = _("用过、先来和投诉的人数，都不能超过它们所属的总人数")
DAYS = _("开始那天不能晚于结束那天")


def posted_facts(form: FormData) -> FactsIn:
    """Return the facts that were posted; Invalid naming each field that cannot be read."""
    return _read(FactsIn, _filled(values_of(form), FACT_FIELDS), ("users", PARTS))


def posted_support(form: FormData) -> SupportIn:
    """Return the support that was posted; Invalid naming each field that cannot be read."""
    given = values_of(form)
    body = _filled(given, SUPPORT_FIELDS) | {"generic": given.get("generic") == "yes"}
    stage, _slash, touchpoint = given.get("place", "").partition("/")
    body |= {"stage": stage} | ({"touchpoint": touchpoint} if touchpoint else {})
    return _read(SupportIn, body, ("day_to", DAYS))


def posted_id(form: FormData) -> UUID:
    """Return the id that the page made for a new line, so that sending it twice makes one line."""
    try:
        return UUID(values_of(form).get("id", ""))
    except ValueError:
        return uuid7()


def posted_version(form: FormData) -> int:
    """Return the version that the page was shown; −1 for none that we gave."""
    digits = values_of(form).get("version", "")
    return int(digits) if digits.isdecimal() and len(digits) < 10 else -1


def _filled(given: Mapping[str, str], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: given[name].strip() for name in names if given.get(name, "").strip()}


def _read(shape: type[Shape], body: dict[str, Any], whole: tuple[str, str]) -> Shape:
    try:
        return shape.model_validate(body)
    except ValidationError as error:
        fields = []
        for one in error.errors():
            name, words = (str(one["loc"][0]), WORDS.get(str(one["loc"][0]), CHECK_THIS)) if one["loc"] else whole
            fields.append(FieldError(FIELDS.get(name, name), words))
        raise Invalid(fields=fields) from error
