"""What can be wrong with an observation."""

from app.core.errors import Conflict, PreconditionFailed


class ObservationChanged(PreconditionFailed):
    """Changed since it was shown, on another device or in another tab; that stands."""

    code = "observation_changed"
    title = "这条观察在别处改过，没有动它"
    remedy = "您写的还在下面；请对照现在的样子，再存一次。"


class ObservationTaken(Conflict):
    code = "observation_taken"
    title = "这一条已经存过了，内容和现在的不一样"
    remedy = "原来那条没有动；要改它，请在列表里打开。"
