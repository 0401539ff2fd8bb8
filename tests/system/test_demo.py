"""`hub demo --once` as a process: the story holds, nothing of it lives on, and nothing it wrote names anybody.

The ports people expect are taken while it runs, as by a demonstration that is still open.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from connectors.sandbox.population import Population
from tests.hub.living import secrets_of

ROOT = Path(__file__).parents[2]
PEOPLE = 1_000
USUAL = (8_152, 8_725)
PATIENCE = 240
ID_NUMBER = re.compile(rb"(?<![0-9A-Za-z])5[01]99\d{2}(?:19|20)\d{2}[01]\d[0-3]\d{4}[\dX](?![0-9A-Za-z])")
TOKEN = re.compile(rb"eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}")
"""Every token, assertion and letter of the demonstration is a compact JWS (RFC 7515 §3.1)."""

pytestmark = [pytest.mark.system, pytest.mark.timeout(PATIENCE + 60)]


@dataclass(frozen=True, slots=True)
class Told:
    """A demonstration that has ended."""

    status: int
    text: str
    directory: Path
    processes: tuple[psutil.Process, ...]

    def turn(self, number: int) -> str:
        """What was printed between one turn's title and the next."""
        return re.split(r"\n\d\. |\n地址 ", self.text)[number]


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Iterator[Told]:
    directory = tmp_path_factory.mktemp("demo")
    taken = [_taken(port) for port in USUAL]
    with (directory / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "hub", "demo", "--once", "--people", str(PEOPLE), "--directory", str(directory / "demo")],
            cwd=ROOT, stdout=output, stderr=subprocess.STDOUT,
            env={name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "PYTEST"))},
        )
        seen = _watched(process)
    yield Told(process.returncode, (directory / "output.txt").read_text("utf-8"), directory, tuple(seen))
    for one in taken:
        one.close()


def _taken(port: int) -> socket.socket:
    """The port, held by this test; or by whoever holds it already."""
    holder = socket.socket()
    with suppress(OSError):
        holder.bind(("127.0.0.1", port))
        holder.listen()
    return holder


def _watched(process: subprocess.Popen[bytes]) -> set[psutil.Process]:
    """Every process the demonstration started until it ended."""
    seen: set[psutil.Process] = set()
    until = time.monotonic() + PATIENCE
    while process.poll() is None:
        if time.monotonic() > until:
            process.send_signal(signal.SIGINT)
            process.wait(20)
        with suppress(psutil.NoSuchProcess):
            seen.update(psutil.Process(process.pid).children(recursive=True))
        time.sleep(0.1)
    return seen


def test_it_ends_by_itself_and_well(told: Told) -> None:
    assert told.status == 0, told.text[-4_000:]


def test_taken_ports_are_gone_around(told: Told) -> None:
    printed = {int(port) for port in re.findall(r"http://127\.0\.0\.1:(\d+)/graphql", told.text)}
    assert len(printed) == 2
    assert not printed & set(USUAL)


def test_all_signed_every_department_tells(told: Told) -> None:
    turn = told.turn(1)
    assert "SOURCE_" not in turn
    for group in ("户籍", "车辆", "纳税", "不动产", "社保", "就业", "残疾", "救助", "婚姻", "确认结果"):
        assert re.search(rf"{group} +MATCHED", turn), group
    asked = set(re.findall(r"问 (\w+)", turn)) | set(re.findall(r"读 (\w+)", turn))
    assert asked >= {"GA", "SW", "GZ", "RS", "MZ", "CL"}
    assert "OBLIGOR_SCOPE" in turn
    assert "UNDER_14" in turn


def test_the_banks_answer_later(told: Told) -> None:
    before, _, after = told.turn(1).partition("银行稍后答复")
    assert "存款" not in before
    assert re.search(r"存款 +PENDING", after)
    assert re.search(r"存款 +MATCHED +institution=masked:", after)
    assert "问 JR  bankDeposit" in after


def test_the_unsigned_son_is_not_asked_about_and_the_others_are(told: Told) -> None:
    turn = told.turn(2)
    son = turn.partition("    子 —  未授权 SUBJECT_NOT_COVERED")[2].partition("    问 ")[0]
    assert set(re.findall(r"[A-Z_]{6,}", son)) == {"NOT_AUTHORIZED"}
    assert "MATCHED" in turn
    assert re.search(r"问 GA  vehicle: 4 人", turn)


def test_education_is_told_confirmations_alone(told: Told) -> None:
    turn = told.turn(3)
    assert re.findall(r"问 (\w+)  (\w+)", turn) == [("MZ", "confirmation")]
    assert "FACT_NOT_AUTHORIZED" in turn
    assert re.search(r"确认结果 +MATCHED", turn)
    assert not re.search(r"(车辆|纳税) +MATCHED", turn)


def test_a_withdrawn_letter_stops_questions_within_a_second(told: Told) -> None:
    turn = told.turn(4)
    assert "撤回前 HTTP 200；撤回后 HTTP 403 AUTH_REVOKED" in turn
    elapsed = re.search(r"refused after ([\d.]+) s", turn)
    assert elapsed
    assert float(elapsed[1]) <= 1


def test_a_department_that_is_down_costs_its_own_group_alone(told: Told) -> None:
    turn = told.turn(5)
    assert re.search(r"纳税 +SOURCE_TIMEOUT", turn)
    assert re.search(r"确认结果 +MATCHED", turn)
    assert not re.search(r"(车辆|确认结果) +SOURCE_", turn)


def test_without_its_log_the_hub_asks_nobody(told: Told) -> None:
    turn = told.turn(6)
    assert "HTTP 503 LOG_UNAVAILABLE" in turn
    assert "没有任何部门被询问" in turn
    assert turn.rstrip().endswith("HTTP 200")


def test_the_neighbours_result_is_told_and_stands_in_both_logs(told: Told) -> None:
    turn = told.turn(7)
    assert re.search(r"确认结果 +MATCHED .*category=", turn)
    assert re.search(r"问 MZ  confirmation: 3 人", turn)
    assert re.search(r"载于两地日志：log_\w{26}（渠县 2 条）", turn)


def test_the_officer_sees_it_and_the_offline_verifier_agrees(told: Told) -> None:
    for seen in ("INTENT", "OUTCOME", "REFUSAL", "CHANGE", "AUTH_REVOKED", "RESULT_RECOGNITION", "MZ@511725000000"):
        assert seen in told.turn(8)
    assert told.text.count("回执核验通过") >= 6
    assert "日志完整" in told.turn(9)
    assert "ALTERED" in told.turn(9)


def test_no_process_of_it_lives_on(told: Told) -> None:
    names = [one.name() for one in told.processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    assert names == []
    assert len(told.processes) > 7  # three servers of PostgreSQL with their workers, two regions' departments, two hubs
    here = str(told.directory)
    assert [one.pid for one in psutil.process_iter(["cmdline"]) if here in " ".join(one.info["cmdline"] or [])] == []


def test_what_would_be_found_is_found() -> None:
    number = Population("500152", 10).demo_family().members[0].person.id_number.encode()
    assert ID_NUMBER.search(b'{"idNumber": "' + number + b'"}')
    assert ID_NUMBER.search(b"no." + number)
    assert TOKEN.search(b"Bearer eyJhbGciOiJFZDI1NTE5In0x.eyJpc3MiOiJ4IiwiYSI6MX0x.c2lnbmF0dXJlLXNpZ25hdHVyZQ")


def test_nothing_it_wrote_holds_a_name_an_id_number_or_a_token(told: Told) -> None:
    """Output, logs of every process, security log, checkpoints, exported log, configuration: all but the departments' own data and
    the hubs' databases, whose letters are sealed and whose log is looked at through its export.
    """
    names = [name.encode() for code in ("500152", "511725") for name in secrets_of(Population(code, PEOPLE))]
    written = list(_written(told.directory))
    assert {"output.txt", "hub-500152.log", "hub-511725.log", "checkpoint", "server.log", "log.jsonl"} <= {path.name for path in written}
    for path in written:
        content = path.read_bytes()
        found = [kind for kind, held in (
            ("a name", any(name in content for name in names)), ("an ID number", ID_NUMBER.search(content)),
            ("a token", TOKEN.search(content)),
        ) if held]
        assert not found, f"{path.relative_to(told.directory)} holds {' and '.join(found)}"


def test_the_hubs_databases_hold_no_name_and_no_id_number(told: Told) -> None:
    """People are sealed in the vault: neither its tables nor the write-ahead log show one in plain bytes."""
    numbers = [text.encode() for code in ("500152", "511725") for text in secrets_of(Population(code, PEOPLE)) if len(text) == 18]
    names = [text.encode() for code in ("500152", "511725") for text in secrets_of(Population(code, PEOPLE)) if len(text) > 2]
    assert numbers
    read = 0
    for code in ("500152", "511725"):
        for path in (told.directory / "demo" / f"hub-{code}" / "postgres").rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                read += len(content)
                found = sum(secret in content for secret in (*numbers, *names))
                assert not found, f"{path.relative_to(told.directory)} holds {found} of the family's names and ID numbers"
    assert read > 20_000_000


def _written(directory: Path) -> Iterator[Path]:
    """Files the demonstration wrote, without departments' data and databases; the databases' own logs are among them."""
    for path in directory.rglob("*"):
        inside = set(path.relative_to(directory).parts)
        # A drop fetched over SFTP is the department's own file too, and lies with the hub until the next.
        of_departments = any(part.startswith("departments") or part == "drops" for part in inside) and path.suffix != ".log"
        of_database = "postgres" in inside and path.suffix != ".log"
        if path.is_file() and not of_departments and not of_database:
            yield path
