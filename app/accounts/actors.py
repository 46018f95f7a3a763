"""Who acts: a signed-in person, or a program that acts for one."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from app.web.i18n import mark

READ_CURVES = "curves:read"
WRITE_ENTRIES = "entries:write"
READ_STATEMENTS = "statements:read"
EXPORT = "export"
ADMIN = "admin"
SCOPES: Mapping[str, str] = {
    READ_CURVES: mark("读情绪曲线（只有汇总，没有原话）"),
    WRITE_ENTRIES: mark("写入日记条目"),
    READ_STATEMENTS: mark("读表述原文"),
    EXPORT: mark("导出数据"),
    ADMIN: mark("管理研究（包含以上全部）"),
}


@dataclass(frozen=True, slots=True)
class StaffActor:
    """A staff member at work. ``scopes`` None: a signed-in browser, which may do whatever the role permits."""

    user_id: UUID
    login: str
    name: str
    is_admin: bool
    scopes: frozenset[str] | None = None
    key_id: UUID | None = None
    key_study_id: UUID | None = None

    @property
    def label(self) -> str:
        """How the audit log names this actor."""
        return f"key:{self.key_id}" if self.key_id else f"user:{self.user_id}"

    def may(self, scope: str | None) -> bool:
        """Return whether the key's scopes, if it is a key, hold ``scope``; None asks for no scope in particular."""
        return self.scopes is None or scope is None or scope in self.scopes or ADMIN in self.scopes
