"""A slip: a call that raises what nobody expects of it, once, and is itself again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest


class Slip(Exception):
    """Of no class any loop knows."""


def slips_once(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, what: type[Exception] = Slip) -> list[str]:
    """Have `owner.name`, a coroutine function, raise at its next call; gives the list of what its calls ended with."""
    real: Callable[..., Awaitable[Any]] = getattr(owner, name)
    ends: list[str] = []

    async def slipping(*given: Any, **more: Any) -> Any:
        if not ends:
            ends.append("slip")
            raise what
        told = await real(*given, **more)
        ends.append("well")
        return told

    monkeypatch.setattr(owner, name, slipping)
    return ends
