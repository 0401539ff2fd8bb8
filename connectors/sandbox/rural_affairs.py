"""农业农村委: loads its front-end database of rural households (docs/contracts/NY.md).

In earnest it is MySQL; the demonstration, which has none, serves the same views from PostgreSQL to the same manifest.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Mapping
from datetime import datetime, time

import asyncpg

from connectors.sandbox.front_end import FrontEnd, create_reader, streamed
from connectors.sandbox.people import Record
from connectors.sandbox.population import Population

SCRIPT = importlib.resources.files("connectors.sandbox").joinpath("rural_affairs.sql").read_text(encoding="utf-8")
COLUMNS = ("xh", "sfzh", "jclx", "jdlk", "cbdmj", "snbt", "jtfh", "fxxc")
_WATCHED = {"NONE": 0, "UNSTABLE": 1, "EDGE": 2, "SUDDEN": 3}
_RESOLVED = {True: "是", False: "否", None: None}
_LIES = {
    "types": {"jclx": "'不稳定'::text AS jclx", "cbdmj": "'三亩多'::text AS cbdmj", "snbt": "true AS snbt", "fxxc": "'快了'::text AS fxxc"},
    "renamed": {name: f"{name} AS {name}_new" for name in COLUMNS if name not in {"xh", "sfzh"}},
    "extra_fields": {"xh": "xh, '13800000000'::text AS lxdh"},
    "html": {name: f"'<html>系统维护</html>'::text AS {name}" for name in COLUMNS if name not in {"xh", "sfzh"}},
    "huge": {name: f"repeat('x', 1048576) AS {name}" for name in ("jclx", "cbdmj", "snbt", "jtfh", "fxxc")},
}


class RuralAffairs(FrontEnd):
    """The authority's schemas in a database other departments may have theirs in. Nobody journals who reads a view."""

    ROLE = "nync_read_"

    async def start(self) -> None:
        """Create schemas, role and rows."""
        self._connection = connection = await asyncpg.connect(self._url)
        async with connection.transaction():
            await connection.execute(SCRIPT)
            await create_reader(
                connection, self.role, self._password, "USAGE ON SCHEMA nync", "SELECT ON nync.v_jcdx, nync.v_gxsj",
            )
            await connection.copy_records_to_table("jcdx", schema_name="nync_nei", columns=COLUMNS, records=streamed(households(self.population)))
            await connection.execute("INSERT INTO nync_nei.gxsj VALUES ($1)", refreshed(self.population))

    async def control(self, settings: Mapping[str, object]) -> None:
        """Set how it answers; `times` is not kept. Raises BadControl."""
        self.controls.set(settings)
        mood = self.controls.mood
        if self._connection is None:
            return
        shown = _LIES.get(mood.lie or "", {})
        columns = ", ".join(shown.get(name, name) for name in COLUMNS)
        nothing = " AND false" if mood.lie == "nothing" else ""
        async with self._connection.transaction():
            await self._connection.execute("UPDATE nync_nei.sz SET slow = $1, fail = $2", mood.slow, None if mood.fail is None else str(mood.fail))
            # Only names and literals of this file are put together here.
            await self._connection.execute(
                f"DROP VIEW nync.v_jcdx; CREATE VIEW nync.v_jcdx AS SELECT {columns} FROM nync_nei.jcdx;"  # noqa: S608
                f"CREATE OR REPLACE VIEW nync.v_gxsj AS SELECT gxsj FROM nync_nei.gxsj, nync_nei.mood() AS m WHERE m{nothing};"
                f"GRANT SELECT ON nync.v_jcdx, nync.v_gxsj TO {self.role}",
            )


def households(population: Population) -> Iterator[tuple[object, ...]]:
    """The authority's rows, streaming."""
    number = 0
    for person in population.people():
        for record in population.records("ruralHousehold", person):
            number += 1
            yield (number, person.id_number, *_values(record))


def refreshed(population: Population) -> datetime:
    """The night its rows are from, in Beijing's time without saying so."""
    return datetime.combine(population.today, time(2, 10))


def _values(record: Record) -> tuple[object, ...]:
    return (
        _WATCHED[str(record["monitorType"])], int(bool(record["registeredPoorHistory"])), record["landArea"], record["farmSubsidy"],
        record["collectiveDividend"], _RESOLVED[None if record["riskResolved"] is None else bool(record["riskResolved"])],
    )
