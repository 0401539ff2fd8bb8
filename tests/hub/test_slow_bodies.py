"""A body that never comes to its end holds no place, over real sockets: forms, and what comes under a token. Signed messages: test_intake.py,
neighbours: test_recognition.py, departments: test_callbacks.py.
"""

from __future__ import annotations

import asyncio

import orjson
import pytest

from hub import graphql_http
from hub.oauth import posting

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
FORMS = ["/oauth/token", "/oauth/introspect", "/oauth/revoke", "/disposals", "/disposals/due"]
TOKEN = ["/graphql", "/approvals", "/approvals/apr_1/decision", "/operations", "/means-checks"]


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(graphql_http, "BODY_SECONDS", 0.05)
    monkeypatch.setattr(posting, "FORM_SECONDS", 0.05)


async def dripped(url: str, path: str, media: str, *headers: str) -> tuple[int, bytes]:
    """What a server says to somebody who announces a thousand bytes and sends one."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Content-Type: {media}", "Content-Length: 1000", *headers]
    writer.write("\r\n".join(head).encode() + b"\r\n\r\n{")
    await writer.drain()
    try:
        async with asyncio.timeout(20):
            status = int((await reader.readline()).split()[1])
            rest = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line.split(b":")[1]) for line in rest.lower().splitlines() if line.startswith(b"content-length"))
            return status, await reader.readexactly(length)
    finally:
        writer.close()


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_that_drips_is_given_up(living, path):
    status, body = await dripped(living.url, path, FORM)
    told = orjson.loads(body)
    assert status == 408
    assert (told.get("error") or told["code"].lower()) == "invalid_request"


@pytest.mark.parametrize("path", TOKEN)
async def test_a_question_or_request_under_a_token_that_drips_gives_its_places_back(living, signed_matter, path):
    token = await living.token(signed_matter)
    status, body = await dripped(living.url, path, JSON, f"Authorization: Bearer {token}")
    told = orjson.loads(body)
    code = told["errors"][0]["extensions"]["code"] if path == "/graphql" else told["code"]
    assert (status, code) == (408, "BODY_CUT_OFF")
    assert (living.graph.in_flight.now, living.graph.quota._running[living.offices["hd"].client]) == (0, 0)


async def test_a_log_in_to_the_console_that_drips_is_given_up(living):
    assert (await dripped(living.url, "/console/login", FORM))[0] == 408
