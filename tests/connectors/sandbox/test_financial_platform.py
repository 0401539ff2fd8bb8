"""The financial platform alone: takes a question once, answers later, tells what its contract says and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from aiohttp import web
from jsonschema import Draft202012Validator

from connectors.sandbox.controls import BadControl
from connectors.sandbox.institutions import INSTITUTIONS
from connectors.signing import message_signer
from tests.connectors.shipped import DIRECTORY, SETTINGS
from tests.waiting import until

CONTRACT = yaml.safe_load(Path("docs/contracts/JR.yaml").read_text(encoding="utf-8"))


class Hub:
    """Asks as a hub would, and keeps what it is called back with."""

    def __init__(self, platform, http, clock, random) -> None:
        self.platform, self.http, self.heard = platform, http, []
        self.status = 200
        self._sign = message_signer(
            key=platform.settings["private_key"], key_id=platform.settings["key_id"], intent_header="Hub-Intent", clock=clock, random=random,
        )

    async def open(self) -> str:
        async def taken(request: web.BaseRequest) -> web.Response:
            self.heard.append((dict(request.headers), await request.read()))
            return web.Response(status=self.status)

        self._runner = web.ServerRunner(web.Server(taken), access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}/departments/answers/JR"

    async def close(self) -> None:
        await self._runner.cleanup()

    async def post(self, path: str, body: object) -> tuple[int, dict]:
        url, content = self.platform.url + path, json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **self._sign(url, path, content, "log_1")}
        async with self.http.post(url, data=content, headers=headers) as reply:
            return reply.status, await reply.json()

    async def apply(self, numbers, *, institution="yh", fields=("ckye", "yerq"), **changed) -> tuple[int, dict]:
        items = [{"sqbh": f"job_{at}", "sfzh": number, "yt": "DIBAO_REVIEW", "spwh": "case_1", "ywlsh": "log_1"} for at, number in enumerate(numbers)]
        body = {"sqdw": "500152-MZ-HD", "fields": list(fields), "hddz": self.address, "items": items, **changed}
        return await self.post(f"/jr/v1/{institution}/apply", body)


@pytest.fixture
async def hub(government, http, clock, random):
    one = Hub(government.financial_platform, http, clock, random)
    await one.open()
    await government.control("JR", {"delay": "held"})
    yield one
    await one.close()


def holds(name: str, value: object) -> bool:
    schema = {"$ref": f"#/components/schemas/{name}", "components": CONTRACT["components"]}
    return Draft202012Validator(schema).is_valid(value)


def numbers_of(population) -> list[str]:
    return [member.person.id_number for member in population.demo_family().everyone()]


async def test_a_question_is_taken_and_answered_later_person_by_person(hub, population):
    numbers = numbers_of(population)
    status, told = await hub.apply(numbers)
    assert status == 200
    assert holds("Accepted", told)
    assert [one["sqbh"] for one in told["data"]["sl"]] == [f"job_{at}" for at in range(6)]
    assert hub.heard == []
    await hub.platform.release()
    answers = {answer["sqbh"]: answer for answer in (json.loads(body) for _, body in hub.heard)}
    assert len(answers) == 6
    assert all(holds("Answer", answer) for answer in answers.values())
    assert sorted(row["ckye"] for row in answers["job_0"]["jl"]) == [31000, 682035]
    assert {name for row in answers["job_0"]["jl"] for name in row} == {"ckye", "yerq"}
    assert (answers["job_4"]["zt"], answers["job_4"]["jl"]) == ("0", [])
    assert all("jr-500152" in headers["Signature-Input"] for headers, _ in hub.heard)


async def test_what_is_polled_is_what_is_called_back(hub, population):
    await hub.apply(numbers_of(population)[:2])
    status, told = await hub.post("/jr/v1/yh/result", {"sqbhlb": ["job_0", "job_1", "job_9"]})
    assert (status, [one["zt"] for one in told["data"]["jg"]]) == (200, ["5", "5"])
    await hub.platform.release()
    _, told = await hub.post("/jr/v1/yh/result", {"sqbhlb": ["job_0", "job_1"]})
    assert told["data"]["jg"] == [json.loads(body) for _, body in sorted(hub.heard, key=lambda one: one[1])]
    _, elsewhere = await hub.post("/jr/v1/zq/result", {"sqbhlb": ["job_0"]})
    assert elsewhere["data"]["jg"] == []


async def test_the_same_number_is_one_question_and_with_other_content_refused(hub, population, government):
    numbers = numbers_of(population)
    for _ in range(2):
        assert (await hub.apply(numbers[:1]))[0] == 200
    assert hub.platform.numbers == ["job_0"]
    assert (await hub.apply(numbers[1:2]))[0] == 409
    assert (await hub.apply(numbers[:1], fields=("ckye",)))[0] == 409
    assert (await hub.apply(numbers[:1], institution="zf", fields=("zhye",)))[0] == 409


@pytest.mark.parametrize("changed", [
    {"fields": []}, {"fields": ["sfzh"]}, {"fields": [1]}, {"hddz": "http://10.0.0.1/answers"}, {"hddz": None}, {"items": []}, {"items": [{}]},
    {"items": [{"sqbh": "", "sfzh": "x", "yt": "x", "spwh": "x", "ywlsh": "log_1"}]}, {"sqdw": 5},
    {"items": [{"sqbh": "j", "sfzh": "x", "yt": "x", "spwh": "x", "ywlsh": "log_2"}]},
])
async def test_a_question_outside_the_contract_is_refused(hub, population, changed):
    status, told = await hub.apply(numbers_of(population)[:1], **changed)
    assert status in {400, 413}
    assert holds("Refusal", told)
    assert hub.platform.numbers == []


async def test_unsigned_and_replayed_questions_and_unknown_addresses_are_refused(hub, population, http):
    async with http.post(f"{hub.platform.url}/jr/v1/yh/apply", data=b"{}") as reply:
        assert (reply.status, (await reply.json())["code"]) == (401, "J0401")
    assert (await hub.post("/jr/v1/xx/apply", {}))[0] == 404
    assert (await hub.post("/jr/v1/yh/cancel", {}))[0] == 404
    assert (await hub.post("/jr/v1/yh/apply", []))[0] == 400
    assert (await hub.post("/jr/v1/yh/result", {"sqbhlb": []}))[0] == 400


async def test_an_institution_answers_by_itself_in_its_time_and_again_where_nobody_took_it(hub, population, government):
    await government.control("JR", {"delay": 0})
    hub.status = 503
    await hub.apply(numbers_of(population)[:1])
    await until(lambda: hub.heard)
    hub.status = 200
    await until(lambda: len(hub.heard) == 2)
    first, second = hub.heard
    assert first[1] == second[1]
    assert first[0]["Signature"] != second[0]["Signature"], "signed anew"


async def test_a_delay_that_is_none_is_refused(government):
    for settings in ({"delay": -1}, {"delay": "soon"}, {"delay": True}):
        with pytest.raises(BadControl):
            await government.control("JR", settings)


def test_the_contract_names_what_the_institutions_write_and_the_manifest_asks():
    schemas = CONTRACT["components"]["schemas"]
    manifest = (DIRECTORY / "JR.toml").read_text(encoding="utf-8")
    for name, institution in INSTITUTIONS.items():
        assert set(schemas[name]["properties"]) == institution.fields
        assert all(f'"{field}"' in manifest for field in institution.fields)
        assert f'submit = "/jr/v1/{name}/apply"' in manifest
        assert f'poll = "/jr/v1/{name}/result"' in manifest
    assert set(CONTRACT["paths"]) == {"/jr/v1/{institution}/apply", "/jr/v1/{institution}/result"}
    assert "JR_CALLBACK_PUBLIC_KEY" in SETTINGS
