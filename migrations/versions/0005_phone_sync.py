"""What phones send by themselves: photos, voice notes, the prompt answered, what the phone's clock said, how much waits"""

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
    op.create_table('attachment',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('participant_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('media_type', sa.String(length=40), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('width', sa.Integer(), nullable=True),
    sa.Column('height', sa.Integer(), nullable=True),
    sa.Column('milliseconds', sa.Integer(), nullable=True),
    sa.Column('sent_digest', sa.String(length=64), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('signature', sa.String(length=120), nullable=False),
    sa.CheckConstraint("kind IN ('photo', 'voice')", name=op.f('ck_attachment_kind_known')),
    sa.ForeignKeyConstraint(['study_id', 'entry_id'], ['entry.study_id', 'entry.id'], name=op.f('fk_attachment_study_id_entry_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['study_id', 'participant_id'], ['participant.study_id', 'participant.id'], name=op.f('fk_attachment_study_id_participant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_attachment'))
    )
    op.create_index('ix_attachment_study_id_entry_id', 'attachment', ['study_id', 'entry_id'])
    op.create_index('ix_attachment_study_id_participant_id', 'attachment', ['study_id', 'participant_id'])
    op.create_table('attachment_content',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('attachment_id', sa.Uuid(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['study_id', 'attachment_id'], ['attachment.study_id', 'attachment.id'], name=op.f('fk_attachment_content_study_id_attachment_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'attachment_id', name=op.f('pk_attachment_content'))
    )
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
    op.drop_table('attachment_content')
    op.drop_table('attachment')
    op.drop_column('entry', 'clock_note')
    op.drop_column('entry', 'device_recorded_at')
    op.drop_column('entry', 'device_occurred_at')
    op.drop_column('entry', 'prompt_id')
