"""The templates that a study can start from: one JSON file each in ``protocols/``."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from app.studies.errors import UnknownTemplate
from app.studies.schemas import Protocol, Strict

FOLDER = Path(__file__).parent / "protocols"
BLANK = "blank"


class StudyTemplate(Strict):
    """A protocol to start from; ``sentence`` says in one line what it follows, ``position`` orders the list."""

    key: str
    title: str
    sentence: str
    position: int
    protocol: Protocol


@cache
def study_templates() -> Mapping[str, StudyTemplate]:
    """Return the templates by key, in the order in which they are offered."""
    found = [StudyTemplate.model_validate_json(path.read_bytes()) for path in FOLDER.glob("*.json")]
    return MappingProxyType({one.key: one for one in sorted(found, key=lambda one: one.position)})


def study_template(key: str) -> StudyTemplate:
    """Return one template; UnknownTemplate if there is none of this key."""
    template = study_templates().get(key)
    if template is None:
        raise UnknownTemplate()
    return template
