"""What can be wrong with a transcript that is handed in, and with what is done to an interview."""

from app.core.errors import Conflict, Invalid, NotFound, PayloadTooLarge, PreconditionFailed


class TranscriptUnreadable(Invalid):
    """Nothing was stored. The title says what stood in the way."""

    code = "transcript_unreadable"
    title = "读不懂这份文字稿"
    remedy = "请导出成 txt、docx、srt、vtt 或 csv 再试，或者把文字直接粘贴进来。"


class TranscriptUnsafe(Invalid):
    """A file built to harm whoever opens it, or one that cannot be told from it."""

    code = "transcript_unsafe"
    title = "这个文件打开有风险，没有读"
    remedy = "请在 Word 里打开它，把文字另存成 txt 再试，或者直接粘贴文字。"


class TranscriptTooLarge(PayloadTooLarge):
    code = "transcript_too_large"
    title = "这份文字稿太大"
    remedy = "请分成几份，一份一份导入。"


class TurnChanged(PreconditionFailed):
    """Somebody else has changed the turn since it was shown; theirs stands."""

    code = "turn_changed"
    title = "这段话别人刚改过，没有动它"
    remedy = "请看看现在的样子，再决定怎么改。"


class InterviewChanged(PreconditionFailed):
    """Somebody else has changed the interview since it was shown; theirs stands."""

    code = "interview_changed"
    title = "这场访谈别人刚改过，没有动它"
    remedy = "请看看现在的样子，再决定怎么改。"


class TurnNotStaged(Invalid):
    """What an interviewer says is no statement of a participant."""

    code = "turn_not_staged"
    title = "只有受访者说的话才归到阶段"
    remedy = "如果这段其实是受访者说的，请先改说话人的身份。"


class InterviewOpen(Conflict):
    """Nothing of it is a turn yet, or somebody is still writing."""

    code = "interview_open"
    title = "这场访谈还没有结束"
    remedy = "请先在访谈页上结束它，再来归阶段。"


class StageUnknown(NotFound):
    code = "stage_unknown"
    title = "研究里没有这个阶段或触点"
    remedy = "阶段可能刚改过，请刷新后再选。"
