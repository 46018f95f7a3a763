"""What can be wrong with a message, or with a follow-up."""

from app.core.errors import Conflict, Forbidden, PreconditionFailed, RateLimited


class MessagesOff(Forbidden):
    code = "messages_off"
    title = "这项研究没有开消息"
    remedy = "有事请用页面上的联系办法找研究团队。"


class MessageConflict(Conflict):
    """The id of a page that was sent already, with other words."""

    code = "message_conflict"
    title = "这条消息已经发出，内容不一样"
    remedy = "发出的没有改动。想补充，请另写一条。"


class TooManyMessages(RateLimited):
    code = "too_many_messages"
    title = "今天发得够多了"
    remedy = "请明天再发；急事请打页面上的电话。"


class FollowUpChanged(PreconditionFailed):
    """Somebody took it, wrote something down, or something new came in since it was seen."""

    code = "follow_up_changed"
    title = "这个回访刚有变化"
    remedy = "请看过最新的情况，再决定怎么做。"


class FollowUpClosed(Conflict):
    """What was closed stays as it is; whatever comes in later opens a new one."""

    code = "follow_up_closed"
    title = "这个回访已经结束了"
    remedy = "它不再改动。这位参与者再有情况，会有新的回访。"


class ContactConflict(Conflict):
    """The id of a contact that was written down already, with other content."""

    code = "contact_conflict"
    title = "这次联系已经记下了，内容不一样"
    remedy = "记下的没有改动。想补充，请另记一次。"


class TooManyContacts(Conflict):
    code = "too_many_contacts"
    title = "这个回访记了太多次联系"
    remedy = "请结束这个回访。这位参与者再有情况，会有新的回访。"


class ContactNeeded(Conflict):
    """An urgent one that nobody has tried to be in touch about, or "not reached" without an attempt."""

    code = "contact_needed"
    title = "还没有记下任何一次联系"
    remedy = "请先联系这位参与者并记下来，再结束回访。"


class PassedToNeeded(Conflict):
    code = "passed_to_needed"
    title = "还没有写转给了谁"
    remedy = "请记一次联系，写上转给了谁，再结束回访。"
