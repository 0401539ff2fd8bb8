"""身后安排: a person closes their records to relatives for after their death, or opens them again (PIPL §49, "除非死者生前另有安排").

Said by the person themself, by their own token, or by a paper an officer saw. Each is an entry of the log; nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.changes import UNSAID, changing
from hub.sharing.wording import worded
from hub.tables import Arrangement
from hub.ulid import new_id


class ArrangementRefused(ValueError):
    """Nothing to record or to lift; the text names no person."""


async def record(
    engine: AsyncEngine, person: UUID, *, question: str = "", document: bytes = b"", by: str, at: datetime, random: Callable[[int], bytes],
    said: Mapping[str, str] = UNSAID,
) -> str:
    """The id of a new arrangement: from the log entry it was said in, or from the SHA-256 of a paper; `said`: whose act at a shell (`hub.actor`).
    Raises SharingRefused without `by`.
    """
    identifier = new_id("arr", at, random(10))
    async with changing(engine, kind="ARRANGEMENT_RECORDED", ref=identifier, at=at, said=said) as connection:
        await connection.execute(insert(Arrangement).values(
            id=identifier, person_id=person, question=question or None, document_hash=document or None, recorded_by=worded("by", by),
            recorded_at=at, lifted_at=None,
        ))
    return identifier


async def lift(engine: AsyncEngine, identifier: str, *, at: datetime) -> None:
    """One that was recorded in error, or whose paper was replaced. Raises ArrangementRefused."""
    async with changing(engine, kind="ARRANGEMENT_LIFTED", ref=identifier, at=at) as connection:
        standing = update(Arrangement).where(Arrangement.id == identifier, Arrangement.lifted_at.is_(None)).values(lifted_at=at)
        if not (await connection.execute(standing)).rowcount:
            raise ArrangementRefused(f"there is no arrangement {identifier} to lift")


class Arrangements:
    """What people say of their own, over `engine`."""

    def __init__(self, engine: AsyncEngine, random: Callable[[int], bytes]) -> None:
        """`random` makes ids."""
        self._engine = engine
        self._random = random

    async def say(self, person: UUID, *, closed: bool, question: str, by: str, at: datetime) -> None:
        """Closed: one more arrangement, under the log entry `question`. Open again: whatever they arranged before ends."""
        if closed:
            await record(self._engine, person, question=question, by=by, at=at, random=self._random)
            return
        async with changing(self._engine, kind="ARRANGEMENTS_LIFTED", ref=question, at=at) as connection:
            standing = (Arrangement.person_id == person, Arrangement.lifted_at.is_(None))
            await connection.execute(update(Arrangement).where(*standing).values(lifted_at=at))
