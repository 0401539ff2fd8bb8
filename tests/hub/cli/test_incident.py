"""hub incident: opened with what it stops, listed, told, closed; late where nobody was told; who did it proven; each step on its way into the log."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import asyncpg
import pytest

from hub.actor import operator
from hub.clock import clock
from policies.calendar import CHINA
from tests.hub.cli.conftest import Desk, key_pair
from tests.hub.cli.privacy_officers import PASSWORD, enrol_privacy_officers, typed

TEXTS = ("--cause", "密钥被窃", "--harm", "收入情况被知悉", "--measures", "已停用", "--advice", "警惕来电", "--contact", "023-0000-0000")
BY = ("--by", "auditor")
STATED = (*BY, "--unproven")


def _open(*more: str) -> tuple[str, ...]:
    since = (clock() - timedelta(hours=5)).astimezone(CHINA).strftime("%Y-%m-%dT%H:%M")
    return ("incident", "open", "--kind", "LEAK", "--since", since, *TEXTS, *more)


def _older(url: str, hours: int) -> None:
    async def change() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute("UPDATE incident SET opened_at = opened_at - make_interval(hours => $1)", hours)
        await connection.close()

    asyncio.run(change())


def _steps(office: Desk) -> list[tuple[str, dict[str, str]]]:
    return [(kind, json.loads(body)) for kind, body in office.ask("SELECT kind, body FROM outbox WHERE kind LIKE 'INCIDENT%' ORDER BY id")]


def test_an_incident_stops_what_was_compromised_and_is_told_and_closed_by_a_proven_officer(office, tmp_path) -> None:
    office.await_(lambda: enrol_privacy_officers(office.url))

    def run(*arguments: str, code: int = 0, password: str = PASSWORD) -> str:
        return office.run("incident", *arguments, *BY, code=code, input=typed(password))

    said = office.run(*_open("--client", "mz-1", "--stop", *BY), input=typed(PASSWORD))
    made = said.split("incident ")[1].split()[0]
    assert "stopped: client mz-1" in said
    assert PASSWORD not in said
    assert office.ask("SELECT active FROM client") == [(False,)]
    assert "at once" in office.run("incident", "list")
    file = tmp_path / "report.json"
    assert "wrong" in run("report", made, str(file), code=1, password="guessed")
    assert not file.exists()
    assert "0 people" in run("report", made, str(file))
    assert '"已停用接入系统 1 个"' in file.read_text()
    assert "mz-1" not in json.dumps(json.loads(file.read_text())["notice"])
    assert "not told yet" in run("close", made, code=1)
    run("told", made, "--to", "authority")
    assert "0 people see it" in run("told", made, "--to", "people")
    run("told", made, "--to", "mz-hd-500152")
    run("close", made)
    assert "CLOSED" in office.run("incident", "list")
    kinds = ("INCIDENT_OPENED", "INCIDENT_REPORTED", "INCIDENT_TOLD", "INCIDENT_TOLD", "INCIDENT_TOLD", "INCIDENT_CLOSED")
    assert [(kind, body["ref"]) for kind, body in _steps(office)] == [(kind, made) for kind in kinds]
    assert {(body["by"], body["proof"], body["operator"]) for _, body in _steps(office)} == {("auditor", "CONSOLE_PASSWORD", operator())}
    assert office.ask("SELECT opened_by, opened_proof, opened_operator, closed_by FROM incident") == [("auditor", "CONSOLE_PASSWORD", operator(), "auditor")]


def test_a_guessed_password_opens_and_stops_nothing_and_is_counted(office) -> None:
    office.await_(lambda: enrol_privacy_officers(office.url))
    assert "wrong" in office.run(*_open("--client", "mz-1", "--stop", *BY), input=typed("guessed"), code=1)
    assert office.ask("SELECT (SELECT active FROM client), (SELECT count(*) FROM incident), (SELECT failures FROM console_user WHERE name = 'auditor')") == [(True, 0, 1)]


def test_where_no_officer_is_at_hand_the_operator_stops_it_and_the_record_says_so(office) -> None:
    office.run(*_open("--client", "mz-1", "--stop", *STATED))
    assert office.ask("SELECT active FROM client") == [(False,)]
    [(_, body)] = _steps(office)
    assert (body["by"], body["proof"], body["operator"]) == ("auditor", "STATED", operator())
    assert "auditor (as stated)" in office.run("incident", "list")


def test_that_people_are_not_told_takes_two_proven_officers(office) -> None:
    office.await_(lambda: enrol_privacy_officers(office.url))
    made = office.run(*_open("--client", "mz-1", *STATED)).split()[1]
    office.run("incident", "told", made, "--to", "authority", *BY, input=typed(PASSWORD))
    close = ("incident", "close", made, "--people-not-told", "密钥未被使用", *BY)
    assert "two privacy officers" in office.run(*close, input=typed(PASSWORD), code=1)
    assert "wrong" in office.run(*close, "--second", "chief", input=typed(PASSWORD, "guessed"), code=1)
    office.run(*close, "--second", "chief", input=typed(PASSWORD, PASSWORD))
    assert office.ask("SELECT closed_by, closed_second FROM incident") == [("auditor", "chief")]
    assert _steps(office)[-1][1]["second"] == "chief"


def test_a_platform_is_stopped_by_its_keys_and_an_officer_where_they_log_in(office) -> None:
    _, jwks = key_pair("platform-1")
    office.run("platform", "add", "cq-jiuzhutong", "--name", "重庆救助通", "--jwks", office.file("platform.json", jwks))
    said = office.run(*_open("--platform", "cq-jiuzhutong", "--officer", "mz-hd-500152:HD-1", "--stop", *STATED))
    assert "stopped: platform cq-jiuzhutong key platform-1" in said
    assert "officer-issuer disable" in said


def test_who_is_late_to_be_told_is_shown(office) -> None:
    office.run(*_open("--client", "mz-1", "--public-interest", *STATED))
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
    assert said in office.run(*_open(*more, *STATED), code=code)
    assert office.ask("SELECT id FROM incident") == []
