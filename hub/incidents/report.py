"""The report of an incident: who was touched, by which fields under which labels, whom it reached; and the contents of the notice (PIPL §57).

Nobody is named in it. A person stands under the handles the offices of their cases know them by: an office asks the graph who it is, with its own
token in its own case, and nobody else can.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.incidents.touched import Question, groups_of
from hub.incidents.tracing import Place, Traced
from policies.calendar import CHINA
from policies.forms import Form
from schema.register import GROUPS

FORMAT = "household-incident-report/1"
DOCUMENTS = {"OWN_RECORDS": "本人查询记录", "ACCESS_LOG": "访问日志记录", "meansCheck": "核对报告", "credit": "失信记录"}

HandleOf = Callable[[UUID, str, str], str]
"""Person, organisation and case to the handle that organisation knows the person by."""


def report(
    incident: Any, traced: Traced, people: Mapping[str, UUID], places: Mapping[UUID, Sequence[Place]], handle: HandleOf, *, made: datetime,
) -> dict[str, Any]:
    """The report as JSON. `incident` is the record's row."""
    sought = dict.fromkeys(person for one in traced.questions for person in one.people)
    listed = [_person(subject, people[subject], places.get(people[subject], ()), traced.questions, handle) for subject in sought if subject in people]
    return {
        "format": FORMAT, "incident": incident.id, "kind": incident.kind, "made": made.astimezone(CHINA).isoformat(),
        "scope": {
            "since": incident.since.astimezone(CHINA).isoformat(), "until": incident.until.astimezone(CHINA).isoformat(),
            **{name: list(getattr(incident, name)) for name in ("clients", "officers", "platforms", "cases") if getattr(incident, name)},
        },
        "counts": {
            "people": len(listed), "unnamed": len(sought) - len(listed), "questions": len(traced.questions), "refused": traced.refused,
            "open": sum(one.state == "OPEN" for one in traced.questions),
        },
        "receivers": _receivers(traced.questions), "toTell": to_tell(incident, traced.questions, people, places), "people": listed, "notice": notice(incident, traced.questions),
    }


def notice(incident: Any, questions: Sequence[Question]) -> dict[str, Any]:
    """What the authority and the people are told, item by item of PIPL §57."""
    kinds: dict[str, Form | None] = {}
    for one in questions:
        for person in one.people:
            for group, form in groups_of([one], person).items():
                known = kinds.get(group)
                kinds[group] = form if known is None or (form is not None and form.rank > known.rank) else known
    whole = sorted({name for one in questions for name in one.documents()})
    return {
        "kinds": [{"group": group, "title": title_of(group), "form": form.value if form else None} for group, form in sorted(kinds.items())],
        "documents": [DOCUMENTS.get(name, name) for name in whole], "cause": incident.cause, "harm": incident.harm,
        "measures": [incident.measures, *stopped_in_words(incident.stopped)], "advice": incident.advice, "contact": incident.contact,
    }


def stopped_in_words(stopped: Sequence[str]) -> list[str]:
    """What was stopped, for those it is told to: how much of what, without the hub's own names of its systems and keys."""
    systems = sum(one.startswith("client ") for one in stopped)
    words = (("接入系统", systems), ("平台签名密钥", len(stopped) - systems))
    return [f"已停用{name} {many} 个" for name, many in words if many]


def to_tell(incident: Any, questions: Sequence[Question], people: Mapping[str, UUID], places: Mapping[UUID, Sequence[Place]]) -> dict[str, Any]:
    """Who has to hear of it beside the authority and the people: the offices of their cases, who bring the notice, and regions whose facts were told."""
    offices: Counter[str] = Counter()
    for person in set(people.values()):
        offices.update({organisation for place in places.get(person, ()) for organisation in place.organisations})
    regions = {told.group.partition("@")[2] for one in questions for subject in one.people for told in one.fields(subject)} - {""}
    return {
        "offices": [{"organisation": code, "people": many, "toldAt": incident.parties_told.get(code)} for code, many in sorted(offices.items())],
        "regions": [{"region": code, "toldAt": incident.parties_told.get(code)} for code in sorted(regions)],
    }


def title_of(source: str) -> str:
    """A fact group as the office calls it; with its region where a neighbour answered."""
    code, at, region = source.partition("@")
    return ("平台登记的身份" if code == "identity" else GROUPS[code].title_zh if code in GROUPS else code) + (f"（{region}）" if at else "")


def _person(subject: str, person: UUID, places: Sequence[Place], questions: Sequence[Question], handle: HandleOf) -> dict[str, Any]:
    return {
        "cases": [
            {
                "case": place.case, "platform": place.platform, "reference": place.reference,
                "handles": {organisation: handle(person, organisation, place.case) for organisation in place.organisations},
            }
            for place in places
        ],
        "questions": [_told(one, subject) for one in questions if subject in one.people],
    }


def _told(one: Question, subject: str) -> dict[str, Any]:
    fields = one.fields(subject)
    organisation, client, officer = one.receiver
    return {
        "id": one.id, "at": one.at, "state": one.state, "organisation": organisation, "client": client, "officer": officer,
        "purpose": one.head.get("purpose"),
        "fields": [
            {
                "group": told.group, "field": told.field, "label": _label(told.group, told.field), "form": told.form.value,
                **({"atMost": True} if told.at_most else {}),
            }
            for told in fields
        ],
        "askedOnly": sorted(one.asked(subject) - {told.group for told in fields}), "documents": list(one.documents()),
    }


def _label(group: str, field: str) -> str | None:
    spec = GROUPS.get(group.partition("@")[0])
    known = spec.fields.get(field) if spec is not None else None
    return known.level.value if known is not None else None


def _receivers(questions: Sequence[Question]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str, str], tuple[int, set[str]]] = {}
    for one in questions:
        many, people = found.get(one.receiver, (0, set()))
        found[one.receiver] = (many + 1, people | set(one.people))
    return [
        {"organisation": organisation, "client": client, "officer": officer, "questions": many, "people": len(people)}
        for (organisation, client, officer), (many, people) in sorted(found.items())
    ]
