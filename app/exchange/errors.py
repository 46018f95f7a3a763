"""What can be wrong with a file that is handed in."""

from app.core.errors import Conflict, Invalid, NotFound


class Unreadable(Invalid):
    code = "unreadable"
    title = "读不懂这个文件"
    remedy = "请在表格软件里另存为 CSV（UTF-8）再试。"


class ColumnsMissing(Invalid):
    code = "columns_missing"
    title = "第一行缺少这些列：%(columns)s"
    remedy = "列名可以用英文，也可以用中文；哪些列可用，请看 xinlu import entries --help。"


class ColumnTwice(Invalid):
    code = "column_twice"
    title = "第一行里有两列说的是同一件事：%(column)s"
    remedy = "请只留一列。"


class StudyUnknown(NotFound):
    code = "study_unknown"
    title = "没有叫 %(slug)s 的研究"
    remedy = "请写研究网址里的那个名字，例如 /studies/ 后面的一段。"


class Unwritable(Invalid):
    code = "unwritable"
    title = "写不了这个文件：%(path)s"
    remedy = "请换一个还不存在的文件名，放在有权限写的文件夹里。"


class InputOverwritten(Invalid):
    code = "input_overwritten"
    title = "出错的行不能写回正在读的文件"
    remedy = "请给 --errors 换一个文件名。"


class SheetTooLong(Invalid):
    code = "sheet_too_long"
    title = "这张表太长了"
    remedy = "一次最多 20000 行，请分成几张。"


class CodesRefused(Invalid):
    """No code of the sheet was used."""

    code = "codes_refused"
    title = "编码表里有 %(wrong)s 行不对，什么也没有存"
    remedy = "请改好这些行，再运行一次。"


class ParticipantUnknown(NotFound):
    code = "participant_unknown"
    title = "研究里没有编号是 %(code)s 的人"
    remedy = "请对照参与者名单里的编号；大小写要一样。"


class NotConfirmed(Invalid):
    code = "not_confirmed"
    title = "没有删：两次打的编号不一样"
    remedy = "请再运行一次，照着打同一个编号。"


class CodebookRefused(Invalid):
    """No code of the file was used."""

    code = "codebook_refused"
    title = "编码本里有 %(wrong)s 处不对，什么也没有存"
    remedy = "请改好这些地方，再导入一次。"


class CodebookUnreadable(Invalid):
    code = "codebook_unreadable"
    title = "读不懂这个编码本：%(why)s"
    remedy = "请在原来的软件里重新导出 REFI-QDA 编码本（.qdc），或者另存为 CSV（UTF-8）再试。"


class CodebookUnsafe(Invalid):
    """The file tries what no honest program writes."""

    code = "codebook_unsafe"
    title = "没有读这个文件：%(why)s"
    remedy = "这样的文件不是正常导出的。请在原来的软件里重新导出。"


class CodebookEmpty(Conflict):
    """The schema of a codebook wants one code at least."""

    code = "codebook_empty"
    title = "编码本还是空的，没有可以导出的"
    remedy = "请先建几个编码。"
