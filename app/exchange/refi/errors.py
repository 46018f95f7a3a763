"""What can be wrong with a project that is handed in."""

from app.core.errors import Invalid, NotFound, PayloadTooLarge


class NotAProject(Invalid):
    code = "qdpx_unreadable"
    title = "这不是能读的 QDPX 项目：%(why)s"
    remedy = "请在原来的软件里重新导出 REFI-QDA 项目（.qdpx）再试。"


class ProjectUnsafe(Invalid):
    """The file tries what no honest program writes."""

    code = "qdpx_unsafe"
    title = "没有读这个文件：%(why)s"
    remedy = "这样的文件不是正常导出的。请在原来的软件里重新导出，或请管理员看一看它从哪里来。"


class ProjectTooLarge(PayloadTooLarge):
    code = "qdpx_too_large"
    title = "这个项目太大：%(why)s"
    remedy = "请在原来的软件里分成几个项目导出，再一个一个导入。"


class ProjectBroken(Invalid):
    code = "qdpx_broken"
    title = "项目里的内容对不上：%(why)s"
    remedy = "请在原来的软件里重新导出；如果还是这样，请把这句话告诉我们。什么都没有存。"


class StageNeeded(Invalid):
    code = "qdpx_stage_needed"
    title = "有 %(n)s 段话不知道属于哪个阶段"
    remedy = "请选一个阶段先放着（命令行用 --stage），以后可以在阶段确认里再改，编码不会丢。"


class StageUnknown(NotFound):
    code = "qdpx_stage_unknown"
    title = "研究里没有阶段 %(key)s"
    remedy = "请写阶段的键名，例如 recovery；研究设置里可以看到。"
