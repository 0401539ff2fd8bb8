"""Not now: what every door counts and says alike when somebody is to come again later: Retry-After (RFC 9110 §10.2.3)."""

from __future__ import annotations

from collections.abc import Mapping

from hub import metrics
from hub.errors import Overloaded, RecordingFailed, TooMany

Later = TooMany | Overloaded | RecordingFailed
LATER = (TooMany, Overloaded, RecordingFailed)


def counted(error: Later) -> None:
    """For the operator's metrics, once, where nothing else counts the refusal."""
    if isinstance(error, RecordingFailed):
        metrics.LOG_FAILURES.inc()
    else:
        metrics.REFUSALS.labels(error.code).inc()


def headers(error: Later) -> Mapping[str, str]:
    """Of the answer, whatever form its body has."""
    return {"Cache-Control": "no-store", "Retry-After": str(error.retry_after)}
