"""委托书: an agent signs for somebody only under a mandate of that person, or of the guardian who would sign for them.

A mandate has its own days, and is signed by its giver or kept as a scan. The signature it allows is made within those days and then stands:
agency ends with its term, and not what was done within it (Civil Code §162, §173).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hub.authorizations.ability import needs_guardian
from hub.authorizations.declared import DeclaredPerson
from hub.authorizations.reasons import Flaw
from hub.authorizations.sheet import MANDATE, Sheet
from hub.canonical import canonical


def mandated(sheet: Sheet, agent: DeclaredPerson, wards: Sequence[str], on: date) -> list[Mapping[str, Any]]:
    """The mandates under which an agent signs for `wards` on a day, each verified. Raises `Refused`."""
    row = next((one for one in sheet.letter.get("agents", ()) if one["ref"] == agent.ref), None)
    held = row["mandates"] if row is not None else ()
    found = [_for(sheet, agent, sheet.people[ward], held, on) for ward in wards]
    return list({one["number"]: one for one in found}.values())


def mandate_bytes(letter: Mapping[str, Any], agent: str, mandate: Mapping[str, Any], numbers: Mapping[str, str]) -> bytes:
    """The bytes whose hash the giver signs; people by ID number (`numbers` by ref), so that it means nobody else elsewhere."""
    return canonical({
        "platform": letter["platform"], "reference": letter["reference"], "number": mandate["number"], "from": numbers[mandate["from"]],
        "agent": numbers[agent], "for": sorted(numbers[ref] for ref in mandate["for"]), "relation": mandate["relation"],
        "validFrom": mandate["validFrom"], "validUntil": mandate["validUntil"],
    })  # fmt: skip


def _for(
    sheet: Sheet, agent: DeclaredPerson, ward: DeclaredPerson, held: Sequence[Mapping[str, Any]], on: date,
) -> Mapping[str, Any]:
    givers = ward.guardians if needs_guardian(ward.birth_date, ward.capacity, on) else (ward.ref,)
    given = [one for one in held if one["from"] in givers and ward.ref in one["for"]]
    if not given:
        raise sheet.refuse(Flaw.SIGNER_NOT_ABLE, f"'{agent.ref}' holds no mandate of '{ward.ref}' or a guardian")
    mandate = next((one for one in given if date.fromisoformat(one["validFrom"]) <= on <= date.fromisoformat(one["validUntil"])), None)
    if mandate is None:
        raise sheet.refuse(Flaw.MANDATE_NOT_IN_FORCE, f"'{agent.ref}' signed for '{ward.ref}' outside the days of the mandate")
    _verified(sheet, agent, mandate, on)
    return mandate


def _verified(sheet: Sheet, agent: DeclaredPerson, mandate: Mapping[str, Any], on: date) -> None:
    giver = sheet.people[mandate["from"]]
    if giver.died_on is not None and giver.died_on < on:
        raise sheet.refuse(Flaw.MANDATE_NOT_IN_FORCE, f"'{giver.ref}' had died when '{agent.ref}' signed")
    if unknown := sorted({mandate["from"], *mandate["for"]} - {one["ref"] for one in sheet.letter["people"]}):
        raise sheet.refuse(Flaw.REF_UNKNOWN, f"a mandate names '{unknown[0]}', who is not among the letter's people")
    if "signature" not in mandate:
        return
    numbers = {ref: one.id_number for ref, one in sheet.people.items()}
    signed = mandate_bytes(sheet.letter, agent.ref, mandate, numbers)
    sheet.signature(mandate["signature"], MANDATE, signed, whose=giver.ref, of=f"the mandate of '{giver.ref}'")
