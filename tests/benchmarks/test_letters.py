"""Every look-up of consent finds its rows by index: PostgreSQL's own choice, over tables copied from one registered case and analysed."""

from __future__ import annotations

import asyncpg
import pytest

from benchmarks.letters import BIG, copied, look_ups, pages, plan, read_whole
from tests.hub.authorizations.world import open_world

CASES = 2_000
FEW = 60
"""Pages one look-up touches at most; a table or an index of two thousand cases has more."""


@pytest.fixture
async def owner(database_url, engine, pool, keys, random, clock, tmp_path):
    """The owner's connection to a database of two thousand cases."""
    async with open_world(database_url, engine, pool, keys, random, clock, tmp_path=tmp_path) as world:
        await world.register()
    connection = await asyncpg.connect(database_url)
    await copied(connection, 1, CASES)
    yield connection
    await connection.close()


async def test_no_look_up_reads_a_table_that_grows_with_cases_from_end_to_end(owner):
    assert await owner.fetchval("SHOW enable_seqscan") == "on"
    found = {one.title: await plan(owner, one) for one in await look_ups(owner, CASES // 2)}
    assert (len(found), [title for title, lines in found.items() if read_whole(lines) or pages(lines) > FEW]) == (10, [])
    for one in await look_ups(owner, CASES // 2):
        rows = await owner.fetch(one.statement, *one.values)
        assert rows or one.title == "revoked tokens that still live", f"{one.title} finds what was copied"
    await owner.execute("DROP INDEX ix_member_person_id, ix_matter_case_registration_hash")
    without = {one.title: await plan(owner, one) for one in await look_ups(owner, CASES // 2)}
    assert {title: whole for title, lines in without.items() if (whole := read_whole(lines))} == {"a registration sent again": ["matter_case"]}
    assert pages(without["the cases of a person"]) > FEW, "another index, from end to end"


async def test_copies_are_whole_cases(owner):
    counted = {table: await owner.fetchval(f"SELECT count(*) FROM {table}") for table in BIG}
    assert counted["letter"] >= CASES
    assert counted["signer"] >= 5 * CASES
    held = """
    SELECT count(*) FROM signer s JOIN letter l ON l.id = s.letter_id JOIN household h ON h.case_id = l.case_id
    JOIN member m ON m.household_id = h.id AND m.person_id = s.person_id JOIN person p ON p.id = m.person_id
    WHERE s.covers = ARRAY[m.person_id::text] AND l.number = 'N7'
    """
    assert await owner.fetchval(held) == 5
