"""How departments write values: one small writer a spelling, from a fact in the standard's codes and units to what stands on a wire.

A writer never sees null (the department's dialect says how it spells that), and carries the JSON shape of what it writes, so
that a department's OpenAPI document and its answers come from one place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from connectors.sandbox.people import Value

Written = str | int | bool
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Writer:
    """One spelling. `shape` is the JSON schema of a value, `note` says unit and spelling to a reader; `coded` where the contract lists
    the values and so may list more one day.
    """

    write: Callable[[Value], Written]
    shape: Mapping[str, object]
    note: str = ""
    coded: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One field of a department's answer: which fact it is, what the department calls it in Chinese, how it writes it."""

    fact: str
    title: str
    writer: Writer = field(repr=False)


def _string(pattern: str = "") -> dict[str, object]:
    return {"type": "string", "pattern": f"^{pattern}$"} if pattern else {"type": "string"}


def _day(value: Value, form: str) -> str:
    if not isinstance(value, date):
        raise TypeError("a date is written as a date")
    return value.strftime(form)


def _amount(value: Value) -> Decimal:
    return Decimal(value) if isinstance(value, str | int) else value  # type: ignore[return-value]


def _chinese_day(value: Value) -> str:
    year, month, day = _day(value, "%Y-%m-%d").split("-")
    return f"{year}年{int(month)}月{int(day)}日"


def _fen(value: Value) -> int:
    return int(_amount(value) * 100)


TEXT = Writer(str, _string())
REGION = Writer(str, _string(r"\d{6}"), "GB/T 2260 代码")
WHOLE = Writer(lambda value: int(_amount(value)), {"type": "integer"})
DIGITS = Writer(lambda value: str(int(_amount(value))), _string(r"-?\d+"))
MONEY = Writer(lambda value: f"{_amount(value).quantize(_CENT)}", _string(r"-?\d+\.\d\d"), "元")
FEN = Writer(_fen, {"type": "integer"}, "分")
WAN = Writer(lambda value: f"{(_amount(value) / 10_000).normalize():f}", _string(r"-?\d+(\.\d+)?"), "万元")
NUMBER = Writer(lambda value: f"{_amount(value):f}", _string(r"-?\d+(\.\d+)?"))
PERCENT = Writer(lambda value: f"{(_amount(value) * 100).normalize():f}%", _string(r"\d+(\.\d+)?%"), "百分数")
DAY = Writer(lambda value: _day(value, "%Y-%m-%d"), _string(r"\d{4}-\d\d-\d\d"), "YYYY-MM-DD")
DAY_DIGITS = Writer(lambda value: _day(value, "%Y%m%d"), _string(r"\d{8}"), "YYYYMMDD")
DAY_SLASHED = Writer(lambda value: _day(value, "%Y/%m/%d"), _string(r"\d{4}/\d\d/\d\d"), "YYYY/MM/DD")
DAY_CHINESE = Writer(_chinese_day, _string(r"\d{4}年\d{1,2}月\d{1,2}日"), "YYYY年M月D日")
MONTH = Writer(str, _string(r"\d{4}-\d\d"), "YYYY-MM")
MONTH_DIGITS = Writer(lambda value: str(value).replace("-", ""), _string(r"\d{6}"), "YYYYMM")
TRUTH = Writer(bool, {"type": "boolean"})


def codes(table: Mapping[str, str] | Mapping[bool, str], *, other: str = "") -> Writer:
    """The department's own codes for ours; `other` where it has one code for all the rest. KeyError for a code it has none for."""
    known: dict[object, str] = {key: code for key, code in table.items()}  # noqa: C416 - of either kind of key
    listed = sorted({*known.values(), *([other] if other else [])})

    def write(value: Value) -> str:
        key = value if isinstance(value, bool) else str(value)
        return known.get(key, other) if other else known[key]

    return Writer(write, {"type": "string", "enum": listed}, coded=not any(isinstance(key, bool) for key in known))


def flags(yes: str, no: str) -> Writer:
    """True and false as two codes."""
    return codes({True: yes, False: no})


def bands(edges: Sequence[int], *, note: str = "") -> Writer:
    """A band the department computes: "0" for nought, "1" for what lies below the first edge, and so on."""
    def write(value: Value) -> str:
        amount = _amount(value)
        return "0" if amount == 0 else str(1 + sum(amount >= edge for edge in edges))

    return Writer(write, {"type": "string", "enum": [str(number) for number in range(len(edges) + 2)]}, note)
