"""A study's interview guide: proposed from its stages, published in versions that are never changed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.service import Change, record
from app.core import clock
from app.core.errors import FieldError, Invalid, NotFound
from app.interviews import guide_queries as queries
from app.interviews.guide_errors import GuideChanged
from app.interviews.guide_schemas import GuideIn, GuideOut, GuideQuestion
from app.interviews.models import Guide
from app.studies.protocol import StageFacts, StudyProtocol
from app.web.i18n import catalogue
from app.web.i18n import mark as _

OPENING = _("说到“%(stage)s”这一段，您会想起什么？请从头慢慢讲。")
PROBES = (_("那时候心里是什么滋味？"), _("哪一刻最难？哪一刻让您松了口气？"), _("当时谁在身边？帮上忙了吗？"))
WISH = _("如果“%(stage)s”这一段能改一件事，您最想改什么？")
WISH_PROBES = (_("为什么是这一件？"), _("改了以后，会有什么不一样？"))
CONTACT = _("和“%(touchpoint)s”打交道的时候，是怎样的？")
CLOSING = _("还有什么是我没问到、您很想说的？")
CLOSING_PROBES = (_("回头看这一路，最想对当初的自己说什么？"), _("如果讲给家人朋友听，您会怎么讲？"))
MOST_CONTACTS = 2


def proposed(protocol: StudyProtocol) -> tuple[GuideQuestion, ...]:
    """Return a first guide: two open questions for each stage and one to close with, in the study's language."""
    questions: list[GuideQuestion] = []
    for place, stage in enumerate(protocol.stages, start=1):
        questions += _of_stage(protocol, stage, place)
    if questions:
        questions.append(_question(protocol, "closing", protocol.stages[-1], CLOSING, CLOSING_PROBES))
    return tuple(questions)


def guide_of(session: Session, protocol: StudyProtocol, version: int | None = None) -> GuideOut:
    """Return a version of the study's guide: the latest by default, or what is proposed while there is none. NotFound."""
    found = queries.guide(session, protocol.study.id, version)
    if found is not None:
        return GuideOut(version=found.version, published_at=found.published_at, questions=questions_of(found))
    if version:
        raise NotFound()
    return GuideOut(version=0, published_at=None, questions=proposed(protocol))


def questions_of(guide: Guide) -> tuple[GuideQuestion, ...]:
    """Return the questions of a stored version."""
    return tuple(GuideQuestion.model_validate(one) for one in guide.questions)


def publish(session: Session, actor: str, protocol: StudyProtocol, given: GuideIn, *, version: int) -> GuideOut:
    """Publish ``given`` as the version after ``version``, the one that was seen, and return it.

    The same questions as in the version in force make no new one. GuideChanged when another version is in force;
    Invalid for a stage that the study does not have.
    """
    study_id = protocol.study.id
    _known_stages(given.questions, protocol)
    standing = queries.guide(session, study_id)
    if standing is not None and questions_of(standing) == given.questions:
        return guide_of(session, protocol)
    if (standing.version if standing else 0) != version:
        raise GuideChanged()
    _store(session, actor, study_id, given, version + 1)
    detail = {"version": version + 1, "questions": len(given.questions)}
    record(session, Change(actor, "guide.published", study_id, detail=detail))
    return guide_of(session, protocol, version + 1)


def _store(session: Session, actor: str, study_id: UUID, given: GuideIn, version: int) -> None:
    questions = [one.model_dump(mode="json") for one in given.questions]
    try:
        # A savepoint: on PostgreSQL somebody else may publish the same number at this very moment.
        with session.begin_nested():
            session.add(
                Guide(
                    study_id=study_id,
                    version=version,
                    questions=questions,
                    published_at=clock.now(),
                    published_by=actor,
                )
            )
    except IntegrityError:
        raise GuideChanged() from None


def _known_stages(questions: Sequence[GuideQuestion], protocol: StudyProtocol) -> None:
    unknown = [place for place, one in enumerate(questions) if protocol.stage(one.stage) is None]
    if unknown:
        message = _("这个研究没有这个阶段")
        raise Invalid(fields=[FieldError(f"questions.{place}.stage", message, "unknown_stage") for place in unknown])


def _of_stage(protocol: StudyProtocol, stage: StageFacts, place: int) -> list[GuideQuestion]:
    met = [one for one in protocol.touchpoints_of(stage.id) if one.frontstage][:MOST_CONTACTS]
    sentences = catalogue(protocol.study.language)
    contacts = tuple(sentences.gettext(CONTACT) % {"touchpoint": one.name} for one in met)
    return [
        _question(protocol, f"s{place}_story", stage, OPENING, PROBES, further=contacts),
        _question(protocol, f"s{place}_wish", stage, WISH, WISH_PROBES),
    ]


def _question(
    protocol: StudyProtocol,
    key: str,
    stage: StageFacts,
    text: str,
    probes: Sequence[str],
    *,
    further: Sequence[str] = (),
) -> GuideQuestion:
    # In the language of the study: the participant hears these words.
    sentences = catalogue(protocol.study.language)
    asked = sentences.gettext(text)
    asked = asked % {"stage": stage.name} if "%(stage)s" in text else asked
    return GuideQuestion(
        key=key, stage=stage.key, text=asked, probes=(*(sentences.gettext(one) for one in probes), *further)
    )
