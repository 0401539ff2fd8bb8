"""The check of `hub doctor` over clients that prove themselves by a certificate: whether one certificate could name two of them."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from sqlalchemy import text

from hub.authorizations.reading import CERTIFIED
from hub.cli.findings import Finding, ok, warn
from hub.cli.premises import Premises
from hub.oauth.tls_client_auth import SAN_DNS, SAN_URI, SUBJECT_DN

_KINDS: Mapping[str, str] = {SUBJECT_DN: "subject", SAN_DNS: "host name", SAN_URI: "URI"}


async def one_kind_of_name(premises: Premises) -> Finding:
    """Every certificate has a subject and most have a host name beside it: clients enrolled by the one and by the other may be named by one
    certificate, which then proves neither (RFC 8705 §2.1.2). The hub knows no certificate before it is shown, so it can only say what to mind.
    """
    async with premises.engine.connect() as connection:
        rows = (await connection.execute(text(CERTIFIED))).all()
    by: dict[str, list[str]] = {}
    for row in rows:
        for kind in orjson.loads(row.names):
            by.setdefault(_KINDS.get(kind, kind), []).append(row.id)
    seen = "; ".join(f"by {kind} {', '.join(by[kind])}" for kind in sorted(by)) or "no client proves itself by one"
    if len(by) > 1:
        return warn("certificates", seen, "one that names two of them proves neither: enrol all by the same kind of name")
    return ok("certificates", seen)
