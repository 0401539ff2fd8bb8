"""签署人: everyone in a letter's table of signers signed it, each may sign for whom they did, and it is known how strongly that is proven.

Ability is judged on the day of signing, in China.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from hub.authorizations.ability import needs_guardian, signs_alone
from hub.authorizations.declared import DeclaredPerson, DeclaredSignature
from hub.authorizations.evidence import electronic, on_paper
from hub.authorizations.mandates import mandated
from hub.authorizations.matter import OUTSIDE
from hub.authorizations.reasons import Flaw
from hub.authorizations.sheet import LETTER, Sheet
from hub.signatures import unbase64url
from policies.calendar import CHINA
from policies.groups import GROUPS
from policies.letters import UNDER_14, weakest

Row = Mapping[str, Any]


def verified_signatures(sheet: Sheet, given: Sequence[Row]) -> tuple[DeclaredSignature, ...]:
    """The signatures under a letter, in the order given. Raises `Refused`."""
    listed = {_row(signer): signer for signer in sheet.letter["signers"]}
    if len(listed) != len(sheet.letter["signers"]):
        raise sheet.refuse(Flaw.SIGNATURE_REPEATED, "it lists a signer twice")
    named = {person["ref"] for person in sheet.letter["people"]}
    if unnamed := sorted({ref for signer in listed.values() for ref in (signer["ref"], *signer["for"])} - named):
        raise sheet.refuse(Flaw.REF_UNKNOWN, f"'{unnamed[0]}' is in its table of signers and not among its people")
    rows = [_row(signer) for signer in given]
    if len(set(rows)) != len(rows):
        raise sheet.refuse(Flaw.SIGNATURE_REPEATED, "it bears a signer's signature twice")
    missing, unlisted = sorted(listed.keys() - set(rows)), sorted(set(rows) - listed.keys())
    if missing:
        raise sheet.refuse(Flaw.SIGNER_MISSING, f"it lists '{missing[0][0]}', who has not signed")
    if unlisted:
        raise sheet.refuse(Flaw.SIGNER_UNLISTED, f"it was signed by '{unlisted[0][0]}', whom it does not list so")
    return tuple(_signature(sheet, listed[row], signer) for row, signer in zip(rows, given, strict=True))


def _row(signer: Row) -> tuple[str, str]:
    """One sheet may hold a parent's own signature and theirs for a child."""
    return signer["ref"], signer["capacity"]


def _signature(sheet: Sheet, listed: Row, given: Row) -> DeclaredSignature:
    ref, capacity, method = listed["ref"], listed["capacity"], given["method"]
    if (sorted(given["for"]), method) != (sorted(listed["for"]), listed["method"]):
        raise sheet.refuse(Flaw.SIGNER_UNLISTED, f"it lists '{ref}' as signing otherwise")
    signer, at = sheet.people[ref], _signed(sheet, given)
    for ward in listed["for"]:
        _may_sign(sheet, capacity, signer, sheet.people[ward], at)
    mandates = mandated(sheet, signer, listed["for"], at.astimezone(CHINA).date()) if capacity == "AGENT" else []
    if method == "ESIGN":
        made = given
        key, signature = sheet.signature(given, LETTER, sheet.document, whose=ref, of=f"the signature of '{ref}'")
        assurance, evidence = electronic(sheet, given, signer, key, at)
    else:
        assurance, evidence, made = on_paper(sheet, given, signer)
        signature = unbase64url(made["signature"])
    if any("scan" in mandate for mandate in mandates):
        assurance = weakest(assurance, "LOW")
    if mandates:
        evidence["mandates"] = [mandate["number"] for mandate in mandates]
    return DeclaredSignature(
        ref=ref, capacity=capacity, covers=tuple(sorted(given["for"])), method=method, assurance=assurance, alg=made["alg"], kid=made["kid"],
        signature=signature, signed_at=at, evidence=evidence, certified=bool(evidence.get("certified")),
        separately=_items(sheet, listed),
    )  # fmt: skip


def _items(sheet: Sheet, listed: Row) -> tuple[str, ...]:
    """What a signer consented to apart. They stand in the table of signers, and so under everybody's signature."""
    items = listed.get("separately", ())
    if unknown := sorted(set(items) - GROUPS.keys() - {UNDER_14}):
        raise sheet.refuse(Flaw.LETTER_MALFORMED, f"'{unknown[0]}' is no item anybody could consent to")
    return tuple(sorted(items))


def _signed(sheet: Sheet, given: Row) -> datetime:
    """When a signer is taken to have signed: their own time or the document's, whichever is earlier.

    A signer's own time stands outside what they signed: re-dated, a child's signature would become good with the years.
    """
    if "signedAt" not in given:
        return sheet.signed_at
    return min(sheet.near(given["signedAt"], f"the signature of '{given['ref']}'"), sheet.signed_at)


def _may_sign(sheet: Sheet, capacity: str, signer: DeclaredPerson, ward: DeclaredPerson, at: datetime) -> None:
    day = at.astimezone(CHINA).date()
    for one in (signer, ward):
        if one.died_on is not None and one.died_on < day:
            raise sheet.refuse(Flaw.SIGNER_NOT_ABLE, f"'{one.ref}' had died on the day of signing")
    if capacity == "SELF":
        _for_themselves(sheet, signer, ward, day)
    elif not signs_alone(signer.birth_date, signer.capacity, day):
        raise sheet.refuse(Flaw.SIGNER_NOT_ABLE, f"'{signer.ref}' cannot sign for anybody")
    elif capacity == "LEGAL_REPRESENTATIVE" and signer.ref not in ward.guardians:
        raise sheet.refuse(Flaw.GUARDIAN_NOT_DECLARED, f"'{signer.ref}' is not a declared guardian of '{ward.ref}'")
    elif capacity == "LEGAL_REPRESENTATIVE" and not needs_guardian(ward.birth_date, ward.capacity, day):
        raise sheet.refuse(Flaw.SIGNER_NOT_ABLE, f"'{ward.ref}' is of age and signs themselves")


def _for_themselves(sheet: Sheet, signer: DeclaredPerson, ward: DeclaredPerson, day: date) -> None:
    if signer.role in OUTSIDE:
        raise sheet.refuse(Flaw.SIGNER_NOT_ABLE, f"'{signer.ref}' is no subject of the matter")
    if ward.ref != signer.ref:
        raise sheet.refuse(Flaw.SIGNER_NOT_ABLE, f"'{signer.ref}' signs as themselves for '{ward.ref}'")
    if not signs_alone(signer.birth_date, signer.capacity, day):
        raise sheet.refuse(Flaw.CHILD_SIGNED_ALONE, f"'{signer.ref}' needs a guardian's signature, not their own")
