"""A chore: what a worker does again and again beside the questions. It may fail; it never ends by it, and the operator hears."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

import structlog

from hub import metrics

_log = structlog.get_logger("hub.chores")


class Chore:
    """`with chore:` around one go at it. What the go raises ends there, said once a class of error and once when it goes well again;
    the end of the task itself passes. `name` is a label of the metrics: of a closed set.
    """

    def __init__(self, name: str) -> None:
        """Not failing until a go fails."""
        self.name = name
        self.failing = ""
        """The class of what the last go raised, "" where it went well. Never its words: they may quote a row."""

    def __enter__(self) -> Self:
        """A go begins."""
        return self

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        """A go is over."""
        if error is None:
            self._well()
            return False
        if not isinstance(error, Exception) and not _of_another(error):
            return False
        self._failed(error, trace)
        return True

    def _well(self) -> None:
        if self.failing:
            self.failing = ""
            metrics.CHORES_FAILING.labels(self.name).set(0)
            _log.warning("chore done again", chore=self.name)

    def _failed(self, error: BaseException, trace: TracebackType | None) -> None:
        kind = type(error).__name__
        metrics.CHORE_FAILURES.labels(self.name).inc()
        if kind != self.failing:
            self.failing = kind
            metrics.CHORES_FAILING.labels(self.name).set(1)
            _log.warning("chore failed", chore=self.name, kind=kind, at=_place(trace))


def failing() -> list[str]:
    """The names of this process's chores that fail now, in order: no words of what they failed by."""
    return sorted(sample.labels["chore"] for family in metrics.CHORES_FAILING.collect() for sample in family.samples if sample.value)


def _of_another(error: BaseException) -> bool:
    """Whether it is the cancellation of something this task awaited, not of this task: that must not end a loop for good."""
    task = asyncio.current_task() if isinstance(error, asyncio.CancelledError) else None
    return task is not None and not task.cancelling()


def _place(trace: TracebackType | None) -> str:
    """Where it was raised, as "module:line"."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', '')}:{trace.tb_lineno}" if trace is not None else ""
