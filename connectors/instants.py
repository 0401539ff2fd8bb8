"""From a department's spellings of days, months and instants to ours. Rules of this file: those of `conversion.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

from connectors.conversion import Convert, Unreadable
from connectors.interface import Raw

BEIJING = timezone(timedelta(hours=8))
"""The time zone of every department: +08:00 the year round."""

_MONTH = re.compile(r"(\d{4})(?:-|/|)(0[1-9]|1[0-2])", re.ASCII)
_DATE = re.compile(r"(\d{4})(?:(\d\d)(\d\d)|-(\d\d)-(\d\d)|/(\d\d)/(\d\d)|年(\d{1,2})月(\d{1,2})日)", re.ASCII)


def _date(value: object) -> Raw:
    if value is None or value == "":
        return None
    if type(value) is date:
        return value
    if type(value) is str and len(value) >= 19 and value[10] in " T":
        value = value[:10]  # a registry's local timestamp: the day counts
    match = _DATE.fullmatch(value) if type(value) is str else None
    if match is None:
        raise Unreadable("not a date")
    try:
        if len(match[0]) == 8 or match[0][4] == "-":
            return date.fromisoformat(match[0])
        year, month, day = (part for part in match.groups() if part is not None)
        return date(int(year), int(month), int(day))
    except ValueError:
        raise Unreadable("not a day of the calendar") from None


def _month(value: object) -> Raw:
    if value is None or value == "":
        return None
    match = _MONTH.fullmatch(value) if type(value) is str else _MONTH.fullmatch(str(value)) if type(value) is int else None
    if match is None:
        raise Unreadable("not a month")
    return f"{match[1]}-{match[2]}"


@lru_cache(maxsize=64)
def instant(text: str) -> str:
    """A department's "data as of", ISO or bare digits, as ISO 8601 with +08:00; without an offset it is Beijing time."""
    digits = f"{text[:8]}T{text[8:]}" if len(text) == 14 and text.isdigit() else text
    try:
        moment = datetime.fromisoformat(digits)
        moment = moment.astimezone(BEIJING) if moment.tzinfo else moment.replace(tzinfo=BEIJING)
    except (ValueError, OverflowError):  # the last hours of the year 9999 elsewhere are no instant here
        raise Unreadable("not an instant") from None
    return moment.isoformat(timespec="seconds")


DAYS: Mapping[str, Convert] = {
    "date": _date,    # 2026-10-01, 20261001, 2026/10/01, 2026年10月1日
    "month": _month,  # 202610, 2026-10
}
"""The conversions of this file, by the kind a manifest names."""
