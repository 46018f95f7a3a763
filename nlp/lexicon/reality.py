"""Whether what a span speaks of is said to be so: not denied, feared, supposed, over, told of elsewhere, or a figure of speech.

Every pattern looks at a bounded stretch round the span, with possessive repetition, so it takes constant time.
"""

import re
from dataclasses import dataclass
from typing import Final

from nlp import characters

_END: Final = chr(characters.END)
_SIGHT: Final = 60
"""Characters before a span that are looked at, and half as many behind it."""

_CLAUSE_END: Final = re.compile(r"(?<!\d)\.|\.(?!\d)|[\n ,!?;:。…~～()\[\]—]")
_TO_CLAUSE: Final = re.compile(r"(?s:.*)(?:(?<!\d)\.|\.(?!\d)|[\n ,!?;:。…~～()\[\]—])")
_TO_SENTENCE: Final = re.compile(r"(?s:.*)(?:(?<!\d)\.|\.(?!\d)|[\n!?;。…])")

_SYMPTOM: Final = (
    "发烧|发热|高烧|高热|低烧|烧|红肿|肿胀|肿痛|肿|疼痛|疼|痛|流血|出血|渗血|渗液|感染|恶心|呕吐|吐|头晕"
    "|头痛|头疼|胸闷|胸痛|憋气"
    "|呼吸困难|喘|咳嗽|咳血|咯血|寒战|发冷|流脓|化脓|脓|不适|过敏|昏迷|昏厥|晕厥|晕倒|抽搐|便血|黑便|血块"
    "|血栓|腹痛|腹胀|心慌|麻木|裂开"
    "|伤口|刀口|切口|皮疹|瘙痒|水肿|大"
)
_FILL: Final = (
    "出现|较前|比之前|带|流|渗|冒|拉|咳|发生|发现|感觉到|感觉|感到|觉得|引起|导致|造成|任何|明显的?|什么"
    "|严重的?|特别|再次|再|有过|有|过|啥|见到|看到|见|到|那种|这种|持续"
    "|一直|突然|太|怎么|很|一点儿?|半点|丝毫|丁点|会|是|的|被|得|发|因为|我|他|她|妈妈|爸爸|晚上|夜里"
    "|今天|昨天|这几天|这次|术后|后来|想过?|要|像.{1,6}?(?:那样|一样|那么)"
)
_GAP: Final = re.compile(rf"(?:(?:{_FILL})|(?:(?:{_SYMPTOM})(?:[、和或及与跟]|以及|或者|还有|也没有?)?))*+")
_LIST: Final = re.compile(
    rf"(?:{_FILL})*+[^、我就但却才]{{1,8}}(?:、[^、我就但却才]{{1,8}}){{0,8}}+、[^、我就但却才]{{0,4}}"
)
_DENIAL: Final = re.compile(
    r"(?<![有是要])(?:并?没有?|从来没有?|毫?无|并?未|否认有?|不再|不会|不是|不太|不怎么|不|冇|莫得|没得"
    r"|排除了?|不存在|免于|避免了?)"
)
_DOUBLE: Final = re.compile(r"(?:不是|不能说|并非|难道|谁说|不可能|没有一天|哪天)$")
_DENIED_BEHIND: Final = re.compile(
    r"(?:的?(?:情况|现象|症状|迹象|感觉)|什么的|之类的?|等等?){0,2}+(?:倒是?|都|也|是|并|还|一直|从来?){0,3}+"
    r"(?:没有|没|未|冇|不)(?=出现|发生|有过|再|存在|了?(?:[\n ,.!?;。…~]|$))"
)
_SLIGHT: Final = re.compile("有没有|一点点|一丁点|少许|微微")
_SUPPOSED: Final = re.compile(
    r"担心(?![死得极坏])|如有|如出现|(?:少数人|有人|个别人|极少)会|害怕(?![死得极])"
    r"|(?<![可恐哪])怕(?![是死得极人热冷])|唯恐|万一|如果|假如|假设|倘若|(?<!你)要是|若是|若|一旦|以防"
    r"|会不会|预防|防止|防范"
    r"|避免|免得|省得|以免|(?:可能|有可能|容易|会)(?:会|出现|发生|导致|引起|引发|有)|(?:引起|导致|引发"
    r"|增加)(?=$)|只要不|可别|千万别|千万不|别(?=再?[^\n]{0,3}$)|但愿|希望不"
    r"|保佑|除非|有没有|有冇|风险|下次|再不.{1,6}就|差点没"
)
_AFTER_ALL: Final = re.compile(
    r"结果|果然|果真|真的|真是|竟然|居然|已经|没想到|偏偏|还是|现在|这会儿?|刚才|刚刚|昨|终究|从.{1,6}开始"
)
_SUPPOSED_BEHIND: Final = re.compile(
    r"(?:等(?:等|情况|症状|现象)?|了|的话|这些|之类)?(?:的话|(?:就|才)?要?(?:马上|立即|立刻|赶紧|尽快"
    r"|及时)(?:回院|来院|就医|就诊|回医院|来医院|复诊|联系)"
    r"|的?(?:风险|可能性?|危险性?|概率|几率|机率|预防|防范|隐患)|怎么(?:预防|避免|识别|判断是)|的?(?:急救"
    r"|识别|科普|知识|护理要点|处理流程|宣教))"
)
_ADVICE: Final = re.compile(
    r"(?:医生|大夫|护士|主任|教授|麻醉师|药师|手册|小结|医嘱|出院单|单子|药盒|说明书|群里|网上|百度|写着"
    r"|嘱咐|交代|叮嘱|告诉|提醒|告知|让我)[^\n!?。]{0,20}?"
    r"(?:如果|如有|如出现|如|超过|或者|少数人|若|要是|一旦|万一|假如|可能会|会有|容易|风险|注意(?!到)|观察(?!到)"
    r"|警惕|有没有|什么情况)"
)
_TOLD: Final = re.compile(
    r"同意书|术前谈话|谈话时|并发症|说明书|手册|宣传|培训|讲座|科普|课上|上课|课程|讲了|新闻|电视|电影"
    r"|纪录片|传单|韩剧|追剧|剧里|小说|视频|文章|书上|书里|公众号|演练|考试|考题|抖音|快手|刷到"
    r"|急救课|心肺复苏|模拟|案例|论文|梦见|梦到|做梦|做了个?梦|海报|剧情|主角|女主|男主|游戏|报道|问卷|量表"
)
_OWN: Final = re.compile(r"我(?![们])|我们家|今天|昨晚|昨天|这次|现在|术后第|刚刚|刚才")
_OWN_STRONG: Final = re.compile(r"我也|轮到我|我自己|我现在|我想|我今天|我昨|我这|我真|我就")
_LONG_AGO: Final = re.compile(
    r"大?前年|去年|[一二两三四五六七八九十几多数\d](?:来|多)?年(?:以|之)?前|小时候|小学|年轻(?:的)?时"
    r"|年轻那会|早些年|前几年|前些年|早几年|早年|当年|那年|曾经|(?:以前|从前|过去|之前)(?!没|从|不)|病史"
    r"|头胎|第一胎|上一胎|(?:生|怀)老[大二](?:的?时候?|那会儿?|那年)?|(?:19|20)\d\d年|有过"
)
_HISTORY_BEHIND: Final = re.compile(r"(?:的?病史|史(?![上料诗]))")
_STILL: Final = re.compile(r"开始|到现在|至今|还在|又|一直|经常|老是|总是|现在|今天|今年|这次|这回|最近|术后|昨")
_OVER: Final = re.compile(
    r"(?:的?(?:地方|情况|症状|毛病|现象|问题|感觉|口子|伤口|那里|那块)|了(?:一天|一夜|两天|一阵"
    r"|一会儿?)?)?(?:到?(?:后来|已经|现在|今天|今早|早上|早就|也|都|终于|就|慢慢|基本|完全|总算|又|全"
    r"|被?医生|打了?针|吃了?药|吃完?药|输了?液)){0,4}+"
    r"(?:好了|退了|退下|降到|降了|降下|退到|止住|消失了|没有了|没了|好转|缓解|停了|不见了|好多了|恢复"
    r"|解决了|过去了|长好|愈合|治好|消了|控制住|救回|抢救过来|长上了|不疼了|不痛了|不闷了|过劲)"
)
_FIGURE: Final = re.compile(
    r"(?:(?:项目|工作|作业|压力|任务|节奏|行程|房贷|车贷|学业|考试|业绩|排期|deadline)[^\n!?。]{0,6}|笑|乐"
    r"|忙|气|贵|帅|美|香|馋|尴尬|激动|感动|高兴|开心|羡慕|无聊|困|唱|跳舞|好看|好吃|好听|可爱|便宜|热闹"
    r"|堵车|挤|吵|辣|甜|丑|土|离谱|惊艳|爽|压)"
    r"(?:得|到|的|死|出)(?:[我人他她它]|我们|大家|都|快要?|差点儿?|简直|直|想|要|能|当场|原地|有点|几乎"
    r"|像要|老板|钱包|整个人){0,5}+$"
)
_FIGURE_BEFORE: Final = re.compile(
    r"(?:被[^\n ,]{0,2}$|超市|商场|淘宝|京东|拼多多|直播间|结账|房租|论文|客户|甲方|老板娘|(?:多|少|慢|贵"
    r"|丑|写|改|加班|熬夜)[得到]$|[看听做写算等排读干]得我[^\n,]{0,2}$|钱包|老板|商家|店家|打折|优惠|促销"
    r"|双十一|双11|六一八|618|价格|价钱|账单|报价|涨价|降价|购物|网购|装修|买单|请客|工资|花钱|砸钱|房贷"
    r"|车贷|物业|客服|系统|软件|网络|信号|信用卡)[^\n!?。]{0,12}$"
)
_FIGURE_BEHIND: Final = re.compile(
    r"[^\n!?。]{0,18}(?:哈哈|嘻嘻|hhh|请客|请[^\n,]{1,6}(?:喝|吃)|[\d一二三四五六七八九十]块(?:钱|\d"
    r"|[一二三四五六七八九])|\d元|元一|一斤)|[^\n!?。,]{0,6}(?:打折|优惠|促销|甩卖"
    r"|[一二三四五六七八九半\d]折|请客|买单|买了|下单|价格|清仓)|式(?:的|加|降|购|销|消|减|训)"
)
_SAID_IN_JEST: Final = re.compile("大出血|吐血|血崩|休克|窒息|心梗|[昏晕]过去|昏迷|抽搐|喘不[过上]气|流血|[昏晕]倒")

_NAMED: Final = re.compile(
    r"自杀|自尽|轻生|寻短见|寻死|自残|自伤|做傻事|想不开|自我伤害|伤害自己|跳楼|跳河|跳下去|上吊|割腕|想死|死的"
)
_SELF_DENIED: Final = re.compile(
    r"(?<!不是)(?<!不能说)(?<!并非)(?:从来?(?:都|也)?没有?|没有?|绝?不会|不至于|不可能|否认|并无|无|未"
    r"|绝对不|决不|不敢|不能|不再|别|不要|冇|唔会)"
    r"(?:要|再|去|有|出现|过|任何|想过?|想着|想到|动过|起过|什么|啥|那种|那些|这种|这个|的|念头|会|真的?"
    r"|真去|说|老|总|说过|提过|到|考虑过?|打算|因为|因此|为这|为了这|这点事|就){0,6}+$"
)
_TOLD_SELF: Final = re.compile(
    r"新闻|电视|电影|韩剧|追剧|剧里|小说|书里|视频|培训|讲座|科普|宣传|手册|问卷|量表|热线|课上|上课|报道"
    r"|剧情|主角|女主|男主|游戏|海报|有没有"
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`clause` and `sentence` run up to the span, `behind` from it to the end of its clause; `words` is the span itself."""

    clause: str
    sentence: str
    words: str
    behind: str
    rest: str


def surroundings(text: str, start: int, end: int) -> Surroundings:
    """What stands round `text[start:end]`; `text` is normalised."""
    before = text[max(0, start - _SIGHT) : start].rpartition(_END)[2]
    rest = text[end : end + _SIGHT // 2].partition(_END)[0]
    stop = _CLAUSE_END.search(rest)
    return Surroundings(
        _tail(before, _TO_CLAUSE),
        _tail(before, _TO_SENTENCE),
        text[start:end],
        rest[: stop.start()] if stop else rest,
        rest,
    )


def is_so(near: Surroundings) -> bool:
    """For an emergency: False when it is denied, feared, supposed, told of elsewhere, over, long ago or a figure."""
    return not (
        _denied(near) or _supposed(near) or _told(near) or _long_ago(near) or _OVER.match(near.behind) or _figure(near)
    )


def is_meant(near: Surroundings) -> bool:
    """For self-harm: False when an act that is named is denied or told of elsewhere, or after 尴尬得 and its like."""
    if _FIGURE.search(near.clause):
        return False
    if not _NAMED.search(near.words):
        return True
    told = _TOLD_SELF.search(near.clause) and not _OWN_STRONG.search(near.clause)
    return not (told or _SELF_DENIED.search(near.clause))


def negates(gap: str) -> bool:
    """Whether the words between two parts of a cue deny the second (呼吸没有困难), ask for it (有没有) or make it slight."""
    return _SLIGHT.search(gap) is not None or any(_GAP.fullmatch(gap, found.end()) for found in _DENIAL.finditer(gap))


def _tail(text: str, up_to: re.Pattern[str]) -> str:
    past = up_to.match(text)
    return text[past.end() :] if past else text


def _denied(near: Surroundings) -> bool:
    clause = near.clause[-30:]
    for found in _DENIAL.finditer(clause):
        if _DOUBLE.search(clause, 0, found.start()):
            continue
        if _GAP.fullmatch(clause, found.end()) or _LIST.fullmatch(clause, found.end()):
            return True
    return _DENIED_BEHIND.match(near.rest) is not None


def _supposed(near: Surroundings) -> bool:
    if _SUPPOSED_BEHIND.match(near.behind):
        return True
    if _left_open(_SUPPOSED, near.clause):
        return True
    return _left_open(_ADVICE, near.sentence)


def _left_open(opening: re.Pattern[str], text: str) -> bool:
    """Whether `opening` stands in the text and nothing behind it says that it came true."""
    return any(not _AFTER_ALL.search(text, found.end()) for found in opening.finditer(text))


def _told(near: Surroundings) -> bool:
    return any(not _OWN.search(near.sentence, found.end()) for found in _TOLD.finditer(near.sentence))


def _long_ago(near: Surroundings) -> bool:
    if _HISTORY_BEHIND.match(near.behind):
        return True
    return any(not _STILL.search(near.clause + near.behind, found.end()) for found in _LONG_AGO.finditer(near.clause))


def _figure(near: Surroundings) -> bool:
    if _FIGURE.search(near.clause):
        return True
    if not _SAID_IN_JEST.search(near.words):
        return False
    return bool(_FIGURE_BEFORE.search(near.clause) or _FIGURE_BEHIND.match(near.rest))
