"""Customer effort as a text tells it: how hard it was to get something done, on the scale of the form's question."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from nlp.scenes.clauses import Clause, clauses_of, normal
from nlp.scenes.patterns import COUNT, LENGTH, number_of
from nlp.scenes.tables import effort_words

EASIEST: Final = 1.0
HARDEST: Final = 7.0
EASY_BELOW: Final = 4.0
"""The middle of the scale: what lies below was easy."""

MORE: Final = 0.3
"""How much every further sign of the same side moves the level towards the end of the scale."""

_MINUTES: Final = {"秒": 1 / 60, "分": 1, "小": 60, "钟": 60, "个": 60, "半": 60, "天": 1440, "晚": 600, "夜": 600, "宿": 600,
                   "上": 240, "下": 240, "晌": 240, "周": 10080, "星": 10080, "礼": 10080, "月": 43200, "年": 525600}  # fmt: skip
_LADDER: Final = ((5, 2.5), (10, 3.5), (20, 4.5), (40, 5.0), (90, 5.5), (300, 6.0), (2880, 6.3))
"""Minutes of waiting up to which the level holds; beyond the last it is 6.6."""

_WAITED: Final = re.compile(
    "等|排队|排了|排到|候|耗|拖|催|找|跑|折腾|弄|搞|办|绕|转|填|卡|才|还没|没人|没来|没到|没修|没解决|没回|没动静|没消息|打电话|打了|修了|过去了|没下文|没处理|没退|没到账|没审|审核|没结果|排|按|研究|琢磨|摸索|解释|说了|讲了半|求|守|盯|翻|输|试了|查|核对|补|改|谈|吵|磨|晚到|晚了|迟到|延误|延迟|超时|逾期|堵|办了|跑了|问了|登|退|寄|报|修"
)
_NO_TASK: Final = re.compile(
    "跑步|烧了|烧得|咳|吐了|拉肚子|病了|学了|工作|结婚|睡|疼|痛|肿|手术|站(?!着等|着排|长)|坐(?!着等)|跪|走路|散步|做了|聊|陪|讲了|住了|恢复|冰敷|吃|发烧|哭|躺|开车|坐车|飞|歇|麻药|戴|泡|玩|没休息|没上班|没见"
)
_DONE_SOON: Final = re.compile(
    "就(?!是|医|诊|像|算|连|开始|疼|痛|肿|睡|哭|吐|醒|后悔)|搞定|便(?!宜|利)|内(?!科|裤|心)|不到|解决了|办好|办完|弄好|修好|到了|全办|出结果|上门|到账|拿到|处理完|搞完"
)
_ALL_IN_ALL: Final = re.compile(
    "从进门到出门|从头到尾|前后(?:不到|也就|就)|总共(?:就|也就|才|不到)?|加起来|全程|拢共|统共"
)
_LATE: Final = re.compile("才|还没|都没|也没|愣是|硬是|足足|整整|白白")
_WENT: Final = re.compile(
    f"(?P<verb>[跑去来回换问找试转])了?(?P<number>{COUNT})(?P<unit>个(?![多小月星礼钟半人])|家|处|趟|次|回|个(?:地方|部门|窗口|科室|网点|医院|来回))"
    f"|(?P<verb2>打|拨|催|问|找|填|交|试|传|改|说|讲|解释|转|换|联系|报|退|提交|上传|输|重来|排|约|扫|刷|登|跑|走|签|复印|投诉|反映)了?(?:他们?|客服|物业)?(?P<number2>{COUNT})(?P<unit2>趟|次|遍|回|个电话|通电话|个客服|个部门|个窗口|个科室|个群|张(?!嘴|口|脸|照片|对比|画)|份表|份材料|页|项|栏|轮|道|手|栏|个人|家|个app)"
    f"|(?P<number3>{COUNT})(?P<unit3>趟|道手续|道程序|道关|个章|张表|份材料|个验证码|个电话|通电话)"
)
_ONCE_EASY: Final = re.compile("就|便|搞定|全|只|仅")
_BODILY: Final = re.compile(
    "走路|走几步|张嘴|吞咽|咽|呼吸|喘|嚼|咬|翻身|下床|起床|起身|上厕所|如厕|抬腿|弯腿|蹲|爬楼|说话|穿衣|穿鞋|洗澡|行动|腿脚|手术|恢复|愈合|拔牙|拔完|种牙|消肿"
    "|心情|病情|情绪|感情|伤口|孩子生|怀孕|分娩|化疗|放疗|睡|老人|长得|复发"
)
_HEALS: Final = re.compile("长牢|长好|长骨|长出|长上|骨头|愈合|恢复|见效|起效|消肿|退烧|种植体|结痂|康复|怀|发芽")
_QUICKLY: Final = re.compile(
    "[扫点刷签按填说打问交](?:个|一下|一个|两下|几下|完)?[^，就]{0,4}就(?:缴|交|办|好|行|可以|能|完|走|过|搞定|解决|成|拿|有|进)"
)
_BESIDES: Final = (
    (
        re.compile(
            "(?:不用|不必|无需|不需要|用不着)(?:我|再|自己)?(?:写|填|带|跑|排|等|去|找|问|说|打|交|签|下载|注册|解释|复印|出门|下楼|开车|证明|预约|操心|动手|催)"
        ),
        1.5,
    ),
    (re.compile("每[^，]{0,4}都[^，]{0,4}[一1]遍|(?:一|两|几|三)头跑|一会儿?[^，]{1,8}一会儿?"), 5.5),
    (re.compile("(?:只好|只能|不得不|还得|都得|全得|都要|全要|得|全靠)(?:我|我们)?自己"), 5.5),
    (re.compile("(?:大老远|专门|特意|白白?)(?:[^，]{0,3})跑|跑到[^，]{2,10}(?:说|才|结果|不|没|关|只能)"), 5.5),
    (
        re.compile(
            "排到(?:门外|门口|大门|楼下|马路|楼梯|走廊|街上|外面)|人(?:山人海|挤人|满为患)|队(?:伍)?(?:老|好|太|很|特别)长|长长的队|长龙"
        ),
        5.8,
    ),
    (re.compile("[^，]次[^，]{0,3}[一]次[^，]{0,6}[又再][^，]{0,3}一次|排一次"), 5.8),
    (
        re.compile(
            "(?:没|不用|不必|无需|没有)多?(?:走|跑|费|等|填|说|问|操)[^，]{0,2}(?:一?步|弯路|一趟|口舌|心|多久|几分钟|一会)"
        ),
        1.5,
    ),
    (
        re.compile(
            "(?:都|就|连门都)(?:没|不用)(?:怎么)?出门|足不出户|上门(?:给|帮|办|取|收|来办)|一路(?:带|领|陪)着?我"
        ),
        1.5,
    ),
    (re.compile("白(?:站|等|坐|排|跑|来|去|忙|填|打)了?(?!天)"), 6.0),
    (re.compile("我?自己[^，]{0,3}(?:拎|扛|搬|背|抬|拖|提|找|查|跑|取|送|装|修|弄|办|想办法)(?!着)"), 5.3),
    (re.compile("(?:打发|支使|让|叫)我(?:再|又|重新|去|回去|先去|上楼|下楼|找|自己)"), 5.2),
    (
        re.compile(
            "(?:也|还|又|就|都|得)(?:得|要)?(?:亲自|本人)?(?:得跑|得去|得来|要跑|要排|要交|要填|要补|要盖)|(?:必须|要|得|非得)本人"
        ),
        5.2,
    ),
    (re.compile("(?:替|帮)我(?:们)?(?:都|全|把)?[^，]{0,5}(?:好|妥|完|齐)了?"), 1.8),
    (
        re.compile(
            "直接(?:来|上门|进|给|换|退|到|送|寄|发|量|办|取|拿|约)|(?:到店|进店|进门|到了|一到|来了|去了)就(?:能|可以|坐|做|办|看|开始|叫|有|拿)"
        ),
        1.8,
    ),
)
"""Turns of speech that no list of words holds, each with its level."""

_OFTEN: Final = re.compile(f"[\u4e00-\u9fff]了?(?P<number>{COUNT})(?:次|遍|趟|回|份)(?!性|元|子)")
_NO_ERRAND: Final = re.compile(
    "疼|痛|醒|吐|笑|哭|吃|喝|睡|发作|出血|抽筋|换药|复查|化疗|放疗|手术|敷|漱|刷牙|每天|一天|一周|一日|每周|治疗|针|赢|玩|看了|夸|谢|抱|梦|咳|拉|尿|第|教|讲|量|喂|翻身|拍|练|做"
)
"""What is done often and is no errand of a customer."""

_AGAIN: Final = re.compile("又|再|还得|还要|白|多|重新|只好|不得不")
_FOR_ME: Final = re.compile("给我$|(?:主动|回访|关心|问好|惦记)")
_DENIED: Final = re.compile(
    "(?:不|没|没有|不用|无需|不必|毫不|一点都不|一点也不|并不|不算|不怎么|没怎么|没那么|不再|没觉得|不觉得|再也不用|免得|省得|怕|避免|如果|要是|万一)$"
)
_NEVER_EASY: Final = re.compile(
    "(?:不|没|没有|不太|不怎么|没那么|不够|并不|哪里|哪儿|谈不上|一点都不|一点也不|不大|如果能|要是能|希望能?|要是|能不能|更|再)$"
)


@dataclass(frozen=True, slots=True)
class EffortSign:
    """A span (code points) that tells of effort, and the level it stands for, 1 (none) to 7 (very much)."""

    start: int
    end: int
    text: str
    level: float


@dataclass(frozen=True, slots=True)
class Effort:
    """``level`` on 1 to 7 as customer effort is asked for, and the signs it rests on."""

    level: float
    signs: tuple[EffortSign, ...]


def effort(text: str) -> float | None:
    """Return the customer effort that ``text`` tells of, 1 (none) to 7 (very much); None where it tells of none."""
    found = explain_effort(text)
    return found.level if found else None


def explain_effort(text: str) -> Effort | None:
    """Return the effort that ``text`` tells of with its spans, or None."""
    plain = normal(text)
    signs = sorted(
        (sign for clause in clauses_of(plain) for sign in _signs(clause, text)), key=lambda one: (one.start, -one.end)
    )
    return Effort(_level([sign.level for sign in signs]), tuple(signs)) if signs else None


def clause_effort(clause: str) -> float | None:
    """Return the effort that one clause (normalised) tells of, or None."""
    levels = [sign.level for sign in _signs(Clause(0, len(clause), clause, 0), clause)]
    return _level(levels) if levels else None


def _level(levels: list[float]) -> float:
    """Return one level: the most telling of each side, moved by the others; where both speak, the middle by their number."""
    hard = sorted((one for one in levels if one >= EASY_BELOW), reverse=True)
    easy = sorted(one for one in levels if one < EASY_BELOW)
    ends = []
    if hard:
        ends += [min(hard[0] + MORE * (len(hard) - 1), HARDEST)] * len(hard)
    if easy:
        ends += [max(easy[0] - MORE * (len(easy) - 1), EASIEST)] * len(easy)
    return round(sum(ends) / len(ends), 2)


def _signs(clause: Clause, text: str) -> Iterator[EffortSign]:
    taken: list[tuple[int, int]] = []
    for start, end, level in (*_times(clause), *_trips(clause), *_words(clause)):
        if not any(start < last and first < end for first, last in taken):
            taken.append((start, end))
            if not level:
                continue
            yield EffortSign(
                clause.start + start, clause.start + end, text[clause.start + start : clause.start + end], level
            )


def _times(clause: Clause) -> Iterator[tuple[int, int, float]]:
    """Lengths of time that something took, or was waited for."""
    said = clause.text
    if _HEALS.search(said):
        return
    for match in LENGTH.finditer(said):
        around = said[: match.start()] + "，" + said[match.end() :]
        minutes = _minutes(match)
        soon = (
            _DONE_SOON.search(said, match.end())
            or _ALL_IN_ALL.search(around)
            or said[: match.start()].endswith(("不到", "不用", "没到"))
        )
        late = _LATE.search(around)
        if soon and not late and minutes <= 120:
            if not _NO_TASK.search(around):
                yield match.start(), match.end(), 1.5 if minutes <= 30 else 2.5
        elif _took(around, bool(late)) and not _DENIED.search(said[: match.start()].rstrip("等了")):
            yield match.start(), match.end(), min(_waiting(minutes) + (0.4 if late else 0.0), HARDEST)


def _took(around: str, late: bool) -> bool:
    """Return whether a length of time was waited or worked through, by the words around it."""
    own = _NO_TASK.search(around) and not re.search("等(?!于)|排队|排了", around)
    return not own and (late or _WAITED.search(around) is not None)


def _minutes(match: re.Match[str]) -> float:
    if match["whole"]:
        whole = match["whole"]
        return (
            30.0
            if "半个小时" in whole or "半小时" in whole
            else 60.0
            if "小时" in whole
            else 1440.0
            if "几天" in whole
            else 240.0
        )
    unit = match["unit"]
    minutes = _MINUTES[unit[0]]
    if unit[0] in "个半" and not unit.endswith(("小时", "钟头")):
        last = unit.lstrip("个半多")[0]
        minutes = _MINUTES[last]
    half = 0.5 if "半" in unit else 0.0
    written = match["number"]
    return ((0.0 if written == "半" else number_of(written)) + (0.5 if written == "半" else half)) * minutes


def _waiting(minutes: float) -> float:
    return next((level for most, level in _LADDER if minutes <= most), 6.6)


def _trips(clause: Clause) -> Iterator[tuple[int, int, float]]:
    """Errands, calls, forms: how often something had to be done."""
    said = clause.text
    for match in _WENT.finditer(said):
        times = number_of(match["number"] or match["number2"] or match["number3"])
        before = said[: match.start()]
        if _FOR_ME.search(before):
            continue
        if _DENIED.search(before):
            yield match.start(), match.end(), 2.0
        elif times <= 1:
            if _AGAIN.search(before[-4:]):
                yield match.start(), match.end(), 5.3
            elif _ONCE_EASY.search(said):
                yield match.start(), match.end(), 1.5
        else:
            yield match.start(), match.end(), min(4.6 + 0.4 * times, 6.6)


def _words(clause: Clause) -> Iterator[tuple[int, int, float]]:
    said = clause.text
    if _BODILY.search(said):
        # 走路费劲 is what the body finds hard, and not what the customer had to do.
        return
    for match in _OFTEN.finditer(said):
        times = number_of(match["number"])
        if times >= 3 and not _NO_ERRAND.search(said):
            yield match.start(), match.end(), min(4.6 + 0.3 * times, 6.4)
    for pattern, level in _BESIDES:
        for match in pattern.finditer(said):
            yield match.start(), match.end(), level
    if soon := _QUICKLY.search(said):
        yield soon.start(), soon.end(), 1.5
    for found in effort_words().find(said):
        level, before = found.word.strength, said[: found.start]
        if level == 0.0:
            yield found.start, found.end, level
        elif level >= EASY_BELOW:
            yield found.start, found.end, 2.0 if _DENIED.search(before) else level
        else:
            yield found.start, found.end, 5.5 if _NEVER_EASY.search(before) else level
