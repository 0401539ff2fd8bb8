"""On whose behalf a client asks: the officer its assertion names, or whoever a subject token proves (RFC 8693 §2.1).

The client is the actor either way: it proves itself by its own assertion, so an `actor_token` beside it would be a second actor, and is
refused. A kind of subject token is one `SubjectTokens`; the server is given them by type, and knows nothing of what stands in one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from hub.authorizations.reasons import Reason
from hub.oauth.assertion import Authenticated
from hub.oauth.clients import PROVEN, RegisteredClient
from hub.oauth.details import Details
from hub.oauth.refusals import OAuthRefused, malformed

CLIENT_CREDENTIALS = "client_credentials"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a name
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a name


class NotProven(Exception):
    """Nobody is proven. The text says exactly why and is for the log; outward a kind of subject token has its own few answers."""

    def __init__(self, detail: str, *, code: str = Reason.OFFICER_NOT_PROVEN.value, said: str = "") -> None:
        """`code` is the log's; `said` the outward text."""
        super().__init__(detail)
        self.code = code
        self.said = said or f"{Reason.OFFICER_NOT_PROVEN.value}: this officer is not proven"


@dataclass(frozen=True, slots=True)
class Behalf:
    """On whose behalf a token is given, and what of `asked` is theirs to ask. `evidence` says how they were proven; empty where they
    are the client's word alone.
    """

    officer: str
    asked: Details
    evidence: Mapping[str, Any] = field(default_factory=dict)


class SubjectTokens(Protocol):
    """One kind of subject token. `asks` is what its exchange asks for where the token itself says so; None: the request does. `remedies` is
    told beside every refusal of it, whatever it was refused for: where the person turns in whose name is asked (PIPL §50).
    """

    @property
    def asks(self) -> Details | None: ...

    @property
    def remedies(self) -> Sequence[Mapping[str, object]]: ...

    async def accept(self, token: str, *, client: RegisteredClient, asked: Details, now: datetime) -> Behalf:
        """Whom the token proves to this client, for what it asks. Raises `NotProven`."""


async def behalf(
    form: Mapping[str, str], client: Authenticated, asked: Details, *, kinds: Mapping[str, SubjectTokens], issuer: str, now: datetime,
) -> Behalf:
    """Raises `OAuthRefused` for a request that is none, `NotProven` where nobody is proven who must be."""
    identifier = client.client.requester.client
    if form.get("grant_type") == CLIENT_CREDENTIALS:
        if client.client.certificate is not None:
            raise NotProven("a certificate names no officer: they prove themselves")
        if not client.officer:
            raise malformed("the assertion names no officer", client=identifier)
        if client.client.officer_identity == PROVEN:
            raise NotProven("the client's officers prove themselves, and this one was only named")
        return Behalf(client.officer, asked)
    if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise malformed("only access tokens are given", client=identifier)
    if "actor_token" in form or "actor_token_type" in form:
        raise malformed("the client is the actor, by its own assertion", client=identifier)
    if any(form.get(name, issuer).rstrip("/") != issuer for name in ("audience", "resource")):
        raise OAuthRefused("invalid_target", "tokens are good at this hub alone", client=identifier)  # RFC 8693 §2.2.2
    kind = kinds.get(form.get("subject_token_type", ""))
    if kind is None:
        raise malformed("no subject token of this type is accepted", client=identifier)
    found = await kind.accept(form.get("subject_token", ""), client=client.client, asked=asked, now=now)
    if client.officer and client.officer != found.officer:
        raise NotProven("the assertion names another officer than the subject token")
    return found
