"""Whom a person can turn to: the study's team, and numbers that answer at any hour."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.participants.deps import PhoneAccess
from app.studies.schemas import HelpLine
from app.studies.study_templates import BLANK, study_template
from app.web.i18n import mark as _

# The words that the templates' lines bring, for the catalogue; a study's own words are shown as they are.
TEMPLATE_WORDS = (
    _("急救电话"),
    _("情况紧急、疼得受不了、出血不止"),
    _("有人受伤，或突然很不舒服"),
    _("心理援助热线"),
    _("全国统一，有人听您说话"),
)
TELEPHONE = re.compile(r"\+?\d[\d -]{5,18}\d")


@dataclass(frozen=True, slots=True)
class Help:
    """Whom the person can turn to: the study's words, the telephone number in them, and the lines to call."""

    contact: str = ""
    lines: Sequence[HelpLine] = ()

    @property
    def phone(self) -> str | None:
        """The telephone number in the study's words."""
        found = TELEPHONE.search(self.contact)
        return found[0] if found else None

    @property
    def before(self) -> str:
        """What stands before the number."""
        return self.contact.partition(self.phone)[0] if self.phone else self.contact

    @property
    def after(self) -> str:
        """What stands behind the number."""
        return self.contact.partition(self.phone)[2] if self.phone else ""


def help_words(access: PhoneAccess) -> Help:
    """Return whom the person can turn to."""
    study = access.study
    return Help(study.contact, [HelpLine.model_validate(line) for line in study.help_lines])


def help_of_anyone() -> Help:
    """Return the lines that every study begins with, for a page that does not know whose phone it is."""
    return Help(lines=study_template(BLANK).protocol.help_lines)
