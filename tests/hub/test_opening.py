"""Opening a hub: what it refuses to open on, and that a failure in the middle leaves nothing behind."""

from __future__ import annotations

import asyncio
import dataclasses
from contextlib import AsyncExitStack

import asyncpg
import pytest
import structlog

from connectors.section import ManifestFault
from hub.access_log.soundness import LogUnsound
from hub.keys import KeyRingError
from hub.opening import _contracts, open_hub
from hub.postgres.connection import plain_url
from tests.conftest import FakeClock, SeededRandom, administer
from tests.hub.living import TAXES, TONGNAN, live, prepare
from tests.hub.slips import Slip
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def connections(url: str) -> int:
    connection = await asyncpg.connect(plain_url(url))
    try:
        return await connection.fetchval("SELECT count(*) - 1 FROM pg_stat_activity WHERE datname = current_database()")
    finally:
        await connection.close()


async def alone(url: str) -> bool:
    return await connections(url) == 0


def tasks_of_hub() -> set[asyncio.Task[object]]:
    return {task for task in asyncio.all_tasks() if task.get_name().startswith("access log")}


async def test_a_hub_opens_on_what_it_closed_with_and_leaves_no_task_and_no_connection(postgres, tmp_path):
    async with AsyncExitStack() as stack:
        ready = await prepare(stack, postgres, tmp_path, TONGNAN, FakeClock(), people=20)
        before = tasks_of_hub()
        matter, grown = None, 0
        for _ in range(2):
            async with AsyncExitStack() as open_now:
                living = await live(open_now, ready)
                assert await living.size() >= grown
                matter = matter or await living.register()
                assert (await living.ask(matter, TAXES)).status == 200
                grown = await living.size()
        await until(lambda: tasks_of_hub() <= before)
        await until(lambda: alone(ready.settings.database_url))


async def test_a_tree_behind_the_checkpoint_kept_outside_is_not_opened_on_and_nothing_is_left_open(postgres, tmp_path):
    async with AsyncExitStack() as stack:
        ready = await prepare(stack, postgres, tmp_path, TONGNAN, FakeClock(), people=20)
        async with AsyncExitStack() as open_now:
            living = await live(open_now, ready)
            matter = await living.register()
            await living.ask(matter, TAXES)
        url = ready.settings.database_url
        # What only a superuser at the database could do: put the log back to before the last answer.
        await administer(
            url, "ALTER TABLE log_entry DISABLE TRIGGER ALL", "DELETE FROM log_entry", "ALTER TABLE log_checkpoint DISABLE TRIGGER ALL",
            "DELETE FROM log_checkpoint",
        )
        before = tasks_of_hub()
        with pytest.raises(LogUnsound):
            async with open_hub(ready.settings, ready.sources, clock=ready.clock, random=ready.random):
                pytest.fail("it opened")
        await until(lambda: tasks_of_hub() <= before)


async def test_without_keys_manifests_or_the_departments_secrets_it_does_not_open(postgres, tmp_path):
    async with AsyncExitStack() as stack:
        ready = await prepare(stack, postgres, tmp_path, TONGNAN, FakeClock(), people=20)
        before = tasks_of_hub()
        keyless = dataclasses.replace(ready.settings, directory=tmp_path / "elsewhere")
        tries = [(keyless, ready.sources, KeyRingError), (ready.settings, {"region": "500152"}, ManifestFault)]
        for settings, sources, refused in tries:
            with pytest.raises(refused):
                async with open_hub(settings, sources, clock=ready.clock, random=SeededRandom()):
                    pytest.fail("it opened")
        await until(lambda: tasks_of_hub() <= before)


async def test_a_look_at_contracts_that_slips_is_said_and_no_reason_not_to_open():
    class Unreadable:
        async def contract_faults(self) -> dict[str, list[str]]:
            raise Slip

    with structlog.testing.capture_logs() as said:
        await _contracts(Unreadable())  # type: ignore[arg-type]
    assert [(one["event"], one["chore"], one["kind"]) for one in said] == [("chore failed", "contracts", "Slip")]
