"""What an incident told of shows to somebody it touched: the notice of PIPL §57, and which of their facts."""

from __future__ import annotations

import asyncpg
import orjson

from hub.incidents.report import title_of

_MINE = """
SELECT i.id, i.kind, i.since, i.until, i.cause, i.harm, i.measures, i.advice, i.contact, i.people_told_at, p.groups
FROM incident_person p JOIN incident i ON i.id = p.incident WHERE p.subject = $1 AND i.people_told_at IS NOT NULL
ORDER BY i.people_told_at DESC, i.id DESC LIMIT 200
"""


class OwnIncidents:
    """Reads over `pool` (records)."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        self._pool = pool

    async def of(self, subject: str) -> list[dict[str, object]]:
        """Those that touched a person (pseudonym) and that people were told of, newest first."""
        return [_told(row) for row in await self._pool.fetch(_MINE, subject)]


def _told(row: asyncpg.Record) -> dict[str, object]:
    groups = orjson.loads(row["groups"]) if isinstance(row["groups"], str) else row["groups"]
    return {
        **{name: row[name] for name in ("id", "kind", "since", "until", "cause", "harm", "measures", "advice", "contact")},
        "toldAt": row["people_told_at"],
        "groups": [
            {"group": one["group"].partition("@")[0], "title": title_of(one["group"]), "region": one["group"].partition("@")[2] or None, "form": one["form"]}
            for one in groups
        ],
    }
