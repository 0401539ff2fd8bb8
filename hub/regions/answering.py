"""Answering a neighbouring region's hub: verify, check the agreement, send the question down our own road, issue results.

This region decides by its own policy; the neighbour's word is for who asks, never for what may be told. Every refusal after a
verified signature is an entry here, under the exchange's id; what fails before is counted in the bounded security log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse
from starlette.responses import Response as HttpResponse

from hub.access_log.questions import refusal
from hub.access_log.security import SecurityLog
from hub.arriving import BodyCutOff, BodyTooLarge, arrived
from hub.authorizations.matter import Person
from hub.errors import CallerError, Unavailable
from hub.http_signatures import Request, Response
from hub.operation import Documents
from hub.problems import problem
from hub.regions.agreement import Agreement, AgreementRefused
from hub.regions.asking import MEDIA_TYPE, PATH, RegionKeys, public_keys
from hub.regions.credential import issue
from hub.regions.exchange import ExchangeRefused, sign_response, unseal, verify_request
from hub.regions.issuing import Issuing
from hub.regions.recognition import GROUP, Recognition
from hub.route import Road, Travelled
from hub.sealed_bodies import seal

_MAX_BYTES = 100_000
BODY_SECONDS = 5.0
"""How long a question may take to arrive: a place is held meanwhile, by somebody nobody knows yet."""

Identify = Callable[[Sequence[tuple[str, str]]], Awaitable[Sequence[Person]]]
"""(ID number, name) pairs to people by the name that was asked, in order; one not known yet is added, nobody is changed."""
Shared = Callable[[str, str, datetime], Awaitable[Mapping[str, str]]]
"""Check 9: department, purpose, time to the catalogue's word per fact group."""
Once = Callable[[str, str, datetime], Awaitable[bool]]
"""Issuer, nonce, expiry: whether the nonce was never seen before."""


@dataclass(slots=True)
class Answering:
    """The routes other regions call."""

    url: str
    region: str
    agreements: Callable[[], Mapping[str, Agreement]]
    keys: RegionKeys
    road: Road
    documents: Documents
    identify: Identify
    shared: Shared
    once: Once
    admitted: Callable[[str], AbstractContextManager[None]]
    issuing: Issuing
    security: SecurityLog
    fields: Iterable[str]
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]

    async def status_list(self, _request: HttpRequest) -> HttpResponse:
        """The published status list; it tells nothing about anybody."""
        token = await self.issuing.status_list(self.clock())
        return PlainTextResponse(token, media_type="application/statuslist+jwt", headers={"Cache-Control": "max-age=60"})

    async def confirmations(self, http: HttpRequest) -> HttpResponse:
        """One exchange."""
        now = self.clock()
        request = Request("POST", self.url + PATH, dict(http.headers.items()))
        try:
            body = await _body(http)
            agreement, asked = await self._verified(request, body, now)
        except (ExchangeRefused, AgreementRefused) as error:
            # Not even the reason: whoever is not a party learns nothing of agreements, keys or clocks.
            self.security.note(f"EXCHANGE_{type(error).__name__.upper()}")
            return problem(http, 403, "EXCHANGE_REFUSED")
        with self.admitted(f"region/{asked.region}"):  # raises TooMany past the rate of a client
            status, content = await self._told(agreement, asked, now)
        party = agreement.parties[asked.region]
        sealed = seal(content, recipient=party.encryption, kid=f"{asked.region}-enc")
        response = Response(status, request, {"content-type": MEDIA_TYPE})
        sign_response(response, sealed, kid=self.keys.kid, key=self.keys.signing, at=now, nonce=self.random(16).hex())
        return HttpResponse(sealed, status_code=status, headers=response.headers)

    async def _told(self, agreement: Agreement, asked: Recognition, now: datetime) -> tuple[int, dict[str, Any]]:
        try:
            try:
                return 200, await self._answer(agreement, asked, now)
            except (CallerError, AgreementRefused, ExchangeRefused) as error:
                code = getattr(error, "code", "EXCHANGE_REFUSED")
                await self.road.log.append(refusal(at=now, code=code, caller=asked.caller(now)))
                return 403, {"exchange": asked.exchange, "refused": code}
        except Unavailable as error:
            return error.status, {"exchange": asked.exchange, "refused": error.code}

    async def _verified(self, request: Request, body: bytes, now: datetime) -> tuple[Agreement, Recognition]:
        keys = {
            kid: (region, key)
            for agreement in self.agreements().values() for region, party in agreement.parties.items() if region != self.region
            for kid, key in public_keys(party.signing).items()
        }
        kid, nonce = verify_request(request, body, keys={kid: key for kid, (_, key) in keys.items()}, now=now)
        asked = Recognition.parse(unseal(body, self.keys.encryption), to=self.region)
        agreement = self.agreements().get(asked.agreement)
        # Signed by one region in the name of another would pass without this.
        if agreement is None or keys[kid][0] != asked.region or asked.region not in agreement.parties:
            raise AgreementRefused("no agreement with this region")
        if not await self.once(f"region/{asked.region}", nonce, now + timedelta(minutes=5)):
            raise ExchangeRefused("the message was sent before")
        return agreement, asked

    async def _answer(self, agreement: Agreement, asked: Recognition, now: datetime) -> dict[str, Any]:
        agreement.allow(
            purpose=asked.purpose, kind=asked.kind, group=GROUP, asking=asked.region, department=asked.department, on=now.date(),
        )
        operation = await self.documents.load(asked.document(self.fields))
        people = await self.identify([(number, name) for _, number, name in asked.subjects])
        standing = asked.standing(
            people, await self.shared(asked.department, asked.purpose, now), own_region=self.region, now=now,
        )
        reach = self.road.planner.reach
        handles = [reach.handle("per", person.id, standing.caller) for person in people]
        travelled = await self.road.travel(operation, {"ids": handles}, standing, address="NEIGHBOUR")
        told = orjson.loads(travelled.data)["people"]
        results = {}
        for (ref, _, _), person, answer in zip(asked.subjects, people, told, strict=True):
            results[ref] = await self._result(agreement, asked, person, (answer or {}).get("confirmation"), now)
        if agreement.code not in self.agreements():
            raise AgreementRefused("the agreement ended while the question was under way")
        return {"exchange": asked.exchange, "question": travelled.intent, "results": results, "terms": self._terms(agreement, asked, travelled)}

    def _terms(self, agreement: Agreement, asked: Recognition, travelled: Travelled) -> Mapping[str, object]:
        """Our terms bind the receiver as they would a department here; whom it may tell further, the agreement names."""
        terms: dict[str, Any] = dict(travelled.terms)
        return terms | {"onward": {**terms["onward"], "departments": sorted(agreement.parties[asked.region].receivers)}}

    async def _result(
        self, agreement: Agreement, asked: Recognition, person: Person, facts: Mapping[str, Any] | None, now: datetime,
    ) -> dict[str, Any]:
        """One subject's results as credentials: each holds what our policy told and not a claim more."""
        if facts is None:
            return {"status": "NOT_COVERED", "asOf": None, "credentials": []}
        expires = now + timedelta(days=agreement.fresh_days)
        credentials = []
        for record in facts["records"] or []:
            claims = {name: value for name, value in record.items() if value is not None}
            place = await self.issuing.place(exchange=asked.exchange, expires_at=expires)
            credentials.append(
                issue(
                    claims, id_number=person.id_number, issuer=self.url, kid=self.keys.kid, key=self.keys.signing_jwk,
                    issued_at=now, expires_at=expires, status=(place, self.issuing.uri), random=self.random,
                ),
            )
        return {"status": facts["status"], "asOf": facts["asOf"], "credentials": credentials}


async def _body(http: HttpRequest) -> bytes:
    try:
        return await arrived(http, largest=_MAX_BYTES, seconds=BODY_SECONDS)
    except BodyTooLarge:
        raise ExchangeRefused("the body is too large") from None
    except BodyCutOff:
        raise ExchangeRefused("the body did not arrive to its end") from None
