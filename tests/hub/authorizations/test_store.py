"""Registrations stored: one transaction, idempotent, and no way back for a letter that was revoked."""

from __future__ import annotations

import asyncio

import orjson
import pytest
from joserfc.jwk import OKPKey

from hub.authorizations.matters import Matters
from hub.authorizations.reading import Reading
from hub.authorizations.reasons import Flaw, Refused
from hub.enrolment import enrol_platform
from hub.keys import Use
from hub.people.rotation import Rotated, rotate_vault
from hub.people.sealing import CannotOpen
from hub.people.store import People
from hub.people.vault import letter_context
from hub.signatures import sha256, unbase64url
from tests.hub.authorizations.family import (
    CONDITIONS,
    HUB,
    KID,
    PURPOSES,
    adults,
    family,
    letter,
    letters,
    registration,
    revocation,
    signs,
)

OTHER_KEY = OKPKey.generate_key("Ed25519")


async def stored(world, case):
    return await Matters(Reading(world.pool), People(world.vault, None), CONDITIONS).load(case)


async def test_what_was_declared_is_what_decisions_see(world):
    accepted = await world.register()
    found = await stored(world, accepted.case)
    assert [(one.person.name, one.role, one.capacity) for one in found.members][4:] == [
        ("测试戊", "MEMBER", "BY_AGE"), ("测试己", "OBLIGOR", "FULL"), ("测试庚", "EXCLUDED", "FULL"),
    ]  # fmt: skip
    by_name = {one.person.name: one for one in found.members}
    assert by_name["测试戊"].guardians == (by_name["测试甲"].person.id, by_name["测试乙"].person.id)
    assert {one.number: (one.id, one.hash) for one in found.letters} == accepted.letters
    assert found.letters[0].purposes == frozenset(PURPOSES)
    assert len({one.person.log_subject for one in found.members}) == 7


async def test_identities_and_letters_are_sealed(world):
    accepted = await world.register()
    rows = await world.pool.fetch("SELECT sealed FROM person")
    assert not any(one["idNumber"].encode() in row["sealed"] for row in rows for one in family())
    letter_id, digest = accepted.letters["H-1"]
    row = await world.pool.fetchrow("SELECT * FROM letter WHERE id = $1", letter_id)
    assert "测试".encode() not in row["sealed_document"]
    document = world.vault.open_bytes(letter_context(letter_id), row["sealed_document"], row["key_version"])
    assert sha256(document).hex() == digest == row["document_hash"].hex()


async def test_the_change_and_its_outbox_row_name_nobody(world):
    accepted = await world.register()
    rows = await world.pool.fetch("SELECT kind, body FROM outbox WHERE kind LIKE 'CASE%'")
    assert [row["kind"] for row in rows] == ["CASE_REGISTERED"]
    assert orjson.loads(rows[0]["body"])["case"] == accepted.case
    assert not any(one["idNumber"] in rows[0]["body"] or one["name"] in rows[0]["body"] for one in family())


async def test_the_same_message_again_changes_nothing_however_late(world, clock):
    token = registration(clock(), jti="registration-1", letters=letters(clock()))
    first = await world.desk.registrar.accept(token, clock())
    clock.advance(86_400)
    again = await world.desk.registrar.accept(token, clock())
    assert (again.case, again.letters, again.changed) == (first.case, first.letters, False)
    assert await world.pool.fetchval("SELECT count(*) FROM outbox WHERE kind LIKE 'CASE%'") == 1


async def test_another_message_under_a_used_jti_is_a_replay(world, clock):
    await world.desk.registrar.accept(registration(clock(), jti="registration-1", letters=[]), clock())
    other = registration(clock(), jti="registration-1", letters=letters(clock()))
    with pytest.raises(Refused) as caught:
        await world.desk.registrar.accept(other, clock())
    assert (caught.value.flaw, caught.value.status) == (Flaw.MESSAGE_REPLAYED, 409)


async def test_an_earlier_registration_cannot_come_back(world, clock):
    old = registration(clock(), jti="registration-1", letters=letters(clock()))
    await world.desk.registrar.accept(old, clock())
    await world.register(without=["son"], series=2)
    with pytest.raises(Refused) as caught:
        await world.desk.registrar.accept(old, clock())
    assert caught.value.flaw is Flaw.MESSAGE_REPLAYED


async def test_registering_anew_replaces_household_and_supersedes_letters(world, clock):
    first = await world.register()
    before = await stored(world, first.case)
    clock.advance(60)
    people = [one for one in family() if one["ref"] != "cousin"]
    second = await world.register(people=people, letters=[letter("H-2", adults(), now=clock())])
    after = await stored(world, first.case)
    assert (second.case, after.household) == (first.case, before.household)
    assert len(after.members) == 6
    assert {one.number: one.status for one in after.letters} == {
        "H-1": "SUPERSEDED", "G-1": "SUPERSEDED", "O-1": "SUPERSEDED", "H-2": "ACTIVE",
    }  # fmt: skip
    assert after.version != before.version
    assert {one.person.id for one in after.members} < {one.person.id for one in before.members}


async def test_a_platform_renames_nobody_another_platform_registered(world, clock):
    mine = await world.register()
    before = await stored(world, mine.case)
    await other_platform(world)
    theirs = [{**one, "name": f"别{one['name']}"} | ({} if one["ref"] in ("head", "wife") else {"birthDate": None}) for one in family()]
    told = registration(clock(), jti=world.jti(), letters=[], people=theirs, key=OTHER_KEY, platform="other-platform")
    other = await world.desk.registrar.accept(told, clock())
    assert other.case != mine.case
    assert await stored(world, mine.case) == before, "names, ages, pseudonyms and version of the first case stand as they were declared"
    found = await stored(world, other.case)
    assert [one.person.name for one in found.members] == [one["name"] for one in theirs]
    assert {one.person.birth_date for one in found.members[2:]} == {None}
    assert [(one.person.id, one.person.log_subject) for one in found.members] == [
        (one.person.id, one.person.log_subject) for one in before.members
    ], "who they are to the log does not depend on what they are called"


async def test_the_same_platform_changes_a_name_in_its_own_case_by_registering_again(world, clock):
    first = await world.register(letters=[])
    people = [{**one, "name": "测试新"} if one["ref"] == "cousin" else one for one in family()]
    await world.register(letters=[], people=people)
    assert [one.person.name for one in (await stored(world, first.case)).members][-1] == "测试新"


async def test_declared_identities_are_sealed_to_their_household_and_move_to_a_new_key(world, clock, keys, random):
    accepted = await world.register()
    before = await stored(world, accepted.case)
    rows = await world.pool.fetch("SELECT sealed, key_version FROM member")
    assert {row["key_version"] for row in rows} == {1}
    assert not any(one["idNumber"].encode() in row["sealed"] or one["name"].encode() in row["sealed"] for row in rows for one in family())
    await world.pool.execute("UPDATE member SET sealed = (SELECT sealed FROM person WHERE id = person_id) WHERE role = 'EXCLUDED'")
    with pytest.raises(CannotOpen):
        await stored(world, accepted.case)
    await world.register(letters=letters(clock()))
    keys.rotate(Use.VAULT, random=random, at=clock())
    assert await rotate_vault(world.engine, keys, world.vault, batch=3) == Rotated(people=7, members=7, letters=0)
    assert (await stored(world, accepted.case)).members == before.members


async def other_platform(world):
    jwks = {"keys": [{**OTHER_KEY.as_dict(private=False), "kid": KID}]}
    await enrol_platform(world.engine, platform="other-platform", name="他台", jwks=jwks, at=world.clock())


async def test_registering_anew_cannot_bring_a_revoked_letter_back(world, clock):
    made = letters(clock())
    first = await world.register(letters=made)
    await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="H-1"), clock())
    second = await world.register(letters=made, case={"stage": "FIRST_REVIEW"})
    found = await stored(world, second.case)
    assert {one.number: one.status for one in found.letters} == {"H-1": "REVOKED", "G-1": "ACTIVE", "O-1": "ACTIVE"}
    assert second.letters == {number: told for number, told in first.letters.items() if number != "H-1"}


async def test_a_refused_registration_stores_nothing(world, clock):
    with pytest.raises(Refused):
        await world.register(letters=[letter("G-1", [signs("girl")], now=clock())])
    for table in ("person", "matter_case", "letter", "used_assertion"):
        assert await world.pool.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_registrations_of_the_same_people_at_the_same_time_all_succeed(world, clock):
    people = family()
    tokens = [
        registration(
            clock(), jti=f"registration-{n}", letters=[], people=people if n % 2 else people[::-1], case={"reference": f"R-{n}"}
        )
        for n in range(8)
    ]
    await asyncio.gather(*(world.desk.registrar.accept(token, clock()) for token in tokens))
    assert await world.pool.fetchval("SELECT count(*) FROM person") == 7
    assert await world.pool.fetchval("SELECT count(*) FROM matter_case") == 8


async def test_over_http_the_platform_gets_ids_and_hashes_or_a_named_flaw(world, clock):
    jose = {"content-type": "application/jose"}
    token = registration(clock(), jti="registration-1", letters=letters(clock()))
    answer = await world.http.post("/registrations", content=token, headers=jose)
    assert answer.status_code == 201
    told = answer.json()
    document = unbase64url(letters(clock())[0]["document"])
    assert {one["number"] for one in told["letters"]} == {"H-1", "G-1", "O-1"}
    assert next(one["hash"] for one in told["letters"] if one["number"] == "H-1") == sha256(document).hex()
    assert (await world.http.post("/registrations", content=token, headers=jose)).status_code == 200

    bad = registration(clock(), jti="registration-2", letters=[letter("G-1", [signs("girl")], now=clock())])
    answer = await world.http.post("/registrations", content=bad, headers=jose)
    told = answer.json()
    assert (answer.status_code, told["code"], told["detail"]) == (
        422, "CHILD_SIGNED_ALONE", "letter 'G-1': 'girl' needs a guardian's signature, not their own",
    )  # fmt: skip
    assert (await world.http.post("/registrations", content="x", headers=jose)).status_code == 401
    assert (await world.http.post("/registrations", content=token)).status_code == 415
    assert (await world.http.post("/registrations", content="x" * 200_000, headers=jose)).status_code == 413
    assert (await world.http.post("/registrations", content="ÿ.ÿ.\x00".encode("latin-1"), headers=jose)).status_code == 401


async def test_a_platform_that_was_switched_off_is_unknown(world, clock):
    await world.pool.execute("UPDATE platform SET active = false")
    with pytest.raises(Refused) as caught:
        await world.register()
    assert caught.value.flaw is Flaw.MESSAGE_UNSIGNED


async def test_a_registration_for_another_hub_is_refused(world, clock):
    with pytest.raises(Refused) as caught:
        await world.register(audience=HUB + ".evil")
    assert caught.value.flaw is Flaw.MESSAGE_UNSIGNED
