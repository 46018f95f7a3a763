"""Numbers to call in need, on every page of the phone; studies that are there begin with those of the templates"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
LINES = [
    {"label": "急救电话", "number": "120", "note": "情况紧急、疼得受不了、出血不止"},
    {"label": "心理援助热线", "number": "12356", "note": "全国统一，有人听您说话"},
]


def upgrade() -> None:
    op.add_column('study', sa.Column('help_lines', JSON, server_default='[]', nullable=False))
    op.execute(sa.table('study', sa.column('help_lines', JSON)).update().values(help_lines=LINES))


def downgrade() -> None:
    with op.batch_alter_table('study', schema=None) as batch_op:
        batch_op.drop_column('help_lines')
