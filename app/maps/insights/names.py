"""What states, checks, kinds and steps are called."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.web.i18n import mark as _

STATE_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "collected": _("收集回馈"),
        "shared": _("有效沟通"),
        "used": _("使用洞察"),
        "improved": _("改善流程"),
        "measured": _("测量结果"),
    }
)
STATE_MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "collected": _("听到了，记下来了"),
        "shared": _("告诉了该知道的人"),
        "used": _("有人拿它做了决定"),
        "improved": _("做法真的改了"),
        "measured": _("量过，知道有没有用"),
    }
)
STATUS_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {"planned": _("计划中"), "doing": _("正在做"), "done": _("做完了"), "dropped": _("不做了")}
)
CHECK_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "touchpoints": _("触点完整性"),
        "emotion": _("情感可视性"),
        "specificity": _("痛点具体性"),
        "coherence": _("旅程连贯性"),
        "relation": _("关系长期性"),
    }
)
CHECK_RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "touchpoints": _("每个阶段都有线上、线下、人、心里四类触点，还有一样后台支持"),
        "emotion": _("每个阶段的曲线上都有足够多的人；没有人工编码校正，最多 3 分"),
        "specificity": _("痛点说得出何时、何处、什么事；少于三条，缺的也算没通过"),
        "coherence": _("从一个阶段到下一个，至少有五个人两边都说过"),
        "relation": _("一个月以后还有人说话，知道后来的往来，有人关怀，四期都有打算"),
    }
)
CHECK_NEXT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "touchpoints": _("把没有勾上的触点补进阶段；真的没有，就和团队一起确认一遍。"),
        "emotion": _("人不够的阶段再请几位参与者写；抽一部分请人来编，曲线才校正过。"),
        "specificity": _("把笼统的痛点问细：那天几点、在哪里、谁、出了什么事。"),
        "coherence": _("没有人跨过的两段之间，回访时问一句“从那一步到下一步是怎么过去的”。"),
        "relation": _("补上一个月后的回访、后来的往来和每一期的打算。"),
    }
)
CHECK_ADDRESSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "touchpoints": "settings/journey",
        "emotion": "draws",
        "specificity": "scenes?only=specific",
        "coherence": "participants",
        "relation": "lifecycle",
    }
)
KIND_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {"digital": _("线上"), "physical": _("线下"), "human": _("人"), "psychological": _("心里")}
)
STEP_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "vision": _("愿景"),
        "pains": _("痛点"),
        "redesign": _("重塑"),
        "quick": _("快速迭代"),
        "frontline": _("授权一线"),
        "keep_on": _("持续改进"),
        "aim": _("目标"),
        "role": _("角色"),
        "gathering": _("数据"),
        "mapping": _("绘图"),
        "improving": _("改进"),
    }
)
STEP_MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "vision": _("说清楚想让客户有怎样的体验"),
        "pains": _("知道哪里疼，记成洞察"),
        "redesign": _("画出改好以后的地图"),
        "quick": _("先做起来，小步改"),
        "frontline": _("一线的人有名有姓地负责"),
        "keep_on": _("量一量，再接着改"),
        "aim": _("为什么画这张图"),
        "role": _("画的是谁的路"),
        "gathering": _("请人来写，听他们说"),
        "mapping": _("把曲线和原话放到一张图上"),
        "improving": _("一件事、一个人、一个日子"),
    }
)
DETAIL_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "when": _("何时"),
        "where": _("何处"),
        "who": _("谁"),
        "body": _("身上哪里"),
        "symptom": _("什么感觉"),
        "object": _("什么东西"),
        "event": _("出了什么事"),
        "how_much": _("多少"),
        "manner": _("怎么样"),
        "words": _("谁的原话"),
    }
)
STANDINGS: Final[Mapping[str, str]] = MappingProxyType(
    {"done": _("做到了"), "begun": _("开始了"), "open": _("还没开始")}
)
