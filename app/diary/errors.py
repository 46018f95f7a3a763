"""What can be wrong with an entry, beyond its fields."""

from app.core.errors import Conflict


class EntryConflict(Conflict):
    code = "entry_conflict"
    title = "这个编号已经存了另一条内容"
    remedy = "原来那条没有被改动。要修改它，请带上 If-Match；要新写一条，请换一个编号。"
