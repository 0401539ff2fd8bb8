"""公民身份号码: the citizen ID number of GB 11643-1999, checked and normalised.

Format, date and check digit are errors. An unknown county code is only a warning: codes are those of the day of first registration and
many are abolished (domain B1). The prefix is never read as a region. No error text holds a digit of the number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_NEW = re.compile(r"[1-9][0-9]{16}[0-9X]", re.ASCII)
_OLD = re.compile(r"[1-9][0-9]{14}", re.ASCII)
_FULL_WIDTH = str.maketrans("０１２３４５６７８９Ｘｘ", "0123456789XX")

# GB/T 2260 provinces, 83 for Taiwan residents' permits (81, 82: Hong Kong, Macau), 9x for foreign permanent residents [M].
_PROVINCES = frozenset(
    str(code)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for code in range(first, last + 1)
)


class BadIdNumber(ValueError):
    """Not an ID number; `reason` is FORMAT, DATE or CHECK, the text never holds the number."""

    def __init__(self, reason: str, text: str) -> None:
        """`text` says what is wrong without saying what was given."""
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A valid number of 18 characters, upper case. `original` is what was given where it had 15."""

    value: str = field(repr=False)
    birth_date: date = field(repr=False)
    sex: str = field(repr=False)  # GB/T 2261.1: 1 male, 2 female
    original: str = field(default="", repr=False)
    warnings: tuple[str, ...] = ()


def check_digit(first17: str) -> str:
    """The 18th character: ISO 7064 MOD 11-2 with GB 11643's weights."""
    return _CHECK[sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True)) % 11]


def parse(text: str, *, today: date) -> IdNumber:
    """Read a number as people write it: blanks around it, full-width digits, a small x, the 15 digits of before 1999.

    `today` bounds the birth date. Raises BadIdNumber.
    """
    given = text.strip().translate(_FULL_WIDTH).upper()
    value = given
    if _OLD.fullmatch(given):
        # The century is 19: numbers of 15 digits ended in 1999, and 18xx births were given 996–999 as sequence.
        first17 = f"{given[:6]}19{given[6:]}"
        value = first17 + check_digit(first17)
    elif not _NEW.fullmatch(given):
        raise BadIdNumber("FORMAT", "an ID number has 17 digits and a check character, or 15 digits")
    born = _birth_date(value[6:14], today)
    if check_digit(value[:17]) != value[17]:
        raise BadIdNumber("CHECK", "the check character of the ID number is wrong")
    known = value[:2] in _PROVINCES or value[0] == "9"
    return IdNumber(
        value=value,
        birth_date=born,
        sex="1" if int(value[16]) % 2 else "2",
        original=given if given != value else "",
        warnings=() if known else ("UNKNOWN_COUNTY_CODE",),
    )


def _birth_date(digits: str, today: date) -> date:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise BadIdNumber("DATE", "the birth date in the ID number is no date") from None
    if not date(1860, 1, 1) <= born <= today:
        raise BadIdNumber("DATE", "the birth date in the ID number cannot be a living or dead person's on record")
    return born
