"""What can be wrong with an entry, beyond its fields."""

from app.core.errors import AppError, Conflict, Forbidden, Invalid


class EntryConflict(Conflict):
    code = "entry_conflict"
    title = "这个编号已经存了另一条内容"
    remedy = "原来那条没有被改动。要修改它，请带上 If-Match；要新写一条，请换一个编号。"


class EditTooLate(Conflict):
    """The time in which a person may change what they wrote is over; programs and staff are not bound by it."""

    code = "edit_too_late"
    title = "这一条已经过了能改的时间"
    remedy = "原来那条没有动。想补充或更正，请新写一条，写上说的是哪一条就好。"


class OtherPerson(Forbidden):
    """Sealed by one person, sent while the phone is another's: it waits for its own."""

    code = "other_person"
    title = "这条是另一个人写的"
    remedy = "它还在手机里。等写它的人用自己的链接打开日记，就会发出去。"


class UnsupportedType(AppError):
    code = "unsupported_type"
    status = 415
    title = "不认识这种内容"
    remedy = "请换一种格式再试。"


class EntryFirst(AppError):
    """An attachment came before its entry, or the entry is not this person's: the two cannot be told apart."""

    code = "entry_first"
    status = 425
    title = "它所属的那条日记还没有到"
    remedy = "它还在手机里，等那条日记发出以后会自己再发。"


class AttachmentConflict(Conflict):
    code = "attachment_conflict"
    title = "这个编号已经存了另一个文件"
    remedy = "原来那个没有被改动。请把这个文件重新加到日记里。"


class AttachmentBroken(Invalid):
    code = "attachment_broken"
    title = "这个文件打不开"
    remedy = "请换一个，或者不带它，只保存文字。"


class TooManyAttachments(Invalid):
    code = "too_many_attachments"
    title = "这条日记里的照片或录音够多了"
    remedy = "一条日记最多 4 张照片、2 段录音。请把它加到另一条里。"
