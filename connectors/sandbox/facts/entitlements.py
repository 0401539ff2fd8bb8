"""Justice, veterans' entitlements, help by mass organisations and electronic certificates of a synthetic person."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from decimal import Decimal

from connectors.sandbox.dice import Dice
from connectors.sandbox.people import Household, Person, Record
from connectors.sandbox.setting import Setting

_LEGAL_AID = ("02", "04", "05", "07", "20", "99")
_ORGANISATIONS = {"UNION": "金秋助学", "WOMEN": "两癌救助", "YOUTH": "希望工程圆梦", "REDCROSS": "博爱送万家", "CHARITY": "慈善助医"}
_CERTIFICATES = {"C01": "公安局", "C03": "民政局", "C04": "残疾人联合会", "C06": "民政局", "C08": "人力资源和社会保障局"}


def justices(person: Person, setting: Setting) -> tuple[Record, ...]:
    """司法: of the few adults the bureau knows."""
    dice = Dice("justice", setting.seed, setting.region, person.index)
    if person.life == "MINOR" or not dice.chance(60):
        return ()
    aided = dice.chance(500)
    return (justice(
        kind=dice.pick(_LEGAL_AID) if aided else None, granted=aided and dice.chance(800),
        paid=Decimal(dice.between(10, 80) * 100) if dice.chance(200) else None, serving=dice.chance(80), debtor=dice.chance(250),
    ),)


def justice(*, kind: str | None, granted: bool, paid: Decimal | None = None, serving: bool = False, debtor: bool = False) -> Record:
    """What the bureau knows of one person."""
    return {"legalAidKind": kind, "legalAidGranted": granted, "judicialAidPaid": paid, "servingSentence": serving, "dishonestDebtor": debtor}


def veterans(person: Person, setting: Setting) -> tuple[Record, ...]:
    """优抚: of some of the old, and of the disabled among them."""
    dice = Dice("veteran", setting.seed, setting.region, person.index)
    if person.age(setting.today) < 40 or not dice.chance(120):
        return ()
    kind = "11" if person.disability is not None else "34" if person.life == "RETIRED" else dice.pick(("23", "32", "33"))
    return (veteran(kind, Decimal(dice.between(60, 900)), setting.month(dice.between(6, 120))),)


def veteran(kind: str, monthly: Decimal, since: str) -> Record:
    """One entitlement."""
    return {"isBeneficiary": True, "beneficiaryKind": kind, "subsidyMonthly": monthly.quantize(Decimal("0.01")), "subsidyFrom": since}


def aids(person: Person, household: Household, setting: Setting) -> tuple[Record, ...]:
    """群团帮扶: what the five organisations gave; more often where the household is known to be in need."""
    dice = Dice("mass organisations", setting.seed, setting.region, person.index)
    likely = 200 if household.relief else 15
    return tuple(
        aid(org, Decimal(dice.between(3, 50) * 100), setting.today - timedelta(days=dice.between(10, 700)), level=dice.pick("123"))
        for org in _ORGANISATIONS if dice.chance(likely)
    )


def aid(org: str, amount: Decimal, on: date, *, level: str) -> Record:
    """One help under the organisation's programme."""
    return {"org": org, "program": _ORGANISATIONS[org], "hardshipLevel": level, "amount": amount, "helpedOn": on}


def certificates(person: Person, household: Household, setting: Setting) -> tuple[Record, ...]:
    """电子证照: what the platform lists; adults have an identity card and a social-security card."""
    if person.age(setting.today) < 16:
        return ()
    dice = Dice("certificates", setting.seed, setting.region, person.index)
    kinds = ["C01", *(["C08"] if dice.chance(900) else []), *(["C03"] if person.spouse is not None else []),
             *(["C04"] if person.disability is not None else []), *(["C06"] if household.relief == "DIBAO" else [])]
    return tuple(electronic(kind, person, setting, to=None if kind in {"C03", "C08"} else setting.today + timedelta(days=dice.between(30, 3600)))
                 for kind in kinds)


def electronic(kind: str, person: Person, setting: Setting, *, to: date | None) -> Record:
    """One certificate; the tail of an identity card's number is the ID number's own."""
    digest = hashlib.sha256(f"{kind}\x1f{person.id_number}".encode()).hexdigest()
    tail = person.id_number[-4:] if kind == "C01" else f"{int(digest[:8], 16) % 10_000:04d}"
    return {"certType": kind, "certNoTail": tail, "issuer": f"{setting.name}{_CERTIFICATES[kind]}", "validTo": to, "documentHash": digest}
