"""The ten parties that have a hand in an experience, as improvements, touchpoints and backstage notes name them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.web.i18n import mark as _

PARTIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "customer": _("客户和家人"),
        "reception": _("前台接待"),
        "professional": _("专业人员"),
        "assistant": _("助理"),
        "care": _("关怀专员"),
        "service": _("客服"),
        "marketing": _("市场"),
        "operations": _("运营"),
        "technology": _("技术"),
        "management": _("管理者"),
    }
)
