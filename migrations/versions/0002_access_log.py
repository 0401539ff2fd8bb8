"""The access log: its tables, who may write them, and what nobody may do to them.

Revision: 0002, after 0001

Roles belong to the whole cluster: another database, or a migration that runs at this moment, may have made them.
They are left behind by `downgrade` for the same reason.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text()
TEXTS = ARRAY(sa.Text())
BYTES = sa.LargeBinary()
JSON = JSONB()
TIME = sa.DateTime(timezone=True)
NUMBER = sa.Integer()
LONG = sa.BigInteger()

ROLES = """
DO $$
DECLARE wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['hub_app', 'hub_log'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN NULL;
                WHEN insufficient_privilege THEN RAISE EXCEPTION
                    'this user may not create roles; let the administrator run: CREATE ROLE % NOLOGIN; GRANT % TO %;',
                    wanted, wanted, current_user;
            END;
        END IF;
        IF NOT EXISTS (
            SELECT FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
            WHERE r.rolname = wanted AND u.rolname = current_user
        ) AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            EXECUTE format('GRANT %I TO %I', wanted, current_user);
        END IF;
    END LOOP;
END $$
"""

# The app changes records and reads the log; the log's writer adds to the log and knows nothing else.
GRANTS = """
GRANT USAGE ON SCHEMA public TO hub_app, hub_log;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO hub_app;
REVOKE INSERT, UPDATE, DELETE ON log_entry, log_checkpoint, log_head, alembic_version FROM hub_app;
REVOKE UPDATE, DELETE ON outbox FROM hub_app;
GRANT SELECT, INSERT ON log_entry, log_checkpoint TO hub_log;
GRANT SELECT, UPDATE ON log_head TO hub_log;
GRANT SELECT ON outbox TO hub_log;
GRANT UPDATE (logged_index) ON outbox TO hub_log;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO hub_app
"""

APPEND_ONLY = """
CREATE FUNCTION log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the access log is append-only: % of % refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""

# ALWAYS: fires for the owner, for superusers, and under session_replication_role = replica.
GUARD = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION log_is_append_only();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only
"""

# Workers hear of a revocation as soon as it commits; `seq` lets one that missed a notice read on from where it was.
NOTIFY = """
CREATE FUNCTION revocation_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('hub_revocation', NEW.seq::text);
    RETURN NULL;
END $$;
CREATE TRIGGER revocation_notice AFTER INSERT ON revocation FOR EACH ROW EXECUTE FUNCTION revocation_notice()
"""


def upgrade() -> None:
    tables()
    # RFC 6962 §2.1: the root of an empty tree is the hash of nothing.
    execute("INSERT INTO log_head (id, size, frontier, root) VALUES (1, 0, '', sha256(''))")
    execute(ROLES)
    execute(APPEND_ONLY)
    for table in ("log_entry", "log_checkpoint"):
        each(GUARD.format(table=table))
    each(GRANTS)
    split = NOTIFY.rindex("CREATE TRIGGER")
    execute(NOTIFY[:split])
    execute(NOTIFY[split:])


def downgrade() -> None:
    if op.get_bind().execute(sa.text("SELECT size FROM log_head")).scalar_one():
        raise RuntimeError("the access log has entries: going back would destroy it; make a backup and use a new database")
    each("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM hub_app")
    execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM hub_app, hub_log")
    execute("REVOKE ALL ON SCHEMA public FROM hub_app, hub_log")
    execute("DROP TRIGGER revocation_notice ON revocation")
    execute("DROP FUNCTION revocation_notice")
    for table in ("outbox", "log_head", "log_entry", "log_checkpoint"):
        op.drop_table(table)
    execute("DROP FUNCTION log_is_append_only")


def execute(statement: str) -> None:
    """One statement as it stands: sa.text would read a colon as a parameter."""
    op.get_bind().exec_driver_sql(statement)


def each(script: str) -> None:
    """The statements of a script without semicolons inside them; the driver takes one at a time."""
    for statement in script.split(";"):
        execute(statement)


def tables() -> None:
    op.create_table(
        "log_checkpoint",
        sa.Column("size", LONG, primary_key=True, autoincrement=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
    )
    op.create_table(
        "log_entry",
        sa.Column("idx", LONG, primary_key=True, autoincrement=False),
        sa.Column("leaf_hash", BYTES, nullable=False),
        sa.Column("body", BYTES, nullable=False),
        sa.Column("id", TEXT, nullable=False, unique=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("question", TEXT, nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("organisation", TEXT, nullable=True),
        sa.Column("purpose", TEXT, nullable=True),
        sa.Column("letter", TEXT, nullable=True),
        sa.Column("case_id", TEXT, nullable=True),
        sa.Column("decision", TEXT, nullable=True),
        sa.Column("subjects", TEXTS, nullable=False),
    )
    op.create_index("log_entry_at", "log_entry", ["at", "idx"])
    op.create_index("log_entry_organisation", "log_entry", ["organisation", "idx"])
    op.create_index("log_entry_question", "log_entry", ["question"])
    op.create_index("log_entry_subjects", "log_entry", ["subjects"], postgresql_using="gin")
    op.create_table(
        "log_head",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("size", LONG, nullable=False),
        sa.Column("frontier", BYTES, nullable=False),
        sa.Column("root", BYTES, nullable=False),
        sa.CheckConstraint("id = 1", name="single"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", LONG, sa.Identity(always=True), primary_key=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("logged_index", LONG, nullable=True),
    )
    op.create_index("outbox_pending", "outbox", ["id"], postgresql_where=sa.text("logged_index IS NULL"))
