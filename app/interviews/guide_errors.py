"""What can be wrong with a guide."""

from app.core.errors import PreconditionFailed


class GuideChanged(PreconditionFailed):
    """Somebody else has published a version since this one was begun; theirs stands."""

    code = "guide_changed"
    title = "提纲刚刚有了新的一版，您的没有发布"
    remedy = "请看看新的一版；您写的都还在，改好可以再发布。"
