"""How long a department that answers later is waited for: the part `deferred` of its manifest."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.section import Section


@dataclass(frozen=True, slots=True)
class Deferral:
    """How long a department that answers later is waited for. `answer_hours` are working hours, after which the question is
    closed; `keep_hours` hours by the clock a kept answer lies for who asks again; it is polled every `poll_seconds`.
    `public_key` (base64url, 32 bytes, Ed25519) under `key_id` signs what it calls back with.
    """

    answer_hours: int
    keep_hours: int
    poll_seconds: int
    key_id: str
    public_key: str


def read_deferral(root: Section, limits: Section, *, gather: bool) -> Deferral:
    """From a manifest whose protocol is `deferred`. Raises ManifestFault."""
    if gather:
        raise limits.fault("gather", "a question that is answered later belongs to one case and is not gathered")
    section = root.table("deferred")
    deferral = Deferral(
        answer_hours=section.whole("answer_hours", 16, 1, 400), keep_hours=section.whole("keep_hours", 120, 1, 720),
        poll_seconds=section.whole("poll_seconds", 1800, 1, 86_400), key_id=section.given("key_id"), public_key=section.given("public_key"),
    )
    section.done()
    return deferral
