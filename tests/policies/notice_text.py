"""What the example notice of a region tells, for registers that tests write."""

from __future__ import annotations

from policies.parameters import REGIONS

_TOP, _MARK, _REST = (REGIONS / "500152" / "notices.toml").read_text("utf-8").partition("\n[notice.tells]\n")
TELLS = "[notice.tells]\n" + _REST
"""Everything a notice has to tell of."""


def untold(*codes: str) -> str:
    """The same without these fact groups, purposes or UNDER_14, wherever they stand."""
    text = TELLS
    for code in codes:
        for written in (f'"{code}", ', f', "{code}"', f'"{code}",'):
            text = text.replace(written, "")
        assert text != TELLS
    return text
