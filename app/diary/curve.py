"""A person's own moods as a small curve."""

from collections.abc import Sequence

from markupsafe import Markup

from app.charts import SmallPoint, small_curve_svg
from app.diary.models import Entry
from app.diary.words import MOODS
from app.statements.cells import mood_score
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _
from app.web.i18n import translate

LEAST = 2


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
