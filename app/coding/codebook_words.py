"""Changes of the codebook in words."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from app.coding.models import CodebookVersion
from app.web.i18n import mark as _
from app.web.i18n import translate

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "added": _("加了“%(name)s”"),
        "changed": _("改了“%(name)s”"),
        "moved": _("移动了“%(name)s”"),
        "merged": _("把%(names)s并进“%(target)s”，%(excerpts)s 处片段跟了过去"),
        "split": _("从“%(name)s”拆出 %(excerpts)s 处片段，给了%(names)s"),
        "retired": _("停用了“%(name)s”"),
        "restored": _("恢复了“%(name)s”"),
        "imported": _("导入：新加 %(added)s 个，改了 %(changed)s 个"),
    }
)
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "added": _("新加"),
        "retired": _("停用"),
        "restored": _("恢复"),
        "merged": _("并掉"),
        "moved": _("移动"),
        "changed": _("修改"),
    }
)
FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "name": _("名称"),
        "colour": _("颜色"),
        "shortcut": _("快捷键"),
        "description": _("说明"),
        "examples": _("例子"),
        "memo": _("备注"),
    }
)
QUOTED = _("“%(name)s”")
BETWEEN = _("、")


def sentence(version: CodebookVersion) -> str:
    """Return in one sentence what the version changed, with the names that the codes had then."""
    names = {code["id"]: str(code["name"]) for code in version.codes}
    detail: Mapping[str, Any] = version.detail
    told = {
        "name": names.get(str(detail.get("code")), ""),
        "names": quoted(names.get(one, "") for one in detail.get("sources", detail.get("into", ()))),
        "target": names.get(str(detail.get("target")), ""),
        "excerpts": detail.get("excerpts", 0),
        "added": detail.get("added", detail.get("codes", 0)),
        "changed": detail.get("changed", 0),
    }
    return translate(ACTIONS[version.action]) % told


def quoted(names: Any) -> str:
    """Return names between quotation marks, one after the other."""
    return translate(BETWEEN).join(translate(QUOTED) % {"name": name} for name in names)


def who(label: str, names: Mapping[str, str]) -> str:
    """Return how people know the actor ``label``; ``names`` are those of users, by label."""
    if label in names:
        return names[label]
    return translate(_("程序（密钥）")) if label.startswith("key:") else translate(_("命令行"))


def user_labels(versions: Sequence[CodebookVersion]) -> Collection[str]:
    """Return the labels of the people who made these versions."""
    return {version.by for version in versions if version.by.startswith("user:")}
