"""The choice that a person makes when a code is split, carried from page to page in the form itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from pydantic import ValidationError
from starlette.datastructures import FormData

from app.coding.codebook import Part
from app.coding.codebook_posted import WORDS
from app.coding.codebook_queries import CodeFacts
from app.coding.codebook_schemas import NewCode
from app.core.errors import FieldError, Invalid
from app.web.i18n import mark as _
from app.web.i18n import translate

MOST_NEW: Final = 3
MOST_CHOSEN: Final = 2000
NEW: Final = tuple(str(number) for number in range(1, MOST_NEW + 1))
OLD: Final = "old"
"""Where an excerpt may go: to one of the new codes, by number, or to the code that is there."""
UNDER: Final = "under"
BESIDE: Final = "beside"


@dataclass(frozen=True, slots=True)
class Choice:
    """Names of the new codes by number, the ``existing`` one, where the new ones stand, and which excerpt goes where.

    ``trail`` holds the excerpts after which the pages of the list began that were turned to.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    existing: UUID | None = None
    level: str = BESIDE
    given: Mapping[UUID, str] = field(default_factory=dict)
    trail: tuple[UUID, ...] = ()

    @property
    def start(self) -> UUID | None:
        """The excerpt after which the page in sight begins."""
        return self.trail[-1] if self.trail else None

    @property
    def kept(self) -> str:
        """Which excerpt goes where, as the form carries it."""
        return ",".join(f"{excerpt.hex}:{place}" for excerpt, place in self.given.items())

    def to(self, place: str) -> list[UUID]:
        """Return the excerpts that go to ``place``."""
        return [excerpt for excerpt, there in self.given.items() if there == place]

    def destinations(self) -> dict[str, tuple[list[UUID], UUID | None]]:
        """Return by place the excerpts that go there, and the code if it is there already."""
        places = {place: (self.to(place), self.existing if place == OLD else None) for place in (*NEW, OLD)}
        return {place: there for place, there in places.items() if there[0]}

    def turned(self, step: str) -> "Choice":
        """Return the choice with the next page in sight ("next:…"), or the one before ("back")."""
        if step.startswith("next:"):
            return replace(self, trail=(*self.trail, *_ids([step.partition(":")[2]])))
        return replace(self, trail=self.trail[:-1]) if step == "back" else self

    def problems(self) -> Mapping[str, str]:
        """Return by field what is still missing, in words."""
        if not self.given:
            return {"": translate(_("还没有选要拆出去的片段：在片段旁边选它该去哪里。"))}
        if len(self.given) > MOST_CHOSEN:
            return {"": translate(_("一次最多拆出 2000 处，请分几次拆。"))}
        missing = [place for place in NEW if self.to(place) and not self.names.get(place)]
        wrong = {f"name{place}": translate(WORDS["name"]) for place in missing}
        if self.to(OLD) and self.existing is None:
            wrong["existing"] = translate(_("请选一个已有的编码"))
        return wrong

    def parts(self, code: CodeFacts) -> Sequence[Part]:
        """Return what the service is to do; Invalid for a name that no code can have."""
        parent_id = code.id if self.level == UNDER else code.parent_id
        try:
            parts = [
                Part(NewCode(name=self.names.get(place, ""), parent_id=parent_id), self.to(place))
                for place in NEW
                if self.to(place)
            ]
        except ValidationError:
            raise Invalid(fields=[FieldError("name", translate(WORDS["name"]))]) from None
        if self.existing is not None and self.to(OLD):
            parts.append(Part(self.existing, self.to(OLD)))
        return parts


def choice_of(form: FormData) -> Choice:
    """Return what the posted page and those before it have chosen; what it does not understand counts as not chosen."""
    given: dict[UUID, str] = {}
    for pair in str(form.get("kept", "")).split(","):
        excerpt, _colon, place = pair.partition(":")
        _put(given, excerpt, place)
    for name, there in form.multi_items():
        if name.startswith("to."):
            _put(given, name.removeprefix("to."), str(there))
    existing = _ids([str(form.get("existing", ""))])
    return Choice(
        names={place: str(form.get(f"name{place}", "")).strip() for place in NEW},
        existing=existing[0] if existing else None,
        level=UNDER if form.get("level") == UNDER else BESIDE,
        given=given,
        trail=tuple(_ids(str(form.get("trail", "")).split(","))),
    )


def _put(given: dict[UUID, str], excerpt: str, place: str) -> None:
    for excerpt_id in _ids([excerpt]):
        given.pop(excerpt_id, None)
        if place in (*NEW, OLD):
            given[excerpt_id] = place


def _ids(texts: Sequence[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
