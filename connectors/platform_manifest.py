"""A platform's manifest as a value: where it is, how the hub proves itself, and its own words for what is exchanged.

As strict as a department's (`connectors.manifest`): an unknown key, an address or a secret written out is refused by file and key. A manifest
is opened only where the settings name its platform (`cq-means-check` needs `CQ_MEANS_CHECK_…`): most regions have few of them.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.credentials import read_credentials
from connectors.section import ManifestFault, Section, named_by

Words = Mapping[str, str]

PARTS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "means-check": {
        "submit": frozenset({
            "path", "organisation", "purpose", "assistance", "income_from", "income_to", "reference", "people", "place", "number", "name",
            "relation", "role", "member", "obligor", "letters", "letter_number", "letter_hash", "ticket",
        }),
        "status": frozenset({"path", "ticket", "state"}),
        "report": frozenset({
            "path", "ticket", "document", "seal", "number", "issuer", "issued_at", "valid_until", "reference", "lines", "line_place",
            "line_item", "line_source", "line_as_of", "line_status", "line_comparison", "doubts",
        }),
    },
    "credit": {
        "submit": frozenset({"path", "number", "name", "decision", "decided_on", "issuer", "officer", "reason", "reference", "ticket"}),
    },
}
"""Per kind of platform: the parts of its manifest and the words each must give."""

CODES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "means-check": {"status": ("codes",), "report": ("items", "statuses", "comparisons")},
    "credit": {},
}
"""Per kind and part: the code tables it must give."""

SEALED = frozenset({"means-check"})
"""Kinds whose documents bear the platform's electronic seal (电子签章)."""


@dataclass(frozen=True, slots=True)
class PlatformManifest:
    """A platform as the hub knows it. Deadline in seconds; `seal_key` is the base64url Ed25519 key of its seal, "" where it has none."""

    platform: str
    title: str
    kind: str
    place: str = dataclasses.field(repr=False)
    scheme: str
    credentials: Mapping[str, str] = dataclasses.field(repr=False)
    seal_key: str
    concurrency: int
    deadline: float
    max_bytes: int
    answer: Words
    parts: Mapping[str, Words]
    codes: Mapping[str, Mapping[str, str]]  # "report.items" -> their code -> ours


def parse(name: str, text: str, settings: Mapping[str, str]) -> PlatformManifest:
    """The manifest in `text`; `name` is what faults call it. Raises `ManifestFault`."""
    try:
        root = Section(name, tomllib.loads(text), settings)
    except tomllib.TOMLDecodeError:
        raise ManifestFault(f"{name}: not TOML") from None
    kind = root.choice("kind", frozenset(PARTS))
    limits, answer = root.table("limits", optional=True), root.table("answer")
    scheme, credentials = read_credentials(root.table("auth"))
    parts, codes = _parts(root, kind)
    seal = root.table("seal") if kind in SEALED else None
    manifest = PlatformManifest(
        platform=root.text("platform"), title=root.text("title"), kind=kind, place=root.located("place"), scheme=scheme,
        credentials=credentials, seal_key=seal.given("key") if seal else "", concurrency=limits.whole("concurrency", 4, 1, 64),
        deadline=limits.seconds("deadline", 5.0), max_bytes=limits.whole("max_bytes", 4_000_000, 1_000, 100_000_000),
        answer=answer.rest(required=frozenset({"ok", "ok_value"}), allowed=frozenset({"intent_header"})), parts=parts, codes=codes,
    )
    for section in (limits, root, *([seal] if seal else [])):
        section.done()
    return manifest


def _parts(root: Section, kind: str) -> tuple[dict[str, Words], dict[str, Mapping[str, str]]]:
    parts: dict[str, Words] = {}
    codes: dict[str, Mapping[str, str]] = {}
    for part, words in PARTS[kind].items():
        section = root.table(part)
        for table in CODES[kind].get(part, ()):
            found = {code: str(value) for code, value in section.codes(table).items()}
            if not found:
                raise section.fault(table, "missing: a code without its table is not told")
            codes[f"{part}.{table}"] = found
        parts[part] = section.rest(required=words, allowed=frozenset())
    return parts, codes


def connected(directory: Path, settings: Mapping[str, str]) -> Mapping[str, PlatformManifest]:
    """The manifests of a directory whose platform the settings name, by platform. Raises ManifestFault. Blocks."""
    found = {}
    for path in sorted(directory.glob("*.toml")):
        if named_by(settings, path.stem):
            manifest = parse(path.name, path.read_text(encoding="utf-8"), settings)
            if manifest.platform != path.stem:
                raise ManifestFault(f"{path.name}: it is not the manifest of {path.stem}")
            found[manifest.platform] = manifest
    return found
