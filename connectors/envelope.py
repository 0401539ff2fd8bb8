"""The JSON envelopes REST departments put around a question and its answer, by the names their manifests give the parts.

Two shapes cover what we met:

    nested   one result a subject, its records inside, a status beside them     {"jg": [{"xh": "1", "zt": "1", "jl": [{…}]}]}
    flat     rows of everybody in one list, a list of those without, pages      {"rows": [{"seq": "1", …}], "noData": ["2"]}

Rules of this file:
- A subject is known to a department by its place in the call, "1" on; the hub's own keys never leave.
- No name of a person is sent: the ID number identifies, and less is told.
- A result is believed only under a place we gave, and, where the ID number is echoed, only if it is the one asked at that place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.instants import instant
from connectors.interface import Ask, DepartmentBroke, Subject
from connectors.selection import Selection

Rows = dict[int, list[list[object]]]
"""Rows by a subject's position in the call; a subject without records has an empty list, one left out is absent."""

ROWS_A_SUBJECT = 500
"""More records than this of one person is no answer about a person."""


@dataclass(frozen=True, slots=True)
class Page:
    """What one page of an answer told."""

    rows: Rows
    as_of: str
    strays: int
    next_page: str | None


def question(names: Mapping[str, str], ask: Ask, subjects: Sequence[Subject], selection: Selection) -> dict[str, object]:
    """The body of a question; page parts are added by the caller."""
    key, number, purpose = names["key"], names["id"], names["purpose"]
    approval, reference = names["approval"], names["reference"]
    body: dict[str, object] = {
        names["organisation"]: ask.organisation,
        names["columns"]: selection.names,
        names["subjects"]: [
            {key: str(place), number: subject.id_number, purpose: ask.purpose, approval: subject.approval, reference: subject.intent}
            for place, subject in enumerate(subjects, 1)
        ],
    }
    if selection.thresholds:
        value, amount = names["threshold_name"], names["threshold_amount"]
        body[names["thresholds"]] = [{value: name, amount: yuan} for name, yuan in selection.thresholds]
    return body


def page(names: Mapping[str, str], answer: object, subjects: Sequence[Subject], wanted: Sequence[str]) -> Page:
    """One answer, read by its manifest's names. Raises DepartmentBroke."""
    if type(answer) is not dict or str(answer.get(names["ok"])) != names["ok_value"]:
        raise DepartmentBroke("an answer that does not say it succeeded")
    results = _at(answer, names["results"])
    if type(results) is not list:
        raise DepartmentBroke("an answer without results")
    moment = _at(answer, names["as_of"])
    if type(moment) is not str:
        raise DepartmentBroke("an answer without its date")
    places = {str(place): place - 1 for place in range(1, len(subjects) + 1)}
    if names["shape"] == "nested":
        rows, strays = _nested(names, results, subjects, wanted, places)
        return Page(rows, instant(moment), strays, None)
    rows, strays = _flat(names, results, wanted, places)
    for place in _list(answer.get(names["none"])):
        if type(place) is str and place in places and rows.setdefault(places[place], []):
            raise DepartmentBroke("a subject with records and without")
    token = answer.get(names["next_page"]) if "next_page" in names else None
    if token is not None and type(token) is not str:
        raise DepartmentBroke("a page token that is no text")
    return Page(rows, instant(moment), strays, token)


def _nested(
    names: Mapping[str, str], results: list[object], subjects: Sequence[Subject], wanted: Sequence[str], places: Mapping[str, int],
) -> tuple[Rows, int]:
    key, number, status, records = names["key"], names["id"], names["status"], names["records"]
    found, none = names["found"], names["none"]
    rows: Rows = {}
    strays = 0
    for result in results:
        if type(result) is not dict:
            raise DepartmentBroke("a result that is no object")
        at = places.get(str(result.get(key)))
        if at is None or result.get(number) != subjects[at].id_number:
            strays += 1
        elif at in rows:
            raise DepartmentBroke("two results for one subject")
        elif result.get(status) == found:
            rows[at] = [_row(record, wanted) for record in _list(result.get(records))]
        elif result.get(status) == none:
            rows[at] = []
    return rows, strays


def _flat(names: Mapping[str, str], results: list[object], wanted: Sequence[str], places: Mapping[str, int]) -> tuple[Rows, int]:
    key = names["key"]
    rows: Rows = {}
    strays = 0
    for result in results:
        if type(result) is not dict:
            raise DepartmentBroke("a row that is no object")
        at = places.get(str(result.get(key)))
        if at is None:
            strays += 1
        else:
            rows.setdefault(at, []).append(_row(result, wanted))
    return rows, strays


def _row(record: object, wanted: Sequence[str]) -> list[object]:
    if type(record) is not dict:
        raise DepartmentBroke("a record that is no object")
    try:
        return [record[name] for name in wanted]
    except KeyError:
        raise DepartmentBroke("a record without a column asked for") from None


def _list(value: object) -> list[object]:
    if type(value) is not list or len(value) > ROWS_A_SUBJECT:
        raise DepartmentBroke("a list expected, or one too long")
    return value


def _at(answer: object, path: str) -> object:
    for name in path.split("."):
        answer = answer.get(name) if isinstance(answer, dict) else None
    return answer
