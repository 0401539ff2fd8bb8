"""解释说明: the privacy officer's side of a request for an explanation (PIPL §48): what is open, and the answer or the refusal with its article (PIPL §50).

An officer is who proved themselves: by the console's session, or by their password at the hub's shell. Nothing here says of whom a request is:
who needs to know opens the entry it is about, and that look is an entry too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from unicodedata import category

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.actor import Actor
from hub.changes import changing
from hub.sharing.wording import worded
from hub.tables import ExplanationRequest

OPEN, EXPLAINED, REFUSED = "OPEN", "EXPLAINED", "REFUSED"
"""What became of a request."""


class ExplanationRefused(ValueError):
    """Nothing was answered; the text repeats nothing that was written."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One open request. `due` is None where the region states no term."""

    id: str
    requester: str
    kind: str
    about: str
    statement: str
    filed_at: datetime
    due: date | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class Said:
    """The officer's answer, as the person will read it: an explanation, or a refusal by an `article`."""

    outcome: str
    answer: str
    article: str = ""

    def __post_init__(self) -> None:
        if self.outcome not in (EXPLAINED, REFUSED):
            raise ExplanationRefused(f"an answer is {EXPLAINED} or {REFUSED}")
        if (self.outcome == REFUSED) != bool(self.article.strip()):
            raise ExplanationRefused("a refusal names the article that lets it, and an explanation none")
        # Beside the controls also what turns a line's direction round: on a screen it would say something else than it does. A rare
        # character (Co, Cn) is somebody's place or village.
        if any(category(one) in {"Cc", "Cf", "Cs"} and one not in "\n\r\t" for one in self.answer + self.article):
            raise ExplanationRefused("an answer holds no control characters")


async def open_requests(engine: AsyncEngine, today: date, *, most: int | None = None) -> Sequence[Asked]:
    """What is owed, the nearest day first, then what has none, at most so many; the due day itself is in time."""
    asked = ExplanationRequest
    query = select(
        asked.id, asked.requester, asked.kind, asked.about, asked.statement, asked.filed_at, asked.due,
    ).where(asked.state == OPEN).order_by(asked.due.asc().nulls_last(), asked.id).limit(most)
    async with engine.connect() as connection:
        rows = (await connection.execute(query)).all()
    return [Asked(*row, overdue=row.due is not None and today > row.due) for row in rows]


async def answer(engine: AsyncEngine, identifier: str, said: Said, *, by: Actor, at: datetime) -> None:
    """Once. Raises ExplanationRefused, SharingRefused for words that are empty, too long or hold an ID number."""
    given = {
        "state": said.outcome, "answered_at": at, "answer": worded("answer", said.answer), "article": worded("article", said.article) if said.article.strip() else "",
        "answered_by": by.name, "answered_proof": by.proof, "answered_operator": by.operator,
    }
    about = {"outcome": said.outcome, **by.said()}
    async with changing(engine, kind="EXPLANATION_ANSWERED", ref=identifier, said=about, at=at) as connection:
        open_one = (ExplanationRequest.id == identifier, ExplanationRequest.state == OPEN)
        # What no id holds is asked for nowhere: PostgreSQL takes no NUL.
        if "\0" in identifier or not (await connection.execute(update(ExplanationRequest).where(*open_one).values(given))).rowcount:
            raise ExplanationRefused("there is no open request of this id")
