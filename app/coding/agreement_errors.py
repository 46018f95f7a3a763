"""What can be wrong with a question about agreement."""

from app.core.errors import Conflict, Invalid


class UnknownStage(Invalid):
    code = "unknown_stage"
    title = "这项研究里没有这个阶段"
    remedy = "阶段写它的键，例如 recovery；在研究设置里看得到。"


class UnknownPair(Invalid):
    code = "unknown_pair"
    title = "没有这一对编码者"
    remedy = "请从一致程度页上列出的编码者里选两位。"


class BlindWorkOpen(Conflict):
    """Whoever still codes blind would be led by what they agreed on so far."""

    code = "blind_work_open"
    title = "您手上还有 %(n)s 条双人编码没编完"
    remedy = "等编完了再来看一致程度，免得前面的结果影响后面的判断。"
