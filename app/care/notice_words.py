"""What the study's addresses are told: whom to see and by when. Never why, and never a word of a diary."""

import math
from datetime import datetime, timedelta
from email.message import EmailMessage

from app.care.notice_models import LATE, URGENT
from app.care.notice_queries import DueNotice
from app.prompts.channels import Message, plainly
from app.prompts.delivery.mail import MailChannel
from app.web.i18n import current_language, translate
from app.web.i18n import mark as _

HOUR = timedelta(hours=1)
MOST_HOURS = 48
HOURS_A_DAY = 24


class NoticeMail(MailChannel):
    """Sends to one address of a study's team: plain text, without what only participants need."""

    def compose(self, address: str, message: Message) -> EmailMessage:
        """Return the mail."""
        mail = self.headed(address, message)
        foot = translate(_("信里没有日记的内容。不想再收，请到研究的“回访”页，在“什么时候叫人”里去掉这个邮箱。"))
        mail.set_content(f"{plainly(message)}\n\n{foot}\n")
        return mail


def message_of(due: DueNotice, public_address: str, now: datetime) -> Message:
    """Return the message of a notice. Whoever did not agree to be seen by care staff is not named, not even by a code."""
    current_language.set(due.language)
    within = _within(due.due_at - now)
    who = due.code or translate(_("一位参与者"))
    if due.occasion == LATE:
        title = translate(_("过了时间，还没有人联系：%(who)s")) % {"who": who}
        words = translate(_("“%(study)s”里有一个回访过了时间。还没有人联系过这位参与者，请今天就看看。"))
    else:
        mark = f"{due.code}{translate(_('，'))}{within}" if due.code else within
        title = translate(_("一位参与者需要回访（%(mark)s）")) % {"mark": mark}
        words = translate(_("“%(study)s”里有一位参与者需要有人联系。请%(within)s打开下面的页面，看看怎么回事。"))
        if due.occasion == URGENT:
            title = translate(_("请尽快看：%(title)s")) % {"title": title}
            words = translate(
                _("“%(study)s”里有一位参与者需要有人尽快联系。请%(within)s打开下面的页面，看看怎么回事。")
            )
    return Message(
        key=due.id,
        title=title,
        words=words % {"study": due.title, "within": within},
        url=f"{public_address}/studies/{due.slug}/care/{due.follow_up_id}",
        expires_at=due.due_at,
    )


def _within(left: timedelta) -> str:
    hours = max(1, math.ceil(left / HOUR))
    if hours <= MOST_HOURS:
        return translate(_("%(hours)s 小时内")) % {"hours": hours}
    return translate(_("%(days)s 天内")) % {"days": hours // HOURS_A_DAY}
