"""What can be wrong with a question about a curve."""

from app.core.errors import Invalid


class UnknownSegment(Invalid):
    code = "unknown_segment"
    title = "没有这个分组"
    remedy = "分组写成 属性:值，例如 age_band:60+；属性是参与者名单里的列名。"


class MoodOnlyInDiaries(Invalid):
    code = "mood_only_in_diaries"
    title = "只有日记里才有自己选的心情"
    remedy = "看访谈或观察的曲线，请换一种分数；看自己选的心情，请不要限定访谈或观察。"


class NoSuchGroup(Invalid):
    code = "no_such_group"
    title = "没有这样两组可以比"
    remedy = "每一组写成 segment:属性:值、wave:轮次、source:来源，或者 all；两组不能一样。"
