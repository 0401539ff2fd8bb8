"""A region's policy: its rules, its profile, its digest, and the tables of verdicts made from them.

`load` reads and validates everything; what is wrong refuses to start, by file and @id. After that a `Policy` is a value:
`table` is a pure function of its arguments, remembered per situation, so a request meets Cedar only when its kind is new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import cedarpy

from policies.calendar import Calendar, read_calendar
from policies.forms import Form
from policies.freshness import AgeRule
from policies.masks import MASKS, MaskProfile
from policies.parameters import ParametersRefused
from policies.profile import Profile, read_profile
from policies.purposes import PURPOSES, Purpose
from policies.reasons import Reason
from policies.rules import PolicyRefused, Rule, RuleBook, bind
from policies.table import Situation, decide, purpose_entities
from policies.verdict import CallerClass, Relation, Resource, SubjectClass, Verdict

ROOT = Path(__file__).parent
SITUATIONS = 512
"""How many situations (purpose, caller class, subject class) are remembered; beyond it the least used is decided anew."""


class Policy:
    """What one region may tell whom. Made by `load`; safe to share between threads."""

    def __init__(
        self, *, region: str, book: RuleBook, profile: Profile, calendar: Calendar, digest: str, entities: cedarpy.Entities,
    ) -> None:
        """See `load`."""
        self.region = region
        self.profile = profile
        self.calendar = calendar
        self.digest = digest
        self._book = book
        self._entities = entities
        self._remembered = lru_cache(maxsize=SITUATIONS)(self._remember)
        self._table = lru_cache(maxsize=SITUATIONS * 8)(self._make_table)

    @property
    def rules(self) -> Mapping[str, Rule]:
        """Every Cedar rule by @id: effect, law, reason, forms, file."""
        return MappingProxyType(dict(self._book.rules))

    def table(
        self, purpose: str, caller: CallerClass, subject: SubjectClass, resources: frozenset[Resource],
    ) -> Mapping[Resource, Verdict]:
        """A verdict for each resource; an unknown purpose withholds all. Cold about 0.2 ms a resource and form: call it in a
        thread; a remembered situation costs a dictionary look-up.
        """
        return self._table(purpose, caller, subject, resources)

    def thresholds(self, area: str, on: date) -> Mapping[str, Decimal | None]:
        """Named thresholds in yuan for URBAN or RURAL on a day; None where the region has no such standard (domain B15)."""
        return self.profile.thresholds(area, on)

    def age_rule(self, purpose: str, group: str, promised: int | None) -> AgeRule:
        """How old facts of a group may be under a purpose; `promised` is what the source's manifest says, in days."""
        profile = self.profile
        return AgeRule(promised, profile.freshness_days.get(group), refuses=purpose in profile.freshness_refused_for)

    def mask_profile(self, relation: Relation) -> MaskProfile:
        """Which masks a caller of that relation gets."""
        return self.profile.masks[relation]

    def _make_table(
        self, purpose: str, caller: CallerClass, subject: SubjectClass, resources: frozenset[Resource],
    ) -> Mapping[Resource, Verdict]:
        known = PURPOSES.get(purpose)
        if known is None:
            refused = Verdict(form=Form.WITHHELD, reason=Reason.PURPOSE_MISMATCH, rules=())
            return MappingProxyType(dict.fromkeys(resources, refused))
        remembered = self._remembered(known, caller, subject)
        new = resources - remembered.keys()
        if new:
            remembered.update(decide(self._book, self._entities, Situation(known, caller, subject), new))
        return MappingProxyType({resource: remembered[resource] for resource in resources})

    def _remember(self, _purpose: Purpose, _caller: CallerClass, _subject: SubjectClass) -> dict[Resource, Verdict]:
        """An empty memory for a situation; lru_cache keeps it. Two threads may decide the same thing twice, never differently."""
        return {}


def load(region: str, *, root: Path = ROOT) -> Policy:
    """The policy of a region by its six-digit code, from `root`'s national/ and regions/<code>/. Raises PolicyRefused."""
    folder = root / "regions" / region
    if not folder.is_dir():
        raise PolicyRefused(f"regions/{region}: there is no such folder")
    files = {
        path.relative_to(root).as_posix(): path.read_text("utf-8")
        for path in (*(root / "national").iterdir(), *folder.iterdir(), root / "hub.cedarschema", *(root / "code_lists").iterdir())
    }
    book = bind({name: text for name, text in files.items() if name.endswith(".cedar")}, files["hub.cedarschema"])
    return Policy(
        region=region, book=book, digest=_digest(files), entities=purpose_entities(PURPOSES.values(), book.schema),
        profile=_profile(files, region), calendar=_calendar(files, region),
    )


def load_calendar(region: str, *, root: Path = ROOT) -> Calendar:
    """A region's working days alone, without its rules. Raises PolicyRefused."""
    names = ("national/calendar.toml", f"regions/{region}/calendar.toml")
    return _calendar({name: (root / name).read_text("utf-8") for name in names if (root / name).is_file()}, region)


def _profile(files: Mapping[str, str], region: str) -> Profile:
    name = f"regions/{region}/profile.toml"
    if name not in files:
        raise PolicyRefused(f"{name}: missing")
    try:
        return read_profile(name, files[name], region)
    except ParametersRefused as wrong:
        raise PolicyRefused(str(wrong)) from wrong


def _calendar(files: Mapping[str, str], region: str) -> Calendar:
    """The national calendar, with the years a region's own calendar holds in place of it."""
    names = ("national/calendar.toml", f"regions/{region}/calendar.toml")
    try:
        national, own = (read_calendar(name, files.get(name, "")) for name in names)
    except ParametersRefused as wrong:
        raise PolicyRefused(str(wrong)) from wrong
    return national.overridden(own)


def _digest(files: Mapping[str, str]) -> str:
    """SHA-256 over every file and over the tables that are Python: purposes, masks by name."""
    purposes = {code: [
        purpose.kind, sorted(purpose.departments), sorted(purpose.told_groups()), sorted(purpose.bases),
        sorted(purpose.statute_groups), purpose.token_days,
    ] for code, purpose in PURPOSES.items()}
    masks = {"/".join(field): [mask.__name__ for mask in pair] for field, pair in MASKS.items()}
    whole = json.dumps([dict(files), purposes, masks], sort_keys=True, ensure_ascii=False).encode()
    return hashlib.sha256(whole).hexdigest()
