"""What phones send by themselves: the prompt that an entry answers, what the phone's clock said, how much waits on it"""

import sqlalchemy as sa
from alembic import op


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('entry', sa.Column('prompt_id', sa.Uuid(), nullable=True))
    op.add_column('entry', sa.Column('device_occurred_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('entry', sa.Column('device_recorded_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('entry', sa.Column('clock_note', sa.String(length=12), nullable=True))
    op.create_table('phone_queue',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('participant_id', sa.Uuid(), nullable=False),
    sa.Column('unsent', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['study_id', 'participant_id'], ['participant.study_id', 'participant.id'], name=op.f('fk_phone_queue_study_id_participant_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['token_hash'], ['diary_session.token_hash'], name=op.f('fk_phone_queue_token_hash'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'token_hash', name=op.f('pk_phone_queue'))
    )


def downgrade() -> None:
    op.drop_table('phone_queue')
    op.drop_column('entry', 'clock_note')
    op.drop_column('entry', 'device_recorded_at')
    op.drop_column('entry', 'device_occurred_at')
    op.drop_column('entry', 'prompt_id')
