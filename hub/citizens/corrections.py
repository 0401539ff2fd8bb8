"""更正请求: a person states that data held about them are wrong (PIPL §46); the provider verifies and reports within ten working days (GDS §26).

The request names the log entry it was filed under; whom it is about stands there and is written down nowhere else.
"""

from __future__ import annotations

from datetime import date, datetime

import asyncpg

from hub.caller import Caller
from hub.citizens.remedies import Remedies
from hub.errors import CallerError
from hub.sharing.corrections import Corrections
from hub.sharing.wording import SharingRefused
from policies.calendar import CHINA, CalendarMissing
from policies.disputes import CorrectionState

_ENTRY = """
SELECT id FROM catalogue_entry WHERE fact_group = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2) ORDER BY id LIMIT 1
"""
_MINE = """
SELECT c.id, e.fact_group, e.provider, c.reason, c.state, c.filed_at, c.due, c.answered_at, c.note
FROM log_entry l JOIN correction_request c ON c.question = l.id JOIN catalogue_entry e ON e.id = c.entry
WHERE l.subjects @> ARRAY[$1::text] AND l.subjects[1] = $1 AND l.purpose = 'SUBJECT_ACCESS' AND l.kind = 'INTENT'
ORDER BY c.filed_at DESC, c.id DESC LIMIT 200
"""


class PersonalCorrections:
    """Files for a person and shows what became of it."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], corrections: Corrections, remedies: Remedies) -> None:
        """`pool` of records; `remedies` are told beside a report that upholds what the provider has (PIPL §50)."""
        self._pool = pool
        self._corrections = corrections
        self._remedies = remedies

    async def file(self, caller: Caller, group: str, text: str, *, intent: str, now: datetime) -> dict[str, object]:
        """A request under the question's own intent. Raises CallerError where nobody shares the group, or no calendar counts the days."""
        entry = await self._pool.fetchval(_ENTRY, group, now.astimezone(CHINA).date())
        if entry is None:
            raise CallerError("no department shares this group here", code="NO_PROVIDER", status=404)
        try:
            identifier, due = await self._corrections.file(entry=entry, requester=caller.organisation, question=intent, reason=text)
        except SharingRefused as refused:
            raise CallerError(str(refused), code="CORRECTION_REFUSED") from None
        except CalendarMissing:
            raise CallerError("the working days of the period are not known here", code="CALENDAR_MISSING", status=503) from None
        return {"id": identifier, "state": "OPEN", "due": due}

    async def of(self, subject: str, now: datetime) -> list[dict[str, object]]:
        """The requests filed by or for the person, newest first."""
        today = now.astimezone(CHINA).date()
        rows = await self._pool.fetch(_MINE, subject)
        return [_told(row, today) | {"remedies": self._remedies if row["state"] == CorrectionState.UPHELD else ()} for row in rows]


def _told(row: asyncpg.Record, today: date) -> dict[str, object]:
    return {
        "id": row["id"], "group": row["fact_group"], "provider": row["provider"], "text": row["reason"], "state": row["state"],
        "filedAt": row["filed_at"], "due": row["due"], "overdue": row["state"] == "OPEN" and today > row["due"],
        "answeredAt": row["answered_at"], "note": row["note"] or None,
    }
