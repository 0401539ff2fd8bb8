"""hub incident: opened with what it stops, listed, told, closed; late where nobody was told; each step on its way into the log."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from hub.clock import clock
from policies.calendar import CHINA
from tests.hub.cli.conftest import key_pair

TEXTS = ("--cause", "密钥被窃", "--harm", "收入情况被知悉", "--measures", "已停用", "--advice", "警惕来电", "--contact", "023-0000-0000", "--by", "PO-0001")


def _open(*more: str) -> tuple[str, ...]:
    since = (clock() - timedelta(hours=5)).astimezone(CHINA).strftime("%Y-%m-%dT%H:%M")
    return ("incident", "open", "--kind", "LEAK", "--since", since, *TEXTS, *more)


def _older(url: str, hours: int) -> None:
    async def change() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute("UPDATE incident SET opened_at = opened_at - make_interval(hours => $1)", hours)
        await connection.close()

    asyncio.run(change())


def test_an_incident_stops_what_was_compromised_and_is_told_and_closed(office, tmp_path) -> None:
    said = office.run(*_open("--client", "mz-1", "--stop"))
    made = said.split()[1]
    assert "stopped: client mz-1" in said
    assert office.ask("SELECT active FROM client") == [(False,)]
    assert "at once" in office.run("incident", "list")
    file = tmp_path / "report.json"
    assert "0 people" in office.run("incident", "report", made, str(file), "--by", "PO-0001")
    assert '"已停用 client mz-1"' in file.read_text()
    assert "not told yet" in office.run("incident", "close", made, "--by", "PO-0001", code=1)
    office.run("incident", "told", made, "--to", "authority", "--by", "PO-0001")
    assert "0 people see it" in office.run("incident", "told", made, "--to", "people", "--by", "PO-0001")
    office.run("incident", "close", made, "--by", "PO-0001")
    assert "CLOSED" in office.run("incident", "list")
    steps = [(kind, ref) for kind, ref in office.outbox() if kind.startswith("INCIDENT")]
    assert steps == [(kind, made) for kind in ("INCIDENT_OPENED", "INCIDENT_REPORTED", "INCIDENT_TOLD", "INCIDENT_TOLD", "INCIDENT_CLOSED")]


def test_a_platform_is_stopped_by_its_keys_and_an_officer_where_they_log_in(office) -> None:
    _, jwks = key_pair("platform-1")
    office.run("platform", "add", "cq-jiuzhutong", "--name", "重庆救助通", "--jwks", office.file("platform.json", jwks))
    said = office.run(*_open("--platform", "cq-jiuzhutong", "--officer", "mz-hd-500152:HD-1", "--stop"))
    assert "stopped: platform cq-jiuzhutong key platform-1" in said
    assert "officer-issuer disable" in said


def test_who_is_late_to_be_told_is_shown(office) -> None:
    office.run(*_open("--client", "mz-1", "--public-interest"))
    _older(office.url, 25)
    listed = office.run("incident", "list")
    assert "LATE since" in listed
    assert "at once" in listed  # the people's hours are not over
    assert "1 of 1 open ones the authority or the people were not told in time" in office.run("doctor", code=1)


@pytest.mark.parametrize(("more", "code", "said"), [
    (("--client", "nobody"), 1, "no client nobody"), ((), 1, "names clients"), (("--officer", "HD-1"), 2, "ORGANISATION:OFFICER"),
    (("--client", "mz-1", "--harm", "号码 509900197001010010 被知悉"), 1, "harm holds what could be an ID number"),
])
def test_what_is_no_incident_is_refused(office, more, code, said) -> None:
    assert said in office.run(*_open(*more), code=code)
    assert office.ask("SELECT id FROM incident") == []
