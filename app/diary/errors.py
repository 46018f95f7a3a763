"""What can be wrong with an entry, beyond its fields."""

from app.core.errors import Conflict, Forbidden, Gone


class EntryConflict(Conflict):
    code = "entry_conflict"
    title = "这个编号已经存了另一条内容"
    remedy = "原来那条没有被改动。要修改它，请带上 If-Match；要新写一条，请换一个编号。"


class Withdrawn(Gone):
    code = "withdrawn"
    title = "参与已经结束，这条没有保存"
    remedy = "您已退出这项研究，我们不再收集新的日记。想重新参加，请联系研究团队。"


class StudyClosed(Gone):
    code = "study_closed"
    title = "这项研究已经结束，这条没有保存"
    remedy = "谢谢您一路的记录。如有疑问，请联系研究团队。"


class ConsentMissing(Forbidden):
    code = "consent_missing"
    title = "还没有同意参加研究，这条没有保存"
    remedy = "请先在手机上打开个人链接，看一看并同意；纸质同意书可由研究者代为登记。"
