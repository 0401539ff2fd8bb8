"""The authorization server, without HTTP: two grants, one way to authenticate, tokens that are identity and consent at once.

A token is issued only where checks 3 to 8 hold at that moment; they are run again for every question it asks.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any

from hub.authorizations.catalogue import asking_of
from hub.authorizations.check_table import allowed
from hub.authorizations.presented import NotStanding, Presented
from hub.authorizations.reasons import Reason
from hub.authorizations.revocation import revoke_token
from hub.caller import Caller
from hub.oauth.assertion import Authenticated
from hub.oauth.binding import Binding, Shown, proven
from hub.oauth.details import Details, head, limits, read
from hub.oauth.granting import granted
from hub.oauth.grants import ACCESS_TOKEN, CLIENT_CREDENTIALS, TOKEN_EXCHANGE, Behalf, NotProven, SubjectTokens, behalf
from hub.oauth.naming import named
from hub.oauth.parts import Parts
from hub.oauth.refusals import OAuthRefused, malformed
from hub.oauth.rollover import LIFETIME
from hub.oauth.tls_client_auth import NOTHING
from hub.oauth.tokens import Token, proof_text
from hub.operations.quotas import ClientQuota, placed
from hub.signatures import BadSignature
from policies.calendar import CHINA
from policies.verdict import BasisKind

LONG = 8_192
"""Characters of authorization_details past which they are read off the loop: two hundred shapes take some dozen ms to check."""


class AuthorizationServer:
    """Token, introspection and revocation endpoints; forms in, JSON-ready objects out, `OAuthRefused` otherwise,
    `TooMany` where a client that proved itself is past its `quota`.
    """

    def __init__(self, parts: Parts, quota: ClientQuota | None = None) -> None:
        """`quota` counts each client's requests; None: whoever calls this bounds them."""
        self._parts = parts
        self._quota = quota

    async def token(self, form: Mapping[str, str], shown: Shown, scope: Mapping[str, Any] = NOTHING) -> Mapping[str, Any]:
        """POST /oauth/token: client_credentials or token exchange, with one household_facts detail, or several of one purpose asked in batches."""
        now = self._parts.clock()
        client = await self._parts.authentication.authenticate(form, now, scope)
        with self._place(client):
            try:
                return await self._issued(client, form, shown, now)
            except OAuthRefused as refused:
                kind = self._kind(form)
                refused.remedies = kind.remedies if kind is not None else ()
                raise

    async def _issued(self, client: Authenticated, form: Mapping[str, str], shown: Shown, now: datetime) -> Mapping[str, Any]:
        identifier = client.client.requester.client
        exchanged = form.get("grant_type") == TOKEN_EXCHANGE
        if not exchanged and form.get("grant_type") != CLIENT_CREDENTIALS:
            raise OAuthRefused("unsupported_grant_type", "only client_credentials and token exchange are served", client=identifier)
        asked = await self._asked(form, identifier, exchanged=exchanged)
        bound = await self._bound(shown, now, required=asked[0].basis.kind is BasisKind.SELF and not asked[0].case)
        of = await self._behalf(form, client, asked[0], now)
        granted, refused = await self._in_each(client, of, asked, now)
        details, cases = await self._written(granted, now)
        token, text = self._parts.tokens.issue(
            client=identifier, organisation=client.client.requester.organisation, officer=of.officer,
            details=details, bound=bound, now=now, evidence=of.evidence, cases=cases,
        )  # fmt: skip
        return {
            "access_token": text,
            "token_type": token.bound.scheme,
            "expires_in": int(LIFETIME.total_seconds()),
            "authorization_details": [dict(one.given) for one in granted],
        } | ({"refused_details": refused} if refused else {}) | ({"issued_token_type": ACCESS_TOKEN} if exchanged else {})

    async def _in_each(
        self, client: Authenticated, of: Behalf, asked: Sequence[Details], now: datetime,
    ) -> tuple[Sequence[Details], Sequence[Mapping[str, Any]]]:
        """What is granted, and of several cases which were refused and why: each passes the checks by itself, and is told what it would be
        told alone (RFC 9396 §7 lets a server grant less, and say so). Nothing left refuses.
        """
        if len(asked) == 1:
            return [await self._granted(client, of, now)], ()
        if of.asked is not asked[0]:
            raise malformed("a token over several cases is asked for as it is to be given", client=client.client.requester.client)
        done = await asyncio.gather(*[self._granted(client, replace(of, asked=one), now) for one in asked], return_exceptions=True)
        failed = next((one for one in done if isinstance(one, BaseException) and not isinstance(one, OAuthRefused)), None)
        if failed is not None:
            raise failed
        refusals = [(at, one) for at, one in enumerate(done) if isinstance(one, OAuthRefused)]
        if len(refusals) == len(asked):
            raise refusals[0][1]
        refused = [{"index": at, "error": one.error, "error_description": one.description} for at, one in refusals]
        return [one for one in done if isinstance(one, Details)], refused

    async def _written(self, granted: Sequence[Details], now: datetime) -> tuple[Mapping[str, Any], str]:
        """What the token itself says of its details, and the name of the list it stands for where it is over several cases."""
        if len(granted) == 1:
            return granted[0].given, ""
        return head(granted), await self._parts.cases.keep([one.given for one in granted], expires_at=now + LIFETIME, now=now)

    async def _asked(self, form: Mapping[str, str], client: str, *, exchanged: bool) -> Sequence[Details]:
        kind = self._kind(form) if exchanged else None
        if kind is None or kind.asks is None:
            text, batches = form.get("authorization_details", ""), self._parts.batches
            given = read(text, batches) if len(text) < LONG else await asyncio.to_thread(read, text, batches)
            return await asyncio.gather(*[named(one, self._parts.presenter) for one in given])
        if "authorization_details" in form:
            raise malformed("this subject token says itself what is asked", client=client)
        return [kind.asks]

    def _kind(self, form: Mapping[str, str]) -> SubjectTokens | None:
        return self._parts.subject_tokens.get(form.get("subject_token_type", ""))

    async def _behalf(self, form: Mapping[str, str], client: Authenticated, asked: Details, now: datetime) -> Behalf:
        parts = self._parts
        try:
            return await behalf(form, client, asked, kinds=parts.subject_tokens, issuer=parts.issuer, now=now)
        except NotProven as error:
            caller = self._caller(client, Behalf(client.officer, asked), asked, now)
            if parts.on_refusal is not None:
                await parts.on_refusal(caller, error.code, now)
            raise OAuthRefused("invalid_request", error.said, detail=str(error), client=caller.client) from None  # RFC 8693 §2.2.2

    async def introspect(self, form: Mapping[str, str], scope: Mapping[str, Any] = NOTHING) -> Mapping[str, Any]:
        """POST /oauth/introspect (RFC 7662): a client sees its own organisation's tokens; all others look inactive."""
        now = self._parts.clock()
        client = await self._parts.authentication.authenticate(form, now, scope)
        with self._place(client):
            await self._parts.watch.settled()
        token = self._open(form.get("token", ""), now)
        organisation = client.client.requester.organisation
        if token is None or token.organisation != organisation or self._parts.watch.revoked(token.jti):
            return {"active": False}
        given = await self._parts.cases.find(token.cases) if token.cases else (token.details,)
        told = {
            "active": True, "iss": self._parts.issuer, "aud": self._parts.issuer, "client_id": token.client, "sub": token.client,
            "jti": token.jti, "exp": int(token.expires_at.timestamp()), "officer": token.officer,
            "iat": int((token.expires_at - LIFETIME).timestamp()),
            "organisation": token.organisation, "authorization_details": [dict(one.given) for one in given],
            "token_type": token.bound.scheme,
        }  # fmt: skip
        most, _ = limits(given)
        if most is not None:
            told["remaining_uses"] = await self._parts.uses.left(token.jti, most)
        if token.evidence:
            told |= {"sub": token.officer, "act": {"sub": token.client}, "officer_evidence": dict(token.evidence)}
        return told | ({"cnf": token.bound.as_claim()} if token.bound else {})

    async def revoke(self, form: Mapping[str, str], scope: Mapping[str, Any] = NOTHING) -> None:
        """POST /oauth/revoke (RFC 7009): silent about tokens that are not the client's own."""
        now = self._parts.clock()
        client = await self._parts.authentication.authenticate(form, now, scope)
        identifier = client.client.requester.client
        with self._place(client):
            token = self._open(form.get("token", ""), now)
            if token is not None and token.client == identifier:
                await revoke_token(self._parts.engine, token.jti, expires_at=token.expires_at, by=identifier, at=now)

    def _place(self, client: Authenticated) -> AbstractContextManager[None]:
        return placed(self._quota, client.client.requester.client)

    async def _bound(self, shown: Shown, now: datetime, *, required: bool = False) -> Binding:
        """The key a token is bound to; `required` of a citizen's, whatever the operator asks of others."""
        try:
            bound = await proven(replace(shown, url=f"{self._parts.issuer}/oauth/token"), None, self._parts.used, token="", now=now)
        except BadSignature as error:
            raise OAuthRefused("invalid_dpop_proof", "the DPoP proof is refused", detail=str(error)) from None
        if not bound and (required or self._parts.require_dpop):
            raise OAuthRefused("invalid_dpop_proof", "a DPoP proof is required")
        return bound

    def _caller(self, client: Authenticated, of: Behalf, granted: Details, now: datetime) -> Caller:
        known = client.client
        return self._parts.presenter.caller(
            known.requester, officer=of.officer, purpose=granted.purpose, basis=granted.basis, case=granted.case,
            groups=granted.groups, token="", expires_at=now + LIFETIME, allow_list_only=known.allow_list_only,
            look_ups_per_day=known.look_ups_per_day, officer_proof=proof_text(of.evidence),
        )  # fmt: skip

    async def _granted(self, client: Authenticated, of: Behalf, now: datetime) -> Details:
        """The details, as far as they are granted; a refusal leaves its entry in the log."""
        presenter, known, catalogue = self._parts.presenter, client.client, self._parts.catalogue
        caller = self._caller(client, of, of.asked, now)
        await self._parts.watch.settled()
        await presenter.assessments.refresh(time.monotonic())
        matter = await presenter.matter_anew(of.asked.case)
        await catalogue.refresh(time.monotonic())
        try:
            presented = presenter.present(caller, known.requester, matter, now)
            allowed(presented)
            await self._usable(presented, now)
            details = granted(of.asked, presented, known, catalogue.decide(asking_of(caller), now.astimezone(CHINA).date()), self._parts.ceilings)
        except NotStanding as refusal:
            if self._parts.on_refusal is not None:
                await self._parts.on_refusal(caller, refusal.reason.value, now)
            description = f"{refusal.reason.value}: {refusal.message}"
            raise OAuthRefused("invalid_authorization_details", description, client=known.requester.client) from None
        if caller.basis.kind is BasisKind.EMERGENCY:
            await self._parts.follow_ups.open(caller, now)  # before the token leaves: who may ask owes the papers
        return details

    async def _usable(self, presented: Presented, now: datetime) -> None:
        """The last of check 3, for which the database is asked where a letter says how often it may be used."""
        spent = await self._parts.letter_uses.spent(presented.letters, now)
        if presented.letters and all(one.id in spent for one in presented.letters):
            raise NotStanding(Reason.LETTER_USES_SPENT, "every letter of this token was used as often as it says")

    def _open(self, text: str, now: datetime) -> Token | None:
        try:
            return self._parts.tokens.open(text, now)
        except BadSignature:
            return None
