"""One question about a person, in the words of the graph's `PersonalAccess`: from the entries the tree commits to, and for this person alone.

What an entry says of several people at once (pseudonyms, letters, officers' free text) stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hub.access_log.basis_line import vouched_by
from hub.access_log.entry import NOT_DELIVERED, Kind
from hub.access_log.listed import listed
from hub.access_log.store import Stored
from hub.apart import of_one, strongest
from hub.layout import IDENTITY
from policies.forms import Form
from policies.purposes import PURPOSES
from schema.register import GROUPS

LAW = {"emergency": "PIPL §13(4); SAL §50", "self": "PIPL §45", "audit": "PIPL §54", "file": "PIPL §15, §47"}
"""What a basis rests on that names no article of its own. An emergency's reason is the officer's free text and may speak of others."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a page of entries is told with: names, the person's own letters, whether the region tells an officer's id."""

    subject: str
    references: Mapping[str, str]
    names: Mapping[str, str]
    letters: frozenset[str]
    officer: bool


def organisations(entries: Iterable[Stored]) -> list[str]:
    """Codes of who asked, and of the platforms on whose word people asked about themselves: what a stolen key was used for, they see."""
    parts = [entry.parts() for entry in entries]
    return sorted({name for head, rest in parts for name in (str(head.get("organisation") or ""), vouched_by(rest))} - {""})


def access(asked: Stored, outcomes: Sequence[Stored], known: Known) -> dict[str, object]:
    """A question with its outcomes, or a refusal; without receipts."""
    head, rest = asked.parts()
    told = _decisive(outcomes)
    closed_head, closed_rest = told.parts() if told is not None else (head, rest)
    code = str(head.get("organisation") or "")
    purpose = str(head.get("purpose") or "")
    subjects = listed(rest.get("subjects"))
    position = subjects.index(known.subject) if known.subject in subjects else len(subjects)
    groups = _groups(rest, closed_rest if told is not None else {}, position)
    return {
        "id": asked.id, "at": head["at"], "organisation": _named(code, known),
        "role": rest.get("role"), "officer": rest.get("officer") if known.officer else None, "purpose": purpose or None,
        "purposeTitle": PURPOSES[purpose].title_zh if purpose in PURPOSES else None,
        "basis": _basis(rest, known.letters), "platform": _named(vouched_by(rest), known), "case": known.references.get(str(head.get("case") or "")),
        "decision": closed_head.get("decision"), "reason": closed_head.get("code"), "several": len(subjects) > 1,
        "neighbour": rest.get("address") == "NEIGHBOUR" or any(group["region"] for group in groups), "groups": groups,
    }


def _named(code: str, known: Known) -> Mapping[str, object] | None:
    return {"code": code, "name": known.names.get(code)} if code else None


def _decisive(outcomes: Sequence[Stored]) -> Stored | None:
    """The outcome that says what became of a question: an answer that left after the sweep had closed it outranks the sweep's word."""
    real = [one for one in outcomes if one.parts()[0].get("code") != NOT_DELIVERED]
    return next(iter([*real[-1:], *outcomes]), None)


def _basis(rest: Mapping[str, object], letters: frozenset[str]) -> Mapping[str, object] | None:
    kind, _, detail = str(rest.get("basis") or "").partition(": ")
    if not kind:
        return None
    article = detail if kind == "statute" else LAW.get(kind)
    if kind == "self":
        article = detail.partition(" ")[2] or article
    mine = [one for one in listed(rest.get("letters")) if one in letters] if kind == "letter" else []
    return {"kind": kind, "article": article, "letters": mine}


def _groups(intent: Mapping[str, object], outcome: Mapping[str, object], position: int) -> list[dict[str, object]]:
    """What was asked about the one at `position`, each with the strongest form of it that was told."""
    about, told = intent.get("about"), outcome.get("told")
    asked = of_one(about.get("asked"), position) if isinstance(about, Mapping) else None
    if asked is None:
        asked = tuple(dict.fromkeys(line.partition(".")[0] for line in listed(intent.get("fields"))))
    forms: dict[str, Form] = {}
    if isinstance(told, Mapping):
        lines = of_one(told.get("each"), position)
        forms = strongest(listed(told.get("fields")) if lines is None else lines)
    return [_group(source, forms.get(source)) for source in sorted({*asked, *forms} - {""})]


def _group(source: str, form: Form | None) -> dict[str, object]:
    code, _, region = source.partition("@")
    title = "平台登记的身份" if code == IDENTITY else GROUPS[code].title_zh if code in GROUPS else None
    return {"group": code, "title": title, "region": region or None, "form": form.value if form is not None else None}


def questions(entries: Iterable[Stored]) -> list[str]:
    """Ids of those that may have outcomes."""
    return [entry.id for entry in entries if entry.kind is Kind.INTENT]
