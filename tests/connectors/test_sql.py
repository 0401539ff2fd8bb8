"""A front-end database: what stands in a statement, and what a reader of it can never do."""

from __future__ import annotations

import re
from pathlib import Path

import asyncpg
import pytest

from connectors.interface import DepartmentBroke, DepartmentError, DepartmentTimeout
from connectors.manifest import parse
from connectors.section import ManifestFault
from connectors.selection import SHAPES_KEPT
from connectors.sql import SqlConnector, quoted, statement
from tests.connectors.asking import ask, column, household
from tests.connectors.test_manifest import SETTINGS

GZ = Path("connectors/manifests/GZ.toml").read_text(encoding="utf-8")
PLAIN = re.sub(r"(?s)\[groups\.realEstate\.call\].*?\n\n", '[groups.realEstate.call]\nview = "rights"\nsubject = "zjhm"\norder = "zjhm"\n\n', GZ)


def test_a_statement_holds_quoted_identifiers_of_the_manifest_and_parameters():
    text = statement(parse("GZ.toml", GZ, SETTINGS).groups["realEstate"], ("mj", "qlfe"))
    assert text == (
        'SELECT a."xh", to_char(a."sjsj", \'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM\'), left(v."zjhm"::text, 19), left(v."mj"::text, 513), '
        'left(v."qlfe"::text, 513) FROM "qzk"."cx"($1::text[], $2::text[], $3::text[], $4::text[], $5::text) AS a '
        'LEFT JOIN "qzk"."v_bdcqk" AS v ON v."zjhm" = a."zjhm" ORDER BY a."xh", v."bdcdyh" LIMIT $6'
    )


def test_askers_who_order_columns_as_they_like_cannot_make_it_grow(clock):
    reader = SqlConnector(parse("GZ.toml", GZ, SETTINGS), clock=clock)
    for number in range(SHAPES_KEPT + 10):
        reader._statement("realEstate", (f"c{number}",))
    assert reader._statement.cache_info().currsize == SHAPES_KEPT


def test_an_identifier_cannot_leave_its_quotes():
    assert quoted('a"; DROP TABLE x; --') == '"a""; DROP TABLE x; --"'
    with pytest.raises(ManifestFault, match=r"areaSqm\.name: not an identifier"):
        parse("GZ.toml", GZ.replace('name = "mj"', "name = 'mj\" FROM pg_shadow; --'"), SETTINGS)


async def test_a_department_with_a_table_and_no_function_is_asked_by_any(empty_database_url, population, clock):
    people = household(population, "realEstate")
    owner = await asyncpg.connect(empty_database_url)
    await owner.execute("CREATE TABLE rights (zjhm text, mj numeric(12,2))")
    await owner.executemany("INSERT INTO rights VALUES ($1, $2)", [(people[0].id_number, 50), (people[0].id_number, 70), (people[5].id_number, 1)])
    await owner.close()
    reader = SqlConnector(parse("GZ.toml", PLAIN, {**SETTINGS, "GZ_DSN": empty_database_url}), clock=clock)
    told = await reader.fetch(ask("realEstate", people[:2], (column("realEstate", "areaSqm"),)))
    assert sorted(told["s0"].rows) == [("50.00",), ("70.00",)]
    assert told["s1"].status == "NO_RECORD"
    assert told["s0"].as_of == "2026-11-23T09:00:00+08:00"
    await reader.close()


async def test_the_session_writes_nothing_even_where_the_role_could(empty_database_url, clock):
    reader = SqlConnector(parse("GZ.toml", PLAIN, {**SETTINGS, "GZ_DSN": empty_database_url}), clock=clock)
    for change in ("CREATE TABLE x (y int)", "SELECT setval('pg_catalog.nothing', 1)"):
        with pytest.raises(DepartmentBroke, match=r"failed a statement: SQLSTATE (25006|42P01)"):
            await reader._query(change, ())
    await reader.close()


async def test_a_statement_ends_with_the_departments_deadline(empty_database_url, clock):
    text = PLAIN.replace("deadline = 3.0", "deadline = 0.2")
    reader = SqlConnector(parse("GZ.toml", text, {**SETTINGS, "GZ_DSN": empty_database_url}), clock=clock)
    with pytest.raises(DepartmentTimeout, match="GZ ended the statement at its time limit"):
        await reader._query("SELECT pg_sleep(5)", ())
    await reader.close()


async def test_more_rows_than_people_can_have_are_broken(empty_database_url, population, clock):
    people = household(population, "realEstate")[:1]
    owner = await asyncpg.connect(empty_database_url)
    await owner.execute("CREATE TABLE rights (zjhm text, mj numeric(12,2))")
    await owner.execute("INSERT INTO rights SELECT $1, n FROM generate_series(1, 101) n", people[0].id_number)
    await owner.close()
    reader = SqlConnector(parse("GZ.toml", PLAIN, {**SETTINGS, "GZ_DSN": empty_database_url}), clock=clock)
    with pytest.raises(DepartmentBroke, match="GZ gave more rows than there can be"):
        await reader.fetch(ask("realEstate", people, (column("realEstate", "areaSqm"),)))
    await reader.close()


@pytest.mark.parametrize("dsn", ["postgresql://u:p@127.0.0.1:9/x", "not a data source", "postgresql://"])
async def test_an_address_that_leads_nowhere_is_a_departments_error_without_its_password(dsn, population, clock, monkeypatch):
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", "9")
    reader = SqlConnector(parse("GZ.toml", PLAIN, {**SETTINGS, "GZ_DSN": dsn}), clock=clock)
    with pytest.raises(DepartmentError) as caught:
        await reader.fetch(ask("realEstate", household(population, "realEstate")[:1], (column("realEstate", "areaSqm"),)))
    assert "u:p" not in str(caught.value)
    await reader.close()
