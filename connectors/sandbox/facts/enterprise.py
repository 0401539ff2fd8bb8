"""Businesses, ships and commercial vehicles of a synthetic person: what somebody earns from besides a wage."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from connectors.sandbox.dice import Dice
from connectors.sandbox.facts.registers import vehicles
from connectors.sandbox.people import Person, Record
from connectors.sandbox.setting import Setting

_SYMBOLS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I, O, S, V, Z
_TRADES = ("小吃店", "便利店", "五金经营部", "服装店", "农资经营部", "汽车修理部", "茶馆")
_COMPANIES = ("建材有限公司", "农业开发有限公司", "电子商务有限公司", "物流有限公司", "家政服务有限公司")


def uscc(kind: str, county: int, serial: int) -> str:
    """A 统一社会信用代码 that cannot exist: GB 32100 form and check characters under a county code never assigned; kind "1" is a company,
    "2" a sole trader.
    """
    body = f"9{kind}5099{county:02d}" + _organisation_code(f"{serial:08d}")
    total = sum(_SYMBOLS.index(symbol) * pow(3, place, 31) for place, symbol in enumerate(body))
    return body + _SYMBOLS[-total % 31]


def _organisation_code(body: str) -> str:
    """Eight digits with their check character (GB 11714)."""
    rest = -sum(int(digit) * weight for digit, weight in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
    return body + ("X" if rest == 10 else str(rest))


def market_entities(person: Person, setting: Setting) -> tuple[Record, ...]:
    """市场主体: who lives on business owns one; few others hold a share or once had a shop."""
    dice = Dice("business", setting.seed, setting.region, person.index)
    place = setting.name.removeprefix("重庆市").removeprefix("四川省")
    first = max(date(2006, 1, 1), date(person.birth_date.year + 19, 1, 1))
    if person.life == "BUSINESS":
        if dice.chance(250):
            name = f"{place}{person.name[0]}氏{dice.pick(_COMPANIES)}"
            share = Decimal(dice.pick((40, 51, 60, 100))) / 100
            return (entity(dice, "1", name, "LEGAL_REP", capital=Decimal(dice.between(5, 200) * 10), share=share, on=dice.day(first, setting.today)),)
        return (entity(dice, "2", f"{place}{person.name[0]}记{dice.pick(_TRADES)}", "OWNER", capital=Decimal(dice.between(1, 20)), on=dice.day(first, setting.today)),)
    if person.life in {"CLERK", "WORKER"} and dice.chance(30):
        share = Decimal(dice.between(5, 40)) / 100
        return (entity(dice, "1", f"{place}众合{dice.pick(_COMPANIES)}", "SHAREHOLDER", capital=Decimal(dice.between(5, 100) * 10), share=share,
                       on=dice.day(first, setting.today)),)
    if person.life in {"JOBLESS", "FARMER", "FREELANCE"} and dice.chance(50):
        status = dice.pick(("CANCELLED", "CANCELLED", "REVOKED"))
        return (entity(dice, "2", f"{place}{person.name[0]}记{dice.pick(_TRADES)}", "OWNER", capital=None, on=dice.day(first, setting.today), status=status),)
    return ()


def entity(
    dice: Dice, kind: str, name: str, role: str, *, capital: Decimal | None, on: date, share: Decimal | None = None, status: str = "OPEN",
) -> Record:
    """One business; `capital` in 10,000 yuan, a sole trader has no shares."""
    return {
        "uscc": uscc(kind, dice.below(100), dice.below(100_000_000)), "entityName": name, "role": role, "registeredCapital": capital,
        "shareRatio": share, "status": status, "establishedOn": on,
    }


def vessels(person: Person, setting: Setting) -> tuple[Record, ...]:
    """船舶与营运车: the lorry the police know as commercial is licensed here too; some by the river keep a boat."""
    dice = Dice("vessel", setting.seed, setting.region, person.index)
    records = [
        vessel(dice, setting, "COMMERCIAL_VEHICLE", tonnage=Decimal(dice.between(18, 180)) / 10, on=lorry["registeredOn"], value=lorry["valueBand"])
        for lorry in vehicles(person, setting) if lorry["useNature"] == "COMMERCIAL" and lorry["status"] == "NORMAL"
    ]
    boats = {"FARMER": 25, "FREELANCE": 15, "RETIRED": 10, "BUSINESS": 12}.get(person.life, 0)
    if dice.chance(boats):
        kind = "SHIP" if person.life == "BUSINESS" else "FISHING"
        records.append(vessel(dice, setting, kind, tonnage=Decimal(dice.between(10, 60) if kind == "FISHING" else dice.between(2000, 9000)) / 10,
                              on=setting.today - timedelta(days=dice.between(200, 5000)), value=Decimal(dice.between(3, 12) * 1000)))
    return tuple(records)


def vessel(dice: Dice, setting: Setting, kind: str, *, tonnage: Decimal, on: object, value: object) -> Record:
    """One entry; `tonnage` in tonnes."""
    return {
        "registryNo": f"{setting.region}{dice.below(1_000_000):06d}", "kind": kind, "tonnage": tonnage,
        "registeredOn": on if isinstance(on, date) else None, "valueBand": value if isinstance(value, Decimal) else None,
    }
