from __future__ import annotations

import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

from tests.connectors.sandbox.conftest import family_numbers

COVERED = ("@method", "@target-uri", "content-digest", "hub-intent")


class Key(HTTPSignatureKeyResolver):
    def __init__(self, key):
        self.key = key

    def resolve_private_key(self, key_id):
        return self.key


class Message:
    def __init__(self, url, headers):
        self.method, self.url, self.headers = "POST", url, headers


def items(numbers):
    return [{"xh": str(i), "sfzh": n, "yt": "DIBAO_REVIEW", "spwh": "case-1", "ywlsh": f"intent-{i}"} for i, n in enumerate(numbers)]


def signed(url, body, *, key, at, nonce, covered=COVERED, intents=None):
    asked = json.loads(body)
    intents = intents or ", ".join(item["ywlsh"] for item in asked["items"])
    message = Message(url, {"Content-Type": "application/json", "Hub-Intent": intents})
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=Key(key))
    signer.sign(message, key_id="hub-500152", created=at, nonce=nonce, label="sig1", covered_component_ids=covered, body=body)
    return message.headers


@pytest.fixture
def ask(government, http, population, clock, random):
    async def ask(fields, numbers, *, path="vehicle", key=None, at=None, nonce=None, tamper=None, covered=COVERED, **more):
        url = f"{government.settings['GA']['url']}/api/v1/query/{path}"
        body = json.dumps({"sqdw": "MZ-HD", "fields": fields, "items": items(numbers), **more}).encode()
        key = key or Ed25519PrivateKey.from_private_bytes(population.secret("hub at GA"))
        headers = signed(url, body, key=key, at=at or clock(), nonce=nonce or random(16).hex(), covered=covered)
        async with http.post(url, data=tamper(body) if tamper else body, headers=headers) as answer:
            return answer.status, await answer.json()

    return ask


async def test_a_signed_batch_gets_the_named_fields_of_everyone_in_order(ask, population):
    status, told = await ask(["syxz", "ccdjrq"], family_numbers(population))
    assert status == 200
    assert told["data"]["gxsj"] == "20261121233000"
    assert [one["zt"] for one in told["data"]["jg"]] == ["1", "0", "1", "0", "0", "1"]
    assert [one["xh"] for one in told["data"]["jg"]] == list("012345")
    assert told["data"]["jg"][0]["jl"] == [{"syxz": "A", "ccdjrq": "20210412"}, {"syxz": "A", "ccdjrq": "20220901"}]


async def test_the_bureau_computes_bands_and_comparisons_without_telling_the_value(ask, population):
    status, told = await ask(["pgqj"], family_numbers(population), yz=[{"zd": "pgjz", "fz": "5000"}, {"zd": "pgjz", "fz": "100000"}])
    rows = [one["jl"] for one in told["data"]["jg"]]
    assert status == 200
    assert rows[0] == [{"pgqj": "2", "pgjz_db": ["0", "0"]}, {"pgqj": "4", "pgjz_db": ["1", "0"]}]
    assert rows[5] == [{"pgqj": "6", "pgjz_db": ["1", "1"]}]


async def test_the_register_writes_dates_heads_and_nulls_its_own_way(ask, population):
    _, told = await ask(["yhzgx", "qrrq", "qcrq", "hlb", "hnrs"], family_numbers(population)[:1], path="hukou")
    assert told["data"]["jg"][0]["jl"] == [{"yhzgx": "00", "qrrq": "19850314", "qcrq": "", "hlb": "1", "hnrs": "4"}]


async def test_the_journal_keeps_references_purposes_and_columns_but_no_id_number(ask, government, population):
    numbers = family_numbers(population)[:2]
    await ask(["syxz"], numbers, yz=[{"zd": "pgjz", "fz": "5000"}])
    [entry] = government.journal("GA").entries
    assert entry["columns"] == ["syxz", "pgjz>=5000"]
    assert entry["subjects"][1] == {"reference": "intent-1", "purpose": "DIBAO_REVIEW", "approval": "case-1"}
    assert not any(number in json.dumps(entry) for number in numbers)


async def test_a_replay_a_stale_clock_a_foreign_key_and_a_changed_byte_are_refused(ask, population, clock):
    numbers = family_numbers(population)[:1]
    assert (await ask(["syxz"], numbers, nonce="n" * 20))[0] == 200
    assert (await ask(["syxz"], numbers, nonce="n" * 20))[0] == 401
    assert (await ask(["syxz"], numbers, nonce="short"))[0] == 401
    assert (await ask(["syxz"], numbers, at=clock() - timedelta(seconds=301)))[0] == 401
    assert (await ask(["syxz"], numbers, at=clock() + timedelta(seconds=31)))[0] == 401
    assert (await ask(["syxz"], numbers, key=Ed25519PrivateKey.from_private_bytes(b"x" * 32)))[0] == 401
    assert (await ask(["syxz"], numbers, tamper=lambda body: body.replace(b"syxz", b"hphm")))[0] == 401
    assert (await ask(["syxz"], numbers, covered=("@method", "@target-uri", "content-digest")))[0] == 401


async def test_a_nonce_may_return_once_its_time_is_over(ask, population, clock):
    numbers = family_numbers(population)[:1]
    assert (await ask(["syxz"], numbers, nonce="n" * 20))[0] == 200
    clock.advance(400)
    assert (await ask(["syxz"], numbers, nonce="n" * 20))[0] == 200


async def test_unknown_fields_too_many_people_and_no_fields_are_refused(ask, population):
    numbers = family_numbers(population)
    assert (await ask(["sfzh"], numbers))[0] == 400
    assert (await ask([], numbers))[0] == 400
    assert (await ask(["hh"], numbers))[0] == 400
    assert (await ask(["syxz"], numbers * 9))[0] == 413
    assert (await ask(["hh"], numbers[:1], path="hukou", yz=[{"zd": "pgjz", "fz": "1"}]))[0] == 400


async def test_an_unsigned_request_is_refused(government, http):
    async with http.post(f"{government.settings['GA']['url']}/api/v1/query/vehicle", json={}) as answer:
        assert answer.status == 401


@pytest.mark.parametrize("lie", ["half", "extra_people", "types", "renamed", "extra_fields"])
async def test_it_lies_when_told_and_only_as_often_as_told(ask, government, population, lie):
    numbers = family_numbers(population)
    honest = await ask(["syxz"], numbers)
    await government.control("GA", {"lie": lie, "times": 1})
    lied = await ask(["syxz"], numbers)
    assert lied[0] == 200
    assert lied[1]["data"]["jg"] != honest[1]["data"]["jg"]
    assert (await ask(["syxz"], numbers)) == honest
