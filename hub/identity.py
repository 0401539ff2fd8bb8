"""Identify: step 1 of the road. A token -> who asks, and checks 1 to 9 of domain C4, as they are at this moment.

Rules of this file:
- A token's signature is verified once and remembered by the token's SHA-256; whether it has ended, was revoked, or is held by
  whoever it is bound to is looked at every time.
- A standing is remembered beside its token only as long as nothing it rests on changed: matter, client, catalogue, assessments, the day.
- Whatever is wrong with a token, outward it is one answer; the exact reason is in `detail`, for the log.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import is_
from types import MappingProxyType

from sqlalchemy.exc import SQLAlchemyError

from connectors.value import value
from hub.access_log.failures import FAILURES
from hub.authorizations.catalogue import Catalogue, asking_of
from hub.authorizations.check_table import stand, stand_in_each
from hub.authorizations.matter import Matter
from hub.authorizations.presentation import Presenter
from hub.authorizations.presented import NotStanding
from hub.authorizations.reasons import Reason
from hub.authorizations.standing import Standing
from hub.authorizations.watch import RevocationWatch
from hub.bounded import Bounded
from hub.caller import Caller, asks_for_themself
from hub.errors import Overloaded, Unauthenticated
from hub.oauth.binding import Replayed, Shown, proven
from hub.oauth.cases import TokenCases
from hub.oauth.clients import PROVEN, Clients, RegisteredClient
from hub.oauth.details import Details, limits
from hub.oauth.single_use import SingleUse
from hub.oauth.tokens import Token, Tokens, proof_text
from hub.signatures import LONGEST_TOKEN, BadSignature, OutOfTime, sha256
from policies.calendar import CHINA
from policies.groups import IDENTITY

TOKENS = 4096
"""Verified tokens remembered in one worker."""
_FAILURES = (*FAILURES, SQLAlchemyError)


Vouches = Callable[[str, str], Awaitable[bool]]
"""Platform and key id to whether both are still good."""


class TokenRefused(Unauthenticated):
    """Check 1 or 2 refused. `reason` and `detail` are for the log; `scheme` for the WWW-Authenticate header."""

    def __init__(self, reason: Reason, detail: str, *, scheme: str = "Bearer") -> None:
        """`detail` says exactly why and holds nothing of the token."""
        super().__init__("no good token")
        self.reason = reason
        self.detail = f"{reason.value}: {detail}"
        self.scheme = scheme


@value
class Presentation:
    """What a request brings: its token, and what it shows of its holder."""

    authorization: str | None
    shown: Shown = Shown()


@dataclass(slots=True)
class _Held:
    """A verified token and the last standing made from it, with what that rested on."""

    token: Token
    standing: Standing | None = None
    client: RegisteredClient | None = None
    matters: tuple[Matter | None, ...] = ()
    details: tuple[Details, ...] = ()  # of the token: one, or as many as it has cases
    limits: tuple[int | None, Mapping[str, int]] = (None, MappingProxyType({}))  # how often all of them allow it to be used
    rules: tuple[int, int] = (0, 0)  # versions of the catalogue and of the impact assessments
    until: datetime | None = None


class Identifier:
    """One worker's step 1. One event loop's thread only."""

    def __init__(
        self, *, tokens: Tokens, clients: Clients, presenter: Presenter, catalogue: Catalogue, watch: RevocationWatch,
        used: SingleUse, require_dpop: bool, vouches: Vouches, cases: TokenCases,
    ) -> None:  # fmt: skip
        """`require_dpop` refuses tokens that are not bound to a key; `vouches` asks whether the platform behind a citizen's token, and
        the key it signed with, are still good; `cases` has what tokens over several grant.
        """
        self._cases = cases
        self._tokens = tokens
        self._clients = clients
        self._presenter = presenter
        self._catalogue = catalogue
        self._watch = watch
        self._used = used
        self._require_dpop = require_dpop
        self._vouches = vouches
        self._held: Bounded[bytes, _Held] = Bounded(TOKENS)

    async def identify(self, presented: Presentation, now: datetime) -> Standing:
        """Raises `TokenRefused` (401), `NotStanding` (403, the check's code), `Overloaded` where the database cannot be asked."""
        scheme, text = _credentials(presented.authorization)
        try:
            await self._watch.settled()
            held = self._verified(text, now, scheme)
            await self._bound(held.token, scheme, text, presented, now)
            return await self._standing(held, now, scheme)
        except _FAILURES:
            raise Overloaded(retry_after=1) from None  # deciding fails closed

    def _verified(self, text: str, now: datetime, scheme: str) -> _Held:
        digest = sha256(text.encode())
        held = self._held.get(digest)
        if held is None:
            try:
                held = self._held.put(digest, _Held(self._tokens.open(text, now)))
            except OutOfTime as error:
                raise TokenRefused(Reason.TOKEN_EXPIRED, str(error), scheme=scheme) from None
            except BadSignature as error:
                raise TokenRefused(Reason.TOKEN_INVALID, str(error), scheme=scheme) from None
        if held.token.expires_at <= now:
            raise TokenRefused(Reason.TOKEN_EXPIRED, "expired", scheme=scheme)
        if self._watch.revoked(held.token.jti):
            raise TokenRefused(Reason.TOKEN_INVALID, "revoked", scheme=scheme)
        return held

    async def _bound(self, token: Token, scheme: str, text: str, presented: Presentation, now: datetime) -> None:
        if not token.bound and self._require_dpop:
            raise TokenRefused(Reason.TOKEN_INVALID, "the token is bound to no key", scheme="DPoP")
        if (scheme == "DPoP") != bool(token.bound.key):  # RFC 9449 §7.1, §7.2: neither scheme stands in for the other
            why = "a bound token came without proof" if token.bound.key else "the token is bound to no key a proof could be of"
            raise TokenRefused(Reason.TOKEN_INVALID, why, scheme="DPoP")
        try:
            await proven(presented.shown, token.bound, self._used, token=text, now=now)
        except OutOfTime as error:
            raise TokenRefused(Reason.TOKEN_EXPIRED, str(error), scheme=scheme) from None
        except Replayed as error:
            raise TokenRefused(Reason.TOKEN_REPLAYED, str(error), scheme=scheme) from None
        except BadSignature as error:
            raise TokenRefused(Reason.TOKEN_INVALID, str(error), scheme=scheme) from None

    async def _standing(self, held: _Held, now: datetime, scheme: str) -> Standing:
        if not held.details:
            held.details = await self._cases.find(held.token.cases) if held.token.cases else (held.token.details,)
            if not held.details:
                raise TokenRefused(Reason.TOKEN_INVALID, "what it grants is not kept here", scheme=scheme)
            held.limits = limits(held.details)
        client, matters = await self._known(held)
        if client is None:
            raise TokenRefused(Reason.TOKEN_INVALID, "its client is gone", scheme=scheme)
        await self._vouched(held.token, scheme)
        rules = (self._catalogue.version, self._presenter.assessments.version)
        if (
            held.standing is not None and held.until is not None and now < held.until
            and held.client is client and held.rules == rules and all(map(is_, held.matters, matters))
        ):  # fmt: skip
            return held.standing
        caller = self._caller(held, held.details[0], client)
        if client.officer_identity == PROVEN and not held.token.evidence:  # set so after the token was given
            refused = NotStanding(Reason.OFFICER_NOT_PROVEN, "this system's officers prove themselves")
            refused.caller = caller
            raise refused
        on = now.astimezone(CHINA).date()
        catalogue = self._catalogue.decide(asking_of(caller), on)
        presented = [
            self._presenter.present(self._caller(held, one, client), client.requester, matter, now)
            for one, matter in zip(held.details, matters, strict=True)
        ]
        standing = stand_in_each(presented, catalogue) if held.token.cases else stand(presented[0], catalogue)
        held.standing, held.client, held.matters = standing, client, matters
        held.rules, held.until = rules, min([_until(one, now) for one in standing.each])
        return standing

    async def _vouched(self, token: Token, scheme: str) -> None:
        """Nothing rests on a citizen's token but its platform's word: that is looked at for every question."""
        if not asks_for_themself(token.details.basis):
            return
        if not await self._vouches(token.details.basis.platform, str(token.evidence.get("kid", ""))):
            raise TokenRefused(Reason.TOKEN_INVALID, "the platform no longer vouches for anybody", scheme=scheme)

    async def _known(self, held: _Held) -> tuple[RegisteredClient | None, tuple[Matter | None, ...]]:
        """Client and matters, with catalogue and assessments fresh; what is not in memory is read together, in one statement."""
        now, cases = time.monotonic(), [one.case for one in held.details]
        client, assessments = self._clients.held(held.token.client), self._presenter.assessments
        matters = tuple([self._presenter.held(case) for case in cases])
        missing = None in matters and any(case and matter is None for case, matter in zip(cases, matters, strict=True))
        if client is None or missing or not self._catalogue.fresh(now) or not assessments.fresh(now):
            client, found, *_ = await asyncio.gather(
                self._clients.load(held.token.client), asyncio.gather(*[self._presenter.matter(case) for case in cases]),
                self._catalogue.refresh(now), assessments.refresh(now),
            )
            matters = tuple(found)
        return client, matters

    def _caller(self, held: _Held, details: Details, client: RegisteredClient) -> Caller:
        # The organisation is the token's: check 4 compares it with the client's of today.
        token, (max_uses, frequency) = held.token, held.limits
        return self._presenter.caller(
            client.requester, officer=token.officer, purpose=details.purpose, basis=details.basis, case=details.case,
            groups=_narrowed(details.groups, client), token=token.jti, expires_at=token.expires_at, allow_list_only=client.allow_list_only,
            look_ups_per_day=client.look_ups_per_day, organisation=token.organisation,
            officer_proof=proof_text(token.evidence), max_uses=max_uses, frequency=frequency,
        )  # fmt: skip


def _credentials(authorization: str | None) -> tuple[str, str]:
    scheme, _, text = (authorization or "").partition(" ")
    known = {"bearer": "Bearer", "dpop": "DPoP"}.get(scheme.lower())
    if known is None or not text:
        raise TokenRefused(Reason.TOKEN_INVALID, "no bearer or DPoP token")
    if len(text) > LONGEST_TOKEN or not text.isascii():
        raise TokenRefused(Reason.TOKEN_INVALID, "the header is too long, or not ASCII", scheme=known)
    return known, text


def _narrowed(groups: frozenset[str] | None, client: RegisteredClient) -> frozenset[str] | None:
    """The token's groups, as far as the client may still be granted them; identity is no department's, and no client's limit."""
    if client.groups is None or groups is None:
        return groups
    return groups & (client.groups | {IDENTITY})


def _until(standing: Standing, now: datetime) -> datetime:
    """When time alone may change a standing: midnight in China (ages, catalogue), a letter's, an approval's or the case's end."""
    midnight = (now.astimezone(CHINA) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    ends = [midnight, standing.caller.expires_at]
    if standing.matter is not None:
        ends += [at for at in (standing.matter.closed_at, standing.matter.monitored_to, *(one.expires_at for one in standing.matter.letters)) if at is not None]
        ends += [one.revoked_at for one in standing.matter.letters if one.revoked_at is not None]
        ends += [one.valid_until for one in standing.matter.approvals]
    return min(at for at in ends if at > now)
