"""Which stage each thing said in an interview is about: a proposal, for a person to confirm.

A story mostly goes forward. So the best path through the stages is sought (Viterbi) over what each answer, and the question
before it, says: names of stages and touchpoints, words that such stages have in common, the stage of the guide's question,
and what others in the study have said at each stage (naive Bayes over pairs of characters).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

# Words that a step of most journeys has in common, by what such a step is called. Written from the protocols of our
# templates and everyday speech; nothing here was counted in the interviews that the proposals are judged on.
COMMON_WORDS: Final = (
    (
        r"知晓|认识|了解|接触",
        r"听说|得知|知道|最早|最初|刷到|搜|广告|点评|文章|视频|公众号|朋友圈|讲座|介绍|印象|页面|牌子",
    ),
    (
        r"考虑|比较|决策|权衡|选择",
        r"考虑|犹豫|纠结|掂量|权衡|比价|价格|多少钱|太贵|花钱|商量|拿主意|下决心|决定|选了|顾问|怕",
    ),
    (r"预约|挂号|报名|下单|购买", r"预约|约了|约的|挂号|号源|改期|排期|打电话|小程序|下单|名额"),
    (r"到店|到院|入院|就诊|面诊|签到", r"到店|进门|第一次去|前台|候诊|大厅|面诊|见到|拍片|检查|方案|报价|填表|环境"),
    (r"治疗|手术|当中|办理", r"手术|麻药|麻醉|打针|躺在|操作|器械|缝|刀口|术后交代|注意事项|签字|签名|交代"),
    (
        r"恢复|康复|术后|居家|复诊|随访",
        r"回家|疼|肿|吃药|冰敷|拆线|复查|复诊|取模|康复|锻炼|夜里|半夜|随访|好转|缓过来|消肿|止疼|术后",
    ),
    (r"分享|推荐|口碑|回顾|评价", r"推荐|分享|口碑|评价|对比|照片|回头看|值得|总的|朋友问|跟别人|炫耀|笑"),
    (r"发现|故障|报障|问题", r"坏了|漏|停水|停电|堵|发现|异响|裂|物业|小区"),
    (r"报修|投诉|反馈", r"报修|投诉|热线|前台|提交|工单|受理|登记|拍照|反映|渠道"),
    (r"等待|响应|排队", r"等了|等着|一直等|催|没人|没动静|几天|进度|回电|没消息|拖"),
    (r"上门|维修|处理|安装|派送|配送|收货", r"上门|师傅|维修|施工|工人|工具|修|派送|快递员|管家"),
    (r"结果|验收|签收|确认", r"验收|修好|又坏|没再|结果|签收|打开|完好|道歉|赔"),
    (r"回访|以后|之后|售后", r"回访|打分|以后|物业费|还会|再找|后来再|信任|赔偿|退款"),
    (r"之前|事前", r"之前|原来|本来|事先|准备|最早"),
    (r"寄|运输|物流|在途", r"寄|运单|物流|在途|中转|发货|打包|单号"),
)
GREETING: Final = re.compile(r"自我介绍|介绍一下(?:您|你)?自己|录音|抽时间|没有对错|可以接受吗|怎么称呼|访谈大概")
FAREWELL: Final = re.compile(r"谢谢|感谢|今天就到这|辛苦了|就聊到这")
CHINESE: Final = re.compile(r"[\u4e00-\u9fff]{2,}")
FILLER: Final = re.compile(r"[嗯哦对是好行啊哎唉呃额噢喔的了没事不用客气谢谢您你，。、！？…,.!? \n]{0,12}\Z")

STAY, NEXT, BACK = 0.6, 0.22, 0.035
FORWARD_DECAY: Final = 0.4
FIRST_DECAY: Final = 0.75
BACKWARD_DECAY: Final = 0.5
NAME, HALF_NAME, WORD = 1.6, 0.4, 0.8
QUESTION_WEIGHT: Final = 1.2
GUIDED: Final = 4.0
MOST_CUES: Final = 4.0
LEARNT_WEIGHT: Final = 0.15
LEAST_EXAMPLES: Final = 20
MOST_LEARNT: Final = 1.5
LEAST_TEXTS: Final = 3
SHRUNK_BY: Final = 10.0
LONGEST_READ: Final = 1_000


@dataclass(frozen=True, slots=True)
class StageHints:
    """A stage as its protocol tells it, and what has been said at it in the study so far."""

    name: str
    touchpoints: Sequence[str] = ()
    examples: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SaidTurn:
    """A turn in its place; ``guided`` is the index of the stage that its question in the guide belongs to."""

    text: str
    respondent: bool
    guided: int | None = None


def propose(stages: Sequence[StageHints], turns: Sequence[SaidTurn]) -> list[int | None]:
    """Return for every turn the index of its stage; None where it is no part of the journey, or not a respondent's."""
    proposed: list[int | None] = [None] * len(turns)
    answers = [index for index, turn in enumerate(turns) if turn.respondent]
    if not answers or not stages:
        return proposed
    questions = _questions(turns)
    reader = _Reader(stages)
    scores = np.array([reader.score(turns[index], questions[index]) for index in answers])
    path = _best_path(scores, len(stages))
    for place, index in enumerate(answers):
        at_edge = (place == 0) + 2 * (place == len(answers) - 1)
        if not _is_small_talk(turns[index].text, questions[index], at_edge):
            proposed[index] = int(path[place])
    return proposed


def _questions(turns: Sequence[SaidTurn]) -> list[str]:
    """Return for each turn what was asked, or said by others, since the respondent last spoke, or the last thing asked."""
    asked, fresh = "", False
    questions = []
    for turn in turns:
        questions.append(asked)
        if turn.respondent:
            fresh = False
        else:
            asked, fresh = (f"{asked}\n{turn.text}" if fresh else turn.text)[-LONGEST_READ:], True
    return questions


def _is_small_talk(text: str, question: str, edge: int) -> bool:
    """Return whether an answer tells nothing of the journey: mere assent, or courtesies at either end."""
    if FILLER.match(text):
        return True
    return bool((edge & 1 and GREETING.search(question)) or (edge & 2 and FAREWELL.search(question)))


def _best_path(scores: Scores, n: int) -> NDArray[np.intp]:
    """Return the likeliest sequence of stages; ``scores`` (answers, stages) are log-likelihoods up to a constant each."""
    step = np.log(_transitions(n))
    best = scores[0] + np.log(_first(n))
    back = np.zeros(scores.shape, dtype=np.intp)
    for place in range(1, len(scores)):
        reached = best[:, None] + step
        back[place] = reached.argmax(axis=0)
        best = reached.max(axis=0) + scores[place]
    path = np.zeros(len(scores), dtype=np.intp)
    path[-1] = best.argmax()
    for place in range(len(scores) - 1, 0, -1):
        path[place - 1] = back[place, path[place]]
    return path


def _transitions(n: int) -> Scores:
    """Return the weight of an answer about stage j after one about i: the same or the next stage mostly.

    Not probabilities: with rows that sum to one, staying at the last stage would cost least, and silence would pull there.
    """
    gap = np.arange(n)[None, :] - np.arange(n)[:, None]
    ahead = NEXT * FORWARD_DECAY ** np.clip(gap - 1, 0, None)
    behind = BACK * BACKWARD_DECAY ** np.clip(-gap - 1, 0, None)
    return np.where(gap == 0, STAY, np.where(gap > 0, ahead, behind))


def _first(n: int) -> Scores:
    # Gently: many a talk is only about what comes late on the road.
    chance = FIRST_DECAY ** np.arange(n)
    return np.asarray(chance / chance.sum())


@dataclass
class _Reader:
    """Reads what a turn says about where on the road it belongs."""

    stages: Sequence[StageHints]
    _common: list["re.Pattern[str] | None"] = field(init=False)
    _halves: list[set[str]] = field(init=False)

    def __post_init__(self) -> None:
        self._common = [_common_words(stage.name) for stage in self.stages]
        self._halves = [
            {pair for name in (stage.name, *stage.touchpoints) for pair in _pairs(name)} for stage in self.stages
        ]

    def score(self, turn: SaidTurn, question: str) -> Scores:
        """Return a log-likelihood for each stage, up to a constant."""
        answer = turn.text[:LONGEST_READ]
        cues = self._cues(answer) + QUESTION_WEIGHT * self._cues(question)
        guided = np.zeros(len(self.stages))
        if turn.guided is not None:
            guided[turn.guided] = GUIDED
        return np.minimum(cues, MOST_CUES) + guided + self._learnt_score(f"{question}\n{answer}")

    def _cues(self, text: str) -> Scores:
        pairs = _pairs(text)
        return np.array([self._cue(place, stage, text, pairs) for place, stage in enumerate(self.stages)])

    def _cue(self, place: int, stage: StageHints, text: str, seen: set[str]) -> float:
        names = sum(name in text for name in (stage.name, *stage.touchpoints) if len(name) > 1)
        pairs = len(self._halves[place] & seen)
        common = self._common[place]
        words = len(set(common.findall(text))) if common else 0
        return NAME * names + HALF_NAME * pairs + WORD * words

    def _learnt_score(self, text: str) -> Scores:
        if self._learnt is None:
            return np.zeros(len(self.stages))
        pairs, weights = self._learnt
        seen = [pairs[pair] for pair in _pairs(text) if pair in pairs]
        if not seen:
            return np.zeros(len(self.stages))
        total = LEARNT_WEIGHT * weights[:, seen].sum(axis=1)
        return np.asarray(np.clip(total - total.max(), -MOST_LEARNT, 0))

    @cached_property
    def _learnt(self) -> "tuple[dict[str, int], Scores] | None":
        """Return the pairs of characters with their log-likelihood ratios by stage; None where too little was said yet."""
        if sum(len(stage.examples) for stage in self.stages) < LEAST_EXAMPLES:
            return None
        counted = [Counter(p for text in stage.examples for p in _pairs(text[:LONGEST_READ])) for stage in self.stages]
        total = sum(counted, Counter())
        pairs = {pair: place for place, pair in enumerate(sorted(p for p, n in total.items() if n >= LEAST_TEXTS))}
        if not pairs:
            return None
        counts = np.array([[counter[pair] for pair in pairs] for counter in counted], dtype=float)
        sizes = np.array([[float(len(stage.examples))] for stage in self.stages])
        # In how many texts of a stage a pair stands, drawn to the rate in all of them: little said at a stage says little.
        usual = counts.sum(axis=0, keepdims=True) / sizes.sum()
        return pairs, np.log((counts + SHRUNK_BY * usual) / (sizes + SHRUNK_BY) / usual)


def _common_words(name: str) -> "re.Pattern[str] | None":
    found = [words for names, words in COMMON_WORDS if re.search(names, name)]
    return re.compile("|".join(found)) if found else None


def _pairs(text: str) -> set[str]:
    return {run[at : at + 2] for run in CHINESE.findall(text) for at in range(len(run) - 1)}
