"""The one error type; `web` renders it as problem+json or as a page.

``title`` and ``remedy`` are sentences of the catalogue (Chinese is the source language): what happened, and what to do now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that was refused: ``field`` is its path in the input, ``message`` says what would be accepted."""

    field: str
    message: str
    code: str = "invalid"


class AppError(Exception):
    """Anything the service refuses. ``code`` and ``status`` are stable; no diary text ever stands in one."""

    code = "error"
    status = 500
    title = "出了点问题"
    remedy = "请稍后再试；如果一直这样，请告诉管理员。"
    members: Mapping[str, object] = MappingProxyType({})
    """What else the problem document holds (RFC 9457, extension members)."""

    def __init__(
        self,
        title: str | None = None,
        *,
        remedy: str | None = None,
        fields: Sequence[FieldError] = (),
        headers: dict[str, str] | None = None,
        **parameters: object,
    ) -> None:
        self.title = title or type(self).title
        self.remedy = remedy or type(self).remedy
        self.fields = tuple(fields)
        self.headers = headers or {}
        self.parameters = parameters
        super().__init__(f"{self.code}: {self.title}")


class NotFound(AppError):
    """Absent, or not this actor's to know of: the two cannot be told apart."""

    code = "not_found"
    status = 404
    title = "没有找到"
    remedy = "请检查地址；如果是别人发给您的链接，请向对方再要一次。"


class Unauthenticated(AppError):
    code = "unauthenticated"
    status = 401
    title = "需要先登录"
    remedy = "请登录后再试；程序请在 Authorization 里带上密钥。"


class Forbidden(AppError):
    code = "forbidden"
    status = 403
    title = "没有权限这样做"
    remedy = "如果需要，请让研究负责人给您开通。"


class Conflict(AppError):
    code = "conflict"
    status = 409
    title = "与已有的内容冲突"
    remedy = "请刷新后看看现在的内容，再决定怎么改。"


class Gone(AppError):
    code = "gone"
    status = 410
    title = "已经结束"
    remedy = "如有疑问，请联系研究团队。"


class PreconditionFailed(AppError):
    code = "stale"
    status = 412
    title = "内容已经被改过了"
    remedy = "请取回最新的内容，再在它上面修改。"


class PayloadTooLarge(AppError):
    code = "too_large"
    status = 413
    title = "内容太大"
    remedy = "请分成几次提交。"


class Invalid(AppError):
    """Input that breaks a rule; ``fields`` names each one."""

    code = "invalid"
    status = 422
    title = "有几处需要改一下"
    remedy = "请按每一处的说明修改后再提交。"


class PreconditionRequired(AppError):
    code = "precondition_required"
    status = 428
    title = "修改需要带上版本号"
    remedy = "请先取回这条内容，把它的 ETag 放进 If-Match 再提交。"


class RateLimited(AppError):
    code = "rate_limited"
    status = 429
    title = "尝试得太频繁了"
    remedy = "请过一会儿再试。"


class Unavailable(AppError):
    code = "unavailable"
    status = 503
    title = "暂时写不进去"
    remedy = "内容还在您这里，请过几秒再提交一次。"
