"""`/registrations` and `/revocations` of a running hub: a platform's signature is the authentication, and nothing else is."""

from __future__ import annotations

import asyncio

import pytest
from yarl import URL

from hub.access_log.entry import Kind
from hub.access_log.store import Stored
from hub.authorizations import intake
from hub.signatures import LONGEST_REGISTRATION
from tests.hub.living import Living
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def posted(living: Living, path: str, body: bytes, content_type: str = "application/jose") -> tuple[int, dict]:
    async with living.line.session.post(living.url + path, data=body, headers={"Content-Type": content_type}) as reply:
        assert reply.headers["cache-control"] == "no-store"
        return reply.status, await reply.json()


async def test_a_case_registered_is_a_change_in_the_log(living):
    matter = await living.register()

    async def changes() -> list[Stored]:
        living.hub.upkeep.wake()
        return [one for one in await living.entries(kind=Kind.CHANGE) if matter.id.encode() in one.body]

    assert await until(changes)
    assert len(matter.letters) == 3


async def test_a_new_declaration_of_the_same_matter_replaces_it_and_keeps_its_id(living):
    first = await living.register()
    family = living.family
    message = living.platform.registration(
        family, reference=first.reference, assistance="DIBAO", organisations=[living.offices["hd"].organisation],
        purposes=["DIBAO_REVIEW"], unsigned=[family.members[1].person.index], edition=2,
    )
    reply = await living.line.send("/registrations", message)
    assert reply.status in {200, 201}, reply.raw
    assert reply.body["case"] == first.id


@pytest.mark.parametrize("path", ["/registrations", "/revocations", "/pauses"])
async def test_what_is_not_a_signed_message_is_refused_by_its_first_fault(living, path):
    assert (await posted(living, path, b"{}", "application/json"))[0] == 415
    assert (await posted(living, path, b"a" * (LONGEST_REGISTRATION + 1)))[0] == 413
    for body in (b"", b"\xff\xfe", b"a.b", b"a.b.c", "证".encode()):
        status, answer = await posted(living, path, body)
        assert (status, answer["code"]) == (401, "MESSAGE_UNSIGNED"), body


async def test_a_registration_is_no_revocation_and_the_other_way_round(living):
    matter = await living.register()
    revocation = living.platform.revocation(reference=matter.reference, letter="", reason="")
    registration = living.platform.registration(living.family, reference="T-X", assistance="DIBAO", organisations=["o"])
    assert (await posted(living, "/registrations", revocation.encode()))[0] == 401
    assert (await posted(living, "/revocations", registration.encode()))[0] == 401


async def test_a_letter_nobody_has_cannot_be_withdrawn(living):
    matter = await living.register()
    message = living.platform.revocation(reference=matter.reference, letter="NONE", reason="r")
    status, answer = await posted(living, "/revocations", message.encode())
    assert (status, answer["code"]) == (404, "LETTER_UNKNOWN")


async def begun(living, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A message announced and never sent."""
    at = URL(living.url)
    reader, writer = await asyncio.open_connection(at.host, at.port)
    writer.write(f"POST {path} HTTP/1.1\r\nHost: hub\r\nContent-Type: application/jose\r\nContent-Length: 9\r\n\r\n".encode())
    await writer.drain()
    return reader, writer


async def test_messages_that_never_arrive_take_their_own_places_and_no_withdrawals(living):
    async def full():
        sent = await living.line.send("/messages", "none")
        return sent if sent.status == 503 else None

    matter = await living.register()
    held = [await begun(living, "/messages") for _ in range(living.hub.settings.in_flight // 8)]
    try:
        refused = await until(full)  # the server has read all of them
        assert (refused.status, refused.body["code"]) == (503, "OVERLOADED")
        message = living.platform.revocation(reference=matter.reference, letter=next(iter(matter.numbers)), reason="withdrawn")
        assert (await living.line.send("/revocations", message)).status == 200
    finally:
        for _, writer in held:
            writer.close()


@pytest.mark.parametrize("path", ["/messages", "/messages/collections", "/registrations", "/revocations"])
async def test_a_message_that_does_not_arrive_in_time_is_let_go_of(living, monkeypatch, path):
    monkeypatch.setattr(intake, "BODY_SECONDS", 0.05)
    reader, writer = await begun(living, path)
    assert b" 408 " in await asyncio.wait_for(reader.readline(), PATIENCE)
    writer.close()
