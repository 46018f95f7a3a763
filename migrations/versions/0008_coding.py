"""Interviews and what people make of statements: codebook, codes, draws; human codes beside the machine's scores"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql  # noqa: F401


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('code',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('colour', sa.String(length=7), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('examples', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('memo', sa.Text(), nullable=False),
    sa.Column('shortcut', sa.String(length=1), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=80), nullable=False),
    sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('merged_into', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['study_id', 'parent_id'], ['code.study_id', 'code.id'], name=op.f('fk_code_study_id_parent_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_code_study_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_code'))
    )
    with op.batch_alter_table('code', schema=None) as batch_op:
        batch_op.create_index('ix_code_study_id_parent_id', ['study_id', 'parent_id'], unique=False)

    op.create_table('codebook_version',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('action', sa.String(length=20), nullable=False),
    sa.Column('detail', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('codes', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_codebook_version_study_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'version', name=op.f('pk_codebook_version'))
    )
    op.create_table('draw_plan',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('design', sa.String(length=8), nullable=False),
    sa.Column('rates', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('floor', sa.Float(), nullable=False),
    sa.Column('double_share', sa.Float(), nullable=False),
    sa.Column('seed', sa.String(length=64), nullable=False),
    sa.Column('wanted', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.CheckConstraint("design IN ('uniform', 'stage', 'active')", name=op.f('ck_draw_plan_design_known')),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_draw_plan_study_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'version', name=op.f('pk_draw_plan'))
    )
    op.create_table('guide',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('questions', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('published_by', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_guide_study_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'version', name=op.f('pk_guide'))
    )
    op.create_table('saved_query',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('query', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_saved_query_study_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_saved_query'))
    )
    op.create_table('study_coder',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('staff', 'imported', 'consensus')", name=op.f('ck_study_coder_kind_known')),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_study_coder_study_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_study_coder_user_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_study_coder')),
    sa.UniqueConstraint('study_id', 'user_id', name=op.f('uq_study_coder_study_id_user_id'))
    )
    with op.batch_alter_table('study_coder', schema=None) as batch_op:
        batch_op.create_index('ix_study_coder_user_id', ['user_id'], unique=False)

    op.create_table('interview',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('participant_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('held_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('wave_id', sa.Uuid(), nullable=True),
    sa.Column('guide_version', sa.Integer(), nullable=True),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('origin', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('created_by', sa.String(length=80), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('interview', 'observation')", name=op.f('ck_interview_kind_known')),
    sa.CheckConstraint("state IN ('open', 'ready')", name=op.f('ck_interview_state_known')),
    sa.ForeignKeyConstraint(['study_id', 'participant_id'], ['participant.study_id', 'participant.id'], name=op.f('fk_interview_study_id_participant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_interview'))
    )
    with op.batch_alter_table('interview', schema=None) as batch_op:
        batch_op.create_index('ix_interview_study_id_participant_id', ['study_id', 'participant_id'], unique=False)

    op.create_table('memo',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('participant_id', sa.Uuid(), nullable=True),
    sa.Column('about', sa.String(length=12), nullable=False),
    sa.Column('about_id', sa.Uuid(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('by', sa.String(length=80), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("about IN ('study', 'participant', 'code', 'interview', 'statement')", name=op.f('ck_memo_about_known')),
    sa.ForeignKeyConstraint(['study_id', 'participant_id'], ['participant.study_id', 'participant.id'], name=op.f('fk_memo_study_id_participant_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['study_id'], ['study.id'], name=op.f('fk_memo_study_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_memo'))
    )
    with op.batch_alter_table('memo', schema=None) as batch_op:
        batch_op.create_index('ix_memo_study_id_about', ['study_id', 'about', 'about_id'], unique=False)
        batch_op.create_index('ix_memo_study_id_participant_id', ['study_id', 'participant_id'], unique=False)

    op.create_table('coding_change',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('statement_id', sa.Uuid(), nullable=False),
    sa.Column('coder_id', sa.Uuid(), nullable=False),
    sa.Column('actor', sa.String(length=80), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('before', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('after', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['study_id', 'statement_id'], ['statement.study_id', 'statement.id'], name=op.f('fk_coding_change_study_id_statement_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_coding_change'))
    )
    with op.batch_alter_table('coding_change', schema=None) as batch_op:
        batch_op.create_index('ix_coding_change_study_id_statement_id', ['study_id', 'statement_id', 'coder_id'], unique=False)

    op.create_table('draw',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('statement_id', sa.Uuid(), nullable=False),
    sa.Column('plan_version', sa.Integer(), nullable=False),
    sa.Column('probability', sa.Float(), nullable=False),
    sa.Column('doubled', sa.Boolean(), nullable=False),
    sa.Column('queue_order', sa.Float(), nullable=False),
    sa.Column('drawn_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('probability > 0 AND probability <= 1', name=op.f('ck_draw_probability_positive')),
    sa.ForeignKeyConstraint(['study_id', 'statement_id'], ['statement.study_id', 'statement.id'], name=op.f('fk_draw_study_id_statement_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'statement_id', name=op.f('pk_draw'))
    )
    op.create_table('human_coding',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('statement_id', sa.Uuid(), nullable=False),
    sa.Column('coder_id', sa.Uuid(), nullable=False),
    sa.Column('sentiment', sa.Integer(), nullable=True),
    sa.Column('emotions', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('memo', sa.Text(), nullable=False),
    sa.Column('blind', sa.Boolean(), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('sentiment BETWEEN -2 AND 2', name=op.f('ck_human_coding_sentiment_in_range')),
    sa.ForeignKeyConstraint(['study_id', 'coder_id'], ['study_coder.study_id', 'study_coder.id'], name=op.f('fk_human_coding_study_id_coder_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['study_id', 'statement_id'], ['statement.study_id', 'statement.id'], name=op.f('fk_human_coding_study_id_statement_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'statement_id', 'coder_id', name=op.f('pk_human_coding'))
    )
    with op.batch_alter_table('human_coding', schema=None) as batch_op:
        batch_op.create_index('ix_human_coding_study_id_coder_id', ['study_id', 'coder_id'], unique=False)

    op.create_table('turn',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('interview_id', sa.Uuid(), nullable=False),
    sa.Column('participant_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('speaker', sa.String(length=60), nullable=False),
    sa.Column('role', sa.String(length=12), nullable=False),
    sa.Column('origin', sa.String(length=12), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('start_ms', sa.Integer(), nullable=True),
    sa.Column('end_ms', sa.Integer(), nullable=True),
    sa.Column('question', sa.String(length=40), nullable=True),
    sa.Column('mark', sa.String(length=8), nullable=True),
    sa.Column('proposed_stage_id', sa.Uuid(), nullable=True),
    sa.Column('stage_id', sa.Uuid(), nullable=True),
    sa.Column('touchpoint_id', sa.Uuid(), nullable=True),
    sa.Column('confirmed_by', sa.String(length=80), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("mark IN ('peak', 'valley', 'ask')", name=op.f('ck_turn_mark_known')),
    sa.CheckConstraint("origin IN ('transcript', 'note')", name=op.f('ck_turn_origin_known')),
    sa.CheckConstraint("role IN ('interviewer', 'respondent', 'other')", name=op.f('ck_turn_role_known')),
    sa.ForeignKeyConstraint(['study_id', 'interview_id'], ['interview.study_id', 'interview.id'], name=op.f('fk_turn_study_id_interview_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['study_id', 'participant_id'], ['participant.study_id', 'participant.id'], name=op.f('fk_turn_study_id_participant_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['study_id', 'stage_id'], ['stage.study_id', 'stage.id'], name=op.f('fk_turn_study_id_stage_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_turn'))
    )
    with op.batch_alter_table('turn', schema=None) as batch_op:
        batch_op.create_index('ix_turn_study_id_interview_id', ['study_id', 'interview_id', 'position'], unique=False)
        batch_op.create_index('ix_turn_study_id_participant_id', ['study_id', 'participant_id'], unique=False)

    op.create_table('assignment',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('statement_id', sa.Uuid(), nullable=False),
    sa.Column('slot', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('coder_id', sa.Uuid(), nullable=False),
    sa.Column('assigned_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('slot IN (1, 2)', name=op.f('ck_assignment_slot_known')),
    sa.ForeignKeyConstraint(['study_id', 'coder_id'], ['study_coder.study_id', 'study_coder.id'], name=op.f('fk_assignment_study_id_coder_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['study_id', 'statement_id'], ['draw.study_id', 'draw.statement_id'], name=op.f('fk_assignment_study_id_statement_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'statement_id', 'slot', name=op.f('pk_assignment')),
    sa.UniqueConstraint('study_id', 'statement_id', 'coder_id', name=op.f('uq_assignment_study_id_statement_id_coder_id'))
    )
    with op.batch_alter_table('assignment', schema=None) as batch_op:
        batch_op.create_index('ix_assignment_study_id_coder_id_done_at', ['study_id', 'coder_id', 'done_at'], unique=False)

    op.create_table('excerpt',
    sa.Column('study_id', sa.Uuid(), nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('statement_id', sa.Uuid(), nullable=False),
    sa.Column('coder_id', sa.Uuid(), nullable=False),
    sa.Column('code_id', sa.Uuid(), nullable=False),
    sa.Column('start_at', sa.Integer(), nullable=False),
    sa.Column('end_at', sa.Integer(), nullable=False),
    sa.Column('memo', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('start_at >= 0 AND start_at < end_at', name=op.f('ck_excerpt_span_not_empty')),
    sa.ForeignKeyConstraint(['study_id', 'code_id'], ['code.study_id', 'code.id'], name=op.f('fk_excerpt_study_id_code_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['study_id', 'statement_id', 'coder_id'], ['human_coding.study_id', 'human_coding.statement_id', 'human_coding.coder_id'], name=op.f('fk_excerpt_study_id_statement_id_coder_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('study_id', 'id', name=op.f('pk_excerpt')),
    sa.UniqueConstraint('study_id', 'statement_id', 'coder_id', 'code_id', 'start_at', 'end_at', name='uq_excerpt_span')
    )
    with op.batch_alter_table('excerpt', schema=None) as batch_op:
        batch_op.create_index('ix_excerpt_study_id_code_id', ['study_id', 'code_id'], unique=False)

    with op.batch_alter_table('participant', schema=None) as batch_op:
        batch_op.add_column(sa.Column('kind', sa.String(length=12), server_default='participant', nullable=False))
        batch_op.create_check_constraint('kind_known', "kind IN ('participant', 'observer')")

    with op.batch_alter_table('statement', schema=None) as batch_op:
        batch_op.add_column(sa.Column('human_micro', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('weight_micro', sa.BigInteger(), nullable=True))
        batch_op.drop_constraint(op.f('ck_statement_source_known'), type_='check')
        batch_op.create_check_constraint('source_known', "source IN ('diary', 'interview', 'observer')")
        batch_op.create_check_constraint('human_with_weight', '(human_micro IS NULL) = (weight_micro IS NULL)')

    with op.batch_alter_table('study', schema=None) as batch_op:
        batch_op.add_column(sa.Column('proposals', sa.String(length=8), server_default='after', nullable=False))



def downgrade() -> None:
    op.execute("DELETE FROM statement WHERE source = 'observer'")
    with op.batch_alter_table('study', schema=None) as batch_op:
        batch_op.drop_column('proposals')

    with op.batch_alter_table('statement', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_statement_human_with_weight'), type_='check')
        batch_op.drop_constraint(op.f('ck_statement_source_known'), type_='check')
        batch_op.create_check_constraint('source_known', "source IN ('diary', 'interview')")
        batch_op.drop_column('weight_micro')
        batch_op.drop_column('human_micro')

    with op.batch_alter_table('participant', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('ck_participant_kind_known'), type_='check')
        batch_op.drop_column('kind')

    with op.batch_alter_table('excerpt', schema=None) as batch_op:
        batch_op.drop_index('ix_excerpt_study_id_code_id')

    op.drop_table('excerpt')
    with op.batch_alter_table('assignment', schema=None) as batch_op:
        batch_op.drop_index('ix_assignment_study_id_coder_id_done_at')

    op.drop_table('assignment')
    with op.batch_alter_table('turn', schema=None) as batch_op:
        batch_op.drop_index('ix_turn_study_id_participant_id')
        batch_op.drop_index('ix_turn_study_id_interview_id')

    op.drop_table('turn')
    with op.batch_alter_table('human_coding', schema=None) as batch_op:
        batch_op.drop_index('ix_human_coding_study_id_coder_id')

    op.drop_table('human_coding')
    op.drop_table('draw')
    with op.batch_alter_table('coding_change', schema=None) as batch_op:
        batch_op.drop_index('ix_coding_change_study_id_statement_id')

    op.drop_table('coding_change')
    with op.batch_alter_table('memo', schema=None) as batch_op:
        batch_op.drop_index('ix_memo_study_id_participant_id')
        batch_op.drop_index('ix_memo_study_id_about')

    op.drop_table('memo')
    with op.batch_alter_table('interview', schema=None) as batch_op:
        batch_op.drop_index('ix_interview_study_id_participant_id')

    op.drop_table('interview')
    with op.batch_alter_table('study_coder', schema=None) as batch_op:
        batch_op.drop_index('ix_study_coder_user_id')

    op.drop_table('study_coder')
    op.drop_table('saved_query')
    op.drop_table('guide')
    op.drop_table('draw_plan')
    op.drop_table('codebook_version')
    with op.batch_alter_table('code', schema=None) as batch_op:
        batch_op.drop_index('ix_code_study_id_parent_id')

    op.drop_table('code')
