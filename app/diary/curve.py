"""A person's own moods as a small curve."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from markupsafe import Markup

from app.charts import SmallPoint, small_curve_svg
from app.diary.models import Entry
from app.diary.words import MOODS
from app.statements.cells import MOOD_MIDDLE, mood_score
from app.studies.protocol import StudyProtocol
from app.web.i18n import current_language, translate
from app.web.i18n import mark as _

LEAST = 2
ENOUGH = 5
"""From so many moods on something is said of the way they went; before, it would be reading too much into a few days."""

A_STEP = 2
"""So far above the hardest time, on the scale of moods, counts as better; a single step comes and goes."""


def own_curve(entries: Sequence[Entry], protocol: StudyProtocol) -> Markup | None:
    """Return the moods of ``entries`` over time as SVG, where there are at least two; what people said of themselves,
    never a machine's score."""
    felt = sorted(
        ((entry.occurred_at, entry.mood, entry.stage_id) for entry in entries if entry.mood), key=lambda one: one[0]
    )
    if len(felt) < LEAST:
        return None
    points = []
    named = set()
    # Evenly spaced, not by the calendar: weeks before the event must not squeeze the days after it into a corner.
    for place, (_moment, mood, stage_id) in enumerate(felt[:-1]):
        label = "" if stage_id in named else protocol.stage_of(stage_id).name
        named.add(stage_id)
        points.append(SmallPoint(place, mood_score(mood), label))
    last = felt[-1]
    points.append(SmallPoint(len(points), mood_score(last[1]), translate(_("最近"))))
    words = translate(_("%(n)s 次心情，最早是“%(first)s”，最近是“%(last)s”。")) % {
        "n": len(felt),
        "first": translate(MOODS[felt[0][1] - 1]),
        "last": translate(MOODS[last[1] - 1]),
    }
    return small_curve_svg(points, title=translate(_("这些天走过的路")), description=words)


def road_words(entries: Sequence[Entry], protocol: StudyProtocol, zone: str) -> list[str]:
    """Return in a sentence or two when it was hardest and when it went up, by the moods the person chose; none for a few.

    It promises nothing and compares with nobody.
    """
    felt = sorted((one.occurred_at, one.mood, one.stage_id) for one in entries if one.mood)
    if len(felt) < ENOUGH:
        return []
    days = [moment.astimezone(ZoneInfo(zone)).date() for moment, *_rest in felt]
    moods = [mood for _moment, mood, _stage in felt]
    lowest = min(moods)
    if lowest >= MOOD_MIDDLE:
        return [translate(_("您选的心情都在“说不上好坏”以上，没有特别难的一天。"))]
    last_low = max(place for place, mood in enumerate(moods) if mood == lowest)
    hardest = translate(_("最难的是%(day)s前后，在“%(stage)s”这一段。")) % {
        "day": _day_words(days[last_low]),
        "stage": protocol.stage_of(felt[last_low][2]).name,
    }
    return [hardest, *_since(days[last_low + 1 :], moods[last_low + 1 :], lowest)]


def _since(days: Sequence[date], moods: Sequence[int], lowest: int) -> list[str]:
    """Return what came after the hardest time: when it went up and stayed so, or that it is still hard."""
    if not moods:
        return [translate(_("就是最近这一次。想找人说说的话，下面有联系办法。"))]
    up = next((place for place in range(len(moods)) if min(moods[place:]) >= lowest + A_STEP), None)
    if up is None:
        return [translate(_("后来起起落落，还没有完全好起来。想找人说说的话，下面有联系办法。"))]
    latest = translate(MOODS[moods[-1] - 1])
    words = _("从%(day)s起好一些了，最近一次您选的是“%(mood)s”。")
    return [translate(words) % {"day": _day_words(days[up]), "mood": latest}]


def _day_words(day: date) -> str:
    return f"{day:%b} {day.day}" if current_language.get() == "en" else f"{day.month}月{day.day}日"
