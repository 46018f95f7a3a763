"""What drawing can fail with."""

from app.core.errors import AppError


class ChineseFontMissing(AppError):
    """A picture with Chinese words cannot be drawn: this machine has no face for them, and empty boxes help nobody."""

    code = "chinese_font_missing"
    status = 503
    title = "这台机器上没有中文字体，画不出 PNG"
    remedy = "请安装 Noto Sans CJK（Debian：fonts-noto-cjk），或改取 .svg。"
