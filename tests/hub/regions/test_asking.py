"""A neighbour's answer is read to its end, in however many pieces it comes, and not past the largest there may be."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from hub.regions import asking
from hub.regions.asking import whole
from hub.regions.exchange import ExchangeRefused

PIECES = 5


async def _in_pieces(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    for number in range(PIECES):
        await answer.write(b"%d" % number * 1000)
        await asyncio.sleep(0.02)
    return answer


async def test_an_answer_in_pieces_is_read_whole_and_one_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    app = web.Application()
    app.router.add_get("/", _in_pieces)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        async with session.get(server.make_url("/")) as reply:
            assert await whole(reply) == b"".join(b"%d" % number * 1000 for number in range(PIECES))
        monkeypatch.setattr(asking, "_MAX_BYTES", 2500)
        async with session.get(server.make_url("/")) as reply:
            with pytest.raises(ExchangeRefused, match="too large"):
                await whole(reply)
