"""标量: how dates, money, regions and ID numbers are written; the parsers the built schema runs on what callers send."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NewType

import strawberry
from graphql import GraphQLError, ValueNode
from strawberry.types.scalar import ScalarDefinition

YuanDecimal = NewType("YuanDecimal", str)
DecimalText = NewType("DecimalText", str)
Band = NewType("Band", str)
IsoDate = NewType("IsoDate", str)
Instant = NewType("Instant", str)
YearMonth = NewType("YearMonth", str)
RegionCode = NewType("RegionCode", str)
IdNumber = NewType("IdNumber", str)
Statement = NewType("Statement", str)

_DECIMAL = re.compile(r"-?\d{1,18}(\.\d{1,6})?", re.ASCII)
_YUAN = re.compile(r"-?\d{1,12}(\.\d{1,2})?", re.ASCII)
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_REGION = re.compile(r"[1-9]\d{5}(\d{6})?", re.ASCII)
_BAND = re.compile(r"[\[(]?\d[\d,+\[\]()]*", re.ASCII)
_ID_NUMBER = re.compile(r"\d{17}[\dX]|\d{15}", re.ASCII)
LONGEST_STATEMENT = 1000
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
HELD_NUMBER = re.compile(r"\d(?:[\s\-_./·]*\d){14}")
"""Digits as many as an ID number's, of any script, parted by blanks or dashes or not."""


def parse_date(value: object) -> str:
    """A calendar day as YYYY-MM-DD."""
    text = _string(value, "Date")
    if len(text) != 10:
        raise GraphQLError("a Date is written YYYY-MM-DD")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise GraphQLError("a Date is written YYYY-MM-DD") from None


def parse_instant(value: object) -> str:
    """An instant with its offset (RFC 3339); one without an offset is refused, since it names no instant."""
    text = _string(value, "DateTime")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise GraphQLError("a DateTime is written as RFC 3339 says, with its offset") from None
    if instant.tzinfo is None:
        raise GraphQLError("a DateTime is written as RFC 3339 says, with its offset")
    return instant.isoformat()


def parse_region(value: object) -> str:
    """A region of GB/T 2260: 12 digits, or 6 which are filled up with zeros."""
    return _matching(value, _REGION, "RegionCode", "6 or 12 digits").ljust(12, "0")


def parse_id_number(value: object) -> str:
    """公民身份号码 of 18 characters (GB 11643): form, date and check digit are checked, the county code is not, since codes
    of districts long renamed are good. One of 15 digits is brought to 18. No message ever shows the value.
    """
    number = _string(value, "IdNumber").strip().upper()
    if not _ID_NUMBER.fullmatch(number):
        raise GraphQLError("an IdNumber has 18 characters, or 15 digits in old papers")
    if len(number) == 15:
        number = number[:6] + "19" + number[6:]
        number += _check_digit(number)
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise GraphQLError("the date inside the IdNumber does not exist") from None
    if _check_digit(number) != number[17]:
        raise GraphQLError("the check digit of the IdNumber is wrong")
    return number


def parse_statement(value: object) -> str:
    """What a person states, in their own words: without an ID number, since it is kept beside data about data. No message shows it."""
    text = _string(value, "Statement").strip()
    if not 5 <= len(text) <= LONGEST_STATEMENT or not text.replace("\n", "").isprintable():
        raise GraphQLError(f"a Statement has 5 to {LONGEST_STATEMENT} printable characters")
    if HELD_NUMBER.search(text):
        raise GraphQLError("a Statement holds what could be an ID number: it is known whom it is about")
    return text


def refuse_statement_literal(node: ValueNode, variables: object = None) -> str:  # noqa: ARG001 (the signature graphql-core calls)
    """A person's words travel only in a variable: a document is cached and may be registered."""
    raise GraphQLError("a Statement travels only in a variable")


def refuse_id_literal(node: ValueNode, variables: object = None) -> str:  # noqa: ARG001 (the signature graphql-core calls)
    """An ID number travels only in a variable: a document is cached, compared and may be logged by its hash."""
    raise GraphQLError("an IdNumber travels only in a variable")


def _check_digit(number: str) -> str:
    """ISO 7064 MOD 11-2 over the first 17 digits."""
    return _CHECK[sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True)) % 11]


def _string(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise GraphQLError(f"{name} is written as a string")
    return value


def _matching(value: object, pattern: re.Pattern[str], name: str, form: str) -> str:
    text = _string(value, name)
    if not pattern.fullmatch(text):
        raise GraphQLError(f"{name} is written as {form}")
    return text


Parser = Callable[[object], str]
"""A value sent by a caller to what the hub reads; raises GraphQLError."""

Literal = Callable[..., str]
"""A value written in a document, as graphql-core calls its reader."""

PARSERS: Mapping[str, Parser] = MappingProxyType({
    "YuanDecimal": lambda value: _matching(value, _YUAN, "YuanDecimal", "a decimal with at most two places"),
    "Decimal": lambda value: _matching(value, _DECIMAL, "Decimal", "a decimal"),
    "Band": lambda value: _matching(value, _BAND, "Band", "a band of the band table"),
    "Date": parse_date,
    "DateTime": parse_instant,
    "YearMonth": lambda value: _matching(value, _MONTH, "YearMonth", "YYYY-MM"),
    "RegionCode": parse_region,
    "IdNumber": parse_id_number,
    "Statement": parse_statement,
})
"""What a value sent by a caller becomes, by scalar name; a GraphQLError says what is wrong without showing the value."""

LITERALS: Mapping[str, Literal] = MappingProxyType({"IdNumber": refuse_id_literal, "Statement": refuse_statement_literal})
"""Scalars whose literals are not read as their values are."""


def _scalar(name: str, description: str) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, serialize=str, parse_value=str)


SCALARS: Mapping[Any, ScalarDefinition] = MappingProxyType({
    YuanDecimal: _scalar("YuanDecimal", "金额(元) Yuan as text with at most two places; never a float."),
    DecimalText: _scalar("Decimal", "小数 A decimal as text; never a float."),
    Band: _scalar("Band", "区间 A closed-open range of the one band table, as text."),
    IsoDate: _scalar("Date", "日期 A calendar day, YYYY-MM-DD."),
    Instant: _scalar("DateTime", "时刻 An instant with its offset (RFC 3339)."),
    YearMonth: _scalar("YearMonth", "年月 A month, YYYY-MM."),
    RegionCode: _scalar("RegionCode", "行政区划代码 A region of GB/T 2260: 12 digits; 6 are accepted."),
    Statement: _scalar("Statement", "陈述 What a person states, 5 to 1000 characters, without an ID number; only in a variable."),
    IdNumber: _scalar(
        "IdNumber", "公民身份号码 An ID number (GB 11643). Only sent, never told; only in a variable, never in a document.",
    ),
})
"""Strawberry's definitions, printed into the SDL; the built schema parses with `PARSERS`."""
