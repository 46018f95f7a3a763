"""What a person can do with their own words: change them for a while, see who read them, write to the team"""

import sqlalchemy as sa
from alembic import op


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('study', sa.Column('edit_hours', sa.Integer(), server_default='72', nullable=False))
    op.add_column('study', sa.Column('reply_hours', sa.Integer(), server_default='48', nullable=False))
    op.create_table('reading',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('participant_id', sa.Uuid(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('reader', sa.String(length=80), nullable=False),
    sa.Column('role', sa.String(length=12), nullable=False),
    sa.Column('entries', sa.Integer(), nullable=False),
    sa.Column('seen', sa.LargeBinary(), nullable=False),
    sa.Column('exported', sa.Boolean(), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['study_id', 'participant_id'], ['participant.study_id', 'participant.id'], name=op.f('fk_reading_study_id_participant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'participant_id', 'day', 'reader', name=op.f('pk_reading'))
    )
    op.create_table('message',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('participant_id', sa.Uuid(), nullable=False),
    sa.Column('from_person', sa.Boolean(), nullable=False),
    sa.Column('author', sa.String(length=80), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['study_id', 'participant_id'], ['participant.study_id', 'participant.id'], name=op.f('fk_message_study_id_participant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_message'))
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.create_index('ix_message_study_id_participant_id_sent_at', ['study_id', 'participant_id', 'sent_at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_index('ix_message_study_id_participant_id_sent_at')
    op.drop_table('message')
    op.drop_table('reading')
    with op.batch_alter_table('study', schema=None) as batch_op:
        batch_op.drop_column('reply_hours')
        batch_op.drop_column('edit_hours')
