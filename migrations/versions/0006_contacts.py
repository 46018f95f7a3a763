"""Where people can be reached"""

import sqlalchemy as sa
from alembic import op


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('study_channel',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('channel', sa.String(length=12), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_study_channel_study_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'channel', name=op.f('pk_study_channel'))
    )
    op.create_table('contact',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('participant_id', sa.Uuid(), nullable=False),
    sa.Column('channel', sa.String(length=12), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('mark', sa.String(length=64), nullable=False),
    sa.Column('label', sa.String(length=60), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('disabled_because', sa.String(length=40), nullable=True),
    sa.ForeignKeyConstraint(['study_id', 'participant_id'], ['participant.study_id', 'participant.id'], name=op.f('fk_contact_study_id_participant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_contact')),
    sa.UniqueConstraint('study_id', 'participant_id', 'channel', 'mark', name=op.f('uq_contact_study_id_participant_id_channel_mark'))
    )


def downgrade() -> None:
    op.drop_table('contact')
    op.drop_table('study_channel')
