"""Forms of pages: what was posted, and showing it again beside what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from pydantic import ValidationError
from starlette.datastructures import FormData

from app.core.errors import AppError
from app.web.i18n import mark, translate

CHECK_THIS = mark("请检查这一项")


async def posted(request: Request) -> FormData:
    """Return the posted form; files are left out."""
    given = await request.form()
    return FormData([(name, value) for name, value in given.multi_items() if isinstance(value, str)])


Posted = Annotated[FormData, Depends(posted)]


@dataclass(frozen=True, slots=True)
class FormState:
    """A form as it is shown: what stands in it, and by field what is wrong, in the current language.

    The field "" is the form as a whole; then ``title`` says what happened.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    title: str = ""


def values_of(form: FormData) -> dict[str, str]:
    """Return the last value of each field of a posted form, without the forgery token."""
    return {name: str(value).replace("\r\n", "\n") for name, value in form.multi_items() if name != "csrf_token"}


def refused(form: FormData, error: AppError) -> FormState:
    """Return the form as posted with what ``error`` says of its fields, or else of all of it."""
    fields = {one.field: translate(one.message) for one in error.fields}
    if fields:
        return FormState(values_of(form), fields)
    title = translate(error.title) % error.parameters if error.parameters else translate(error.title)
    return FormState(values_of(form), {"": translate(error.remedy)}, title)


def unreadable(form: FormData, error: ValidationError, words: Mapping[str, str]) -> FormState:
    """Return the form as posted; ``words`` say by field what would be accepted."""
    fields = [".".join(str(part) for part in one["loc"]) for one in error.errors()]
    return FormState(values_of(form), {name: translate(words.get(name, CHECK_THIS)) for name in fields})
