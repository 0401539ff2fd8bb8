"""不动产登记: loads the read-only front-end database and listens to its journal (docs/contracts/GZ.md)."""

from __future__ import annotations

import asyncio
import importlib.resources
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal

import asyncpg

from connectors.sandbox.front_end import FrontEnd, create_reader, streamed
from connectors.sandbox.people import Record, Value
from connectors.sandbox.population import Population

SCRIPT = importlib.resources.files("connectors.sandbox").joinpath("natural_resources.sql").read_text(encoding="utf-8")
COLUMNS = ("bdcdyh", "zjhm", "zhhsw", "xzqdm", "ghyt", "mj", "qlfe", "ts", "djsj", "sfdy", "zjdbz")
_USES = {"RESIDENTIAL": "10", "COMMERCIAL": "20"}
_BEIJING = timezone(timedelta(hours=8))
# What a lying registry shows in place of its columns; the view is dropped and made anew, as an upgrade overnight would.
_LIES = {
    "types": {"mj": "'约九十平'::text AS mj", "qlfe": "true AS qlfe", "djsj": "'去年'::text AS djsj", "ts": "'两套'::text AS ts"},
    "renamed": {name: f"{name} AS {name}_new" for name in COLUMNS if name not in {"zjhm", "bdcdyh"}},
    "extra_fields": {"bdcdyh": "bdcdyh, '13800000000'::text AS lxdh"},
    "html": {name: f"'<html>系统维护</html>'::text AS {name}" for name in ("zhhsw", "xzqdm", "ghyt", "qlfe", "zjdbz")},
    "huge": {name: f"repeat('x', 52428800) AS {name}" for name in ("zhhsw", "xzqdm", "ghyt", "qlfe", "zjdbz")},
}


class Registry(FrontEnd):
    """The registry's database, one of its own."""

    ROLE = "qzk_read_"

    def __init__(self, population: Population, *, url: str, password: str, journal: bool = True) -> None:
        super().__init__(population, url=url, password=password)
        self._journalled = journal
        self._shown: dict[str, str] = {}
        self._caught_up = asyncio.Event()

    async def start(self) -> None:
        """Create schema, role and rows."""
        self._connection = connection = await asyncpg.connect(self._url)
        async with connection.transaction():
            await connection.execute(SCRIPT)
            await create_reader(
                connection, self.role, self._password, "USAGE ON SCHEMA qzk", "SELECT ON qzk.v_bdcqk, qzk.v_gxzt",
                "EXECUTE ON FUNCTION qzk.cx(text[], text[], text[], text[], text)",
            )
            await connection.copy_records_to_table("bdcqk", schema_name="qzk_nei", columns=COLUMNS, records=streamed(rights(self.population)))
            night = datetime.combine(self.population.today, time(1, 30), tzinfo=_BEIJING)
            await connection.execute("INSERT INTO qzk_nei.gxzt VALUES ($1)", night)
            await connection.execute("UPDATE qzk_nei.sz SET journal = $1", self._journalled)
        await connection.execute("ANALYZE qzk_nei.bdcqk")
        if self._journalled:
            await connection.add_listener("qzk_journal", self._heard)

    async def control(self, settings: Mapping[str, object]) -> None:
        """Set how it answers; `times` is not kept. Raises BadControl."""
        self.controls.set(settings)
        mood = self.controls.mood
        if self._connection is None:
            return
        async with self._connection.transaction():
            await self._connection.execute(
                "UPDATE qzk_nei.sz SET slow = $1, fail = $2, lie = $3", mood.slow, None if mood.fail is None else str(mood.fail), mood.lie,
            )
            shown = _LIES.get(mood.lie or "", {})
            # Replacing the view waits for whoever is reading it: only where it changes.
            if shown == self._shown:
                return
            columns = ", ".join(shown.get(name, name) for name in COLUMNS)
            # Only names and literals of this file are put together here.
            await self._connection.execute(
                f"DROP VIEW qzk.v_bdcqk; CREATE VIEW qzk.v_bdcqk AS SELECT {columns} FROM qzk_nei.bdcqk;"  # noqa: S608
                f" GRANT SELECT ON qzk.v_bdcqk TO {self.role}",
            )
        self._shown = shown

    async def heard(self) -> None:
        """Return when what was asked by now stands in the journal: notices come in the order they were sent in, and one is sent here."""
        if self._connection is not None and self._journalled:
            self._caught_up.clear()
            await self._connection.execute("SELECT pg_notify('qzk_journal', '')")
            await self._caught_up.wait()

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        if payload == "":
            self._caught_up.set()
            return
        told = json.loads(str(payload))
        select = re.split(r"\bfrom\b", told["query"], maxsplit=1, flags=re.IGNORECASE)[0]
        columns = [name for name in COLUMNS if name != "zjhm" and re.search(rf"\b{name}\b", select)]
        self.journal.calls += bool(told["first"])
        self.journal.note(group="realEstate", columns=columns, organisation=told["organisation"], subjects=[tuple(one) for one in told["subjects"]])


def rights(population: Population) -> Iterator[tuple[object, ...]]:
    """Every right in force as rows of the registry's table, streaming."""
    for person in population.people():
        for order, record in enumerate(population.records("realEstate", person)):
            yield _row(f"{population.region}{person.id_number[6:14]}{abs(person.index):07d}F{order:04d}", person.id_number, record)


def _row(unit: str, id_number: str, record: Record) -> tuple[object, ...]:
    return (
        unit, id_number, record["certNoTail"], record["region"], _USES.get(str(record["use"]), "90"), record["areaSqm"],
        _share(record["ownershipShare"]), record["propertyCount"], datetime.fromisoformat(f"{record['registeredOn']}T10:00:00"),
        int(bool(record["mortgaged"])), "是" if record["ruralHomestead"] else "否",
    )


def _share(share: Value) -> str | None:
    if not isinstance(share, Decimal):
        return None
    if share == 1:
        return "单独所有"
    top, bottom = share.as_integer_ratio()
    return f"{top}/{bottom}"
