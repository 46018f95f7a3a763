"""What can be wrong with schedules and prompts."""

from app.core.errors import Conflict, PreconditionFailed


class ScheduleChanged(PreconditionFailed):
    code = "schedule_changed"
    title = "日程刚刚被别人改过了"
    remedy = "请看看现在的日程，再在它上面修改。"


class NudgedAlready(Conflict):
    code = "nudged_already"
    title = "刚刚已经提醒过这位参与者了"
    remedy = "一小时内只能手动提醒一次；也可以打个电话问一问。"


class CannotNudge(Conflict):
    code = "cannot_nudge"
    title = "现在不能提醒这位参与者"
    remedy = "已经退出、还没有同意或正在暂停提醒的人不会收到提醒。"


class EventChanged(Conflict):
    code = "event_conflict"
    title = "这个编号已经登记过另一件事"
    remedy = "请换一个编号，或者不带编号再登记一次。"
