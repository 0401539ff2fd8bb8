"""公民身份号码 of people who cannot exist: GB 11643 form and check digit under county codes that were never assigned."""

from __future__ import annotations

from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def check_digit(first_17: str) -> str:
    """The 18th character of an ID number (ISO 7064 MOD 11-2)."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(first_17, _WEIGHTS, strict=True)) % 11]


def id_number(*, province: str, county: int, born: date, sequence: int) -> str:
    """An ID number of province "50" (Chongqing) or "51" (Sichuan), county code `..99xx`, with its check digit. `sequence` is odd for a man."""
    if province not in {"50", "51"} or not 0 <= county <= 99 or not 1 <= sequence <= 999:
        message = "synthetic ID numbers use 5099xx and 5199xx, sequence 1 to 999"
        raise ValueError(message)
    body = f"{province}99{county:02d}{born:%Y%m%d}{sequence:03d}"
    return body + check_digit(body)
