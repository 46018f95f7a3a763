"""Searching what was said: trigrams of statements, kept beside them"""

import sqlalchemy as sa
from alembic import op


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

# A statement is put on the list as it is written (a few microseconds) and into the index when somebody searches or a worker
# has time (app/coding/search_index.py): no entry waits for an index. What is deleted leaves the list at once, and with it
# every search; the index itself is emptied and built anew when the file is scrubbed. No trigger touches it: SQLite before
# 3.41 says "no such table" where a trigger's virtual table meets a schema that another connection has changed.
SQLITE = (
    """
    CREATE TABLE statement_search (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        study_id CHAR(32) NOT NULL,
        statement_id CHAR(32) NOT NULL,
        indexed INTEGER NOT NULL DEFAULT 0,
        CONSTRAINT uq_statement_search_statement UNIQUE (study_id, statement_id)
    )
    """,
    "CREATE INDEX ix_statement_search_waiting ON statement_search (study_id, id) WHERE indexed = 0",
    "CREATE VIRTUAL TABLE statement_words USING fts5(text, content='', tokenize='trigram')",
    """
    CREATE TRIGGER statement_search_insert AFTER INSERT ON statement BEGIN
        INSERT INTO statement_search (study_id, statement_id) VALUES (new.study_id, new.id);
    END
    """,
    """
    CREATE TRIGGER statement_search_delete AFTER DELETE ON statement BEGIN
        DELETE FROM statement_search WHERE study_id = old.study_id AND statement_id = old.id;
    END
    """,
    "INSERT INTO statement_search (study_id, statement_id) SELECT study_id, id FROM statement",
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == 'sqlite':
        for words in SQLITE:
            op.execute(words)
        return
    if not connection.scalar(sa.text("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")):
        return  # searching reads the study's statements instead
    try:
        with connection.begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            op.execute("CREATE INDEX ix_statement_text_trgm ON statement USING gin (text gin_trgm_ops)")
    except sa.exc.ProgrammingError:
        pass  # a user that may not create extensions: docs/deployment.md says how its operator adds the index


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        op.execute("DROP TRIGGER statement_search_delete")
        op.execute("DROP TRIGGER statement_search_insert")
        op.execute("DROP TABLE statement_words")
        op.execute("DROP TABLE statement_search")
        return
    op.execute("DROP INDEX IF EXISTS ix_statement_text_trgm")
