"""The checks of domain C4 on real tokens, cases, letters and catalogue rows: every reason code is caused."""

from __future__ import annotations

from uuid import UUID

import orjson
import pytest

from hub.authorizations.check_table import CHECKS
from hub.authorizations.checks import jurisdiction
from hub.authorizations.presented import NotStanding, Presented, Requester
from hub.authorizations.reasons import Reason
from hub.authorizations.recheck import narrowed
from hub.authorizations.standing import Coverage
from hub.authorizations.withdrawal import LISTED
from hub.caller import Basis
from hub.errors import Overloaded
from hub.identity import TokenRefused
from hub.oauth.presenting import household_facts, letter_basis
from hub.people.handles import Handles
from hub.shapes import PUBLISHED
from policies.verdict import BasisKind, Relation
from tests.hub import road
from tests.hub.authorizations.family import COUNTER, adults, family, inked, letter, letters, registration, revocation, signs
from tests.hub.authorizations.world import entry

STATUTE = {"kind": "statute", "article": "SAL §42"}


async def refusal(world, token, **more) -> str:
    with pytest.raises(NotStanding) as caught:
        await world.identify(token, **more)
    assert caught.value.status == 403
    assert caught.value.caller is not None, "an authenticated refusal is an entry in the log"
    return caught.value.code


async def no_token(world, details, client="hd") -> str:
    """The reason the token endpoint gives."""
    answer = await world.ask(details, client)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"] == "invalid_authorization_details"
    return answer.json()["error_description"].partition(":")[0]


async def test_a_signed_family_stands(world):
    accepted = await world.register()
    standing = await world.identify(await world.token(world.details(accepted)))
    caller = standing.caller
    assert (caller.organisation, caller.department, caller.role, caller.officer) == ("mz-hd-500152", "MZ-HD", "CHECK_OPERATOR", "officer-7")
    assert (caller.purpose, caller.case, caller.relation, caller.basis.kind) == ("DIBAO_REVIEW", accepted.case, Relation.LOCAL, BasisKind.LETTER)
    names = {one.person.name: standing.coverage[one.person.id].covered for one in standing.matter.members}
    assert names == {"测试甲": True, "测试乙": True, "测试丙": True, "测试丁": True, "测试戊": True, "测试己": True, "测试庚": False}
    assert standing.catalogue["householdRegister"] == ""
    assert standing.catalogue["tax"] == ""
    assert standing.catalogue["realEstate"] == "CATALOG_DENIED"
    assert "marriage" not in standing.catalogue, "a group without entry is not named, and so denied"


async def test_one_unsigned_adult_is_uncovered_and_the_rest_stand(world):
    accepted = await world.register(without=["son"])
    standing = await world.identify(await world.token(world.details(accepted)))
    found = {one.person.name: standing.coverage[one.person.id] for one in standing.matter.members}
    assert (found["测试丁"].covered, found["测试丁"].code) == (False, "SUBJECT_NOT_COVERED")
    assert sum(one.covered for one in found.values()) == 5


async def test_an_obligor_without_own_letter_is_uncovered(world):
    accepted = await world.register(without=["brother"])
    standing = await world.identify(await world.token(world.details(accepted)))
    assert standing.coverage[world.person(standing, "测试己")].code == "SUBJECT_NOT_COVERED"


async def test_a_girl_of_twelve_is_covered_by_her_fathers_signature_only(world):
    accepted = await world.register(without=["girl"])
    standing = await world.identify(await world.token(world.details(accepted)))
    assert not standing.coverage[world.person(standing, "测试戊")].covered


async def test_letters_a_token_does_not_name_do_not_count(world):
    accepted = await world.register()
    details = world.details(accepted, basis=letter_basis(accepted.letters["O-1"]))
    standing = await world.identify(await world.token(details))
    assert [one.person.name for one in standing.matter.members if standing.coverage[one.person.id].covered] == ["测试己"]


# --- check 3 -------------------------------------------------------------------------------------------------------------


async def test_a_letter_that_is_not_there_gets_no_token(world):
    accepted = await world.register()
    unknown = letter_basis(("auth_0", "0" * 64))
    assert await no_token(world, world.details(accepted, basis=unknown)) == "AUTH_NOT_FOUND"


async def test_a_letter_with_another_hash_gets_no_token(world):
    accepted = await world.register()
    identifier, _ = accepted.letters["H-1"]
    assert await no_token(world, world.details(accepted, basis=letter_basis((identifier, "0" * 64)))) == "AUTH_HASH_MISMATCH"


async def test_a_strangers_case_looks_like_no_case_at_all(world):
    accepted = await world.register()
    theirs, nobodys = world.details(accepted), world.details(accepted, case="case_0")
    first, second = await world.ask(theirs, "stranger"), await world.ask(nobodys, "stranger")
    assert first.json() == second.json()
    assert first.json()["error_description"].startswith("AUTH_NOT_FOUND")


async def test_a_letter_of_one_case_is_not_found_in_another(world, clock):
    accepted = await world.register()
    other = await world.desk.registrar.accept(
        registration(clock(), jti=world.jti(), letters=[], case={"reference": "TN-2026-0002"}), clock()
    )
    assert await no_token(world, world.details(accepted, case=other.case)) == "AUTH_NOT_FOUND"


async def test_a_revoked_letter_stops_tokens_already_out(world, clock):
    accepted = await world.register(letters=[letter("H-1", adults(), now=clock())])
    token = await world.token(world.details(accepted))
    await world.identify(token)
    await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="H-1"), clock())
    await world.heard()
    assert await refusal(world, token) == "AUTH_REVOKED"
    assert await no_token(world, world.details(accepted)) == "AUTH_REVOKED"


async def test_one_of_several_letters_revoked_uncovers_its_signers_alone(world, clock):
    accepted = await world.register()
    token = await world.token(world.details(accepted))
    await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="O-1"), clock())
    await world.heard()
    standing = await world.identify(token)
    uncovered = {one.person.name: standing.coverage[one.person.id].code for one in standing.matter.members}
    assert uncovered["测试己"] == "AUTH_REVOKED"
    assert uncovered["测试甲"] == ""


async def test_a_letter_past_its_date_is_expired_though_nothing_was_revoked(world, clock):
    until = clock.now.replace(hour=9, minute=5)
    accepted = await world.register(letters=[letter("H-1", adults(), now=clock(), document={"until": until})])
    token = await world.token(world.details(accepted))
    clock.advance(299)
    await world.identify(token)
    clock.advance(1)
    assert await refusal(world, token) == "AUTH_EXPIRED"


async def test_a_superseded_letter_is_expired(world, clock):
    accepted = await world.register()
    token = await world.token(world.details(accepted))
    await world.identify(token)
    await world.register(letters=[letter("H-2", adults(), now=clock())])
    await world.heard()
    assert await refusal(world, token) == "AUTH_EXPIRED"


# --- checks 4, 5, 7, 8, 9 ------------------------------------------------------------------------------------------------


async def test_an_organisation_switched_off_no_longer_matches(world):
    accepted = await world.register()
    token = await world.token(world.details(accepted))
    await world.pool.execute("UPDATE organisation SET active = false WHERE code = 'mz-hd-500152'")
    await world.pool.execute("INSERT INTO revocation (kind, ref, at) VALUES ('CLIENT', 'client-hd', now())")
    await world.heard()
    assert await refusal(world, token) == "REQUESTER_MISMATCH"


async def test_a_client_moved_to_another_organisation_no_longer_matches_its_token(world):
    accepted = await world.register()
    token = await world.token(world.details(accepted))
    await world.pool.execute("UPDATE client SET organisation = 'town-500152-9' WHERE id = 'client-hd'")
    await world.pool.execute("INSERT INTO revocation (kind, ref, at) VALUES ('CLIENT', 'client-hd', now())")
    await world.heard()
    assert await refusal(world, token) in ("AUTH_NOT_FOUND", "REQUESTER_MISMATCH")


async def test_a_letter_to_others_names_another_requester(world, clock):
    to_sichuan = letter("H-1", adults(), now=clock(), document={"receivers": ["510000000000", "mz-511725"]})
    accepted = await world.register(letters=[to_sichuan])
    assert await no_token(world, world.details(accepted)) == "REQUESTER_MISMATCH"


async def test_each_part_of_a_purpose_must_fit(world, clock):
    accepted = await world.register()
    assert await no_token(world, world.details(accepted, purpose="SPOT_CHECK")) == "PURPOSE_MISMATCH"
    assert await no_token(world, world.details(accepted, purpose="EDGE_REVIEW")) == "PURPOSE_MISMATCH", "the letter does not name it"
    assert await no_token(world, world.details(accepted, basis=STATUTE)) == "PURPOSE_MISMATCH", "no review on a statute"
    assert await no_token(world, world.details(accepted, purpose="NO_SUCH_PURPOSE")) == "PURPOSE_MISMATCH"
    await world.pool.execute("UPDATE client SET purposes = purposes || '{EDUCATION_AID}'")
    await world.pool.execute("INSERT INTO revocation (kind, ref, at) SELECT 'CLIENT', id, now() FROM client")
    await world.heard()
    not_theirs = household_facts(purpose="EDUCATION_AID", basis=STATUTE, case=accepted.case)
    assert await no_token(world, not_theirs) == "PURPOSE_MISMATCH", "education aid is not the check body's"


async def test_fact_groups_outside_purpose_or_letter_leave_nothing(world, clock):
    accepted = await world.register()
    assert await no_token(world, world.details(accepted, groups=["noSuchGroup"])) == "FACT_NOT_AUTHORIZED"
    narrow = await world.register(letters=[letter("H-2", adults(), now=clock(), document={"fact_groups": ["vehicle"]})])
    assert await no_token(world, world.details(narrow, groups=["tax"])) == "FACT_NOT_AUTHORIZED"


async def test_fact_groups_beyond_the_purpose_are_not_granted(world):
    accepted = await world.register()
    answer = (await world.ask(world.details(accepted, groups=["vehicle", "noSuchGroup"]))).json()
    assert answer["authorization_details"][0]["groups"] == ["vehicle"]
    standing = await world.identify(answer["access_token"])
    assert standing.caller.groups == frozenset({"vehicle"})


async def test_a_closed_case_gives_no_jurisdiction(world, clock):
    accepted = await world.register()
    details = household_facts(purpose="RESULT_RECOGNITION", basis=STATUTE, case=accepted.case)
    token = await world.token(details, "yb")
    await world.identify(token)
    await world.desk.revocations.accept(revocation(clock(), jti=world.jti()), clock())
    await world.heard()
    assert await refusal(world, token) == "NO_JURISDICTION"
    assert await no_token(world, details, "yb") == "NO_JURISDICTION"


async def test_a_neighbours_organisation_has_no_jurisdiction_here_even_if_listed(world):
    accepted = await world.register(case={"organisations": ["mz-511725"]})
    assert await no_token(world, world.details(accepted), "quxian") == "NO_JURISDICTION"


async def test_a_township_has_none_over_another_townships_case(world):
    accepted = await world.register(case={"organisations": ["town-500152-9"]})
    assert await no_token(world, world.details(accepted), "stranger") == "NO_JURISDICTION"


async def test_the_catalogue_decides_by_department_purpose_and_day(world, clock):
    accepted = await world.register()
    await entry(world.engine, "tax", "CONDITIONAL", at=clock(), departments=("JY",), purposes=("DIBAO_REVIEW",))
    await entry(world.engine, "marriage", "CONDITIONAL", at=clock(), departments=("MZ-HD",), purposes=("SPOT_CHECK",))
    await entry(world.engine, "disability", "UNCONDITIONAL", at=clock(), valid_from=clock().date().replace(day=24))
    standing = await world.identify(await world.token(world.details(accepted)))
    assert {group: standing.catalogue[group] for group in ("tax", "marriage", "disability", "vehicle")} == {
        "tax": "CATALOG_DENIED", "marriage": "CATALOG_DENIED", "disability": "CATALOG_DENIED", "vehicle": "",
    }  # fmt: skip
    clock.advance(24 * 3600)
    standing = await world.identify(await world.token(world.details(accepted)))
    assert standing.catalogue["disability"] == ""


# --- other bases ---------------------------------------------------------------------------------------------------------


async def test_a_statute_needs_no_letter_and_opens_its_groups_alone(world):
    accepted = await world.register(letters=[])
    details = household_facts(purpose="RESULT_RECOGNITION", basis=STATUTE, case=accepted.case)
    standing = await world.identify(await world.token(details, "yb"))
    head = standing.coverage[world.person(standing, "测试甲")]
    assert (head.covered, head.assurance, head.groups) == (True, "NONE", frozenset({"confirmation", "identity"}))
    assert not standing.coverage[world.person(standing, "测试庚")].covered


async def test_an_emergency_needs_a_reason_and_opens_what_it_must(world):
    accepted = await world.register(letters=[])
    details = household_facts(purpose="TEMP_EMERGENCY", basis={"kind": "emergency", "reason": "房屋垮塌"}, case=accepted.case)
    assert (await world.ask(details)).status_code == 400
    await world.pool.execute("UPDATE organisation SET department = 'MZ' WHERE code = 'mz-hd-500152'")
    await world.pool.execute("INSERT INTO revocation (kind, ref, at) VALUES ('CLIENT', 'client-hd', now())")
    await world.heard()
    details["basis"]["reason"] = "房屋垮塌，一家五口无处安身"
    standing = await world.identify(await world.token(details))
    assert standing.coverage[world.person(standing, "测试丁")].groups == frozenset({"civilAssistance", "confirmation", "identity"})


async def test_self_covers_the_asker_alone_and_nobody_by_guessing(world, keys):
    accepted = await world.register()
    async with world.engine.connect():
        standing = await world.identify(await world.token(world.details(accepted)))
    mother = world.person(standing, "测试丙")
    handle = Handles(keys).encode("per", UUID(mother), organisation="xz-500152", case=accepted.case)
    details = household_facts(purpose="SUBJECT_ACCESS", basis={"kind": "self", "person": handle}, case=accepted.case)
    own = await world.identify(await world.token(details, "xz"))
    assert [person for person, one in own.coverage.items() if one.covered] == [mother]
    for guess in (mother, Handles(keys).encode("per", UUID(mother), organisation="jy-500152", case=accepted.case)):
        details["basis"]["person"] = guess
        assert await no_token(world, details, "xz") == "SUBJECT_NOT_COVERED"


async def test_an_audit_has_no_case_and_needs_the_role(world):
    details = household_facts(purpose="PRIVACY_AUDIT", basis={"kind": "audit"})
    standing = await world.identify(await world.token(details, "officer"))
    assert (standing.matter, dict(standing.coverage), standing.caller.case) == (None, {}, "")
    await world.pool.execute("UPDATE organisation SET role = 'DEPT_SYSTEM' WHERE code = 'mz-500152'")
    await world.pool.execute("INSERT INTO revocation (kind, ref, at) VALUES ('CLIENT', 'client-officer', now())")
    await world.heard()
    assert await no_token(world, details, "officer") == "PURPOSE_MISMATCH"


# --- the table itself ----------------------------------------------------------------------------------------------------


def test_the_published_schema_names_the_checks_each_basis_passes():
    schema = orjson.loads(PUBLISHED["household_facts"])
    for kind in BasisKind:
        told = schema["$defs"][kind.value]["x-checks"]
        assert told == [check.number for check in CHECKS if kind in check.bases], kind


def test_the_checks_stand_in_the_domains_order():
    assert [check.number for check in CHECKS] == list(range(1, 11))


# --- late deliveries -----------------------------------------------------------------------------------------------------


async def test_a_letter_that_falls_while_a_department_answers_takes_its_signers_along(world, clock):
    accepted = await world.register()
    standing = await world.identify(await world.token(world.details(accepted)))
    people = [person for person, one in standing.coverage.items() if one.covered]
    assert world.desk.recheck(standing, people) == {}
    await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="O-1"), clock())
    await world.heard()
    assert world.desk.recheck(standing, people) == {world.person(standing, "测试己"): "AUTH_REVOKED"}


async def test_of_two_letters_the_one_revoked_closes_its_fact_groups_though_the_signer_stays_covered(world, clock):
    made = [
        letter(number, [signs("brother")], now=clock(), document={"fact_groups": [group]}) for number, group in (("O-1", "vehicle"), ("O-2", "tax"))
    ]
    accepted = await world.register(letters=[letter("H-1", adults(), now=clock()), *made])
    standing = await world.identify(await world.token(world.details(accepted)))
    brother, father = world.person(standing, "测试己"), world.person(standing, "测试甲")
    assert standing.coverage[brother].groups == {"vehicle", "tax"}
    await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="O-2"), clock())
    await world.heard()
    assert world.desk.recheck(standing, [brother, father]) == {(brother, "tax"): "FACT_NOT_AUTHORIZED"}


async def test_of_a_letter_narrowed_meanwhile_the_part_falls_as_a_question_asked_anew_would_find_it(world, clock):
    accepted = await world.register()
    token = await world.token(world.granted(accepted))
    standing = await world.identify(token)
    brother, people = world.person(standing, "测试己"), list(standing.coverage)
    before = standing.coverage[brother].groups
    await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="O-1", by="brother", factGroups=["tax", "vehicle"]), clock())
    await world.heard()
    assert world.desk.recheck(standing, people) == {(brother, group): "FACT_NOT_AUTHORIZED" for group in ("tax", "vehicle")}
    anew = (await world.identify(token)).coverage[brother]
    assert anew.covered
    assert (before or LISTED) - (anew.groups or LISTED) == {"tax", "vehicle"}
    assert anew.closed == ()


async def test_a_group_left_to_a_weaker_signature_is_not_told_on_the_strength_of_the_one_that_fell(world, clock):
    strong = letter("O-1", [signs("brother")], now=clock(), document={"fact_groups": ["tax", "vehicle"]})
    weak = letter("O-2", [inked("brother", COUNTER[0])], now=clock(), document={"fact_groups": ["tax", "housing"]})
    apart = letter("O-3", [signs("brother")], now=clock(), document={"fact_groups": ["providentFund"]})
    accepted = await world.register(letters=[letter("H-1", adults(), now=clock()), strong, weak, apart])
    standing = await world.identify(await world.token(world.details(accepted)))
    brother = world.person(standing, "测试己")
    await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="O-1"), clock())
    await world.heard()
    assert world.desk.recheck(standing, list(standing.coverage)) == {(brother, "vehicle"): "FACT_NOT_AUTHORIZED", (brother, "tax"): "ASSURANCE_TOO_LOW"}
    await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="O-3"), clock())
    await world.heard()
    assert world.desk.recheck(standing, [brother])[brother, "identity"] == "ASSURANCE_TOO_LOW"


def test_what_a_later_notice_or_an_item_closes_is_said_to_be_that():
    before = Coverage(True, "", "HIGH", ("a",), None)
    closed = (("tax", "NOTICE_SUPERSEDED"), ("vehicle", "CONSENT_NOT_ITEMISED"))
    now = Coverage(True, "", "HIGH", ("a",), LISTED - {"tax", "vehicle", "vessel"}, closed=closed)
    assert dict(narrowed(now, before)) == dict(closed) | {"vessel": "FACT_NOT_AUTHORIZED"}
    assert dict(narrowed(before, now)) == {}


async def test_letters_superseded_while_a_department_answers_no_longer_cover(world, clock):
    accepted = await world.register()
    standing = await world.identify(await world.token(world.details(accepted)))
    people = [person for person, one in standing.coverage.items() if one.covered]
    await world.register(letters=[letter("H-2", adults("son"), now=clock())])
    await world.heard()
    assert set(world.desk.recheck(standing, people).values()) == {"AUTH_EXPIRED"}


async def test_a_person_no_longer_of_the_household_is_not_told_of(world, clock):
    made = letters(clock())
    accepted = await world.register(letters=made)
    standing = await world.identify(await world.token(world.details(accepted)))
    brother = world.person(standing, "测试己")
    people = [one for one in family() if one["ref"] != "brother"]
    await world.register(people=people, letters=made[:2])
    await world.heard()
    assert world.desk.recheck(standing, [brother, world.person(standing, "测试甲")]) == {brother: "SUBJECT_NOT_COVERED"}


async def test_a_case_that_ends_while_a_department_answers_ends_its_questions(world, clock):
    accepted = await world.register()
    details = household_facts(purpose="RESULT_RECOGNITION", basis=STATUTE, case=accepted.case)
    standing = await world.identify(await world.token(details, "yb"))
    await world.desk.revocations.accept(revocation(clock(), jti=world.jti()), clock())
    await world.heard()
    assert set(world.desk.recheck(standing, list(standing.coverage)).values()) == {"NO_JURISDICTION"}


async def test_a_case_registered_anew_without_change_goes_on(world, clock):
    made = letters(clock())
    accepted = await world.register(letters=made)
    token = await world.token(world.details(accepted))
    await world.identify(token)
    await world.register(letters=made)
    await world.heard()
    standing = await world.identify(token)
    covered = [person for person, one in standing.coverage.items() if one.covered]
    assert world.desk.recheck(standing, covered) == {}


async def test_a_revoked_token_or_client_stops_what_is_under_way(world, clock):
    accepted = await world.register()
    token = await world.token(world.details(accepted))
    standing = await world.identify(token)
    people = list(standing.coverage)
    answer = await world.http.post("/oauth/revoke", data=revoke_form(world, token))
    assert answer.status_code == 200
    await world.heard()
    assert set(world.desk.recheck(standing, people).values()) == {"TOKEN_INVALID"}
    with pytest.raises(TokenRefused, match="no good token"):
        await world.identify(token)


def revoke_form(world, token):
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    return {"token": token, "client_assertion_type": kind, "client_assertion": world.assertion()}


async def test_where_revocations_cannot_be_known_nothing_late_is_told(world, clock):
    accepted = await world.register()
    standing = await world.identify(await world.token(world.details(accepted)))
    await world.deaf()
    assert set(world.desk.recheck(standing, list(standing.coverage)).values()) == {Reason.REVOCATION_UNKNOWN.value}
    await world.desk.recheck.settled()
    assert world.desk.recheck(standing, list(standing.coverage)) == {}, "it was asked, and nothing was revoked"


async def test_without_the_watch_each_request_asks_the_database(world, clock):
    accepted = await world.register(letters=[letter("H-1", adults(), now=clock())])
    token = await world.token(world.details(accepted))
    await world.identify(token)
    await world.deaf()
    await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="H-1"), clock())
    assert await refusal(world, token) == "AUTH_REVOKED"


async def test_a_late_look_without_the_watch_asks_too_and_finds_what_was_revoked(world, clock):
    accepted = await world.register(letters=[letter("H-2", adults(), now=clock())])
    standing = await world.identify(await world.token(world.details(accepted)))
    await world.deaf()
    await world.desk.revocations.accept(revocation(clock(), jti=world.jti(), letter="H-2"), clock())
    await world.desk.recheck.settled()
    assert set(world.desk.recheck(standing, list(standing.coverage)).values()) <= {"AUTH_REVOKED", "REVOCATION_UNKNOWN"}


async def test_without_a_database_nothing_is_decided(world, clock):
    accepted = await world.register()
    token = await world.token(world.details(accepted))
    standing = await world.identify(token)
    await world.deaf()
    world.pool.terminate()
    with pytest.raises(Overloaded):
        await world.identify(token)
    await world.desk.recheck.settled()  # cannot be: nothing late is told
    assert set(world.desk.recheck(standing, list(standing.coverage)).values()) == {Reason.REVOCATION_UNKNOWN.value}


async def test_an_officer_found_to_be_a_relative_is_told_nothing_late_of_anybody(world, clock):
    made = letters(clock())
    accepted = await world.register(letters=made)
    standing = await world.identify(await world.token(world.details(accepted)))
    covered = [person for person, one in standing.coverage.items() if one.covered]
    people = [one | {"kinOfStaff": ["officer-7"]} if one["ref"] == "son" else one for one in family()]
    await world.register(people=people, letters=made)
    await world.heard()
    assert world.desk.recheck(standing, covered) == dict.fromkeys(covered, "NEEDS_APPROVAL")
    known = await world.identify(await world.token(world.details(accepted)))
    assert world.desk.recheck(known, covered) == {}, "who was planned as a relative was planned without facts"


async def test_a_question_about_no_case_has_nobody_whose_coverage_could_fall(world):
    details = household_facts(purpose="PRIVACY_AUDIT", basis={"kind": "audit"})
    assert world.desk.recheck(await world.identify(await world.token(details, "officer")), []) == {}


async def test_a_reviewing_organ_reads_its_file_also_after_the_case_and_is_opened_no_fact(world, clock):
    accepted = await world.register()
    await world.desk.revocations.accept(revocation(clock(), jti=world.jti()), clock())
    standing = await world.identify(await world.token(household_facts(purpose="DIBAO_REVIEW", basis={"kind": "file"}, case=accepted.case)))
    assert {one.groups for one in standing.coverage.values()} == {frozenset()}
    aid = household_facts(purpose="EDUCATION_AID", basis={"kind": "file"}, case=accepted.case)
    assert await no_token(world, aid, "jy") == "PURPOSE_MISMATCH"


async def test_while_a_matter_is_read_again_nothing_late_is_told_of_it(world):
    accepted = await world.register()
    standing = await world.identify(await world.token(world.details(accepted)))
    people = list(standing.coverage)
    world.desk.recheck._matters.drop("CASE", accepted.case)
    assert world.desk.recheck(standing, people) == dict.fromkeys(people, "REVOCATION_UNKNOWN")


async def test_an_article_the_purpose_does_not_rest_on_opens_nothing(world):
    accepted = await world.register()
    details = household_facts(purpose="RESULT_RECOGNITION", basis={"kind": "statute", "article": "SAL §50"}, case=accepted.case)
    assert await no_token(world, details, "yb") == "PURPOSE_MISMATCH"


@pytest.mark.parametrize("relation", [one for one in Relation if one is not Relation.LOCAL])
def test_a_citizen_asks_through_a_platform_of_this_region_only(relation):
    basis = Basis(BasisKind.SELF, person="p", platform="CQ")
    for asked, stands in ((Relation.LOCAL, True), (relation, False)):
        caller = road.caller(basis=basis, case="", relation=asked, purpose="SUBJECT_ACCESS")
        presented = Presented(caller, Requester("c1", "org", "APPLICANT", road.REGION, "APPLICANT", frozenset(), active=True), None, road.NOW, "p")
        if stands:
            jurisdiction(presented)
        else:
            with pytest.raises(NotStanding) as caught:
                jurisdiction(presented)
            assert caught.value.reason is Reason.NO_JURISDICTION
