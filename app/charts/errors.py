"""What drawing can fail with."""

from app.core.errors import AppError


class ChineseFontMissing(AppError):
    """A picture with Chinese words cannot be drawn: this machine has no face for them, and empty boxes help nobody."""

    code = "chinese_font_missing"
    status = 503
    title = "这台机器上没有中文字体，画不出 PNG"
    remedy = "请安装 Noto Sans CJK（Debian：fonts-noto-cjk），或改取 .svg。"


class PdfFailed(AppError):
    """A document that cannot be typeset: too long, or taking too long."""

    code = "pdf_failed"
    status = 500
    title = "PDF 没有排出来"
    remedy = "请改取 .svg 或 .html，用浏览器打印成 PDF；并请告诉管理员。"


class PdfBusy(AppError):
    """As many documents as may be are being typeset."""

    code = "pdf_busy"
    status = 503
    title = "正在排别的 PDF"
    remedy = "请过一会儿再取。"
