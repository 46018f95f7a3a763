"""Our own facts in a project, read back: nothing in a file is believed before it is checked."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from app.exchange.refi.errors import ProjectBroken
from app.web.i18n import mark as _
from app.web.i18n import translate

LONGEST_LABEL: Final = 80
MOST_WHOLE: Final = 2**31 - 1


class Facts:
    """The facts of one description; each is named in the error where it is missing or cannot be."""

    def __init__(self, facts: Mapping[str, str]) -> None:
        self._facts = facts

    def __contains__(self, name: str) -> bool:
        return name in self._facts

    def text(self, name: str, most: int = LONGEST_LABEL) -> str:
        """Return a text that must be there and not be longer than ``most``."""
        value = self._facts.get(name)
        if value is None or len(value) > most or "\x00" in value:
            raise broken(name)
        return value

    def maybe(self, name: str, most: int = LONGEST_LABEL) -> str | None:
        """Return a text, or None."""
        return self.text(name, most) if name in self._facts else None

    def one_of(self, name: str, *known: str) -> str:
        """Return one of ``known``."""
        value = self._facts.get(name, "")
        if value not in known:
            raise broken(name)
        return value

    def whole(self, name: str, least: int = 0, most: int = MOST_WHOLE) -> int:
        """Return a whole number in its bounds."""
        try:
            value = int(self.text(name, 12))
        except ValueError:
            raise broken(name) from None
        if not least <= value <= most:
            raise broken(name)
        return value

    def maybe_whole(self, name: str, least: int = 0, most: int = MOST_WHOLE) -> int | None:
        """Return a whole number, or None."""
        return self.whole(name, least, most) if name in self._facts else None

    def number(self, name: str, least: float, most: float) -> float:
        """Return a number in its bounds."""
        return checked_number(name, self._facts.get(name), least, most)

    def id(self, name: str) -> UUID:
        """Return a UUID."""
        try:
            return UUID(self.text(name, 40))
        except ValueError:
            raise broken(name) from None

    def at(self, name: str) -> datetime:
        """Return a moment in UTC."""
        return checked_moment(name, self._facts.get(name))

    def maybe_at(self, name: str) -> datetime | None:
        """Return a moment, or None."""
        return self.at(name) if name in self._facts else None

    def flag(self, name: str) -> bool:
        """Return yes as True and no as False."""
        return self.one_of(name, "yes", "no") == "yes"

    def json(self, name: str, kind: type[Any], otherwise: Any = None) -> Any:
        """Return a JSON value of ``kind``; ``otherwise`` where there is none."""
        if name not in self._facts:
            return otherwise
        try:
            value = json.loads(self._facts[name])
        except (ValueError, RecursionError):
            raise broken(name) from None
        if not isinstance(value, kind):
            raise broken(name)
        return value


def checked_number(name: str, text: object, least: float, most: float) -> float:
    """Return ``text`` as a finite number in its bounds; ProjectBroken."""
    try:
        value = float(str(text))
    except ValueError:
        raise broken(name) from None
    if not math.isfinite(value) or not least <= value <= most:
        raise broken(name)
    return value


def checked_moment(name: str, text: object) -> datetime:
    """Return ``text`` as a moment in UTC; ProjectBroken."""
    try:
        at = datetime.fromisoformat(str(text))
        if at.tzinfo is None:
            raise broken(name)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise broken(name) from None


def checked_day(name: str, text: str) -> date:
    """Return ``text`` as a day; ProjectBroken."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise broken(name) from None


def broken(name: str) -> ProjectBroken:
    """Return the error of a fact that is missing or cannot be."""
    return ProjectBroken(why=translate(_("心路写的 %(name)s 不见了，或者被改坏了")) % {"name": name[:40]})
