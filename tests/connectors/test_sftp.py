"""Drops fetched over SFTP from a real server: what is taken, what is resumed, what goes on counting, what is left on the hub's disk."""

from __future__ import annotations

import asyncio
import logging
import re
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.files import FilesConnector
from connectors.interface import DepartmentTimeout, DepartmentUnavailable
from connectors.manifest import parse
from connectors.sandbox.sftp_account import SftpAccount, openssh
from connectors.section import ManifestFault
from tests.connectors.asking import ask, column, household
from tests.connectors.conftest import POPULATION
from tests.connectors.shipped import SETTINGS
from tests.connectors.test_files import write

KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))
SEED = b"h" * 32
CL = Path("connectors/manifests/CL.toml").read_text(encoding="utf-8")
FETCHED = re.sub(
    r'(?s)place = "\$\{CL_DIRECTORY\}"(.*?)scheme = "none"[^\n]*\n',
    r'place = "${CL_URL}"\1scheme = "ssh-key"\nusername = "hub"\nhost_key = "${CL_HOST_KEY}"\nkey = "${CL_KEY}"\n', CL,
)
PEOPLE = household(POPULATION, "disability")[:2]
ASKED = ask("disability", PEOPLE, (column("disability", "grade"),))


class Account:
    """A department's directory, its server, and the hub's readers of it."""

    def __init__(self, path: Path, clock) -> None:
        self.drops, self.copies, self.clock = path / "account", path / "copies", clock
        self.drops.mkdir()
        self.server = SftpAccount(self.drops, seed=SEED, username="hub", authorized=KEY)
        self.url, self.readers = "", []

    def reader(self, *, text: str = FETCHED, **settings: str) -> FilesConnector:
        given = {**SETTINGS, "CL_URL": self.url, "CL_HOST_KEY": self.server.host_key, "CL_KEY": openssh(KEY), **settings}
        made = FilesConnector(parse("CL.toml", text, given), clock=self.clock, copies=self.copies)
        self.readers.append(made)
        return made

    def month(self, grade: int, month: str, **changes) -> Path:
        return write(self.drops, [f"{PEOPLE[0].id_number}4{grade},甲,2031/06/30,是,1"], month, **changes)

    def here(self) -> list[str]:
        """What lies in the hub's copies."""
        return sorted(path.relative_to(self.copies / "CL" / "cjr").as_posix() for path in self.copies.rglob("*") if path.is_file() and path.name != "lock")

    async def looked(self, reader: FilesConnector) -> None:
        """The interval passes, somebody asks, and the look that begins with it comes to its end."""
        self.clock.advance(301)
        await reader.fetch(ASKED)
        [fetched] = reader._fetching
        if fetched._looking is not None:
            await asyncio.gather(fetched._looking, return_exceptions=True)


@pytest.fixture
async def account(tmp_path, clock) -> AsyncIterator[Account]:
    made = Account(tmp_path, clock)
    made.url = await made.server.start()
    yield made
    for reader in made.readers:
        await reader.close()
    await made.server.stop()


async def grade(reader: FilesConnector) -> str:
    told = await reader.fetch(ASKED)
    assert told["s1"].status == "NO_RECORD"
    return told["s0"].rows[0][0]


async def test_the_newest_month_is_copied_read_and_private(account):
    account.month(3, "202609")
    account.month(2, "202610")
    reader = account.reader()
    told = await reader.fetch(ASKED)
    assert (told["s0"].rows, told["s0"].as_of) == ((("2",),), "2026-10-31T22:00:00+08:00")
    assert [name.rpartition("/")[2] for name in account.here()] == ["cjr_202610.csv", "cjr_202610.csv.done", "cjr_202610.csv.sha256"]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in account.copies.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (account.copies / "CL" / "cjr").rglob("*") if path.is_dir()} == {0o700}


async def test_whether_a_drop_lies_there_is_asked_without_fetching_it(account):
    reader = account.reader()
    assert not await reader.lying()
    account.month(2, "202610", done=False)
    assert not await reader.lying()
    account.month(2, "202610", digest="0" * 64)
    assert await reader.lying()
    assert not account.copies.exists()


async def test_a_newer_month_replaces_the_copy_at_the_next_look_and_the_old_one_is_gone(account):
    account.month(2, "202610")
    reader = account.reader()
    assert await grade(reader) == "2"
    account.month(1, "202611")
    assert await grade(reader) == "2"  # not yet looked again
    await account.looked(reader)
    assert await grade(reader) == "1"
    assert all("202611" in name for name in account.here())


async def test_a_question_does_not_wait_for_a_look_while_there_is_a_copy(account):
    account.month(2, "202610")
    reader = account.reader()
    await reader.fetch(ASKED)
    await account.server.stop()
    account.clock.advance(301)
    assert await grade(reader) == "2", "the server is gone, and it is told all the same"


async def test_an_asker_who_gives_up_does_not_stop_what_the_next_one_needs(account):
    account.month(2, "202610")
    account.server.slow, reader = 0.15, account.reader()
    with pytest.raises(DepartmentTimeout, match="CL did not answer before its deadline"):
        await reader.fetch(ask("disability", PEOPLE, (column("disability", "grade"),), deadline=0.1))
    assert await grade(reader) == "2"
    assert [offset for name, offset in account.server.served if name.endswith(".csv")] == [0]


@pytest.mark.parametrize("changes", [{"done": False}, {"digest": "0" * 64}, {"header": "xm,cjrzh"}, {"count": 7}])
async def test_half_written_or_spoilt_the_last_good_month_goes_on_counting_until_it_is_mended(account, changes):
    account.month(2, "202610")
    reader = account.reader()
    assert await grade(reader) == "2"
    account.month(1, "202611", **changes)
    await account.looked(reader)
    told = await reader.fetch(ASKED)
    assert (told["s0"].rows, told["s0"].as_of) == ((("2",),), "2026-10-31T22:00:00+08:00")
    account.month(1, "202611")
    await account.looked(reader)
    assert await grade(reader) == "1"


async def test_files_under_other_names_and_a_month_without_checksum_are_not_taken(account, caplog):
    account.month(2, "202610")
    newer = account.month(1, "202611")
    newer.with_name(newer.name + ".sha256").unlink()
    (account.drops / "cjr_202612.csv.part").write_bytes(b"half")
    (account.drops / "cjr_202612.csv.done").write_bytes(b"rows=1\n")
    with caplog.at_level(logging.WARNING):
        assert await grade(account.reader()) == "2"
    assert "drop cjr_202611.csv refused: marker or checksum file missing" in caplog.text


async def test_a_spoilt_month_is_fetched_once_and_not_at_every_look(account, caplog):
    account.month(2, "202610")
    account.month(1, "202611", digest="0" * 64)
    reader = account.reader()
    with caplog.at_level(logging.WARNING):
        await grade(reader)
        for _ in range(3):
            await account.looked(reader)
    assert caplog.text.count("checksum wrong") == 1


async def test_what_broke_off_is_resumed_where_it_stopped_and_counts_only_when_whole(account):
    rows = [f"{PEOPLE[0].id_number}42,甲,2031/06/30,是,1", *(f"5099011985{n:07d}X42,{'乙' * 60},,,1" for n in range(20_000))]
    write(account.drops, rows, "202610")
    reader, account.server.cut_after = account.reader(), 2 << 20
    with pytest.raises(DepartmentUnavailable, match="CL could not be reached over SFTP: "):
        await reader.fetch(ASKED)
    assert {stat.S_IMODE(path.stat().st_mode) for path in account.copies.rglob("*") if path.is_file()} == {0o600}
    await reader.close()
    account.server.cut_after = -1
    account.server.served.clear()
    assert await grade(account.reader()) == "2"  # a process of its own would go on the same way
    assert min(offset for name, offset in account.server.served if name.endswith(".csv")) == 2 << 20
    assert [name for name in account.here() if name.startswith("incoming")] == []


async def test_what_broke_off_of_another_month_is_thrown_away(account):
    incoming = account.copies / "CL" / "cjr" / "incoming"
    incoming.mkdir(parents=True)
    (incoming / "cjr_202610.csv").write_bytes(b"something else")
    (incoming / "cjr_202610.csv.sha256").write_bytes(b"f" * 64)
    account.month(2, "202610")
    assert await grade(account.reader()) == "2"


async def test_a_hub_started_anew_serves_its_copy_while_the_department_is_away(account):
    account.month(2, "202610")
    first = account.reader()
    await first.fetch(ASKED)
    await first.close()
    await account.server.stop()
    assert await grade(account.reader()) == "2"


async def test_drops_the_department_withdrew_are_removed_here_too(account):
    account.month(2, "202610")
    reader = account.reader()
    await reader.fetch(ASKED)
    for path in account.drops.iterdir():
        path.unlink()
    await account.looked(reader)
    with pytest.raises(DepartmentUnavailable, match="CL: no complete and valid drop lies there"):
        await reader.fetch(ASKED)
    assert account.here() == []


async def test_two_workers_share_one_copy_and_one_of_them_fetches(account):
    account.month(2, "202610")
    first, second = account.reader(), account.reader()
    assert await asyncio.gather(grade(first), grade(second)) == ["2", "2"]
    assert [offset for name, offset in account.server.served if name.endswith(".csv")] == [0]
    account.month(1, "202611")
    await account.looked(first)
    assert [await grade(first), await grade(second)] == ["1", "1"]  # the second's directory is gone: it finds the newer one


@pytest.mark.parametrize(("settings", "why"), [
    ({"CL_HOST_KEY": asyncssh.import_private_key(openssh(OTHER)).export_public_key().decode()}, "CL shows another host key than the one pinned"),
    ({"CL_KEY": openssh(OTHER)}, "CL could not be reached over SFTP: PermissionDenied"),
    ({"CL_URL": "sftp://127.0.0.1:9/"}, "CL could not be reached over SFTP: ConnectionRefusedError"),
    ({"CL_URL": ""}, ""),
])
async def test_a_server_or_key_that_is_not_the_one_agreed_is_refused(account, settings, why):
    account.month(2, "202610")
    reader = account.reader(**(settings if why else {"CL_URL": account.url + "nowhere"}))
    with pytest.raises(DepartmentUnavailable, match=why or "CL could not be reached over SFTP: SFTPNoSuchFile"):
        await reader.fetch(ASKED)
    assert not list(account.copies.rglob("*.csv"))


async def test_a_server_that_says_nothing_is_late_within_the_deadline(account):
    async def silent(_reader, writer):
        await asyncio.sleep(30)
        writer.close()

    mute = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = mute.sockets[0].getsockname()[1]
    reader = account.reader(text=FETCHED.replace("deadline = 10.0", "deadline = 0.3"), CL_URL=f"sftp://127.0.0.1:{port}/")
    async with asyncio.timeout(20):  # the server is silent for longer
        with pytest.raises((DepartmentTimeout, DepartmentUnavailable)):
            await reader.fetch(ASKED)
    await reader.close()
    mute.close()


async def test_the_account_gives_no_way_to_write(account):
    account.month(2, "202610")
    host, port = "127.0.0.1", int(account.url.rpartition(":")[2].strip("/"))
    key = asyncssh.import_private_key(openssh(KEY))
    async with asyncssh.connect(host, port, username="hub", client_keys=[key], known_hosts=None, config=None) as connection:
        async with connection.start_sftp_client() as client:
            with pytest.raises(asyncssh.SFTPError):
                async with client.open("/x", "wb") as file:
                    await file.write(b"x")
            with pytest.raises(asyncssh.SFTPError):
                await client.remove("/cjr_202610.csv")
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.run("id")


@pytest.mark.parametrize(("changes", "settings", "fault"), [
    ({}, {"CL_URL": "sftp://hub:p4ss@127.0.0.1/drop"}, r"CL\.place: not sftp://host:port/directory"),
    ({}, {"CL_URL": "sftp:///drop"}, r"CL\.place: not sftp://host:port/directory"),
    ({}, {"CL_HOST_KEY": "p4ss"}, r"CL\.auth: host_key or key cannot be read"), ({}, {"CL_KEY": "p4ss"}, r"CL\.auth: host_key or key cannot be read"),
    ({'key = "${CL_KEY}"': 'key = "p4ss"'}, {}, r"auth\.key: a secret may only be a"),
    ({'scheme = "ssh-key"\nusername = "hub"\nhost_key = "${CL_HOST_KEY}"\nkey = "${CL_KEY}"': 'scheme = "none"'}, {}, r"CL\.auth\.scheme: an SFTP account"),
])
def test_an_address_or_a_key_that_is_none_is_a_fault_that_does_not_show_it(account, changes, settings, fault):
    text = FETCHED
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    with pytest.raises(ManifestFault, match=fault) as caught:
        account.reader(text=text, **settings)
    assert "p4ss" not in str(caught.value)
