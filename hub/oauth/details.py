"""authorization_details of type household_facts (RFC 9396): what a token is asked for, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from hub.caller import Basis
from hub.oauth.refusals import OAuthRefused
from hub.shapes import Misshapen, fit
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


def read(text: str) -> Details:
    """From a request's parameter. Raises `OAuthRefused`."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _refused("authorization_details is not JSON") from None
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], dict):
        raise _refused("authorization_details must be a list of exactly one object")
    if value[0].get("type") != TYPE:
        raise _refused(f"only type {TYPE} is known")
    try:
        fit("household_facts", value[0])
    except Misshapen as error:
        raise _refused(str(error)) from None
    return details(value[0])


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
