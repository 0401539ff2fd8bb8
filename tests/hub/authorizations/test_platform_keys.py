"""A platform's keys: validity, rotation, revocation, and what becomes of letters a revoked key brought."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import structlog
from joserfc.jwk import OKPKey
from sqlalchemy import text

from hub.authorizations.coverage import by_basis, by_letters
from hub.authorizations.key_changes import PlatformKeyRefused, add_key, retire_key, revoke_key
from hub.authorizations.life import letter_state
from hub.authorizations.platform_keys import Flagged
from hub.authorizations.reasons import Flaw, Reason, Refused
from hub.authorizations.signing import sign_registration
from hub.authorizations.store import Registrar
from hub.enrolment import enrol_platform
from hub.oauth.presenting import household_facts
from policies.verdict import BasisKind
from tests.hub.authorizations.authorities import SigningService, named
from tests.hub.authorizations.family import (
    CONDITIONS,
    HUB,
    KID,
    ORGANISATIONS,
    PLATFORM,
    PLATFORM_KEY,
    REFERENCE,
    TOWN,
    adults,
    family,
    letter,
    letters,
    platform_jwks,
    registration,
    revocation,
    signs,
)
from tests.hub.authorizations.test_checks import no_token, refusal
from tests.hub.authorizations.world import open_world
from tests.waiting import until

NEXT = OKPKey.generate_key("Ed25519")


def public(key: OKPKey = NEXT, kid: str = "platform-2") -> dict:
    return {**key.as_dict(private=False), "kid": kid}


def under(key: OKPKey, kid: str, world, *, made=None, now=None) -> str:
    """The family's registration, signed by another of the platform's keys."""
    now = now or world.clock()
    case = {
        "reference": REFERENCE, "assistanceType": "DIBAO", "stage": "SURVEY", "region": TOWN, "organisations": list(ORGANISATIONS),
        "openedAt": now.isoformat(),
    }
    household = {"area": "RURAL", "hukouRegion": TOWN, "residenceRegion": TOWN, "people": family()}
    return sign_registration(
        key, kid=kid, platform=PLATFORM, audience=HUB, jti=world.jti(), now=now, case=case, household=household,
        letters=letters(world.clock(), series=int(world.jti()[4:]) + 2) if made is None else made,
    )


async def unsigned(world, token: str) -> str:
    """Why it was refused, for the log; outward all are one."""
    with pytest.raises(Refused) as caught:
        await world.desk.registrar.accept(token, world.clock())
    assert caught.value.flaw is Flaw.MESSAGE_UNSIGNED
    assert caught.value.message == "the message is no signed message of a platform the hub knows"
    return caught.value.detail


async def outbox(world) -> list[tuple]:
    async with world.engine.connect() as connection:
        rows = await connection.execute(text("SELECT kind, body FROM outbox WHERE kind LIKE 'PLATFORM_KEY%' ORDER BY id"))
        return [tuple(row) for row in rows]


async def revoked(world, kid: str = KID) -> Flagged:
    return await revoke_key(world.engine, platform=PLATFORM, kid=kid, reason="stolen", at=world.clock())


async def test_two_keys_overlap_while_one_follows_the_other(world, clock):
    start = clock() + timedelta(days=1)
    assert await add_key(world.engine, platform=PLATFORM, jwk=public(), at=clock(), valid_from=start) == "platform-2"
    assert "COMING" in await unsigned(world, under(NEXT, "platform-2", world))
    clock.advance(86_400)
    await world.register()
    assert (await world.desk.registrar.accept(under(NEXT, "platform-2", world), clock())).changed
    await retire_key(world.engine, platform=PLATFORM, kid=KID, until=clock() + timedelta(hours=1), at=clock())
    assert (await world.register(series=2)).changed
    clock.advance(3_600)
    assert "RETIRED" in await unsigned(world, registration(clock(), jti=world.jti(), letters=letters(clock())))
    accepted = await world.desk.registrar.accept(under(NEXT, "platform-2", world), clock())
    assert await world.token(world.details(accepted))
    assert [kind for kind, _ in await outbox(world)] == ["PLATFORM_KEY_ADDED", "PLATFORM_KEY_RETIRED"]


async def test_what_a_retired_key_brought_stays_good(world, clock):
    accepted = await world.register()
    await retire_key(world.engine, platform=PLATFORM, kid=KID, until=clock(), at=clock())
    assert await world.token(world.details(accepted))


async def test_a_key_counts_by_the_messages_own_time_so_a_late_withdrawal_still_takes_effect(world, clock):
    accepted = await world.register()
    late = revocation(clock(), jti=world.jti(), letter="H-1")
    clock.advance(60)
    await retire_key(world.engine, platform=PLATFORM, kid=KID, until=clock(), at=clock())
    clock.advance(3_600)
    taken = await world.desk.revocations.accept(late, clock())
    assert taken.letters == (accepted.letters["H-1"][0],)
    with pytest.raises(Refused) as caught:
        await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="G-1"), clock())
    assert caught.value.flaw is Flaw.MESSAGE_UNSIGNED


async def test_a_revoked_key_signs_nothing_of_whatever_time(world, clock):
    before = under(PLATFORM_KEY, KID, world)
    await add_key(world.engine, platform=PLATFORM, jwk=public(), at=clock(), valid_from=clock())
    await revoked(world)
    assert "REVOKED" in await unsigned(world, before)
    assert "REVOKED" in await unsigned(world, registration(clock(), jti=world.jti(), letters=letters(clock())))
    with structlog.testing.capture_logs() as logged:
        answer = await world.http.post("/registrations", content=before, headers={"content-type": "application/jose"})
    assert answer.status_code == 401
    assert "REVOKED" not in answer.text
    assert "REVOKED" in logged[0]["detail"]


async def test_letters_a_revoked_key_brought_stop_at_once_in_every_worker(world, clock, database_url, engine, pool, keys, random, tmp_path):
    accepted = await world.register()
    token = await world.token(world.details(accepted))
    async with open_world(database_url, engine, pool, keys, random, clock, tmp_path=tmp_path) as other:
        standing, elsewhere = await world.identify(token), await other.identify(token)
        people = [person for person, one in elsewhere.coverage.items() if one.covered]
        assert await revoked(world) == Flagged(cases=1, letters=3)
        for worker, stood in ((world, standing), (other, elsewhere)):
            under_way = dict.fromkeys(people, Reason.AUTH_UNDER_REVIEW.value)
            await until(lambda worker=worker, stood=stood, under_way=under_way: worker.desk.recheck(stood, people) == under_way)
            assert await refusal(worker, token) == "AUTH_UNDER_REVIEW"
        assert await no_token(other, other.details(accepted)) == "AUTH_UNDER_REVIEW"
    [(kind, body)] = await outbox(world)
    assert (kind, body) == ("PLATFORM_KEY_REVOKED", {"ref": f"{PLATFORM} {KID}", "reason": "stolen", "cases": 1, "letters": 3})


async def test_registering_again_under_a_good_key_confirms_the_letters(world, clock):
    made = letters(clock())
    first = await world.register(letters=made)
    await add_key(world.engine, platform=PLATFORM, jwk=public(), at=clock(), valid_from=clock())
    await revoked(world)
    assert await no_token(world, world.details(first)) == "AUTH_UNDER_REVIEW"
    again = await world.desk.registrar.accept(under(NEXT, "platform-2", world, made=made), clock())
    assert again.letters == first.letters
    assert await world.token(world.details(again))


async def test_what_is_not_brought_again_is_replaced_and_what_was_withdrawn_stays_withdrawn(world, clock):
    made = letters(clock())
    first = await world.register(letters=made)
    await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="G-1"), clock())
    await add_key(world.engine, platform=PLATFORM, jwk=public(), at=clock(), valid_from=clock())
    await revoked(world)
    again = await world.desk.registrar.accept(under(NEXT, "platform-2", world, made=made[:2]), clock())
    assert set(again.letters) == {"H-1"}
    async with world.engine.connect() as connection:
        rows = set(map(tuple, await connection.execute(text("SELECT number, status FROM letter"))))
    assert rows == {("H-1", "ACTIVE"), ("G-1", "REVOKED"), ("O-1", "SUPERSEDED")}
    assert set(first.letters) == {"H-1", "G-1", "O-1"}


async def test_a_certificate_of_ones_own_outlives_the_platforms_key_and_nothing_else_does(world, clock, tmp_path):
    (tmp_path / "trust").mkdir()
    service = SigningService(tmp_path / "trust", clock())
    people = {one["ref"]: one for one in family()}

    def certified(ref: str, **more):
        who = signs(ref, **more)
        mine = service.issuing.certify(named(people[ref]["name"], people[ref]["idNumber"]), who.key.public_key)
        return replace(who, x5c=service.chain(mine))

    made = [
        letter("H-1", [certified("head"), signs("wife")], now=clock()),
        letter("G-1", [certified("head", capacity="LEGAL_REPRESENTATIVE", covers=("girl",))], now=clock()),
    ]
    registrar = Registrar(world.engine, world.vault, random=world.desk.registrar._random, audience=HUB, conditions=CONDITIONS, trust=service.directory)
    accepted = await registrar.accept(under(PLATFORM_KEY, KID, world, made=made), clock())
    token = await world.token(world.details(accepted))
    await world.identify(token)
    await revoked(world)

    async def heard():
        standing = await world.identify(token)
        return standing if standing.matter.under_review else None

    standing = await until(heard)
    found = {one.person.name: standing.coverage[one.person.id] for one in standing.matter.members}
    assert found["测试甲"].covered
    assert [found[name].code for name in ("测试乙", "测试戊", "测试丁")] == ["AUTH_UNDER_REVIEW", "AUTH_UNDER_REVIEW", "SUBJECT_NOT_COVERED"]


async def test_a_case_of_a_revoked_key_waits_on_statute_too_but_danger_and_oneself_do_not(world, clock):
    accepted = await world.register()
    await revoked(world)
    matter = await world.desk.authorization.presenter.matter_anew(accepted.case)
    me = matter.members[0].person.id

    def codes(kind: BasisKind, person: str = "") -> set[str]:
        return {one.code for one in by_basis(matter, kind, person=person, groups=None, at=clock()).values()} - {"SUBJECT_NOT_COVERED"}

    assert codes(BasisKind.STATUTE) == {"AUTH_UNDER_REVIEW"}
    assert codes(BasisKind.EMERGENCY) == {""}
    assert codes(BasisKind.SELF, me) == {""}
    statute = household_facts(purpose="RESULT_RECOGNITION", basis={"kind": "statute", "article": "SAL §42"}, case=accepted.case)
    standing = await world.identify(await world.token(statute, "jy"))
    assert {one.code for one in standing.coverage.values()} == {"AUTH_UNDER_REVIEW", "SUBJECT_NOT_COVERED"}


async def test_being_under_review_never_widens_what_is_covered(world, clock):
    accepted = await world.register()
    await revoked(world)
    matter = await world.desk.authorization.presenter.matter_anew(accepted.case)
    named_ids = [identifier for identifier, _ in accepted.letters.values()]
    asked = {"purpose": "DIBAO_REVIEW", "organisation": "mz-hd-500152", "region": "500152000000", "at": clock()}
    for status in ("ACTIVE", "REVOKED", "SUPERSEDED"):
        flagged = replace(matter, letters=tuple(replace(one, status=status) for one in matter.letters))
        good = replace(flagged, letters=tuple(replace(one, under_review=False) for one in flagged.letters))
        for person, one in by_letters(flagged, named_ids, **asked).items():
            assert not one.covered
            assert one.covered <= by_letters(good, named_ids, **asked)[person].covered
        assert all(letter_state(one, flagged, "DIBAO_REVIEW", clock()) is not None for one in flagged.letters)


async def test_what_came_before_the_hub_kept_the_kid_may_have_come_under_any_key(world, clock):
    accepted = await world.register()
    async with world.engine.begin() as connection:
        await connection.execute(text("UPDATE matter_case SET registered_under = NULL"))
        await connection.execute(text("UPDATE letter SET registered_under = NULL"))
    await add_key(world.engine, platform=PLATFORM, jwk=public(), at=clock(), valid_from=clock())
    assert await revoked(world, "platform-2") == Flagged(cases=1, letters=3)
    assert await no_token(world, world.details(accepted)) == "AUTH_UNDER_REVIEW"


async def test_another_platforms_revoked_key_of_the_same_kid_touches_nothing_here(world, clock):
    accepted = await world.register()
    await enrol_platform(world.engine, platform="other", name="他台", jwks={"keys": [public(kid=KID)]}, at=clock())
    assert await revoke_key(world.engine, platform="other", kid=KID, reason="stolen", at=clock()) == Flagged(0, 0)
    assert await world.token(world.details(accepted))


async def test_a_kid_means_one_key_for_ever_and_revoked_is_for_ever(world, clock):
    with pytest.raises(PlatformKeyRefused, match="another key"):
        await add_key(world.engine, platform=PLATFORM, jwk=public(kid=KID), at=clock(), valid_from=clock())
    same = platform_jwks()["keys"][0]
    with pytest.raises(PlatformKeyRefused, match="has key"):
        await add_key(world.engine, platform=PLATFORM, jwk=same, at=clock(), valid_from=clock())
    with pytest.raises(PlatformKeyRefused, match="after it begins"):
        await add_key(world.engine, platform=PLATFORM, jwk=public(), at=clock(), valid_from=clock(), valid_to=clock())
    await revoked(world)
    for again in (
        lambda: revoked(world), lambda: retire_key(world.engine, platform=PLATFORM, kid=KID, until=clock(), at=clock()),
        lambda: enrol_platform(world.engine, platform=PLATFORM, name="台", jwks=platform_jwks(), at=clock()),
        lambda: add_key(world.engine, platform=PLATFORM, jwk=same, at=clock(), valid_from=clock()),
    ):
        with pytest.raises(PlatformKeyRefused, match="revoked"):
            await again()
    assert [kind for kind, _ in await outbox(world)] == ["PLATFORM_KEY_REVOKED"]


async def test_enrolling_with_another_set_retires_what_it_leaves_out(world, clock):
    await world.register()
    await enrol_platform(world.engine, platform=PLATFORM, name="台", jwks={"keys": [public()]}, at=clock())
    clock.advance(10)
    assert "RETIRED" in await unsigned(world, registration(clock(), jti=world.jti(), letters=letters(clock())))
    assert (await world.desk.registrar.accept(under(NEXT, "platform-2", world), clock())).changed


async def test_a_platform_may_be_left_fewer_algorithms_than_the_installation_and_never_more(world, clock):
    keys = {"engine": world.engine, "platform": PLATFORM, "name": "台", "jwks": platform_jwks(), "at": clock()}
    both, edwards = letters(clock()), [letter("H-1", [signs("wife")], now=clock())]
    await enrol_platform(**keys, algorithms=["Ed25519"])
    with pytest.raises(Refused) as caught:
        await world.register(letters=both)
    assert caught.value.flaw is Flaw.SIGNATURE_ALGORITHM
    await world.register(letters=edwards)
    narrow = Registrar(
        world.engine, world.vault, random=world.desk.registrar._random, audience=HUB, conditions=CONDITIONS, suites=frozenset({"ES256"}),
    )
    with pytest.raises(Refused) as caught:
        await narrow.accept(under(PLATFORM_KEY, KID, world, made=edwards), clock())
    assert caught.value.flaw is Flaw.SIGNATURE_ALGORITHM
    await enrol_platform(**keys)
    await world.register(letters=[letter("H-2", adults(), now=clock())])
