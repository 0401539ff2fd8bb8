"""`hub platform key` and `hub letters`: keys added, retired and revoked by the operator; stored letters verified again."""

from __future__ import annotations

from datetime import datetime

import pytest
from gmssl_pyx import sm2_key_generate

from hub.actor import operator
from hub.authorizations.signing import Sm2Key
from hub.authorizations.store import Registrar
from hub.people.vault import Vault
from hub.postgres.connection import engine
from policies.calendar import CHINA
from tests.hub.authorizations.family import CONDITIONS, HUB, PLATFORM, letters, platform_jwks, registration
from tests.hub.cli.conftest import key_pair


@pytest.fixture
def platform(desk):
    desk.run("platform", "add", "p", "--name", "台", "--jwks", desk.file("k1.json", key_pair("k1")[1]))
    return desk


def test_a_key_is_added_retired_and_revoked_and_shown(platform) -> None:
    second = platform.file("k2.json", key_pair("k2")[1])
    assert "from 2050-01-01T00:00:00+08:00" in platform.run("platform", "key", "add", "p", "--jwks", second, "--from", "2050-01-01")
    assert "has key 'k2'" in platform.run("platform", "key", "add", "p", "--jwks", second, code=1)
    assert [line.split()[:2] for line in platform.run("platform", "show", "p").splitlines()[2:]] == [["k1", "ACTIVE"], ["k2", "COMING"]]
    assert platform.run("platform", "list").split()[-2:] == ["k1", "台"]
    assert "signs nothing from" in platform.run("platform", "key", "retire", "p", "k1")
    said = platform.run("platform", "key", "revoke", "p", "k2", "--reason", "lost laptop")
    assert "under review: 0 case(s), 0 letter(s)" in said
    shown = platform.run("platform", "show", "p")
    assert [line.split()[:2] for line in shown.splitlines()[2:]] == [["k1", "RETIRED"], ["k2", "REVOKED"]]
    assert platform.outbox()[1:] == [("PLATFORM_KEY_ADDED", "p k2"), ("PLATFORM_KEY_RETIRED", "p k1"), ("PLATFORM_KEY_REVOKED", "p k2")]
    assert {shell for *_, shell in platform.said_by()} == {operator()}
    assert platform.ask("SELECT kind, ref FROM revocation") == [("PLATFORM", "p")]


def test_a_platform_may_have_a_key_of_sm2_and_a_client_not(platform) -> None:
    key = Sm2Key(*sm2_key_generate())
    file = platform.file("sm2.json", {"keys": [{**key.as_dict(private=False), "kid": "sm2"}]})
    assert "may sign with 'sm2'" in platform.run("platform", "key", "add", "p", "--jwks", file)
    assert platform.ask("SELECT jwk ->> 'crv', jwk ->> 'x' FROM platform_key WHERE kid = 'sm2'") == [("SM2", key.as_dict(private=False)["x"])]
    assert "has key 'sm2'" in platform.run("platform", "key", "add", "p", "--jwks", file, code=1)
    other = platform.file("other.json", {"keys": [{**Sm2Key(*sm2_key_generate()).as_dict(private=False), "kid": "sm2"}]})
    assert "another key of this platform" in platform.run("platform", "key", "add", "p", "--jwks", other, code=1)
    off = platform.file("off.json", {"keys": [{**key.as_dict(private=False), "y": key.as_dict(private=False)["x"]}]})
    assert "SM2 key cannot be read" in platform.run("platform", "key", "add", "p", "--jwks", off, code=2)
    refused = platform.run("client", "add", "c", "--organisation", "o", "--name", "n", "--purpose", "DIBAO_REVIEW", "--jwks", file, code=2)
    assert "neither Ed25519 nor P-256" in refused


def test_what_is_not_there_is_refused(platform) -> None:
    assert "no key 'k9'" in platform.run("platform", "key", "retire", "p", "k9", code=1)
    assert "no key 'k9'" in platform.run("platform", "key", "revoke", "p", "k9", "--reason", "x", code=1)
    assert "no platform q" in platform.run("platform", "show", "q", code=1)
    assert "not enrolled" in platform.run("platform", "key", "add", "q", "--jwks", platform.file("k3.json", key_pair("k3")[1]), code=1)


def test_algorithms_of_a_platform_are_shown(platform) -> None:
    assert "signed with: Ed25519,ES256,SM2-SM3" in platform.run("platform", "show", "p")
    again = ("platform", "add", "p", "--name", "台", "--jwks", platform.file("k1.json", key_pair("k4")[1]))
    platform.run(*again, "--algorithm", "SM2-SM3")
    assert "signed with: SM2-SM3" in platform.run("platform", "show", "p")
    assert "Invalid value for '--algorithm'" in platform.run(*again, "--algorithm", "RS256", code=2)


def test_stored_letters_are_verified_again_and_a_fault_is_exit_status_1(platform, random) -> None:
    assert "no letter" in platform.run("letters", "verify")
    platform.run("platform", "add", PLATFORM, "--name", "台", "--jwks", platform.file("own.json", platform_jwks()))

    async def register() -> None:
        database = engine(platform.url)
        registrar = Registrar(database, Vault(platform.keys, random), random=random, audience=HUB, conditions=CONDITIONS)
        now = datetime.now(CHINA)
        await registrar.accept(registration(now, jti="registration-1", letters=letters(now)), now)
        await database.dispose()

    platform.await_(register)
    said = platform.run("letters", "verify")
    assert "every letter holds" in said
    assert "1 letter(s) signed with ES256,Ed25519" in said
    said = platform.run("letters", "verify", "--algorithm", "Ed25519", code=1)
    assert said.count("ALGORITHM_NOT_LISTED") == 2
