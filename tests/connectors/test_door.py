"""The way out over HTTP: no redirect, no more bytes than allowed, one more try only where nothing came back."""

from __future__ import annotations

import asyncio

import pytest
from yarl import URL

from connectors.door import Answer, Door, accepted
from connectors.interface import DepartmentBroke, DepartmentError, DepartmentUnavailable


@pytest.fixture
async def served():
    """Starts a raw server from a connection handler; its URL."""
    servers, doors = [], []

    async def start(handler, *, max_bytes=100_000):
        server = await asyncio.start_server(handler, "127.0.0.1", 0)
        servers.append(server)
        door = Door("GA", concurrency=2, max_bytes=max_bytes)
        doors.append(door)
        return door, URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/q")

    yield start
    for door in doors:
        await door.close()
    for server in servers:
        server.close()
        await server.wait_closed()


def post(door, url):
    return door.post(url, lambda: (b"{}", {"Content-Type": "application/json"}))


async def request(reader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(next((line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")), b"0"))
    return head + await reader.readexactly(length)


async def test_reading_stops_at_the_limit_however_the_length_was_announced(served):
    sent = 0

    async def endless(reader, writer):
        nonlocal sent
        await request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(800):
                writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                await writer.drain()
                sent += 65536
        except ConnectionError:
            pass
        finally:
            writer.close()

    door, url = await served(endless)
    with pytest.raises(DepartmentBroke, match="GA sent more than 100000 bytes"):
        await post(door, url)
    await asyncio.sleep(0.05)
    assert sent < 20_000_000  # what the sockets hold, not the 50 MB it had


async def test_an_announced_length_over_the_limit_is_not_read_at_all(served):
    async def boast(reader, writer):
        await request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 52428800\r\n\r\n{")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.close()

    door, url = await served(boast)
    with pytest.raises(DepartmentBroke, match="GA announced more than 100000 bytes"):
        await post(door, url)


async def test_a_redirect_is_not_followed(served):
    visited = []

    async def elsewhere(reader, writer):
        visited.append(await request(reader))
        writer.write(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    door, url = await served(elsewhere)
    answer = await post(door, url)
    assert (answer.status, len(visited)) == (307, 1)
    with pytest.raises(DepartmentBroke, match="GA answered with status 307"):
        accepted("GA", answer, "application/json")


async def test_a_connection_closed_before_an_answer_is_tried_once_more_and_made_anew(served):
    seen, made = [], []

    async def hang_up_once(reader, writer):
        seen.append(await request(reader))
        if len(seen) > 1:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()
        writer.close()

    def make():
        made.append(len(made))
        return b"{}", {"X-Nonce": str(len(made))}

    door, url = await served(hang_up_once)
    assert await door.post(url, make) == Answer(200, "application/json", b"{}")
    assert len(made) == len(seen) == 2
    assert b"X-Nonce: 2" in seen[1]


async def test_a_connection_always_closed_is_tried_twice_and_no_more(served):
    seen = []

    async def hang_up(reader, writer):
        seen.append(await request(reader))
        writer.close()

    door, url = await served(hang_up)
    with pytest.raises(DepartmentUnavailable, match="GA could not be reached: ServerDisconnectedError"):
        await post(door, url)
    assert len(seen) == 2


async def test_an_answer_broken_off_is_not_asked_for_again(served):
    seen = []

    async def half(reader, writer):
        seen.append(await request(reader))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{")
        await writer.drain()
        writer.close()

    door, url = await served(half)
    with pytest.raises(DepartmentBroke, match="GA broke off in the middle of its answer"):
        await post(door, url)
    assert len(seen) == 1


async def test_what_is_not_http_is_a_departments_error(served):
    async def nonsense(reader, writer):
        await request(reader)
        writer.write(b"\x00\xff not http 50990119850101001X\r\n\r\n")
        await writer.drain()
        writer.close()

    door, url = await served(nonsense)
    with pytest.raises(DepartmentError) as caught:
        await post(door, url)
    assert "5099" not in str(caught.value)


async def test_the_proxy_of_the_environment_is_not_used(served, monkeypatch):
    async def answer(reader, writer):
        await request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()
        writer.close()

    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    door, url = await served(answer)
    assert (await post(door, url)).kind == "application/json"


@pytest.mark.parametrize(("answer", "error"), [
    (Answer(401, "application/json", b"{}"), DepartmentUnavailable), (Answer(429, "application/json", b"{}"), DepartmentUnavailable),
    (Answer(500, "text/html", b"<p>"), DepartmentUnavailable), (Answer(400, "application/json", b"{}"), DepartmentBroke),
    (Answer(200, "text/html", b"<p>"), DepartmentBroke), (Answer(200, "application/json", b""), DepartmentBroke),
    (Answer(204, "application/json", b""), DepartmentBroke),
])
def test_only_a_plain_success_is_accepted(answer, error):
    with pytest.raises(error):
        accepted("GA", answer, "application/json")
    assert accepted("GA", Answer(200, "application/json", b"{}"), "application/json") == b"{}"


