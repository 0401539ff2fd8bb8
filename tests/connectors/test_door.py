"""The way out over HTTP: no redirect, no more bytes than allowed, one more try only where nothing came back."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
import uvloop
from yarl import URL

from connectors.door import Answer, Door, accepted
from connectors.interface import DepartmentBroke, DepartmentError, DepartmentUnavailable
from tests.waiting import until


@pytest.fixture
async def served():
    """Starts a raw server from a connection handler; its URL."""
    servers, doors = [], []

    async def start(handler, *, max_bytes=100_000, once=False):
        server = await asyncio.start_server(handler, "127.0.0.1", 0)
        servers.append(server)
        door = Door("GA", concurrency=2, max_bytes=max_bytes, once=once)
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
    sent, ended = 0, asyncio.Event()

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
            ended.set()

    door, url = await served(endless)
    with pytest.raises(DepartmentBroke, match="GA sent more than 100000 bytes"):
        await post(door, url)
    await ended.wait()
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


async def test_a_department_that_counts_each_query_is_asked_once_and_never_on_a_kept_connection(served):
    asked, connections = 0, 0

    async def answers_then_closes(reader, writer):
        nonlocal asked, connections
        connections += 1
        await request(reader)
        asked += 1
        if asked < 3:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()
            await reader.read(1)
        writer.close()

    door, url = await served(answers_then_closes, once=True)
    for _ in range(2):
        assert (await post(door, url)).status == 200
    with pytest.raises(DepartmentUnavailable):
        await post(door, url)
    assert (asked, connections) == (3, 3)


async def test_a_connection_always_closed_is_tried_twice_and_no_more(served):
    seen = []

    async def hang_up(reader, writer):
        seen.append(await request(reader))
        writer.close()

    door, url = await served(hang_up)
    with pytest.raises(DepartmentUnavailable, match="GA could not be reached: it closed the connection"):
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




OKAY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


async def replied(served, *pieces: bytes, then: bytes = b"", max_bytes: int = 100_000):
    """Posts to a server that answers in these pieces, then closes or, with `then`, sends that a moment later and stays."""
    connections = []

    async def reply(reader, writer):
        connections.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await request(reader):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
                if not then:
                    break
                await asyncio.sleep(0.01)
                writer.write(then)
        writer.close()

    door, url = await served(reply, max_bytes=max_bytes)
    return door, url, connections


@pytest.mark.parametrize("pieces", [
    (OKAY + b"Content-Length: 2\r\n\r\n{}",),
    (OKAY + b"Content-Length: 2\r\n\r\n", b"{", b"}"),
    (OKAY + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", b"1\r\n}\r\n0\r\n\r\n"),
    (OKAY + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nContent-Type: text/html\r\n\r\n",),  # a trailer
    (OKAY + b"\r\n{}",),  # no length: the answer ends with the connection
    (b"HTTP/1.1 100 Continue\r\n\r\n", OKAY + b"Content-Length: 2\r\n\r\n{}"),
    (b"HTTP/1.0 200 OK\r\ncontent-type: Application/JSON ; charset=utf-8\r\ncontent-length: 2\r\n\r\n{}",),
])
async def test_an_answer_is_whole_however_it_is_cut_and_framed(served, pieces):
    door, url, _ = await replied(served, *pieces)
    assert await post(door, url) == Answer(200, "application/json", b"{}")


@pytest.mark.parametrize(("piece", "text"), [
    (OKAY + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "what is not HTTP"),
    (OKAY + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "what is not HTTP"),
    (OKAY + b"Content-Length: -2\r\n\r\n{}", "what is not HTTP"),
    (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n{}", "what is not HTTP"),
    (OKAY + b"X: " + b"y" * 40_000 + b"\r\n\r\n", "sent more than"),
    (OKAY + b"X-A: y\r\n" * 8_000, "sent more than"),
    (OKAY + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", "compressed its answer unasked"),
    (OKAY + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", "broke off in the middle"),
])
async def test_an_answer_that_could_be_read_in_two_ways_is_not_read(served, piece, text):
    door, url, _ = await replied(served, piece)
    with pytest.raises(DepartmentBroke, match=text):
        await post(door, url)


async def test_a_kept_connection_serves_the_next_question(served):
    door, url, connections = await replied(served, OKAY + b"Content-Length: 2\r\n\r\n{}", then=b"")
    await post(door, url)
    await post(door, url)
    assert len(connections) == 2  # this server closes after each answer; a new connection, and no error

    async def patient(reader, writer):
        kept.append(writer)
        while True:
            try:
                await request(reader)
            except asyncio.IncompleteReadError:
                break
            writer.write(OKAY + b"Content-Length: 2\r\n\r\n{}")
        writer.close()

    kept: list[object] = []
    door, url = await served(patient)
    for _ in range(3):
        assert (await post(door, url)).body == b"{}"
    assert len(kept) == 1
    await asyncio.gather(*[post(door, url) for _ in range(5)])
    await post(door, url)
    assert len(kept) == 5  # one each; two are kept on


async def test_bytes_nobody_asked_for_never_answer_the_next_question(served):
    answered = OKAY + b"Content-Length: 2\r\n\r\n{}"
    door, url, connections = await replied(served, answered + answered.replace(b"{}", b"[]"))
    assert (await post(door, url)).body == b"{}"
    assert (await post(door, url)).body == b"{}"
    door, url, connections = await replied(served, answered, then=answered.replace(b"{}", b"[]"))
    assert (await post(door, url)).body == b"{}"
    (kept,) = door._resting[url.authority]
    await until(lambda: not kept.usable)
    assert (await post(door, url)).body == b"{}"
    assert len(connections) == 2


async def test_a_question_given_up_closes_its_connection(served):
    asked, closed = asyncio.Event(), asyncio.Event()

    async def hang(reader, writer):
        await request(reader)
        asked.set()
        assert await reader.read() == b""
        closed.set()
        writer.close()

    door, url = await served(hang)
    asking = asyncio.create_task(post(door, url))
    await asked.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await until(closed.is_set)


async def test_a_header_cannot_carry_another(served):
    door, url, connections = await replied(served, OKAY + b"Content-Length: 2\r\n\r\n{}")
    for value in ("a\r\nX-Two: b", "a\nb", "a\rb", "a\0b"):
        with pytest.raises(ValueError, match="line's end"):
            await door.post(url, lambda value=value: (b"{}", {"Hub-Intent": value}))
    assert not connections


def test_it_speaks_under_the_loop_that_serves():
    async def asked():
        async def answer(reader, writer):
            await request(reader)
            writer.write(OKAY + b"Content-Length: 2\r\n\r\n{}")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        door = Door("GA", concurrency=2, max_bytes=100)
        told = await post(door, URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/q"))
        await door.close()
        server.close()
        return told

    assert uvloop.run(asked()) == Answer(200, "application/json", b"{}")
