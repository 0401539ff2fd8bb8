"""The drivers that are extras: each installs from its lock, loads, and is the DB-API 2.0 the connector speaks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from connectors.dialects import DAMENG, ORACLE
from connectors.drivers import DRIVERS
from connectors.interface import DepartmentUnavailable
from connectors.manifest import parse
from connectors.sql import SqlConnector
from tests.connectors.asking import ask, household
from tests.connectors.conftest import POPULATION
from tests.connectors.test_manifest import SETTINGS
from tests.connectors.test_sql import PLAIN

pytestmark = pytest.mark.system
EXTRAS = {"oracle": ORACLE, "dameng": DAMENG}


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_an_extra_installs_a_driver_of_the_kind_that_is_spoken(extra):
    driver = DRIVERS[EXTRAS[extra]]
    module = driver.load("NY")
    assert driver.extra == extra
    assert (module.apilevel, issubclass(module.DatabaseError, module.Error)) == ("2.0", True)
    assert driver.module.lower() in Path("requirements-drivers.lock").read_text(encoding="utf-8")


@pytest.mark.parametrize("extra", sorted(EXTRAS))
async def test_a_database_nobody_listens_at_is_unavailable_within_the_deadline_and_off_the_loop(extra, clock):
    reader = SqlConnector(parse("GZ.toml", PLAIN, {**SETTINGS, "GZ_DSN": f"{extra}://u:p4ss@127.0.0.1:9/x"}), clock=clock)
    turns = 0
    asking = asyncio.ensure_future(reader.fetch(ask("realEstate", household(POPULATION, "realEstate")[:1], ())))
    async with asyncio.timeout(30):
        while not asking.done():
            turns += 1
            await asyncio.sleep(0.005)
    with pytest.raises(DepartmentUnavailable, match="GZ could not be reached or refused the hub: ") as caught:
        asking.result()
    assert "p4ss" not in str(caught.value)
    assert turns
    await reader.close()
