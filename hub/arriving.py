"""A body as it arrives from somebody nobody knows yet: at most so many bytes and within so many seconds, since a place is held meanwhile."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request


class BodyTooLarge(Exception):
    """More bytes came than the route takes; reading stopped there."""


class BodyCutOff(Exception):
    """The body did not come to its end, or not in time."""


async def arrived(request: Request, *, largest: int, seconds: float) -> bytes:
    """The whole body, `largest` in bytes. Raises BodyTooLarge, BodyCutOff."""
    received = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for piece in request.stream():
                received += piece
                if len(received) > largest:
                    raise BodyTooLarge
    except (TimeoutError, ClientDisconnect):
        raise BodyCutOff from None
    return bytes(received)
