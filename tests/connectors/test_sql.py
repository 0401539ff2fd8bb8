"""A front-end database: what stands in a statement, and what a reader of it can never do."""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path

import asyncpg
import pytest

from connectors.dialects import DAMENG, KINGBASE, MYSQL, ORACLE, POSTGRESQL, dialect_of
from connectors.interface import DepartmentBroke, DepartmentError, DepartmentTimeout
from connectors.manifest import parse
from connectors.section import ManifestFault
from connectors.selection import SHAPES_KEPT
from connectors.sql import SqlConnector, statement
from tests.connectors.asking import ask, column, household
from tests.connectors.shipped import SETTINGS

GZ = Path("connectors/manifests/GZ.toml").read_text(encoding="utf-8")
PLAIN = re.sub(r"(?s)\[groups\.realEstate\.call\].*?\n\n", '[groups.realEstate.call]\nview = "rights"\nsubject = "zjhm"\norder = "zjhm"\n\n', GZ)


def test_a_statement_holds_quoted_identifiers_of_the_manifest_and_parameters():
    text = statement(POSTGRESQL, parse("GZ.toml", GZ, SETTINGS).groups["realEstate"], ("mj", "qlfe"), 2)
    assert text == (
        'SELECT a."xh", to_char((a."sjsj")::timestamptz, \'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM\'), left(v."zjhm"::text, 19), left(v."mj"::text, 513), '
        'left(v."qlfe"::text, 513) FROM "qzk"."cx"($1::text[], $2::text[], $3::text[], $4::text[], $5::text) AS a '
        'LEFT JOIN "qzk"."v_bdcqk" AS v ON v."zjhm" = a."zjhm" ORDER BY a."xh", v."bdcdyh" LIMIT $6'
    )


VIEW = 'view = "q.v"\nsubject = "zjhm"\norder = "xh"\nrefreshed = "q.g"\nas_of = "sj"\n\n'
DATED = re.sub(r"(?s)(\[groups\.realEstate\.call\]\n).*?\n\n", lambda match: match[1] + VIEW, GZ)


@pytest.mark.parametrize(("dialect", "text"), [
    (POSTGRESQL, ('SELECT NULL, to_char((a.as_of)::timestamptz, \'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM\'), left(v."zjhm"::text, 19), left(v."mj"::text, 513) '
                 'FROM (SELECT MAX(r."sj") AS as_of FROM "q"."g" r) a LEFT JOIN "q"."v" v ON v."zjhm" = ANY ($1::text[]) ORDER BY v."xh" LIMIT 201')),
    (MYSQL, ("SELECT NULL, DATE_FORMAT(a.as_of, '%%Y-%%m-%%dT%%H:%%i:%%s'), LEFT(CAST(v.`zjhm` AS CHAR), 19), LEFT(CAST(v.`mj` AS CHAR), 513) "
            "FROM (SELECT MAX(r.`sj`) AS as_of FROM `q`.`g` r) a LEFT JOIN `q`.`v` v ON v.`zjhm` IN (%s, %s) ORDER BY v.`xh` LIMIT 201")),
    (ORACLE, ('SELECT NULL, TO_CHAR(a.as_of, \'YYYY-MM-DD"T"HH24:MI:SS\'), SUBSTR(TO_CHAR(v."zjhm"), 1, 19), SUBSTR(TO_CHAR(v."mj"), 1, 513) '
             'FROM (SELECT MAX(r."sj") AS as_of FROM "q"."g" r) a LEFT JOIN "q"."v" v ON v."zjhm" IN (:1, :2) ORDER BY v."xh" FETCH FIRST 201 ROWS ONLY')),
    (DAMENG, ('SELECT NULL, TO_CHAR(a.as_of, \'YYYY-MM-DD"T"HH24:MI:SS\'), SUBSTR(CAST(v."zjhm" AS VARCHAR), 1, 19), '
             'SUBSTR(CAST(v."mj" AS VARCHAR), 1, 513) FROM (SELECT MAX(r."sj") AS as_of FROM "q"."g" r) a LEFT JOIN "q"."v" v '
             'ON v."zjhm" IN (?, ?) ORDER BY v."xh" LIMIT 201')),
])
def test_each_kind_of_database_spells_the_same_question(dialect, text):
    group = parse("GZ.toml", DATED, SETTINGS).groups["realEstate"]
    assert statement(dialect, group, ("mj",), 2) == text
    assert dialect is not POSTGRESQL or statement(KINGBASE, group, ("mj",), 2) == text


@pytest.mark.parametrize("dialect", [POSTGRESQL, MYSQL, ORACLE, DAMENG])
def test_an_identifier_stays_within_its_quotes_in_every_dialect(dialect):
    mark = dialect.quote
    assert dialect.quoted(f"s.a{mark}; DROP TABLE x; --") == f"{mark}s{mark}.{mark}a{mark}{mark}; DROP TABLE x; --{mark}"


@pytest.mark.parametrize("place", ["not a data source", "", "ftp://u:p4ss@127.0.0.1/x", "://u:p4ss@x/y", "mysql:u:p4ss@x"])
def test_a_place_that_names_no_kind_of_database_is_a_fault_that_does_not_show_it(place):
    with pytest.raises(ManifestFault, match=r"NY\.place: not a data source name; its kind is one of ") as caught:
        dialect_of("NY", place)
    assert "p4ss" not in str(caught.value)


@pytest.mark.parametrize("place", ["mysql://127.0.0.1/x", "mysql://u:p4ss@/x", "mysql://u:p4ss@127.0.0.1", "mysql://u:p4ss@127.0.0.1:many/x",
                                   "mysql://u:p4ss@127.0.0.1/x?local_infile=1", "mysql://u:p4ss@127.0.0.1/x?ssl_ca"])
def test_a_data_source_name_with_a_part_missing_or_a_part_too_many_is_a_fault(place, clock):
    with pytest.raises(ManifestFault, match=r"GZ\.place: not a data source name of user, password, host, port and database") as caught:
        SqlConnector(parse("GZ.toml", PLAIN, {**SETTINGS, "GZ_DSN": place}), clock=clock)
    assert "p4ss" not in str(caught.value)


def test_a_driver_that_is_not_installed_names_its_extra(clock, monkeypatch):
    monkeypatch.setitem(sys.modules, "oracledb", None)
    with pytest.raises(ManifestFault, match=r"GZ\.place: needs the driver oracledb, not installed; it is the extra 'oracle'"):
        SqlConnector(parse("GZ.toml", PLAIN, {**SETTINGS, "GZ_DSN": "oracle://u:p@127.0.0.1/x"}), clock=clock)


def test_a_function_that_takes_arrays_is_postgresqls_alone(clock):
    with pytest.raises(ManifestFault, match=r"GZ: call\.function takes arrays, which mysql has not"):
        SqlConnector(parse("GZ.toml", GZ, {**SETTINGS, "GZ_DSN": "mysql://u:p@127.0.0.1/x"}), clock=clock)
    with pytest.raises(ManifestFault, match=r"call\.refreshed: goes with as_of"):
        parse("GZ.toml", DATED.replace('as_of = "sj"\n', ""), SETTINGS)


async def test_what_is_no_id_number_is_never_put_into_a_statement(population, clock):
    person = dataclasses.replace(household(population, "realEstate")[0], id_number="1' OR '1'='1")
    reader = SqlConnector(parse("GZ.toml", PLAIN, {**SETTINGS, "GZ_DSN": "mysql://u:p@127.0.0.1:9/x"}), clock=clock)
    with pytest.raises(DepartmentBroke, match="something that is no ID number"):
        await reader.fetch(ask("realEstate", [person], ()))
    await reader.close()


async def test_a_view_says_as_of_when_also_about_whom_it_does_not_know(empty_database_url, population, clock):
    people = household(population, "realEstate")[:2]
    owner = await asyncpg.connect(empty_database_url)
    await owner.execute("CREATE SCHEMA q; CREATE TABLE q.v (xh int, zjhm text, mj numeric(12,2)); CREATE TABLE q.g (sj timestamp)")
    await owner.execute("INSERT INTO q.g VALUES ('2026-11-22 01:30')")
    await owner.execute("INSERT INTO q.v VALUES (1, $1, 50)", people[0].id_number)
    reader = SqlConnector(parse("GZ.toml", DATED, {**SETTINGS, "GZ_DSN": empty_database_url}), clock=clock)
    asked = ask("realEstate", people, (column("realEstate", "areaSqm"),))
    told = await reader.fetch(asked)
    assert [(records.status, records.as_of) for records in told.values()] == [
        ("MATCHED", "2026-11-22T01:30:00+08:00"), ("NO_RECORD", "2026-11-22T01:30:00+08:00")]
    await owner.execute("DELETE FROM q.g")
    with pytest.raises(DepartmentBroke, match="does not say as of when its rows are"):
        await reader.fetch(asked)
    await owner.close()
    await reader.close()


def test_askers_who_order_columns_as_they_like_cannot_make_it_grow(clock):
    reader = SqlConnector(parse("GZ.toml", GZ, SETTINGS), clock=clock)
    for number in range(SHAPES_KEPT + 10):
        reader._statement("realEstate", (f"c{number}",), 1)
    assert reader._statement.cache_info().currsize == SHAPES_KEPT


def test_an_identifier_cannot_leave_its_quotes():
    assert POSTGRESQL.quoted('a"; DROP TABLE x; --') == '"a""; DROP TABLE x; --"'
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
            await reader._database.query(change, ())
    await reader.close()


async def test_a_statement_ends_with_the_departments_deadline(empty_database_url, clock):
    text = PLAIN.replace("deadline = 3.0", "deadline = 0.2")
    reader = SqlConnector(parse("GZ.toml", text, {**SETTINGS, "GZ_DSN": empty_database_url}), clock=clock)
    with pytest.raises(DepartmentTimeout, match="GZ ended the statement at its time limit"):
        await reader._database.query("SELECT pg_sleep(5)", ())
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


@pytest.mark.parametrize("dsn", ["postgresql://u:p@127.0.0.1:9/x", "postgresql://", "kingbase://u:p@127.0.0.1:9/x", "mysql://u:p@127.0.0.1:9/x"])
async def test_an_address_that_leads_nowhere_is_a_departments_error_without_its_password(dsn, population, clock, monkeypatch):
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", "9")
    reader = SqlConnector(parse("GZ.toml", PLAIN, {**SETTINGS, "GZ_DSN": dsn}), clock=clock)
    with pytest.raises(DepartmentError) as caught:
        await reader.fetch(ask("realEstate", household(population, "realEstate")[:1], (column("realEstate", "areaSqm"),)))
    assert "u:p" not in str(caught.value)
    await reader.close()
