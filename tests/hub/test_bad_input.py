"""Bad input of every kind, sent to a running hub: each gets a clear reason, learns nothing, fetches nothing, and is counted or logged."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest
from joserfc import jws
from joserfc.jwk import OKPKey

from connectors.sandbox.id_numbers import check_digit
from connectors.sandbox.people import Household
from hub import metrics
from hub.access_log.entry import Kind
from hub.authorizations.drafting import Signatory, letter_document, letter_entry, sign_letter
from hub.authorizations.signing import sign_registration
from hub.cli.demo.offices import FORM
from hub.cli.demo.registration import jwk
from hub.signatures import LONGEST_REGISTRATION, base64url
from hub.ulid import new_id
from tests.hub.living import LETTER_GROUPS, TAXES, WHOLE, Living, people, secrets_of, statuses

pytestmark = pytest.mark.asyncio(loop_scope="session")

LEAKS = ("SELECT", "INSERT", "Traceback", "asyncpg", "sqlalchemy", "/work", "site-packages", ".py", "postgres")


def innocent(living: Living, raw: bytes) -> None:
    """Nothing of anybody and nothing of our insides in what went out."""
    text = raw.decode("utf-8", "replace")
    assert not [word for word in (*LEAKS, *secrets_of(living.platform.population)) if word in text], text[:500]


def counted(code: str) -> float:
    return metrics.REFUSALS.labels(code)._value.get()


# --- documents ---

FIELD = "case(id: $id) { household { members { person { id } } } }"
CIRCLE = "query($id: ID!) { case(id: $id) { ...a } } fragment a on Case { ...b } fragment b on Case { ...a }"
BOMBS = {
    "depth": "query($id: ID!) " + "{ case(id: $id) " + "{ household { members { person " * 40 + "{ id }" + "}}}" * 40 + "}",
    "aliases": "query($id: ID!) {" + " ".join(f"a{n}: {FIELD}" for n in range(200)) + "}",
    "circle": CIRCLE,
    "tokens": "query($id: ID!) { case(id: $id) { " + "id " * 20_000 + "} }",
    "list": "query { people(ids: [" + ",".join(f'"per_{n}"' for n in range(5000)) + "]) { id } }",
    "nested list": "query { people(ids: " + "[" * 500 + '"x"' + "]" * 500 + ") { id } }",
    "directives": "query($id: ID!) { case(id: $id) { id " + "@include(if: true) " * 200 + "} }",
    "doubling": "query($id: ID!) { case(id: $id) { household { members { person { ...f0 } } } } }" + "".join(
        f" fragment f{n} on Person {{ a: id ...f{n + 1} b: id ...f{n + 1} }}" for n in range(30)
    ) + " fragment f30 on Person { id }",
    "syntax": "query { case(id: ",
    "unknown": "query { president { name } }",
    "empty": "",
}


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_hostile_document_is_refused_with_a_reason_before_anything_is_asked(living, signed_matter, nobody_asked, bomb):
    token = await living.token(signed_matter)
    before = await living.refusals()
    reply = await living.line.ask(token, BOMBS[bomb], {"id": signed_matter.id})
    assert 400 <= reply.status < 500, reply.raw[:300]
    assert reply.code
    assert "data" not in reply.body
    assert len(reply.raw) < 4000
    innocent(living, reply.raw)
    nobody_asked()
    assert len(await living.refusals()) == len(before) + 1, "an authenticated refusal is an entry"


@pytest.mark.parametrize(("body", "headers", "status", "code"), [
    (b"{", {}, 400, "BAD_REQUEST"),
    (b"[]", {}, 400, "BAD_REQUEST"),
    (b"null", {}, 400, "BAD_REQUEST"),
    (b'{"query": 7}', {}, 400, "BAD_REQUEST"),
    (b'{"query": "{ a }", "batch": []}', {}, 400, "BAD_REQUEST"),
    (b'[{"query": "{ a }"}]', {}, 400, "BAD_REQUEST"),
    (b"\xff\xfe", {}, 400, "BAD_REQUEST"),
    (b'{"variables": {}}', {}, 400, "BAD_REQUEST"),
    (b'{"query": "{ a }", "variables": []}', {}, 400, "BAD_REQUEST"),
    (b'{"query": "{ a }", "extensions": {"persistedQuery": 1}}', {}, 400, "BAD_REQUEST"),
    (b'{"query": "' + b"a" * 200_000 + b'"}', {}, 413, "TOO_LARGE"),
    (b"query=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    (b"{}", {"Content-Type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    (b"{}", {"Content-Type": "multipart/form-data; boundary=x"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    (b"{}", {"Content-Type": "application/json; charset=gb18030"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    (b"{}", {"Accept": "text/html"}, 406, "NOT_ACCEPTABLE"),
])
async def test_a_body_that_is_none_gets_its_status_and_code(living, signed_matter, nobody_asked, body, headers, status, code):
    was = counted(code)
    reply = await living.post(await living.token(signed_matter), body, **headers)
    assert (reply.status, reply.code) == (status, code), reply.raw
    innocent(living, reply.raw)
    nobody_asked()
    assert counted(code) == was + 1


async def test_an_id_number_written_into_a_document_is_refused_and_stored_nowhere(living, signed_matter, nobody_asked):
    number = living.family.members[0].person.id_number
    for literal in (f'"{number}"', f'"{number[:17]}x"', number[:17]):
        reply = await living.ask(signed_matter, f"{{ lookUp(idNumber: {literal}) {{ id }} }}")
        assert 400 <= reply.status < 500, reply.raw
        assert number[:17].encode() not in reply.raw
    nobody_asked()
    assert not [one for one in await living.entries() if number[:17].encode() in one.body]


async def test_an_id_number_with_a_bad_check_digit_is_refused_and_one_of_an_unknown_county_is_looked_for(living, signed_matter):
    document = "query($n: IdNumber!) { lookUp(idNumber: $n) { id } }"
    good = living.family.members[0].person.id_number
    bad = good[:17] + ("0" if good[17] != "0" else "1")
    refused = await living.ask(signed_matter, document, n=bad)
    assert 400 <= refused.status < 500
    assert bad.encode() not in refused.raw
    unknown_county = "509977" + good[6:17]
    told = await living.ask(signed_matter, document, n=unknown_county + check_digit(unknown_county))
    assert (told.status, told.body["data"]) == (200, {"lookUp": None})
    found = await living.ask(signed_matter, document, n=good)
    assert found.body["data"]["lookUp"]["id"]


async def test_people_of_other_cases_and_people_who_do_not_exist_look_alike(living, signed_matter, nobody_asked):
    other = await living.register()
    reply = await living.ask(other, "query($id: ID!) { case(id: $id) { household { id members { person { id } } } } }")
    household = reply.body["data"]["case"]["household"]
    theirs, invented = household["members"][0]["person"]["id"], "per_" + "a" * 40
    document = "query($a: [ID!]!, $h: ID!, $c: ID!) { people(ids: $a) { id tax { status } } household(id: $h) { id } case(id: $c) { id } }"
    living.government.forget()
    reply = await living.ask(signed_matter, document, a=[theirs, invented], h=household["id"], c=other.id)
    assert reply.body["data"] == {"people": [None, None], "household": None, "case": None}
    nobody_asked()


# --- tokens ---


def forged(claims: Mapping[str, Any], header: Mapping[str, Any], key: OKPKey | bytes | None) -> str:
    parts = [base64url(json.dumps(part).encode()) for part in (header, claims)]
    signing = ".".join(parts).encode()
    if key is None:
        return f"{signing.decode()}."
    if isinstance(key, bytes):
        return f"{signing.decode()}.{base64url(hmac.digest(key, signing, hashlib.sha256))}"
    return jws.serialize_compact(dict(header), json.dumps(claims).encode(), key, algorithms=["Ed25519"])


def opened(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims, _ = (base64.urlsafe_b64decode(part + "==") for part in token.split("."))
    return orjson.loads(header), orjson.loads(claims)


async def test_no_forged_foreign_or_stale_token_opens_the_door(living, signed_matter, nobody_asked):
    token = await living.token(signed_matter)
    header, claims = opened(token)
    async with living.line.session.get(f"{living.url}/oauth/jwks") as reply:
        published = (await reply.json())["keys"][0]
    own = OKPKey.generate_key("Ed25519")
    attempts = {
        "alg none": forged(claims, {**header, "alg": "none"}, None),
        "alg NONE": forged(claims, {**header, "alg": "nOnE"}, None),
        "hmac with the public key": forged(claims, {**header, "alg": "HS256"}, base64.urlsafe_b64decode(published["x"] + "==")),
        "hmac with the public jwk": forged(claims, {**header, "alg": "HS256"}, orjson.dumps(published)),
        "own key": forged(claims, header, own),
        "own key in the header": forged(claims, {**header, "jwk": own.as_dict(private=False)}, own),
        "another officer": f"{token.split('.')[0]}.{base64url(json.dumps({**claims, 'officer': 'X'}).encode())}.{token.split('.')[2]}",
        "an assertion as token": living.line._assertion(living.offices["hd"]),
        "nothing": "", "garbage": "a.b.c", "long": "a" * 30_000,
    }
    security = living.hub.security._counts.total()
    for name, attempt in attempts.items():
        reply = await living.post(attempt, {"query": WHOLE, "variables": {"id": signed_matter.id}})
        assert reply.status == 401, name
        assert reply.body == {"errors": [{"message": "no good token", "extensions": {"code": "TOKEN_INVALID"}}]}, name
        assert reply.headers["www-authenticate"].startswith("DPoP")
    assert living.hub.security._counts.total() == security + len(attempts)
    nobody_asked()


async def test_an_expired_token_is_refused(living, signed_matter, nobody_asked):
    token = await living.token(signed_matter)
    assert (await living.line.ask(token, "query($id: ID!) { case(id: $id) { id } }", {"id": signed_matter.id})).status == 200
    living.clock.advance(601)
    reply = await living.line.ask(token, WHOLE, {"id": signed_matter.id})
    assert (reply.status, reply.code) == (401, "TOKEN_INVALID")
    nobody_asked()


async def asked_for(living: Living, assertion: str, matter_id: str, basis: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    details = [{"type": "household_facts", "purpose": "DIBAO_REVIEW", "case": matter_id, "basis": basis}]
    form = {
        "grant_type": "client_credentials", "client_assertion_type": FORM, "client_assertion": assertion,
        "authorization_details": orjson.dumps(details).decode(),
    }
    async with living.line.session.post(f"{living.url}/oauth/token", data=form) as reply:
        return reply.status, await reply.json()


async def test_assertions_for_another_audience_stale_replayed_or_anothers_give_no_token(living, signed_matter):
    hd, jy = living.offices["hd"], living.offices["jy"]
    now = int(living.clock().timestamp())

    def assertion(key=hd.key, kid=f"{hd.client}-1", alg="Ed25519", **changed: Any) -> str:
        claims = {
            "iss": hd.client, "sub": hd.client, "aud": living.url, "iat": now, "exp": now + 60,
            "jti": new_id("jti", living.clock(), living.line.random(10)), "officer": {"id": "HD-1"}, **changed,
        }
        return forged(claims, {"alg": alg, "kid": kid, "typ": "JWT"}, key if alg == "Ed25519" else None)

    good = assertion()
    assert (await asked_for(living, good, signed_matter.id, signed_matter.basis))[0] == 200
    bad = {
        "replayed": good, "another audience": assertion(aud="https://elsewhere"), "expired": assertion(iat=now - 600, exp=now - 300),
        "not yet": assertion(iat=now + 600, exp=now + 660), "a year long": assertion(exp=now + 31_536_000),
        "another client's key": assertion(key=jy.key), "another client's key and kid": assertion(key=jy.key, kid=f"{jy.client}-1"),
        "signed by one in the name of another": assertion(sub=jy.client), "alg none": assertion(alg="none"), "no jti": assertion(jti=""),
        "unknown client": assertion(iss="nobody", sub="nobody"), "garbage": "x.y.z", "empty": "",
    }
    for name, text in bad.items():
        status, answer = await asked_for(living, text, signed_matter.id, signed_matter.basis)
        told = (status, answer["error"])
        assert told in {(401, "invalid_client"), (400, "invalid_request")}, (name, answer)
        assert "access_token" not in answer
        assert "description" not in answer or answer["error_description"] == "client authentication failed", name


async def test_a_token_cannot_be_had_for_anothers_case_a_wrong_letter_or_a_purpose_not_ones_own(living, signed_matter):
    mine = living.offices["hd"]
    wrong_hash = {"kind": "letter", "letters": [{**signed_matter.letters[0], "hash": "0" * 64}]}
    invented = {"kind": "letter", "letters": [{"id": "auth_nobody", "hash": "0" * 64}]}
    tries = [
        ({"purpose": "DIBAO_REVIEW", "basis": wrong_hash, "case": signed_matter.id}, mine),
        ({"purpose": "DIBAO_REVIEW", "basis": invented, "case": signed_matter.id}, mine),
        ({"purpose": "DIBAO_REVIEW", "basis": signed_matter.basis, "case": "case_of_nobody"}, mine),
        ({"purpose": "EDUCATION_AID", "basis": {"kind": "statute", "article": "SAL §25"}, "case": signed_matter.id}, mine),
        ({"purpose": "DIBAO_REVIEW", "basis": {"kind": "statute", "article": "SAL §40"}, "case": signed_matter.id}, mine),
        ({"purpose": "EDUCATION_AID", "basis": {"kind": "statute", "article": "SAL §25"}, "case": signed_matter.id}, living.offices["jy"]),
        ({"purpose": "PRIVACY_AUDIT", "basis": {"kind": "audit"}}, mine),
    ]
    before = len(await living.refusals())
    for number, (wanted, office) in enumerate(tries):
        with pytest.raises(ValueError, match=r".+"):
            await living.line.token(office, **wanted)
        assert len(await living.refusals()) == before + number + 1, wanted


# --- registrations ---


def declared(living: Living, family: Household, **changed: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Household and people of a registration, person by person changeable by ref."""
    found = []
    for member in family.everyone():
        entry = dict(living.platform._person(member))
        found.append(entry | changed.get(entry["ref"], {}))
    return {
        "area": family.area, "hukouRegion": family.hukou_region.ljust(12, "0"), "residenceRegion": family.residence_region.ljust(12, "0"),
        "kinOfStaff": False, "people": found,
    }, found


def registration(living: Living, household: Mapping[str, Any], letters: list[dict[str, Any]], *, reference: str, **header: Any) -> str:
    now = living.clock()
    platform = living.platform
    return sign_registration(
        header.get("key", platform.key), kid=header.get("kid", platform.kid), platform=header.get("platform", platform.platform),
        audience=header.get("audience", living.url), jti=header.get("jti") or platform.jti(), now=header.get("now", now), letters=letters,
        household=household,
        case={
            "reference": reference, "assistanceType": "DIBAO", "stage": "SURVEY", "region": platform.region,
            "organisations": [living.offices["hd"].organisation], "openedAt": now.isoformat(),
        },
    )


def letter(living: Living, reference: str, found: list[dict[str, Any]], signers: list[Signatory]) -> tuple[str, bytes]:
    number = f"{reference}-H"
    return number, letter_document(
        number=number, platform=living.platform.platform, reference=reference, matter="DIBAO", purposes=["DIBAO_REVIEW"], people=found,
        signatories=signers, signed_at=living.clock(),
    )


def signatory(living: Living, place: int, **more: Any) -> Signatory:
    person = living.family.members[place].person
    return Signatory(f"p{abs(person.index)}", jwk(living.platform.population.signing_key(person), f"s{place}"), **more)


async def refused(living: Living, message: str, status: int, code: str) -> None:
    noted = living.hub.security._counts[f"INTAKE_{code}"]
    reply = await living.line.send("/registrations", message)
    assert (reply.status, reply.code) == (status, code), reply.raw
    innocent(living, reply.raw)
    assert living.hub.security._counts[f"INTAKE_{code}"] == noted + 1


async def test_letters_with_a_missing_a_repeated_a_childs_or_a_broken_signature_are_refused_whole(living):
    household, found = declared(living, living.family)
    head, wife, child = (signatory(living, place) for place in (0, 1, 3))
    reference = "BAD-LETTERS"
    number, document = letter(living, reference, found, [head, wife])
    signed = [sign_letter(document, one) for one in (head, wife)]
    changed = document.replace(b"DIBAO_REVIEW", b"EDGE__REVIEW")
    assert changed != document
    _, childs = letter(living, reference, found, [head, child])
    cases = {
        "SIGNER_MISSING": {"number": number, "document": base64url(document), "signers": signed[:1]},
        "SIGNATURE_REPEATED": {"number": number, "document": base64url(document), "signers": [*signed, signed[0]]},
        "SIGNATURE_BROKEN": {"number": number, "document": base64url(changed), "signers": signed},
        "CHILD_SIGNED_ALONE": letter_entry(number, childs, [head, child]),
        "SIGNER_UNLISTED": {"number": number, "document": base64url(document), "signers": [*signed, sign_letter(document, child)]},
        "LETTER_MALFORMED": {"number": number, "document": base64url(document + b" "), "signers": signed},
    }
    for code, entry in cases.items():
        await refused(living, registration(living, household, [entry], reference=reference), 422, code)
    one_key_for_two = [sign_letter(document, head), sign_letter(document, replace(wife, key=head.key))]
    entry = {"number": number, "document": base64url(document), "signers": one_key_for_two}
    await refused(living, registration(living, household, [entry], reference=reference), 422, "SIGNATURE_REPEATED")
    assert await living.hub.records.fetchval("SELECT count(*) FROM matter_case WHERE reference = $1", reference) == 0


async def test_a_registration_of_nobody_for_another_hub_stale_replayed_or_changed_is_refused(living):
    household, _ = declared(living, living.family)
    stranger = OKPKey.generate_key("Ed25519")
    good = registration(living, household, [], reference="BAD-MESSAGE")
    head, body, signature = good.split(".")
    claims = orjson.loads(base64.urlsafe_b64decode(body + "=="))
    other = base64url(orjson.dumps({**claims, "case": {**claims["case"], "reference": "OTHER"}}))
    unsigned = base64url(orjson.dumps({"alg": "none", "typ": "household-registration+jws", "kid": living.platform.kid}))
    for message in (
        registration(living, household, [], reference="B", key=stranger), registration(living, household, [], reference="B", platform="nobody"),
        registration(living, household, [], reference="B", audience="https://elsewhere"), f"{head}.{other}.{signature}",
        f"{unsigned}.{body}.", "nonsense", "a.b.c",
    ):
        await refused(living, message, 401, "MESSAGE_UNSIGNED")
    assert (await living.line.send("/registrations", good)).status == 201
    replay = await living.line.send("/registrations", good)
    assert replay.status in {200, 409}, replay.raw
    assert replay.status == 409 or replay.body["case"]
    stale = registration(living, household, [], reference="BAD-STALE")
    living.clock.advance(3600)
    await refused(living, stale, 401, "MESSAGE_UNSIGNED")
    too_long = await living.line.send("/registrations", "a" * (LONGEST_REGISTRATION + 1))
    assert too_long.status == 413


async def test_a_bad_check_digit_refuses_a_registration_and_an_unknown_county_only_warns(living):
    first = living.family.members[0].person
    ref, good = f"p{abs(first.index)}", first.id_number
    bad = good[:17] + ("0" if good[17] != "0" else "1")
    household, _ = declared(living, living.family, **{ref: {"idNumber": bad}})
    reply = await living.line.send("/registrations", registration(living, household, [], reference="BAD-DIGIT"))
    assert (reply.status, reply.code) == (422, "ID_NUMBER_INVALID")
    assert bad.encode() not in reply.raw
    body = "599977" + good[6:14] + "931"  # no province has the number 59
    household, _ = declared(living, living.family, **{ref: {"idNumber": body + check_digit(body), "name": "县码无"}})
    reply = await living.line.send("/registrations", registration(living, household, [], reference="UNKNOWN-COUNTY"))
    assert reply.status == 201, reply.raw
    assert any(warning.startswith(f"{ref}: ") for warning in reply.body["warnings"])
    innocent(living, reply.raw)


async def test_a_birth_date_beside_the_number_and_a_person_declared_twice_are_refused(living):
    first, second = living.family.members[0].person, living.family.members[1].person
    household, _ = declared(living, living.family, **{f"p{abs(first.index)}": {"birthDate": "1980-01-01"}})
    await refused(living, registration(living, household, [], reference="B"), 422, "BIRTH_DATE_MISMATCH")
    household, _ = declared(living, living.family, **{f"p{abs(first.index)}": {
        "idNumber": second.id_number, "birthDate": second.birth_date.isoformat()}})
    await refused(living, registration(living, household, [], reference="B"), 422, "PERSON_REPEATED")


# --- departments ---

LIES = ("types", "renamed", "extra_fields", "extra_people", "half", "nothing", "html")


@pytest.mark.parametrize("lie", LIES)
async def test_a_department_that_lies_costs_its_own_group_and_never_invents_or_leaks(living, signed_matter, lie):
    truth = people(await living.ask(signed_matter, WHOLE))
    async with living.misbehaving("SW", lie=lie):
        reply = await living.ask(signed_matter, WHOLE)
    assert reply.status == 200
    innocent_of_strangers = reply.raw.decode()
    assert "系统维护" not in innocent_of_strangers
    assert "xxxx" not in innocent_of_strangers
    told = people(reply)
    for relation, person in told.items():
        for group in LETTER_GROUPS:
            if group != "tax":
                assert person[group] == truth[relation][group], (relation, group)
        tax = person["tax"]
        assert tax["status"] in {"SOURCE_ERROR", "SOURCE_TIMEOUT"} or tax == truth[relation]["tax"], (lie, relation, tax)
        assert tax["status"] == "MATCHED" or not tax["records"]
    if lie not in {"extra_fields", "extra_people"}:
        assert "SOURCE_ERROR" in {statuses(person)["tax"] for person in told.values()}


async def test_fifty_megabytes_are_not_read_to_their_end(living, signed_matter):
    async with living.misbehaving("SW", lie="huge"):
        reply = await living.ask(signed_matter, TAXES)
    assert {one["person"]["tax"]["status"] for one in reply.body["data"]["case"]["household"]["members"]} == {"SOURCE_ERROR"}
    assert len(reply.raw) < 10_000


@pytest.mark.parametrize("department", ["GA", "GZ", "RS", "MZ"])
@pytest.mark.parametrize("lie", ["types", "nothing", "extra_people"])
async def test_every_department_that_lies_is_a_status_and_no_leak(living, signed_matter, department, lie):
    async with living.misbehaving(department, lie=lie):
        reply = await living.ask(signed_matter, WHOLE)
    assert reply.status == 200
    told = people(reply)
    known = {member.person.name for member in living.family.everyone()}
    assert {person["name"]["full"] for person in told.values()} <= {*known, None}
    assert all(person["tax"]["status"] in {"MATCHED", "NO_RECORD"} for person in told.values())
    await living.entries(kind=Kind.OUTCOME, limit=1)


async def test_a_department_that_cuts_the_line_is_a_status_and_asked_a_bounded_number_of_times(living, signed_matter):
    async with living.misbehaving("SW", fail="drop"):
        living.government.forget()
        reply = await living.ask(signed_matter, TAXES)
    assert {one["person"]["tax"]["status"] for one in reply.body["data"]["case"]["household"]["members"]} == {"SOURCE_ERROR"}
    assert living.asked()["SW"] <= 6
