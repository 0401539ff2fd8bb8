"""An HTTP department of the sandbox: listens, obeys its controls, keeps its journal; what it answers is its subclass's work."""

from __future__ import annotations

import abc
import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from connectors.sandbox.controls import BadControl, Controls, Journal, Mood
from connectors.sandbox.people import Record
from connectors.sandbox.population import Population

BODY_LIMIT = 256 * 1024
HUGE = 50 * 1024 * 1024
_PIECE = 256 * 1024
_PAGE = "<!DOCTYPE html><html><head><title>系统维护</title></head><body><h1>系统维护中，请稍后再试</h1></body></html>"


class Refusal(Exception):
    """A request the department refuses; the subclass turns it into its own kind of error answer."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(code)
        self.status, self.code, self.text = status, code, text


class DepartmentServer(abc.ABC):
    """One department on one socket. `start` gives its base URL; `stop` lets running answers end."""

    def __init__(self, population: Population, *, controls: Controls | None = None) -> None:
        self.population = population
        self.controls = controls or Controls()
        self.journal = Journal()
        self.url = ""
        self._runner: web.ServerRunner | None = None
        self._told = asyncio.Event()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen; port 0 takes a free one."""
        runner = web.ServerRunner(web.Server(self._handle), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, host, port)
        await site.start()
        self._runner = runner
        bound = runner.addresses[0]
        self.url = f"http://{host}:{bound[1]}"
        return self.url

    async def stop(self) -> None:
        """Stop listening; a second call does nothing."""
        self._told.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @abc.abstractmethod
    async def answer(self, request: web.BaseRequest, body: bytes, mood: Mood) -> web.Response:
        """The department's answer to a call. Raises Refusal."""

    @abc.abstractmethod
    def refuse(self, refusal: Refusal) -> web.Response:
        """The department's way of saying no."""

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path.rsplit("/", 1)[-1].startswith("_"):
            return await self.manage(request)
        try:
            body = await _read(request)
        except Refusal as refusal:
            return self.refuse(refusal)
        self.journal.calls += 1
        mood = self.controls.take()
        if mood.slow:
            await self._late(mood.slow)
        if mood.fail == "drop":
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if isinstance(mood.fail, int):
            return self.refuse(Refusal(mood.fail, "B0503", "暂停服务"))
        if mood.lie == "huge":
            return await _huge(request)
        if mood.lie in {"nothing", "html"}:
            return _other(mood.lie)
        try:
            return await self.answer(request, body, mood)
        except Refusal as refusal:
            return self.refuse(refusal)

    async def _late(self, seconds: float) -> None:
        """Wait, but no longer than the department is open, or is told how to answer anew."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # wait_for of this Python may lose a cancellation that comes as the wait ends
                await self._told.wait()

    async def control(self, settings: Mapping[str, object]) -> None:
        """Tell it how to answer; {} resets, and answers that wait leave at once. Raises BadControl."""
        self.controls.set(settings)
        self._told.set()
        self._told = asyncio.Event()

    async def manage(self, request: web.BaseRequest) -> web.Response:
        """`PUT /_control`, `GET /_journal`, `DELETE /_journal`, `GET /_calls`: of the sandbox, not of the department."""
        match request.method, request.path:
            case "PUT", "/_control":
                return await obey(request, self.control)
            case "GET", "/_journal":
                return as_json(list(self.journal.entries))
            case "DELETE", "/_journal":
                self.journal.clear()
                return web.Response(status=204)
            case "GET", "/_calls":
                return as_json({"calls": self.journal.calls})
        return web.Response(status=404)


class WireShelf:
    """A group's records as a department writes them, made on the first ask of a person and kept."""

    def __init__(self, population: Population, group: str, write: Callable[[Record], dict[str, object]], *, keep: int = 20_000) -> None:
        self._population, self._group, self._write, self._keep = population, group, write, keep
        self._kept: dict[str, list[dict[str, object]]] = {}

    def of(self, id_number: str) -> list[dict[str, object]]:
        """The person's records with every field of the wire; empty for no record or nobody. The caller must not change them."""
        found = self._kept.get(id_number)
        if found is None:
            person = self._population.by_id_number(id_number)
            found = [] if person is None else [self._write(record) for record in self._population.records(self._group, person)]
            if len(self._kept) >= self._keep:
                self._kept.clear()
            self._kept[id_number] = found
        return found


async def obey(request: web.BaseRequest, apply: Callable[[Mapping[str, object]], Awaitable[None]]) -> web.Response:
    """Read a control's settings and apply them; 400 with the reason where they are none."""
    try:
        settings = json.loads(await request.read() or b"{}")
        if not isinstance(settings, dict):
            return as_json({"error": "settings are an object"}, status=400)
        await apply(settings)
    except (BadControl, json.JSONDecodeError) as error:
        return as_json({"error": str(error)}, status=400)
    return web.Response(status=204)


def as_json(value: object, status: int = 200) -> web.Response:
    """A JSON answer in UTF-8, Chinese as it is."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(status=status, body=body, content_type="application/json")


async def _read(request: web.BaseRequest) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise Refusal(413, "A0413", "请求过大")
    return bytes(body)


def _other(lie: str) -> web.Response:
    if lie == "html":
        return web.Response(body=_PAGE.encode(), content_type="text/html", charset="utf-8")
    return web.Response(body=b"", content_type="application/json")


async def _huge(request: web.BaseRequest) -> web.StreamResponse:
    """More than anybody should read, piece by piece as from a file: whoever stops reading is sent no more."""
    begun, end = b'{"code":"0000","data":"', b'"}'
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(begun) + HUGE + len(end))})
    with contextlib.suppress(ConnectionError):
        await response.prepare(request)
        await response.write(begun)
        for _ in range(HUGE // _PIECE):
            await response.write(b"x" * _PIECE)
        await response.write_eof(end)
    return response
