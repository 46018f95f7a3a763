"""What can be wrong with a link, a code or a consent."""

from app.core.errors import Conflict, Forbidden, Gone, NotFound, Unauthenticated


class LinkNeeded(Unauthenticated):
    """Sends a browser to the page where a personal link is opened."""

    code = "link_needed"
    status = 303
    title = "请先打开您的个人链接"
    remedy = "链接在研究团队发给您的消息或纸上；也可以输入纸上的短码。"


class LinkUnknown(NotFound):
    code = "link_unknown"
    title = "没有认出这个链接或短码"
    remedy = "请对照纸上的短码再输一次；还是不行，请让研究团队给您换一个。研究到期以后，资料和链接都已经删除。"


class LinkRevoked(Gone):
    code = "link_revoked"
    title = "这个链接已经换过了"
    remedy = "请用最新收到的链接；找不到的话，请研究团队再发一次。"


class StudyClosed(Gone):
    code = "study_closed"
    title = "这项研究已经结束"
    remedy = "谢谢您一路的记录。如有疑问，请联系研究团队。"


class Withdrawn(Gone):
    code = "withdrawn"
    title = "您已经退出这项研究"
    remedy = "我们不再收集您的日记。想重新参加，或想删除以前写的，请联系研究团队。"


class ConsentMissing(Forbidden):
    code = "consent_missing"
    title = "还没有同意参加研究，没有保存"
    remedy = "请先在手机上打开个人链接，看一看并同意；纸质同意书可由研究者代为登记。"


class ConsentTextChanged(Conflict):
    code = "consent_text_changed"
    title = "同意书的文字刚刚更新了"
    remedy = "请看一看新的文字，再决定是否同意。"


class CodeTaken(Conflict):
    code = "code_taken"
    title = "这个编号已经有人用了"
    remedy = "请换一个编号，或留空让系统来编。"
