"""How departments behave, for the operator: counts by closed labels and log lines, never a department's own words."""

from __future__ import annotations

import structlog

from connectors.batches import Noted
from connectors.breaker import State
from connectors.interface import DepartmentLeftAlone
from connectors.manifest import Manifest
from hub import metrics
from hub.sources import Source

_BREAKER = {State.CLOSED: 0, State.HALF_OPEN: 1, State.OPEN: 2}
_log = structlog.get_logger("hub.departments")


def heard(source: Source) -> None:
    """An ask was answered."""
    metrics.counted(metrics.DEPARTMENTS, source.department, "ANSWERED").inc()


def trouble(source: Source, status: str, error: Exception) -> None:
    """An ask was not: which department, which status, which kind of failure."""
    metrics.counted(metrics.DEPARTMENTS, source.department, "LEFT_ALONE" if isinstance(error, DepartmentLeftAlone) else status).inc()
    _log.warning("department failed", department=source.department, group=source.group, status=status, kind=type(error).__name__)


_IN_PART = frozenset({"failed", "missing", "unreadable"})
"""Manners by which some people of a question are told SOURCE_ERROR or SOURCE_TIMEOUT while the others are told."""


def noted(department: str, one: Noted) -> None:
    """Something of an answer or call that should not be; where it cost somebody's facts, a line of how many and of which kind."""
    metrics.counted(metrics.MANNERS, department, one.manner.upper()).inc(one.number)
    if one.manner in _IN_PART:
        _log.warning(
            "department failed in part", department=department, group=one.group, manner=one.manner.upper(), people=one.number, kind=one.kind,
        )


def breaker(manifest: Manifest, state: State) -> None:
    """A breaker in a new state."""
    metrics.BREAKERS.labels(manifest.department, manifest.protocol).set(_BREAKER[state])
    _log.warning("breaker", department=manifest.department, protocol=manifest.protocol, state=state)
