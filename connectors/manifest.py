"""A department's manifest as a value: where it is, how it authenticates, its names and units for our fields.

Rules of this file:
- Parsing is pure: text and settings in, a `Manifest` or a `ManifestFault` out. Nothing is opened.
- What a connector may ask for is exactly what stands here; identifiers of a query come from no other place.
- Secrets are in `Manifest.credentials` alone, which no repr shows.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.calls import CALLS, read_envelope
from connectors.credentials import read_credentials
from connectors.deferral import Deferral, read_deferral
from connectors.exchange_resource import Exchange, read_exchange
from connectors.group_map import GroupMap, read_groups
from connectors.limits import Limits, read_limits
from connectors.section import ManifestFault, Section

_BATCH = {"hub": (10, 1, 10)}
"""Subjects a call by default, at least and at most; a hub takes ten roots a question (hub/operations/limits.py)."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A department as the hub knows it. Deadlines are in seconds, `max_bytes` bounds one answer."""

    department: str
    title: str
    system: str
    region: str
    protocol: str
    place: str = dataclasses.field(repr=False)  # a data source name holds a password
    scheme: str
    credentials: Mapping[str, str] = dataclasses.field(repr=False)
    batch: int
    concurrency: int
    deadline: float
    max_bytes: int
    look_every: float  # seconds between two looks into an SFTP account
    gather: bool
    freshness: str
    limits: Limits
    envelope: Mapping[str, str]
    groups: Mapping[str, GroupMap]
    exchange: Exchange | None = None
    deferral: Deferral | None = None  # of protocol "deferred" alone


def parse(name: str, text: str, settings: Mapping[str, str]) -> Manifest:
    """The manifest in `text`; `name` is what faults call it. Raises `ManifestFault`."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ManifestFault(f"{name}: not TOML, {_position(error)}") from None
    root = Section(name, document, settings)
    protocol = root.choice("protocol", frozenset(CALLS))
    scheme, credentials = read_credentials(root.table("auth"))
    limits = root.table("limits", optional=True)
    department = root.text("department")
    gather, freshness = limits.flag("gather", default=False), root.choice("freshness", frozenset({"live", "daily", "monthly"}))
    manifest = Manifest(
        department=department, title=root.text("title"), system=root.text("system"),
        region=root.located("region"), protocol=protocol, place=root.located("place"),
        scheme=scheme, credentials=credentials,
        batch=limits.whole("batch", *_BATCH.get(protocol, (50, 1, 1000))), concurrency=limits.whole("concurrency", 4, 1, 64),
        deadline=limits.seconds("deadline", 3.0), max_bytes=limits.whole("max_bytes", 8_000_000, 1_000, 1_000_000_000),
        look_every=limits.seconds("look_every", 300.0), gather=gather, freshness=freshness,
        limits=read_limits(root, limits, freshness=freshness),
        envelope=read_envelope(root, protocol),
        groups=read_groups(root, protocol, department),
        exchange=read_exchange(root, protocol),
        deferral=read_deferral(root, limits, gather=gather) if protocol == "deferred" else None,
    )
    if (protocol == "hub") != (scheme == "region-key") or (protocol == "hub" and manifest.gather):
        raise root.fault("protocol", "a hub is asked with the region-key, ungathered, and nobody else with it")
    if manifest.limits.together and protocol != "graphql":
        raise limits.fault("together", "only a department with a graph of its own is asked about several groups in one call")
    limits.done()
    root.done()
    return manifest


def _position(error: tomllib.TOMLDecodeError) -> str:
    """Where the text stops being TOML; the parser's own message may quote a line, and so a secret."""
    match = re.search(r"line \d+, column \d+|end of document", str(error))
    return match[0] if match else "unreadable"
