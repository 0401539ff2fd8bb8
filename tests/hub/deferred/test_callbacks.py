"""What may arrive where departments call back: each refused by name, nothing lost, the first good answer kept."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from connectors.ledger import REFUSALS
from hub.access_log.entry import Kind
from hub.deferred import callback
from hub.deferred.ledger import PATH
from tests.hub.deferred.test_later_answers import BANKS, HEAD, of, release, told
from tests.hub.living import Living, Matter
from tests.hub.test_slow_bodies import dripped

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Desk:
    """The platform's post room: writes what a call-back would say and sends it signed, or not."""

    def __init__(self, later: Living, matter: Matter, number: str) -> None:
        self.later, self.matter, self.number = later, matter, number
        self.platform = later.government.financial_platform

    @property
    def answer(self) -> dict[str, Any]:
        return self.platform.told(self.number)

    async def send(self, answer: object, *, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        url, signed = self.platform.signed(self.number, body)
        async with self.later.line.session.post(url, data=io.BytesIO(body), headers=signed if headers is None else headers) as reply:
            return reply.status, (await reply.json())["code"]

    async def state(self) -> str:
        return next(row["state"] for row in await of(self.later, self.matter) if row["id"] == self.number)


async def a_question(later: Living) -> Desk:
    """The head's question at the bank, under way."""
    matter = await later.register()
    await later.ask(matter, BANKS)
    head = later.family.members[0].person.id_number
    jobs = later.government.financial_platform._jobs
    number = next(row["id"] for row in await of(later, matter) if jobs[row["id"]].item["sfzh"] == head)
    return Desk(later, matter, number)


def first_record(desk: Desk, **changed: object) -> dict[str, Any]:
    answer = desk.answer
    return {**answer, "jl": [{**answer["jl"][0], **changed}, *answer["jl"][1:]]}


def without(answer: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in names}


BAD = {
    "not JSON": (lambda desk: b"{", "ANSWER_UNREADABLE"),
    "a list": (lambda desk: [], "ANSWER_UNREADABLE"),
    "no number": (lambda desk: without(desk.answer, "sqbh"), "ANSWER_UNREADABLE"),
    "an unknown job": (lambda desk: {**desk.answer, "sqbh": "job_01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "JOB_UNKNOWN"),
    "another person": (lambda desk: {**desk.answer, "sfzh": "509999200001010012"}, "OTHER_PERSON"),
    "nobody": (lambda desk: without(desk.answer, "sfzh"), "OTHER_PERSON"),
    "an extra part": (lambda desk: {**desk.answer, "xm": "某某"}, "ANSWER_NOT_ASKED"),
    "an extra column": (lambda desk: first_record(desk, lxdh="13800000000"), "ANSWER_NOT_ASKED"),
    "a column missing": (lambda desk: {**desk.answer, "jl": [without(desk.answer["jl"][0], "ckye")]}, "ANSWER_UNREADABLE"),
    "an amount in words": (lambda desk: first_record(desk, ckye="六千"), "ANSWER_UNREADABLE"),
    "an amount as an object": (lambda desk: first_record(desk, ckye={"v": 1}), "ANSWER_UNREADABLE"),
    "records of no list": (lambda desk: {**desk.answer, "jl": {}}, "ANSWER_UNREADABLE"),
    "a record of no object": (lambda desk: {**desk.answer, "jl": ["x"]}, "ANSWER_UNREADABLE"),
    "found without a record": (lambda desk: {**desk.answer, "jl": []}, "ANSWER_UNREADABLE"),
    "a record although none": (lambda desk: {**desk.answer, "zt": "0"}, "ANSWER_UNREADABLE"),
    "an unknown status": (lambda desk: {**desk.answer, "zt": "7"}, "ANSWER_UNREADABLE"),
    "a status of no text": (lambda desk: {**desk.answer, "zt": []}, "ANSWER_UNREADABLE"),
    "still waiting": (lambda desk: {**desk.answer, "zt": "5"}, "ANSWER_UNREADABLE"),
    "no date": (lambda desk: without(desk.answer, "gxsj"), "ANSWER_UNREADABLE"),
    "a date that is none": (lambda desk: {**desk.answer, "gxsj": "20261399000000"}, "ANSWER_UNREADABLE"),
    "far too many records": (lambda desk: {**desk.answer, "jl": desk.answer["jl"] * 300}, "ANSWER_UNREADABLE"),
}


async def test_every_bad_answer_is_refused_by_name_and_a_good_one_is_still_taken(later: Living) -> None:
    desk = await a_question(later)
    refusals = len(await later.refusals())
    for what, (made, code) in BAD.items():
        assert await desk.send(made(desk)) == (REFUSALS[code], code), what
        assert await desk.state() == "OPEN", what
    assert len(await later.refusals()) == refusals + len(BAD), "each is an entry: somebody known said it"
    assert await desk.send(desk.answer) == (200, "KEPT")
    await release(later)
    facts = told(await later.ask(desk.matter, BANKS))
    assert sorted(one["totalBalance"]["yuan"] for one in facts[HEAD]["records"]) == ["310.00", "6820.35"]


async def test_nothing_of_a_refused_answer_reaches_the_log(later: Living) -> None:
    desk = await a_question(later)
    await desk.send({**desk.answer, "sfzh": "509999200001010012"})
    (entry,) = await later.entries(kind=Kind.REFUSAL, limit=1)
    text = entry.body.decode()
    assert '"OTHER_PERSON"' in text
    assert '"500152-JR"' in text
    assert not [secret for secret in ("509999200001010012", "682035", "农业银行", later.family.members[0].person.id_number) if secret in text]


async def test_what_nobody_signed_is_not_read_and_only_counted(later: Living) -> None:
    desk = await a_question(later)
    body = json.dumps(desk.answer).encode()
    _, signed = desk.platform.signed(desk.number, body)
    size = await later.size()
    unsigned = (401, "ANSWER_UNSIGNED")
    assert await desk.send(body, headers={"Content-Type": "application/json"}) == unsigned
    assert await desk.send(body + b" ", headers=signed) == unsigned, "another body"
    assert await desk.send(body, headers={**signed, "Hub-Intent": "log_other"}) == unsigned, "another entry"
    assert await desk.send(body, headers={**signed, "Signature": "sig1=:AAAA:"}) == unsigned
    forged = signed["Signature-Input"].replace("jr-500152", "jr-511725")
    assert await desk.send(body, headers={**signed, "Signature-Input": forged}) == unsigned, "another platform's key"
    named = {**signed, "Signature-Input": signed["Signature-Input"].replace(' "hub-intent"', "")}
    assert await desk.send(body, headers=named) == unsigned, "less covered"
    assert await later.size() == size
    assert await desk.state() == "OPEN"


async def test_an_old_signature_is_none_and_a_used_one_is_a_replay(later: Living) -> None:
    desk = await a_question(later)
    body = json.dumps(desk.answer).encode()
    _, signed = desk.platform.signed(desk.number, body)
    later.clock.advance(61)
    assert await desk.send(body, headers=signed) == (401, "ANSWER_UNSIGNED")
    _, signed = desk.platform.signed(desk.number, body)
    assert await desk.send(body, headers=signed) == (200, "KEPT")
    assert await desk.send(body, headers=signed) == (409, "MESSAGE_REPLAYED")


async def test_a_second_answer_changes_nothing_and_after_it_was_told_there_is_no_such_job(later: Living) -> None:
    desk = await a_question(later)
    assert await desk.send(desk.answer) == (200, "KEPT")
    assert await desk.send(first_record(desk, ckye=99999999)) == (409, "JOB_ANSWERED")
    await release(later)
    facts = told(await later.ask(desk.matter, BANKS))
    assert sorted(one["totalBalance"]["yuan"] for one in facts[HEAD]["records"]) == ["310.00", "6820.35"]
    assert await desk.send(desk.answer) == (404, "JOB_UNKNOWN")


async def test_two_answers_at_once_one_is_kept(later: Living) -> None:
    desk = await a_question(later)
    replies = await asyncio.gather(*(desk.send(desk.answer) for _ in range(5)))
    assert sorted(replies) == [(200, "KEPT"), *[(409, "JOB_ANSWERED")] * 4]


async def test_an_answer_too_large_and_an_unknown_department_are_refused(later: Living) -> None:
    desk = await a_question(later)
    largest = later.hub.waiting.departments["JR"].max_bytes
    assert await desk.send(b" " * (largest + 1)) == (413, "ANSWER_TOO_LARGE")
    async with later.line.session.post(f"{later.url}/departments/answers/XX", data=b"{}") as reply:
        assert (reply.status, (await reply.json())["code"]) == (404, "DEPARTMENT_UNKNOWN")
    async with later.line.session.get(f"{later.url}/departments/answers/JR") as reply:
        assert reply.status == 405


async def test_a_department_that_could_not_do_it_is_an_error_of_its_group(later: Living) -> None:
    desk = await a_question(later)
    assert await desk.send({**without(desk.answer, "jl"), "zt": "9"}) == (200, "KEPT")
    await release(later)
    assert told(await later.ask(desk.matter, BANKS))[HEAD]["status"] == "SOURCE_ERROR"


async def test_an_answer_that_drips_is_given_up(later, monkeypatch):
    monkeypatch.setattr(callback, "BODY_SECONDS", 0.05)
    department = next(iter(later.hub.waiting.departments))
    status, body = await dripped(later.url, f"{PATH}/{department}", "application/json")
    assert (status, json.loads(body)["code"]) == (422, "ANSWER_UNREADABLE")
