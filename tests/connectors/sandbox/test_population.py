from __future__ import annotations

import dataclasses
import itertools
from datetime import date

import pytest
from stdnum.iso7064 import mod_11_2

from connectors.sandbox.facts.by_group import GENERATORS
from connectors.sandbox.households import MOST_PEOPLE
from connectors.sandbox.id_numbers import check_digit, id_number
from connectors.sandbox.names import COMPOUND
from connectors.sandbox.population import Population
from policies.code_lists import CODE_LISTS
from schema.register import GROUPS as LABELLED

BIG = Population("500152", 4000, 1)


def everything(population: Population, index: int) -> object:
    person = population.person(index)
    return dataclasses.astuple(person), [population.records(group, person) for group in GENERATORS]


def test_the_same_seed_gives_the_same_people_and_records_whatever_was_asked_before():
    one, other = Population("500152", 400, 3), Population("500152", 4000, 3)
    list(other.people())
    assert [everything(one, i) for i in reversed(range(0, 400, 7))] == [everything(other, i) for i in reversed(range(0, 400, 7))]


def test_every_code_of_the_records_stands_in_the_list_its_label_names():
    outside = {
        (group, field.name, record[field.csv_name])
        for group in GENERATORS for field in LABELLED[group].fields.values() if field.codes
        for person in itertools.islice(BIG.people(), 1500) for record in BIG.records(group, person)
        if record.get(field.csv_name) is not None and not CODE_LISTS[field.codes].holds(str(record[field.csv_name]))
    }
    assert not outside


def test_another_seed_or_region_gives_other_people():
    first = Population("500152", 20, 1)
    for other in (Population("500152", 20, 2), Population("511725", 20, 1)):
        assert [p.name for p in first.people()][9:] != [p.name for p in other.people()][9:]


def test_a_known_person_never_changes():
    # Recorded once: a change here changes every recorded answer and the benchmark's rows.
    person = Population("500152", 20, 1).person(5)
    assert (person.id_number, person.name) == KNOWN


KNOWN = ("509906194902040012", "姜斌建")


def test_every_id_number_is_valid_unassigned_unique_and_agrees_with_its_person():
    numbers = set()
    for person in BIG.people():
        assert mod_11_2.is_valid(person.id_number)
        assert person.id_number[:4] in {"5099", "5199"}
        assert person.id_number[6:14] == f"{person.birth_date:%Y%m%d}"
        assert int(person.id_number[16]) % 2 == (person.sex == "1")
        numbers.add(person.id_number)
    assert len(numbers) == 4000 + 9


def test_the_published_example_has_its_check_digit():
    assert check_digit("11010519491231002") == "X"


def test_an_id_number_under_an_assigned_county_cannot_be_made():
    with pytest.raises(ValueError, match="5099xx"):
        id_number(province="11", county=1, born=date(1990, 1, 1), sequence=1)


def test_id_numbers_stay_unique_far_beyond_the_default_size():
    # People alike in county and sequence are born on different days of the month.
    million = Population("500152", 1_000_000, 1)
    assert len({million.person(17 + turn * 99 * 499).id_number for turn in range(20)}) == 20
    assert len({million.person(17 + turn * 99 * 499).birth_date.day for turn in range(20)}) == 20


@pytest.mark.parametrize("group", GENERATORS)
def test_every_group_knows_some_people_and_not_others(group):
    found = sum(bool(BIG.records(group, person)) for person in BIG.people())
    assert 50 < found < 4009 - 50


def test_records_hold_every_field_of_their_group_and_agree_with_one_another():
    seen = {group: set() for group in GENERATORS}
    for person in BIG.people():
        for group in GENERATORS:
            seen[group].update(tuple(record) for record in BIG.records(group, person))
        estates = BIG.records("realEstate", person)
        assert all(record["propertyCount"] == len(estates) for record in estates)
        for record in BIG.records("marriage", person):
            assert record["registeredOn"] is None or record["registeredOn"] <= BIG.today
        for record in BIG.records("disability", person):
            assert record["certNoTail"] == (person.id_number + record["category"] + str(record["grade"]))[-4:]
            assert record["severe"] == (record["grade"] <= 2 or (record["grade"] == 3 and record["category"] in "56"))
    assert {group: len(shapes) for group, shapes in seen.items()} == dict.fromkeys(GENERATORS, 1)


def test_a_couple_agrees_on_its_marriage():
    couples = 0
    for person in BIG.people():
        if person.spouse is None or person.index < 0:
            continue
        spouse = BIG.person(person.spouse)
        [own], [other] = BIG.records("marriage", person), BIG.records("marriage", spouse)
        assert own["spousePid"] == spouse.id_number
        assert own["registeredOn"] == other["registeredOn"]
        couples += 1
    assert couples > 500


def test_households_are_as_the_domain_describes_them():
    households = list(BIG.households())
    people = list(BIG.people())
    ages = [person.age(BIG.today) for person in people]
    assert sum(bool(household.obligors) for household in households) > 100
    assert all(one.person.household != household.index for household in households for one in household.obligors)
    assert sum(age < 14 for age in ages) > 300
    assert sum(14 <= age < 18 for age in ages) > 50
    assert sum(person.disability is not None for person in people) > 200
    assert sum(person.hukou_region != person.residence_region for person in people) > 100
    assert sum(person.death_on is not None for person in people) > 10
    assert sum(person.life == "STUDENT" for person in people) > 20
    assert sum(person.kin_of_staff for person in people) > 5
    assert {household.relief for household in households} == {"", "DIBAO", "EDGE", "RIGID", "TEKUN"}
    assert any(record["region"] != "500152" for person in people for record in BIG.records("realEstate", person))
    assert any(person.name.startswith(COMPOUND) for person in people)
    assert any("·" in person.name for person in people)


def test_whoever_cannot_sign_has_an_able_guardian_in_the_household():
    minors = 0
    for household in BIG.households():
        able = {one.person.index for one in household.members if one.capacity == "FULL"}
        for one in household.members:
            assert set(one.guardians) <= able
            if one.person.age(BIG.today) < 18:
                assert one.capacity in {"NONE", "LIMITED"}
                minors += bool(one.guardians)
    assert minors > 400


def test_the_demo_family_has_something_at_every_department():
    family = BIG.demo_family()
    ages = [one.person.age(BIG.today) for one in family.members]
    assert (len(family.members), len(family.obligors)) == (5, 1)
    assert 9 in ages
    assert family.members[3].guardians == (-1, -2)
    assert family.obligors[0].role == "OBLIGOR"
    for group in GENERATORS:
        assert any(BIG.records(group, one.person) for one in family.everyone())
        assert not all(BIG.records(group, one.person) for one in family.everyone())


def test_the_edge_family_is_confirmed_where_it_was_and_lives_where_it_is():
    here, there = Population("500152", 20, 1), Population("511725", 20, 99)
    assert here.edge_family() == there.edge_family()
    head = here.edge_family().head
    assert not here.records("confirmation", head)
    [confirmed] = there.records("confirmation", head)
    assert (confirmed["category"], confirmed["region"], confirmed["status"]) == ("DIBAO_EDGE", "511725", "EFFECTIVE")
    [register] = here.records("householdRegister", head)
    assert register["hukouRegion"] == "511725"
    assert register["residencePermitValidTo"]


def test_people_are_found_by_id_number_and_nobody_else_is():
    person = BIG.person(1234)
    assert BIG.by_id_number(person.id_number) is person
    assert BIG.by_id_number("509999200001010012") is None


def test_signing_keys_are_the_persons_own_and_stay():
    again = Population("500152", 20, 1)
    one, other = BIG.person(1), BIG.person(2)
    raw = [key.public_key().public_bytes_raw() for key in (BIG.signing_key(one), again.signing_key(one), BIG.signing_key(other), BIG.platform_key())]
    assert raw[0] == raw[1]
    assert len(set(raw)) == 3
    assert BIG.es256_key(one).private_numbers() == again.es256_key(one).private_numbers()


def test_a_person_shows_neither_name_nor_number_when_printed():
    person = BIG.demo_family().head
    assert person.name not in repr(BIG.demo_family())
    assert person.id_number not in repr(BIG.demo_family())


def test_outside_the_population_there_is_nobody():
    with pytest.raises(IndexError):
        BIG.person(4000)
    with pytest.raises(IndexError):
        BIG.household(BIG.household_count)
    with pytest.raises(KeyError):
        BIG.records("deposits", BIG.person(0))


def test_a_number_leads_back_to_its_person_in_a_million_without_a_register():
    million = Population("500152", 1_000_000)
    for index in (0, 19, 20, 49_400, 49_401, 777_777, 999_999):
        person = million.person(index)
        assert million.by_id_number(person.id_number) == person
    assert million.by_id_number(Population("511725").person(5).id_number) is None
    assert million.by_id_number(Population("500152", MOST_PEOPLE).person(MOST_PEOPLE - 1).id_number) is None
    for nobody in ("", "not a number", "50990119900101101", "509900199001011010", "509901199001019990", "509901199001310010"):
        assert million.by_id_number(nobody) is None


def test_more_people_than_have_numbers_of_their_own_are_refused():
    with pytest.raises(ValueError, match=str(MOST_PEOPLE)):
        Population("500152", MOST_PEOPLE + 1)
