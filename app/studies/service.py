"""Making a study and changing its protocol."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.actors import StaffActor
from app.audit.service import Change, record
from app.core import clock
from app.core.errors import FieldError, Invalid
from app.core.ids import uuid7
from app.studies import queries
from app.studies.coders import first_version
from app.studies.errors import KeyOfOneStudy, KeyTaken, QuestionTypeChanged, SlugTaken
from app.studies.models import ConsentText, Form, FormVersion, Membership, Stage, Study, Touchpoint, Wave
from app.studies.schemas import (
    ConsentIn,
    NewTouchpoint,
    Protocol,
    Question,
    StageChange,
    StageIn,
    StudyChange,
    StudyIn,
    TouchpointIn,
    WaveIn,
)
from app.studies.study_templates import BLANK, study_template
from app.web.i18n import catalogue, mark

RETENTION_YEARS = 3
RESERVED_SLUGS = frozenset({"new"})  # /studies/new is a page
SLUG_ALPHABET = "23456789abcdefghjkmnpqrstwxyz"


def create_study(session: Session, actor: StaffActor, given: StudyIn, *, default_coder: str = "default") -> Study:
    """Return the new study, with its protocol stored and ``actor`` as its owner.

    SlugTaken; UnknownTemplate; Invalid for an unknown coder or a retention date that is not in the future.
    """
    if actor.key_study_id is not None:
        raise KeyOfOneStudy()
    if given.template and given.protocol:
        raise Invalid(fields=[FieldError("protocol", mark("模板和自带的方案只能选一个"), "both_given")])
    template = given.template or (None if given.protocol else BLANK)
    protocol = given.protocol or study_template(template or BLANK).protocol
    study = _add_study(session, given, protocol, template, given.coder or default_coder)
    session.add(Membership(study_id=study.id, user_id=actor.user_id, role="owner", created_at=study.created_at))
    add_stages(session, study.id, protocol.stages)
    form = Form(study_id=study.id, key="diary", name=catalogue(study.language).gettext(mark("日记")))
    session.add(form)
    session.flush()
    _add_form_version(session, form, 1, protocol.questions)
    _add_consent(session, study, 1, filled(protocol.consent, study))
    record(session, Change(actor.label, "study.created", study.id, detail={"slug": study.slug, "template": template}))
    session.flush()
    return study


def change_study(session: Session, actor: StaffActor, study_id: UUID, change: StudyChange) -> Study:
    """Return the study with what ``change`` names changed; Invalid for a retention date that is not in the future."""
    study = _open_for_change(session, study_id)
    given = change.model_dump(exclude_unset=True, exclude={"stages"})
    given = {name: value for name, value in given.items() if value is not None}
    if "retention_until" in given:
        _require_future(given["retention_until"], given.get("time_zone", study.time_zone))
    for name, value in given.items():
        setattr(study, name, value)
    if change.stages:
        _change_stages(session, study_id, change.stages)
    changed = sorted([*given, *(["stages"] if change.stages else [])])
    record(session, Change(actor.label, "study.changed", study_id, detail={"changed": changed}))
    session.flush()
    return study


def publish_form_version(session: Session, actor: StaffActor, study_id: UUID, questions: Sequence[Question]) -> int:
    """Publish ``questions`` as the form's next version and return its number.

    QuestionTypeChanged (naming each question) if a key of any earlier version would change its type.
    """
    _open_for_change(session, study_id)
    forms = queries.read_protocol(session, study_id).forms
    types = {question.key: question.type for form in forms.values() for question in form.questions.values()}
    changed = [question.key for question in questions if types.get(question.key, question.type) != question.type]
    if changed:
        raise QuestionTypeChanged(
            fields=[FieldError(key, QuestionTypeChanged.title, "type_changed") for key in changed]
        )
    form = session.scalars(select(Form).where(Form.study_id == study_id, Form.key == "diary")).one()
    version = max(forms) + 1
    _add_form_version(session, form, version, questions)
    record(session, Change(actor.label, "form.published", study_id, detail={"version": version}))
    session.flush()
    return version


def use_coder(session: Session, actor: str, study_id: UUID, coder: str, version: str) -> None:
    """Let the curve of a study show the scores of ``coder`` in ``version``; the log names ``actor``."""
    study = _open_for_change(session, study_id)
    study.coder, study.coder_version = coder, version
    record(session, Change(actor, "coder.chosen", study_id, detail={"coder": coder, "version": version}))
    session.flush()


def publish_consent(session: Session, actor: StaffActor, study_id: UUID, consent: ConsentIn) -> int:
    """Publish ``consent`` as the next version of the consent text and return its number.

    Consents already given keep the version and hash of the text that the person saw.
    """
    study = _open_for_change(session, study_id)
    latest = session.scalars(select(func.max(ConsentText.version)).where(ConsentText.study_id == study_id)).one()
    version = int(latest or 0) + 1
    text_hash = _add_consent(session, study, version, filled(consent, study))
    detail = {"version": version, "text_hash": text_hash}
    record(session, Change(actor.label, "consent.published", study_id, detail=detail))
    session.flush()
    return version


def put_touchpoint(session: Session, actor: StaffActor, study_id: UUID, given: NewTouchpoint) -> Touchpoint:
    """Add a touchpoint to a stage, or change the one of this key; Invalid for an unknown stage."""
    _open_for_change(session, study_id)
    stage = session.scalars(select(Stage).where(Stage.study_id == study_id, Stage.key == given.stage)).one_or_none()
    if stage is None:
        raise Invalid(fields=[FieldError("stage", mark("这个研究没有这个阶段"), "unknown_stage")])
    of_stage = select(Touchpoint).where(Touchpoint.study_id == study_id, Touchpoint.stage_id == stage.id)
    known = {touchpoint.key: touchpoint for touchpoint in session.scalars(of_stage)}
    touchpoint = known.get(given.key)
    if touchpoint is None:
        position = max((one.position for one in known.values()), default=-1) + 1
        touchpoint = Touchpoint(study_id=study_id, stage_id=stage.id, key=given.key, position=position)
        session.add(touchpoint)
    touchpoint.name, touchpoint.kind, touchpoint.frontstage = given.name, given.kind, given.frontstage
    detail = {"stage": given.stage, "key": given.key}
    action = "touchpoint.changed" if given.key in known else "touchpoint.added"
    record(session, Change(actor.label, action, study_id, detail=detail))
    session.flush()
    return touchpoint


def add_wave(session: Session, actor: StaffActor, study_id: UUID, given: WaveIn) -> Wave:
    """Add a round after the others; KeyTaken if its key is known."""
    _open_for_change(session, study_id)
    known = session.scalars(select(Wave).where(Wave.study_id == study_id)).all()
    if any(wave.key == given.key for wave in known):
        raise KeyTaken(key=given.key)
    wave = Wave(study_id=study_id, key=given.key, name=given.name, position=len(known))
    session.add(wave)
    record(session, Change(actor.label, "wave.added", study_id, detail={"key": given.key}))
    session.flush()
    return wave


def text_hash(consent: ConsentIn) -> str:
    """Return SHA-256 (hex) over the canonical JSON of the words of ``consent``."""
    words = consent.model_dump(mode="json")
    canonical = json.dumps(words, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def filled(consent: ConsentIn, study: Study) -> ConsentIn:
    """Return ``consent`` with the study's own words in place of {contact}, {title} and {until} (the retention date)."""
    until = study.retention_until
    words = {
        "{contact}": _whom_to_ask(study),
        "{title}": study.title,
        "{until}": f"{until:%B} {until.day}, {until.year}"
        if study.language == "en"
        else f"{until.year}年{until.month}月{until.day}日",
    }

    def fill(text: str) -> str:
        for name, value in words.items():
            text = text.replace(name, value)
        return text

    purposes = [one.model_copy(update={"explanation": fill(one.explanation)}) for one in consent.purposes]
    return ConsentIn(introduction=fill(consent.introduction), purposes=tuple(purposes))


def _whom_to_ask(study: Study) -> str:
    # In the language of the study, whatever that of the person who sets it up.
    sentences = catalogue(study.language)
    if contact := study.contact.strip():
        return sentences.gettext(mark("请联系%(contact)s")) % {"contact": contact}
    return sentences.gettext(mark("请联系发给您链接的人"))


def add_stages(session: Session, study_id: UUID, stages: Sequence[StageIn], *, first: int = 0) -> None:
    """Store ``stages`` with their touchpoints, from the position ``first`` on."""
    stage_rows: list[dict[str, Any]] = []
    touchpoint_rows: list[dict[str, Any]] = []
    for position, stage in enumerate(stages, start=first):
        stage_id = uuid7()
        own = stage.model_dump(exclude={"touchpoints"})
        stage_rows.append({**own, "study_id": study_id, "id": stage_id, "position": position})
        touchpoint_rows += [_row(study_id, stage_id, place, one) for place, one in enumerate(stage.touchpoints)]
    session.flush()
    session.execute(insert(Stage), stage_rows)
    if touchpoint_rows:
        session.execute(insert(Touchpoint), touchpoint_rows)


def _row(study_id: UUID, stage_id: UUID, position: int, touchpoint: TouchpointIn) -> dict[str, Any]:
    return {
        **touchpoint.model_dump(),
        "study_id": study_id,
        "id": uuid7(),
        "stage_id": stage_id,
        "position": position,
    }


def _add_study(session: Session, given: StudyIn, protocol: Protocol, template: str | None, coder: str) -> Study:
    now = clock.now()
    today = clock.local_date(now, given.time_zone)
    retention = given.retention_until or _years_later(today, RETENTION_YEARS)
    _require_future(retention, given.time_zone)
    study = Study(
        slug=given.slug or _new_slug(template),
        title=given.title,
        description=given.description,
        template=template,
        anchor_label=protocol.anchor_label,
        time_zone=given.time_zone,
        language=given.language,
        retention_until=retention,
        contact=given.contact.strip(),
        help_lines=[line.model_dump() for line in protocol.help_lines],
        coder=coder,
        coder_version=first_version(coder),
        created_at=now,
    )
    if study.slug in RESERVED_SLUGS:
        raise SlugTaken()
    try:
        with session.begin_nested():
            session.add(study)
    except IntegrityError as error:
        raise SlugTaken() from error
    session.info[queries.PROTOCOL_CHANGED] = True
    return study


def _open_for_change(session: Session, study_id: UUID) -> Study:
    # The new revision also locks the row, so that two changes of one protocol follow each other.
    session.execute(update(Study).where(Study.id == study_id).values(protocol_revision=Study.protocol_revision + 1))
    session.info[queries.PROTOCOL_CHANGED] = True
    return session.scalars(select(Study).where(Study.id == study_id).execution_options(populate_existing=True)).one()


def _change_stages(session: Session, study_id: UUID, changes: Sequence[StageChange]) -> None:
    known = {stage.key: stage for stage in session.scalars(select(Stage).where(Stage.study_id == study_id))}
    for change in changes:
        if change.key in known:
            stage = known[change.key]
            stage.name, stage.day_from, stage.day_to = change.name, change.day_from, change.day_to
    new = [StageIn(**change.model_dump()) for change in changes if change.key not in known]
    if new:
        add_stages(session, study_id, new, first=max((stage.position for stage in known.values()), default=-1) + 1)
    if set(known) <= {change.key for change in changes}:
        _set_order(session, study_id, [change.key for change in changes])


def _set_order(session: Session, study_id: UUID, keys: Sequence[str]) -> None:
    session.flush()
    # Positions are unique at every moment, so they pass through negative numbers.
    of_study = update(Stage).where(Stage.study_id == study_id)
    session.execute(of_study.values(position=-1 - Stage.position))
    for position, key in enumerate(keys):
        session.execute(of_study.where(Stage.key == key).values(position=position))


def _add_form_version(session: Session, form: Form, version: int, questions: Sequence[Question]) -> None:
    session.add(
        FormVersion(
            study_id=form.study_id,
            form_id=form.id,
            version=version,
            questions=[question.model_dump(mode="json") for question in questions],
            published_at=clock.now(),
        )
    )


def _add_consent(session: Session, study: Study, version: int, consent: ConsentIn) -> str:
    words = consent.model_dump(mode="json")
    digest = text_hash(consent)
    session.add(ConsentText(study_id=study.id, version=version, text_hash=digest, published_at=clock.now(), **words))
    return digest


def _new_slug(template: str | None) -> str:
    stem = (template or "study").replace("_", "-")
    return f"{stem}-" + "".join(secrets.choice(SLUG_ALPHABET) for _ in range(6))


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


def _require_future(day: date, zone: str) -> None:
    if day <= clock.local_date(clock.now(), zone):
        raise Invalid(fields=[FieldError("retention_until", mark("请选一个今天以后的日期"), "not_in_future")])
