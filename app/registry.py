"""Imports every models and tasks module, so that Alembic and the worker see all of them."""

from app.accounts import models as accounts
from app.audit import models as audit
from app.audit import tasks as audit_tasks
from app.care import alert_models as care_alerts
from app.care import models as care
from app.care import notice_models as care_notices
from app.care import notice_tasks as care_notice_tasks
from app.care import tasks as care_tasks
from app.coding import models as coding
from app.coding import search_tasks as coding_search_tasks
from app.coding import tasks as coding_tasks
from app.core.db import Base
from app.diary import models as diary
from app.interviews import models as interviews
from app.jobs import models as jobs
from app.maps import quotation_models as map_quotations
from app.maps.board import models as map_board
from app.maps.ecosystem import models as map_ecosystem
from app.maps.groups import models as map_groups
from app.maps.insights import models as map_insights
from app.participants import models as participants
from app.participants import relation_models as participants_relation
from app.participants import tasks as participants_tasks
from app.prompts import models as prompts
from app.prompts import tasks as prompts_tasks
from app.prompts.delivery import models as delivery
from app.prompts.delivery import tasks as delivery_tasks
from app.statements import models as statements
from app.statements import tasks as statements_tasks
from app.studies import models as studies

metadata = Base.metadata

__all__ = [
    "accounts",
    "audit",
    "audit_tasks",
    "care",
    "care_alerts",
    "care_notice_tasks",
    "care_notices",
    "care_tasks",
    "coding",
    "coding_search_tasks",
    "coding_tasks",
    "delivery",
    "delivery_tasks",
    "diary",
    "interviews",
    "jobs",
    "map_board",
    "map_ecosystem",
    "map_groups",
    "map_insights",
    "map_quotations",
    "metadata",
    "participants",
    "participants_relation",
    "participants_tasks",
    "prompts",
    "prompts_tasks",
    "statements",
    "statements_tasks",
    "studies",
]
