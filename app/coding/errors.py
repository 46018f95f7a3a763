"""What coding, drawing and adjudicating refuse."""

from collections.abc import Mapping

from app.core.errors import Conflict, Gone, NotFound, PreconditionFailed


class StaleCoding(PreconditionFailed):
    """The document was changed since it was read: ``current`` is it as it stands now, and nothing was overwritten."""

    code = "coding_changed"
    title = "这条编码在别处改过了"
    remedy = "您的改动还没有保存，也没有盖掉别人的。请看看现在的样子，再改一次。"

    def __init__(self, current: Mapping[str, object] | None) -> None:
        super().__init__()
        self.members = {"current": current}


class StatementReplaced(Gone):
    """Its writer corrected or removed it since; what was coded of it is kept."""

    code = "statement_replaced"
    title = "这段话已经被改过或收回"
    remedy = "已有的编码都还留着。请打开下一条；改过的话会作为新的一条出现。"


class CodingEnded(Gone):
    """The words may not be kept any longer."""

    code = "coding_ended"
    title = "这项研究的保存期限已经过了"
    remedy = "原话正在删除，不能再编码。如果期限写错了，请负责人在研究设置里改。"


class NoDrawPlan(Conflict):
    code = "no_draw_plan"
    title = "还没有抽样计划"
    remedy = "请负责人或研究者先在“抽样”页定下抽多少。"


class StalePlan(PreconditionFailed):
    code = "draw_plan_changed"
    title = "抽样计划刚刚被别人改过了"
    remedy = "这次没有改动任何东西。请看看现在的计划，再决定怎么改。"


class UnknownCoder(NotFound):
    code = "unknown_coder"
    title = "没有这位编码者"
    remedy = "请刷新页面看看现在有谁。"


class NotBothDone(Conflict):
    """Only what two coders have both finished, without seeing each other, has a disagreement to settle."""

    code = "not_both_done"
    title = "这条还不能定稿"
    remedy = "要等抽给两个人的都编完，才看得到两边并定下来。"


class OwnCodingOpen(Conflict):
    """Whoever codes a statement themselves must not see the other's codes before they have finished."""

    code = "own_coding_open"
    title = "这条您自己还没有编完"
    remedy = "请先编完自己的这一份，再来定稿。"
