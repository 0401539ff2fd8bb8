"""`hub client token`: a token over HTTP by a private key file, printed once, with nothing secret in what it says when it fails."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli import main
from hub.cli import token as command
from hub.cli.demo.command import asking
from tests.hub.living import PEOPLE
from tests.hub.many_cases import registered, standing

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def offices(living, tmp_path, monkeypatch) -> Path:
    """The private keys of the check office and the privacy officer, as the demonstration leaves them; the hub's time."""
    monkeypatch.setattr(command, "clock", living.clock)
    for name in ("hd", "po"):
        living.offices[name].keep_key(tmp_path)
    return tmp_path


async def ran(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, list(arguments))


def named(living, offices, name: str = "hd", **changed: str) -> list[str]:
    office = living.offices[name]
    given = {"hub": living.url, "key": str(offices / f"{office.client}.json"), "client": office.client, "officer": office.officer}
    return ["client", "token", *(part for key, value in (given | changed).items() for part in (f"--{key}", value))]


async def test_the_line_the_demonstration_prints_takes_a_token_that_asks(living, signed_matter, offices):
    directory = offices.parent / "demo"
    directory.mkdir()
    offices.rename(directory / "offices")
    line = asking(living, directory, signed_matter.id, list(signed_matter.letters))
    assert "-m" in line
    assert line[line.index("-m") + 1] == "hub"
    told = await ran(*line[line.index("hub") + 1 :])
    assert told.exit_code == 0, told.output
    assert "secret" in told.stderr
    token = told.stdout.strip()
    assert token.count(".") == 2
    assert token not in told.stderr
    assert (await living.line.ask(token, PEOPLE, {"id": signed_matter.id})).status == 200


async def test_several_cases_stand_in_one_token_and_one_that_is_refused_is_named(living, offices):
    matters = await registered(living, [living.platform.population.household(60 + at) for at in range(2)], every=100)
    options = [part for one in matters for part in ("--case", one.id, "--letters", json.dumps(one.basis["letters"]))]
    told = await ran(*named(living, offices, purpose="PERIODIC_RECHECK"), *options)
    assert told.exit_code == 0, told.output
    assert (await standing(living, told.stdout.strip())).caller.cases == tuple(one.id for one in matters)
    wrong = await ran(*named(living, offices, purpose="PERIODIC_RECHECK"), *options, "--case", "case_unknown", "--letters", json.dumps(matters[0].basis["letters"]))
    assert wrong.exit_code == 0, wrong.output
    assert "case_unknown, " in wrong.stderr
    assert (await ran(*named(living, offices, purpose="PERIODIC_RECHECK"), *options, "--case", "case_unknown")).exit_code == 2, "letters of which case?"


async def test_the_privacy_officer_takes_a_token_to_read_the_log(living, offices):
    told = await ran(*named(living, offices, "po", purpose="PRIVACY_AUDIT"), "--audit")
    assert told.exit_code == 0, told.output
    reply = await living.line.ask(told.stdout.strip(), "{ accessLog(first: 1) { edges { node { index } } } }")
    assert reply.status == 200


async def test_what_the_hub_refuses_is_said_with_its_code_and_no_token(living, signed_matter, offices):
    told = await ran(*named(living, offices, purpose="DIBAO_REVIEW", case=signed_matter.id), "--statute", "SAL §42")
    assert told.exit_code == 1
    assert "eyJ" not in told.output
    assert "invalid_authorization_details" in told.stderr
    unknown = await ran(*named(living, offices, client="nobody", purpose="DIBAO_REVIEW"), "--audit")
    assert unknown.exit_code == 1
    assert "invalid_client" in unknown.stderr


async def test_a_key_others_can_read_or_that_is_none_is_refused_unquoted(living, offices):
    path = offices / f"{living.offices['hd'].client}.json"
    assert path.stat().st_mode & 0o777 == 0o600
    private = json.loads(path.read_text())
    path.chmod(0o640)
    told = await ran(*named(living, offices, purpose="DIBAO_REVIEW"), "--audit")
    assert told.exit_code == 2
    assert "chmod 600" in told.stderr
    assert private["d"] not in told.output
    path.chmod(0o600)
    for text in ("{", "[]", json.dumps({**private, "kty": "RSA"}), json.dumps({**private, "kid": None}), json.dumps({k: v for k, v in private.items() if k != "d"})):
        path.write_text(text)
        told = await ran(*named(living, offices, purpose="DIBAO_REVIEW"), "--audit")
        assert told.exit_code == 2, text
        assert private["d"] not in told.output


@pytest.mark.parametrize("url", ["http://hub.example.test", "ftp://127.0.0.1", "hub", "http://127.0.0.1.example.test"])
async def test_a_token_is_not_sent_for_in_the_clear(living, offices, url):
    told = await ran(*named(living, offices, hub=url, purpose="DIBAO_REVIEW"), "--audit")
    assert told.exit_code == 2
    assert "https://" in told.stderr


async def test_one_basis_exactly(living, offices):
    for more in ([], ["--audit", "--statute", "SAL §42"], ["--letters", "{"]):
        assert (await ran(*named(living, offices, purpose="DIBAO_REVIEW"), *more)).exit_code == 2


async def test_a_hub_that_is_not_there_is_named(living, offices):
    told = await ran(*named(living, offices, hub="http://127.0.0.1:9", purpose="DIBAO_REVIEW"), "--audit")
    assert told.exit_code == 1
    assert "cannot be reached" in told.stderr
