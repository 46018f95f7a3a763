"""What can be wrong with events of a relation and with outcomes."""

from app.core.errors import Conflict, Invalid, NotFound


class EventRefused(Invalid):
    """An event that breaks a rule; ``fields`` names each one."""

    code = "relation_event_refused"
    title = "这件事没有记下来"


class EventKnown(Conflict):
    """Another event bears this id, or the same event stands under another."""

    code = "relation_event_known"
    title = "这件事已经记过了，内容不一样"
    remedy = "请先看看已有的那一条；同一个人、同一天、同一类、同一个名称只算一件事。"


class TooManyEvents(Invalid):
    """More events than are kept of one participant."""

    code = "too_many_relation_events"
    title = "一个人的事件太多了"
    remedy = "每个人最多记 2000 件事，请只导入和关系有关的。"


class MeasureUnknown(NotFound):
    """No measure has this key."""

    code = "measure_unknown"
    title = "没有叫 %(key)s 的指标"
    remedy = "请先建立这个指标，再给它填数。"


class MeasureFixed(Conflict):
    """The kind of a measure that has values cannot be changed."""

    code = "measure_fixed"
    title = "这个指标已经有数了，不能再改种类"
    remedy = "请另建一个指标。"


class TooManyMeasures(Invalid):
    """More measures than a study may have."""

    code = "too_many_measures"
    title = "指标太多了"
    remedy = "一项研究最多 50 个指标。"


class OutcomeRefused(Invalid):
    """Values that break a rule; ``fields`` names each participant."""

    code = "outcome_refused"
    title = "这些数没有存"
