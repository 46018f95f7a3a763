"""Two groups to compare: segments, waves or sources, named in one word each so that an address can be shared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from app.curves.errors import NoSuchGroup
from app.curves.questions import CurveQuestion, SourceName
from app.studies.protocol import StudyProtocol
from app.web.i18n import mark as _
from app.web.i18n import translate

EVERYBODY = "all"
MOST_VALUES = 12
SOURCE_WORDS: Mapping[SourceName, str] = {
    "diary": _("日记"),
    "interview": _("访谈"),
    "observer": _("团队观察"),
    "self_report": _("自己选的心情"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """One side of a comparison: how addresses name it (``wave:before``) and how people do."""

    token: str
    name: str
    kind: str


def group_of(protocol: StudyProtocol, token: str) -> Group:
    """Return the group that ``token`` names: ``segment:attribute:value``, ``wave:key``, ``source:name`` or ``all``.

    Raises NoSuchGroup where it names none. Whether the attribute exists is seen when its people are looked up.
    """
    kind, _colon, rest = token.partition(":")
    if token == EVERYBODY:
        return Group(token, translate(_("所有人")), EVERYBODY)
    if kind == "segment" and rest.partition(":")[2]:
        return Group(token, rest.partition(":")[2], kind)
    wave = protocol.wave(rest) if kind == "wave" else None
    if wave is not None:
        return Group(token, wave.name, kind)
    if kind == "source" and rest in get_args(SourceName):
        return Group(token, translate(SOURCE_WORDS[_source(rest)]), kind)
    raise NoSuchGroup()


def asked_of(group: Group, common: CurveQuestion) -> CurveQuestion:
    """Return the question of one side: the common one, of that group."""
    rest = group.token.partition(":")[2]
    if group.kind == "segment":
        return replace(common, segment=rest)
    if group.kind == "wave":
        return replace(common, wave=rest)
    if group.kind != "source":
        return common
    if rest == "self_report":
        return replace(common, score="mood", source=None)
    return replace(common, source=_source(rest), score="corrected" if common.score == "mood" else common.score)


def groups_of(protocol: StudyProtocol, values: Mapping[str, set[str]]) -> Sequence[tuple[str, Sequence[Group]]]:
    """Return what a study can be compared by, each kind with its groups: waves, the ``values`` of attributes, sources."""
    offered: list[tuple[str, Sequence[Group]]] = []
    if protocol.waves:
        offered.append((translate(_("轮次")), [group_of(protocol, f"wave:{one.key}") for one in protocol.waves]))
    for attribute, known in sorted(values.items()):
        # An attribute that differs from person to person (a name, a remark) makes no groups.
        if 1 < len(known) <= MOST_VALUES:
            offered.append((attribute, [group_of(protocol, f"segment:{attribute}:{one}") for one in sorted(known)]))
    offered.append((translate(_("谁说的")), [group_of(protocol, f"source:{one}") for one in SOURCE_WORDS]))
    offered.append((translate(_("全部")), [group_of(protocol, EVERYBODY)]))
    return offered


def usual_pair(protocol: StudyProtocol, counts: Mapping[str, Mapping[str, int]]) -> tuple[str, str]:
    """Return the two groups to show to whoever names none: the first two waves; else of the attributes that make groups
    the two largest where the smaller is the largest; else two sources. ``counts`` are people by attribute and value."""
    if len(protocol.waves) > 1:
        return f"wave:{protocol.waves[0].key}", f"wave:{protocol.waves[1].key}"
    pairs = []
    for attribute, values in sorted(counts.items()):
        if 1 < len(values) <= MOST_VALUES:
            (_most, larger), (fewer, smaller) = sorted((-people, value) for value, people in values.items())[:2]
            pairs.append((fewer, f"segment:{attribute}:{larger}", f"segment:{attribute}:{smaller}"))
    return min(pairs)[1:] if pairs else ("source:diary", "source:interview")


def _source(name: str) -> SourceName:
    return next(one for one in SOURCE_WORDS if one == name)
