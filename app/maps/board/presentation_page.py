"""All that the map's page shows, for the page itself and for the part of it that is fetched again."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.charts.points import Layout
from app.curves import hardest
from app.curves import queries as curve_queries
from app.curves.drawing import draw
from app.curves.service import Curve, CurvePoint
from app.maps.board import queries, service, words
from app.maps.board.looks import Board, Viewer
from app.maps.board.presentation import BoardLook, Flags, look_of
from app.maps.board.presentation_curve import paper_curve
from app.maps.board.schemas import MOST_TEXT
from app.maps.ecosystem import queries as ecosystem_queries
from app.maps.ecosystem import service as ecosystem
from app.participants.consents import may_be_quoted
from app.studies import queries as studies
from app.studies.access import RESEARCHERS, StudyAccess
from app.web.csrf import token_for
from app.web.i18n import choose_language, current_language, translate
from app.web.i18n import mark as _

FORMAT: Final = 1
LAYOUTS: Final[tuple[Layout, ...]] = ("wide", "narrow")
SCRIPT_WORDS: Final = {
    "saved": _("都存好了"),
    "saving": _("正在存…"),
    "offline": _("没有网络，%(n)s 处还没存下，会一直再试"),
    "stale": _("有一处别人也改了，请选一下"),
    "refused": _("有一处没能存下"),
    "removed": _("拿掉了“%(note)s”"),
    "undo": _("撤销"),
    "again": _("再试一次"),
    "signed_out": _("您已经退出登录。请在另一个窗口登录，再回来重试；写的都还在这里。"),
    "gone": _("这张地图或这一条已经不在了。"),
    "placeholder": _("写一句"),
    "writing": _("正在写"),
    "was_removed": _("（拿掉了）"),
    "quote_only": _("（只留原话）"),
    "offline_panel": _("现在连不上，没有存下。请稍后再按一次；写的都还在。"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A map as somebody looks at it, with what they may do; ``tag`` changes with all that the grid shows."""

    access: StudyAccess
    board: Board
    flags: Flags
    tag: str
    unquotable: frozenset[UUID]

    @property
    def base(self) -> str:
        """Where the addresses of the map begin."""
        return f"/studies/{self.access.study.slug}/map"

    @property
    def may_edit(self) -> bool:
        """Whether this map may be changed by who looks."""
        board = self.board
        stands = board.map is not None and board.map.retired_at is None and board.number is None
        return stands and self.access.can(RESEARCHERS)

    @property
    def look(self) -> BoardLook:
        """The grid under the curve."""
        return look_of(self.board, self.flags, base=self.base)


def shown(
    request: Request, session: Session, access: StudyAccess, map_id: UUID | None, number: int | None = None
) -> Shown:
    """Return the map ``map_id`` (or the first, or what is proposed) as the actor may see it. NotFound."""
    current_language.set(choose_language(request, access.study.language))
    state, viewer = request.app.state, service.viewer_of(session, access)
    board = service.board(session, state.matrices, state.scenes, viewer, map_id, number=number)
    tag = tag_of(request, session, access, viewer, map_id, number)
    return Shown(access, board, _flags(request, session, board, viewer), tag, _unquotable(session, access, board))


def tag_of(
    request: Request, session: Session, access: StudyAccess, viewer: Viewer, map_id: UUID | None, number: int | None
) -> str:
    """Return the ETag of the grid, cheap enough to ask for every few seconds."""
    study_id = access.study.id
    facts = service.maps_of(session, study_id, retired=True)
    expected = [(one.axis, one.position, one.version) for one in queries.expectations(session, study_id)]
    support = [(line.id, line.removed_at) for line, _code in ecosystem_queries.support_of(session, study_id)]
    protocol = studies.protocol(session, study_id)
    basis = (
        FORMAT,
        [(one.id, one.revision, one.retired_at) for one in facts],
        (map_id, number, access.role, viewer.text, viewer.sight.consents is not None),
        (expected, support, protocol.revision, protocol.study.coder_version),
        curve_queries.revisions(session, study_id).by_slot,
        choose_language(request, access.study.language),
    )
    return f'"{hashlib.sha256(repr(basis).encode()).hexdigest()[:32]}"'


def said_of(request: Request, session: Session, shown: Shown) -> tuple[str, str]:
    """Return the finding in a few words and in sentences, by days where stages alone cannot tell it."""
    board, viewer = shown.board, service.viewer_of(session, shown.access)
    curve = board.curve
    whose_curve = service.Columns(
        session, request.app.state.matrices, viewer, board.protocol, curve.segment, curve.wave
    )
    by_day = whose_curve.curve("day")
    days = hardest.hardest_days(curve, by_day, board.protocol.stages)
    return hardest.headline(curve, days), hardest.summary(curve, by_day, days)


def charts_of(shown: Shown) -> list[Markup]:
    """Return the curve for a desk, a phone and paper, over what is expected (or aimed at) as a pale one."""
    behind = aimed_at(shown.board)
    href = _behind_point(shown) if shown.board.text else None
    drawn = [draw(shown.board.curve, layout=layout, href=href, behind=behind) for layout in LAYOUTS]
    return [*drawn, paper_curve(shown.board.curve, behind)]


def aims_of(board: Board) -> str:
    """Return what the pale curve is, or nothing where there is none."""
    if aimed_at(board) is None:
        return ""
    return translate(_("点线是想做到的样子。")) if _is_to_be(board) else translate(_("点线是人们期望的样子。"))


def doubts_of(shown: Shown) -> list[str]:
    """Return what is wrong, doubtful or missing, in a sentence each: support, gap, evidence."""
    flagged = [
        translate(_("%(name)s：%(said)s。")) % {"name": words.quoted(one.stage.name), "said": said}
        for one in shown.board.stages
        if (said := shown.flags.support.get(one.stage.id))
    ]
    others = (words.widest_gap(shown.board), words.missing_words(shown.board))
    return [*flagged[:2], *(one for one in others if one)]


def grid_context(shown: Shown) -> dict[str, Any]:
    """Return what the template of the grid takes."""
    return {
        "study": shown.access.study,
        "actor": shown.access.actor,
        "board": shown.board,
        "look": shown.look,
        "tag": shown.tag,
        "base": shown.base,
        "may_edit": shown.may_edit,
    }


def script_state(request: Request, shown: Shown) -> dict[str, Any]:
    """Return what the page's script takes: addresses, the token of its forms, and its sentences."""
    board, slug = shown.board, shown.access.study.slug
    cells = ""
    if board.map is not None and board.number is None:
        cells = f"{shown.base}/cells?{urlencode({'map': str(board.map.id)})}"
    return {
        "api": f"/api/v1/studies/{slug}/maps/{board.map.id}/notes" if board.map else "",
        "cells": cells,
        "csrf": token_for(request),
        "may_edit": shown.may_edit,
        "most_text": MOST_TEXT,
        "words": {name: translate(said) for name, said in SCRIPT_WORDS.items()},
    }


def whose(shown: Shown) -> Sequence[tuple[UUID, UUID]]:
    """Return of the quotes that stand in cells, for want of own words, whose they are and where they stand."""
    first = [note.quotes[0] for note in shown.board.notes if not note.own and note.quotes]
    return [(one.said.participant_id, one.said.source_id) for one in first]


def _flags(request: Request, session: Session, board: Board, viewer: Viewer) -> Flags:
    found = ecosystem.support(
        session,
        request.app.state.matrices,
        board.protocol.study.id,
        segment=board.curve.segment,
        wave=board.curve.wave,
        anonymous=not viewer.text,
        personal=False,
    )
    return Flags({one.stage.id: words.mismatch_words(one) for one in found.mismatches})


def _unquotable(session: Session, access: StudyAccess, board: Board) -> frozenset[UUID]:
    quotable = may_be_quoted(session, access.study.id)
    if quotable is None:
        return frozenset()
    people = {quote.said.participant_id for note in board.notes for quote in note.quotes}
    return frozenset(people - quotable)


def _behind_point(shown: Shown) -> Any:
    curve, slug = shown.board.curve, shown.access.study.slug
    asked = {name: value for name, value in (("segment", curve.segment), ("wave", curve.wave)) if value}
    return lambda point: f"/studies/{slug}/quotes?{urlencode({**asked, 'key': point.key})}"


def _is_to_be(board: Board) -> bool:
    return board.map is not None and board.map.kind == "to_be"


def aimed_at(board: Board) -> Curve | None:
    """Return what a to-be map aims at, or what is expected, as a curve over the same stages; None where nothing is."""
    if _is_to_be(board):
        aims = {one.stage.key: one.target.sentiment for one in board.stages if one.target}
    else:
        aims = {one.stage.key: one.gap.expected for one in board.stages if one.gap}
    if not any(aim is not None for aim in aims.values()):
        return None
    return replace(
        board.curve, valley=(), peak=(), points=tuple(_aim(point, aims.get(point.key)) for point in board.curve.points)
    )


def _aim(point: CurvePoint, aim: float | None) -> CurvePoint:
    return replace(
        point, estimate=aim, lower=None, upper=None, band_lower=None, band_upper=None, enough=True, suppressed=False
    )


DONE: Final[dict[str, str]] = {
    "made": _("留下了，可以开始改。"),
    "kept": _("留好了一版。"),
    "proposed": _("把新说到的添进来了。"),
    "nothing": _("没有新的可添。"),
    "restored": _("放回去了。刚才的样子也留了一版。"),
    "changed": _("改好了。"),
}
