"""The bands a quantity may be told in: one table for yuan (domain C3), one a unit for the rest.

A band is written as it is read: "0", "(0,1000)", "[1000,5000)", "[100000,+)"; closed-open. Bands are fixed here and never chosen
by a caller, so asking again tells nothing new. The yuan bands are the domain's; those of other units are configuration [D].
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Band:
    """One band: the text told, and its Chinese label."""

    text: str
    label_zh: str


@dataclass(frozen=True, slots=True)
class BandTable:
    """The bands of one unit, ascending; `edges[i]` is where band i+1 begins. Every number lies in exactly one band."""

    bands: tuple[Band, ...]
    edges: tuple[Decimal, ...]

    def of(self, value: Decimal | int) -> Band:
        """The band a number lies in; below nought counts as nought (a loss is no income)."""
        return self.bands[bisect_right(self.edges, value)]

    def has(self, text: str) -> bool:
        """Whether a department that bands by itself used one of our bands."""
        return any(band.text == text for band in self.bands)


def _table(first: tuple[str, str], *rest: tuple[str, str, str]) -> BandTable:
    bands = (Band(*first), *(Band(text, label) for _, text, label in rest))
    return BandTable(bands=bands, edges=tuple(Decimal(edge) for edge, _, _ in rest))


YUAN = _table(
    ("0", "0元"),
    ("0.01", "(0,1000)", "不足1千元"),  # one fen is the smallest amount there is
    ("1000", "[1000,5000)", "1千元以上不足5千元"),
    ("5000", "[5000,20000)", "5千元以上不足2万元"),
    ("20000", "[20000,50000)", "2万元以上不足5万元"),
    ("50000", "[50000,100000)", "5万元以上不足10万元"),
    ("100000", "[100000,+)", "10万元以上"),
)
SQUARE_METRES = _table(
    ("[0,30)", "不足30平方米"),
    ("30", "[30,60)", "30以上不足60平方米"),
    ("60", "[60,90)", "60以上不足90平方米"),
    ("90", "[90,144)", "90以上不足144平方米"),
    ("144", "[144,+)", "144平方米以上"),
)
SHARE = _table(("0", "无份额"), ("0.000001", "(0,1)", "部分份额"), ("1", "1", "全部份额"))
COUNT = _table(("0", "无"), ("1", "1", "1"), ("2", "[2,+)", "2以上"))
MONTHS = _table(("0", "无"), ("1", "[1,6)", "不足6个月"), ("6", "[6,12)", "6至11个月"), ("12", "[12,+)", "12个月以上"))
SELF_CARE = _table(("0", "全部达到"), ("1", "[1,4)", "1至3项达不到"), ("4", "[4,6]", "4项以上达不到"))  # TK §22
MU = _table(
    ("0", "无"),
    ("0.01", "(0,2)", "不足2亩"),
    ("2", "[2,5)", "2亩以上不足5亩"),
    ("5", "[5,10)", "5亩以上不足10亩"),
    ("10", "[10,+)", "10亩以上"),
)

BANDS: Mapping[str, BandTable] = MappingProxyType({
    "yuan": YUAN, "yuan/month": YUAN, "yuan/year": YUAN, "yuan/term": YUAN,
    "m²": SQUARE_METRES, "m²/person": SQUARE_METRES, "mu": MU, "0-1": SHARE, "months": MONTHS,
    "units": COUNT, "times": COUNT, "persons": COUNT, "accounts": COUNT, "policies": COUNT,
    "0-6": SELF_CARE,
})
"""Band tables by the unit as the labels name it."""


def band_table(unit: str) -> BandTable:
    """The band table of a unit; KeyError for a unit that has none, so that a new unit is decided and not guessed."""
    return BANDS[unit]
