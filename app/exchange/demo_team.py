"""Putting down what a demo's team knows, plans and found out, through the services that pages and programs use.

Ids are made of the study and a key, so that a load that was cut off goes on without doubling anything.
"""

import secrets
from collections.abc import Iterable, Sequence
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app.accounts.queries import user_by_login
from app.accounts.service import create_user
from app.exchange import queries
from app.exchange.demo_shapes import (
    AsIsIn,
    ColleagueIn,
    ImprovementFileIn,
    InsightFileIn,
    MeasureIn,
    QuoteIn,
    ResultFileIn,
    TeamFile,
    TeamNote,
    ToBeIn,
)
from app.maps.board import maps, notes, proposing, targets, versions
from app.maps.board.schemas import NewMap, NewNote
from app.maps.ecosystem import service as ecosystem
from app.maps.groups import personas, plans, votes
from app.maps.groups.schemas import NewPersona
from app.maps.insights import improving, outcomes, standing
from app.maps.insights import service as insights
from app.maps.insights.schemas import NewImprovement, NewInsight, NewResult, StepIn
from app.maps.service import KeptScenes
from app.participants import relation
from app.participants.relation import MeasureGiven
from app.participants.sight import everyone
from app.studies import membership
from app.studies import queries as studies
from app.studies.access import StudyAccess

SUPPORT = "support"
AS_IS = "map:as_is"
TO_BE = "map:to_be"


class TeamWork:
    """Puts down, in the study of ``access``, what a team file says, step by step."""

    def __init__(self, session: Session, access: StudyAccess) -> None:
        self._session = session
        self._access = access
        self._study_id = access.study.id
        self._sight = everyone(access.study.id)
        self._protocol = studies.protocol(session, access.study.id)

    def put_down(self, team: TeamFile) -> None:
        """Put down all of it."""
        for colleague in team.colleagues:
            self._welcome(colleague)
        self._know(team)
        self._group(team)
        self._draw(team.as_is, team.to_be)
        for insight in team.insights:
            self._find(insight)
        for improvement in team.improvements:
            self._improve(improvement)
        for result in team.results:
            self._measure(result)
        if team.programme is not None:
            seen = standing.programme(self._session, self._study_id).version
            standing.set_programme(self._session, self._access, team.programme, seen=seen)

    def _id(self, kind: str, key: str) -> UUID:
        return uuid5(self._study_id, f"{kind}:{key}")

    def _touchpoint(self, place: str) -> UUID:
        stage_key, _, key = place.partition("/")
        stage = self._protocol.stage(stage_key)
        found = self._protocol.touchpoint(stage.id, key) if stage else None
        if found is None:
            raise ValueError(f"the demo's own touchpoint: {place}")
        return found.id

    def _spans(self, quotes: Iterable[QuoteIn]) -> list[dict[str, object]]:
        return [self._span(one) for one in quotes]

    def _span(self, quote: QuoteIn) -> dict[str, object]:
        for statement_id, text in queries.said_by(self._session, self._study_id, quote.person):
            if quote.words in text:
                start = text.index(quote.words)
                return {"statement": statement_id, "start": start, "end": start + len(quote.words)}
        raise ValueError(f"the demo's own quotation of {quote.person} stands in none of their entries")

    def _welcome(self, colleague: ColleagueIn) -> None:
        if user_by_login(self._session, colleague.login) is None:
            create_user(
                self._session, colleague.login, colleague.name, secrets.token_urlsafe(32), by=self._access.actor.label
            )
        membership.set_role(self._session, self._access.actor, self._study_id, colleague.login, colleague.role)

    def _know(self, team: TeamFile) -> None:
        actor = self._access.actor
        for place, facts in team.facts.items():
            touchpoint = self._touchpoint(place)
            ecosystem.put_facts(self._session, actor, self._study_id, touchpoint, facts, seen_version=0)
        for number, line in enumerate(team.support):
            support_id = self._id(SUPPORT, str(number))
            ecosystem.give_support(self._session, actor, self._study_id, line, support_id=support_id)
        for place, expected in team.expectations.items():
            stage, _, touchpoint_key = place.partition("/")
            targets.put_expectation(self._session, self._access, stage, touchpoint_key or None, expected, 0)

    def _group(self, team: TeamFile) -> None:
        actor = self._access.actor.label
        for one in team.personas:
            said = one.model_dump(exclude={"key", "quotes"})
            given = NewPersona(
                id=self._id("persona", one.key),
                **said | {"goals": list(one.goals), "worries": list(one.worries)},
                quotes=self._spans(one.quotes),
            )
            personas.add(self._session, actor, self._sight, given)
        for phase, plan in team.phases.items():
            plans.set_plan(self._session, actor, self._sight, phase, plan, version=0)
        for login, ballot in team.votes.items():
            user = user_by_login(self._session, login)
            if user is None:
                raise ValueError(f"the demo's own account: {login}")
            points = {self._touchpoint(place): n for place, n in ballot.items()}
            votes.cast(self._session, f"user:{user.id}", self._study_id, user.id, points)

    def _draw(self, as_is: AsIsIn | None, to_be: ToBeIn | None) -> None:
        if as_is is None:
            return
        made = self._map(NewMap(id=self._id(AS_IS, ""), title=as_is.title, wave=as_is.wave))
        if as_is.propose:
            proposing.propose(self._session, KeptScenes(), self._access, made)
        self._notes(made, as_is.notes)
        if to_be is not None:
            self._aim(made, to_be)
        if as_is.kept:
            versions.keep(self._session, self._access, made, as_is.kept)

    def _aim(self, as_is_id: UUID, to_be: ToBeIn) -> None:
        shape = NewMap(id=self._id(TO_BE, ""), title=to_be.title, wave=to_be.wave, kind="to_be", as_is=as_is_id)
        made = self._map(shape)
        for key in to_be.without:
            copy = maps.descendant(made, self._id("note", key))
            notes.remove(self._session, self._access, made, copy, 1)
        self._notes(made, to_be.notes)
        for stage, target in to_be.targets.items():
            targets.put_target(self._session, self._access, made, stage, target, 0)

    def _map(self, given: NewMap) -> UUID:
        return maps.create(self._session, self._access, given)[0].id

    def _notes(self, map_id: UUID, those: Sequence[TeamNote]) -> None:
        for one in those:
            said = one.model_dump(exclude={"key", "quotes"})
            given = NewNote(id=self._id("note", one.key), **said, quotations=self._spans(one.quotes))
            notes.add(self._session, self._access, map_id, given)

    def _find(self, one: InsightFileIn) -> None:
        insight_id = self._id("insight", one.key)
        given = NewInsight(
            id=insight_id,
            **one.model_dump(exclude={"key", "quotes", "steps"}),
            owner=self._access.actor.login,
            quotes=self._spans(one.quotes),
        )
        look, _ = insights.add_insight(self._session, self._access, self._sight, given)
        for state, note in one.steps.items():
            step = StepIn(id=self._id("step", f"{one.key}:{state}"), state=state, note=note)
            look = insights.move_insight(self._session, self._access, self._sight, insight_id, step, seen=look.version)

    def _improve(self, one: ImprovementFileIn) -> None:
        given = NewImprovement(
            id=self._id("improvement", one.key),
            **one.model_dump(exclude={"key", "insight"}),
            insight=self._id("insight", one.insight) if one.insight else None,
            owner=self._access.actor.login,
        )
        improving.add_improvement(self._session, self._access, given)

    def _measure(self, one: ResultFileIn) -> None:
        improvement = self._id("improvement", one.improvement) if one.improvement else None
        shape = {"id": self._id("result", one.key), "improvement": improvement, **one.figures}
        outcomes.add_result(self._session, self._access, NewResult.model_validate(shape))


def define_measures(session: Session, access: StudyAccess, measures: Sequence[MeasureIn]) -> None:
    """Define the outcomes that the demo's sheet gives values of."""
    for one in measures:
        relation.define_measure(session, access.actor.label, access.study.id, MeasureGiven(**one.model_dump()))


def put_down(session: Session, access: StudyAccess, team: TeamFile) -> None:
    """Put down in the study of ``access`` what ``team`` says. ValueError where the file names what is not there."""
    TeamWork(session, access).put_down(team)
