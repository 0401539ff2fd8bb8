"""authorization_details of type household_facts (RFC 9396): what a token is asked for, read strictly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from hub.caller import Basis
from hub.oauth.refusals import OAuthRefused
from hub.shapes import Misshapen, fit
from policies.batches import Batches
from policies.verdict import BasisKind

TYPE = "household_facts"


@dataclass(frozen=True, slots=True)
class Details:
    """One purpose, one case, one basis; `groups` None: all the purpose allows. `given` is the object as it stands in the token."""

    purpose: str
    case: str
    basis: Basis
    groups: frozenset[str] | None
    given: Mapping[str, Any]
    max_uses: int | None = None
    frequency: Mapping[str, int] = field(default_factory=dict)


def read(text: str, batches: Batches) -> tuple[Details, ...]:
    """From a request's parameter: one object, or several of one purpose and one kind of basis where `batches` lets them. Raises
    `OAuthRefused`.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _refused("authorization_details is not JSON") from None
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
        raise _refused("authorization_details must be a list of objects")
    if len(value) > batches.cases:
        raise _refused(f"a token names at most {batches.cases} cases")
    if any(one.get("type") != TYPE for one in value):
        raise _refused(f"only type {TYPE} is known")
    for at, one in enumerate(value):
        try:
            fit("household_facts", one)
        except Misshapen as error:
            raise _refused(f"{at}: {error}" if len(value) > 1 else str(error)) from None
    found = tuple([details(one) for one in value])
    _alike(found, batches)
    return found


def _alike(found: Sequence[Details], batches: Batches) -> None:
    """Several cases stand in one token only for a purpose that is asked in batches, on one ground, each once."""
    if len(found) == 1:
        return
    first = found[0]
    if not batches.together(first.purpose, first.basis.kind, len(found)):
        raise _refused("several cases are named only for a purpose that is asked in batches, on letters or a statute")
    if len({(one.purpose, one.basis.kind, one.basis.article) for one in found}) > 1:
        raise _refused("the cases of one token have one purpose and one kind of basis")
    named = [(one.case, orjson.dumps(one.given.get("matter"), option=orjson.OPT_SORT_KEYS)) for one in found]
    if len(set(named)) < len(named):
        raise _refused("a case is named twice")


def head(several: Sequence[Details]) -> dict[str, Any]:
    """What a token over several cases says of them itself: what they have in common (RFC 9396 §9.1 leaves the rest to introspection)."""
    basis = several[0].basis
    return {
        "type": TYPE, "purpose": several[0].purpose,
        "basis": {"kind": basis.kind.value} | ({"article": basis.article} if basis.article else {}),
    }


def limits(several: Sequence[Details]) -> tuple[int | None, Mapping[str, int]]:
    """How often a token over these details may be used: the fewest questions, and in each period the fewest, that any of them allows. One
    question is a use of all its cases, so no case may be asked about oftener than it alone would be.
    """
    most = [one.max_uses for one in several if one.max_uses is not None]
    frequency: dict[str, int] = {}
    for per, times in (pair for one in several for pair in one.frequency.items()):
        frequency[per] = min(times, frequency.get(per, times))
    return min(most, default=None), frequency


def details(given: Mapping[str, Any]) -> Details:
    """From an object whose shape was checked, or that the hub itself signed."""
    basis = given["basis"]
    groups = given.get("groups")
    return Details(
        purpose=given["purpose"],
        case=given.get("case", ""),
        basis=Basis(
            kind=BasisKind(basis["kind"]),
            letters=tuple((letter.get("id", ""), letter["hash"]) for letter in basis.get("letters", ())),
            article=basis.get("article", ""),
            reason=basis.get("reason", ""),
            person=basis.get("person", ""),
            actor=basis.get("actor", ""),
            platform=basis.get("platform", ""),
        ),
        groups=frozenset(groups) if groups is not None else None,
        max_uses=given.get("maxUses"),
        frequency=given.get("frequency", {}),
        given=given,
    )


def _refused(description: str) -> OAuthRefused:
    return OAuthRefused("invalid_authorization_details", description)
