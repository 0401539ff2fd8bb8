"""Issued results in the hub's records: an index each, which of them are withdrawn, and the published status list."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.regions.asking import STATUS_PATH, RegionKeys
from hub.regions.status_list import publish
from hub.tables import IssuedResult, Outbox

LIFETIME = 120
"""Seconds a verifier may keep the status list: a withdrawn result stops being believed within two minutes."""

_SMALLEST = 1024  # places a list has at least, so that its length does not tell how many results were issued


class Issuing:
    """The table `issued_result`."""

    def __init__(self, engine: AsyncEngine, *, url: str, keys: RegionKeys) -> None:
        """`url` is this hub's own base URL."""
        self._engine = engine
        self._keys = keys
        self.uri = url + STATUS_PATH

    async def place(self, *, exchange: str, expires_at: datetime) -> int:
        """A fresh index for one result."""
        async with self._engine.begin() as connection:
            statement = insert(IssuedResult).values(exchange=exchange, expires_at=expires_at).returning(IssuedResult.index)
            return int((await connection.execute(statement)).scalar_one())

    async def withdraw(self, exchange: str, *, at: datetime) -> int:
        """Withdraw every result of an exchange; how many there were."""
        async with self._engine.begin() as connection:
            done = await connection.execute(
                update(IssuedResult).where(IssuedResult.exchange == exchange, ~IssuedResult.withdrawn).values(withdrawn=True),
            )
            if done.rowcount:
                await connection.execute(insert(Outbox).values(kind="RESULT_WITHDRAWN", body={"exchange": exchange}, at=at))
        return int(done.rowcount)

    async def status_list(self, now: datetime) -> str:
        """The signed status list as of now."""
        async with self._engine.connect() as connection:
            highest = (await connection.execute(select(func.max(IssuedResult.index)))).scalar_one_or_none()
            withdrawn = (await connection.execute(select(IssuedResult.index).where(IssuedResult.withdrawn))).scalars().all()
        size = _SMALLEST
        while highest is not None and size <= highest:
            size *= 2
        return publish(
            list(withdrawn), size=size, uri=self.uri, kid=self._keys.kid, key=self._keys.signing_jwk, at=now, lifetime=LIFETIME,
        )
