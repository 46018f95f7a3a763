"""What care staff have to do: alerts, follow-ups, whom they reached, and when a study wants them told"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('follow_up',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('participant_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.String(length=6), nullable=False),
    sa.Column('urgent', sa.Boolean(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('taken_by', sa.Uuid(), nullable=True),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('contacted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.String(length=80), nullable=True),
    sa.Column('outcome', sa.String(length=12), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f('ck_follow_up_closed_at_a_moment')),
    sa.CheckConstraint("(state = 'closed') = (outcome IS NOT NULL)", name=op.f('ck_follow_up_closed_with_an_outcome')),
    sa.CheckConstraint("outcome IN ('helped', 'passed_on', 'no_need', 'not_reached', 'left')", name=op.f('ck_follow_up_outcome_known')),
    sa.CheckConstraint("state IN ('open', 'taken', 'closed')", name=op.f('ck_follow_up_state_known')),
    sa.ForeignKeyConstraint(['study_id', 'participant_id'], ['participant.study_id', 'participant.id'], name=op.f('fk_follow_up_study_id_participant_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['taken_by'], ['user.id'], name=op.f('fk_follow_up_taken_by'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_follow_up'))
    )
    with op.batch_alter_table('follow_up', schema=None) as batch_op:
        batch_op.create_index('ix_follow_up_study_id_participant_id', ['study_id', 'participant_id'], unique=False)
        batch_op.create_index('ix_follow_up_study_id_state_due_at', ['study_id', 'state', 'due_at'], unique=False)
        batch_op.create_index('uq_follow_up_one_at_a_time', ['study_id', 'participant_id'], unique=True, sqlite_where=sa.text("state <> 'closed'"), postgresql_where=sa.text("state <> 'closed'"))

    op.create_table('care_contact',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('follow_up_id', sa.Uuid(), nullable=False),
    sa.Column('author', sa.String(length=80), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('way', sa.String(length=8), nullable=False),
    sa.Column('reached', sa.Boolean(), nullable=False),
    sa.Column('passed_to', sa.String(length=80), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('prompt_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("way IN ('phone', 'message', 'chat', 'in_person', 'other')", name=op.f('ck_care_contact_way_known')),
    sa.ForeignKeyConstraint(['study_id', 'follow_up_id'], ['follow_up.study_id', 'follow_up.id'], name=op.f('fk_care_contact_study_id_follow_up_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_care_contact'))
    )
    with op.batch_alter_table('care_contact', schema=None) as batch_op:
        batch_op.create_index('ix_care_contact_study_id_follow_up_id_at', ['study_id', 'follow_up_id', 'at'], unique=False)

    op.create_table('alert',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('participant_id', sa.Uuid(), nullable=False),
    sa.Column('follow_up_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('entry_id', sa.Uuid(), nullable=True),
    sa.Column('stage_id', sa.Uuid(), nullable=True),
    sa.Column('day', sa.Integer(), nullable=True),
    sa.Column('score', sa.Double(), nullable=True),
    sa.Column('mood', sa.Integer(), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('raised_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('self_harm', 'emergency', 'low', 'marked', 'effort', 'silent')", name=op.f('ck_alert_kind_known')),
    sa.ForeignKeyConstraint(['study_id', 'entry_id'], ['entry.study_id', 'entry.id'], name=op.f('fk_alert_study_id_entry_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['study_id', 'follow_up_id'], ['follow_up.study_id', 'follow_up.id'], name=op.f('fk_alert_study_id_follow_up_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['study_id', 'participant_id'], ['participant.study_id', 'participant.id'], name=op.f('fk_alert_study_id_participant_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['study_id', 'stage_id'], ['stage.study_id', 'stage.id'], name=op.f('fk_alert_study_id_stage_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_alert')),
    sa.UniqueConstraint('study_id', 'participant_id', 'kind', 'key', name=op.f('uq_alert_study_id_participant_id_kind_key'))
    )
    with op.batch_alter_table('alert', schema=None) as batch_op:
        batch_op.create_index('ix_alert_study_id_entry_id', ['study_id', 'entry_id'], unique=False)
        batch_op.create_index('ix_alert_study_id_follow_up_id', ['study_id', 'follow_up_id'], unique=False)
        batch_op.create_index('ix_alert_study_id_stage_id', ['study_id', 'stage_id'], unique=False)

    op.create_table('care_notice',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('follow_up_id', sa.Uuid(), nullable=False),
    sa.Column('occasion', sa.String(length=6), nullable=False),
    sa.Column('address', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=9), nullable=False),
    sa.Column('wanted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('try_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('claimed_by', sa.String(length=40), nullable=True),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.String(length=40), nullable=True),
    sa.CheckConstraint("occasion IN ('opened', 'urgent', 'late')", name=op.f('ck_care_notice_occasion_known')),
    sa.CheckConstraint("state IN ('waiting', 'sending', 'sent', 'uncertain', 'failed', 'dropped')", name=op.f('ck_care_notice_state_known')),
    sa.ForeignKeyConstraint(['study_id', 'follow_up_id'], ['follow_up.study_id', 'follow_up.id'], name=op.f('fk_care_notice_study_id_follow_up_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_care_notice')),
    sa.UniqueConstraint('study_id', 'follow_up_id', 'occasion', 'address', name=op.f('uq_care_notice_study_id_follow_up_id_occasion_address'))
    )
    with op.batch_alter_table('care_notice', schema=None) as batch_op:
        batch_op.create_index('ix_care_notice_state_try_at', ['state', 'try_at'], unique=False)

    op.add_column('study', sa.Column('care', JSON, server_default='{}', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('study', schema=None) as batch_op:
        batch_op.drop_column('care')

    with op.batch_alter_table('care_notice', schema=None) as batch_op:
        batch_op.drop_index('ix_care_notice_state_try_at')

    op.drop_table('care_notice')
    with op.batch_alter_table('alert', schema=None) as batch_op:
        batch_op.drop_index('ix_alert_study_id_stage_id')
        batch_op.drop_index('ix_alert_study_id_follow_up_id')
        batch_op.drop_index('ix_alert_study_id_entry_id')

    op.drop_table('alert')
    with op.batch_alter_table('care_contact', schema=None) as batch_op:
        batch_op.drop_index('ix_care_contact_study_id_follow_up_id_at')

    op.drop_table('care_contact')
    with op.batch_alter_table('follow_up', schema=None) as batch_op:
        batch_op.drop_index('uq_follow_up_one_at_a_time', sqlite_where=sa.text("state <> 'closed'"), postgresql_where=sa.text("state <> 'closed'"))
        batch_op.drop_index('ix_follow_up_study_id_state_due_at')
        batch_op.drop_index('ix_follow_up_study_id_participant_id')

    op.drop_table('follow_up')