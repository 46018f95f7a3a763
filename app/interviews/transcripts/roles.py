"""Whether a label is a speaker, and which part each speaker has: proposals that a person confirms."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from app.interviews.transcripts.marks import Head, key_of
from app.interviews.transcripts.shapes import ParsedTurn, Role

ASKING: Final = (
    "访谈者|访谈员|访谈人|采访者|采访人|采访员|访员|访问员|访问者|主持人|主持|研究员|研究者|调研员|调查员|记者|提问者|提问人|"
    "interviewer|moderator|host|facilitator|researcher"
)
ANSWERING: Final = (
    "受访者|受访人|受访对象|被访者|被访人|被采访者|被采访人|患者|病人|病友|参与者|参加者|用户|顾客|客户|业主|嘉宾|回答者|"
    "interviewee|respondent|participant|patient|guest|customer"
)
ANYONE: Final = "说话人|发言人|讲话人|发言者|说话者|讲者|speaker|spk|unknown"
STANDERS_BY: Final = (
    "家属|家人|陪同|陪护|护士|医生|大夫|医师|助手|助理|旁人|老伴|丈夫|妻子|儿子|女儿|翻译|经理|管家|客服|"
    "nurse|doctor|family"
)
_NUMBER = r"[-_#.]?(?:\d{1,3}|[a-z]|[一二三四五六七八九十甲乙丙丁])?(?:[(（].{1,20}[)）])?"
KNOWN: Final = re.compile(
    rf"(?:(?:{ASKING}|{ANSWERING}|{ANYONE}|{STANDERS_BY}){_NUMBER}|[qaipr问答]\d{{0,3}}|p\d{{1,4}})\Z"
)
_ASKS = re.compile(rf"{ASKING}|^(?:[qi问]\d{{0,3}})$")
_ANSWERS = re.compile(rf"{ANSWERING}|^(?:[apr答]\d{{0,4}})$")
_STANDS_BY = re.compile(STANDERS_BY)

# What stands before a colon and is no speaker: notes of the file, and people quoting people.
NOTES: Final = re.compile(
    "(?:注意|备注|注|例如|比如|其中|原因|结果|问题|总结|说明|时间|日期|地点|主题|关键词|链接|地址|电话|附件|标题|时长|录音时长|访谈时间|"
    "访谈地点|访谈主题|参会人|参与人|参会人员|记录|记录人|整理|整理人|编号|会议号|会议主题|会议时间|开始时间|结束时间|录制时间|创建时间|"
    "导出时间|上午|下午|早上|晚上|中午|凌晨|半夜|今天|明天|昨天|第一|第二|第三|首先|其次|最后|还有|另外|https?|www|note|date|time|topic|"
    r"title)\Z"
)
QUOTING: Final = re.compile(
    r"(?:说|道|问|想|讲|喊|叫|写|回|骂|劝|念|觉得|认为|告诉我|告诉他|表示|如下|包括|就是|是|了|着|吧|呢|呀|啊|嘛|的|话|句)\Z"
)
PRONOUNS: Final = re.compile(r"(?:我|你|您|他|她|它|咱|这|那|就|还|又|也|都|不|没|有|因为|所以|但是|然后)\S")
FILLERS: Final = re.compile(r"(?:[嗯哦对是好行啊哎唉呃额噢喔]+的?|没有|有|可以|谢谢|ok|yes|no)\Z")
LONGEST_UNKNOWN: Final = 12
LONGEST_DOUBTFUL: Final = 8
ENOUGH: Final = 2
MANY_ALONE: Final = 3
QUESTION: Final = re.compile(r"[?？]\s*\Z|吗[。\s]*\Z|呢[。\s]*\Z")
SMALL_SHARE: Final = 0.05


def accepted_labels(heads: Iterable[Head], said: Mapping[str, bool]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the speakers among the labels of ``heads`` and those that may be speakers, both by key with their spelling.

    ``said`` decides for a person: key to whether it is a speaker.
    """
    spelt: dict[str, str] = {}
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for head in heads:
        if head.label:
            key = key_of(head.label)
            spelt.setdefault(key, head.label)
            kinds[key][head.kind] += 1
    alone = sum(seen["alone"] for key, seen in kinds.items() if len(key) > 1 and KNOWN.match(key))
    speakers = {key: spelt[key] for key, seen in kinds.items() if said.get(key, _is_speaker(key, seen, alone))}
    doubtful = {
        key: spelt[key] for key, seen in kinds.items() if key not in speakers and (key in said or _may_be(key, seen))
    }
    return speakers, doubtful


def _is_speaker(key: str, seen: Counter[str], alone: int) -> bool:
    if KNOWN.match(key):
        # Alone on its line a word may be an answer as well: one such line in a file is not enough.
        return len(seen) > 1 or not seen["alone"] or (len(key) > 1 and alone > 1)
    return _plausible(key) and _weight(seen) >= ENOUGH


def _may_be(key: str, seen: Counter[str]) -> bool:
    if KNOWN.match(key):
        return True
    return _plausible(key) and len(key) <= LONGEST_DOUBTFUL and (_weight(seen) >= 1 or seen["alone"] >= MANY_ALONE)


def _weight(seen: Counter[str]) -> float:
    """Return how much speaks for a label: a time beside it more than a colon, which people also write before what they quote."""
    return seen["colon"] + 2 * seen["stamp"] + seen["line"] + seen["tab"] + 0.5 * seen["loose"]


def _plausible(key: str) -> bool:
    if (
        not key
        or NOTES.match(key)
        or FILLERS.match(key)
        or len(key) > LONGEST_UNKNOWN + key.isascii() * LONGEST_UNKNOWN
    ):
        return False
    return any(character.isalpha() for character in key) and not (QUOTING.search(key) or PRONOUNS.match(key))


def propose_roles(turns: Sequence[ParsedTurn], codes: Iterable[str] = ()) -> dict[str, Role]:
    """Return the role proposed for each speaker: by what they are called, and else by how they talk.

    Of those whose names say nothing, the one who asks is the interviewer, who says most the respondent. ``codes`` are
    participants' codes: who bears one answers.
    """
    told = _Told(turns)
    answering = {key_of(code) for code in codes}
    named = {one: role for one in told.characters if (role := _by_name(key_of(one), answering))}
    open_ones = [one for one in told.characters if one not in named]
    roles: dict[str, Role] = dict(named)
    if open_ones and "interviewer" not in named.values() and len(told.characters) > 1:
        asks = max(open_ones, key=lambda one: (told.asking(one), -told.characters[one]))
        if told.asking(asks) > 0:
            roles[asks] = "interviewer"
    for one in open_ones:
        few = told.characters[one] < SMALL_SHARE * sum(told.characters.values()) and len(told.characters) > 2
        roles.setdefault(one, "other" if few or "respondent" in named.values() else "respondent")
    return roles


def _by_name(key: str, answering: set[str]) -> Role | None:
    if key in answering or _ANSWERS.search(key):
        return "respondent"
    if _ASKS.search(key):
        return "interviewer"
    return "other" if _STANDS_BY.search(key) else None


class _Told:
    """How much each speaker says, and how often they ask."""

    def __init__(self, turns: Sequence[ParsedTurn]) -> None:
        self.characters: Counter[str] = Counter()
        self._turns: Counter[str] = Counter()
        self._questions: Counter[str] = Counter()
        for turn in turns:
            self.characters[turn.speaker] += len(turn.text)
            self._turns[turn.speaker] += 1
            self._questions[turn.speaker] += bool(QUESTION.search(turn.text[-6:]))

    def asking(self, speaker: str) -> float:
        """Return the share of turns that end in a question."""
        return self._questions[speaker] / self._turns[speaker]
