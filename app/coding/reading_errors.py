"""What reading, memos and saved questions refuse."""

from app.core.errors import Conflict, PreconditionFailed


class StaleMemo(PreconditionFailed):
    code = "memo_changed"
    title = "这条备忘在别处改过了"
    remedy = "没有盖掉别处的改动。请刷新看看现在的样子，再改一次。"


class TooMany(Conflict):
    code = "too_many_kept"
    title = "已经存满 %(most)s 条了"
    remedy = "请先删掉几条不用的。"
