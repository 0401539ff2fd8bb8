"""Departments that open a front-end database (前置库): one read-only SELECT a call, composed of the manifest's identifiers.

Rules of this file:
- Only identifiers enter a statement, each checked by the manifest's grammar and quoted here; people, purposes and references
  are parameters, always.
- Every value is fetched as text cut at the longest a value may be: a column that changed its type, or holds a novel, is
  noticed as unreadable and never held.
- The session is read-only and its statements end with the deadline; the pool gives connections back without a round trip,
  because a session that can only SELECT has nothing to reset.
- A department's error text may quote the parameters, so only its SQLSTATE goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import lru_cache

import asyncpg

from connectors.batches import MISSING, Batches
from connectors.conversion import TEXT_LIMIT, instant
from connectors.interface import (
    Ask,
    DepartmentBroke,
    DepartmentError,
    DepartmentTimeout,
    DepartmentUnavailable,
    Records,
    Subject,
)
from connectors.manifest import GroupMap, Manifest
from connectors.selection import SHAPES_KEPT, Selection, Selections
from connectors.signing import Clock

ROWS_A_SUBJECT = 100
"""More rows than this a person, on average over a call, is no answer about people."""

_REFUSED = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InsufficientPrivilegeError, asyncpg.InvalidCatalogNameError,
            asyncpg.TooManyConnectionsError, asyncpg.CannotConnectNowError, asyncpg.AdminShutdownError,
            asyncpg.PostgresConnectionError)


def quoted(identifier: str) -> str:
    """An identifier, schema-qualified by dots, quoted for PostgreSQL."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in identifier.split("."))


def statement(group: GroupMap, names: Sequence[str]) -> str:
    """The SELECT of a question: place in the call, data as of, the subject's own number, then the columns as text.

    With `function` the department journals the question itself and its function gives one row a subject; without it, the
    subjects are the parameter and purpose and reference stay in the hub's log.
    """
    call = group.call
    subject = quoted(call["subject"])
    columns = "".join(f", left(v.{quoted(name)}::text, {TEXT_LIMIT + 1})" for name in names)
    ordinal = quoted(call.get("ordinal", "ordinal"))
    as_of = f"to_char(a.{quoted(call['as_of'])}, 'YYYY-MM-DD\"T\"HH24:MI:SSTZH:TZM')" if "as_of" in call else "NULL"
    if "function" in call:
        source = f"{quoted(call['function'])}($1::text[], $2::text[], $3::text[], $4::text[], $5::text) AS a"
    else:
        source = f"unnest($1::text[]) WITH ORDINALITY AS a({subject}, {ordinal})"
    return (
        f"SELECT a.{ordinal}, {as_of}, left(v.{subject}::text, 19){columns} FROM {source} "  # noqa: S608 - quoted identifiers only
        f"LEFT JOIN {quoted(call['view'])} AS v ON v.{subject} = a.{subject} "
        f"ORDER BY a.{ordinal}, v.{quoted(call['order'])} LIMIT {'$6' if 'function' in call else '$2'}"
    )


class SqlConnector:
    """A front-end database behind its manifest."""

    def __init__(self, manifest: Manifest, *, clock: Clock) -> None:
        self._manifest = manifest
        self._clock = clock
        self._batches = Batches(manifest)
        self._selections = {name: Selections(group) for name, group in manifest.groups.items()}
        # As many as there are selections, and no more: askers order columns as they like.
        self._statement = lru_cache(SHAPES_KEPT)(lambda group, names: statement(manifest.groups[group], names))
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    @property
    def department(self) -> str:
        return self._manifest.department

    @property
    def groups(self) -> frozenset[str]:
        return frozenset(self._manifest.groups)

    @property
    def batches(self) -> Batches:
        """How this department is asked, and the count of its manners."""
        return self._batches

    async def fetch(self, ask: Ask) -> Mapping[str, Records]:
        selection = self._selections[ask.group].of(ask.columns)
        text = self._statement(ask.group, selection.names)
        return await self._batches.run(ask, lambda subjects: self._call(ask, selection, text, subjects))

    async def _call(self, ask: Ask, selection: Selection, text: str, subjects: Sequence[Subject]) -> Sequence[Records]:
        most = ROWS_A_SUBJECT * len(subjects)
        rows = await self._query(text, (*self._parameters(ask, subjects), most + 1))
        if len(rows) > most:
            raise DepartmentBroke(f"{self.department} gave more rows than there can be")
        found: dict[int, list[Sequence[object]]] = {}
        as_of = None
        for row in rows:
            place, moment, number = row[0] - 1, row[1], row[2]
            if not 0 <= place < len(subjects) or number not in {None, subjects[place].id_number}:
                self._batches.tally.strays += 1
                continue
            as_of = as_of or moment
            known = found.setdefault(place, [])
            if number is not None:
                known.append(row[3:])
        dated = instant(as_of) if as_of else instant(self._clock().isoformat(timespec="seconds"))
        return [
            MISSING if (raw := found.get(at)) is None else self._batches.records(selection, ask, raw, dated)
            for at in range(len(subjects))
        ]

    def _parameters(self, ask: Ask, subjects: Sequence[Subject]) -> tuple[object, ...]:
        numbers = [subject.id_number for subject in subjects]
        if "function" not in self._manifest.groups[ask.group].call:
            return (numbers,)
        count = len(subjects)
        return numbers, [ask.purpose] * count, [ask.approval] * count, [subject.intent for subject in subjects], ask.organisation

    async def _query(self, text: str, parameters: tuple[object, ...]) -> Sequence[asyncpg.Record]:
        try:
            pool = self._pool or await self._open()
            async with pool.acquire() as connection:
                return await connection.fetch(text, *parameters)
        except DepartmentError:
            raise
        except asyncpg.QueryCanceledError:
            raise DepartmentTimeout(f"{self.department} ended the statement at its time limit") from None
        except _REFUSED as error:
            raise DepartmentUnavailable(f"{self.department} refused the hub: SQLSTATE {error.sqlstate}") from None
        except asyncpg.PostgresError as error:
            raise DepartmentBroke(f"{self.department} failed a statement: SQLSTATE {error.sqlstate}") from None
        except (OSError, asyncpg.InterfaceError) as error:
            raise DepartmentUnavailable(f"{self.department} could not be reached: {type(error).__name__}") from None

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._manifest.place, min_size=0, max_size=self._manifest.concurrency, reset=_nothing_to_reset,
                    statement_cache_size=256, max_cached_statement_lifetime=0,
                    server_settings={
                        "default_transaction_read_only": "on", "application_name": "household-facts-hub", "TimeZone": "Asia/Shanghai",
                        "statement_timeout": str(int(self._manifest.deadline * 1000)), "jit": "off",
                    },
                )
            return self._pool

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None


async def _nothing_to_reset(_connection: object) -> None:
    """Given to the pool in place of its reset, which doubles round trips."""
