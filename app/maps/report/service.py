"""The report of a study, put together: five minutes first, then what is looked up."""

from app.core import clock
from app.curves.hardest import headline, summary
from app.maps.report import methods, plan, story
from app.maps.report.blocks import Report
from app.maps.report.findings import Findings
from app.web.i18n import current_language, translate
from app.web.i18n import mark as _


def report(found: Findings) -> Report:
    """Return the report in the language of the request."""
    study = found.board.protocol.study
    day = clock.local_date(found.at, study.time_zone).isoformat()
    entries = sum(point.entries or 0 for point in found.curve.points)
    subtitle = translate(_("%(people)s 位参与者，%(entries)s 条日记和访谈段落 · %(day)s"))
    sections = [
        story.curve_section(found),
        story.valley_section(found),
        story.support_section(found),
        story.peak_section(found),
        story.doubt_section(found),
        plan.plan_section(found),
        plan.check_section(found),
        methods.figures_section(found),
        methods.methods_section(found),
        methods.map_section(found),
    ]
    return Report(
        title=study.title,
        heading=headline(found.curve, found.hand.hardest),
        subtitle=subtitle % {"people": found.people, "entries": entries, "day": day},
        lead=[
            (translate(_("感受")), summary(found.curve, found.days, found.hand.hardest)),
            (translate(_("支持")), story.support_sentence(found)),
            (translate(_("该做什么")), plan.plan_sentence(found)),
            (translate(_("不确定")), _weightiest(found)),
        ],
        sections=[one for one in sections if one is not None],
        foot=translate(_("心路 · %(title)s · %(day)s")) % {"title": study.title, "day": day},
        language=current_language.get(),
    )


def _weightiest(found: Findings) -> str:
    """The doubt that a reader must take along, beyond what the sentence of the curve says already."""
    doubts = list(story.doubts(found))
    return doubts[1] if len(doubts) > 1 else doubts[0]
