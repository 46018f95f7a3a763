"""What can be wrong with a note that is taken during a talk, and with ending one."""

from app.core.errors import Conflict, Invalid, PreconditionFailed


class NoteChanged(PreconditionFailed):
    """Changed on another device since it was shown there; what that device wrote stands, until a person decides."""

    code = "note_changed"
    title = "这条笔记在别处改过，没有动它"
    remedy = "两边写的都在；请看看那边写了什么，再决定留哪一个。"


class NoteElsewhere(Conflict):
    code = "note_elsewhere"
    title = "这个编号是另一场访谈的笔记"
    remedy = "请刷新页面，把这条重新写一遍。"


class TalkFinished(Conflict):
    code = "talk_finished"
    title = "这场访谈已经结束，没有再收笔记"
    remedy = "如果还要补，请先重新打开这场访谈。"


class TalkConfirmed(Conflict):
    """Its notes are statements already: they are corrected where stages are confirmed."""

    code = "talk_confirmed"
    title = "这场访谈的笔记已经归了阶段，不能再打开"
    remedy = "要改哪一条，请在归阶段的那一页上改。"


class NotesMissing(Conflict):
    code = "notes_missing"
    title = "还有 %(n)s 条笔记没有存好，访谈先不结束"
    remedy = "请等它们发出去，再结束。"


class TooManyNotes(Invalid):
    code = "too_many_notes"
    title = "一场访谈的笔记太多了"
    remedy = "一场最多 2000 条；请再开一场接着记。"
