"""The checks of `hub doctor` over settings, files and the database; departments are in `hub/cli/reachability.py`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC

import asyncpg
import orjson

from hub.access_log.keeper import KeptFile
from hub.access_log.soundness import check_sound
from hub.authorizations.watch import CHANNEL
from hub.cli.findings import Finding, fail, ok, warn
from hub.cli.log import access_log
from hub.cli.premises import Premises, keys_directory
from hub.clock import clock
from hub.console.vendor import complete
from hub.deferred.statements import COUNTS
from hub.keys import KeyRing, Use
from hub.migrate import head, revision_of
from hub.postgres.binaries import SUPPORTED
from hub.postgres.connection import APP_ROLE, LOG_ROLE, plain_url, pool
from hub.postgres.run_login import owns_the_log
from hub.regions.agreement import AgreementRefused, open_agreement
from hub.regions.neighbours import region_keys
from hub.settings import Settings
from hub.sharing.due import owed
from policies.calendar import CHINA
from policies.disposal import disposal_terms
from policies.engine import load

_SKEW = 5.0  # seconds between this machine's clock and the database's
_BAD_SKEW = 60.0
_OUTBOX = "SELECT count(*), COALESCE(EXTRACT(epoch FROM now() - min(at)), 0)::float8 FROM outbox WHERE logged_index IS NULL"


async def settings_sane(settings: Settings) -> Finding:
    """What is set for development and should not be in production."""
    loose = [name for name, set_ in (
        ("HUB_REQUIRE_DPOP=0", not settings.require_dpop), ("HUB_INTROSPECTION=1", settings.introspection),
        ("HUB_GRAPHIQL=1", settings.graphiql), ("HUB_SECURE_COOKIES=0", settings.issuer.startswith("https") and not settings.secure_cookies),
        ("an issuer without https", not settings.issuer.startswith("https")),
    ) if set_]  # fmt: skip
    seen = f"region {settings.region}, issuer {settings.issuer}"
    if len(settings.region) != 12 or not settings.region.isdecimal():
        return fail("settings", "HUB_REGION is not a code of 12 digits", "fill a county's 6 digits up with zeros")
    if loose:
        return warn("settings", seen, f"for production mind {', '.join(loose)}")
    return ok("settings", seen)


async def directory_private(settings: Settings) -> Finding:
    """The hub's directory and the file of secrets are the hub's alone."""
    return await asyncio.to_thread(_private, settings)


def _private(settings: Settings) -> Finding:
    for path in (settings.directory, settings.sources):
        if path.exists() and path.stat().st_mode & 0o077:
            return fail("directory", f"{path} can be read by others", f"chmod {'700' if path.is_dir() else '600'} {path}")
    if not os.access(settings.directory, os.W_OK):
        return fail("directory", f"{settings.directory} cannot be written", "give it to the hub's account")
    return ok("directory", f"{settings.directory} is private")


async def keys_whole(settings: Settings) -> Finding:
    """Every use has a key nobody else can read."""
    ring = await asyncio.to_thread(KeyRing.load, keys_directory(settings))
    count = sum(len(ring.versions(use)) for use in Use)
    return ok("keys", f"{len(Use)} uses, {count} versions")


async def database_usable(premises: Premises) -> Finding:
    """Reachable, of a supported version, at this hub's schema."""
    async with _session(premises.url) as session:
        version = int(await session.fetchval("SHOW server_version_num")) // 10_000
        durable = await session.fetchval("SELECT current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on'")
    revision = await revision_of(premises.url)
    if version not in SUPPORTED:
        return fail("database", f"PostgreSQL {version}", f"use one of {SUPPORTED.start}-{SUPPORTED.stop - 1}")
    if revision != head():
        return fail("database", f"PostgreSQL {version}, schema {revision or 'none'}", f"this hub needs {head()}: run `hub migrate`")
    if not durable:
        return warn("database", f"PostgreSQL {version} at {revision}", "fsync or full_page_writes is off: an entry that counts as durable is not")
    return ok("database", f"PostgreSQL {version} at {revision}")


async def clock_sane(premises: Premises) -> Finding:
    """The clocks of machine and database agree on the time: letters, tokens and entries are dated by it."""
    async with _session(premises.url) as session:
        before = clock()
        theirs = await session.fetchval("SELECT clock_timestamp()")
        middle = before + (clock() - before) / 2
    skew = abs((middle.astimezone(UTC) - theirs).total_seconds())
    if skew > _BAD_SKEW:
        return fail("clock", f"{skew:.0f} s from the database's", "set both clocks by NTP")
    if skew > _SKEW:
        return warn("clock", f"{skew:.1f} s from the database's", "set both clocks by NTP")
    return ok("clock", f"{middle:%Y-%m-%d %H:%M:%S} in China, within {max(skew, 0.1):.1f} s of the database's")


async def log_sound(premises: Premises) -> Finding:
    """The stored tree continues every signed checkpoint, the one kept outside the database too; state changes reach it."""
    async with await pool(premises.url, role=LOG_ROLE, max_size=3) as reading:
        log = access_log(premises, reading)
        try:
            found = await check_sound(log.tree, log.store, log.tiles, KeptFile(premises.checkpoint), log.verifiers)
        finally:
            await log.tree.close()
        (waiting, oldest), = await reading.fetch(_OUTBOX)
    kept = "kept checkpoint agrees" if premises.checkpoint.exists() else "no checkpoint kept yet"
    if waiting and oldest > 120:
        return warn("access log", f"{found.size} entries, {kept}; {waiting} state changes wait for {oldest:.0f} s", "is the hub running?")
    return ok("access log", f"{found.size} entries, {kept}")


async def revocations_heard(premises: Premises) -> Finding:
    """A notice of the database reaches a listener: a connection pooler between hub and database may swallow it."""
    heard = asyncio.Event()
    async with _session(premises.url) as listening, _session(premises.url) as telling:
        trigger = await telling.fetchval("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'revocation'::regclass AND tgenabled <> 'D' AND NOT tgisinternal")
        await listening.add_listener(CHANNEL, lambda *_: heard.set())
        await telling.execute("SELECT pg_notify($1, '')", CHANNEL)
        try:
            async with asyncio.timeout(2):
                await heard.wait()
        except TimeoutError:
            return warn("revocations", "notices do not arrive", "workers read on every half second; connect without a transaction pooler")
    if not trigger:
        return warn("revocations", "nothing announces them", "workers read on every half second; run `hub migrate`")
    return ok("revocations", "announced and heard")


async def sharing_in_time(premises: Premises) -> Finding:
    """Answers, supplies and corrections that providers owe (GDS §21, §22, §26), and disposals that receivers do (GDS §27)."""
    found = await owed(premises.engine, clock().astimezone(CHINA).date(), disposal_terms(premises.settings.region[:6]))
    late = [one for one in found if one.overdue]
    if late:
        return warn("sharing", f"{len(late)} of {len(found)} open are overdue, the oldest since {late[0].due}", "see `hub catalogue due`")
    return ok("sharing", f"{len(found)} open, none overdue")


async def login_bounded(settings: Settings, premises: Premises) -> Finding:
    """The hub's login cannot switch off what guards the log."""
    if not settings.database_url:
        return ok("login", "the embedded server's")
    database = await asyncpg.connect(plain_url(premises.url), timeout=5)
    try:
        owner = await owns_the_log(database)
    finally:
        await database.close(timeout=5)
    if owner:
        return warn("login", "this login owns the log's tables", "run the hub under another: `hub migrate --login-of FILE`")
    return ok("login", "owns nothing of the log")


async def later_answers(premises: Premises) -> Finding:
    """Questions at departments that answer later: how many in which state, and whether somebody sees to them."""
    async with _session(premises.url) as session:
        rows = await session.fetch(COUNTS, clock())
    seen = ", ".join(f"{row['department']} {row['state']} {row['number']}" for row in rows) or "none under way"
    overdue = sum(row["overdue"] for row in rows)
    if overdue:
        return warn("later answers", f"{seen}; {overdue} past their deadline", "is the hub running? it closes them within seconds")
    return ok("later answers", seen)


async def agreements_hold(premises: Premises) -> Finding:
    """Every active agreement verifies under both regions' keys and is in force."""
    own = region_keys(await asyncio.to_thread(premises.keys), premises.settings.region)
    async with _session(premises.url) as session:
        rows = await session.fetch("SELECT code, document, signatures, valid_to FROM agreement WHERE active ORDER BY code")
    over = [row["code"] for row in rows if row["valid_to"] < clock().date()]
    for row in rows:
        try:
            document, signatures = bytes(row["document"]), orjson.loads(row["signatures"])
            open_agreement(document, signatures, own_region=premises.settings.region, own_key=own.signing_jwk)
        except AgreementRefused as fault:
            return fail("agreements", f"{row['code']}: {fault}", "have it signed anew (`hub agreement sign`, `import`)")
    if over:
        return warn("agreements", f"{', '.join(over)} has run out", "agree anew; until then the neighbour is not asked")
    return ok("agreements", f"{len(rows)} verified")


async def policy_loads(settings: Settings) -> Finding:
    """The region's policy can be read; its digest stands in every entry of the log."""
    policy = await asyncio.to_thread(load, settings.region[:6])
    return ok("policy", f"region {settings.region[:6]}, digest {policy.digest[:16]}")


async def editor_whole(settings: Settings) -> Finding:
    """GraphiQL's files are the reviewed ones, where it is switched on."""
    if await asyncio.to_thread(complete):
        return ok("GraphiQL", "files whole" + ("" if settings.graphiql else ", switched off"))
    if settings.graphiql:
        return fail("GraphiQL", "files missing or altered", "run `make vendor`")
    return ok("GraphiQL", "switched off, files not installed")


@asynccontextmanager
async def _session(url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(plain_url(url), timeout=5, server_settings={"role": APP_ROLE})
    try:
        yield connection
    finally:
        await connection.close(timeout=5)
