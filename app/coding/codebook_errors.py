"""What can be wrong with a change of the codebook."""

from app.core.errors import Conflict, Invalid, NotFound, PreconditionFailed


class StaleCodebook(PreconditionFailed):
    code = "codebook_changed"
    title = "编码本刚刚被别人改过了"
    remedy = "这次没有改动任何东西。请看看现在的编码本，再在它上面修改。"


class CodeNotFound(NotFound):
    code = "code_not_found"
    title = "编码本里没有这个编码"
    remedy = "它可能已经停用或并进了别的编码，请刷新编码本看看。"


class CodeNameTaken(Conflict):
    code = "code_name_taken"
    title = "同一层里已经有叫“%(name)s”的编码"
    remedy = "请换一个名称，或者把两个编码合并。"


class ShortcutTaken(Conflict):
    code = "shortcut_taken"
    title = "快捷键 %(letter)s 已经给了“%(name)s”"
    remedy = "请换一个字母，或者空着。"


class CodeTooDeep(Invalid):
    code = "code_too_deep"
    title = "编码最多嵌套 %(most)s 层"
    remedy = "请放在浅一些的地方。"


class CodeCircle(Invalid):
    code = "code_circle"
    title = "编码不能放进自己，或者自己下面的编码里"
    remedy = "请选别的上级编码。"


class CodebookFull(Invalid):
    code = "codebook_full"
    title = "编码本最多 %(most)s 个编码"
    remedy = "请先合并或停用一些；太多的编码也很难编得一致。"


class ExcerptsMoved(Conflict):
    code = "excerpts_moved"
    title = "有些片段已经不在这个编码下了"
    remedy = "这次没有改动任何东西。请重新看一遍片段，再决定怎么拆分。"


class UnknownStarter(NotFound):
    code = "unknown_starter"
    title = "没有这个现成的编码本"
    remedy = "请刷新页面，从列出的几个里选。"
