"""What agreement says in words: one sentence a person would say, and why a figure is low, or is not there."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.coding.agreement_bootstrap import Lack, Measure
from app.coding.agreement_machine import Cut, MachineAgreement
from app.coding.agreement_study import Agreement, Row
from app.web.i18n import mark as _
from app.web.i18n import translate

RELIABLE: Final = 0.8
TENTATIVE: Final = 0.667
"""Krippendorff's bounds: from the one on conclusions may rest on the codes, from the other on tentative ones may."""

RARE: Final = 0.1
APART: Final = 0.2
"""A code on less than the one share of the units, whose AC1 lies so far above its kappa, is explained."""

FEW: Final = 15
"""With fewer people the intervals tend to be too narrow (docs/statistics.md)."""

_HOW: Final = (
    (RELIABLE, _("很一致")),
    (TENTATIVE, _("大体一致")),
    (0.4, _("不太一致")),
    (float("-inf"), _("很不一致")),
)
LACKS: Final[Mapping[Lack, str]] = {
    "nothing_in_common": _("没有共同编过的"),
    "no_variation": _("所有人都给了同一个，算不出"),
    "few_participants": _("参与者不到 8 位，没有区间"),
    "no_disagreement": _("没有一处分歧，区间算不出"),
    "unstable": _("出现得太少，区间不稳"),
}
FIVE: Final[Mapping[int, str]] = {
    -2: _("很糟"),
    -1: _("不好"),
    0: _("中间"),
    1: _("不错"),
    2: _("很好"),
}
THREE: Final[Mapping[int, str]] = {-1: _("负面"), 0: _("中性"), 1: _("正面")}
LEVEL_NAMES: Final[Mapping[Cut, Mapping[int, str]]] = {"five": FIVE, "three": THREE}


def number(value: float | None) -> str:
    """Return a figure as people read it: 0.78, with a true minus sign; a dash where it is unknown. Only what is 1 says 1.00."""
    if value is None:
        return "—"
    if 0.995 <= value < 1:
        return f"{value:.3f}" if value < 0.9995 else ">0.999"
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def percent(value: float | None) -> str:
    """Return a share in percent, with a digit more near 0 and 100; only what is all says 100%."""
    if value is None:
        return "—"
    if value in (0, 1) or RARE <= value <= 1 - RARE:
        return f"{value * 100:.0f}%"
    written = f"{value * 100:.1f}%"
    return {"0.0%": "<0.1%", "100.0%": ">99.9%"}.get(written, written)


def bounds(measure: Measure, *, share: bool = False) -> str:
    """Return the interval of a figure, 0.66–0.87, or of a share in percent; nothing where there is none."""
    if measure.lower is None or measure.upper is None:
        return ""
    if not share:
        return "–".join(
            f"{one:.2f}".replace("-0.00", "0.00").replace("-", "−") for one in (measure.lower, measure.upper)
        )
    digits = 1 if measure.upper < RARE or measure.lower > 1 - RARE else 0
    return f"{measure.lower * 100:.{digits}f}–{measure.upper * 100:.{digits}f}%"


def lack_words(measure: Measure) -> str:
    """Return why a figure or its interval is not there."""
    return translate(LACKS[measure.lack]) if measure.lack else ""


def how(value: float) -> str:
    """Return how much agreement a value of alpha is, by Krippendorff's bounds."""
    return translate(next(words for least, words in _HOW if value >= least))


def headline(found: Agreement) -> str:
    """Return what agreement there is in a few words, no surer than the evidence."""
    row = found.sentiment
    if row is None:
        return translate(_("还没有两人都编完的话"))
    if row.hidden:
        return translate(_("人数太少，不显示"))
    alpha = row.figures["alpha"]
    if alpha.value is None:
        return translate(_("还看不出有多一致"))
    if alpha.lower is not None and alpha.lower < TENTATIVE <= alpha.value:
        return translate(_("编码者看来大体一致，还不能肯定"))
    return translate(_("编码者%(how)s")) % {"how": how(alpha.value)}


def sentence(found: Agreement) -> str:
    """Return one or two sentences on sentiment and on codes, with their uncertainty."""
    row = found.sentiment
    if row is None:
        return _nothing(found)
    if row.hidden:
        return translate(_("两人都编过的话来自不到 8 位参与者，或只差几位没算进来，为了不让人认出是谁，数字不显示。"))
    return " ".join(part for part in (_sentiment(found, row), _codes(found)) if part).replace("。 ", "。")


def _nothing(found: Agreement) -> str:
    if found.question.stage or found.question.pair:
        return translate(_("这样选，没有一条是两人都编完的。"))
    if found.waiting:
        return translate(_("有 %(n)s 条要两个人各编一遍，还在等他们编完。编完一条，这里就有一条。")) % {
            "n": found.waiting
        }
    return translate(_("抽样时让一部分话由两个人各编一遍，互相看不见，这里就会说他们有多一致。"))


def _sentiment(found: Agreement, row: Row) -> str:
    alpha = row.figures["alpha"]
    facts = {
        "who": _who(found),
        "n": row.statements,
        "people": row.participants,
        "alpha": number(alpha.value),
        "bounds": bounds(alpha),
    }
    if alpha.lack == "nothing_in_common":
        return translate(_("%(who)s没有一条是都给了情感的。")) % facts
    if alpha.value is None:
        return translate(_("%(who)s给这 %(n)s 条的情感全都一样，没有高低可比，α 算不出来。")) % facts
    facts["how"] = how(alpha.value)
    if alpha.lower is not None:
        return (
            translate(
                _("%(who)s在情感上%(how)s（α %(alpha)s，区间 %(bounds)s），看的是 %(people)s 位参与者的 %(n)s 条话。")
            )
            % facts
        )
    facts["why"] = lack_words(alpha)
    return (
        translate(_("%(who)s在情感上%(how)s（α %(alpha)s；%(why)s），看的是 %(people)s 位参与者的 %(n)s 条话。"))
        % facts
    )


def _who(found: Agreement) -> str:
    if found.question.pair or len(found.coders) == 2:
        return translate(_("两位编码者"))
    return translate(_("%(n)s 位编码者")) % {"n": len(found.coders)}


def _codes(found: Agreement) -> str:
    known = [(value, row.label) for row in found.codes if (value := row.value("alpha")) is not None]
    if not known:
        return ""
    (worst, low), (best, high) = min(known), max(known)
    facts = {"low": low, "worst": number(worst), "high": high, "best": number(best), "n": len(known)}
    if len(known) == 1 or low == high:
        return translate(_("编码只有“%(high)s”可以比（α %(best)s）。")) % facts
    return translate(_("%(n)s 个编码里，“%(high)s”最一致（α %(best)s），“%(low)s”分歧最大（α %(worst)s）。")) % facts


def why_low(rows: Sequence[Row]) -> str:
    """Return why kappa of some codes is low while their AC1 is high, naming them; nothing where none is so."""
    named = translate(_("、")).join(translate(_("“%(name)s”")) % {"name": row.label} for row in rows if _is_skewed(row))
    if not named:
        return ""
    return translate(
        _(
            "%(names)s很少用到，或几乎处处用到：两人多半都没编（或都编了），一致率自然高。"
            "κ 和 α 把这些都算成碰巧，所以低；AC1 不会，所以高。两个都要看，再看看用到的那几处。"
        )
    ) % {"names": named}


def _is_skewed(row: Row) -> bool:
    kappa, ac1, share = row.value("kappa"), row.value("ac1"), row.value("prevalence")
    if kappa is None or ac1 is None or share is None:
        return False
    return kappa < TENTATIVE and ac1 - kappa > APART and not RARE <= share <= 1 - RARE


def machine_sentence(found: MachineAgreement) -> str:
    """Return how far the machine agrees with people, and to which side it leans."""
    if found.hidden:
        return translate(_("人数太少，不显示"))
    if not found.statements:
        return translate(_("还没有编完的、抽中的话可以比。"))
    alpha = found.figures["alpha"]
    facts = {"n": found.statements, "people": found.participants, "alpha": number(alpha.value), "bounds": bounds(alpha)}
    if alpha.value is None:
        said = translate(_("%(people)s 位参与者的 %(n)s 条话，人和机器都给了同一个，α 算不出来。")) % facts
    elif alpha.lower is None:
        facts |= {"how": how(alpha.value), "why": lack_words(alpha)}
        said = (
            translate(_("机器和人%(how)s（α %(alpha)s；%(why)s），看的是 %(people)s 位参与者的 %(n)s 条话。")) % facts
        )
    else:
        facts["how"] = how(alpha.value)
        said = (
            translate(_("机器和人%(how)s（α %(alpha)s，区间 %(bounds)s），看的是 %(people)s 位参与者的 %(n)s 条话。"))
            % facts
        )
    return said + _leaning(found.difference)


def _leaning(difference: Measure) -> str:
    if difference.value is None or difference.lower is None or difference.upper is None:
        return ""
    facts = {
        "value": number(abs(difference.value)),
        "bounds": f"{signed(difference.lower)} ~ {signed(difference.upper)}",
    }
    if difference.lower > 0:
        return translate(_("机器平均打得比人高 %(value)s（差的区间 %(bounds)s）。")) % facts
    if difference.upper < 0:
        return translate(_("机器平均打得比人低 %(value)s（差的区间 %(bounds)s）。")) % facts
    return translate(_("看不出机器偏高还是偏低（差的区间 %(bounds)s）。")) % facts


def signed(value: float) -> str:
    """Return a difference with its sign."""
    return f"{value:+.2f}".replace("-", "−")
