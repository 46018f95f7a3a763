"""Codebooks to start from: one JSON file each in ``codebooks/``, named like the study template that it goes with."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

from app.coding.codebook_errors import UnknownStarter
from app.coding.codebook_schemas import CodeName, Example, LongText, NewCode
from app.core.ids import uuid7
from app.studies.schemas import Strict

FOLDER = Path(__file__).parent / "codebooks"
GENERAL = "general"


class StarterCode(Strict):
    """A code of a starter, with those under it."""

    name: CodeName
    description: LongText = ""
    examples: tuple[Example, ...] = ()
    codes: tuple["StarterCode", ...] = ()


class Starter(Strict):
    """A codebook to start from; ``sentence`` says in one line what it is for, ``position`` orders the list."""

    key: str
    title: str
    sentence: str
    position: int
    codes: tuple[StarterCode, ...]

    @property
    def size(self) -> int:
        """How many codes there are, on all levels."""
        return sum(map(_count, self.codes))


@cache
def starters() -> Mapping[str, Starter]:
    """Return the starters by key, in order."""
    found = [Starter.model_validate_json(path.read_bytes()) for path in FOLDER.glob("*.json")]
    return MappingProxyType({one.key: one for one in sorted(found, key=lambda one: one.position)})


def offered(template: str | None) -> list[Starter]:
    """Return the starters, first the one that goes with the study's template, then the general one."""
    return sorted(starters().values(), key=lambda one: (one.key != template, one.key != GENERAL, one.position))


def codes_of_starter(key: str) -> list[NewCode]:
    """Return the codes of a starter, parents first, with ids of their own; UnknownStarter.

    Only those that are applied most have a letter: the ones without others under them.
    """
    starter = starters().get(key)
    if starter is None:
        raise UnknownStarter()
    return list(_flat(starter.codes, None))


def _flat(codes: tuple[StarterCode, ...], parent_id: UUID | None) -> Iterator[NewCode]:
    for code in codes:
        facts = code.model_dump(exclude={"codes"})
        own = NewCode(**facts, parent_id=parent_id, id=uuid7(), **({"shortcut": None} if code.codes else {}))
        yield own
        yield from _flat(code.codes, own.id)


def _count(code: StarterCode) -> int:
    return 1 + sum(map(_count, code.codes))
