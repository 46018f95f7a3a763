"""The demo studies, one for each template: people and diaries from a folder of ``demo/``, taken in as any user would.

What they say is written for demonstration: natural, and nobody's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sqlalchemy.orm import Session

from app.accounts.actors import StaffActor
from app.accounts.models import User
from app.audit.service import Change, record
from app.core.crypto import Keyring
from app.core.db import Database
from app.core.settings import Settings
from app.exchange import queries
from app.exchange.demo_care import CareWork
from app.exchange.demo_coders import Desk
from app.exchange.demo_coding import PLAN, prepare_coding
from app.exchange.demo_fieldwork_shapes import Fieldwork
from app.exchange.demo_interviews import gather
from app.exchange.demo_schedule import switch_on_schedule
from app.exchange.demo_shapes import TeamFile
from app.exchange.demo_team import define_measures, put_down
from app.exchange.entries import EntryImport, Refused
from app.exchange.newcomers import Rules
from app.exchange.relations import import_events, import_outcomes
from app.exchange.sheets import open_sheet
from app.participants import queries as participants
from app.participants.consents import QUOTES, consent_state, give_consent
from app.participants.roster import read_roster
from app.participants.service import enrol_roster
from app.studies import queries as studies
from app.studies.access import OWNER, StudyAccess
from app.studies.models import Study
from app.studies.schemas import StudyIn
from app.studies.service import add_wave, create_study
from app.web.i18n import mark as _
from app.web.i18n import translate

ACTOR = "cli"
LOADED = "demo.loaded"
FOLDER = Path(__file__).parent / "demo"
MOST_PEOPLE: Final = 1000
FIRST: Final = "dental_implant"
"""The template whose demo `xinlu demo` loads when none is named."""


@dataclass(frozen=True)
class DemoStudy:
    """A demo study: its template's ``key``, and how it is called and described, as sentences of the catalogue."""

    key: str
    title: str
    description: str

    @property
    def slug(self) -> str:
        """The name in its address."""
        return f"demo-{self.key.replace('_', '-')}"

    @property
    def folder(self) -> Path:
        """Where its people, diaries and what the team put down lie."""
        return FOLDER / self.key

    @cached_property
    def team(self) -> TeamFile:
        """What the team put down."""
        return TeamFile.model_validate_json((self.folder / "team.json").read_bytes())


DEMOS: Final[Mapping[str, DemoStudy]] = MappingProxyType(
    {
        one.key: one
        for one in (
            DemoStudy(
                FIRST,
                _("种植牙恢复日记"),
                _("演示用的研究：24 个人从知晓到分享的日记，内容是写出来的，不是真人的。"),
            ),
            DemoStudy(
                "joint_replacement",
                _("换关节以后"),
                _("演示用的研究：12 位换关节的人，从察觉到回到生活。内容是写出来的，不是真人的。"),
            ),
            DemoStudy(
                "property_service",
                _("报修与投诉"),
                _("演示用的研究：12 户人家的报修和投诉。内容是写出来的，不是真人的。"),
            ),
            DemoStudy(
                "parcel_delivery",
                _("寄一件快递"),
                _("演示用的研究：14 位寄件人，从选快递到理赔。内容是写出来的，不是真人的。"),
            ),
            DemoStudy(
                "bank",
                _("去银行办件事"),
                _("演示用的研究：8 位老年客户和 8 位青年客户办事的经过。内容是写出来的，不是真人的。"),
            ),
            DemoStudy(
                "retail",
                _("线上下单，到店取货"),
                _("演示用的研究：24 位顾客，从种草到退换。内容是写出来的，不是真人的。"),
            ),
            DemoStudy(
                "contact_centre",
                _("打一通客服电话"),
                _("演示用的研究：改进前 12 位、改进后 12 位来电客户。内容是写出来的，不是真人的。"),
            ),
            DemoStudy(
                "telecom",
                _("入网一年"),
                _("演示用的研究：20 位用户从选套餐到去留。内容是写出来的，不是真人的。"),
            ),
        )
    }
)


def open_demo(session: Session, demo: DemoStudy, user: User, settings: Settings) -> Study:
    """Return the demo's study, made unless it is there."""
    actor = actor_of(user)
    return studies.study_by_slug(session, demo.slug) or create_study(
        session,
        actor,
        StudyIn(
            title=translate(demo.title),
            slug=demo.slug,
            template=demo.key,
            description=translate(demo.description),
        ),
        default_coder=settings.coder,
    )


def is_loaded(session: Session, study: Study) -> bool:
    """Return whether the demo was loaded into ``study`` before."""
    return queries.logged(session, study.id, LOADED)


def load_into(database: Database, keyring: Keyring, demo: DemoStudy, study: Study, user: User) -> None:
    """Take people, waves, diaries and what the team put down into ``study``; cut off, it goes on when it is run again."""
    access = StudyAccess(study, actor_of(user), OWNER)
    with database.write() as session:
        _add_waves(session, access, demo)
        roster = read_roster((demo.folder / "participants.csv").read_bytes())
        enrol_roster(session, keyring, ACTOR, study, roster)
        define_measures(session, access, demo.team.measures)
    _take_in(database, keyring, demo, access)
    with database.write() as session:
        _let_quote(session, study)
        switch_on_schedule(session, ACTOR, study)
        fieldwork = Fieldwork(demo.folder)
        told = fieldwork.file
        prepare_coding(session, access.actor, study, demo.key, told.plan if told else PLAN)
        put_down(session, access, demo.team)
        if told is not None:
            gather(session, keyring, access, fieldwork, told)
            Desk(session, access, fieldwork, told).work()
        record(session, Change(ACTOR, LOADED, study.id))


def actor_of(user: User) -> StaffActor:
    """Return the demo's account as it acts."""
    return StaffActor(user.id, user.login, user.name, user.is_admin)


def _add_waves(session: Session, access: StudyAccess, demo: DemoStudy) -> None:
    known = {wave.key for wave in studies.protocol(session, access.study.id).waves}
    for wave in demo.team.waves:
        if wave.key not in known:
            add_wave(session, access.actor, access.study.id, wave)


def _take_in(database: Database, keyring: Keyring, demo: DemoStudy, access: StudyAccess) -> None:
    rules = Rules(known_only=True, paper_consent=True)
    importing = EntryImport(database, keyring, demo.slug, by=ACTOR, rules=rules)
    diaries = demo.folder / "diaries.csv"
    if demo.team.follow_ups:
        CareWork(database, access, importing, diaries, _refuse).follow_up_all(demo.team.follow_ups)
    with open_sheet(diaries, importing.knows) as sheet:
        importing.run(sheet, _refuse, lambda _: None)
    for sheet_of, take in (("events.csv", import_events), ("outcomes.csv", import_outcomes)):
        if (demo.folder / sheet_of).exists():
            for refused in take(database, demo.slug, demo.folder / sheet_of, by=ACTOR).refused:
                _refuse(refused)


def _let_quote(session: Session, study: Study) -> None:
    """Three of four agreed, on paper, to being quoted: maps and reports that are handed on show what that means."""
    for number, person in enumerate(participants.page(session, study.id, limit=MOST_PEOPLE)):
        state = consent_state(session, person)
        if state.text and number % 4 and QUOTES in {purpose.key for purpose in state.purposes}:
            give_consent(session, ACTOR, person, {*state.required, QUOTES}, version=state.text.version, method="paper")


def _refuse(refused: Refused) -> None:
    raise ValueError(f"the demo's own sheet, row {refused.row.number}: {refused.reason}")
