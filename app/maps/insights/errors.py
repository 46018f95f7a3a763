"""What can be wrong with insights, improvements and results."""

from collections.abc import Mapping

from app.core.errors import Conflict, Invalid, NotFound, PreconditionFailed


class StaleRow(PreconditionFailed):
    """Somebody else was first; ``current`` is what stands now. Nothing was overwritten."""

    def __init__(self, current: Mapping[str, object]) -> None:
        super().__init__()
        self.members = {"current": current}


class InsightNotFound(NotFound):
    code = "insight_not_found"
    title = "没有这条洞察"
    remedy = "它可能已经收起来了，请刷新列表看看。"


class ImprovementNotFound(NotFound):
    code = "improvement_not_found"
    title = "没有这项改进"
    remedy = "它可能已经收起来了，请刷新列表看看。"


class ResultNotFound(NotFound):
    code = "result_not_found"
    title = "没有这条成效"
    remedy = "它可能已经收起来了，请刷新列表看看。"


class IdTaken(Conflict):
    code = "id_taken"
    title = "这个编号已经写过别的内容"
    remedy = "原来那条没有被改动。要修改它，请带上 If-Match；要新写一条，请换一个编号。"


class WordNeeded(Invalid):
    code = "word_needed"
    title = "往回退要写一句为什么"
    remedy = "请写一句话，让以后看的人知道为什么退回来。"


class TooManyRows(Invalid):
    code = "too_many_rows"
    title = "最多 %(most)s 条"
    remedy = "请先收起一些已经用不着的。"
