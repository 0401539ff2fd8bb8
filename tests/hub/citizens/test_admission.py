"""Who gets a citizen's token, and who does not: every flaw caused, one outward answer where a person would show, the reason in the log."""

from __future__ import annotations

import base64
import itertools
import re
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from connectors.sandbox.people import Member
from hub.citizens.assertion import SUBJECT_TOKEN_TYPE, TYP, CitizenFlaw
from hub.citizens.declarations import said as counted
from hub.citizens.remedies import remedies
from hub.oauth.presenting import signed
from policies.citizens import citizen_rules
from tests.hub.citizens.mourned import Mourned, of
from tests.hub.living import PLATFORM

pytestmark = pytest.mark.asyncio(loop_scope="session")

UNIFORM = "the assertion is refused"
_numbers = itertools.count()


def _aged(living, first: int, last: int):
    """A family with a member of that age who has a guardian, and both."""
    today = living.clock().date()
    population = living.platform.population
    for family in (living.family, population.edge_family(), *(population.household(index) for index in range(100))):
        for member in family.members:
            if member.guardians and first <= member.person.age(today) <= last:
                guardian = next(one.person for one in family.members if one.person.index == member.guardians[0])
                return family, member.person, guardian
    raise AssertionError("no such family in the population")


async def _refused(counter, assertion: str, **form: str) -> tuple[str, str]:
    """What is said outward, and the code of the newest entry of a refusal."""
    status, body = await counter.exchange(assertion, **form)
    assert status == 400, body
    # Whatever it was, the same is said of where to turn: the remedies tell no two refusals apart.
    assert body["household_remedies"] == list(remedies(citizen_rules("500152")))
    return body["error_description"], (await counter.living.refusals())[0]


async def _caused(living, counter, flaw: CitizenFlaw, monkeypatch) -> str:
    """An assertion with this flaw."""
    head = living.family.head.id_number
    now = living.clock()
    match flaw:
        case CitizenFlaw.ASSERTION_UNSIGNED:
            return await counter.vouch(head, key=OKPKey.generate_key("Ed25519"))
        case CitizenFlaw.ASSERTION_MALFORMED:
            return await counter.vouch(head, method="GUESS")
        case CitizenFlaw.ASSERTION_REPLAYED:
            assertion = await counter.vouch(head)
            assert (await counter.exchange(assertion))[0] == 200
            return assertion
        case CitizenFlaw.ASSERTION_OF_ANOTHER_CLIENT:
            return await counter.vouch(head, client="500152-hd")
        case CitizenFlaw.ASSURANCE_TOO_LOW:
            return await counter.vouch(head, assurance="LOW")
        case CitizenFlaw.COMPARED_TOO_LONG_AGO:
            return await counter.vouch(head, compared_at=now - timedelta(minutes=31))
        case CitizenFlaw.CITIZENS_RULES_MISSING:
            monkeypatch.setattr(living.hub.desk.authorization.subject_tokens[SUBJECT_TOKEN_TYPE], "_rules", None)
            return await counter.vouch(head)
        case CitizenFlaw.PERSON_UNREADABLE:
            return await counter.vouch(head, sealing=OKPKey.generate_key("X25519"))
        case CitizenFlaw.PERSON_UNKNOWN:
            return await counter.vouch(living.platform.population.household(90).head.id_number)
        case CitizenFlaw.PLATFORM_RATE:
            tokens = living.hub.desk.authorization.subject_tokens[SUBJECT_TOKEN_TYPE]
            narrow = replace(tokens._rules, vouching=replace(tokens._rules.vouching, people=((60, 1),)))
            monkeypatch.setattr(tokens, "_rules", narrow)
            return await counter.vouch(head, ward=living.family.members[1].person.id_number)
        case CitizenFlaw.PLATFORM_WITHOUT_CASE:
            return await counter.vouch(await counter.known_without_case(93))
        case CitizenFlaw.CHILD_ASKS_ALONE:
            family, child, _ = _aged(living, 0, 13)
            await living.register(family)
            return await counter.vouch(child.id_number)
        case CitizenFlaw.GUARDIAN_NOT_DECLARED:
            family, child, _ = _aged(living, 0, 13)
            await living.register(family)
            return await counter.vouch(living.family.obligors[0].person.id_number, ward=child.id_number)
        case CitizenFlaw.WARD_ASKS_THEMSELF:
            family, ward, guardian = _aged(living, 14, 17)
            await living.register(family)
            return await counter.vouch(guardian.id_number, ward=ward.id_number)
        case CitizenFlaw.RELATIVE_NOT_ABLE:
            mourned = await Mourned.register(living, 0)
            return await counter.vouch(mourned.dead.id_number, **mourned.of())
        case CitizenFlaw.DEATH_NOT_KNOWN:
            return await counter.vouch(head, **of(living.family.members[1].person))
        case CitizenFlaw.DEATH_CONTESTED:
            mourned = await Mourned.register(living, 1)
            await living.register(mourned.family)
            return await counter.vouch(head, **mourned.of())
        case CitizenFlaw.ARRANGED_OTHERWISE:
            mourned = await Mourned.register(living, 2, arranged=True)
            return await counter.vouch(head, **mourned.of())


OPEN = {
    CitizenFlaw.ASSERTION_MALFORMED, CitizenFlaw.ASSERTION_OF_ANOTHER_CLIENT, CitizenFlaw.ASSURANCE_TOO_LOW,
    CitizenFlaw.COMPARED_TOO_LONG_AGO, CitizenFlaw.CITIZENS_RULES_MISSING,
}


@pytest.mark.parametrize("flaw", list(CitizenFlaw))
async def test_every_flaw_is_refused_with_its_code_in_the_log_and_no_word_of_the_person_outward(living, counter, flaw, monkeypatch):
    await living.register()
    said, logged = await _refused(counter, await _caused(living, counter, flaw, monkeypatch))
    assert logged == flaw.value
    assert said.startswith(f"{flaw.value}: ") if flaw in OPEN else said == UNIFORM
    assert not re.search(r"\d{15}", said)


async def test_the_document_has_a_row_for_each_flaw() -> None:
    text = (Path(__file__).parents[3] / "docs" / "citizens.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE)) == {flaw.value for flaw in CitizenFlaw}


async def test_an_encrypted_part_cut_out_of_another_assertion_does_not_fit(living, counter):
    await living.register()
    theirs = await counter.vouch(living.family.head.id_number)
    payload = theirs.split(".")[1]
    part = re.search(rb'"person":"([^"]+)"', base64.urlsafe_b64decode(payload + "==")).group(1)
    own = await counter.vouch(living.family.head.id_number)
    assert part.decode() not in own
    # The platform signs another assertion around the same part: issuer fits, the `jti` inside does not.
    now = int(living.clock().timestamp())
    claims = {
        "iss": PLATFORM, "aud": living.url, "jti": f"cut-{next(_numbers):08d}", "iat": now, "exp": now + 60, "client_id": "500152-app",
        "capacity": "SELF", "compared": {"at": now, "method": "CTID", "assurance": "HIGH"}, "person": part.decode(),
    }
    cut = signed(living.platform.key, {"typ": TYP, "kid": living.platform.kid}, claims)
    assert await _refused(counter, cut) == (UNIFORM, "PERSON_UNREADABLE")


async def test_the_token_is_bound_short_and_names_nobody_in_clear(living, counter):
    await living.register()
    number = living.family.head.id_number
    status, body = await counter.exchange(await counter.vouch(number), proof=False)
    assert (status, body["error"]) == (400, "invalid_dpop_proof")
    assertion = await counter.vouch(number)
    status, body = await counter.exchange(assertion)
    assert (status, body["expires_in"], body["issued_token_type"]) == (200, 600, "urn:ietf:params:oauth:token-type:access_token")
    (detail,) = body["authorization_details"]
    assert (detail["purpose"], detail["basis"]["kind"], "case" in detail) == ("SUBJECT_ACCESS", "self", False)
    for text in (assertion, body["access_token"]):
        for part in text.split(".")[:2]:
            assert number not in base64.urlsafe_b64decode(part + "===").decode("utf-8", "replace")
    assert (await living.post(body["access_token"], {"query": "{ me { id } }"})).status == 401  # without its key
    await counter.me(body["access_token"], "{ me { id } }")
    entries = await living.entries(purpose="SUBJECT_ACCESS", limit=50)
    assert entries
    assert not any(number.encode() in entry.body for entry in entries)


async def test_how_identity_was_compared_stands_in_the_log(living, counter):
    await living.register()
    await counter.me(await counter.token(living.family.head.id_number, assurance="HIGH", method="FACE"), "{ me { id } }")
    entry = next(one for one in await living.entries(purpose="SUBJECT_ACCESS", kind="INTENT", limit=1))
    proof = entry.parts()[1]["officer_proof"]
    assert proof.startswith(f"PROVEN by {PLATFORM}, auth_time ")
    assert proof.endswith("acr HIGH, amr FACE")


async def test_a_request_for_a_token_cannot_name_a_person_without_a_case(living, counter):
    await living.register()
    token = await counter.token(living.family.head.id_number)
    handle = (await counter.me(token, "{ me { id } }"))["id"]
    with pytest.raises(ValueError, match=r"breaks|case"):
        await living.line.token(living.offices["hd"], purpose="SUBJECT_ACCESS", basis={"kind": "self", "person": handle})
    status, body = await counter.exchange(await counter.vouch(living.family.head.id_number), authorization_details="[]")
    assert (status, body["error"]) == (400, "invalid_request")


async def test_a_guardian_asks_for_a_child_and_both_stand_in_the_log(living, counter):
    family, child, guardian = _aged(living, 0, 13)
    await living.register(family)
    token = await counter.token(guardian.id_number, ward=child.id_number)
    sent = await counter.sent(token, "{ me { id accesses(first: 1) { edges { node { id several } } } } }")
    entry = await living.hub.log.store.entry(sent.body["extensions"]["question"])
    assert entry.parts()[1]["subjects"] == [await living.hub.desk.log_subject(one.id_number) for one in (child, guardian)]


@asynccontextmanager
async def _claimed(living, ward, capacity: str):
    """A live case of a household that declares somebody else's child, or wife, as its own head's ward; that head."""
    family = living.platform.population.household(77)
    head = replace(family.members[0], capacity="FULL", guardians=())
    claim = replace(family, members=(head, Member(ward, "97", "MEMBER", capacity, (head.person.index,))), obligors=())
    matter = await living.register(claim, purposes=())
    try:
        yield head.person
    finally:
        await living.hub.records.execute("DELETE FROM member WHERE household_id IN (SELECT id FROM household WHERE case_id = $1)", matter.id)


async def test_a_case_registered_beside_makes_nobody_guardian_of_the_wards_other_cases(living, counter):
    family, child, _ = _aged(living, 0, 13)
    await living.register(family)
    async with _claimed(living, child, "LIMITED") as stranger:
        assert await _refused(counter, await counter.vouch(stranger.id_number, ward=child.id_number)) == (UNIFORM, "GUARDIAN_NOT_DECLARED")


async def test_nobody_of_age_becomes_a_ward_by_a_strangers_declaration(living, counter):
    await living.register()
    victim = next(one.person for one in living.family.members[1:] if one.person.age(living.clock().date()) >= 18)
    async with _claimed(living, victim, "NONE") as stranger:
        assert await _refused(counter, await counter.vouch(stranger.id_number, ward=victim.id_number)) == (UNIFORM, "GUARDIAN_NOT_DECLARED")


async def test_of_a_platform_without_a_live_case_the_last_word_stands(clock):
    old, new, other = ({"platform": name, "closed_at": closed} for name, closed in (("a", clock()), ("a", clock()), ("b", None)))
    assert counted([old, other, new], clock()) == ([other], [new])


async def test_from_fourteen_one_asks_for_oneself(living, counter):
    family, ward, _ = _aged(living, 14, 17)
    await living.register(family)
    assert (await counter.me(await counter.token(ward.id_number), "{ me { id } }"))["id"].startswith("per_")


async def test_a_platform_that_is_no_longer_enrolled_vouches_for_nobody_not_even_by_a_token_given_before(living, counter):
    await living.register()
    number = living.family.head.id_number
    token = await counter.token(number)
    assertion = await counter.vouch(number)
    records = living.hub.records
    for change, back in (
        ("UPDATE platform SET active = false WHERE id = $1", "UPDATE platform SET active = true WHERE id = $1"),
        ("UPDATE platform_key SET revoked_at = now() WHERE platform = $1", "UPDATE platform_key SET revoked_at = NULL WHERE platform = $1"),
    ):
        await records.execute(change, PLATFORM)
        try:
            assert (await counter.sent(token, "{ me { id } }")).status == 401
            assert await _refused(counter, assertion) == (UNIFORM, "ASSERTION_UNSIGNED")
        finally:
            await records.execute(back, PLATFORM)
    assert (await counter.sent(token, "{ me { id } }")).status == 200
