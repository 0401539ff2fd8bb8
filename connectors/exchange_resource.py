"""A department's resource at an exchange platform, as its manifest says it: where the platform is, its own proof, its words."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.credentials import read_credentials
from connectors.section import Section

EXCHANGED = frozenset({"rest", "soap", "graphql", "subgraph"})
"""Protocols over HTTP: a department that speaks one may be reached through an exchange platform."""

_WORDS = frozenset({"resource", "path", "headers", "content", "ok", "ok_value", "status", "kind", "answer"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """政务信息资源共享交换平台 between the hub and a department: where, its own proof, the department's resource, its words."""

    place: str = dataclasses.field(repr=False)
    resource: str
    scheme: str
    credentials: Mapping[str, str] = dataclasses.field(repr=False)
    words: Mapping[str, str]



def read_exchange(root: Section, protocol: str) -> Exchange | None:
    """The `exchange` table of a manifest; None where it has none. Raises ManifestFault."""
    section = root.table("exchange", optional=True)
    if section.empty:
        return None
    if protocol not in EXCHANGED:
        raise section.fault("place", f"a department that speaks {protocol} is not reached over HTTP")
    resource = section.text("resource")
    if not re.fullmatch(r"[A-Za-z0-9_/.:-]{1,120}", resource):
        raise section.fault("resource", "not a resource code")
    scheme, credentials = read_credentials(section.table("auth"))
    envelope = section.table("envelope")
    words = envelope.rest(required=_WORDS, allowed=frozenset({"intent_header"}))
    exchange = Exchange(section.located("place"), resource, scheme, credentials, words)
    section.done()
    return exchange
