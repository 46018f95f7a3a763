"""What the ecosystem's rooms refuse."""

from app.core.errors import Conflict, Invalid, PreconditionFailed


class StaleFacts(PreconditionFailed):
    """Somebody else put down other facts since; the problem holds what stands now, as ``current``."""

    code = "stale_facts"
    title = "刚才有人改过这个触点"
    remedy = "请看看现在的数字，再改一次。"

    def __init__(self, current: object) -> None:
        self.members = {"current": current}
        super().__init__()


class SupportTaken(Conflict):
    """A line of support with this id stands already and says something else."""

    code = "support_taken"
    title = "这个编号已经记过另一条支持"
    remedy = "请换一个新的编号再提交。"


class UnknownPlace(Invalid):
    """A stage, touchpoint or participant that the study does not have."""

    code = "unknown_support_place"
    title = "这个研究里没有这个阶段、触点或参与者"
    remedy = "请从列表里选一个。"


class NotProposed(Invalid):
    """A psychological touchpoint that nobody's words propose at this stage any more, or that is on the list by now."""

    code = "not_proposed"
    title = "这个心理触点没有在建议里"
    remedy = "请刷新页面，看看现在有哪些建议。"
