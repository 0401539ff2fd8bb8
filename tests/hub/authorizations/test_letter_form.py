"""The national letter: evidence, mandates, officers who attest, and what is refused of each."""

from __future__ import annotations

from datetime import date, timedelta

import orjson
import pytest
from joserfc.jwk import OKPKey

from hub.authorizations.drafting import Mandate, Officer
from hub.authorizations.reasons import Flaw, Refused
from hub.canonical import canonical
from hub.signatures import base64url, sha256, unbase64url
from tests.hub.authorizations.family import COUNTER, KEYS, TOWN, family, inked, letter, person, signs
from tests.hub.authorizations.test_registration import flaw, registered, verified, with_letter

SCAN = {"sha256": "ab" * 32, "mediaType": "image/jpeg"}
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def only(clock, signatory, number="H-1", people=None, **document):
    made = letter(number, [signatory], now=clock(), people=people, document=document)
    return verified(with_letter(clock, made, people=people), clock).letters[0]


def fault(clock, signatory, people=None, **document) -> Flaw:
    return flaw(with_letter(clock, letter("H-1", [signatory], now=clock(), people=people, document=document), people=people), clock)


def proof(clock, *, method="FACE", hours=0.0, passed=True):
    return {"method": method, "at": (clock() - timedelta(hours=hours)).isoformat(), "passed": passed}


# --- electronic signatures ---


@pytest.mark.parametrize(("method", "level"), [("FACE", "SUBSTANTIAL"), ("IN_PERSON", "SUBSTANTIAL"), ("BANK_CARD", "SUBSTANTIAL"), ("PHONE", "LOW")])
def test_an_electronic_signature_is_as_strong_as_the_comparison_before_it(clock, method, level):
    found = only(clock, signs("head", proof=proof(clock, method=method, hours=23))).signatures[0]
    assert found.assurance == level
    assert found.evidence["identityProof"]["method"] == method


@pytest.mark.parametrize(
    "told", [{"passed": False}, {"hours": 25}, {"hours": -1}, {"method": "MOTHERS_MAIDEN_NAME"}], ids=["failed", "long before", "afterwards", "unlisted"],
)
def test_a_comparison_that_proves_nobody_refuses_the_letter(clock, told):
    assert fault(clock, signs("head", proof=proof(clock, **told))) is Flaw.IDENTITY_NOT_PROVEN


def test_an_electronic_signature_without_comparison_is_none(clock):
    assert fault(clock, signs("head", proof={})) is Flaw.IDENTITY_NOT_PROVEN


def test_assurance_is_never_claimed(clock):
    made = letter("H-1", [signs("head")], now=clock())
    made["signers"][0]["assurance"] = "HIGH"
    assert flaw(with_letter(clock, made), clock) is Flaw.REGISTRATION_MALFORMED


# --- ink and fingerprints ---


@pytest.mark.parametrize("method", ["HANDWRITTEN", "FINGERPRINT"])
def test_paper_is_as_strong_as_the_officers_who_saw_it(clock, method):
    both = only(clock, inked("head", method=method, scan=SCAN)).signatures[0]
    assert (both.assurance, both.method, both.evidence["scan"]) == ("SUBSTANTIAL", method, SCAN)
    assert [one["officer"] for one in both.evidence["attestations"]] == ["officer-1", "officer-2"]
    assert only(clock, inked("head", COUNTER[0], method=method)).signatures[0].assurance == "LOW"


def test_officers_attest_for_several_people_with_their_own_keys(clock):
    made = letter("H-1", [inked("head"), inked("wife")], now=clock())
    assert {one.assurance for one in verified(with_letter(clock, made), clock).letters[0].signatures} == {"SUBSTANTIAL"}


def test_one_officer_is_not_two_and_neither_is_one_key(clock):
    again = Officer(TOWN, "officer-1", OKPKey.generate_key("Ed25519"))
    assert fault(clock, inked("head", COUNTER[0], again)) is Flaw.ATTESTATION_NOT_INDEPENDENT
    assert fault(clock, inked("head", COUNTER[0], Officer(TOWN, "officer-3", COUNTER[0].key))) is Flaw.SIGNATURE_REPEATED


@pytest.mark.parametrize(("where", "name"), [(TOWN, "Officer 1"), (TOWN, "ｏｆｆｉｃｅｒ-1"), ("500152-OTHER", "officer-1"), (TOWN, "оfficer-1")])
def test_one_officer_is_not_two_by_another_spelling_office_or_alphabet(clock, where, name):
    again = Officer(where, name, OKPKey.generate_key("Ed25519"))
    assert fault(clock, inked("head", COUNTER[0], again)) is Flaw.ATTESTATION_NOT_INDEPENDENT


def test_a_near_relative_attests_nothing_under_another_spelling(clock):
    people = family()
    people[0]["kinOfStaff"] = ["OFFICER 2"]
    assert fault(clock, inked("head"), people) is Flaw.ATTESTATION_NOT_INDEPENDENT


def test_a_near_relative_attests_nothing(clock):
    people = family()
    people[0]["kinOfStaff"] = ["officer-2"]
    assert fault(clock, inked("head"), people) is Flaw.ATTESTATION_NOT_INDEPENDENT
    assert only(clock, inked("wife"), people=people).signatures[0].assurance == "SUBSTANTIAL"


@pytest.mark.parametrize("changed", ["scan", "signer", "letter", "officer", "time"])
def test_an_attestation_holds_for_one_signer_on_one_scan_alone(clock, changed):
    made = letter("H-1", [inked("head"), inked("wife")], now=clock())
    head, wife = made["signers"]
    match changed:
        case "scan":
            head["scan"] = SCAN
        case "signer":
            wife["attestations"] = head["attestations"]
        case "letter":
            other = letter("H-1", [inked("head"), inked("wife")], now=clock() - timedelta(minutes=1))
            made["document"] = other["document"]
        case "officer":
            head["attestations"][0]["officer"] = "officer-9"
        case "time":
            head["attestations"][0]["at"] = (clock() - timedelta(hours=1)).isoformat()
    assert flaw(with_letter(clock, made), clock) in (Flaw.SIGNATURE_BROKEN, Flaw.SIGNATURE_REPEATED)


def test_paper_brings_scan_and_attestation_and_no_key_of_its_own(clock):
    for lost in ("scan", "attestations"):
        made = letter("H-1", [inked("head")], now=clock())
        del made["signers"][0][lost]
        assert flaw(with_letter(clock, made), clock) is Flaw.REGISTRATION_MALFORMED
    made = letter("H-1", [inked("head")], now=clock())
    made["signers"][0] |= {"identityProof": proof(clock)}
    assert flaw(with_letter(clock, made), clock) is Flaw.REGISTRATION_MALFORMED


def test_ink_cannot_be_turned_into_an_electronic_signature(clock):
    made = letter("H-1", [inked("head")], now=clock(), signed=[signs("head")])
    assert flaw(with_letter(clock, made), clock) is Flaw.SIGNER_UNLISTED


# --- agents ---


def agent(ref="brother", giver="mother", *, key=None, scan=None, days=YEAR, covers=(), ward=None):
    mandate = Mandate("M-1", giver, *days, covers=covers, key=key or (None if scan else KEYS[giver]), scan=scan)
    return signs(ref, capacity="AGENT", covers=(ward or giver,), mandates=(mandate,))


def test_an_agent_signs_under_the_persons_own_mandate(clock):
    found = only(clock, agent()).signatures[0]
    assert (found.covers, found.assurance, found.evidence["mandates"]) == (("mother",), "SUBSTANTIAL", ["M-1"])
    assert only(clock, agent(scan=SCAN)).signatures[0].assurance == "LOW"
    assert fault(clock, agent(giver="head", ward="mother", covers=("mother",))) is Flaw.SIGNER_NOT_ABLE
    assert fault(clock, signs("brother", capacity="AGENT", covers=("mother",))) is Flaw.SIGNER_NOT_ABLE


def test_for_a_child_an_agent_needs_a_guardians_mandate(clock):
    assert only(clock, agent("mother", "wife", covers=("girl",), ward="girl")).signatures[0].covers == ("girl",)
    assert fault(clock, agent("mother", "girl", key=KEYS["girl"])) is Flaw.SIGNER_NOT_ABLE
    assert fault(clock, agent("mother", "wife", ward="girl")) is Flaw.SIGNER_NOT_ABLE, "a mandate for herself is none for her daughter"


@pytest.mark.parametrize("days", [(date(2026, 1, 1), date(2026, 11, 22)), (date(2026, 11, 24), date(2026, 12, 31))])
def test_a_mandate_past_its_time_or_before_it_is_no_mandate(clock, days):
    assert fault(clock, agent(days=days)) is Flaw.MANDATE_NOT_IN_FORCE
    assert fault(clock, agent(days=days, scan=SCAN)) is Flaw.MANDATE_NOT_IN_FORCE


def test_a_mandate_is_signed_by_its_giver_for_this_agent_and_matter(clock):
    assert fault(clock, agent(key=KEYS["brother"])) is Flaw.SIGNATURE_REPEATED, "the agent made it out himself"
    made = letter("H-1", [agent()], now=clock())
    document = orjson.loads(unbase64url(made["document"]))
    document["agents"][0]["mandates"][0]["validUntil"] = "2099-12-31"
    changed = letter("H-1", [agent()], now=clock(), document={})
    changed["document"] = base64url(canonical(document))
    changed["signers"] = made["signers"]
    assert flaw(with_letter(clock, changed), clock) is Flaw.SIGNATURE_BROKEN


def test_somebody_outside_the_household_signs_as_agent_and_is_nobodys_subject(clock):
    people = [*family(), person("clerk", "测试辛", date(1985, 2, 2), "1", "99", role="AGENT")]
    key = OKPKey.generate_key("Ed25519")
    mandate = Mandate("M-1", "mother", *YEAR, key=KEYS["mother"])
    row = signs("clerk", key=key, capacity="AGENT", covers=("mother",), mandates=(mandate,))
    assert only(clock, row, people=people).signatures[0].ref == "clerk"
    assert fault(clock, signs("clerk", key=key), people) is Flaw.SIGNER_NOT_ABLE


# --- the dead, minors of full capacity ---


def test_nobody_signs_after_death_and_a_death_is_on_a_day_that_can_be(clock):
    people = family()
    people[2]["deathOn"] = "2026-11-22"
    assert fault(clock, signs("mother"), people) is Flaw.SIGNER_NOT_ABLE
    assert fault(clock, agent(), people) is Flaw.SIGNER_NOT_ABLE
    people[2]["deathOn"] = "2026-11-23"
    assert only(clock, signs("mother"), people=people).signatures[0].ref == "mother", "that morning she could"
    for day in ("2026-11-25", "1950-07-02"):
        people[2]["deathOn"] = day
        assert flaw(registered(clock, people=people, letters=[]), clock) is Flaw.DEATH_DATE_WRONG
    people[2].pop("deathOn")
    people[0]["deathOn"] = "2026-11-01"
    assert flaw(registered(clock, people=people, letters=[]), clock) is Flaw.GUARDIAN_NOT_ABLE


def test_a_minor_is_of_full_capacity_by_own_labour_income_alone(clock):
    people = family()
    people[3] = person("son", "测试丁", date(2009, 11, 23), "1", "20", capacity="FULL")
    assert flaw(registered(clock, people=people, letters=[]), clock) is Flaw.CAPACITY_NOT_OF_AGE
    people[3]["ownLabourIncome"] = True
    assert only(clock, signs("son"), people=people).signatures[0].ref == "son"


# --- the document ---


def test_one_sheet_holds_a_parents_own_signature_and_theirs_for_a_child(clock):
    rows = [signs("head"), signs("head", capacity="LEGAL_REPRESENTATIVE", covers=("girl",))]
    found = verified(with_letter(clock, letter("H-1", rows, now=clock())), clock).letters[0]
    assert [(one.capacity, one.covers) for one in found.signatures] == [("SELF", ("head",)), ("LEGAL_REPRESENTATIVE", ("girl",))]


def test_what_a_holder_knows_stays_closed_where_the_letter_does_not_name_such_holders(clock):
    open_ = only(clock, signs("head"), holders=["GOVERNMENT"]).fact_groups
    assert "vehicle" in open_
    assert not {"bankDeposit", "paymentAccount", "providentFund", "ALL_LISTED"} & set(open_)
    assert only(clock, signs("head"), holders=["FINANCIAL"], fact_groups=["bankDeposit", "vehicle"]).fact_groups == ("bankDeposit",)
    assert fault(clock, signs("head"), holders=["FINANCIAL"], fact_groups=["vehicle"]) is Flaw.LETTER_MALFORMED
    assert only(clock, signs("head")).fact_groups == ("ALL_LISTED",)


@pytest.mark.parametrize("lost", ["scope", "truthPromise", "readingDeclaration", "notice", "validity", "people"])
def test_no_part_of_the_form_may_be_missing(clock, lost):
    made = letter("H-1", [signs("head")], now=clock())
    document = orjson.loads(unbase64url(made["document"]))
    document.pop(lost)
    made["document"] = base64url(canonical(document))
    assert flaw(with_letter(clock, made), clock) is Flaw.LETTER_MALFORMED


def test_a_letter_for_another_matter_is_refused(clock):
    assert fault(clock, signs("head"), matter="TEKUN") is Flaw.LETTER_OF_ANOTHER_CASE


def first_form(made):
    """The same letter as letters were before the national form."""
    document = orjson.loads(unbase64url(made["document"]))
    for name in ("scope", "truthPromise", "readingDeclaration"):
        del document[name]
    document["validity"] = {"kind": "EVENT_EXIT"}
    for row in document["people"]:
        del row["idType"], row["relation"]
    for row in document["signers"]:
        del row["method"], row["separately"]
    return made | {"document": base64url(canonical(document))}


def test_a_letter_of_the_first_form_stands_where_the_hub_holds_it_and_only_there(clock):
    old = first_form(letter("H-1", [signs("head")], now=clock()))
    del old["signers"]
    assert flaw(with_letter(clock, old), clock) is Flaw.LETTER_MALFORMED
    held = {sha256(unbase64url(old["document"]))}
    found = verified(with_letter(clock, old), clock, held=held).letters[0]
    assert (found.signatures, found.validity, found.fact_groups) == ((), frozenset(), ("ALL_LISTED",))


def test_a_letter_is_brought_with_its_signatures_also_where_the_hub_holds_it(clock):
    made = letter("H-1", [signs("head")], now=clock())
    held = {sha256(unbase64url(made["document"]))}
    del made["signers"]
    with pytest.raises(Refused) as caught:
        verified(with_letter(clock, made), clock, held=held)
    assert caught.value.flaw is Flaw.SIGNER_MISSING
