"""The code tree of a project: the study's codebook, and branches of our own for stages, scores and models."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from app.coding.codebook_queries import CodeFacts
from app.exchange.refi import names
from app.exchange.refi.names import described, guid
from app.exchange.refi.statements import Used
from app.exchange.refi.xml import element, references, words
from app.studies.protocol import StudyProtocol

GREY = "#7a7a7a"
CODE_MEMO = "code memo"


def code_tree(
    codes: Sequence[CodeFacts], protocol: StudyProtocol, used: Used, notes: dict[tuple[str, UUID | None], list[UUID]]
) -> str:
    """Return the Codes element."""
    below: dict[UUID | None, list[CodeFacts]] = defaultdict(list)
    known = {code.id for code in codes}
    for code in codes:
        below[code.parent_id if code.parent_id in known else None].append(code)
    own = [_written(code, below, notes) for code in below[None]]
    return element("Codes", None, *own, _stages(protocol), _people(used), _machines(used))


def code_memo(code: CodeFacts) -> UUID:
    """Return the note that a code's memo is."""
    return guid(CODE_MEMO, code.id)


def stage_set(protocol: StudyProtocol) -> str:
    """Return the set of the stages' codes: a code group, for programs that know such."""
    members = references("MemberCode", (names.stage_code(stage.key) for stage in protocol.stages))
    return element("Set", {"guid": guid("set", "stages"), "name": "旅程阶段 stages"}, members)


def _written(
    code: CodeFacts, below: dict[UUID | None, list[CodeFacts]], notes: dict[tuple[str, UUID | None], list[UUID]]
) -> str:
    facts = {"examples": list(code.examples) or None, "shortcut": code.shortcut}
    memos = [*([code_memo(code)] if code.memo else []), *notes.get(("code", code.id), ())]
    given = {
        "guid": code.id,
        "name": code.name,
        "isCodable": "true" if code.retired_at is None else "false",
        "color": code.colour,
    }
    return element(
        "Code",
        given,
        words("Description", described(names.writable(code.description), facts)),
        references("NoteRef", memos),
        *(_written(child, below, notes) for child in below[code.id]),
    )


def _branch(code: UUID, name: str, children: Iterable[str]) -> str:
    return element("Code", {"guid": code, "name": name, "isCodable": "false", "color": GREY}, *children)


def _leaf(code: UUID, name: str, colour: str = GREY, description: str = "") -> str:
    given = {"guid": code, "name": name, "isCodable": "true", "color": colour}
    return element("Code", given, words("Description", description))


def _stages(protocol: StudyProtocol) -> str:
    leaves = (
        _leaf(names.stage_code(one.key), one.name, description=described("", {"key": one.key}))
        for one in protocol.stages
    )
    return _branch(names.STAGES, "旅程阶段 stages", leaves)


def _people(used: Used) -> str:
    scores = (
        _leaf(names.sentiment_code(value), names.SENTIMENT_NAMES[value], colour)
        for value, colour in names.SENTIMENTS.items()
    )
    emotions = (_leaf(names.emotion_code(label), label) for label in sorted(used.emotions))
    branches = _branch(names.HUMAN_SENTIMENT, "情感 sentiment", scores)
    return branches + (_branch(names.HUMAN_EMOTIONS, "情绪 emotions", emotions) if used.emotions else "")


def _machines(used: Used) -> str:
    """Return what models said, under a code of its own, so that nobody takes it for people's codes."""
    if not used.models:
        return ""
    models = []
    for version in sorted(used.models):
        labels = [
            _leaf(names.machine_code(version, "sentiment", label), name)
            for label, name in names.LABELS.items()
            if (version, label) in used.machine_labels
        ]
        emotions = [
            _leaf(names.machine_code(version, "emotion", label), label)
            for model, label in sorted(used.machine_emotions)
            if model == version
        ]
        models.append(_branch(guid("branch", "model", version), version, [*labels, *emotions]))
    return _branch(names.MACHINE, "机器编码 machine", models)
