"""What maps refuse. ``current`` of a stale change is the row as it stands now; nothing was overwritten."""

from collections.abc import Mapping

from app.core.errors import Conflict, Invalid, NotFound, PreconditionFailed


class StaleMap(PreconditionFailed):
    """A map, note, target or expectation was changed since it was read."""

    code = "map_changed"
    title = "别人刚刚改过这里"
    remedy = "您的改动还没有保存，也没有盖掉别人的。请看看现在的样子，再改一次。"

    def __init__(self, current: Mapping[str, object] | None = None) -> None:
        super().__init__()
        self.members = {"current": current}


class IdTaken(Conflict):
    """The id holds something else: ``current`` where it may be shown."""

    code = "map_id_taken"
    title = "这个编号已经用在别的内容上了"
    remedy = "这次没有改动任何东西。请刷新后再添一次。"

    def __init__(self, current: Mapping[str, object] | None = None) -> None:
        super().__init__()
        self.members = {"current": current}


class MapRetired(Conflict):
    code = "map_retired"
    title = "这张地图已经收起来了"
    remedy = "要再改它，请先把它放回来。"


class MapHasPair(Conflict):
    code = "map_has_pair"
    title = "还有一张未来的地图是从它出发的"
    remedy = "请先收起那一张，再收起这一张。"


class NotPaired(Conflict):
    """Two maps are compared, or aimed at, only as a to-be map and the as-is one that it starts from."""

    code = "map_not_paired"
    title = "这要在“未来”的地图上做"
    remedy = "请打开一张从现状出发画的未来地图；还没有的话，先画一张。"


class EmptyNote(Invalid):
    code = "empty_note"
    title = "便签上还没有内容"
    remedy = "请写几个字，或者引一段原话。"


class UnknownLane(Invalid):
    """A party only where the organisation acts; a touchpoint only of the note's own stage."""

    code = "note_misplaced"
    title = "这样放不进地图"
    remedy = "参与方只写在前台、后台和差距里；触点要属于这一个阶段。"


class UnknownPlace(NotFound):
    code = "map_place_unknown"
    title = "这个研究没有这个阶段或触点"
    remedy = "请刷新页面，看看现在有哪些。"


class TooManyOnMap(Invalid):
    """50 maps a study, 1,000 notes a map, 50 a cell, 200 kept versions."""

    code = "map_full"
    title = "放不下了"
    remedy = "一个研究最多 50 张地图；一张地图最多 1000 张便签，一格最多 50 张，最多留 200 个版本。请先清理一些。"
