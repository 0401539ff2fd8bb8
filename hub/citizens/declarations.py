"""What the cases of one person declare of them, and which of it counts: every live case, and the last word of each platform without one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import asyncpg

from hub.authorizations.matter import OUTSIDE
from hub.people.vault import Vault

_DECLARED = """
SELECT m.capacity, m.guardians, m.role, m.sealed, m.key_version, m.household_id, c.closed_at, c.platform
FROM member m JOIN household h ON h.id = m.household_id JOIN matter_case c ON c.id = h.case_id
WHERE m.person_id = $1 ORDER BY c.opened_at, c.id
"""
Rows = list[asyncpg.Record]


async def declared(pool: asyncpg.Pool[asyncpg.Record], person: UUID) -> Rows:
    """Every declaration of a person, oldest first."""
    return await pool.fetch(_DECLARED, person)


def counting(rows: Sequence[asyncpg.Record], at: datetime) -> tuple[Rows, Rows]:
    """Those of live cases, and of each platform that has none live, the last; not where somebody is nobody's subject."""
    return said([row for row in rows if row["role"] not in OUTSIDE], at)


def said(rows: Sequence[asyncpg.Record], now: datetime) -> tuple[Rows, Rows]:
    """Of a person's declarations, oldest first, those of live cases; and of each platform that has none live, the last."""
    live = [row for row in rows if row["closed_at"] is None or row["closed_at"] > now]
    speaking = {row["platform"] for row in live}
    return live, list({row["platform"]: row for row in rows if row["platform"] not in speaking}.values())


def died_on(row: asyncpg.Record, person: UUID, vault: Vault) -> date | None:
    """The day of death as this case declares it; before members had identities of their own, none was declared."""
    if row["sealed"] is None:
        return None
    return vault.open(person, row["sealed"], row["key_version"], household=row["household_id"]).died_on
