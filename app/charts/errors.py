"""What drawing can fail with."""

from app.core.errors import AppError


class ChineseFontMissing(AppError):
    """A picture with Chinese words cannot be drawn: this machine has no face for them, and empty boxes help nobody."""

    code = "chinese_font_missing"
    status = 503
    title = "这台服务器没有中文字体，画不出图片"
    remedy = "请管理员安装一款中文字体（例如 fonts-noto-cjk）；在那之前可以下载 SVG。"
