"""A plan: everything decided about one question before anybody is asked (`hub/planner.py` makes it).

It is a value: `hub explain` prints it, the log names it by digest. Nothing in it came from a department.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.value import value
from hub.authorizations.standing import Party, Standing
from hub.layout import Layout, PersonPlace
from hub.reach import Reached
from hub.scope import Scope
from hub.sources import Source
from hub.telling import Columns, Join, Telling
from policies.freshness import AgeRule

KEPT_FIELDS = 30_000
"""What each memory of a planner holds at most, in fields of questions: askers decide how large a question is, not how large a worker."""


@value
class PlannedAsk:
    """One source's columns for the people who are asked exactly these, whatever matters they are of; how old what it tells may be."""

    source: Source
    columns: Columns
    people: tuple[Party, ...]
    ages: AgeRule


@value
class Plan:
    """Everything decided about one question. `tellings` by place and party; `joins` by party, in reached order. `scope` is the first
    matter's: policy, day and who answers are the same in all.
    """

    standing: Standing
    layout: Layout
    variables: Mapping[str, object]
    reached: Reached
    scope: Scope
    joins: Mapping[Party, Join]
    tellings: Mapping[tuple[PersonPlace, Party], Telling]
    asks: tuple[PlannedAsk, ...]
    fields: tuple[str, ...]  # what will be asked, as source.field.leaf=FORM, for the intent entry
    log_subjects: tuple[str, ...]  # the people reached, by their pseudonyms in the log
    letters: tuple[str, ...] | None  # those that cover them, sorted; None lets an entry name those of the token
    approvals: tuple[str, ...]  # those of a second person the question makes use of, sorted
    digest: str

    @property
    def departments(self) -> tuple[str, ...]:
        """Codes of the departments and "department@region" of the neighbours that will be asked, sorted."""
        return tuple(sorted({
            f"{ask.source.department}@{ask.columns.region}" if ask.columns.region else ask.source.department for ask in self.asks
        }))
