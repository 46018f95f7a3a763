"""How many times as often people came back in one group as in another. Observed, never tried: the word stands with it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.maps.ecosystem.grounds import Ground
from app.maps.groups import footing, lifecycle, queries
from app.maps.groups.errors import UnknownSplit
from app.maps.groups.footing import K_ANONYMOUS
from app.maps.groups.phases import Happened, came_again
from app.maps.groups.ratios import Ratio, risk_ratio
from app.participants import relation_queries
from app.participants.relation_models import CONTACT, PURCHASE, REFERRAL, VISIT

AGAIN: Final = (PURCHASE, VISIT)
SUPPORT: Final = "support"


@dataclass(frozen=True, slots=True)
class Groups:
    """Two groups of people. ``split`` names how they were told apart; ``label`` is the stage or the value it was done by."""

    split: str
    label: str
    one: frozenset[UUID]
    other: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Repurchase:
    """The ratio of two rates. ``outcome`` is what was counted: purchase, visit, referral, or a measure's key.

    ``ratio`` is None where too few to tell, or nothing is known. ``apart`` people are in neither group, or of unknown
    outcome; None where too few to tell.
    """

    outcome: str
    outcome_name: str
    split: str
    label: str
    ratio: Ratio | None
    apart: int | None
    suppressed: bool


def compare(
    session: Session,
    ground: Ground,
    study_id: UUID,
    *,
    as_of: date,
    outcome: str | None = None,
    split: str | None = None,
    anonymous: bool,
) -> Repurchase | None:
    """Return the ratio for an outcome and a split, or for the usual ones; None where nothing is known of anybody.

    UnknownSplit for what the study cannot be split or counted by.
    """
    events = lifecycle.happened(session, study_id)
    chosen = outcome or usual_outcome(events, as_of)
    name, happened = outcomes_of(session, study_id, chosen, events, as_of)
    chosen_split = split or usual_split(ground, contacted(session, study_id, events, as_of), happened.keys())
    groups = split_of(session, ground, study_id, chosen_split, events, as_of)
    if not happened or groups is None:
        return None
    counted = [
        (sum(happened[one] for one in those & happened.keys()), len(those & happened.keys()))
        for those in (groups.one, groups.other)
    ]
    apart = len(happened) - counted[0][1] - counted[1][1]
    few = anonymous and (min(n for _, n in counted) < K_ANONYMOUS or 0 < apart < K_ANONYMOUS)
    ratio = None if few else risk_ratio(*counted[0], *counted[1])
    return Repurchase(chosen, name, groups.split, groups.label, ratio, None if few else apart, suppressed=few)


def usual_outcome(events: Mapping[UUID, Sequence[Happened]], as_of: date) -> str:
    """Return what is counted unless asked: buying again where anybody ever did, else coming again."""
    bought = any(came_again(those, PURCHASE, as_of) for those in events.values())
    return PURCHASE if bought else VISIT


def usual_split(ground: Ground, reached: frozenset[UUID], known: Collection[UUID]) -> str:
    """Return how people are told apart unless asked: by a contact of their own, where there are people of a ``known``
    outcome with and without one; else by the stage where they suffer most."""
    with_contact = len(reached & set(known))
    if 0 < with_contact < len(known):
        return SUPPORT
    points = [point for point in ground.curve.points if point.estimate is not None and point.enough]
    lowest = min(points, key=lambda point: point.estimate or 0.0, default=None)
    return f"stage:{(lowest or ground.curve.points[0]).key}"


def contacted(
    session: Session, study_id: UUID, events: Mapping[UUID, Sequence[Happened]], as_of: date
) -> frozenset[UUID]:
    """Return who got support of their own, by the log, or was in contact by the records."""
    by_record = {
        person for person, those in events.items() if any(one.kind == CONTACT and one.on <= as_of for one in those)
    }
    return frozenset(queries.cared_for(session, study_id) | by_record)


def outcomes_of(
    session: Session, study_id: UUID, outcome: str, events: Mapping[UUID, Sequence[Happened]], as_of: date
) -> tuple[str, Mapping[UUID, bool]]:
    """Return the outcome's name, empty for events, and whether each person of whom it is known had it."""
    if outcome in AGAIN:
        again = {person: came_again(those, outcome, as_of) for person, those in events.items()}
        return "", {person: value for person, value in again.items() if value is not None}
    if outcome == REFERRAL:
        return "", {
            person: any(one.kind == REFERRAL and one.on <= as_of for one in those)
            for person, those in events.items()
            if any(one.on <= as_of for one in those)
        }
    measure = next((one for one in relation_queries.measures(session, study_id) if one.key == outcome), None)
    if measure is None or measure.kind != "yes_no":
        raise UnknownSplit()
    return measure.name, {
        person: value > 0 for person, value in relation_queries.values(session, study_id, outcome).items()
    }


def split_of(
    session: Session,
    ground: Ground,
    study_id: UUID,
    split: str,
    events: Mapping[UUID, Sequence[Happened]],
    as_of: date,
) -> Groups | None:
    """Return the two groups: lifted or in the valley at a stage, a segment and the others of its attribute, or people with
    and without a contact of their own. UnknownSplit."""
    if split == SUPPORT:
        everybody = frozenset(queries.codes(session, study_id))
        reached = contacted(session, study_id, events, as_of)
        return Groups(split, "", everybody & reached, everybody - reached)
    kind, _, name = split.partition(":")
    if kind == "stage":
        return _by_stage(ground, split, name)
    if kind == "segment":
        return _by_segment(session, study_id, split, name)
    raise UnknownSplit()


def _by_stage(ground: Ground, split: str, key: str) -> Groups:
    column = footing.column_of(ground, key)
    if column is None:
        raise UnknownSplit()
    felt = footing.means(ground.text)[:, column]
    lifted = _people(ground, np.flatnonzero(felt >= 0))
    return Groups(split, ground.curve.points[column].label, lifted, _people(ground, np.flatnonzero(felt < 0)))


def _by_segment(session: Session, study_id: UUID, split: str, name: str) -> Groups:
    attribute, _, value = name.partition(":")
    given = queries.attributes(session, study_id)
    having = {person: str(one[attribute]) for person, one in given.items() if attribute in one}
    if value not in having.values():
        raise UnknownSplit()
    inside = frozenset(person for person, own in having.items() if own == value)
    return Groups(split, value, inside, frozenset(having) - inside)


def _people(ground: Ground, rows: Collection[int]) -> frozenset[UUID]:
    return frozenset(ground.people[int(row)] for row in rows)
