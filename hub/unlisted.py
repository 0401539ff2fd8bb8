"""代码表外的代码: which fields of told records hold a code their list does not have; the code itself stands where it was sent.

Read from what is told at the place and from nothing else: a field whose code is not told is not named either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hub.decision import GroupDecision
from policies.code_lists import CODE_LISTS, CodeList

Rows = Sequence[Sequence[object]] | None
_CODE_LEAVES = frozenset({"", "code"})
"""The leaves that tell a code itself: a plain field's own, and `Coded.code`."""


def unlisted(decision: GroupDecision, slots: Sequence[int]) -> Callable[[Rows], list[str]]:
    """For one group at one place: rows of its source -> the names of such fields, in the order asked. `slots` are the positions
    of the decision's columns in a row.
    """
    watched: dict[int, tuple[str, CodeList]] = {}
    for leaf in decision.at.leaves:
        if leaf.place in decision.cells and leaf.leaf in _CODE_LEAVES and leaf.spec.codes in CODE_LISTS:
            watched[slots[decision.cells[leaf.place]]] = leaf.spec.name, CODE_LISTS[leaf.spec.codes]

    def found(rows: Rows) -> list[str]:
        return [
            name for slot, (name, codes) in watched.items()
            if any(isinstance(row[slot], str) and not codes.holds(str(row[slot])) for row in rows or ())
        ]

    return found
