"""What the checks rest on, read in one statement: clients, matters, catalogue, impact assessments, whichever a worker does not have in memory.

Rules of this file:
- One statement, so one snapshot: a letter and its signatures, a household and its members are of one moment.
- What is asked for before the loop has gone round leaves together. A question that finds nothing in memory costs one statement, and
  over a connection that knows the statement (each learns it once) one round trip.
- One more column is one more name in a table below, and its use where the row becomes a value.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.authorizations.platform_keys import UNDER_REVIEW

Row = Mapping[str, Any]
"""One row by the names of its columns; rows that belong to it are a list under a name of their own."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows as the statement makes them: `columns` ("l.id", "a AND b AS name") of a `source`, and `within` each the rows that are its own."""

    columns: tuple[str, ...]
    source: str
    within: Mapping[str, _Rows] = field(default_factory=dict)

    def sql(self) -> str:
        """An array of rows. A row in an array has no names: they stay on this side."""
        values = [*(one.partition(" AS ")[0] for one in self.columns), *(one.sql() for one in self.within.values())]
        return f"ARRAY(SELECT ROW({', '.join(values)}) FROM {self.source})"  # noqa: S608 (all of it stands in this file)

    def read(self, found: Iterable[Sequence[Any]]) -> list[Row]:
        """What came, under its names."""
        names = [one.rpartition(" AS ")[2].rpartition(".")[2] for one in self.columns]
        read: list[Row] = []
        for row in found:
            own, within = row[: len(names)], row[len(names) :]
            rows = {name: kind.read(one) for (name, kind), one in zip(self.within.items(), within, strict=True)}
            read.append({**dict(zip(names, own, strict=True)), **rows})
        return read


_CLIENTS = _Rows(
    (
        "c.id", "c.jwks", "c.purposes", "c.allow_list_only", "c.look_ups_per_day", "o.code", "o.department", "o.region", "o.role",
        "c.active AND o.active AS active", "c.officer_identity", "c.groups", "c.max_uses", "c.tls_client_auth",
    ),
    "client c JOIN organisation o ON o.code = c.organisation WHERE c.id = ANY($1)",
)  # fmt: skip
_MEMBERS = _Rows(
    (
        "m.person_id", "m.relation", "m.role", "m.capacity", "m.guardians", "m.kin_of_staff", "m.sealed AS declared", "m.key_version AS declared_version",
        "p.sealed", "p.key_version", "p.log_key",
    ),
    "member m JOIN person p ON p.id = m.person_id WHERE m.household_id = h.id ORDER BY m.ordinal",
)  # fmt: skip
_SIGNERS = _Rows(
    ("s.person_id", "s.capacity", "s.covers", "s.assurance", "s.signed_at", "s.certified", "s.separately"),
    "signer s WHERE s.letter_id = l.id ORDER BY s.person_id, s.capacity",
)
_LETTERS = _Rows(
    (
        "l.id", "l.number", "l.document_hash", "l.purposes", "l.fact_groups", "l.receivers", "l.signed_at", "l.expires_at", "l.status",
        "l.revoked_at", "l.withdrawn::text AS withdrawn", UNDER_REVIEW.format("l") + " AS under_review", "l.validity", "l.lapsed", "l.uses::text AS uses",
        "l.notice_version", "l.template",
    ),
    "letter l WHERE l.case_id = c.id ORDER BY l.id",
    {"signers": _SIGNERS},
)  # fmt: skip
_APPROVALS = _Rows(
    ("a.id", "a.kind", "a.purpose", "a.fact_groups", "a.people", "a.organisation", "a.officer", "a.decided_by", "a.valid_until"),
    "approval a WHERE a.case_id = c.id AND a.state = 'APPROVED' ORDER BY a.id",
)
_FOLLOW_UPS = _Rows(
    ("f.id", "f.organisation", "f.due", "f.escalated_at IS NOT NULL AS escalated"),
    "follow_up f WHERE f.case_id = c.id AND f.state = 'OPEN' ORDER BY f.id",
)
_MATTERS = _Rows(
    (
        "c.id", "c.reference", "c.platform", "c.assistance_type", "c.stage", "c.region", "c.organisations", "c.opened_at", "c.closed_at",
        "c.monitored_from", "c.monitored_to", "c.refused_at",
        "h.id AS household", "h.area", "h.hukou_region", "h.residence_region", "h.kin_of_staff",
        UNDER_REVIEW.format("c") + " AS under_review",
    ),
    "matter_case c JOIN household h ON h.case_id = c.id WHERE c.id = ANY($2)",
    {"members": _MEMBERS, "letters": _LETTERS, "approvals": _APPROVALS, "follow_ups": _FOLLOW_UPS},
)  # fmt: skip
_SUPPLIED = _Rows(("r.requester", "r.used_until"), "share_request r WHERE r.entry = e.id AND r.state = 'SUPPLIED' ORDER BY r.id")
_ENTRIES = _Rows(
    (
        "e.id", "e.fact_group", "e.attribute", "e.departments", "e.purposes", "e.valid_from", "e.valid_to", "e.onward_sharing",
        "e.by_request", "e.provider", "e.conditions", "e.disposal", "e.keep_days",
    ),
    "catalogue_entry e WHERE $3 ORDER BY e.id",
    {"supplied": _SUPPLIED},
)  # fmt: skip
_ASSESSMENTS = _Rows(
    ("i.purpose", "i.valid_from", "i.valid_until"),
    "impact_assessment i WHERE $4 AND i.ended_at IS NULL ORDER BY i.purpose, i.valid_from, i.valid_until",
)
STATEMENT = (
    f"SELECT {_CLIENTS.sql()} AS clients, {_MATTERS.sql()} AS matters, {_ENTRIES.sql()} AS entries, {_ASSESSMENTS.sql()} AS assessments"
)
"""Of clients ($1) and cases ($2) those that are there, and the catalogue ($3) and the impact assessments ($4) if they are wanted."""
CERTIFIED = (
    "SELECT c.id, c.tls_client_auth::text AS names FROM client c JOIN organisation o ON o.code = c.organisation"
    " WHERE c.active AND o.active AND c.tls_client_auth IS NOT NULL ORDER BY c.id"
)
CASE = "SELECT id FROM matter_case WHERE platform = $1 AND reference = $2"


@dataclass(frozen=True, slots=True)
class _Found:
    clients: Mapping[str, Row]
    matters: Mapping[str, Row]
    entries: Sequence[Row]
    assessments: Sequence[Row]


@dataclass(slots=True)
class _Wanted:
    """What the next statement will be asked for, and the task that sends it."""

    clients: set[str] = field(default_factory=set)
    cases: set[str] = field(default_factory=set)
    catalogue: bool = False
    assessments: bool = False
    sending: asyncio.Task[_Found] | None = None


class Reading:
    """One worker's. One event loop's thread only. All of it raises asyncpg's errors."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        """`pool` of records."""
        self._pool = pool
        self._next = _Wanted()

    async def client(self, client: str) -> Row | None:
        """A client with its organisation, as they are now; None where there is none."""
        if "\0" in client:
            return None
        self._next.clients.add(client)
        return (await self._found()).clients.get(client)

    async def certified(self) -> Sequence[Row]:
        """The active clients that prove themselves by a certificate, each by which `names` of it (JSON), as they are now."""
        return [dict(row) for row in await self._pool.fetch(CERTIFIED)]

    async def matter(self, case: str) -> Row | None:
        """A case with its household, `members`, `letters`, each with its `signers`, `approvals` and `follow_ups`, as they are now; None where there is none."""
        if "\0" in case:
            return None
        self._next.cases.add(case)
        return (await self._found()).matters.get(case)

    async def catalogue(self) -> Sequence[Row]:
        """Every entry in order of id, each with the requests it has `supplied`."""
        self._next.catalogue = True
        return (await self._found()).entries

    async def assessments(self) -> Sequence[Row]:
        """Every impact assessment that was not ended."""
        self._next.assessments = True
        return (await self._found()).assessments

    async def case(self, platform: str, reference: str) -> str:
        """The id of a case by its platform's own number; "" where there is none."""
        if "\0" in platform + reference:
            return ""
        return str(await self._pool.fetchval(CASE, platform, reference) or "")

    async def _found(self) -> _Found:
        wanted = self._next
        if wanted.sending is None:
            wanted.sending = asyncio.create_task(self._send(wanted))
            wanted.sending.add_done_callback(lambda task: task.cancelled() or task.exception())  # heard, though all who waited are gone
        return await asyncio.shield(wanted.sending)

    async def _send(self, wanted: _Wanted) -> _Found:
        await asyncio.sleep(0)  # who asks in this round of the loop, or in a task that was made in it, comes along
        self._next = _Wanted()
        # A SELECT without FROM gives one row.
        (row,) = await self._pool.fetch(STATEMENT, [*wanted.clients], [*wanted.cases], wanted.catalogue, wanted.assessments)
        clients, matters = _CLIENTS.read(row["clients"]), _MATTERS.read(row["matters"])
        return _Found(
            {one["id"]: one for one in clients}, {one["id"]: one for one in matters}, _ENTRIES.read(row["entries"]),
            _ASSESSMENTS.read(row["assessments"]),
        )


async def read_within(connection: AsyncConnection, case: str) -> Row | None:
    """A matter as the caller's transaction sees it, its own changes included; None where there is none."""
    row = (await connection.exec_driver_sql(STATEMENT, ([], [case], False, False))).one()
    return next(iter(_MATTERS.read(row.matters)), None)
