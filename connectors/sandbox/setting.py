"""Where and when a population lives: its region, its neighbours, its example standards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

TODAY = date(2026, 11, 22)
"""The day the sandbox takes for today unless told otherwise, so that ages and records stay the same from run to run."""

_NEIGHBOURS = {
    "500152": ("500117", "500151", "500111", "510904", "512021"),
    "511725": ("511703", "511724", "511602", "511322"),
}
# Examples only, never a current standard (domain B15): urban, rural yuan a month.
_STANDARDS = {"500152": (Decimal(735), Decimal(600)), "511725": (Decimal(720), Decimal(580))}
_NAMES = {"500152": "重庆市潼南区", "511725": "四川省渠县"}
_PLATES = {"50": "渝C", "51": "川S"}


@dataclass(frozen=True, slots=True)
class Setting:
    """A region (6-digit code), the seed everything is thrown from, and the day it is."""

    region: str
    seed: int
    today: date = TODAY

    @property
    def province(self) -> str:
        """"50" or "51": which of the never-assigned county codes its people carry."""
        return self.region[:2]

    @property
    def neighbours(self) -> tuple[str, ...]:
        """Regions people moved to or from."""
        return _NEIGHBOURS.get(self.region, ("500112", "510104"))

    @property
    def name(self) -> str:
        """The region's name, or its code where no name is kept here."""
        return _NAMES.get(self.region, self.region)

    @property
    def plate(self) -> str:
        """The first two characters of its number plates."""
        return _PLATES.get(self.province, "渝A")

    def standard(self, area: str) -> Decimal:
        """An example 低保 standard, yuan a person and month."""
        urban, rural = _STANDARDS.get(self.region, (Decimal(700), Decimal(560)))
        return urban if area == "URBAN" else rural

    def month(self, back: int) -> str:
        """"YYYY-MM", so many months before the current one."""
        count = self.today.year * 12 + self.today.month - 1 - back
        return f"{count // 12:04d}-{count % 12 + 1:02d}"
