"""What a department is asked in the same turn of the loop leaves as one call, where its contract takes several registers in one.

Rules of this file:
- A part is a question of its own: it has its own answer or its own error, and its asker may go away without the others' notice.
- No call grows past the department's batch; a part never waits for one that is not there yet.
- The call belongs to nobody: it ends when nobody waits for any part of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from connectors.interface import DepartmentError, DepartmentUnavailable

Part = TypeVar("Part")
Answer = TypeVar("Answer")


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Part, Answer]):
    part: Part
    weight: int
    answer: asyncio.Future[Answer]


class Joint(Generic[Part, Answer]):
    """The calls of one department in one worker."""

    def __init__(self, send: Callable[[Sequence[Part]], Awaitable[Sequence[Answer | DepartmentError]]], *, most: int) -> None:
        """`send` makes one call and tells each part's answer or fault, in order; `most` weighs the parts of one."""
        self._send = send
        self._most = most
        self._waiting: dict[Hashable, list[_Waiting[Part, Answer]]] = {}
        self._calls: set[asyncio.Task[None]] = set()

    async def ask(self, key: Hashable, part: Part, weight: int) -> Answer:
        """The answer to a part, which leaves with those of the same `key`. Raises DepartmentError."""
        loop = asyncio.get_running_loop()
        if key not in self._waiting:
            self._waiting[key] = []
            loop.call_soon(self._leave, key)
        one = _Waiting[Part, Answer](part, weight, loop.create_future())
        self._waiting[key].append(one)
        return await one.answer

    def _leave(self, key: Hashable) -> None:
        together: list[_Waiting[Part, Answer]] = []
        weight = 0
        for one in self._waiting.pop(key):
            if one.answer.done():
                continue
            if together and weight + one.weight > self._most:
                self._start(together)
                together, weight = [], 0
            together.append(one)
            weight += one.weight
        if together:
            self._start(together)

    def _start(self, together: Sequence[_Waiting[Part, Answer]]) -> None:
        task = asyncio.get_running_loop().create_task(self._sent(together))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

        def heard(_answer: asyncio.Future[Answer]) -> None:
            if all(one.answer.done() for one in together):
                task.cancel()

        for one in together:
            one.answer.add_done_callback(heard)

    async def _sent(self, together: Sequence[_Waiting[Part, Answer]]) -> None:
        told: Sequence[Answer | BaseException]
        try:
            told = await self._send([one.part for one in together])
        except asyncio.CancelledError:
            told = [DepartmentUnavailable("the call was given up")] * len(together)
        except Exception as error:  # noqa: BLE001 (each asker wraps and reports it)
            told = [error] * len(together)
        for one, answer in zip(together, told, strict=True):
            if one.answer.done():
                continue
            if isinstance(answer, BaseException):
                one.answer.set_exception(answer)
            else:
                one.answer.set_result(answer)
