"""Maps: notes and versions, touchpoints and support, relations and outcomes, insights and what became of them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql  # noqa: F401


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('expectation',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('axis', sa.String(length=10), nullable=False),
    sa.Column('position', sa.String(length=36), nullable=False),
    sa.Column('expected_micro', sa.Integer(), nullable=False),
    sa.Column('basis', sa.String(length=200), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_by', sa.String(length=80), nullable=False),
    sa.CheckConstraint("axis IN ('stage', 'touchpoint')", name=op.f('ck_expectation_axis_known')),
    sa.CheckConstraint('expected_micro BETWEEN -1000000 AND 1000000', name=op.f('ck_expectation_on_the_axis')),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_expectation_study_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'axis', 'position', name=op.f('pk_expectation'))
    )
    op.create_table('experience_map',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.String(length=80), nullable=False),
    sa.Column('kind', sa.String(length=6), nullable=False),
    sa.Column('as_is_id', sa.Uuid(), nullable=True),
    sa.Column('wave', sa.String(length=40), nullable=True),
    sa.Column('segment', sa.String(length=120), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=80), nullable=False),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(kind = 'to_be') = (as_is_id IS NOT NULL)", name=op.f('ck_experience_map_to_be_has_as_is')),
    sa.CheckConstraint("kind IN ('as_is', 'to_be')", name=op.f('ck_experience_map_kind_known')),
    sa.ForeignKeyConstraint(['study_id', 'as_is_id'], ['experience_map.study_id', 'experience_map.id'], name=op.f('fk_experience_map_study_id_as_is_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_experience_map_study_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_experience_map'))
    )
    with op.batch_alter_table('experience_map', schema=None) as batch_op:
        batch_op.create_index('ix_experience_map_study_id_as_is_id', ['study_id', 'as_is_id'], unique=False)

    op.create_table('insight',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('stage_id', sa.Uuid(), nullable=True),
    sa.Column('touchpoint_id', sa.Uuid(), nullable=True),
    sa.Column('segment', sa.String(length=120), nullable=True),
    sa.Column('owner_id', sa.Uuid(), nullable=True),
    sa.Column('due', sa.Date(), nullable=True),
    sa.Column('metric', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=80), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('collected', 'shared', 'used', 'improved', 'measured')", name=op.f('ck_insight_state_known')),
    sa.ForeignKeyConstraint(['owner_id'], ['user.id'], name=op.f('fk_insight_owner_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_insight_study_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_insight'))
    )
    with op.batch_alter_table('insight', schema=None) as batch_op:
        batch_op.create_index('ix_insight_owner_id', ['owner_id'], unique=False)

    op.create_table('outcome_measure',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('unit', sa.String(length=20), nullable=False),
    sa.Column('better', sa.String(length=6), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("better IN ('higher', 'lower')", name=op.f('ck_outcome_measure_better_known')),
    sa.CheckConstraint("kind IN ('number', 'yes_no')", name=op.f('ck_outcome_measure_kind_known')),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_outcome_measure_study_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'key', name=op.f('pk_outcome_measure'))
    )
    op.create_table('persona',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('segment', sa.String(length=120), nullable=True),
    sa.Column('story', sa.String(length=500), nullable=False),
    sa.Column('goals', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('worries', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_by', sa.String(length=80), nullable=False),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_persona_study_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_persona'))
    )
    op.create_table('phase_plan',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('phase', sa.String(length=12), nullable=False),
    sa.Column('goal', sa.String(length=200), nullable=False),
    sa.Column('moment', sa.String(length=200), nullable=False),
    sa.Column('action', sa.String(length=200), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_by', sa.String(length=80), nullable=False),
    sa.CheckConstraint("phase IN ('exploring', 'building', 'deepening', 'expanding')", name=op.f('ck_phase_plan_phase_known')),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_phase_plan_study_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'phase', name=op.f('pk_phase_plan'))
    )
    op.create_table('programme',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('vision', sa.String(length=500), nullable=False),
    sa.Column('notes', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_by', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_programme_study_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', name=op.f('pk_programme'))
    )
    op.create_table('improvement',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('insight_id', sa.Uuid(), nullable=True),
    sa.Column('stage_id', sa.Uuid(), nullable=True),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('party', sa.String(length=20), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=True),
    sa.Column('starts', sa.Date(), nullable=True),
    sa.Column('due', sa.Date(), nullable=True),
    sa.Column('status', sa.String(length=8), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=80), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status IN ('planned', 'doing', 'done', 'dropped')", name=op.f('ck_improvement_status_known')),
    sa.ForeignKeyConstraint(['owner_id'], ['user.id'], name=op.f('fk_improvement_owner_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['study_id', 'insight_id'], ['insight.study_id', 'insight.id'], name=op.f('fk_improvement_study_id_insight_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_improvement_study_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_improvement'))
    )
    with op.batch_alter_table('improvement', schema=None) as batch_op:
        batch_op.create_index('ix_improvement_owner_id', ['owner_id'], unique=False)
        batch_op.create_index('ix_improvement_study_id_insight_id', ['study_id', 'insight_id'], unique=False)

    op.create_table('insight_step',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('insight_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['study_id', 'insight_id'], ['insight.study_id', 'insight.id'], name=op.f('fk_insight_step_study_id_insight_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_insight_step'))
    )
    with op.batch_alter_table('insight_step', schema=None) as batch_op:
        batch_op.create_index('ix_insight_step_study_id_insight_id', ['study_id', 'insight_id'], unique=False)

    op.create_table('map_note',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('map_id', sa.Uuid(), nullable=False),
    sa.Column('stage_id', sa.Uuid(), nullable=False),
    sa.Column('lane', sa.String(length=12), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('text', sa.String(length=200), nullable=False),
    sa.Column('origin', sa.String(length=6), nullable=False),
    sa.Column('source_name', sa.String(length=80), nullable=False),
    sa.Column('touchpoint_id', sa.Uuid(), nullable=True),
    sa.Column('party', sa.String(length=20), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_by', sa.String(length=80), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("lane IN ('action', 'thought', 'pain', 'delight', 'frontstage', 'backstage', 'gap')", name=op.f('ck_map_note_lane_known')),
    sa.CheckConstraint("origin IN ('team', 'code', 'model')", name=op.f('ck_map_note_origin_known')),
    sa.ForeignKeyConstraint(['study_id', 'map_id'], ['experience_map.study_id', 'experience_map.id'], name=op.f('fk_map_note_study_id_map_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['study_id', 'stage_id'], ['stage.study_id', 'stage.id'], name=op.f('fk_map_note_study_id_stage_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_map_note'))
    )
    with op.batch_alter_table('map_note', schema=None) as batch_op:
        batch_op.create_index('ix_map_note_study_id_map_id', ['study_id', 'map_id'], unique=False)

    op.create_table('map_target',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('map_id', sa.Uuid(), nullable=False),
    sa.Column('stage_id', sa.Uuid(), nullable=False),
    sa.Column('sentiment_micro', sa.Integer(), nullable=True),
    sa.Column('effort_micro', sa.Integer(), nullable=True),
    sa.Column('words', sa.String(length=200), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_by', sa.String(length=80), nullable=False),
    sa.CheckConstraint('effort_micro BETWEEN 1000000 AND 7000000', name=op.f('ck_map_target_effort_scale')),
    sa.CheckConstraint('sentiment_micro BETWEEN -1000000 AND 1000000', name=op.f('ck_map_target_on_the_axis')),
    sa.ForeignKeyConstraint(['study_id', 'map_id'], ['experience_map.study_id', 'experience_map.id'], name=op.f('fk_map_target_study_id_map_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['study_id', 'stage_id'], ['stage.study_id', 'stage.id'], name=op.f('fk_map_target_study_id_stage_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('study_id', 'map_id', 'stage_id', name=op.f('pk_map_target'))
    )
    op.create_table('map_version',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('map_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('label', sa.String(length=80), nullable=False),
    sa.Column('document', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['study_id', 'map_id'], ['experience_map.study_id', 'experience_map.id'], name=op.f('fk_map_version_study_id_map_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'map_id', 'number', name=op.f('pk_map_version'))
    )
    op.create_table('participant_outcome',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('participant_id', sa.Uuid(), nullable=False),
    sa.Column('measure', sa.String(length=40), nullable=False),
    sa.Column('value', sa.Float(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['study_id', 'measure'], ['outcome_measure.study_id', 'outcome_measure.key'], name=op.f('fk_participant_outcome_study_id_measure'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['study_id', 'participant_id'], ['participant.study_id', 'participant.id'], name=op.f('fk_participant_outcome_study_id_participant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'participant_id', 'measure', name=op.f('pk_participant_outcome'))
    )
    with op.batch_alter_table('participant_outcome', schema=None) as batch_op:
        batch_op.create_index('ix_participant_outcome_study_id_measure', ['study_id', 'measure'], unique=False)

    op.create_table('relation_event',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('participant_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('on_date', sa.Date(), nullable=False),
    sa.Column('label', sa.String(length=80), nullable=False),
    sa.Column('touchpoint_id', sa.Uuid(), nullable=True),
    sa.Column('amount', sa.Float(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.String(length=80), nullable=False),
    sa.CheckConstraint("kind IN ('visit', 'purchase', 'referral', 'complaint', 'review', 'contact', 'left')", name=op.f('ck_relation_event_kind_known')),
    sa.ForeignKeyConstraint(['study_id', 'participant_id'], ['participant.study_id', 'participant.id'], name=op.f('fk_relation_event_study_id_participant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_relation_event')),
    sa.UniqueConstraint('study_id', 'participant_id', 'kind', 'on_date', 'label', name=op.f('uq_relation_event_study_id_participant_id_kind_on_date_label'))
    )
    op.create_table('support_log',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('stage_id', sa.Uuid(), nullable=False),
    sa.Column('touchpoint_id', sa.Uuid(), nullable=True),
    sa.Column('participant_id', sa.Uuid(), nullable=True),
    sa.Column('phase', sa.String(length=12), nullable=True),
    sa.Column('channel', sa.String(length=8), nullable=False),
    sa.Column('generic', sa.Boolean(), nullable=False),
    sa.Column('contacts', sa.Integer(), nullable=False),
    sa.Column('day_from', sa.Integer(), nullable=True),
    sa.Column('day_to', sa.Integer(), nullable=True),
    sa.Column('on_date', sa.Date(), nullable=True),
    sa.Column('words', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=80), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("channel IN ('sms', 'call', 'wechat', 'app', 'email', 'letter', 'visit', 'gift', 'other')", name=op.f('ck_support_log_channel_known')),
    sa.CheckConstraint("phase IN ('exploring', 'building', 'deepening', 'expanding')", name=op.f('ck_support_log_phase_known')),
    sa.CheckConstraint('contacts BETWEEN 1 AND 1000', name=op.f('ck_support_log_contacts')),
    sa.ForeignKeyConstraint(['study_id', 'participant_id'], ['participant.study_id', 'participant.id'], name=op.f('fk_support_log_study_id_participant_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['study_id', 'stage_id'], ['stage.study_id', 'stage.id'], name=op.f('fk_support_log_study_id_stage_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_support_log_study_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_support_log'))
    )
    with op.batch_alter_table('support_log', schema=None) as batch_op:
        batch_op.create_index('ix_support_log_study_id_participant_id', ['study_id', 'participant_id'], unique=False)
        batch_op.create_index('ix_support_log_study_id_stage_id', ['study_id', 'stage_id'], unique=False)

    op.create_table('quotation',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('owner', sa.String(length=10), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('statement_id', sa.Uuid(), nullable=False),
    sa.Column('start_at', sa.Integer(), nullable=False),
    sa.Column('end_at', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('found_by', sa.String(length=80), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("owner IN ('note', 'insight', 'persona', 'phase')", name=op.f('ck_quotation_owner_known')),
    sa.CheckConstraint('0 <= start_at AND start_at < end_at', name=op.f('ck_quotation_span')),
    sa.ForeignKeyConstraint(['study_id', 'statement_id'], ['statement.study_id', 'statement.id'], name=op.f('fk_quotation_study_id_statement_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_quotation'))
    )
    with op.batch_alter_table('quotation', schema=None) as batch_op:
        batch_op.create_index('ix_quotation_study_id_owner_id', ['study_id', 'owner_id'], unique=False)
        batch_op.create_index('ix_quotation_study_id_statement_id', ['study_id', 'statement_id'], unique=False)

    op.create_table('result',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('insight_id', sa.Uuid(), nullable=True),
    sa.Column('improvement_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('kind', sa.String(length=6), nullable=False),
    sa.Column('unit', sa.String(length=20), nullable=False),
    sa.Column('better', sa.String(length=6), nullable=False),
    sa.Column('before_period', sa.String(length=60), nullable=False),
    sa.Column('before_n', sa.Integer(), nullable=True),
    sa.Column('before_value', sa.Float(), nullable=True),
    sa.Column('before_sd', sa.Float(), nullable=True),
    sa.Column('after_period', sa.String(length=60), nullable=False),
    sa.Column('after_n', sa.Integer(), nullable=True),
    sa.Column('after_value', sa.Float(), nullable=True),
    sa.Column('after_sd', sa.Float(), nullable=True),
    sa.Column('stage_id', sa.Uuid(), nullable=True),
    sa.Column('before_wave', sa.String(length=40), nullable=True),
    sa.Column('after_wave', sa.String(length=40), nullable=True),
    sa.Column('basis', sa.String(length=200), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=80), nullable=False),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("better IN ('higher', 'lower')", name=op.f('ck_result_better_known')),
    sa.CheckConstraint("kind IN ('share', 'mean', 'curve')", name=op.f('ck_result_kind_known')),
    sa.ForeignKeyConstraint(['study_id', 'improvement_id'], ['improvement.study_id', 'improvement.id'], name=op.f('fk_result_study_id_improvement_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['study_id', 'insight_id'], ['insight.study_id', 'insight.id'], name=op.f('fk_result_study_id_insight_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_result_study_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_result'))
    )
    with op.batch_alter_table('result', schema=None) as batch_op:
        batch_op.create_index('ix_result_study_id_improvement_id', ['study_id', 'improvement_id'], unique=False)
        batch_op.create_index('ix_result_study_id_insight_id', ['study_id', 'insight_id'], unique=False)

    op.create_table('touchpoint_facts',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('touchpoint_id', sa.Uuid(), nullable=False),
    sa.Column('customers', sa.Integer(), nullable=True),
    sa.Column('users', sa.Integer(), nullable=True),
    sa.Column('first_contacts', sa.Integer(), nullable=True),
    sa.Column('complaints', sa.Integer(), nullable=True),
    sa.Column('efficiency', sa.Integer(), nullable=True),
    sa.Column('party', sa.String(length=20), nullable=True),
    sa.Column('basis', sa.String(length=200), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_by', sa.String(length=80), nullable=False),
    sa.CheckConstraint('efficiency BETWEEN 1 AND 5', name=op.f('ck_touchpoint_facts_efficiency_scale')),
    sa.ForeignKeyConstraint(['study_id', 'touchpoint_id'], ['touchpoint.study_id', 'touchpoint.id'], name=op.f('fk_touchpoint_facts_study_id_touchpoint_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'touchpoint_id', name=op.f('pk_touchpoint_facts'))
    )
    op.create_table('vote',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('touchpoint_id', sa.Uuid(), nullable=False),
    sa.Column('points', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('points BETWEEN 1 AND 10', name=op.f('ck_vote_points')),
    sa.ForeignKeyConstraint(['study_id', 'touchpoint_id'], ['touchpoint.study_id', 'touchpoint.id'], name=op.f('fk_vote_study_id_touchpoint_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_vote_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'user_id', 'touchpoint_id', name=op.f('pk_vote'))
    )
    with op.batch_alter_table('vote', schema=None) as batch_op:
        batch_op.create_index('ix_vote_study_id_touchpoint_id', ['study_id', 'touchpoint_id'], unique=False)
        batch_op.create_index('ix_vote_user_id', ['user_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('vote', schema=None) as batch_op:
        batch_op.drop_index('ix_vote_user_id')
        batch_op.drop_index('ix_vote_study_id_touchpoint_id')

    op.drop_table('vote')
    op.drop_table('touchpoint_facts')
    with op.batch_alter_table('result', schema=None) as batch_op:
        batch_op.drop_index('ix_result_study_id_insight_id')
        batch_op.drop_index('ix_result_study_id_improvement_id')

    op.drop_table('result')
    with op.batch_alter_table('quotation', schema=None) as batch_op:
        batch_op.drop_index('ix_quotation_study_id_statement_id')
        batch_op.drop_index('ix_quotation_study_id_owner_id')

    op.drop_table('quotation')
    with op.batch_alter_table('support_log', schema=None) as batch_op:
        batch_op.drop_index('ix_support_log_study_id_stage_id')
        batch_op.drop_index('ix_support_log_study_id_participant_id')

    op.drop_table('support_log')
    op.drop_table('relation_event')
    with op.batch_alter_table('participant_outcome', schema=None) as batch_op:
        batch_op.drop_index('ix_participant_outcome_study_id_measure')

    op.drop_table('participant_outcome')
    op.drop_table('map_version')
    op.drop_table('map_target')
    with op.batch_alter_table('map_note', schema=None) as batch_op:
        batch_op.drop_index('ix_map_note_study_id_map_id')

    op.drop_table('map_note')
    with op.batch_alter_table('insight_step', schema=None) as batch_op:
        batch_op.drop_index('ix_insight_step_study_id_insight_id')

    op.drop_table('insight_step')
    with op.batch_alter_table('improvement', schema=None) as batch_op:
        batch_op.drop_index('ix_improvement_study_id_insight_id')
        batch_op.drop_index('ix_improvement_owner_id')

    op.drop_table('improvement')
    op.drop_table('programme')
    op.drop_table('phase_plan')
    op.drop_table('persona')
    op.drop_table('outcome_measure')
    with op.batch_alter_table('insight', schema=None) as batch_op:
        batch_op.drop_index('ix_insight_owner_id')

    op.drop_table('insight')
    with op.batch_alter_table('experience_map', schema=None) as batch_op:
        batch_op.drop_index('ix_experience_map_study_id_as_is_id')

    op.drop_table('experience_map')
    op.drop_table('expectation')
