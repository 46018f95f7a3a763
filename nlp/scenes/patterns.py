"""Times, lengths of time and amounts, as they are written in figures and in characters."""

import re
from typing import Final

COUNT: Final = (
    "(?:\\d+(?:\\.\\d+)?|好几[十百千]?|十几|几[十百千]|几|两三|三四|四五|五六|七八"
    "|[一二两俩三四五六七八九十百千万零]+)(?:多|来)?"
)
_UNIT_OF_TIME: Final = (
    "(?:个?半?小时|个?多?钟头|分钟|秒钟?|天|晚上?|夜|宿|周|个?多?星期|个?多?礼拜|个?半?月|年"
    "|个上午|个下午|上午|下午|晌午)"
)
_DAYPART: Final = "(?:凌晨|半夜|夜里|早上|清晨|上午|中午|下午|傍晚|晚上|深夜|后半夜|早晨)"
_CLASSIFIER: Final = (
    "(?:次|趟|遍|回|个电话|通电话|通|页|张|份|颗|根|针|粒|片|度|斤|公斤|米|厘米|毫米|层|楼|站|公里|毫升|级台阶|步|道|圈|句|倍|成"
    "|个人|位|家|项|行|条|块钱|块|元|万块|万元|万|千块|千|百块|盆|桶|碗|口|勺|包|袋|盒|箱|件|单|辆|台|栏|格|种"
    "|个(?:部门|科室|窗口|客服|小伙|号|群)|%|个(?![人都也就]))"
)

LENGTH: Final = re.compile(
    f"(?<![第头前那这周期拜])(?P<number>{COUNT})(?P<unit>{_UNIT_OF_TIME})(?!后|之后|以后|前|之前|以前|内|里就)"
    "|(?P<whole>一整[天夜晚宿]|整整?(?:夜|宿|晚|天)|一宿|一夜|半宿|半夜没|一上午|一下午|一早上|一晚上|大半[天夜宿]|小半天|半天"
    "|好半天|好几天|半个?(?:小时|钟头|月)|半年|老半天|一个?多?小时)"
)
"""How long: ``number`` and ``unit``, or ``whole``."""

_NO_AMOUNT: Final = "(?<![第这那每同有早])(?!一[个些下点直样起旦般定会切共边面种])"
AMOUNT: Final = re.compile(
    f"{_NO_AMOUNT}{COUNT}{_CLASSIFIER}|百分之{COUNT}|\\d+[\u4e00-\u9fff]|第{COUNT}[页条项行栏排]"
)
"""How many, how much; 一个 and 一下 say nothing."""

MOMENT: Final = re.compile(
    f"{_DAYPART}?{COUNT}点(?:半|多|钟|整|左右|一刻|{COUNT}分?)|{_DAYPART}{COUNT}点|\\d{{1,2}}:\\d\\d"
    f"|第{COUNT}(?:天|晚|夜|周|个?月|个?星期|个?疗程|次|回|针|颗|步|期)(?:晚上?|夜里|早上|上午|中午|下午|凌晨|半夜)?"
    f"|头{COUNT}(?:天|晚|夜|周)"
    f"|{COUNT}(?:个)?(?:天|周|星期|礼拜|月|小时|钟头|分钟|年)(?:以?后|之后|以?前|之前)"
    "|(?:这|那|上|下|每)?(?:周|星期|礼拜)[一二三四五六日天末]|(?:\\d{1,2}|[一二三四五六七八九十]{1,3})月(?:\\d{1,2}|[一二三四五六七八九十]{1,3})[日号]?|(?:\\d{1,2}|[一二三四五六七八九十]{1,3})月份"
    "|(?:这|那)(?:一)?(?:刻|瞬间|下子|几天|几晚|几夜|个晚上|天晚上|段时间|半个月|一周|个月|一晚)"
    "|每(?:天|晚|隔)(?:早上|晚上|夜里|半夜)?"
)
"""A moment that can be found on a clock or a calendar, or counted from the event."""

EVENT_MOMENT: Final = re.compile(
    "(?:麻药|麻醉|止疼药|止痛药|药)(?:劲儿?|效)?(?:一)?(?:过|退|散|醒|下去)(?:了|去)?(?:之后|以后|后)?"
    "|[\u4e00-\u9fff]{1,4}(?:当天|当晚|那天|那晚|前一天|前一晚|头一天|第二天)"
    "|[打拔种做缝拆签交付拍洗补换抽戴取退填等排吃喝装修查挂](?:完|好)(?:[\u4e00-\u9fff]{0,4}?)(?:之后|以后|后|回家|到家|回来|出来|那天|第二天|才)"
    "|刚[\u4e00-\u9fff]{1,3}(?:完|上|进|出|到|下)"
    "|(?<![有])[\u4e00-\u9fff]{1,4}(?:的时候|那会儿|那一刻|那一下|那阵子|的路上|的当口|的前一天|途中)"
)
"""A moment named by what happened then."""

SYMPTOM: Final = re.compile(
    "(?P<body>[脸嘴牙腿脚手腰头眼胸背肩颈膝舌唇胃肚耳鼻臂脖](?:里|上|边|都|又|也|还|就|一直|有点)?)(?P<symptom>肿|疼|痛|麻|酸|胀|烫|僵|抖|痒|抽|木)"
)
"""A part of the body and what it feels."""

NAMED_OBJECT: Final = re.compile(
    "[这那某][张根颗份把间台部辆栋扇盒瓶袋支双本页盏块封]|[上前][一个][张根颗份把间台部辆栋扇盒瓶袋支双本页]"
)
"""One certain object: 那张纸, 这根骨头."""

OBJECT_ENDINGS: Final = frozenset(
    "机单台柜卡室厅灯盒箱器桌椅楼梯柱板墙袋杯鞋纸车票剂膏针刀钳仪屏键锁裤衣伞瓶碗筷药壶盆桶绳布垫架"
)
"""Last characters of two and three characters that name an object: 收银台, 维修单."""

HAPPENED: Final = re.compile(
    f"[\u4e00-\u9fff](?:湿|坏|断|碎|破|掉|丢|歪|错|漏|烂|脏|光|空|醒|穿|裂|反|翻|堵|化|瘪|卡住|烧糊)了|[\u4e00-\u9fff][了过]{COUNT}"
    "|[下刮停关没](?:大雨|暴雨|雨|雪|电|水|网)"
)
"""Something that happened and left a mark: 淋湿了, 走错了, 睡了三天."""

MANNER: Final = re.compile(
    "[\u4e00-\u9fff]得(?!到|了|不|很|太|挺|非常|特别|比较|出|起|上|去|有|我|好|还)[\u4e00-\u9fff]{3,}"
    "|像[^，。]{1,12}(?:似的|一样|一般)|跟[^，。]{1,12}(?:似的|一样)|(?:得|肿|疼|成)(?:像|跟)[^，。]{2,}"
)
"""How it was: 疼得坐起来, 肿得像馒头."""

QUOTED: Final = re.compile(
    '[“"「『][^”"」』]{3,}[”"」』]|[说问答回喊骂](?:我|他|她|我们)?(?:[:：，,]|(?=别|没|不|要|让|是|我|你|您|这|回|可|等|先|再|哪|怎|能|为|有))'
)
"""What somebody said, in their words."""

NAMED: Final = re.compile("[小老大]?[\u4e00-\u9fff](?:医生|大夫|护士|主任|师傅|经理|阿姨|老师|医师|管家|教授|院长)")
"""A person with a name or a post."""

_NUMBERS: Final = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "俩": 2}
_SCALES: Final = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_VAGUE: Final = {"好几十": 50, "好几百": 300, "好几千": 3000, "好几": 5, "十几": 15, "几十": 40, "几百": 300, "几千": 3000,
                 "几": 3, "两三": 2.5, "三四": 3.5, "四五": 4.5, "五六": 5.5, "七八": 7.5}  # fmt: skip


def number_of(written: str) -> float:
    """Return the number that ``written`` says: 3, 两, 十二, 一百二, 好几 (5), 十几 (15)."""
    plain = written.rstrip("多来")
    if plain in _VAGUE:
        return float(_VAGUE[plain])
    try:
        return float(plain)
    except ValueError:
        return _from_characters(plain)


def _from_characters(written: str) -> float:
    total = part = 0.0
    for char in written:
        if char in _SCALES:
            total += (part or 1) * _SCALES[char]
            part = 0
        else:
            part = _NUMBERS.get(char, part)
    return total + part
