"""The page of agreement: how far coders agree and the machine with them, and the statements on which it does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from app.coding import agreement_words as words
from app.coding.agreement_api import Asked, AskedMachine
from app.coding.agreement_cells import Cell, lying
from app.coding.agreement_errors import BlindWorkOpen
from app.coding.agreement_machine import CUTS, MachineAgreement, MachineQuestion, machine_agreement
from app.coding.agreement_plot import measure_svg, scale_svg
from app.coding.agreement_study import Agreement, AgreementQuestion, sees_words, study_agreement
from app.coding.codebook_colours import readable
from app.participants.consents import may_be_quoted
from app.statements.words import day_words
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, InStudy, StudyAccess
from app.studies.protocol import StudyProtocol
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _
from app.web.pages import render
from app.web.paging import decode_cursor, encode_cursor
from nlp.adapted import NAME as ADAPTED

router = APIRouter(include_in_schema=False)

Seen = Annotated[StudyAccess, Depends(InStudy())]
ReadsAll = Annotated[StudyAccess, Depends(InStudy(*RESEARCHERS))]
MOST_STAGE: Final = 40
UNITS: Final = (("text", _("逐字")), ("statement", _("逐条")))
CUT_NAMES: Final = (("five", _("五档")), ("three", _("三类")))
WEIGHTS: Final = ((False, _("每条算一条")), (True, _("按抽样概率加权")))
WRITERS: Final = {
    "number": words.number,
    "percent": words.percent,
    "bounds": words.bounds,
    "lack_words": words.lack_words,
    "why_low": words.why_low,
    "measure_svg": measure_svg,
    "scale_svg": scale_svg,
    "readable": readable,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to look: its words, its address, and whether it is the one at hand."""

    words: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class TableCell:
    """One cell of man against machine; without ``href`` where no statement lies."""

    count: int
    same: bool
    href: str | None


@router.get("/studies/{slug}/agreement")
def agreement_page(request: Request, access: Seen, asked: Asked, machine: AskedMachine) -> Response:
    current_language.set(choose_language(request, access.study.language))
    context: dict[str, Any] = {"study": access.study, "actor": access.actor, "here": "coding", "tab": "agreement"}
    with request.app.state.database.read() as session:
        try:
            context |= _looked(session, access, asked, machine)
        except BlindWorkOpen as refused:
            context |= {"found": None, "left": refused.parameters["n"]}
    return render(request, "coding/agreement.html", context, language=access.study.language)


@router.get("/studies/{slug}/agreement/statements")
def cell_page(
    request: Request,
    access: ReadsAll,
    asked: AskedMachine,
    human: Annotated[int, Query(ge=-2, le=2)],
    machine: Annotated[int, Query(ge=-2, le=2)],
    after: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    with request.app.state.database.read() as session:
        page = lying(session, access, asked, Cell(human, machine), after=decode_cursor(after))
        protocol = studies.protocol(session, access.study.id)
        quotable = may_be_quoted(session, access.study.id)
    request.app.state.readings.note(access, page.whose())
    names = words.LEVEL_NAMES[asked.cut]
    address = _cell_address(access, asked, human, machine)
    context = {
        "study": access.study,
        "actor": access.actor,
        "here": "coding",
        "tab": "agreement",
        "page": page,
        "human": names[human],
        "machine": names[machine],
        "back": _address(access, AgreementQuestion(stage=asked.stage), asked) + "#machine",
        "next": f"{address}&after={encode_cursor(page.rows[-1].quoted.id)}" if page.more else None,
        "first": address if after else None,
        "quotable": quotable,
        "stage_names": {stage.key: stage.name for stage in protocol.stages},
        "zone": protocol.study.time_zone,
        "anchor": protocol.study.anchor_label,
        "day_words": day_words,
    }
    return render(request, "coding/agreement_statements.html", context, language=access.study.language)


def _looked(
    session: Session, access: StudyAccess, asked: AgreementQuestion, machine: MachineQuestion
) -> dict[str, Any]:
    found = study_agreement(session, access, asked)
    compared = machine_agreement(session, access, machine)
    return {
        **WRITERS,
        "found": found,
        "heading": words.headline(found),
        "summary": words.sentence(found),
        "stages": _stage_choices(access, found.protocol, asked, machine),
        "pairs": _pair_choices(access, found, asked, machine),
        "units": [Choice(name, _address(access, asked, machine, unit=key), asked.unit == key) for key, name in UNITS],
        "few": words.FEW,
        "reads_all": access.can(RESEARCHERS),
        "download": f"/api/v1/studies/{access.study.slug}/agreement.csv{_query(asked, machine)}",
        **_machine(access, asked, machine, compared),
    }


def _machine(
    access: StudyAccess, asked: AgreementQuestion, machine: MachineQuestion, found: MachineAgreement | None
) -> dict[str, Any]:
    if found is None:
        return {"machine": None}
    names = words.LEVEL_NAMES[machine.cut]
    return {
        "machine": found,
        "machine_summary": words.machine_sentence(found),
        "level_names": [names[level] for level in CUTS[machine.cut]],
        "table": _table(access, found),
        "adapted": access.study.coder == ADAPTED,
        "cuts": [
            Choice(name, _address(access, asked, machine, cut=key) + "#machine", machine.cut == key)
            for key, name in CUT_NAMES
        ],
        "weights": [
            Choice(name, _address(access, asked, machine, weighted=key) + "#machine", machine.weighted == key)
            for key, name in WEIGHTS
        ],
    }


def _table(access: StudyAccess, found: MachineAgreement) -> list[tuple[str, list[TableCell], int]]:
    """Return a row for each level of people: its name, its cells, and how many statements it has."""
    if found.counts is None or not found.statements:
        return []
    asked = found.question
    levels, names = CUTS[asked.cut], words.LEVEL_NAMES[asked.cut]
    opens = sees_words(access)
    return [
        (
            names[human],
            [
                TableCell(
                    int(count),
                    human == machine,
                    _cell_address(access, asked, human, machine) if count and opens else None,
                )
                for machine, count in zip(levels, row, strict=True)
            ],
            int(row.sum()),
        )
        for human, row in zip(levels, found.counts, strict=True)
    ]


def _query(asked: AgreementQuestion, machine: MachineQuestion, **changes: object) -> str:
    values: Mapping[str, object] = {
        "stage": asked.stage,
        "pair": asked.pair,
        "unit": asked.unit,
        "cut": machine.cut,
        "weighted": machine.weighted,
        **changes,
    }
    usual = {"unit": "text", "cut": "five"}
    told = {
        name: "1" if value is True else value for name, value in values.items() if value and usual.get(name) != value
    }
    return f"?{urlencode(told)}" if told else ""


def _address(access: StudyAccess, asked: AgreementQuestion, machine: MachineQuestion, **changes: object) -> str:
    return f"/studies/{access.study.slug}/agreement{_query(asked, machine, **changes)}"


def _cell_address(access: StudyAccess, asked: MachineQuestion, human: int, machine: int) -> str:
    told: dict[str, object] = {"human": human, "machine": machine, "cut": asked.cut}
    if asked.stage:
        told["stage"] = asked.stage
    return f"/studies/{access.study.slug}/agreement/statements?{urlencode(told)}"


def _stage_choices(
    access: StudyAccess, protocol: StudyProtocol, asked: AgreementQuestion, machine: MachineQuestion
) -> list[Choice]:
    everything = Choice(translate(_("所有阶段")), _address(access, asked, machine, stage=None), asked.stage is None)
    return [
        everything,
        *(
            Choice(one.name, _address(access, asked, machine, stage=one.key), asked.stage == one.key)
            for one in protocol.stages
        ),
    ]


def _pair_choices(
    access: StudyAccess, found: Agreement, asked: AgreementQuestion, machine: MachineQuestion
) -> Sequence[Choice]:
    """Return the pairs to choose from; nothing where there is only one."""
    if len(found.coders) < 3:
        return []
    return [
        Choice(translate(_("所有编码者")), _address(access, asked, machine, pair=None), asked.pair is None),
        *(
            Choice(
                " × ".join(found.coders[one] for one in pair),
                _address(access, asked, machine, pair=key),
                asked.pair == key,
            )
            for pair, key in found.pairs.items()
        ),
    ]
