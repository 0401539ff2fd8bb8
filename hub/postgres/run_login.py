"""运行账户: the login a hub runs under, apart from the one that owns the tables and migrates them.

It is a member of `hub_app` and `hub_log` (migration 0002) and of nothing else, owns nothing and makes nothing: a hub process somebody has
taken over can add to the access log, and cannot alter, delete, truncate, or switch the log's guards off. Whoever holds the owner's login
can: keep it where no hub runs.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import asyncpg

from hub.postgres.connection import APP_ROLE, LOG_ROLE, plain_url
from hub.postgres.errors import LoginRefused

_MADE = "CREATE ROLE %I"
_BOUNDED = "ALTER ROLE %I LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD %L"
_GRANTED = f"GRANT {APP_ROLE}, {LOG_ROLE} TO %I"
_HELD = """
SELECT EXISTS (SELECT FROM pg_class WHERE relowner = r.oid) OR EXISTS (SELECT FROM pg_database WHERE datdba = r.oid)
    OR EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid AND g.rolname <> ALL ($2))
FROM pg_roles r WHERE r.rolname = $1
"""
_OWNS = """
SELECT r.rolsuper OR EXISTS (SELECT FROM pg_class c WHERE c.oid = 'log_entry'::regclass AND pg_has_role(r.oid, c.relowner, 'MEMBER'))
FROM pg_roles r WHERE r.rolname = session_user
"""


async def ensure_run_login(owner_url: str, run_url: str) -> str:
    """Make the login of `run_url`, or bound and re-password it, in a migrated database; its name. Raises LoginRefused for one that
    owns or belongs to anything it should not, asyncpg's errors where the owner may not make logins.
    """
    parts = urlsplit(plain_url(run_url))
    login, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not login or not password:
        raise LoginRefused("the run-time URL names no login with a password")
    owner = await asyncpg.connect(plain_url(owner_url))
    try:
        async with owner.transaction():
            if login in (await owner.fetchval("SELECT session_user"), APP_ROLE, LOG_ROLE):
                raise LoginRefused("the run-time login must be one of its own")
            held = await owner.fetchval(_HELD, login, [APP_ROLE, LOG_ROLE])
            if held:
                raise LoginRefused(f"the login {login} owns something, or is a member of more than the hub's two roles")
            # A password cannot be a parameter of these statements: the server itself quotes it.
            for statement in (*([] if held is not None else [_MADE]), _BOUNDED, _GRANTED):
                arguments = (login, password)[: statement.count("%")]
                await owner.execute(await owner.fetchval(f"SELECT format($1, {', '.join(f'${n}::text' for n in range(2, 2 + len(arguments)))})", statement, *arguments))
    finally:
        await owner.close()
    return login


async def owns_the_log(database: asyncpg.Connection[asyncpg.Record]) -> bool:
    """Whether who connected could switch the log's guards off."""
    return bool(await database.fetchval(_OWNS))
