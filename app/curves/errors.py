"""What can be wrong with a question about a curve."""

from app.core.errors import Invalid


class UnknownSegment(Invalid):
    code = "unknown_segment"
    title = "没有这个分组"
    remedy = "分组写成 属性:值，例如 age_band:60+；属性是参与者名单里的列名。"
