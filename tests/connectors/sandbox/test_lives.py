"""What the departments of livelihood know of one person is one life: bills agree with illness, deposits with the wage, schools with the age."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from stdnum.cn import uscc

from connectors.sandbox.facts.livelihood import wage
from connectors.sandbox.population import Population

PEOPLE = Population("500152", 4000, 1)
LIVING = [person for person in PEOPLE.people() if person.index >= 0]


def known(group):
    """Everybody with records of a group, and their records."""
    return [(person, records) for person in LIVING if (records := PEOPLE.records(group, person))]


@pytest.mark.parametrize("group", ["medicalInsurance", "health", "housing", "providentFund", "vessel", "marketEntity", "education"])
def test_some_have_records_of_a_group_and_some_have_none(group):
    assert 0.02 * len(LIVING) < len(known(group)) < len(LIVING)


def test_who_is_insured_by_an_employer_is_so_at_both_insurers_and_in_the_same_region():
    both = [(PEOPLE.records("socialInsurance", person), records) for person, records in known("medicalInsurance")]
    agreeing = [(social[0], medical[0]) for social, medical in both if social]
    assert len(agreeing) > 1000
    assert all((one["scheme"], one["insuredRegion"]) == (other["scheme"], other["insuredRegion"]) for one, other in agreeing)


def test_the_gravely_ill_have_the_bills_and_a_certificate_of_death_is_a_death_of_the_register():
    grave = {person.index for person, records in known("health") if records[0]["seriousIllness"]}
    bills = [(person.index in grave, records[0]["outOfPocket12m"]) for person, records in known("medicalInsurance")]
    assert all((bill >= 9000) == ill for ill, bill in bills if bill is not None)
    certified = {person.index: records[0]["deathCertificateOn"] for person, records in known("health") if records[0]["deathCertificateOn"]}
    assert certified == {person.index: person.death_on for person in LIVING if person.death_on}


def test_paralysis_is_of_the_severely_disabled_and_of_strokes():
    for person, (entry,) in known("health"):
        if entry["paralysisMonths"]:
            assert person.disability == (4, 1) or entry["illnessCategory"] == "IX"


def test_the_fund_takes_twelve_per_cent_of_the_wage_from_each_side():
    deposits = [(person, records[0]) for person, records in known("providentFund") if records[0]["status"] == "NORMAL"]
    assert len(deposits) > 300
    for person, account in deposits:
        assert account["monthlyDeposit"] == (wage(person, PEOPLE.setting) * Decimal("0.24")).quantize(Decimal("0.01"))
        assert account["balanceBand"] >= account["monthlyDeposit"]


def test_a_lorry_in_commercial_use_is_one_asset_in_two_registers():
    for person, records in known("vessel"):
        lorries = [one for one in records if one["kind"] == "COMMERCIAL_VEHICLE"]
        police = [one for one in PEOPLE.records("vehicle", person) if one["useNature"] == "COMMERCIAL" and one["status"] == "NORMAL"]
        assert [(one["valueBand"], one["registeredOn"]) for one in lorries] == [(one["valueBand"], one["registeredOn"]) for one in police]


def test_whoever_lives_on_business_has_one_and_every_code_holds_its_check_character():
    owners = {person.index for person, records in known("marketEntity") if any(one["status"] == "OPEN" for one in records)}
    assert {person.index for person in LIVING if person.life == "BUSINESS"} <= owners
    codes = [one["uscc"] for _, records in known("marketEntity") for one in records]
    assert all(uscc.is_valid(code) for code in codes)
    assert len(set(codes)) == len(codes)


def test_a_stage_of_education_fits_the_age_and_a_child_of_school_age_is_in_school():
    ages = {"PRESCHOOL": range(3, 6), "PRIMARY": range(6, 12), "JUNIOR": range(12, 15), "HIGH": range(15, 21), "VOCATIONAL": range(15, 21)}
    enrolled = Counter()
    for person, (school,) in known("education"):
        age = person.age(PEOPLE.today)
        assert age in ages.get(school["stage"], range(18, 24))
        assert (school["aidKind"] is None) == (school["aidAmount"] is None)
        enrolled[person.index] += school["enrolled"]
    assert all(enrolled[person.index] for person in LIVING if 3 <= person.age(PEOPLE.today) < 18)


def test_a_home_of_ones_own_and_public_rental_exclude_each_other():
    for _, (entry,) in known("housing"):
        assert not (entry["publicRental"] and entry["perCapitaArea"])
        assert not (entry["publicRental"] and entry["rentSubsidy"])
