"""`extensions.terms`: what the receiver of an answer may do with it, said in the answer itself (GDS §25, §27, §29; PIPL §19, §23).

Nothing here decides what is told. It follows from purpose, region and the catalogue's entries of the groups that were told, so it is
made once for a kind of answer and a day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from hub.authorizations.catalogue import Asking, Catalogue, Entry
from hub.bounded import Bounded
from hub.caller import Caller
from policies.calendar import CHINA
from policies.disposal import LAW, RECORD_YEARS, Term, due
from policies.groups import IDENTITY
from policies.purposes import PURPOSES, PurposeKind
from policies.verdict import BasisKind, Relation

MISSING = "DISPOSAL_DAYS_MISSING"

OWED_BY_NOBODY = frozenset({BasisKind.SELF, BasisKind.AUDIT})
"""Who asks about themselves may do what they like with it; an audit is told no fact."""


def duty_id(*, organisation: str, case: str, purpose: str) -> str:
    """The id of a disposal duty: known before its first answer is recorded."""
    named = f"{organisation}\n{case}\n{purpose}"
    return f"duty_{hashlib.sha256(named.encode()).hexdigest()[:32]}"


def told_groups(rows: Iterable[str]) -> frozenset[str]:
    """The fact groups departments told, from the sources of an outcome's `rows`; a neighbour's source is "group@region"."""
    return frozenset(source.partition("@")[0] for source in rows) - {IDENTITY}


class Terms:
    """Says the terms of answers. One event loop's thread only."""

    def __init__(self, catalogue: Catalogue, terms: Mapping[PurposeKind, Term], *, issuer: str) -> None:
        """`terms` of the region; `issuer` is the hub's URL, where disposal is reported."""
        self._catalogue = catalogue
        self._terms = terms
        self._report = f"{issuer}/disposals"
        self._kept: Bounded[tuple[object, ...], Mapping[str, Any]] = Bounded(1024)

    def __call__(self, caller: Caller, groups: frozenset[str], now: datetime, cases: Sequence[str] = ()) -> Mapping[str, Any]:
        """The terms of an answer in which departments told of `groups`; of the answer's whole where that is none. Of a token over several
        cases `cases` are those in which anything was told: each has a duty of its own.
        """
        on = now.astimezone(CHINA).date()
        key = (caller.organisation, caller.department, caller.purpose, caller.case, caller.relation, groups, on, self._catalogue.version)
        terms = self._kept.get(key) or self._kept.put(key, self._made(caller, groups, on))
        if not caller.cases or terms["disposal"] is None:
            return terms
        return {**terms, "disposal": [{"case": case, **self._disposal(caller, case)} for case in cases]}

    def _made(self, caller: Caller, groups: frozenset[str], on: date) -> Mapping[str, Any]:
        entries = [entry for entry in self._catalogue.of(groups) if entry.in_force(on)]
        onward = self._catalogue.decide(Asking(caller.department, caller.purpose, caller.organisation, onward=True), on)
        owed = bool(groups) and caller.basis.kind not in OWED_BY_NOBODY
        return {
            "purpose": caller.purpose,
            "use": "THIS_PURPOSE_IN_THIS_CASE",
            "onward": {"groups": sorted(group for group in groups if onward.get(group) == ""), "otherwise": "CONSENT_OF_PROVIDER"},
            "providers": [_provider(entry) for entry in entries],
            "retention": self._retention(caller, entries, on) if owed else None,
            "recordYears": RECORD_YEARS,
            # A neighbour answers for it to its own region, under the agreement.
            "disposal": self._disposal(caller, caller.case) if owed and caller.relation is Relation.LOCAL else None,
            "law": LAW,
        }

    def _disposal(self, caller: Caller, case: str) -> Mapping[str, str]:
        return {"duty": duty_id(organisation=caller.organisation, case=case, purpose=caller.purpose), "report": self._report}

    def _retention(self, caller: Caller, entries: Iterable[Entry], on: date) -> Mapping[str, Any]:
        purpose = PURPOSES.get(caller.purpose)
        term = self._terms.get(purpose.kind) if purpose is not None else None
        until = due(term, told=on, keep_days=keep_days(entries))
        latest = until.isoformat() if until is not None else None
        if term is None:
            return {"latest": latest, "missing": MISSING}
        return {"latest": latest, "event": term.event.value, "daysAfter": term.days, "source": term.source}


def keep_days(entries: Iterable[Entry]) -> int | None:
    """The shortest time the providers of some entries let their data be kept; None where none says one."""
    return min((entry.keep_days for entry in entries if entry.keep_days is not None), default=None)


def _provider(entry: Entry) -> Mapping[str, Any]:
    told = {"group": entry.fact_group, "entry": entry.id, "provider": entry.provider}
    return told | {name: text for name, text in (("conditions", entry.conditions), ("disposal", entry.disposal)) if text}
