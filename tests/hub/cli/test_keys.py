"""Keys are made once, listed without secrets, and rotated with everything under them."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from hub.keys import KeyRing, Use
from hub.people.store import People
from hub.people.vault import Identity, Vault
from hub.postgres.connection import engine

PERSON = Identity("509901199003071234", "测试人", "1", date(1990, 3, 7))


def test_keys_are_made_once_and_listed_without_a_secret(environment, desk) -> None:
    assert "not empty" in desk.run("keys", "create", code=1)
    said = desk.run("keys", "list")
    assert all(use.value in said for use in Use)
    for use in Use:
        secret = desk.keys.current(use).secret
        assert base64.b64encode(secret).decode() not in said
        assert secret.hex() not in said
    assert "hub.500152.test/log+" in said


def test_keys_are_made_where_there_are_none(desk, tmp_path) -> None:
    other = tmp_path / "other"
    assert "keys made" in desk.run("keys", "create", env={"HUB_DIRECTORY": str(other)})
    assert (other / "keys").stat().st_mode & 0o077 == 0
    KeyRing.load(other / "keys")


def test_rotating_the_vault_seals_people_anew_and_tells_the_log(desk, random) -> None:
    async def enter():
        database = engine(desk.url)
        async with database.begin() as connection:
            await People(Vault(desk.keys, random), random).upsert(connection, PERSON)
        await database.dispose()

    desk.await_(enter)
    for use in ("vault", "blind"):
        assert "1 people" in desk.run("keys", "rotate", use)
    ((version, index),) = desk.ask("SELECT key_version, blind_index FROM person")
    ring = KeyRing.load(desk.keys.directory)
    assert version == ring.current(Use.VAULT).version == 2
    assert index == Vault(ring, random).blind_index(PERSON.id_number)
    assert desk.outbox() == [("KEY_ROTATED", "vault/2"), ("KEY_ROTATED", "blind/2")]


def test_a_rotation_is_refused_beside_a_running_hub(desk) -> None:
    async def beside():
        session = await asyncpg.connect(desk.url)
        try:
            refused = await asyncio.to_thread(desk.run, "keys", "rotate", "pseudonym", code=1)
            return refused, await asyncio.to_thread(desk.run, "keys", "rotate", "token")
        finally:
            await session.close()

    refused, done = desk.await_(beside)
    assert "stop every hub" in refused
    assert KeyRing.load(desk.keys.directory).current(Use.PSEUDONYM).version == 1
    assert "signs from" in done, "the token key alone is rotated while hubs serve"
    assert desk.outbox() == [("KEY_ROTATED", "token/2")]


def test_a_version_of_the_token_key_is_forgotten_once_its_last_token_ended(desk, random) -> None:
    made = datetime.now(UTC) - timedelta(minutes=30)
    assert "no version has ended" in desk.run("keys", "forget", "token")
    KeyRing.load(desk.keys.directory).rotate(Use.TOKEN, random=random, at=made)
    assert "forgotten: token/1" in desk.run("keys", "forget", "token")
    assert [key.version for key in KeyRing.load(desk.keys.directory).versions(Use.TOKEN)] == [2]
    assert desk.outbox() == [("KEY_FORGOTTEN", "token/1")]
    desk.run("keys", "forget", "vault", code=2)


@pytest.mark.parametrize("use", ["log", "region"])
def test_rotating_a_key_others_know_says_what_to_tell_them(desk, use) -> None:
    said = desk.run("keys", "rotate", use)
    assert ("public keys" if use == "log" else "agreements name the old key") in said


def test_a_key_file_others_can_read_is_refused(desk) -> None:
    (desk.keys.directory / "vault" / "1.json").chmod(0o644)
    assert "read by others" in desk.run("keys", "list", code=1)
