"""Registrations and letters verified: what is wrong is named, and nothing of it is used."""

from __future__ import annotations

import json
from datetime import date, timedelta

import orjson
import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey

from hub.authorizations import registration as registrations
from hub.authorizations.reasons import Flaw, Refused
from hub.authorizations.registration import verify
from hub.authorizations.signing import sign_message
from hub.canonical import canonical
from hub.signatures import base64url, key_set, unbase64url
from tests.hub.authorizations.family import (
    HUB,
    KEYS,
    KID,
    PLATFORM,
    PLATFORM_KEY,
    adults,
    family,
    for_the_girl,
    letter,
    letters,
    number,
    person,
    platform_jwks,
    registration,
    signs,
)


def verified(token, clock, **more):
    keys = more.pop("keys", key_set(platform_jwks()))
    return verify(token, keys, platform=PLATFORM, audience=HUB, now=clock(), **more)


def flaw(token, clock, **more) -> Flaw:
    with pytest.raises(Refused) as caught:
        verified(token, clock, **more)
    assert not any(one["idNumber"] in str(caught.value) or one["name"] in str(caught.value) for one in family())
    return caught.value.flaw


def registered(clock, **more) -> str:
    more.setdefault("letters", letters(clock()))
    return registration(clock(), jti="registration-1", **more)


def with_letter(clock, made, **more) -> str:
    return registered(clock, letters=[made], **more)


def test_a_family_and_its_letters_come_in_as_one_value(clock):
    found = verified(registered(clock), clock)
    assert [one.ref for one in found.people] == ["head", "wife", "mother", "son", "girl", "brother", "cousin"]
    assert [(one.number, [s.ref for s in one.signatures]) for one in found.letters] == [
        ("H-1", ["wife", "mother", "son", "head"]), ("G-1", ["head"]), ("O-1", ["brother"]),
    ]  # fmt: skip
    assert found.letters[1].signatures[0].covers == ("girl",)
    assert {one.alg for one in found.letters[0].signatures} == {"Ed25519", "ES256"}
    assert found.warnings == ()
    assert "测试" not in repr(found), "a registration's repr names nobody"


def test_an_unknown_county_code_is_a_warning_only(clock):
    people = family()
    people[0]["idNumber"] = number(date(1980, 5, 1), 3, county="559901")
    found = verified(registered(clock, people=people, letters=[]), clock)
    assert found.warnings == ("head: UNKNOWN_COUNTY_CODE",)


def test_one_changed_byte_of_the_document_breaks_every_signature(clock):
    made = letter("H-1", adults(), now=clock())
    document = orjson.loads(unbase64url(made["document"]))
    document["purposes"].append("SPOT_CHECK")
    made["document"] = base64url(canonical(document))
    assert flaw(with_letter(clock, made), clock) is Flaw.SIGNATURE_BROKEN


def test_one_changed_bit_of_a_signature_is_found(clock):
    made = letter("H-1", adults(), now=clock())
    raw = bytearray(unbase64url(made["signers"][0]["signature"]))
    raw[10] ^= 1
    made["signers"][0]["signature"] = base64url(bytes(raw))
    assert flaw(with_letter(clock, made), clock) is Flaw.SIGNATURE_BROKEN


def test_a_listed_signer_who_did_not_sign_is_named(clock):
    made = letter("H-1", adults(), now=clock(), signed=adults("son"))
    token = with_letter(clock, made)
    assert flaw(token, clock) is Flaw.SIGNER_MISSING
    with pytest.raises(Refused, match="letter 'H-1': it lists 'son', who has not signed"):
        verified(token, clock)


def test_a_signature_of_somebody_the_letter_does_not_list_is_refused(clock):
    made = letter("H-1", adults("son"), now=clock(), signed=adults())
    assert flaw(with_letter(clock, made), clock) is Flaw.SIGNER_UNLISTED


def test_a_signer_cannot_be_given_another_ward_than_the_letter_lists(clock):
    made = letter("G-1", [for_the_girl()], now=clock())
    made["signers"][0]["for"] = ["brother"]
    assert flaw(with_letter(clock, made), clock) is Flaw.SIGNER_UNLISTED


def test_a_childs_own_signature_is_refused(clock):
    assert flaw(with_letter(clock, letter("G-1", [signs("girl")], now=clock())), clock) is Flaw.CHILD_SIGNED_ALONE


def test_a_child_declared_capable_still_cannot_sign(clock):
    people = family()
    people[4]["capacity"] = "FULL"
    made = letter("G-1", [signs("girl")], now=clock(), people=people)
    assert flaw(with_letter(clock, made, people=people), clock) is Flaw.CHILD_SIGNED_ALONE


def test_a_person_of_unknown_age_counts_as_a_child(clock):
    people = family()
    people[3]["birthDate"] = None
    made = letter("H-1", [signs("son")], now=clock(), people=people)
    assert flaw(with_letter(clock, made, people=people), clock) is Flaw.CHILD_SIGNED_ALONE


def test_sixteen_living_on_own_income_signs_alone_fifteen_does_not(clock):
    for born, expected in ((date(2010, 11, 23), None), (date(2010, 11, 24), Flaw.CHILD_SIGNED_ALONE)):
        people = family()
        people[3] = person("son", "测试丁", born, "1", "20", capacity="FULL") | {"ownLabourIncome": True}
        token = with_letter(clock, letter("H-1", [signs("son")], now=clock(), people=people), people=people)
        if expected is None:
            assert verified(token, clock).letters[0].signatures[0].ref == "son"
        else:
            assert flaw(token, clock) is expected


def test_one_key_under_two_names_is_a_repeated_signature(clock):
    rows = [signs("head"), signs("wife", key=KEYS["head"])]
    assert flaw(with_letter(clock, letter("H-1", rows, now=clock())), clock) is Flaw.SIGNATURE_REPEATED


def test_the_same_signer_twice_is_a_repeated_signature(clock):
    made = letter("H-1", adults(), now=clock())
    made["signers"].append(made["signers"][0])
    assert flaw(with_letter(clock, made), clock) is Flaw.SIGNATURE_REPEATED
    twice = letter("H-1", [signs("head"), signs("head")], now=clock())
    assert flaw(with_letter(clock, twice), clock) is Flaw.SIGNATURE_REPEATED


@pytest.mark.parametrize("alg", ["none", "HS256", "RS256", "EdDSA", "ES384", ""])
def test_an_algorithm_off_the_list_is_refused(clock, alg):
    made = letter("H-1", [signs("head")], now=clock())
    made["signers"][0]["alg"] = alg
    assert flaw(with_letter(clock, made), clock) is Flaw.SIGNATURE_ALGORITHM


def test_an_algorithm_that_does_not_fit_the_key_is_broken(clock):
    made = letter("H-1", [signs("wife")], now=clock())
    made["signers"][0]["alg"] = "ES256" if made["signers"][0]["alg"] == "Ed25519" else "Ed25519"
    assert flaw(with_letter(clock, made), clock) is Flaw.SIGNATURE_BROKEN


@pytest.mark.parametrize(
    "jwk", [{}, {"kty": "oct", "k": "AAAA"}, {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}, {"kty": "OKP", "crv": "X25519"}]
)
def test_a_key_that_cannot_sign_is_refused(clock, jwk):
    made = letter("H-1", [signs("head")], now=clock())
    made["signers"][0]["jwk"] = jwk
    assert flaw(with_letter(clock, made), clock) is Flaw.SIGNATURE_ALGORITHM


def test_only_a_declared_guardian_signs_for_a_child(clock):
    rows = [signs("mother", capacity="LEGAL_REPRESENTATIVE", covers=("girl",))]
    assert flaw(with_letter(clock, letter("G-1", rows, now=clock())), clock) is Flaw.GUARDIAN_NOT_DECLARED


def test_nobody_signs_as_guardian_for_somebody_of_age(clock):
    people = family()
    people[3]["guardians"] = ["head"]
    rows = [signs("head", capacity="LEGAL_REPRESENTATIVE", covers=("son",))]
    assert flaw(with_letter(clock, letter("H-1", rows, now=clock(), people=people), people=people), clock) is Flaw.SIGNER_NOT_ABLE


def test_nobody_signs_as_themselves_for_an_obligor(clock):
    rows = [signs("head", covers=("head", "brother"))]
    assert flaw(with_letter(clock, letter("H-1", rows, now=clock())), clock) is Flaw.SIGNER_NOT_ABLE


def test_a_letter_must_mean_the_people_the_registration_declares(clock):
    other = family()
    other[0]["idNumber"] = person("cousin", "x", date(1980, 5, 1), "1", "02")["idNumber"]
    made = letter("H-1", [signs("head")], now=clock(), people=other)
    assert flaw(with_letter(clock, made), clock) is Flaw.LETTER_PERSON_MISMATCH


@pytest.mark.parametrize("changed", [{"number": "H-2"}, {"reference": "TN-2026-0002"}, {"platform": "sc-tianfu"}])
def test_a_letter_of_another_case_is_refused(clock, changed):
    made = letter("H-1", [signs("head")], now=clock(), document=changed)
    assert flaw(with_letter(clock, made), clock) is Flaw.LETTER_OF_ANOTHER_CASE


def test_a_letter_from_the_future_is_refused(clock):
    made = letter("H-1", [signs("head")], now=clock() + timedelta(hours=1))
    assert flaw(with_letter(clock, made), clock) is Flaw.LETTER_NOT_YET_SIGNED


def test_a_signer_cannot_re_date_what_they_signed(clock):
    made = letter("G-1", [signs("girl")], now=clock() - timedelta(days=20))
    made["signers"][0]["signedAt"] = clock().isoformat()
    assert flaw(with_letter(clock, made), clock) is Flaw.CHILD_SIGNED_ALONE
    old = letter("H-1", [signs("head")], now=clock() - timedelta(days=400))
    old["signers"][0]["signedAt"] = clock().isoformat()
    assert flaw(with_letter(clock, old), clock) is Flaw.LETTER_NOT_YET_SIGNED
    old["signers"][0]["signedAt"] = (clock() + timedelta(days=1)).isoformat()
    assert flaw(with_letter(clock, old), clock) is Flaw.LETTER_NOT_YET_SIGNED


def test_a_document_has_one_spelling(clock):
    made = letter("H-1", [signs("head")], now=clock())
    document = unbase64url(made["document"])
    for changed in (b" " + document, document.replace(b'"H-1"', b'"H-1","number":"H-1"', 1), b"[1", document + b"\n"):
        made["document"] = base64url(changed)
        assert flaw(with_letter(clock, made), clock) is Flaw.LETTER_MALFORMED


def test_a_document_of_another_shape_is_refused_without_quoting_it(clock):
    made = letter("H-1", [signs("head")], now=clock(), document={"purposes": ["509901198005010019"]})
    assert flaw(with_letter(clock, made), clock) is Flaw.LETTER_MALFORMED


def test_two_letters_of_one_number_are_refused(clock):
    made = letter("H-1", [signs("head")], now=clock())
    assert flaw(registered(clock, letters=[made, made]), clock) is Flaw.LETTER_REPEATED


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"idNumber": "509901198005010010"}, Flaw.ID_NUMBER_INVALID),
        ({"idNumber": "50990119801332001X"}, Flaw.ID_NUMBER_INVALID),
        ({"idNumber": "' OR 1=1; --00000"}, Flaw.ID_NUMBER_INVALID),
        ({"birthDate": "1980-05-02"}, Flaw.BIRTH_DATE_MISMATCH),
        ({"ref": "wife"}, Flaw.PERSON_REPEATED),
        ({"idNumber": family()[1]["idNumber"], "birthDate": "1982-06-02"}, Flaw.PERSON_REPEATED),
        ({"guardians": ["nobody"]}, Flaw.REF_UNKNOWN),
        ({"guardians": ["girl"]}, Flaw.GUARDIAN_NOT_ABLE),
        ({"guardians": ["head"]}, Flaw.GUARDIAN_NOT_ABLE),
        ({"sex": "3"}, Flaw.REGISTRATION_MALFORMED),
        ({"name": "a\x00b"}, Flaw.REGISTRATION_MALFORMED),
        ({"more": 1}, Flaw.REGISTRATION_MALFORMED),
        ({"birthDate": "2026-13-01"}, Flaw.REGISTRATION_MALFORMED),
    ],
)
def test_what_is_wrong_with_a_person_is_named(clock, wrong, expected):
    people = family()
    people[0] |= wrong
    assert flaw(registered(clock, people=people, letters=[]), clock) is expected


def test_a_letter_may_not_name_a_stranger(clock):
    people = [*family(), person("stranger", "x", date(1980, 1, 1), "1", "79")]
    made = letter("H-1", [signs("stranger", key=KEYS["head"])], now=clock(), people=people)
    assert flaw(with_letter(clock, made), clock) is Flaw.REF_UNKNOWN


@pytest.mark.parametrize("at", ["2026-11-23", "yesterday", "2026-11-23T09:00:00"])
def test_a_time_needs_its_offset(clock, at):
    assert flaw(registered(clock, case={"openedAt": at}), clock) is Flaw.REGISTRATION_MALFORMED


def test_another_platforms_key_another_hub_and_old_messages_are_refused(clock):
    assert flaw(registered(clock, key=OKPKey.generate_key("Ed25519")), clock) is Flaw.MESSAGE_UNSIGNED
    assert flaw(registered(clock, audience="https://hub.511725.test"), clock) is Flaw.MESSAGE_UNSIGNED
    token = registered(clock)
    clock.advance(registrations.FRESH.total_seconds() - 1)
    verified(token, clock)
    clock.advance(10)  # past the leeway for a clock that runs ahead
    assert flaw(token, clock) is Flaw.MESSAGE_UNSIGNED


def test_a_message_of_another_kind_is_no_registration(clock):
    claims = orjson.loads(unbase64url(registered(clock).split(".")[1]))
    told = {name: claims[name] for name in ("case", "household", "letters")}
    token = sign_message(PLATFORM_KEY, "jwt", told, kid=KID, issuer=PLATFORM, audience=HUB, jti="registration-2", now=clock())
    assert flaw(token, clock) is Flaw.MESSAGE_UNSIGNED


@pytest.mark.parametrize("iat", [None, "now", True, 1.5, [], 10**400])
def test_a_message_without_a_usable_time_is_refused(clock, iat):
    claims = orjson.loads(unbase64url(registered(clock).split(".")[1]))
    header = {"alg": "Ed25519", "typ": registrations.TYP, "kid": KID}
    payload = json.dumps(claims | {"iat": iat})
    token = jws.serialize_compact(header, payload, PLATFORM_KEY, algorithms=["Ed25519"])
    assert flaw(token, clock) in (Flaw.MESSAGE_UNSIGNED, Flaw.REGISTRATION_MALFORMED)


def test_hmac_under_the_public_key_and_alg_none_are_refused(clock):
    header, payload, _ = registered(clock).split(".")
    unsigned = base64url(orjson.dumps({"alg": "none", "typ": registrations.TYP, "kid": KID}))
    assert flaw(f"{unsigned}.{payload}.", clock) is Flaw.MESSAGE_UNSIGNED
    key = OctKey.import_key(PLATFORM_KEY.as_dict(private=False)["x"])
    forged = jws.serialize_compact(
        {"alg": "HS256", "typ": registrations.TYP, "kid": KID}, unbase64url(payload), key, algorithms=["HS256"]
    )
    assert flaw(forged, clock) is Flaw.MESSAGE_UNSIGNED
    assert flaw(f"{header}.{payload}.", clock) is Flaw.MESSAGE_UNSIGNED


def test_a_key_brought_along_in_the_header_is_not_used(clock):
    own = ECKey.generate_key("P-256")
    claims = unbase64url(registered(clock).split(".")[1])
    header = {"alg": "ES256", "typ": registrations.TYP, "kid": "mine", "jwk": own.as_dict(private=False)}
    assert flaw(jws.serialize_compact(header, claims, own, algorithms=["ES256"]), clock) is Flaw.MESSAGE_UNSIGNED
