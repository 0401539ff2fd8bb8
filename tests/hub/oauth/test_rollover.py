"""The token key changes while workers serve: announced before it signs, good until its last token has ended, then gone."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from hub.keys import Key, KeyRing, KeyRingError, Use
from hub.oauth import rollover
from hub.oauth.rollover import ANNOUNCED, CACHED, LIFETIME, MARGIN, TokenKeys, shown, signing
from hub.signatures import header_of
from tests.conftest import CHINA
from tests.hub.authorizations.world import open_world
from tests.hub.slips import Slip
from tests.waiting import until

T0 = datetime(2026, 11, 23, 9, 0, tzinfo=CHINA)


def versions(*minutes: float) -> tuple[Key, ...]:
    """Versions made so many minutes after T0, newest first."""
    return tuple(Key(Use.TOKEN, n + 1, bytes(32), T0 + timedelta(minutes=at)) for n, at in enumerate(minutes))[::-1]


def at(keys: tuple[Key, ...], minutes: float) -> tuple[int, list[int]]:
    now = T0 + timedelta(minutes=minutes)
    return signing(keys, now).version, [key.version for key in shown(keys, now)]


def test_a_version_alone_signs_at_once() -> None:
    assert at(versions(0), 0) == (1, [1])


def test_a_new_version_is_shown_before_it_signs_and_the_old_one_until_its_last_token_ended() -> None:
    keys = versions(0, 60)
    assert at(keys, 60) == (1, [2, 1])
    assert at(keys, 65.9) == (1, [2, 1])
    assert at(keys, 66) == (2, [2, 1])
    assert at(keys, 66 + 10) == (2, [2, 1]), "a token of the old version's last moment may still be good"
    assert at(keys, 66 + 10.9) == (2, [2, 1])
    assert at(keys, 66 + 11) == (2, [2])


def test_whoever_keeps_the_published_keys_knows_each_before_its_first_token() -> None:
    assert ANNOUNCED > CACHED
    keys = versions(0, 1, 2, 60, 60.5)
    for tenths in range(900):
        minutes = tenths / 10
        signs, _ = at(keys, minutes)
        known = [key.version for key in shown(keys[-1:] if minutes < 5 + 1 else keys, T0 + timedelta(minutes=max(0, minutes - 5)))]
        assert signs in known
        # and whatever signed within a token's life, and a minute for clocks, still opens
        past = [at(keys, max(0, minutes - back / 10))[0] for back in range(int((LIFETIME + MARGIN).total_seconds() / 6))]
        assert set(past) <= set(at(keys, minutes)[1])


@pytest.fixture
async def other(world, database_url, engine, pool, keys, random, clock, tmp_path):
    """A second worker over the same directory of keys, with a ring of its own."""
    async with open_world(database_url, engine, pool, KeyRing.load(keys.directory), random, clock, tmp_path=tmp_path) as opened:
        yield opened


async def published(world) -> list[dict]:
    answer = await world.http.get("/oauth/jwks")
    assert answer.headers["cache-control"] == f"public, max-age={CACHED.total_seconds():.0f}"
    return answer.json()["keys"]


def verified(token: str, jwks: list[dict]) -> None:
    jws.deserialize_compact(token, KeySet.import_key_set({"keys": jwks}), algorithms=["Ed25519"])


async def test_two_workers_change_the_key_without_a_token_refused(world, other, keys, random, clock):
    accepted = await world.register()
    details = world.details(accepted)
    old = await world.token(details)
    KeyRing.load(keys.directory).rotate(Use.TOKEN, random=random, at=clock())  # the operator's command, a third process
    for one in (world, other):
        await one.desk.authorization.tokens.keys.look()
        assert [key["kid"] for key in await published(one)] == ["token-2", "token-1"]
    cached = await published(other)
    clock.advance(ANNOUNCED.total_seconds() - 1)
    last = await other.token(details)
    assert header_of(last)["kid"] == "token-1", "not used before everybody can know it"
    clock.advance(1)
    new = await world.token(details)
    assert header_of(new)["kid"] == "token-2"
    verified(new, cached)
    for one in (world, other):
        for token in (old, last, new):
            await one.identify(token)
    clock.advance(LIFETIME.total_seconds() - 2)
    await world.identify(last)
    clock.advance(MARGIN.total_seconds() + 2)
    assert [key["kid"] for key in await published(world)] == ["token-2"]
    assert header_of(await other.token(details))["kid"] == "token-2"


async def test_a_worker_that_cannot_read_the_ring_goes_on_with_what_it_knows(world, keys, clock):
    accepted = await world.register()
    (keys.directory / "token").chmod(0o755)
    try:
        await world.desk.authorization.tokens.keys.look()
        await world.token(world.details(accepted))
    finally:
        (keys.directory / "token").chmod(0o700)


def test_the_version_in_use_is_not_forgotten(keys, random, clock):
    with pytest.raises(KeyRingError, match="in use"):
        keys.forget(Use.TOKEN, 1)
    keys.rotate(Use.TOKEN, random=random, at=clock())
    keys.forget(Use.TOKEN, 1)
    assert [key.version for key in keys.versions(Use.TOKEN)] == [2]
    assert [key.version for key in keys.on_disk(Use.TOKEN)] == [2]
    assert not keys.take_up(Use.TOKEN, ())


async def test_a_look_that_slips_is_followed_by_another(keys, random, clock, monkeypatch):
    ring, read = KeyRing.load(keys.directory), []
    real = ring.on_disk

    def slipping(use: Use) -> tuple[Key, ...]:
        read.append(use)
        if len(read) == 1:
            raise Slip
        return real(use)

    monkeypatch.setattr(ring, "on_disk", slipping)
    monkeypatch.setattr(rollover, "EVERY", 0.01)
    following = TokenKeys(ring)
    keys.rotate(Use.TOKEN, random=random, at=clock())
    following.start()
    await until(lambda: len(following.shown(clock())) >= 2)
    await following.stop()
    assert len(read) >= 2
