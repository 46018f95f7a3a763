"""What accounts refuse."""

from app.core.errors import AppError, Conflict, Forbidden, NotFound, Unauthenticated


class WrongCredentials(AppError):
    """The same words whether the login or the password is wrong."""

    code = "wrong_credentials"
    status = 401
    title = "账号或密码不对"
    remedy = "请检查后再试一次；忘了密码请找管理员重设。"


class SignInFirst(Unauthenticated):
    """Sends a browser to the sign-in page."""

    status = 303


class MissingScope(Forbidden):
    code = "missing_scope"
    title = "这把密钥没有所需的权限"
    remedy = "请用带有 %(scope)s 权限的密钥。"


class UnknownLogin(NotFound):
    code = "unknown_login"
    title = "没有这个账号"
    remedy = "请核对账号名；新同事请先让管理员开通账号。"


class LoginTaken(Conflict):
    code = "login_taken"
    title = "这个账号已经有人用了"
    remedy = "请换一个账号名。"
