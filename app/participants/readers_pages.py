"""On the phone: who of the team has read what the person wrote, by role and day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.participants import queries
from app.participants.deps import OnPhoneLeaving, PhoneAccess
from app.participants.helping import help_words
from app.participants.models import Reading
from app.participants.readings import OPERATOR, PROGRAM, Readings, marks_of
from app.studies.access import CARE
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render

router = APIRouter(include_in_schema=False)

Phone = Annotated[PhoneAccess, Depends(OnPhoneLeaving())]
MOST_SHOWN = 400
RESEARCH = _("研究人员")
WHO = {CARE: _("康复关怀师"), PROGRAM: _("研究团队的程序"), OPERATOR: _("管理系统的人")}
"""By the role alone: a name would tell on a member of the staff, and the person knows the team by what it does."""


@dataclass(frozen=True, slots=True)
class ReadBy:
    """That readers of one role saw ``entries`` of the person's entries on one day; ``exported``: taken out as a file."""

    day: date
    who: str
    people: int
    entries: int
    exported: bool


@router.get("/d/readers")
def readers(request: Request, access: Phone) -> Response:
    readings: Readings = request.app.state.readings
    readings.flush()
    with request.app.state.database.read() as session:
        found = queries.readings_of(session, access.study.id, access.participant.id, MOST_SHOWN)
    current_language.set(choose_language(request, access.language))
    context = {
        "lines": [told(one) for one in read_by(found)],
        "cut": len(found) == MOST_SHOWN,
        "left": access.participant.withdrawn_at is not None,
        "help": help_words(access),
    }
    return render(request, "participants/readers.html", context, language=access.language)


def read_by(readings: Sequence[Reading]) -> list[ReadBy]:
    """Return who read on which day, the latest first; members of one role count together, and an entry once."""
    found = []
    ordered = sorted(readings, key=lambda one: (-one.day.toordinal(), _who(one)))
    for (day, who), those in groupby(ordered, key=lambda one: (one.day, _who(one))):
        group = list(those)
        marks = set().union(*(marks_of(one.seen) for one in group))
        found.append(ReadBy(day, who, len(group), len(marks), any(one.exported for one in group)))
    return found


def told(one: ReadBy) -> str:
    """Return the line in words: 研究人员，10月3日看过您的 3 条日记."""
    english = current_language.get() == "en"
    day = (
        f"{one.day:%b} {one.day.day}, {one.day.year}"
        if english
        else f"{one.day.year}年{one.day.month}月{one.day.day}日"
    )
    who = translate(one.who)
    if one.people > 1:
        who = translate(_("%(who)s（%(n)s 位）")) % {"who": who, "n": one.people}
    words = _("%(who)s，%(day)s看过您的 %(n)s 条日记")
    if one.exported:
        words = _("%(who)s，%(day)s看过您的 %(n)s 条日记，并拷贝成了文件")
    return translate(words) % {"who": who, "day": day, "n": one.entries}


def _who(reading: Reading) -> str:
    return WHO.get(reading.role, RESEARCH)
