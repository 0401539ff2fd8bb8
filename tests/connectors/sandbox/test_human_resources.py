from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from tests.connectors.sandbox.conftest import family_numbers


@pytest.fixture
def ask(government, http, clock, random):
    settings = government.settings["RS"]

    async def ask(columns, numbers, *, path="/si/v2/payments", secret=None, nonce=None, late=0, **more):
        persons = [{"seq": str(i), "aac002": n, "ref": f"intent-{i}", "purpose": "DIBAO_REVIEW", "approval": "case-1"} for i, n in enumerate(numbers)]
        body = json.dumps({"orgCode": "MZ-HD", "columns": columns, "persons": persons, "pageSize": 100, "pageToken": None, **more}).encode()
        stamp, nonce = str(int((clock().timestamp() - late) * 1000)), nonce or random(16).hex()
        signed = f"POST\n{path}\n{stamp}\n{nonce}\n{hashlib.sha256(body).hexdigest()}".encode()
        signature = hmac.new((secret or settings["secret"]).encode(), signed, hashlib.sha256).hexdigest()
        headers = {"X-App-Key": settings["app_key"], "X-Timestamp": stamp, "X-Nonce": nonce, "X-Signature": signature}
        async with http.post(settings["url"] + path, data=body, headers=headers) as answer:
            return answer.status, await answer.json()

    return ask


async def test_a_signed_page_holds_the_named_columns_and_who_has_no_record(ask, population):
    status, told = await ask(["aae140", "aic020", "aic263", "aic079"], family_numbers(population))
    assert status == 200
    assert told["dataTime"] == "2026-11-21 23:00:00"
    assert told["noData"] == ["3"]
    assert told["rows"][0] == {"seq": "0", "aae140": "110", "aic020": "4176.00", "aic263": None, "aic079": 9}
    assert told["rows"][2]["aic263"] == "145.00"


async def test_jobs_carry_the_bureaus_own_codes(ask, population):
    _, told = await ask(["acc210", "ajc090", "acc0l0", "acc0b2", "acc0j3"], family_numbers(population)[1:2], path="/job/v2/status")
    assert told["rows"] == [{"seq": "0", "acc210": "6", "ajc090": "2026-03-02", "acc0l0": "0", "acc0b2": "202702", "acc0j3": 2}]


async def test_pages_follow_one_another_until_there_is_none(ask, population, government):
    numbers = [person.id_number for person in population.people()][:100]
    whole = (await ask(["aae140"], numbers))[1]
    rows, token = [], None
    while True:
        status, told = await ask(["aae140"], numbers, pageSize=30, pageToken=token)
        assert status == 200
        assert told["noData"] == whole["noData"]
        rows += told["rows"]
        token = told["nextPage"]
        if token is None:
            break
    assert rows == whole["rows"]
    assert len(rows) > 60
    # A page is not a new question.
    assert len(government.journal("RS").entries) == 2


async def test_a_page_token_is_good_for_its_request_alone_and_for_a_minute(ask, population, clock):
    numbers = [person.id_number for person in population.people()][:60]
    token = (await ask(["aae140"], numbers, pageSize=10))[1]["nextPage"]
    assert (await ask(["aae140", "aic020"], numbers, pageSize=10, pageToken=token))[0] == 400
    assert (await ask(["aae140"], numbers[:59], pageSize=10, pageToken=token))[0] == 400
    assert (await ask(["aae140"], numbers, pageSize=10, pageToken="9999" + token))[0] == 400
    assert (await ask(["aae140"], numbers, pageSize=10, pageToken=token))[0] == 200
    clock.advance(61)
    assert (await ask(["aae140"], numbers, pageSize=10, pageToken=token))[0] == 400


async def test_a_wrong_secret_a_stale_clock_and_a_repeat_are_refused(ask, population):
    numbers = family_numbers(population)[:1]
    assert (await ask(["aae140"], numbers, secret="wrong"))[0] == 401
    assert (await ask(["aae140"], numbers, late=301))[0] == 401
    assert (await ask(["aae140"], numbers, nonce="n" * 20))[0] == 200
    assert (await ask(["aae140"], numbers, nonce="n" * 20))[0] == 401


async def test_unknown_columns_and_too_many_people_are_refused(ask, population):
    numbers = family_numbers(population)
    assert (await ask(["aac003"], numbers))[0] == 400
    assert (await ask([], numbers))[0] == 400
    assert (await ask(["aae140"], numbers * 17))[0] == 413
    assert (await ask(["aae140"], numbers, pageSize=101))[0] == 400


@pytest.mark.parametrize("lie", ["half", "extra_people", "types", "renamed", "extra_fields"])
async def test_it_lies_when_told(ask, government, population, lie):
    numbers = family_numbers(population)
    honest = await ask(["aae140", "aic020"], numbers)
    await government.control("RS", {"lie": lie})
    status, lied = await ask(["aae140", "aic020"], numbers)
    assert (status, lied["success"]) == (200, True)
    assert lied["rows"] != honest[1]["rows"]
    await government.control("RS", {})
    assert await ask(["aae140", "aic020"], numbers) == honest
