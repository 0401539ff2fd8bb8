from __future__ import annotations

from pathlib import Path

import pytest

from connectors.sandbox.civil_affairs import SDL
from tests.connectors.sandbox.conftest import family_numbers

ROOT = Path(__file__).resolve().parents[3]
ALL = """query($a: [PersonAsk!]!, $o: String!) { persons(asks: $a, organisation: $o) { dataTime persons { key
  assistance { kind objectClass dibaoLevel urban monthly since until state stopCode payerRegion }
  ...M confirmations { objectClass region issuer confirmed validUntil standard effective } } } }
  fragment M on Person { marriage { status event registered spouseIdNumber registryRegion } }"""


@pytest.fixture
def ask(government, http):
    settings = government.settings["MZ"]

    async def ask(query, numbers, *, bearer=None):
        asks = [{"idNumber": n, "key": str(i), "purpose": "DIBAO_REVIEW", "approval": "case-1", "reference": f"intent-{i}"} for i, n in enumerate(numbers)]
        headers = {"Authorization": f"Bearer {bearer or settings['bearer']}"}
        async with http.post(settings["url"] + "/graphql", json={"query": query, "variables": {"a": asks, "o": "MZ-HD"}}, headers=headers) as answer:
            return answer.status, await answer.json()

    return ask


async def test_one_operation_tells_all_three_lists_in_the_bureaus_codes(ask, population):
    numbers = family_numbers(population)
    status, told = await ask(ALL, numbers)
    persons = told["data"]["persons"]["persons"]
    assert status == 200
    assert [one["key"] for one in persons] == list("012345")
    assert persons[0]["marriage"] == [{"status": "2", "event": 1, "registered": "2006-10-01", "spouseIdNumber": numbers[1], "registryRegion": "500152"}]
    assert persons[2]["assistance"][0]["kind"] == "05"
    assert persons[0]["confirmations"][0] == {
        "objectClass": "13", "region": "500152", "issuer": "重庆市潼南区民政局", "confirmed": "2026-03-18", "validUntil": "2027-03-17",
        "standard": "500152-URBAN-2026", "effective": True,
    }
    assert persons[3]["marriage"] == []


async def test_the_journal_names_each_list_and_its_columns(ask, government, population):
    await ask(ALL, family_numbers(population)[:1])
    asked = {entry["group"]: entry["columns"] for entry in government.journal("MZ").entries}
    assert set(asked) == {"civilAssistance", "marriage", "confirmation"}
    assert asked["marriage"] == ["status", "event", "registered", "spouseIdNumber", "registryRegion"]


async def test_confirmations_of_another_region_are_left_out(ask, population):
    query = 'query($a: [PersonAsk!]!, $o: String!) { persons(asks: $a, organisation: $o) { persons { confirmations(region: "511725") { region } } } }'
    _, told = await ask(query, family_numbers(population)[:1])
    assert told["data"]["persons"]["persons"] == [{"confirmations": []}]


async def test_without_the_token_nothing_is_read(ask, population):
    status, told = await ask("{ __schema { types { name } } }", [], bearer="guess")
    assert (status, told["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert "data" not in told


@pytest.mark.parametrize("query", ["{", "{ nothing }", "#" * 20_001, "{ __schema { types { fields { type { ofType { ofType { name } } } } } } }"])
async def test_documents_that_are_wrong_long_or_deep_are_refused(ask, query):
    assert (await ask(query, []))[0] == 400


async def test_too_many_people_are_an_error_of_the_answer(ask, population):
    _, told = await ask(ALL, family_numbers(population) * 17)
    assert (told["data"], told["errors"][0]["extensions"]["code"]) == (None, "BAD_ASK")


@pytest.mark.parametrize("lie", ["half", "extra_people", "types", "renamed", "extra_fields"])
async def test_it_lies_when_told(ask, government, population, lie):
    honest = await ask(ALL, family_numbers(population))
    await government.control("MZ", {"lie": lie})
    assert (await ask(ALL, family_numbers(population))) != honest
    await government.control("MZ", {})
    assert (await ask(ALL, family_numbers(population))) == honest


def test_the_contract_shows_the_schema_that_is_served():
    assert (ROOT / "docs/contracts/MZ.graphql").read_text(encoding="utf-8") == SDL
