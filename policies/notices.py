"""个人信息处理告知书: the register of a region's privacy notices, version by version, with what each tells and changed (PIPL §14, §17), as data.

A letter names the notice its signers were shown. What a later version changed materially they have not agreed to: consent is asked for
anew, and until then the letter no longer carries what the change is about. What it never told them of, it does not carry either
(`notice_contents.py`). Nothing here asks a clock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from policies.groups import GROUPS
from policies.notice_contents import NOTHING_TOLD, Contents, contents
from policies.parameters import REGIONS, ParametersRefused, Table
from policies.purposes import PURPOSES

FILE = "notices.toml"
ANEW = frozenset({"PURPOSE", "MANNER", "KINDS", "RECEIVER"})
"""What the law itself has consented to anew: purpose, manner and kinds (PIPL §14), a receiver (§23). Never marked as no matter."""
TOLD = frozenset({"RETENTION", "OTHER"})
"""What the law has told to people (PIPL §17); whether it also needs a new signature, the region says."""
NARROWED = "NARROWED"
"""Less is done than before: what people agreed to covers it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing a version changed. It concerns what all its lists name together; an empty list means all of that."""

    about: str
    what_zh: str
    material: bool
    purposes: frozenset[str]
    fact_groups: frozenset[str]
    receivers: frozenset[str]  # organisation codes, 12-digit regions


@dataclass(frozen=True, slots=True)
class Notice:
    """One version: shown to those who sign from `signed_from` to `signed_until` (both included; None: still). `example` is for development.
    `tells` is None where nobody entered what it says.
    """

    version: str
    title_zh: str
    signed_from: date
    signed_until: date | None
    source: str
    example: bool
    changes: tuple[Change, ...]
    tells: Contents | None

    def shown(self, on: date) -> bool:
        """Whether who signed on a day may have been shown it."""
        return self.signed_from <= on and (self.signed_until is None or on <= self.signed_until)

    def silent(self, sensitive: Collection[str]) -> frozenset[str]:
        """What who signed under it was not told of (`Contents.silent`): everything, where nobody knows what it says."""
        return NOTHING_TOLD if self.tells is None else self.tells.silent(sensitive)


@dataclass(frozen=True, slots=True)
class Notices:
    """A region's register, oldest first."""

    versions: Mapping[str, Notice]

    def later(self, version: str) -> tuple[tuple[date, Change], ...] | None:
        """The material changes of later versions, each with the day it is in force from; None where the version is not registered."""
        if version not in self.versions:
            return None
        return tuple([(one.signed_from, change) for one in self.since(version) for change in one.changes if change.material])

    def since(self, version: str) -> tuple[Notice, ...]:
        """The versions after one that is registered."""
        order = list(self.versions.values())
        return tuple(order[order.index(self.versions[version]) + 1 :])


def read_notices(file: str, text: str) -> Notices:
    """The register of a `notices.toml`. Raises ParametersRefused on an unknown key or code, on versions out of order or given twice, and on
    a change the law asks consent for that is called immaterial.
    """
    top = Table.parse(file, text)
    found: dict[str, Notice] = {}
    last = date.min
    for row in top.rows("notice"):
        one = _notice(row)
        if one.version in found or one.signed_from <= last:
            raise ParametersRefused(f"{row.where}: versions stand once each, by the day they are in force from")
        if bool(one.changes) is not bool(found):
            raise ParametersRefused(f"{row.where}: every version but the first says what it changed")
        found[one.version], last = one, one.signed_from
    top.done()
    return Notices(MappingProxyType(found))


def notices(region: str) -> Notices:
    """A region's (6 digits); empty where its folder has none: no letter names a notice that is known, so none is taken in."""
    path = REGIONS / region / FILE
    return read_notices(f"{region}/{FILE}", path.read_text("utf-8")) if path.is_file() else Notices(MappingProxyType({}))


def _notice(row: Table) -> Notice:
    first, last = row.day("from"), row.day("until") if "until" in row.names() else None
    made = Notice(
        version=row.text("version"), title_zh=row.text("title_zh"), signed_from=first, signed_until=last, source=row.text("source"),
        example=row.flag("example"), changes=tuple([_change(one) for one in row.rows("change")]),
        tells=contents(row.table("tells")) if "tells" in row.names() else None,
    )
    row.done()
    if last is not None and last < first:
        raise ParametersRefused(f"{row.where}: it ends before it begins")
    return made


def _change(row: Table) -> Change:
    made = Change(
        about=row.text("about"), what_zh=row.text("what_zh"), material=row.flag("material"), purposes=frozenset(row.codes("purposes")),
        fact_groups=frozenset(row.codes("fact_groups")), receivers=frozenset(row.codes("receivers")),
    )
    row.done()
    if unknown := (made.purposes - PURPOSES.keys()) | (made.fact_groups - GROUPS.keys()) | ({made.about} - ANEW - TOLD - {NARROWED}):
        raise ParametersRefused(f"{row.where}: {', '.join(sorted(unknown))} is nothing a notice changes")
    if made.material is not (made.about in ANEW) and made.about not in TOLD:
        raise ParametersRefused(f"{row.where}: a change of {made.about} {'needs consent anew' if made.about in ANEW else 'needs none'} (PIPL §14)")
    return made
