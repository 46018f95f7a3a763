"""What the demo has for those who code: a codebook to begin with, and a fifth of what was said drawn for them."""

from typing import Final

from sqlalchemy.orm import Session

from app.accounts.actors import StaffActor
from app.coding import codebook, plans
from app.coding.codebook_queries import version_of
from app.coding.codebook_starters import codes_of_starter
from app.coding.plan_schemas import PlanIn
from app.studies.access import OWNER, StudyAccess
from app.studies.models import Study

PLAN: Final = PlanIn(design="uniform", rate=0.2, double_share=0.25)


def prepare_coding(session: Session, actor: StaffActor, study: Study, starter: str, plan: PlanIn = PLAN) -> None:
    """Give ``study`` the codebook of ``starter`` and put ``plan`` in force; nobody has coded anything yet."""
    version = version_of(session, study.id)
    codebook.add_codes(session, actor.label, study.id, codes_of_starter(starter), version=version, origin=starter)
    plans.plan(session, StudyAccess(study, actor, OWNER), plan, 0)
