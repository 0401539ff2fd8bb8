"""What arrives, or is about to leave, after somebody withdrew is not told: each way a fact reaches a caller late has its test here or is
named here. Every test fails when the look it is about is taken out.

    one person of a batch, one group of a person    here                    hub/fetch.py, when the last source is in
    a hub below under way                           regions/                the same
    gathered, before the call leaves                test_gathering.py       hub/gathering.py
    encoded, its outcome being recorded             here                    hub/route.py, after recording
    encoded and recorded, kept answers forgotten    deferred/               hub/route.py, after forgetting
    departments that answer later                   deferred/               hub/deferred/statements.py, STANDS
    means checks: sent, fetched, told               means_check/            hub/means_check/checks.py
    messages waiting for their receiver             messages/               hub/messages/collecting.py
    a neighbour's question                          regions/                hub/regions/answering.py, after its road
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub.access_log.entry import Kind
from hub.access_log.writer import AccessLog
from tests.hub.living import TAXES, Living, people

pytestmark = pytest.mark.asyncio(loop_scope="session")

WIFE, MOTHER = "12", "52"
TWO = """query Two($id: ID!) { case(id: $id) { household { members { relation person { id
  tax { status records { month } } vehicle { status records { plateNo { masked } } } } } obligors { relation person { id } } } } }"""


def during(monkeypatch: pytest.MonkeyPatch, kind: Kind, act: Any) -> None:
    """Do something once while an entry of this kind is being recorded."""
    honest, done = AccessLog.append, []

    async def append(log: AccessLog, entry: Any) -> Any:
        appended = await honest(log, entry)
        if entry.kind is kind and not done:
            done.append(entry)
            await act()
        return appended

    monkeypatch.setattr(AccessLog, "append", append)


async def test_one_person_of_a_batch_falls_while_the_department_answers_and_the_others_are_told(living: Living):
    matter = await living.register()
    token = await living.token(matter)
    async with living.holding("SW"):
        asking = asyncio.create_task(living.line.ask(token, TWO, {"id": matter.id}))
        await living.until_asked("SW")
        await living.withdraw(matter, by="p2")
    reply = await asking
    told = people(reply)
    assert (told[WIFE]["tax"]["status"], told[WIFE]["vehicle"]["status"]) == ("NOT_AUTHORIZED", "NOT_AUTHORIZED")
    assert told[WIFE]["vehicle"]["records"] is None, "what a quick department said before"
    assert told[MOTHER]["tax"]["status"] in ("MATCHED", "NO_RECORD")


async def test_a_group_withdrawn_while_the_department_answers_is_not_told(living: Living):
    matter = await living.register()
    token, text = await living.token(matter), TWO.replace("tax { status", "tax { status disclosure { fields { field reason } }")
    async with living.holding("SW"):
        asking = asyncio.create_task(living.line.ask(token, text, {"id": matter.id}))
        await living.until_asked("SW")
        await living.withdraw(matter, by="p2", factGroups=["tax"])
    reply = await asking
    told = people(reply)
    assert (told[WIFE]["tax"]["status"], told[WIFE]["tax"]["records"]) == ("NOT_AUTHORIZED", None)
    assert told[WIFE]["vehicle"]["status"] == "NO_RECORD", "what she did not withdraw is told"
    assert told[MOTHER]["tax"]["status"] in ("MATCHED", "NO_RECORD")
    after = people(await living.line.ask(token, text, {"id": matter.id}))
    assert (after[WIFE]["tax"]["status"], after[WIFE]["vehicle"]["status"]) == ("NOT_COVERED", "NO_RECORD")
    reasons = [{one["reason"] for one in each[WIFE]["tax"]["disclosure"]["fields"]} for each in (told, after)]
    assert reasons == [{"FACT_NOT_AUTHORIZED"}] * 2, "the reason is the one a question asked anew is given"


async def test_what_was_withdrawn_and_not_asked_keeps_no_answer_back(living: Living, monkeypatch):
    matter = await living.register()
    token = await living.token(matter)
    during(monkeypatch, Kind.OUTCOME, lambda: living.withdraw(matter, by="p2", factGroups=["vehicle"]))
    assert (await living.line.ask(token, TAXES, {"id": matter.id})).status == 200
    during(monkeypatch, Kind.OUTCOME, lambda: living.withdraw(matter, by="p2", factGroups=["tax"]))
    reply = await living.line.ask(token, TAXES, {"id": matter.id})
    assert (reply.status, reply.code) == (403, "AUTH_REVOKED")


async def test_an_answer_that_is_encoded_and_being_recorded_does_not_leave(living: Living, monkeypatch):
    matter = await living.register()
    token = await living.token(matter)
    during(monkeypatch, Kind.OUTCOME, lambda: living.withdraw(matter, by="p3"))
    reply = await living.line.ask(token, TAXES, {"id": matter.id})
    assert (reply.status, reply.code) == (403, "AUTH_REVOKED")
    assert (await living.line.ask(token, TAXES, {"id": matter.id})).status == 200, "asked anew, the others are told"
