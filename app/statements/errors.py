"""What coding a study again refuses."""

from app.core.errors import Conflict


class RecodeUnderWay(Conflict):
    """The study is being coded again by another coder."""

    code = "recode_under_way"
    title = "这个研究正在用另一个编码器重新编码"
    remedy = "请等它结束后再试。"


class RecodingUndecided(Conflict):
    """Two proposals at once would each be compared with what the other may change."""

    code = "recoding_undecided"
    title = "上一次试编还没有决定用不用"
    remedy = "请先在“编码器”页上采用它或不采用它，再试别的编码器。"


class RecodingDecided(Conflict):
    """It was adopted or declined already, or is not coded yet."""

    code = "recoding_not_ready"
    title = "这次试编现在不能采用，也不能放弃"
    remedy = "请刷新后看看它现在的状态。"
