"""When a study is over: closed by its team, or past the last day that its people were told their words are kept."""

from datetime import date, datetime

from app.core import clock
from app.studies.models import Study


def is_past(retention_until: date, time_zone: str, at: datetime) -> bool:
    """Return whether the day ``retention_until``, which is still part of the time, has ended in the study's zone."""
    return clock.local_date(at, time_zone) > retention_until


def is_over(study: Study, at: datetime) -> bool:
    """Return whether the study takes no more entries and nobody in."""
    return study.closed_at is not None or is_past(study.retention_until, study.time_zone, at)
