"""What can be wrong with personas, plans and votes."""

from collections.abc import Mapping

from app.core.errors import Conflict, Invalid, NotFound, PreconditionFailed


class GroupChanged(PreconditionFailed):
    """Somebody else was first; ``current`` is what stands now."""

    code = "group_changed"
    title = "刚刚有人改过这一处"
    remedy = "您写的还在；请看看现在的内容，再保存一次。"

    def __init__(self, current: Mapping[str, object]) -> None:
        super().__init__()
        self.members = {"current": current}


class PersonaTaken(Conflict):
    """Another persona has this id."""

    code = "persona_taken"
    title = "这个编号已经是另一个画像了"
    remedy = "请换一个编号，或者修改已有的那一个。"


class TooManyPersonas(Invalid):
    """More personas than a study may have."""

    code = "too_many_personas"
    title = "画像太多了"
    remedy = "一项研究最多 20 个画像，请先去掉一些。"


class VotesRefused(Invalid):
    """Points that break a rule."""

    code = "votes_refused"
    title = "这一票没有记下来"
    remedy = "每人一共 10 分，给哪几个触点都可以，每个至少 1 分。"


class UnknownSplit(Invalid):
    """A ratio or an outcome was asked for that the study cannot give."""

    code = "unknown_split"
    title = "没有这种分法"
    remedy = "可以按阶段（stage:键）、按人群（segment:属性:值）或按有没有联系过（support）来分。"


class MeasureNotKnown(NotFound):
    """The study has no such outcome."""

    code = "outcome_unknown"
    title = "没有这个结果指标"
    remedy = "请从已有的指标里选一个。"
