from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from connectors.sandbox.natural_resources import SCRIPT
from tests.connectors.sandbox.conftest import family_numbers

ROOT = Path(__file__).resolve().parents[3]
QUESTION = """SELECT a.xh, a.sjsj, v.zjhm, v.mj, v.qlfe, v.ts FROM qzk.cx($1::text[], $2::text[], $3::text[], $4::text[], $5::text) AS a
  LEFT JOIN qzk.v_bdcqk AS v ON v.zjhm = a.zjhm ORDER BY a.xh, v.bdcdyh"""


@pytest.fixture
async def reader(government):
    connection = await asyncpg.connect(government.settings["GZ"]["dsn"])
    yield connection
    await connection.close(timeout=5)


def question(numbers):
    return numbers, ["DIBAO_REVIEW"] * len(numbers), ["case-1"] * len(numbers), [f"intent-{i}" for i in range(len(numbers))], "MZ-HD"


async def test_rights_come_by_subject_with_the_named_columns(reader, population):
    rows = await reader.fetch(QUESTION, *question(family_numbers(population)))
    told = [(row["xh"], None if row["mj"] is None else str(row["mj"]), row["qlfe"], row["ts"]) for row in rows]
    assert told == [
        (1, "89.50", "1/2", 1), (2, "89.50", "1/2", 2), (2, "42.30", "单独所有", 2), (3, None, None, None), (4, None, None, None), (5, None, None, None),
        (6, "118.60", "单独所有", 1),
    ]


async def test_the_registry_holds_every_right_of_the_population(government, population, empty_database_url):
    expected = sum(len(population.records("realEstate", person)) for person in population.people())
    admin = await asyncpg.connect(empty_database_url)
    assert await admin.fetchval("SELECT count(*) FROM qzk_nei.bdcqk") == expected > 100
    await admin.close()


@pytest.mark.parametrize("statement", [
    "INSERT INTO qzk_nei.gxzt VALUES (now())",
    "UPDATE qzk.v_bdcqk SET mj = 1",
    "DELETE FROM qzk.v_bdcqk",
    "SELECT * FROM qzk_nei.bdcqk",
    "CREATE TEMP TABLE mine (a integer)",
    "CREATE TABLE public.mine (a integer)",
    "CREATE SCHEMA mine",
    "COPY qzk.v_bdcqk TO PROGRAM 'cat'",
    "DO $$ BEGIN LOCK TABLE qzk.v_bdcqk IN EXCLUSIVE MODE; END $$",
])
async def test_the_read_only_role_can_change_nothing_even_when_it_lifts_its_own_restriction(reader, statement):
    with pytest.raises((asyncpg.ReadOnlySQLTransactionError, asyncpg.InsufficientPrivilegeError)):
        await reader.execute(statement)
    await reader.execute("SET default_transaction_read_only = off")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await reader.execute(statement)


async def test_the_journal_hears_who_was_asked_about_and_which_columns_were_named(reader, government, population):
    numbers = [person.id_number for person in population.people()][:70]
    await reader.fetch(QUESTION, *question(numbers))
    journal = government.journal("GZ")
    await government.heard()
    # A notification holds thirty subjects; one call stays one call.
    assert journal.calls == 1
    assert sum(len(entry["subjects"]) for entry in journal.entries) == 70
    assert journal.entries[0]["columns"] == ["mj", "qlfe", "ts"]
    assert journal.entries[2]["subjects"][-1] == {"reference": "intent-69", "purpose": "DIBAO_REVIEW", "approval": "case-1"}


async def test_a_question_without_purpose_reference_or_organisation_is_refused(reader, population):
    numbers, purposes, approvals, references, organisation = question(family_numbers(population))
    for bad in (
        (numbers, purposes[:1], approvals, references, organisation),
        (numbers, ["", *purposes[1:]], approvals, references, organisation),
        (numbers, purposes, approvals, [None, *references[1:]], organisation),
        (numbers, purposes, approvals, references, ""),
        ([], [], [], [], organisation),
        question(numbers * 84),
    ):
        with pytest.raises(asyncpg.InvalidParameterValueError):
            await reader.fetch(QUESTION, *bad)


async def test_it_can_be_slow_closed_and_gone(reader, government, population):
    asked = question(family_numbers(population))
    await government.control("GZ", {"slow": 0.3})
    with pytest.raises(TimeoutError):
        await reader.fetch(QUESTION, *asked, timeout=0.1)
    await government.control("GZ", {"fail": 503})
    with pytest.raises(asyncpg.CannotConnectNowError):
        await reader.fetch(QUESTION, *asked)
    await government.control("GZ", {"fail": "drop"})
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
        await reader.fetch(QUESTION, *asked)
    assert reader.is_closed()


@pytest.mark.parametrize(("lie", "rows"), [("half", 4), ("nothing", 0), ("extra_people", 8)])
async def test_it_can_tell_of_fewer_and_of_more_people(reader, government, population, lie, rows):
    await government.control("GZ", {"lie": lie})
    told = await reader.fetch(QUESTION, *question(family_numbers(population)))
    assert len(told) >= rows if lie == "extra_people" else len(told) == rows


async def test_it_can_change_its_columns_overnight(reader, government, population):
    asked = question(family_numbers(population))
    await government.control("GZ", {"lie": "renamed"})
    with pytest.raises(asyncpg.UndefinedColumnError):
        await reader.fetch(QUESTION, *asked)
    await government.control("GZ", {"lie": "types"})
    rows = await reader.fetch(QUESTION, *asked)
    assert rows[0]["mj"] == "约九十平"
    await government.control("GZ", {})


def test_the_contract_shows_the_script_that_is_run():
    assert (ROOT / "docs/contracts/GZ.sql").read_text(encoding="utf-8") == SCRIPT
