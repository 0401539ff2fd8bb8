"""hub log witnessed and witness-anew, and what hub doctor says of neighbours' logs."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, update

from hub.access_log.merkle import EMPTY_ROOT
from hub.actor import operator
from hub.cli.premises import Premises
from hub.cli.witnessing import logs_consistent
from hub.clock import clock
from hub.postgres.connection import engine
from hub.settings import Settings
from hub.tables import WitnessedLog
from tests.hub.cli.conftest import Desk

QUXIAN = "511725000000"


def test_what_was_seen_of_a_neighbours_log_is_listed_looked_into_and_begun_anew(desk: Desk) -> None:
    async def put(**values: object) -> None:
        made = engine(desk.url)
        row = {
            "region": QUXIAN, "origin": "hub.quxian.example/log", "vkeys": [], "size": 41, "root": EMPTY_ROOT, "note": "x", "state": "CONSISTENT",
            "reason": "", "evidence": "", "seen_at": clock(), "looked_at": clock(),
        }
        async with made.begin() as connection:
            if values:
                await connection.execute(update(WitnessedLog).values(values))
            else:
                await connection.execute(insert(WitnessedLog).values(row))
        await made.dispose()

    async def found() -> str:
        made = engine(desk.url)
        told = await logs_consistent(Premises(Settings.read({**desk.environment}), made))
        await made.dispose()
        return f"{told.state.name} {told.seen}"

    assert "no neighbour's log was seen" in desk.run("log", "witnessed")
    desk.await_(put)
    assert "hub.quxian.example/log" in desk.run("log", "witnessed")
    assert desk.await_(found) == "OK 1 neighbours' logs seen, all consistent"
    desk.await_(lambda: put(seen_at=clock() - timedelta(days=2)))
    assert desk.await_(found) == "WARN not seen for a day: 511725000000"
    anew = ("log", "witness-anew", QUXIAN, "--by", "PO-0001", "--reason")
    assert "nothing is wrong" in desk.run(*anew, "核实", code=1)
    desk.await_(lambda: put(state="FORK"))
    assert "fail  witness: a neighbour's log does not continue what was seen: 511725000000 FORK" in desk.run("doctor", code=1)
    assert "without an ID number" in desk.run(*anew, "509902199001011238", code=1)
    assert "looked at anew" in desk.run(*anew, "已核实，数据库曾恢复")
    assert desk.said_by() == [("WITNESS_BEGUN_ANEW", "PO-0001", "STATED", operator())]
