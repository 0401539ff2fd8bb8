"""处理规则: the rules of a purpose as data, from the tables the hub decides by (PIPL §48): what can be explained without anybody being asked.

In which form a value is told depends besides on who asks, on the letter's strength and on the person's age: that stands with each question in
`accesses`, as it was.
"""

from __future__ import annotations

from collections.abc import Mapping

from policies.disposal import RECORD_YEARS, Term
from policies.groups import GROUPS
from policies.purposes import PURPOSES, PurposeKind


def handling_rules(code: str, terms: Mapping[PurposeKind, Term]) -> dict[str, object] | None:
    """Those of one purpose, None where there is none of this code. `terms` are the region's for disposal."""
    purpose = PURPOSES.get(code)
    if purpose is None:
        return None
    groups = [
        {"group": group, "title": GROUPS[group].title_zh, "department": GROUPS[group].department, "withoutLetter": group in purpose.statute_groups}
        for group in sorted(purpose.told_groups())
    ]
    term = terms.get(purpose.kind)
    keeping = None if term is None else {"event": term.event.value, "days": term.days, "longestDays": term.longest_days, "source": term.source}
    return {
        "purpose": code, "title": purpose.title_zh, "law": purpose.legal_basis, "bases": sorted(purpose.bases), "groups": groups,
        "departments": sorted(purpose.departments), "consentUntil": purpose.lifetime_zh, "keeping": keeping, "recordYears": RECORD_YEARS,
    }
