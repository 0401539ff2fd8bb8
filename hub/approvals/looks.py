"""事后复核 of approvals: the privacy officer looks at what one officer asked for and another granted, and says so, or objects.

What is told under an approval rests on two officers' word (57 §11, §37) and often on no letter; a third person's look is what keeps two who
agree from being enough. An objection takes nothing back: whoever answers for the officers does (`hub approval withdraw`, PIPL §54).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.authorizations.officers import same_officer
from hub.emergencies.second_look import keep, worded
from hub.errors import Forbidden, Malformed
from hub.tables import Approval


@dataclass(frozen=True, slots=True)
class ApprovalLooks:
    """Marks on approvals."""

    engine: AsyncEngine

    async def mark(self, approval: str, mark: str, *, officer: str, reason: str, at: datetime) -> None:
        """Mark one approval that was decided. Raises `Malformed` for what is none, `Forbidden` for one's own."""
        said = worded(mark, reason)
        if "\0" in approval:
            raise Malformed("there is no decided approval of this number")  # no text of the database holds it
        async with self.engine.begin() as connection:
            query = select(Approval.state, Approval.officer, Approval.decided_by, Approval.case_id, Approval.organisation)
            found = (await connection.execute(query.where(Approval.id == approval))).one_or_none()
            if found is None or not found.decided_by:
                raise Malformed("there is no decided approval of this number")
            if same_officer(found.officer, officer) or same_officer(found.decided_by, officer):
                raise Forbidden("nobody looks a second time at what they asked for or decided themselves", code="SAME_OFFICER")
            about = {"approval": approval, "case": found.case_id, "organisation": found.organisation}
            await keep(connection, f"APPROVAL_{mark}", approval, mark, said, about, officer=officer, at=at)
