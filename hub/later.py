"""Not now: what every door says alike when somebody is to come again later: status, code, text, Retry-After (RFC 9110 §10.2.3)."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse

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


def answer(error: Later) -> JSONResponse:
    """The answer of the routes beside the graph."""
    return JSONResponse({"error": error.code, "message": error.message}, status_code=error.status, headers=headers(error))
