"""A MySQL front-end database on a real server: what is asked of it, what it may never do, how its refusals are told."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.interface import DepartmentBroke, DepartmentTimeout, DepartmentUnavailable
from connectors.manifest import parse
from connectors.sandbox.rural_affairs import households, refreshed
from connectors.sql import ROWS_A_SUBJECT, SqlConnector
from tests.connectors.asking import ask, column, household
from tests.connectors.conftest import POPULATION
from tests.connectors.test_conformance import comparable, expected
from tests.connectors.test_manifest import SETTINGS
from tests.connectors.test_sql import GZ
from tests.system.mariadb import Mariadb, certificate, serving

pytestmark = pytest.mark.system

DATED = re.sub(
    r"(?s)\[groups\.realEstate\.call\].*?\n\n",
    '[groups.realEstate.call]\nview = "qzk.v_bdcqk"\nsubject = "zjhm"\norder = "bdcdyh"\nrefreshed = "qzk.v_gxzt"\nas_of = "sjsj"\n\n', GZ,
).replace("queries_counted = true", "queries_counted = false")
TABLES = (
    "CREATE DATABASE qzk CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    "CREATE TABLE qzk.bdcqk (bdcdyh VARCHAR(28), zjhm CHAR(18), mj DECIMAL(12,2), ghyt VARCHAR(4), djsj DATE, zjdbz VARCHAR(2), KEY (zjhm))",
    "CREATE TABLE qzk.gxzt (sjsj DATETIME)",
    "CREATE VIEW qzk.v_bdcqk AS SELECT * FROM qzk.bdcqk",
    "CREATE VIEW qzk.v_gxzt AS SELECT * FROM qzk.gxzt",
    "CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'p@ss/w%rd'",
    "GRANT SELECT ON qzk.v_bdcqk TO reader@'127.0.0.1'", "GRANT SELECT ON qzk.v_gxzt TO reader@'127.0.0.1'",
    "CREATE USER writer@'127.0.0.1' IDENTIFIED BY 'w'", "GRANT ALL ON qzk.* TO writer@'127.0.0.1'",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mariadb]:
    with serving(tmp_path_factory.mktemp("mariadb")) as made:
        made.run(*TABLES)
        yield made


@pytest.fixture
def people(server: Mariadb) -> list:
    """Six people: every other one has records, the first one two."""
    known = household(POPULATION, "realEstate")
    rows = [(f"{number}-{flat}", person.id_number, 50 + number, "10", "2016-08-01", "否")
            for number, person in enumerate(known[::2]) for flat in range(2 if number == 0 else 1)]
    server.run("DELETE FROM qzk.bdcqk", "DELETE FROM qzk.gxzt", "INSERT INTO qzk.gxzt VALUES ('2026-11-23 01:30:00')")
    server.insert("INSERT INTO qzk.bdcqk VALUES (%s, %s, %s, %s, %s, %s)", rows)
    return known


@pytest.fixture
async def opened(server: Mariadb, clock):
    made = []

    def make(user: str = "reader", word: str = "p%40ss%2Fw%25rd", options: str = "", **changed: str) -> SqlConnector:
        text = DATED
        for key, value in changed.items():
            text = re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
        dsn = f"mysql://{user}:{word}@127.0.0.1:{server.port}/qzk{options}"
        made.append(SqlConnector(parse("GZ.toml", text, {**SETTINGS, "GZ_DSN": dsn}), clock=clock))
        return made[-1]

    yield make
    for one in made:
        await one.close()


AREA = (column("realEstate", "areaSqm"), column("realEstate", "registeredOn"))


async def test_rows_arrive_with_the_date_of_the_refresh_and_who_is_not_in_the_view_has_no_record(opened, people):
    told = await opened().fetch(ask("realEstate", people, AREA))
    assert told["s0"].rows == (("50.00", "2016-08-01"),) * 2
    assert [records.status for records in told.values()] == ["MATCHED", "NO_RECORD"] * 3
    assert {records.as_of for records in told.values()} == {"2026-11-23T01:30:00+08:00"}


async def test_only_the_named_columns_are_asked_and_the_index_is_used(opened, people, server):
    await opened().fetch(ask("realEstate", people, (column("realEstate", "areaSqm"),)))
    asked = (server.socket.parent / "asked").read_text(errors="replace")
    statement = re.findall(r"SELECT NULL.*", asked)[-1]
    assert "`mj`" in statement
    assert not re.search(r"ghyt|djsj|zjdbz", statement)
    server.insert("INSERT INTO qzk.bdcqk VALUES (%s, %s, 1, '10', NULL, NULL)", [(f"x{n}", f"{n:018d}") for n in range(3000)])
    connection = server.admin()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        plan = {row[2]: row[3] for row in cursor.fetchall()}
    connection.close()
    assert plan["bdcqk"] == "range", "a department's million rows are not read through for six people"


async def test_a_database_that_does_not_tell_x_from_capital_x_finds_its_person(opened, people, server):
    person = next(one for one in POPULATION.people() if one.id_number.endswith("X"))
    server.insert("INSERT INTO qzk.bdcqk VALUES (%s, %s, %s, NULL, NULL, NULL)", [("x", person.id_number.lower(), 9)])
    told = await opened().fetch(ask("realEstate", [person], AREA))
    assert told["s0"].rows == (("9.00", None),)


async def test_a_table_without_its_refresh_is_broken_and_never_no_record(opened, people, server):
    server.run("DELETE FROM qzk.gxzt")
    with pytest.raises(DepartmentBroke, match="does not say as of when"):
        await opened().fetch(ask("realEstate", people, AREA))


async def test_the_session_writes_nothing_even_where_the_account_could(opened, people, server):
    writing = opened("writer", "w")
    for change in ("DELETE FROM qzk.bdcqk", "CREATE TABLE qzk.x (y INT)", "SET GLOBAL max_connections = 1"):
        with pytest.raises((DepartmentBroke, DepartmentUnavailable), match=r"(failed a statement|refused the hub): \d+"):
            await writing._database.query(change, ())
    assert (await opened().fetch(ask("realEstate", people[:1], AREA)))["s0"].status == "MATCHED"


async def test_the_server_ends_the_statement_with_the_deadline_and_the_connection_stays(opened):
    reader = opened(deadline="0.3", concurrency="1")
    with pytest.raises(DepartmentTimeout, match="GZ ended the statement at its time limit"):
        await reader._database.query("SELECT SLEEP(5) FROM (SELECT 1 UNION SELECT 2) AS a", ())
    assert await reader._database.query("SELECT 1", ()) == ((1,),)


async def test_a_locked_table_is_a_timeout_of_its_own_department_while_the_loop_goes_on(opened, people, server):
    locking = server.admin()
    with locking.cursor() as cursor:
        cursor.execute("LOCK TABLES qzk.bdcqk WRITE")
    reader, turns = opened(deadline="0.5"), 0
    asking = asyncio.ensure_future(reader.fetch(ask("realEstate", people, AREA)))
    while not asking.done():
        turns += 1
        await asyncio.sleep(0.01)
    locking.close()
    with pytest.raises(DepartmentTimeout):
        asking.result()
    assert turns > 2


async def test_a_connection_the_server_closed_meanwhile_is_made_anew_once(opened, people, server):
    reader = opened(concurrency="1")
    assert (await reader.fetch(ask("realEstate", people, AREA)))["s0"].status == "MATCHED"
    connection = server.admin()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM information_schema.processlist WHERE user = 'reader'")
        for (number,) in cursor.fetchall():
            cursor.execute("KILL %s", (number,))
    connection.close()
    assert (await reader.fetch(ask("realEstate", people, AREA)))["s0"].status == "MATCHED"


@pytest.mark.parametrize(("user", "word", "code"), [("reader", "wrong", "1045"), ("nobody", "x", "1045")])
async def test_refused_credentials_are_unavailable_and_the_password_is_not_told(user, word, code, opened, people):
    with pytest.raises(DepartmentUnavailable, match=rf"could not be reached or refused the hub: {code}$"):
        await opened(user, word).fetch(ask("realEstate", people, AREA))


async def test_with_an_authority_named_the_line_is_encrypted_and_a_stranger_is_refused(opened, server, tmp_path):
    cipher = "SHOW STATUS LIKE 'Ssl_cipher'"
    [(_, used)] = await opened(options=f"?ssl_ca={server.socket.parent / 'cert.pem'}")._database.query(cipher, ())
    assert used
    with pytest.raises(DepartmentUnavailable, match="could not be reached or refused the hub"):
        await opened(options=f"?ssl_ca={certificate(tmp_path)}").knock()


async def test_knocking_logs_in_and_asks_about_nobody(opened, server):
    await opened().knock()
    with pytest.raises(DepartmentUnavailable):
        await opened("reader", "wrong").knock()


async def test_a_column_renamed_or_a_view_taken_away_says_so_without_a_value(opened, people, server):
    server.run("CREATE OR REPLACE VIEW qzk.v_bdcqk AS SELECT bdcdyh, zjhm, ghyt FROM qzk.bdcqk")
    try:
        with pytest.raises(DepartmentBroke, match=r"GZ failed a statement: 1054$"):
            await opened().fetch(ask("realEstate", people, AREA))
    finally:
        server.run("CREATE OR REPLACE VIEW qzk.v_bdcqk AS SELECT * FROM qzk.bdcqk")


async def test_more_rows_than_people_can_have_are_broken(opened, people, server):
    server.insert("INSERT INTO qzk.bdcqk VALUES (%s, %s, 1, NULL, NULL, NULL)", [(f"m{n}", people[0].id_number) for n in range(ROWS_A_SUBJECT)])
    with pytest.raises(DepartmentBroke, match="GZ gave more rows than there can be"):
        await opened().fetch(ask("realEstate", people[:1], AREA))


async def test_thirty_questions_at_once_hold_no_more_connections_than_agreed(opened, people, server):
    reader, marking = opened(concurrency="3"), server.admin()
    before = marking.thread_id()
    marking.close()
    await asyncio.gather(*(reader.fetch(ask("realEstate", people, AREA)) for _ in range(30)))
    connection = server.admin()
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'reader' AND id > %s", (before,))
        assert 1 <= cursor.fetchone()[0] <= 3
    connection.close()


async def test_where_queries_are_counted_no_connection_is_kept_that_would_be_tried_again(opened, people, server):
    reader = opened(queries_counted="true", concurrency="1")
    for _ in range(2):
        assert (await reader.fetch(ask("realEstate", people[:1], AREA)))["s0"].status == "MATCHED"
    assert not reader._database._idle


# The department of the contract, on the server it has in earnest: the same manifest the demonstration asks PostgreSQL with.
NY = Path("connectors/manifests/NY.toml").read_text(encoding="utf-8")
SCRIPT = Path("docs/contracts/NY.sql").read_text(encoding="utf-8")


@pytest.fixture
async def rural_affairs(server: Mariadb, clock):
    """The rural-affairs authority's own front-end database, as its script makes it."""
    script = "\n".join(line for line in SCRIPT.splitlines() if not line.startswith("--"))
    made = (statement.strip() for statement in script.split(";"))
    server.run(*(statement for statement in made if statement), "CREATE USER qzk_hub@'127.0.0.1' IDENTIFIED BY 'w0rd'",
               "GRANT SELECT ON nync.v_jcdx TO qzk_hub@'127.0.0.1'", "GRANT SELECT ON nync.v_gxsj TO qzk_hub@'127.0.0.1'")
    server.insert("INSERT INTO nync_nei.jcdx VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", list(households(POPULATION)))
    server.insert("INSERT INTO nync_nei.gxsj VALUES (%s)", [(refreshed(POPULATION),)])
    settings = {**SETTINGS, "NY_DSN": f"mysql://qzk_hub:w0rd@127.0.0.1:{server.port}/nync"}
    reader = SqlConnector(parse("NY.toml", NY, settings), clock=clock)
    yield reader
    await reader.close()
    server.run("DROP DATABASE nync", "DROP DATABASE nync_nei", "DROP USER qzk_hub@'127.0.0.1'")


async def test_rural_affairs_tell_from_mysql_what_the_population_holds(rural_affairs, server):
    people = household(POPULATION, "ruralHousehold", 12)
    told = await rural_affairs.fetch(ask("ruralHousehold", people))
    for number, person in enumerate(people):
        records, rows = told[f"s{number}"], expected(POPULATION, "ruralHousehold", person)
        assert records.status == ("MATCHED" if rows else "NO_RECORD")
        assert comparable(records.rows) == comparable(rows)
        assert records.as_of == "2026-11-22T02:10:00+08:00"


async def test_the_hubs_account_sees_the_two_views_and_no_table_behind_them(rural_affairs):
    for table in ("nync_nei.jcdx", "mysql.user"):
        with pytest.raises(DepartmentUnavailable, match=r"NY refused the hub: 1142$"):
            await rural_affairs._database.query(f"SELECT * FROM {table}", ())
