"""The four kinds of institution behind the financial platform: how each writes its records, and how slow it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connectors.sandbox.people import Record, Value

_BANDS = (1_000, 5_000, 20_000, 50_000, 100_000)
_KINDS = {"LIFE": "RS", "HEALTH": "JK", "ACCIDENT": "YW", "OTHER": "QT"}


@dataclass(frozen=True, slots=True)
class Institution:
    """One kind: its fact group, its fields on the wire, its records written; `pace` multiplies the platform's delay."""

    group: str
    fields: frozenset[str]
    write: Callable[[Record], dict[str, object]]
    pace: float


def _fen(value: Value) -> int | None:
    return int(value * 100) if isinstance(value, Decimal) else None


def _yuan(value: Value) -> str | None:
    return f"{value:.2f}" if isinstance(value, Decimal) else None


def _wan(value: Value) -> str | None:
    return f"{value / 10_000:.2f}" if isinstance(value, Decimal) else None


def _day(value: Value) -> str | None:
    return value.strftime("%Y%m%d") if isinstance(value, date) else None


def _band(value: Value) -> str | None:
    if not isinstance(value, Decimal):
        return None
    return "0" if value <= 0 else str(1 + sum(value >= limit for limit in _BANDS))


def _bank(record: Record) -> dict[str, object]:
    balance = record["totalBalanceBand"]
    return {
        "khjg": record["institution"], "zhs": record["accountCount"], "ckye": _fen(balance), "ckyeqj": _band(balance), "yerq": _day(record["asOf"]),
        "deyd": "Y" if record["largeMovement12m"] else "N", "dkye": _fen(record["loanBand"]),
    }


def _depository(record: Record) -> dict[str, object]:
    return {
        "sfkh": "1" if record["accountExists"] else "0", "zqsz": _yuan(record["marketValueBand"]), "jjsz": _yuan(record["fundValueBand"]),
        "szrq": _day(record["asOf"]),
    }


def _insurer(record: Record) -> dict[str, object]:
    return {
        "bds": record["policyCount"], "xjjz": _wan(record["cashValueBand"]), "njbf": _yuan(record["annualPremium"]),
        "xl": _KINDS[str(record["insuredType"])], "tzx": "1" if record["investmentLinked"] else "0",
    }


def _payment(record: Record) -> dict[str, object]:
    return {
        "zfjg": record["institution"], "zhye": _fen(record["balanceBand"]), "lcye": _fen(record["wealthProductBand"]), "yerq": _day(record["asOf"]),
    }


INSTITUTIONS: Mapping[str, Institution] = {
    "yh": Institution("bankDeposit", frozenset({"khjg", "zhs", "ckye", "ckyeqj", "yerq", "deyd", "dkye"}), _bank, 1.0),
    "zq": Institution("securities", frozenset({"sfkh", "zqsz", "jjsz", "szrq"}), _depository, 1.5),
    "bx": Institution("commercialInsurance", frozenset({"bds", "xjjz", "njbf", "xl", "tzx"}), _insurer, 2.0),
    "zf": Institution("paymentAccount", frozenset({"zfjg", "zhye", "lcye", "yerq"}), _payment, 0.5),
}
"""By the part of the address that names them: 银行, 证券, 保险, 支付."""
