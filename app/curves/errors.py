"""What can be wrong with a question about a curve."""

from app.core.errors import Invalid, Unavailable


class UnknownSegment(Invalid):
    code = "unknown_segment"
    title = "没有这个分组"
    remedy = "分组写成 属性:值，例如 age_band:60+；属性是参与者名单里的列名。"


class NoFont(Unavailable):
    code = "no_chinese_font"
    title = "这台机器上没有中文字体，画不出 PNG"
    remedy = "请安装 Noto Sans CJK（Debian：fonts-noto-cjk），或改取 .svg。"
