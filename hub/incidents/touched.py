"""What one question of an incident told about each of its people, from its entries; pure.

An entry says of each person apart where they were not told the same (hub/apart.py), but by fact group there: of the fields then what any of
them was told is the most it can be, and is marked so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.access_log.entry import NOT_DELIVERED
from hub.access_log.listed import listed
from hub.access_log.store import Stored
from hub.apart import of_one, strongest
from hub.incidents.span import cases_of
from hub.layout import IDENTITY
from policies.forms import Form
from schema.register import GROUPS

OWN = {"SUBJECT_ACCESS": "OWN_RECORDS", "PRIVACY_AUDIT": "ACCESS_LOG"}
"""Questions of no case: what they are told is not a department's fact but the hub's own records of the person."""


@dataclass(frozen=True, slots=True)
class ToldField:
    """One field; `at_most`: told of somebody in the question, of this person perhaps."""

    group: str
    field: str
    form: Form
    at_most: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A question whose answer left, or of which that is not known. `people` are pseudonyms in the entry's order."""

    id: str
    at: str
    head: Mapping[str, object]
    rest: Mapping[str, object]
    told: Mapping[str, object]
    state: str  # TOLD, or OPEN: no outcome stands yet
    people: tuple[str, ...]

    @property
    def cases(self) -> frozenset[str]:
        """Ids of its cases."""
        return cases_of(self.head)

    @property
    def receiver(self) -> tuple[str, str, str]:
        """Organisation, client and officer it told."""
        return str(self.head.get("organisation") or ""), str(self.rest.get("client") or ""), str(self.rest.get("officer") or "")

    def fields(self, person: str) -> tuple[ToldField, ...]:
        """What was told of one of its people."""
        lines = listed(self.told.get("fields"))
        own = of_one(self.told.get("each"), self.people.index(person))
        most = None if own is None else strongest(own)
        found = []
        for line in lines:
            name, _, form = line.rpartition("=")
            source, _, field = name.partition(".")
            if most is not None and source not in most:
                continue
            found.append(ToldField(source, field, _weaker(Form(form), most[source] if most is not None else None), most is not None))
        return tuple(found)

    def asked(self, person: str) -> frozenset[str]:
        """Groups asked about one of its people: that a department has no record is told without a field."""
        about = self.rest.get("about")
        own = of_one(about.get("asked"), self.people.index(person)) if isinstance(about, Mapping) else None
        sources = own if own is not None else [line.partition(".")[0] for line in listed(self.rest.get("fields"))]
        return frozenset(sources) - {""}

    def documents(self) -> tuple[str, ...]:
        """What was told as a whole: a check report, a filed record, the person's own records."""
        own = OWN.get(str(self.head.get("purpose") or ""))
        statuses = self.told.get("statuses")
        whole = [name for name in statuses if str(name).partition("@")[0] not in GROUPS] if isinstance(statuses, Mapping) else []
        return tuple(sorted({*whole, *([own] if own else [])} - {IDENTITY}))


def question(intent: Stored, outcomes: Sequence[Stored]) -> Question | None:
    """The question, None where its outcome says that nothing left. An answer that left after it was closed as not delivered counts."""
    head, rest = intent.parts()
    real = [parts for parts in (one.parts() for one in outcomes) if parts[0].get("code") != NOT_DELIVERED]
    if outcomes and (not real or real[-1][0].get("decision") == "DENY"):
        return None
    told: dict[str, object] = {}
    people = listed(rest.get("subjects"))
    if real:
        said = real[-1][1]
        written = said.get("told")
        told = {**(written if isinstance(written, Mapping) else {}), "statuses": said.get("statuses") or {}}
        people = list(dict.fromkeys([*people, *listed(said.get("subjects"))]))
    return Question(intent.id, str(head["at"]), head, rest, told, "TOLD" if real else "OPEN", tuple(people))


def groups_of(questions: Sequence[Question], person: str) -> dict[str, Form | None]:
    """By group, the strongest form told of one person over several questions; None where it was asked and no value told."""
    found: dict[str, Form | None] = {}
    for one in questions:
        if person not in one.people:
            continue
        for source in one.asked(person):
            found.setdefault(source, None)
        for told in one.fields(person):
            known = found.get(told.group)
            if known is None or told.form.rank > known.rank:
                found[told.group] = told.form
    return found


def _weaker(form: Form, most: Form | None) -> Form:
    return form if most is None or form.rank <= most.rank else most
