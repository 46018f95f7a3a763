"""Experience maps: notes in cells of stage and lane, what is expected, what a to-be map aims at, and versions."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Json, UtcDateTime
from app.core.ids import uuid7

PEOPLE_LANES: Final = ("action", "thought", "pain", "delight")
"""行为 想法 痛点 爽点: what people do, think, suffer from and enjoy."""
TEAM_LANES: Final = ("frontstage", "backstage", "gap")
"""前台触点 后台支持 体验差距: what the organisation does there. Figures of the gap are computed; its notes explain them."""
LANES: Final = PEOPLE_LANES + TEAM_LANES


class ExperienceMap(Base):
    """One map of a study: as it is, or as it shall be (``to_be``, paired with the one it starts from).

    ``wave`` and ``segment`` (attribute:value) narrow whose curve stands over it. ``revision`` counts every change.
    """

    __tablename__ = "experience_map"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    title: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(6))
    as_is_id: Mapped[UUID | None]
    wave: Mapped[str | None] = mapped_column(String(40))
    segment: Mapped[str | None] = mapped_column(String(120))
    revision: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    created_by: Mapped[str] = mapped_column(String(80))
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "as_is_id"], ["experience_map.study_id", "experience_map.id"], ondelete="RESTRICT"
        ),
        CheckConstraint("kind IN ('as_is', 'to_be')", name="kind_known"),
        CheckConstraint("(kind = 'to_be') = (as_is_id IS NOT NULL)", name="to_be_has_as_is"),
        Index("ix_experience_map_study_id_as_is_id", "study_id", "as_is_id"),
    )


class MapNote(Base):
    """One note in a cell. ``text`` is the team's; empty, the note shows the words of its first quotation.

    ``origin`` is team, code (an excerpt of the codebook) or model (``source_name`` its version). ``version`` counts changes:
    whoever saves another one than they saw is told, and nothing is overwritten.
    """

    __tablename__ = "map_note"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    map_id: Mapped[UUID]
    stage_id: Mapped[UUID]
    lane: Mapped[str] = mapped_column(String(12))
    position: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(String(200), default="")
    origin: Mapped[str] = mapped_column(String(6))
    source_name: Mapped[str] = mapped_column(String(80), default="")
    touchpoint_id: Mapped[UUID | None]
    # Who of the ten parties does it, in the lanes of the organisation.
    party: Mapped[str | None] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_by: Mapped[str] = mapped_column(String(80))
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "map_id"], ["experience_map.study_id", "experience_map.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["study_id", "stage_id"], ["stage.study_id", "stage.id"], ondelete="RESTRICT"),
        CheckConstraint(
            "lane IN ('action', 'thought', 'pain', 'delight', 'frontstage', 'backstage', 'gap')", name="lane_known"
        ),
        CheckConstraint("origin IN ('team', 'code', 'model')", name="origin_known"),
        Index("ix_map_note_study_id_map_id", "study_id", "map_id"),
    )


class Expectation(Base):
    """What people expect at a stage or touchpoint, on the axis of the curve; gap = expectation − delivered.

    ``axis`` is stage or touchpoint, ``position`` its id (32 hexadecimal digits), as in curve cells.
    """

    __tablename__ = "expectation"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("study.id", ondelete="CASCADE"), primary_key=True)
    axis: Mapped[str] = mapped_column(String(10), primary_key=True)
    position: Mapped[str] = mapped_column(String(36), primary_key=True)
    expected_micro: Mapped[int] = mapped_column(Integer)
    basis: Mapped[str] = mapped_column(String(200), default="")
    version: Mapped[int] = mapped_column(Integer, default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_by: Mapped[str] = mapped_column(String(80))

    __table_args__ = (
        CheckConstraint("axis IN ('stage', 'touchpoint')", name="axis_known"),
        CheckConstraint("expected_micro BETWEEN -1000000 AND 1000000", name="on_the_axis"),
    )


class MapTarget(Base):
    """What a to-be map aims at in one stage: a point of the curve, an effort (1 to 7), and in words how."""

    __tablename__ = "map_target"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    map_id: Mapped[UUID] = mapped_column(primary_key=True)
    stage_id: Mapped[UUID] = mapped_column(primary_key=True)
    sentiment_micro: Mapped[int | None] = mapped_column(Integer)
    effort_micro: Mapped[int | None] = mapped_column(Integer)
    words: Mapped[str] = mapped_column(String(200), default="")
    version: Mapped[int] = mapped_column(Integer, default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    updated_by: Mapped[str] = mapped_column(String(80))

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "map_id"], ["experience_map.study_id", "experience_map.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["study_id", "stage_id"], ["stage.study_id", "stage.id"], ondelete="RESTRICT"),
        CheckConstraint("sentiment_micro BETWEEN -1000000 AND 1000000", name="on_the_axis"),
        CheckConstraint("effort_micro BETWEEN 1000000 AND 7000000", name="effort_scale"),
    )


class MapVersion(Base):
    """A map as it stood when somebody kept it: notes with the ids and spans of their quotations, never people's words."""

    __tablename__ = "map_version"

    study_id: Mapped[UUID] = mapped_column(primary_key=True)
    map_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    label: Mapped[str] = mapped_column(String(80), default="")
    document: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    created_by: Mapped[str] = mapped_column(String(80))

    __table_args__ = (
        ForeignKeyConstraint(
            ["study_id", "map_id"], ["experience_map.study_id", "experience_map.id"], ondelete="CASCADE"
        ),
    )
