"""What can be wrong with a message."""

from app.core.errors import Conflict, Forbidden, RateLimited


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
