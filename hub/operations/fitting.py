"""Whether a registered question fits the nationwide letter, for each purpose a client may ask it for; kept beside the document.

A verdict rests on the policy, the template and who the client is, and is decided anew where any of them changed: a stored one of
another policy is stale, and says nothing. The catalogue is not among what it rests on: providers publish that day by day.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from hub.access_log.failures import FAILURES
from hub.background import Background
from hub.errors import Malformed, TooLarge
from hub.fits import Fit, Fitting
from hub.fitter import Asker, Fitter
from hub.operation import Documents, Operation
from policies.letter_templates import NATIONAL, TEMPLATES
from policies.purposes import PURPOSES
from policies.verdict import BasisKind

WAYS = 8
"""In how many ways a document may be meant (variables not given) and still be decided while its client waits; `hub fits` decides any."""

_ASKER = """
SELECT c.purposes, o.department, o.region, o.role FROM client c JOIN organisation o ON o.code = c.organisation WHERE c.id = $1
"""
_COLUMNS = "hash, purpose, template, department, region, role, fit, reasons, policy_digest, template_digest"
_STORED = f"SELECT {_COLUMNS} FROM operation_fit WHERE client_id = $1 AND ($2::text IS NULL OR hash = $2) ORDER BY hash, purpose"  # noqa: S608 (ours)
_STORE = f"""
INSERT INTO operation_fit (client_id, at, {_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (hash, client_id, purpose, template) DO UPDATE SET (at, department, region, role, fit, reasons, policy_digest, template_digest)
    = (excluded.at, excluded.department, excluded.region, excluded.role, excluded.fit, excluded.reasons, excluded.policy_digest,
       excluded.template_digest)
"""  # noqa: S608 (ours)
_STALE = """
SELECT DISTINCT f.client_id, f.hash, p.document FROM operation_fit f JOIN persisted_operation p ON p.hash = f.hash
JOIN client c ON c.id = f.client_id JOIN organisation o ON o.code = c.organisation
WHERE c.active AND f.purpose = ANY(c.purposes) AND f.client_id || ' ' || f.hash <> ALL($1::text[])
  AND (f.policy_digest <> $2 OR f.template || ' ' || f.template_digest <> ALL($3::text[])
    OR (f.department, f.region, f.role) <> (o.department, o.region, o.role))
ORDER BY f.client_id, f.hash LIMIT 1
"""
_ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('operation fits'))"
REST = 0.2
"""Seconds between two documents decided anew: a worker that has just started answers questions first."""


@dataclass(frozen=True, slots=True)
class StoredFit:
    """One verdict as it is kept. `stale`: policy, template or client is another one by now."""

    hash: str
    purpose: str
    template: str
    fit: Fit
    reasons: tuple[str, ...]
    policy_digest: str
    stale: bool

    def plain(self) -> Mapping[str, object]:
        """As a client is told."""
        return {
            "purpose": self.purpose, "letterTemplate": self.template, "fit": self.fit.value, "reasons": list(self.reasons),
            "policyDigest": self.policy_digest,
        }


class StoredFits:
    """The verdicts of one hub. Raises asyncpg's errors."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], fitter: Fitter, documents: Documents) -> None:
        """`pool` of records."""
        self._pool = pool
        self._fitter = fitter
        self._documents = documents
        self._undecided: set[str] = set()

    async def stored(self, client: str, digest: str | None = None) -> Sequence[StoredFit]:
        """What is kept for a client, of one document or of all; nothing is decided."""
        asker = await self._pool.fetchrow(_ASKER, client)
        rows = await self._pool.fetch(_STORED, client, digest)
        return [] if asker is None else [self._read(row, _asker(asker)) for row in rows]

    async def decided(self, text: str, digest: str, *, client: str, at: datetime) -> Sequence[StoredFit]:
        """The verdicts for a registered document, by the client's purposes that may stand on a letter: those kept, and those missing or
        stale decided and kept. Empty where nobody could tell: too many ways to mean the question, or a client there is none of.
        """
        row = await self._pool.fetchrow(_ASKER, client)
        if row is None:
            return ()
        kept = {one.purpose: one for one in await self.stored(client, digest) if not one.stale}
        wanted = [one for one in sorted(row["purposes"]) if one in PURPOSES and BasisKind.LETTER in PURPOSES[one].bases]
        missing = [purpose for purpose in wanted if purpose not in kept]
        if missing:
            operations = await self._documents.operations(text)
            try:
                found = [await self._fit(operations, purpose, _asker(row), at) for purpose in missing]
            except (Malformed, TooLarge):
                return ()
            asker = (row["department"], row["region"], row["role"])
            await self._pool.executemany(_STORE, [
                (client, at, digest, one.purpose, one.template, *asker, one.fit.value, [*one.reasons], one.policy_digest, one.template_digest)
                for one in found
            ])
        return [one for one in await self.stored(client, digest) if one.purpose in wanted]

    async def refresh(self, at: datetime) -> bool:
        """Decide one document's stale verdicts anew; False where none is stale, or another process is at it. What nobody could tell the last
        time is left alone for as long as this process lives.
        """
        templates = [f"{name} {template.digest}" for name, template in TEMPLATES.items()]
        async with self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(_ALONE):
                return False
            row = await connection.fetchrow(_STALE, sorted(self._undecided), self._fitter.policy_digest, templates)
            if row is None:
                return False
            try:
                await self.decided(row["document"], row["hash"], client=row["client_id"], at=at)
            except FAILURES:
                raise
            except Exception:
                self._undecided.add(f"{row['client_id']} {row['hash']}")  # a document nobody can read must not stand before the others
                raise
            if row == await connection.fetchrow(_STALE, sorted(self._undecided), self._fitter.policy_digest, templates):
                self._undecided.add(f"{row['client_id']} {row['hash']}")
        return True

    async def _fit(self, operations: Sequence[Operation], purpose: str, asker: Asker, at: datetime) -> Fitting:
        """Of the whole document: every operation may be run by its hash."""
        fittings: list[Fitting] = []
        for operation in operations:
            await asyncio.sleep(0)  # others' questions are answered meanwhile
            fittings.append(await self._fitter.fit(operation, TEMPLATES[NATIONAL], purpose=purpose, asker=asker, now=at, most=WAYS))
        return Fitting.of_all(fittings)

    def _read(self, row: asyncpg.Record, asker: Asker) -> StoredFit:
        template = TEMPLATES.get(row["template"])
        now = (self._fitter.policy_digest, template.digest if template is not None else "", asker)
        then = (row["policy_digest"], row["template_digest"], _asker(row))
        return StoredFit(
            row["hash"], row["purpose"], row["template"], Fit(row["fit"]), tuple(row["reasons"]), row["policy_digest"], stale=now != then,
        )


def kept_fresh(fits: StoredFits, clock: Callable[[], datetime], *, every: float = 60.0, rest: float = REST) -> Background:
    """Decides what became stale, one document at a time, beside the questions, once it is started. Seconds."""

    async def turn() -> None:
        found = await fits.refresh(clock())
        await asyncio.sleep(rest if found else every)

    return Background("operation fits", turn, rest=every)


def _asker(row: asyncpg.Record) -> Asker:
    return Asker(row["department"], row["region"], row["role"])
