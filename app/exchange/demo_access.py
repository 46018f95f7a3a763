"""The ways into a demo, as they are printed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoAccess:
    """Every way into the demo: the names of its fields are the keys of ``xinlu demo --json``."""

    base_url: str
    study: str
    staff: dict[str, str]
    api_key: str
    participant_link: str
    participants: list[dict[str, str]]
    stages: list[str]


@dataclass(frozen=True, slots=True)
class TemplateDemo:
    """Where the demo of one template stands: the names of its fields are the keys of ``xinlu demo --template … --json``."""

    template: str
    study: str
    title: str
    address: str
    staff: dict[str, str]
    participants: list[str]
    stages: list[str]
