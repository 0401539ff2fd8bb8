"""The same attacks over real HTTP, at a platform's door and at the graph's: one answer, byte for byte."""

from __future__ import annotations

import re

import pytest
from joserfc.jwk import OKPKey

from hub.keys import Use
from hub.messages.sending import collect, push
from hub.signatures import base64url
from tests.hub.jose_vectors import forgeries, taken_apart
from tests.hub.living import PEOPLE, Living

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def posted(living: Living, path: str, body: bytes, **headers: str) -> tuple[int, bytes]:
    async with living.line.session.post(living.url + path, data=body, headers=headers) as reply:
        return reply.status, re.sub(rb',"request":"[0-9a-f]{12}"', b"", await reply.read())  # the number of the request apart


@pytest.mark.parametrize("path", ["/messages", "/messages/collections"])
async def test_a_platforms_door(living, path):
    desk, now = living.platform, living.clock()
    told = {"kid": desk.jwks()["keys"][0]["kid"], "platform": desk.platform, "audience": living.url, "now": now}
    token = (
        push(desk.key, **told, message="jose-attack-1", kind="LEAD", reference="x", occurred_at=now, body={})
        if path == "/messages" else collect(desk.key, **told, jti="jose-attack-2", received=[])
    )  # fmt: skip
    good, answers = taken_apart(token, desk.key), {}
    for name, forged in forgeries(good):
        answer = await posted(living, path, forged.encode("utf-8", "surrogatepass"), **{"Content-Type": "application/jose"})
        answers.setdefault(answer, name)
    assert [status for status, _ in answers] == [401], answers
    assert (await posted(living, path, good.signed().encode(), **{"Content-Type": "application/jose"}))[0] != 401


async def test_the_graph(living, signed_matter):
    office = living.offices["hd"]
    token = await living.line.token(office, purpose="DIBAO_REVIEW", basis=signed_matter.basis, case=signed_matter.id)
    secret = living.hub.keys.current(Use.TOKEN).secret
    shown = living.hub.desk.authorization.tokens.jwks(living.clock())["keys"][0]
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "d": base64url(secret), "x": shown["x"]})
    good, answers = taken_apart(token, key), {}
    body = b'{"query": "%s", "variables": {"id": "%s"}}' % (PEOPLE.encode(), signed_matter.id.encode())
    for name, forged in forgeries(good):
        if forged.isascii() and forged.isprintable() and len(forged) <= 8_000:  # what a header can carry at all
            answer = await posted(living, "/graphql", body, Authorization=f"Bearer {forged}", **{"Content-Type": "application/json"})
            answers.setdefault(answer, name)
    assert [status for status, _ in answers] == [401], answers
    assert (await posted(living, "/graphql", body, Authorization=f"Bearer {good.signed()}", **{"Content-Type": "application/json"}))[0] == 200
