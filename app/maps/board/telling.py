"""What people did and what went through their heads, read from clauses of free text: by a few plain words, and not more.

A clause tells of an action where the writer is who acts: nobody else is named before the verb. It tells of a thought where it
says that one was had. What is neither is left alone: a cell that stays empty says that nobody wrote of it.
"""

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from nlp.scenes.clauses import clauses_of

SHORTEST: Final = 5
"""A clause of fewer code points tells nothing that others could use."""

_LEADS: Final = (
    "我们?|俺|自己|自个儿|自己个儿|一个人|就|又|还|还是|先|只好|只能|赶紧|马上|连夜|今天|今早|今晚|昨天|昨晚|当天|当晚|第二天|"
    "早上|上午|中午|下午|晚上|夜里|半夜|凌晨|后来|最后|然后|于是|接着|偷偷|悄悄|特意|专门|索性|干脆|硬着头皮|终于|到底|重新|"
    "从头|再|也|一边|边|连着|前后|来回|顺手|顺便|随便|随手|拿着|带着|托人|让儿子|让女儿|请人"
)
"""What may stand before the verb: the writer, the time, and how; never somebody else."""

_VERBS: Final = (
    "打(?:了|过|通)?(?:[一二两三四五几\\d]+[个次遍回])?(?:值班)?电话|拨了|去了|去[^了，。]{1,8}(?:问|买|查|看|办|拿|取)|跑(?:了|去|到|上|下)|问(?:了|过|遍)|查(?:了|过|到)|搜(?:了|到|出)|"
    "刷(?:了|着|到|完)|翻(?:了|到|出|遍|来)|看(?:了|完|到|遍)|比(?:了|较|来比去)|对比了|约(?:了|好|到|上)|预约了|挂了|订了|定了|"
    "选(?:了|好)|挑(?:了|好)|买(?:了|好|来)|换(?:了|成|着)|吃(?:了|着|完)|喝(?:了|着|完)|熬了|煮了|咬(?:了|着|住)|敷(?:了|着|上)|"
    "漱了|躺(?:了|着|下)|坐(?:了|着|到)|等(?:了|着|到)|排(?:了|着|队)|请了|请假|签(?:了|完|好|字)|交(?:了|完)|付(?:了|完)|"
    "拍(?:了|下|着)|发(?:了|给|到)|转(?:了|给|发)|写(?:了|好|完|下)|填(?:了|好|完|到)|记(?:了|着|下)|收藏(?:了|着)|存(?:了|着|下)|"
    "下载了|注册了|登录|投诉了|退了|取(?:了|到)|寄(?:了|出|到)|推荐(?:了|给)|介绍(?:了|给)|带(?:了|着|去)|开车|骑车|坐车|打车|走(?:了|着|到|回)|回(?:了|到)|"
    "数(?:了|着)|量(?:了|着)|试(?:了|着|过)|学(?:了|着)|练(?:了|着)|删了|关了|加了|进了|报(?:了|修)|递了|锁了|洗了|搬(?:了|着)|领了|拎着|绕了"
)
_OPENINGS: Final = (
    "想着|想到|在想|老想|总想|一直想|想想|想知道|就想|只想|很想|想不通|想不明白|寻思|琢磨|合计着|盘算|心想|心里想|觉得|以为|"
    "担心|担忧|放心不下|纠结|犹豫|怀疑|后悔|好奇|不知道|不晓得|不清楚|搞不清|弄不明白|搞不懂|希望|盼着|指望|但愿|"
    "要不要|该不该|会不会|能不能|值不值|是不是|行不行|靠不靠谱|怎么办|到底|万一|(?<![害可恐哪不])怕(?!冷|热|死|羞|生)"
)
_OTHERS: Final = (
    "医生|大夫|护士|前台|客服|快递员|小哥|师傅|经理|老师|同事|朋友|儿子|女儿|老公|老婆|保安|谁|有人|的人|"
    "妈妈?|爸爸?|妹妹|姐姐|他们?|她们?|人家|对方|大家"
)

_ACTION: Final = re.compile(f"^(?:{_LEADS}|\\s)*(?:{_VERBS})")
_THOUGHT: Final = re.compile(_OPENINGS)
_SAID: Final = re.compile(f"(?:{_OTHERS})[^，。]{{0,6}}(?:说|讲|问|觉得|以为|担心|怕|希望|不知道|不清楚)|问我|说他")
"""What others said or thought is not what went through the writer's head."""


def tellings(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each clause that tells of the writer's action or thought: the lane, and its span in code points.

    A clause that tells of both is a thought: to think of doing is not yet to do.
    """
    for clause in clauses_of(text):
        if len(clause.text) < SHORTEST:
            continue
        if _THOUGHT.search(clause.text):
            if not _SAID.search(clause.text):
                yield "thought", clause.start, clause.end
        elif _ACTION.match(clause.text):
            yield "action", clause.start, clause.end


@cache
def version() -> str:
    """Changes with every word that is read by."""
    words = f"{_ACTION.pattern} {_THOUGHT.pattern} {_SAID.pattern}"
    return hashlib.sha256(words.encode()).hexdigest()[:12]
