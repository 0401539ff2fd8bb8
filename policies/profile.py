"""A region's parameters, read strictly from `profile.toml`: standards, thresholds, masks, freshness, uplift.

A key this file does not know refuses to start: a misspelt parameter must not silently keep a default. Rows carry their source;
a row marked `example` is for development and is shown as such, never as current fact (domain B15).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType

from policies.aggregation import Aggregation, read_aggregation
from policies.bands import YUAN
from policies.groups import GROUPS
from policies.masks import MaskProfile
from policies.parameters import ParametersRefused, Table
from policies.purposes import PURPOSES
from policies.verdict import Relation

AREAS = ("URBAN", "RURAL")
THRESHOLD_UNITS: Mapping[str, frozenset[str]] = MappingProxyType({
    "LOW_INCOME_STANDARD": frozenset({"yuan/month"}),
    "EDGE_RATIO": frozenset({"yuan/month"}),
    "ASSET_LIMIT": frozenset({"yuan"}),
})
"""The thresholds a caller may name, and the units each may be compared with: a yearly amount against a monthly standard would be
nonsense. A caller can name no number, so asking often adds up to nothing.
"""


@dataclass(frozen=True, slots=True)
class Amount:
    """A dated amount in yuan: 低保标准 per person and month, or a household's asset limit."""

    area: str
    yuan: Decimal
    valid_from: date
    source: str
    example: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """One region's parameters. `freshness_days` by fact group: past them facts are TOO_OLD, and under a purpose of
    `freshness_refused_for` not told.
    """

    region: str
    title_zh: str
    edge_ratio: Decimal
    edge_source: str
    standards: tuple[Amount, ...]
    asset_limits: tuple[Amount, ...]
    masks: Mapping[Relation, MaskProfile]
    aggregation: Aggregation
    freshness_days: Mapping[str, int]
    freshness_refused_for: frozenset[str]
    narrowest_yuan: Decimal

    def thresholds(self, area: str, on: date) -> Mapping[str, Decimal | None]:
        """Thresholds in yuan for an area (URBAN, RURAL) on a day; None where no row says so (STANDARD_MISSING)."""
        standard = _valid(self.standards, area, on)
        limit = _valid(self.asset_limits, area, on)
        return MappingProxyType({
            "LOW_INCOME_STANDARD": standard,
            "EDGE_RATIO": None if standard is None else standard * self.edge_ratio,
            "ASSET_LIMIT": limit,
        })


def read_profile(file: str, text: str, region: str) -> Profile:
    """The profile of a region from its TOML. Raises ParametersRefused naming file, table and key."""
    top = Table.parse(file, text)
    if top.text("region") != region:
        raise ParametersRefused(f"{file}: it is not the profile of {region}")
    edge, disclosure = top.table("edge"), top.table("disclosure")
    profile = Profile(
        region=region, title_zh=top.text("title_zh"), edge_ratio=edge.amount("ratio"), edge_source=edge.text("source"),
        standards=_amounts(top.rows("standards")), asset_limits=_amounts(top.rows("asset_limits")),
        masks=_masks(top.table("masks")), aggregation=read_aggregation(top.table("aggregation")),
        freshness_days=_freshness(top.table("freshness_days")), freshness_refused_for=_refused_for(top.table("freshness")),
        narrowest_yuan=disclosure.amount("narrowest_yuan"),
    )
    for table in (edge, disclosure, top):
        table.done()
    _refuse_narrow_cells(profile, file)
    return profile


def cells(thresholds: Iterable[Decimal | None]) -> tuple[Decimal, ...]:
    """Where the weaker forms of an amount cut the line of yuan, all of them put together: bands and thresholds."""
    return tuple(sorted({*YUAN.edges, *(threshold for threshold in thresholds if threshold is not None)}))


def _refuse_narrow_cells(profile: Profile, file: str) -> None:
    """A threshold close to a band's edge would, together with the band, nearly tell the amount."""
    days = {row.valid_from for row in (*profile.standards, *profile.asset_limits)}
    for area in AREAS:
        for day in days:
            for lower, upper in pairwise(cells(profile.thresholds(area, day).values())):
                if upper - lower < profile.narrowest_yuan:
                    raise ParametersRefused(
                        f"{file}: for {area} from {day}, bands and thresholds together would tell an amount between "
                        f"{lower} and {upper}, narrower than narrowest_yuan",
                    )


def _valid(rows: Iterable[Amount], area: str, on: date) -> Decimal | None:
    valid = [row for row in rows if row.area == area and row.valid_from <= on]
    return max(valid, key=lambda row: row.valid_from).yuan if valid else None


def _amounts(rows: Iterable[Table]) -> tuple[Amount, ...]:
    found: list[Amount] = []
    for row in rows:
        area = row.text("area")
        if area not in AREAS:
            raise ParametersRefused(f"{row.where}: area is neither URBAN nor RURAL")
        found.append(Amount(
            area=area, yuan=row.amount("amount_yuan"), valid_from=row.day("valid_from"), source=row.text("source"),
            example=row.flag("example"),
        ))
        row.done()
    if len({(row.area, row.valid_from) for row in found}) != len(found):
        raise ParametersRefused("two rows of one area begin on the same day")
    return tuple(found)


def _masks(table: Table) -> Mapping[Relation, MaskProfile]:
    masks = {}
    for relation in Relation:
        name = table.text(relation)
        if name not in set(MaskProfile):
            raise ParametersRefused(f"{table.where}: {relation} names no mask profile")
        masks[relation] = MaskProfile(name)
    table.done()
    return MappingProxyType(masks)


def _refused_for(table: Table) -> frozenset[str]:
    purposes = frozenset(table.codes("refused_for"))
    table.done()
    if unknown := purposes - PURPOSES.keys():
        raise ParametersRefused(f"{table.where}: refused_for names unknown purposes {sorted(unknown)}")
    return purposes


def _freshness(table: Table) -> Mapping[str, int]:
    unknown = set(table.names()) - GROUPS.keys()
    if unknown:
        raise ParametersRefused(f"{table.where}: unknown fact groups {sorted(unknown)}")
    return MappingProxyType({group: table.count(group) for group in table.names()})
