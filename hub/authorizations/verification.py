"""Letters verified again from what is stored: document, and the signers' entries their platform brought, both sealed.

For the day a suite is broken, a key turns out weak, or somebody asks whether the stored letters are still what was signed. The signatures
are judged as of now, under the installation's allow-list; who may sign for whom was judged when the letter came.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.authorizations.evidence import attested
from hub.authorizations.sheet import ATTESTATION, LETTER
from hub.keys import KeyRingError
from hub.people.sealing import CannotOpen
from hub.people.vault import Vault, letter_context, signers_context
from hub.signatures import BadSignature, sha256, unbase64url
from hub.suites import SuiteMissing, document_digest, signer_key
from hub.tables import Case, Letter, Signer

BATCH = 200


class Fault(StrEnum):
    """What is wrong with a stored letter."""

    CANNOT_OPEN = "CANNOT_OPEN"  # sealed for another row, or its key is not in the ring
    DOCUMENT_CHANGED = "DOCUMENT_CHANGED"
    SIGNERS_NOT_KEPT = "SIGNERS_NOT_KEPT"  # it came before the hub kept them: to be registered again
    SIGNERS_CHANGED = "SIGNERS_CHANGED"  # algorithm, kid, signature, capacity or method of a row is not what was brought
    ALGORITHM_NOT_LISTED = "ALGORITHM_NOT_LISTED"
    SUITE_MISSING = "SUITE_MISSING"
    KEY_REFUSED = "KEY_REFUSED"
    SIGNATURE_BROKEN = "SIGNATURE_BROKEN"


@dataclass(frozen=True, slots=True)
class Verified:
    """One letter looked at again; `fault` None where it holds. `algorithms` of its signatures."""

    letter: str
    case: str
    status: str
    algorithms: tuple[str, ...]
    fault: Fault | None


async def verify_again(
    engine: AsyncEngine, vault: Vault, *, suites: frozenset[str], platform: str = "", case: str = "", batch: int = BATCH,
) -> AsyncIterator[Verified]:
    """Every stored letter, of one platform or one case where named, whatever its status."""
    query = select(
        Letter.id, Letter.case_id, Letter.status, Letter.document_hash, Letter.sealed_document, Letter.sealed_signers, Letter.key_version,
    ).join(Case, Case.id == Letter.case_id)  # fmt: skip
    query = query.where(Case.platform == platform) if platform else query
    query = query.where(Case.id == case) if case else query
    last = ""
    while True:
        async with engine.connect() as connection:
            letters = (await connection.execute(query.where(Letter.id > last).order_by(Letter.id).limit(batch))).all()
            of_them = select(Signer).where(Signer.letter_id.in_([row.id for row in letters])).with_only_columns(*Signer.__table__.columns)
            rows: dict[str, list[Any]] = {}
            for signer in await connection.execute(of_them):
                rows.setdefault(signer.letter_id, []).append(signer)
        for row in letters:
            signers = rows.get(row.id, [])
            fault = await asyncio.to_thread(_fault, vault, row, signers, suites)
            yield Verified(row.id, row.case_id, row.status, tuple(sorted({one.alg for one in signers})), fault)
        if len(letters) < batch:
            return
        last = letters[-1].id


def _fault(vault: Vault, row: Any, rows: Sequence[Any], suites: frozenset[str]) -> Fault | None:
    try:
        document = vault.open_bytes(letter_context(row.id), row.sealed_document, row.key_version)
        if sha256(document) != row.document_hash:
            return Fault.DOCUMENT_CHANGED
        if row.sealed_signers is None:
            return Fault.SIGNERS_NOT_KEPT
        signers = orjson.loads(vault.open_bytes(signers_context(row.id), row.sealed_signers, row.key_version))
    except (CannotOpen, KeyRingError):
        return Fault.CANNOT_OPEN
    if sorted((one.alg, one.kid, one.signature, one.capacity, one.method) for one in rows) != sorted(map(_stored, signers)):
        return Fault.SIGNERS_CHANGED
    numbers = {one["ref"]: one["idNumber"].upper() for one in orjson.loads(document)["people"]}
    signed = [made for signer in signers for made in _signed(document, signer, numbers[signer["ref"]])]
    return next((fault for fault in (_signature(made, message, suites) for made, message in signed) if fault is not None), None)


def _signed(document: bytes, signer: Mapping[str, Any], id_number: str) -> list[tuple[Mapping[str, Any], tuple[bytes, bytes]]]:
    """The electronic signature, or each officer's under ink, with what it stands under."""
    if signer["method"] == "ESIGN":
        return [(signer, (LETTER, document))]
    return [(one, (ATTESTATION, attested(document, signer, id_number, one))) for one in signer["attestations"]]


def _stored(signer: Mapping[str, Any]) -> tuple[str, str, bytes, str, str]:
    made = signer if signer["method"] == "ESIGN" else signer["attestations"][0]
    return made["alg"], made["kid"], unbase64url(made["signature"]), signer["capacity"], signer["method"]


def _signature(made: Mapping[str, Any], message: tuple[bytes, bytes], suites: frozenset[str]) -> Fault | None:
    alg, (prefix, signed) = made["alg"], message
    if alg not in suites:
        return Fault.ALGORITHM_NOT_LISTED
    try:
        key = signer_key(made["jwk"], alg)
    except SuiteMissing:
        return Fault.SUITE_MISSING
    except BadSignature:
        return Fault.KEY_REFUSED
    return None if key.holds(unbase64url(made["signature"]), prefix + document_digest(signed, alg)) else Fault.SIGNATURE_BROKEN
