"""Stored letters verified again: what was changed, lost or weakened since is named, letter by letter."""

from __future__ import annotations

import pytest
from joserfc.jwk import OKPKey
from sqlalchemy import text

from hub import suites
from hub.authorizations.verification import Fault, verify_again
from hub.keys import Use
from hub.people.rotation import rotate_vault
from hub.people.vault import signers_context
from hub.signatures import base64url
from hub.suites import SUITES
from tests.hub.authorizations.family import adults, inked, letter, letters, signs
from tests.hub.authorizations.test_sm2 import sm2_key

ALL = frozenset(SUITES)


async def faults(world, *, allowed=ALL, **more) -> dict[str, Fault | None]:
    """By the letter's number."""
    async with world.engine.connect() as connection:
        numbers = {identifier: number for identifier, number in await connection.execute(text("SELECT id, number FROM letter"))}  # noqa: C416
    found = verify_again(world.engine, world.vault, suites=allowed, batch=2, **more)
    return {numbers[one.letter]: one.fault async for one in found}


async def changed(world, statement: str, **values) -> None:
    async with world.engine.begin() as connection:
        await connection.execute(text(statement), values)


async def test_every_letter_holds_whatever_its_status_and_suite_and_after_a_rotation(world, clock, keys, random):
    await world.register()
    await world.register(letters=[letter("S-1", [signs("head", key=sm2_key())], now=clock()), letter("H-2", [inked("wife")], now=clock())])
    everyone = dict.fromkeys(("H-1", "G-1", "O-1", "S-1", "H-2"))
    assert await faults(world) == everyone
    keys.rotate(Use.LETTER, random=random, at=clock())
    assert (await rotate_vault(world.engine, keys, world.vault)).letters == 5
    async with world.engine.connect() as connection:
        assert set((await connection.execute(text("SELECT key_version FROM letter"))).scalars()) == {2}
    assert await faults(world) == everyone


async def test_what_was_changed_in_the_database_is_found(world, clock):
    await world.register(letters=[*letters(clock()), letter("H-9", adults("son"), now=clock(), document={"fact_groups": ["tax"]})])
    await changed(world, "UPDATE signer SET signature = :other WHERE letter_id = (SELECT id FROM letter WHERE number = 'H-1') AND alg = 'ES256'", other=bytes(64))
    await changed(world, "UPDATE letter SET document_hash = :other WHERE number = 'G-1'", other=bytes(32))
    await changed(world, "UPDATE letter SET sealed_signers = NULL WHERE number = 'O-1'")
    assert await faults(world) == {
        "H-1": Fault.SIGNERS_CHANGED, "G-1": Fault.DOCUMENT_CHANGED, "O-1": Fault.SIGNERS_NOT_KEPT, "H-9": None,
    }
    await changed(world, "UPDATE letter SET sealed_signers = (SELECT sealed_signers FROM letter WHERE number = 'H-1') WHERE number = 'H-9'")
    assert (await faults(world))["H-9"] is Fault.CANNOT_OPEN


async def test_a_letter_without_its_signers_is_whole_again_once_its_platform_brings_it_again(world, clock):
    made = letters(clock())
    await world.register(letters=made)
    await changed(world, "UPDATE letter SET sealed_signers = NULL")
    assert set((await faults(world)).values()) == {Fault.SIGNERS_NOT_KEPT}
    await world.register(letters=made)
    assert set((await faults(world)).values()) == {None}


async def test_a_suite_struck_off_the_list_or_not_installed_names_its_letters(world, clock, monkeypatch):
    await world.register(letters=[letter("E-1", [signs("wife")], now=clock()), letter("S-1", [signs("head", key=sm2_key())], now=clock())])
    assert await faults(world, allowed=frozenset({"Ed25519", "ES256"})) == {"E-1": None, "S-1": Fault.ALGORITHM_NOT_LISTED}
    monkeypatch.setattr(suites, "gmssl_pyx", None)
    assert await faults(world) == {"E-1": None, "S-1": Fault.SUITE_MISSING}


async def test_one_case_or_platform_is_looked_at_alone(world):
    accepted = await world.register()
    assert len(await faults(world, case=accepted.case)) == 3
    assert await faults(world, case="case_other") == {}
    assert await faults(world, platform="other") == {}


@pytest.mark.parametrize(("x", "fault"), [(bytes(32), Fault.KEY_REFUSED), (None, Fault.SIGNATURE_BROKEN)], ids=["of small order", "another"])
async def test_a_key_that_no_longer_counts_names_its_letters(world, clock, x, fault):
    """Sealed as a hub of before would have kept it: an entry with another key."""
    accepted = await world.register(letters=[letter("E-1", [signs("wife")], now=clock())])
    [(identifier, _)] = accepted.letters.values()
    async with world.engine.connect() as connection:
        row = (await connection.execute(text("SELECT sealed_signers, key_version FROM letter"))).one()
    context = signers_context(identifier)
    opened = world.vault.open_bytes(context, row.sealed_signers, row.key_version)
    other = base64url(x) if x is not None else OKPKey.generate_key("Ed25519").as_dict(private=False)["x"]
    sealed, _ = world.vault.seal_bytes(context, opened.replace(signs("wife").key.as_dict(private=False)["x"].encode(), other.encode()))
    await changed(world, "UPDATE letter SET sealed_signers = :sealed", sealed=sealed)
    assert await faults(world) == {"E-1": fault}
