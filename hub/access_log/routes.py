"""What the log shows over HTTP: checkpoint, key and hash tiles to anybody, receipts to those they belong to, entries to officers.

Tiles and checkpoints are hashes over nonces: they tell nothing about anybody, and a neighbour or witness can hold us to them.
A receipt that is not the reader's own looks exactly like one that does not exist.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from hub.access_log.entry import Decision, Entry, Kind
from hub.access_log.note import Checkpoint
from hub.access_log.questions import refusal
from hub.access_log.tiles import WIDTH, NoSuchTile, tile_index
from hub.access_log.writer import AccessLog
from hub.operations.gate import Gate
from hub.problems import CHALLENGE, not_found, problem

_IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
_PRIVATE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose token came with a request: an organisation's, and whether a privacy officer's."""

    organisation: str
    officer: bool = False
    name: str = ""  # of the officer, for the log
    client: str = ""  # whose rate the reading counts against


Authorise = Callable[[Request], Awaitable[Reader | None]]


def routes(log: AccessLog, authorise: Authorise, gate: Gate) -> list[Route]:
    """The log's routes; `authorise` gives the reader of a request or None where there is no good token, `gate` counts them and
    tells where the log cannot record.
    """
    pages = _Pages(log, authorise, gate)
    return [
        Route("/receipts/{id}", gate.private(pages.receipt)),
        Route("/checkpoint", gate.public(pages.checkpoint)),
        Route("/log/key", gate.public(pages.key)),
        Route("/tile/entries/{path:path}", gate.private(pages.entries)),
        Route("/tile/{level:int}/{path:path}", gate.public(pages.tile)),
    ]


class _Pages:
    def __init__(self, log: AccessLog, authorise: Authorise, gate: Gate) -> None:
        self._log = log
        self._authorise = authorise
        self._gate = gate

    async def receipt(self, request: Request) -> Response:
        reader = await self._authorise(request)
        if reader is None:
            return problem(request, 401, "TOKEN_INVALID", "a token is needed", headers={"WWW-Authenticate": CHALLENGE})
        with self._gate.named(reader.client):
            return await self._receipt(reader, request)

    async def _receipt(self, reader: Reader, request: Request) -> Response:
        identifier = request.path_params["id"]
        stored = await self._log.store.entry(identifier)
        owned = stored is not None and (reader.officer or stored.parts()[0].get("organisation") == reader.organisation)
        if reader.officer:
            await self._log.append(_reading(self._log, reader, {"read": "receipt", "found": owned}, identifier))
        elif not owned:
            at, organisation = self._log.now(), reader.organisation
            await self._log.append(refusal(at=at, code="RECEIPT_NOT_FOUND", organisation=organisation, officer=reader.name))
        receipt = await self._log.receipt_of(identifier) if owned else None
        if receipt is None:
            return not_found(request)
        return JSONResponse(receipt.as_json(), headers=_PRIVATE)

    async def checkpoint(self, _request: Request) -> Response:
        return PlainTextResponse(await self._log.checkpoint(), headers={"Cache-Control": "max-age=1"})

    async def key(self, _request: Request) -> Response:
        """Every verifier key of the log, newest last, one a line."""
        return PlainTextResponse("".join(f"{verifier.vkey}\n" for verifier in self._log.verifiers))

    async def tile(self, request: Request) -> Response:
        level = request.path_params["level"]
        try:
            index, width = _tile_name(request.path_params["path"])
            await self._published(level, index, width)
            hashes = await self._log.tiles.tile(level, index, width)
        except (ValueError, NoSuchTile):
            return not_found(request)
        return Response(hashes, media_type="application/octet-stream", headers=_IMMUTABLE)

    async def entries(self, request: Request) -> Response:
        """Leaf data in bundles, for officers; each reading is an entry itself before anything is shown."""
        reader = await self._authorise(request)
        if reader is None or not reader.officer:
            return not_found(request)
        with self._gate.named(reader.client):
            return await self._entries(reader, request)

    async def _entries(self, reader: Reader, request: Request) -> Response:
        try:
            index, width = _tile_name(request.path_params["path"])
            await self._published(0, index, width)
        except (ValueError, NoSuchTile):
            return not_found(request)
        await self._log.append(_reading(self._log, reader, {"read": "entry bundle", "index": index}))
        stored = await self._log.store.bodies(index * WIDTH, index * WIDTH + width)
        bundle = b"".join(len(entry.head_bytes).to_bytes(2, "big") + entry.head_bytes for entry in stored)
        return Response(bundle, media_type="application/octet-stream", headers=_PRIVATE)

    async def _published(self, level: int, index: int, width: int) -> None:
        """Raises `NoSuchTile` unless a signed checkpoint covers the tile."""
        size = Checkpoint.open(await self._log.checkpoint(), self._log.verifiers).size
        if level > 7 or (index * WIDTH + width) * WIDTH**level > size:
            raise NoSuchTile("the tree is not that large")


def _reading(log: AccessLog, reader: Reader, about: Mapping[str, object], question: str = "") -> Entry:
    """An officer's own look-up is an entry too."""
    known = {"asked": question} if question and len(question) <= 64 else {}
    return Entry(
        kind=Kind.OUTCOME,
        at=log.now(),
        organisation=reader.organisation,
        officer=reader.name,
        role="PRIVACY_OFFICER",
        purpose="PRIVACY_AUDIT",
        decision=Decision.ALLOW,
        about={**about, **known},
    )


def _tile_name(path: str) -> tuple[int, int]:
    """Index and width of `x001/067` or `x001/067.p/12`; raises `ValueError`."""
    name, partial, width = path.partition(".p/")
    if not partial:
        return tile_index(name), WIDTH
    if not (width.isascii() and width.isdigit()) or width.startswith("0") or not 0 < int(width) < WIDTH:
        raise ValueError("not a tile's width")
    return tile_index(name), int(width)

