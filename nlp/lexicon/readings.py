"""Numbers of the body that a person should look at: temperature and oxygen saturation."""

import re
from typing import Final

from nlp import characters

READINGS: Final = frozenset(
    ("38", "39", "40", "41", "42", "三十八", "三十九", "四十度", "四十点", "四十一", "四十二", "四十多", "血氧")
)
"""How they begin."""

FEVER: Final = 39.0
LASTING_FEVER: Final = 38.5
"""Enough where it lasts, or where treatment has weakened the defences."""

LOW_OXYGEN: Final = 92

_SIGHT: Final = 100
_NEAR: Final = 24
_NEXT: Final = 14
_END: Final = chr(characters.END)
_WHOLE: Final = {"三十八": 38, "三十九": 39, "四十": 40, "四十一": 41, "四十二": 42}
_DIGITS: Final = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "半": 5, "零": 0}
_TEMPERATURE: Final = re.compile(
    r"(?<![\d.一二三四五六七八九十百])(?P<whole>3[89]|4[0-2]|三十[八九]|四十[一二]?)"
    r"(?:\.(?P<point>\d)\d?|点(?P<spoken>[\d一二三四五六七八九]))?"
    r"(?P<unit>\s?(?:度|℃|°c?))?(?P<behind>[\d一二三四五六七八九半](?!\d))?(?P<more>多)?(?:度|℃|°c?)?"
)
_OXYGEN: Final = re.compile(r"血氧[^\d\n,。!?]{0,8}(?P<percent>\d\d)(?!\d)")
_FEVERISH: Final = re.compile(
    r"[高发低又还]烧|烧[到得了起成]|发热|高热|体温|温度计|耳温|额温|退热|退烧|发冷|寒战|哆嗦|抖|一量|量了|迷糊|胡话|烫|术后|急诊|布洛芬|美林|孩子|宝宝|娃|不退|退不|没退|降不"
)
_OTHER_SCALE: Final = re.compile(
    r"[弯屈伸抬曲摇折转掰]|角度|活动度|水温|热水|气温|天气|室外|户外|外面|泡脚|泡|洗澡|空调|烤箱|酒|床头|近视|散光|远视|眼镜|室温|高温|太阳|恒温|冲奶|夏天|热天|三伏|工地"
)
_LASTING: Final = re.compile(
    r"[两二三四五六七八九十几\d好多]天|一直|反复|不退|退不|降不|压不|没退|持续|连着|整晚|整夜|一夜|天天|又|还是|不下来"
)
_WEAK: Final = re.compile(r"化疗|放疗|移植|白细胞|粒缺|靶向|白血病|骨髓抑制|免疫抑制")
_NOT_REACHED: Final = re.compile(r"(?:没有?|不|未|没有?超|不超|不会|低于|不足|没烧)(?:到|过|超过|满|有|够)?$")
_COUNTED: Final = re.compile(r"[元块号床岁分秒天次个人斤公%页楼层路年月kmc-]|毫|小时|周|例|平|:|的天")


def reading_end(text: str, start: int) -> int | None:
    """Where the reading that begins at `start` ends, when a person should look at it; `text` is normalised."""
    if text.startswith("血氧", start):
        oxygen = _OXYGEN.match(text, start)
        return oxygen.end() if oxygen and int(oxygen["percent"]) < LOW_OXYGEN else None
    found = _TEMPERATURE.match(text, start)
    if found is None:
        return None
    degrees = _degrees(found)
    before = text[max(0, start - _SIGHT) : start].rpartition(_END)[2]
    around = before[-_NEAR:] + text[found.end() : found.end() + _NEAR].partition(_END)[0]
    if (
        degrees < LASTING_FEVER
        or not _is_body(found, text, before[-_NEXT:], around)
        or _NOT_REACHED.search(before[-5:])
    ):
        return None
    if degrees < FEVER and not (_LASTING.search(around) or _WEAK.search(before + around)):
        return None
    return found.end()


def _degrees(found: re.Match[str]) -> float:
    tenth = _tenth(found) or ("5" if found["more"] else "0")
    whole = found["whole"]
    return (_WHOLE[whole] if whole in _WHOLE else int(whole)) + (
        _DIGITS.get(tenth) or int(_DIGITS.get(tenth, tenth))
    ) / 10


def _tenth(found: re.Match[str]) -> str | None:
    return found["point"] or found["spoken"] or (found["behind"] if found["unit"] else None)


def _is_body(found: re.Match[str], text: str, before: str, around: str) -> bool:
    """Not an angle, the weather or a count: to the tenth of a degree, or fever is spoken of."""
    if _COUNTED.match(text, found.end()) or _OTHER_SCALE.search(before):
        return False
    if _FEVERISH.search(around):
        return found["unit"] is not None or found["more"] is not None or _tenth(found) is not None or "烧到" in before
    return found["unit"] is not None and _tenth(found) is not None and not _OTHER_SCALE.search(around)
