"""The tree in PostgreSQL: the one head row every writer locks in the transaction that inserts, so many processes share one tree.

Two ways to grow it. Alone, a writer knows the head already: one statement moves the head on condition that it still is the known
one and inserts the batch, a single round trip that commits itself. When somebody else moved the head, the condition fails,
nothing is inserted, and for a while the writer queues for the row lock first (SELECT … FOR UPDATE), which is fair between
processes. Whatever fails, the connection is thrown away and the head is read again: what is not known is not assumed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from connectors.value import value
from hub.access_log.failures import FAILURES
from hub.access_log.leaf import Sealed
from hub.access_log.merkle import Head, Node, frontier_nodes, grow

_CONTENDED = 64  # batches a writer queues for the row lock after it met another writer

_READ = "SELECT size, frontier, root FROM log_head WHERE id = 1"
_LOCK = _READ + " FOR UPDATE"
_EXTEND = """
WITH moved AS (
    UPDATE log_head SET size = $3, frontier = $4, root = $5 WHERE id = 1 AND size = $1 AND root = $2 RETURNING id
), added AS (
    INSERT INTO log_entry
        (idx, leaf_hash, body, id, kind, question, at, organisation, purpose, letter, case_id, decision, subjects)
    SELECT $1 + e.number - 1, substring($6::bytea FROM (32 * e.number - 31)::int FOR 32), convert_to(e.body, 'UTF8'), e.id, e.kind,
           e.question, e.at::timestamptz, e.organisation, e.purpose, e.letter, e.case_id, e.decision,
           string_to_array(coalesce(e.subjects, ''), ' ')
    FROM moved, unnest(string_to_array($7, E'\x1f'), string_to_array($8, E'\x1f'), string_to_array($9, E'\x1f'),
                       string_to_array($10, E'\x1f'), string_to_array($11, E'\x1f', ''), string_to_array($12, E'\x1f', ''),
                       string_to_array($13, E'\x1f', ''), string_to_array($14, E'\x1f', ''), string_to_array($15, E'\x1f', ''),
                       string_to_array($16, E'\x1f', ''), string_to_array($17, E'\x1f', ''))
         WITH ORDINALITY AS e(body, id, kind, at, question, organisation, purpose, letter, case_id, decision, subjects, number)
)
SELECT count(*) FROM moved
"""
# A column of a batch travels as one text, its values divided by U+001F, which no value holds (`leaf.seal` refuses it, canonical JSON
# escapes it): the driver looks at each element of an array twice, which cost more than all the rest of the statement.


class TreeBroken(Exception):
    """The stored tree contradicts itself, or a statement did not do what it must."""


@value
class Grown:
    """One committed batch: the head before and after, and every node a proof of one of its entries needs: those of the frontier before
    and those that became perfect.
    """

    before: Head
    after: Head
    nodes: Mapping[Node, bytes]


class Turn:
    """One transaction of somebody who must look before writing (outbox, sweep): lock the head, look, extend."""

    def __init__(self, connection: PoolConnectionProxy) -> None:
        """`connection` is inside a transaction."""
        self.connection = connection
        self.head: Head | None = None
        self.grown: Grown | None = None

    async def lock(self) -> Head:
        """Lock the head row until the transaction ends; nobody appends meanwhile."""
        if self.head is None:
            self.head = _head(await self.connection.fetchrow(_LOCK))
        return self.head

    async def extend(self, leaves: Sequence[Sealed]) -> int:
        """Append, once a turn; returns the first leaf's index."""
        return (await self.grow(leaves)).before.size

    async def grow(self, leaves: Sequence[Sealed]) -> Grown:
        """The same; returns what grew."""
        if self.grown is not None:
            raise TreeBroken("a turn extends the tree once")
        grown = _grown(await self.lock(), leaves)
        if not await _extend(self.connection, grown, leaves):
            raise TreeBroken("the locked head moved")
        self.head, self.grown = grown.after, grown
        return grown


class Tree:
    """Grows the log over one dedicated connection of `pool` (role hub_log); calls wait for each other."""

    def __init__(self, pool: asyncpg.Pool, *, wait: float) -> None:
        """`wait` in seconds bounds every statement, on the server too."""
        self._pool = pool
        self._wait = wait
        self._turn = asyncio.Lock()
        self._connection: PoolConnectionProxy | None = None
        self._head: Head | None = None
        self._contended = 0

    async def read(self) -> Head:
        """The head as stored now."""
        async with self._turn, self._held() as connection:
            return _head(await connection.fetchrow(_READ))

    async def append(self, leaves: Sequence[Sealed]) -> Grown:
        """Append in one transaction; returns when it is durable. Any failure leaves the outcome unknown to the caller."""
        async with self._turn, self._held() as connection:
            if self._head is not None and not self._contended:
                grown = _grown(self._head, leaves)
                if await _extend(connection, grown, leaves):
                    self._head = grown.after
                    return grown
                self._contended = _CONTENDED
            async with connection.transaction():
                grown = await Turn(connection).grow(leaves)
            self._head = grown.after
            self._contended = max(0, self._contended - 1)
            return grown

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """A transaction around a `Turn`; commits when the block ends well."""
        async with self._turn, self._held() as connection:
            async with connection.transaction():
                turn = Turn(connection)
                yield turn
            self._head = turn.grown.after if turn.grown is not None else self._head

    async def close(self) -> None:
        """Give the connection back."""
        async with self._turn:
            connection, self._connection = self._connection, None
            if connection is not None:
                with suppress(*FAILURES):
                    await connection.execute("RESET statement_timeout; RESET idle_in_transaction_session_timeout")
                await self._pool.release(connection)

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[PoolConnectionProxy]:
        try:
            async with asyncio.timeout(self._wait):
                if self._connection is None or self._connection.is_closed():
                    await self._drop()
                    self._connection = await self._pool.acquire(timeout=self._wait)
                    await self._prepare(self._connection)
                yield self._connection
        except BaseException:
            # Unknown what the server did: forget the head, and never reuse a connection that may hold a lock or an answer.
            await self._drop()
            raise

    async def _prepare(self, connection: PoolConnectionProxy) -> None:
        bound = max(1, int(self._wait * 900))
        # An entry counts only when it is on disk, whatever the server's default; a stopped process may not keep the head locked.
        await connection.execute(
            f"SET statement_timeout = {bound}; SET idle_in_transaction_session_timeout = {bound};"
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')"
        )

    async def _drop(self) -> None:
        self._head = None
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
            with suppress(*FAILURES):
                await asyncio.shield(self._pool.release(connection))


def _head(row: asyncpg.Record | None) -> Head:
    if row is None:
        raise TreeBroken("the log has no head row: migrate the database")
    frontier = bytes(row["frontier"])
    head = Head(row["size"], tuple(frontier[at : at + 32] for at in range(0, len(frontier), 32)), bytes(row["root"]))
    if not head.sound():
        raise TreeBroken("size, frontier and root of the stored head do not belong together")
    return head


def _grown(before: Head, leaves: Sequence[Sealed]) -> Grown:
    after, nodes = grow(before, [leaf.leaf_hash for leaf in leaves])
    return Grown(before, after, frontier_nodes(before) | nodes)


async def _extend(connection: PoolConnectionProxy, grown: Grown, leaves: Sequence[Sealed]) -> bool:
    before, after = grown.before, grown.after
    entries = [leaf.entry for leaf in leaves]
    moved: int = await connection.fetchval(
        _EXTEND,
        before.size,
        before.root,
        after.size,
        b"".join(after.frontier),
        after.root,
        b"".join([leaf.leaf_hash for leaf in leaves]),
        b"\x1f".join([leaf.body for leaf in leaves]).decode(),
        _column([leaf.id for leaf in leaves]),
        _column([entry.kind for entry in entries]),
        _column([leaf.at for leaf in leaves]),
        _column([entry.question for entry in entries]),
        _column([entry.organisation for entry in entries]),
        _column([entry.purpose for entry in entries]),
        _column([" ".join(entry.letters) for entry in entries]),
        _column([entry.case or " ".join(entry.cases) for entry in entries]),
        _column([entry.decision or "" for entry in entries]),
        _column([" ".join(entry.subjects) for entry in entries]),
    )
    return moved == 1


_column = "\x1f".join
