"""What studies refuse."""

from collections.abc import Mapping

from app.core.errors import Conflict, Forbidden, NotFound, PreconditionFailed, Unavailable


class SlugTaken(Conflict):
    code = "slug_taken"
    title = "这个网址名已经有研究在用了"
    remedy = "请换一个网址名，或者留空，由系统来起。"


class KeyTaken(Conflict):
    code = "key_taken"
    title = "“%(key)s”已经有了"
    remedy = "请换一个标识，或者修改已有的那一个。"


class QuestionTypeChanged(Conflict):
    """Old answers could no longer be read beside new ones."""

    code = "question_type_changed"
    title = "已经发布过的问题不能换类型"
    remedy = "请换一个标识，作为新问题加进来；旧问题可以从新版里去掉。"


class LastOwner(Conflict):
    code = "last_owner"
    title = "研究至少要有一位负责人"
    remedy = "请先把另一位成员设为负责人。"


class UnknownTemplate(NotFound):
    code = "unknown_template"
    title = "没有这个模板"
    remedy = "可用的模板见 GET /api/v1/templates。"


class KeyOfOneStudy(Forbidden):
    code = "key_of_one_study"
    title = "这把密钥只能用于一个研究"
    remedy = "新建研究请用不限研究的密钥，或者在网页上登录后新建。"


class CoderUnavailable(Unavailable):
    """Its model is not on this machine, or is another one."""

    code = "coder_unavailable"
    title = "编码器 %(coder)s 现在用不了"
    remedy = "请让管理员运行 xinlu doctor，看缺了什么。"


class NotAdapted(Conflict):
    """Nothing was ever fitted to this study's human codes, or the last fit found nothing to change."""

    code = "not_adapted"
    title = "这个研究还没有可用的校准"
    remedy = "请先用人工编码运行 xinlu coder adapt；它会说有没有值得改的。"


class StaleCareRules(PreconditionFailed):
    """The rules were changed since they were read: ``current`` is them as they stand, and nothing was overwritten."""

    code = "care_rules_changed"
    title = "这些刚被别人改过"
    remedy = "您填的还没有保存，也没有盖掉别人的。请看过现在的，再保存一次。"

    def __init__(self, current: Mapping[str, object]) -> None:
        super().__init__()
        self.members = {"current": current}
