"""What the authorization server is made of; the desk puts it together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from hub.authorizations.catalogue import Catalogue
from hub.authorizations.presentation import Presenter
from hub.authorizations.watch import RevocationWatch
from hub.caller import Caller
from hub.emergencies.follow_ups import FollowUps
from hub.oauth.cases import TokenCases
from hub.oauth.certificate import Certificates
from hub.oauth.grants import SubjectTokens
from hub.oauth.single_use import SingleUse
from hub.oauth.tls_client_auth import Authentication
from hub.oauth.tokens import Tokens
from hub.operations.letter_uses import LetterUses
from hub.operations.token_uses import TokenUses
from policies.batches import Batches
from policies.fair_use import Ceilings

OnRefusal = Callable[[Caller, str, datetime], Awaitable[None]]
"""Told of each refusal by a check (its code): an authenticated refusal belongs into the access log."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the server is made of; `issuer` is the hub's URL without a slash at the end."""

    issuer: str
    engine: AsyncEngine
    authentication: Authentication
    tokens: Tokens
    presenter: Presenter
    watch: RevocationWatch
    used: SingleUse
    require_dpop: bool
    catalogue: Catalogue
    certificates: Certificates
    ceilings: Mapping[str, Ceilings]
    uses: TokenUses
    letter_uses: LetterUses
    clock: Callable[[], datetime]
    follow_ups: FollowUps
    cases: TokenCases
    batches: Batches
    on_refusal: OnRefusal | None = None
    subject_tokens: Mapping[str, SubjectTokens] = field(default_factory=dict)  # by subject_token_type (RFC 8693 §3)
    encryption: Callable[[], list[dict[str, Any]]] = list  # public keys people are encrypted to, as JWKs
