"""What the API answers about studies."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from app.accounts.models import User
from app.studies.models import Membership, Study
from app.studies.protocol import StageFacts, StudyProtocol, TouchpointFacts
from app.studies.schemas import HelpLine, MemberRole, PurposeIn, Question
from app.studies.study_templates import StudyTemplate


class TemplateOut(BaseModel):
    """A template to start a study from."""

    key: str
    title: str
    sentence: str
    anchor_label: str
    stages: list[str] = Field(description="Names of the stages, in order.")

    @classmethod
    def of(cls, template: StudyTemplate) -> Self:
        protocol = template.protocol
        return cls(
            key=template.key,
            title=template.title,
            sentence=template.sentence,
            anchor_label=protocol.anchor_label,
            stages=[stage.name for stage in protocol.stages],
        )


class StudySummary(BaseModel):
    """A study in a list."""

    id: UUID
    slug: str
    title: str
    description: str
    role: str = Field(description="The caller's role in it.")
    created_at: datetime

    @classmethod
    def of(cls, study: Study, role: str) -> Self:
        return cls(
            id=study.id,
            slug=study.slug,
            title=study.title,
            description=study.description,
            role=role,
            created_at=study.created_at,
        )


class TouchpointOut(BaseModel):
    """A contact within a stage."""

    key: str
    name: str
    kind: str
    frontstage: bool

    @classmethod
    def of(cls, touchpoint: TouchpointFacts) -> Self:
        return cls(key=touchpoint.key, name=touchpoint.name, kind=touchpoint.kind, frontstage=touchpoint.frontstage)


class StageOut(BaseModel):
    """A step of the journey; days are counted from the anchor event."""

    key: str
    name: str
    day_from: int | None
    day_to: int | None
    touchpoints: list[TouchpointOut]

    @classmethod
    def of(cls, stage: StageFacts, touchpoints: tuple[TouchpointFacts, ...]) -> Self:
        return cls(
            key=stage.key,
            name=stage.name,
            day_from=stage.day_from,
            day_to=stage.day_to,
            touchpoints=[TouchpointOut.of(touchpoint) for touchpoint in touchpoints],
        )


class FormOut(BaseModel):
    """The form as published last."""

    version: int
    questions: list[Question]


class ConsentOut(BaseModel):
    """The consent text as published last; ``text_hash`` is SHA-256 over its canonical JSON."""

    version: int
    introduction: str
    purposes: list[PurposeIn]
    text_hash: str


class WaveOut(BaseModel):
    """A round of the study."""

    key: str
    name: str


class StudyOut(StudySummary):
    """A study with its whole protocol."""

    template: str | None
    anchor_label: str
    time_zone: str
    language: str
    retention_until: date
    contact: str
    help_lines: list[HelpLine]
    coder: str
    coder_version: str
    closed_at: datetime | None
    edit_hours: int = Field(description="Hours in which people may change an entry on their phone; 0: never.")
    reply_hours: int = Field(description="Hours in which the team answers messages; 0: there are none.")
    revision: int = Field(description="Counts changes of the protocol.")
    stages: list[StageOut] = Field(description="In the order of the journey.")
    form: FormOut
    consent: ConsentOut
    waves: list[WaveOut]

    @classmethod
    def whole(cls, study: Study, role: str, protocol: StudyProtocol) -> Self:
        form, consent = protocol.current_form, protocol.consent
        return cls(
            **StudySummary.of(study, role).model_dump(),
            template=study.template,
            anchor_label=study.anchor_label,
            time_zone=study.time_zone,
            language=study.language,
            retention_until=study.retention_until,
            contact=study.contact,
            help_lines=[HelpLine.model_validate(line) for line in study.help_lines],
            coder=study.coder,
            coder_version=study.coder_version,
            closed_at=study.closed_at,
            edit_hours=study.edit_hours,
            reply_hours=study.reply_hours,
            revision=protocol.revision,
            stages=[StageOut.of(stage, protocol.touchpoints_of(stage.id)) for stage in protocol.stages],
            form=FormOut(version=form.version, questions=list(form.questions.values())),
            consent=ConsentOut(
                version=consent.version,
                introduction=consent.introduction,
                purposes=list(consent.purposes),
                text_hash=consent.text_hash,
            ),
            waves=[WaveOut(key=wave.key, name=wave.name) for wave in protocol.waves],
        )


class MemberOut(BaseModel):
    """A staff member in a study."""

    login: str
    name: str
    role: str
    since: datetime

    @classmethod
    def of(cls, membership: Membership, user: User) -> Self:
        return cls(login=user.login, name=user.name, role=membership.role, since=membership.created_at)


class RoleIn(BaseModel):
    """The role that a member shall have."""

    role: MemberRole
