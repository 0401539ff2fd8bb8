"""Rural affairs, emergency management and public finance of the sandbox: what they put where, who may read it, how they misbehave."""

from __future__ import annotations

import io

import asyncpg
import asyncssh
import openpyxl
import pytest

from connectors.sandbox.emergency_management import HEADER, EmergencyManagement
from connectors.sandbox.finance_bureau import FinanceBureau
from connectors.sandbox.rural_affairs import RuralAffairs, households


@pytest.fixture
async def authority(population, empty_database_url):
    made = RuralAffairs(population, url=empty_database_url, password="w0rd")
    await made.start()
    yield made
    await made.stop()
    admin = await asyncpg.connect(empty_database_url)
    await admin.execute(f"DROP OWNED BY {made.role}; DROP ROLE {made.role}")
    await admin.close()


async def test_the_authoritys_reader_sees_two_views_and_changes_nothing(authority, population):
    reader = await asyncpg.connect(authority.settings["dsn"])
    assert await reader.fetchval("SELECT count(*) FROM nync.v_jcdx") == len(list(households(population)))
    assert str(await reader.fetchval("SELECT gxsj FROM nync.v_gxsj")) == "2026-11-22 02:10:00"
    for refused in ("SELECT * FROM nync_nei.jcdx", "DELETE FROM nync.v_jcdx", "CREATE TABLE x (y int)"):
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError)):
            await reader.execute(refused)
    await reader.close()


async def test_the_authority_closes_shows_other_columns_and_comes_back(authority):
    reader = await asyncpg.connect(authority.settings["dsn"])
    await authority.control({"fail": 503})
    with pytest.raises(asyncpg.CannotConnectNowError):
        await reader.fetch("SELECT gxsj FROM nync.v_gxsj")
    await authority.control({"lie": "renamed"})
    assert "cbdmj_new" in dict(await reader.fetchrow("SELECT * FROM nync.v_jcdx LIMIT 1"))
    await authority.control({})
    assert "cbdmj" in dict(await reader.fetchrow("SELECT * FROM nync.v_jcdx LIMIT 1"))
    await reader.close()


async def test_a_month_of_the_bureau_is_a_workbook_of_one_sheet_that_agrees_with_the_population(population, tmp_path):
    bureau = EmergencyManagement(population, directory=tmp_path)
    await bureau.start()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"szry_{month}.xlsx{end}" for month in ("202609", "202610") for end in ("", ".done", ".sha256")]
    book = openpyxl.load_workbook(io.BytesIO((tmp_path / "szry_202610.xlsx").read_bytes()))
    assert book.sheetnames == ["受灾人员"]
    header, *rows = book.active.iter_rows(values_only=True)
    assert header == HEADER
    known = [person for person in population.people() for _ in population.records("disaster", person)]
    assert [row[0] for row in rows] == [person.id_number for person in known]


async def test_the_finance_bureaus_account_shows_its_drop_and_can_cut_the_line(population, tmp_path):
    bureau = FinanceBureau(population, directory=tmp_path / "drop")
    await bureau.start()
    settings = bureau.settings
    host, port = settings["sftp"].removeprefix("sftp://").strip("/").split(":")
    pinned = asyncssh.import_public_key(settings["host_key"])
    async with asyncssh.connect(
        host, int(port), username=settings["username"], client_keys=[asyncssh.import_private_key(settings["ssh_key"])],
        known_hosts=([pinned], [], []), config=None,
    ) as connection, connection.start_sftp_client() as client:
        names = sorted(name for name in await client.listdir("/") if name.startswith("ykt"))
        assert names == [f"ykt_{month}.csv{end}" for month in ("202609", "202610") for end in ("", ".done", ".sha256")]
        async with client.open("/ykt_202610.csv", "rb") as file:
            assert (await file.read()).startswith(b"sfzh,xm,xmmc,je,ffrq,zhwh,ljbz,czgy\r\n")
        await bureau.control({"fail": "drop"})
        with pytest.raises((asyncssh.Error, OSError)):
            async with client.open("/ykt_202610.csv", "rb") as file:
                await file.read()
    await bureau.stop()
    await bureau.stop()
