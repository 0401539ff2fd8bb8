"""Prometheus metrics: counts and durations by closed sets of labels, never an identifier of a person, case or token."""

from __future__ import annotations

import os
from functools import cache

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST

ANSWERS = Counter("hub_answers_total", "Answers by HTTP status and decision: ALLOW, PARTIAL, SCHEMA, REFUSED", ["status", "decision"])
REFUSALS = Counter("hub_refusals_total", "Refusals by reason code", ["code"])
SECONDS = Histogram(
    "hub_answer_seconds", "Wall time of one answer",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
DEPARTMENTS = Counter(
    "hub_department_calls_total",
    "Asks of departments by outcome: ANSWERED, SOURCE_TIMEOUT, SOURCE_ERROR; not sent: SOURCE_MAINTENANCE, LEFT_ALONE",
    ["department", "outcome"],
)
MANNERS = Counter(
    "hub_department_manners_total",
    "In answers: STRAYS people nobody asked for, dropped; MISSING people left out; UNREADABLE people. FAILED people of calls that failed while"
    " others succeeded. Calls REPEATS made again, SPARED not made",
    ["department", "manner"],
)
BREAKERS = Gauge(
    "hub_department_breaker", "0 asked as usual, 1 one call is out to see, 2 left alone after failures; the worst of the workers",
    ["department", "protocol"], multiprocess_mode="livemax",
)
LOG_APPENDS = Counter("hub_log_entries_total", "Access-log entries by kind", ["kind"])
LOG_FAILURES = Counter("hub_log_failures_total", "Access-log appends that failed")
DEFERRED_JOBS = Gauge(
    "hub_deferred_jobs", "Questions at departments that answer later, by state: ASKED, OPEN, KEPT, CLOSED", ["department", "state"],
    multiprocess_mode="mostrecent",
)
DEFERRED_ANSWERS = Counter(
    "hub_deferred_answers_total", "Answers that came later, by way (CALLBACK, POLL) and what became of them", ["department", "way", "outcome"],
)
FOLLOW_UPS = Gauge(
    "hub_emergency_follow_ups", "Duties to complete the papers of an emergency, by state: OPEN, OVERDUE", ["state"],
    multiprocess_mode="mostrecent",
)
WITNESSED = Gauge(
    "hub_witnessed_logs", "Neighbours' logs by what the last look found: CONSISTENT, MISSED, SHRUNK, FORK, UNSEEN", ["state"],
    multiprocess_mode="mostrecent",
)
CHORES_FAILING = Gauge(
    "hub_chore_failing", "1 while what a worker does beside the questions fails; the worst of the workers", ["chore"], multiprocess_mode="livemax",
)
CHORE_FAILURES = Counter("hub_chore_failures_total", "Goes at it that failed", ["chore"])
IN_FLIGHT = Gauge("hub_in_flight", "Requests being answered", multiprocess_mode="livesum")
REVOCATION_NOTICES = Gauge(
    "hub_revocation_notices_up", "1 while the database announces revocations to this worker, 0 while it asks for them", multiprocess_mode="livemin",
)
REVOCATION_WATCH = Gauge("hub_revocation_watch_up", "1 while the revocation channel is followed", multiprocess_mode="livemin")


@cache
def counted(counter: Counter, *labels: str) -> Counter:
    """The count under these labels, of the counter's closed set; looked up once, since `labels` costs as much as a wave's bookkeeping."""
    return counter.labels(*labels)


def exposition() -> bytes:
    """The text of GET /metrics; summed over the workers where PROMETHEUS_MULTIPROC_DIR is set."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    return generate_latest()
