"""How strongly a signature proves who made it: computed from what was brought, never from what is claimed (policies/national/letters.toml).

    electronic   identity compared before signing, and passed   what the way of comparing proves, SUBSTANTIAL at most without a certificate
                 not compared, not passed, too long before      refused: the national form makes comparison a condition of the letter
    ink, finger  scan, two officers' attestations               SUBSTANTIAL
                 scan, one officer's                            LOW
                 of a platform that needs certificates          LOW
    an agent     whose mandate is a scan                        LOW

A region's rules see the assurance (`context.subject.assurance`) and may require more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import combinations, product
from typing import Any

from hub.authorizations.declared import DeclaredPerson
from hub.authorizations.officers import same_officer
from hub.authorizations.reasons import Flaw
from hub.authorizations.sheet import ATTESTATION, SKEW, Sheet, instant
from hub.canonical import canonical
from hub.signatures import base64url, sha256
from hub.suites import SignerKey
from policies.letters import RULES, weakest

Evidence = dict[str, Any]


def electronic(sheet: Sheet, given: Mapping[str, Any], signer: DeclaredPerson, key: SignerKey, at: datetime) -> tuple[str, Evidence]:
    """The assurance of an electronic signature made at `at`, and what it rests on. Raises `Refused`."""
    certified = sheet.certifying.certified(sheet.number, given, signer, key, at)
    proof = given.get("identityProof")
    if proof is None:
        raise sheet.refuse(Flaw.IDENTITY_NOT_PROVEN, f"the identity of '{signer.ref}' was not compared before signing")
    proves = RULES.proofs.get(proof["method"])
    if proves is None:
        raise sheet.refuse(Flaw.IDENTITY_NOT_PROVEN, f"the identity of '{signer.ref}' was compared in a way that is not listed")
    compared = instant(proof["at"], f"letter '{sheet.number}' identityProof of '{signer.ref}'")
    # Identity is compared and then signed (national form): a comparison made up afterwards proves nobody.
    if not proof["passed"] or not at - RULES.proof_age <= compared <= at + SKEW:
        raise sheet.refuse(Flaw.IDENTITY_NOT_PROVEN, f"the comparison of the identity of '{signer.ref}' did not pass, or not just before signing")
    told = {"identityProof": dict(proof), "certified": certified}
    return weakest(proves, "HIGH" if certified else "SUBSTANTIAL"), told


def on_paper(sheet: Sheet, given: Mapping[str, Any], signer: DeclaredPerson) -> tuple[str, Evidence, Mapping[str, Any]]:
    """The assurance of ink or a fingerprint, what it rests on, and the first officer's attestation. Raises `Refused`."""
    attestations = [_attested(sheet, given, signer, one) for one in given["attestations"]]
    officers = [str(one["officer"]) for one in attestations]
    # However they are spelt, and whichever office they say they sign for: of two officers each sees what the other does.
    if any(same_officer(one, other) for one, other in combinations(officers, 2)):
        raise sheet.refuse(Flaw.ATTESTATION_NOT_INDEPENDENT, f"one officer attests the signature of '{signer.ref}' twice")
    if any(same_officer(one, staff) for one, staff in product(officers, signer.kin_of_staff)):
        raise sheet.refuse(Flaw.ATTESTATION_NOT_INDEPENDENT, f"a near relative attests the signature of '{signer.ref}'")
    level = "SUBSTANTIAL" if len(officers) > 1 and not sheet.certifying.required else "LOW"
    return level, {"scan": dict(given["scan"]), "attestations": attestations}, given["attestations"][0]


def attested(document: bytes, given: Mapping[str, Any], id_number: str, attestation: Mapping[str, Any]) -> bytes:
    """The bytes whose hash an officer signs: which letter, who signed it how and for whom, on which scan, before whom and when."""
    return canonical({
        "letter": sha256(document).hex(), "signer": id_number, "capacity": given["capacity"], "for": sorted(given["for"]),
        "method": given["method"], "scan": dict(given["scan"]), "officer": attestation["officer"],
        "organisation": attestation["organisation"], "at": attestation["at"],
    })  # fmt: skip


def _attested(sheet: Sheet, given: Mapping[str, Any], signer: DeclaredPerson, attestation: Mapping[str, Any]) -> Evidence:
    officer = f"{attestation['organisation']} {attestation['officer']}"
    sheet.near(attestation["at"], f"attestation of '{signer.ref}'")
    _, signature = sheet.signature(
        attestation, ATTESTATION, attested(sheet.document, given, signer.id_number, attestation), whose=f"officer {officer}",
        of=f"an attestation of '{signer.ref}'",
    )  # fmt: skip
    kept = {name: attestation[name] for name in ("organisation", "officer", "at", "alg", "kid")}
    return kept | {"signature": base64url(signature)}
