"""A platform's own client for tests: it vouches for whoever stands before it, takes a citizen's token, and asks with it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from joserfc.jwk import ECKey, OKPKey

from hub.citizens.own_records import OwnRecords
from hub.citizens.presenting import build_citizen_assertion, exchange_request
from hub.enrolment import enrol_client, enrol_organisation
from hub.oauth.presenting import build_assertion, build_proof
from hub.people.vault import Identity
from tests.hub.living import Living, Sent

ORGANISATION, CLIENT = "500152-APP", "500152-app"
_numbers = itertools.count()

ME = """query Me($first: Int, $after: String, $since: DateTime, $until: DateTime) { me { id
  accesses(first: $first, after: $after, since: $since, until: $until) {
    edges { cursor node { id at organisation { code name } role officer purpose purposeTitle basis { kind article letters } case decision reason
      several neighbour groups { group title region form } receipts { format id index entry proof checkpoint } } }
    pageInfo { hasNextPage endCursor } withheld { article count until } } } }"""
BRIEF = """query Brief($first: Int, $since: DateTime) { me { accesses(first: $first, since: $since) {
  edges { node { id purpose decision reason several organisation { code } groups { group form } } } withheld { article count } } } }"""


@dataclass
class Counter:
    """One platform's client at one hub."""

    living: Living
    key: OKPKey = field(default_factory=lambda: OKPKey.generate_key("Ed25519"))
    bound: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))

    async def enrol(self) -> Counter:
        engine, at, region = self.living.hub.engine, self.living.clock(), self.living.hub.settings.region
        await enrol_organisation(engine, code=ORGANISATION, name="重庆救助通", department="APPLICANT", region=region, role="APPLICANT", at=at)
        jwks = {"keys": [{**self.key.as_dict(private=False), "kid": "c1"}]}
        await enrol_client(engine, client_id=CLIENT, organisation=ORGANISATION, name="市民端", jwks=jwks, purposes=("SUBJECT_ACCESS",), at=at)
        return self

    async def sealing(self) -> tuple[OKPKey, str]:
        """The hub's published key for encrypting a person to."""
        async with self.living.line.session.get(f"{self.living.url}/oauth/encryption-keys") as reply:
            (jwk,) = [one for one in (await reply.json())["keys"] if one.get("use") == "enc"]
        return OKPKey.import_key({name: jwk[name] for name in ("kty", "crv", "x")}), jwk["kid"]

    async def vouch(self, id_number: str, **more: Any) -> str:
        """A good assertion, or one with a knob turned."""
        platform = self.living.platform
        sealing, kid = await self.sealing()
        told: dict[str, Any] = {
            "kid": platform.kid, "platform": platform.platform, "audience": self.living.url, "client": CLIENT,
            "jti": f"citizen-{next(_numbers):08d}", "now": self.living.clock(), "id_number": id_number, "sealing": sealing, "sealing_kid": kid,
        }
        return build_citizen_assertion(**({"key": platform.key} | told | more))

    async def exchange(self, assertion: str, *, proof: bool = True, **form: str) -> tuple[int, dict[str, Any]]:
        """The token endpoint's answer."""
        own = build_assertion(
            self.key, client=CLIENT, kid="c1", audience=self.living.url, jti=f"own-{next(_numbers):08d}", now=self.living.clock(), officer=None,
        )
        headers = {"DPoP": self.proof("/oauth/token")} if proof else {}
        posted = exchange_request(own, assertion) | form
        async with self.living.line.session.post(f"{self.living.url}/oauth/token", data=posted, headers=headers) as reply:
            return reply.status, await reply.json()

    async def token(self, id_number: str, **more: Any) -> str:
        status, body = await self.exchange(await self.vouch(id_number, **more))
        assert status == 200, body
        assert body["token_type"] == "DPoP"
        return str(body["access_token"])

    async def known_without_case(self, household: int) -> str:
        """The number of somebody the hub knows, as of a neighbour's question, and nobody registered here."""
        head = self.living.platform.population.household(household).head
        async with self.living.hub.engine.begin() as connection:
            await self.living.hub.desk._people.upsert(connection, Identity(head.id_number, head.name, head.sex, head.birth_date))
        return head.id_number

    def proof(self, path: str, token: str = "", **more: Any) -> str:
        told = {"method": "POST", "url": self.living.url + path, "jti": f"citizen-proof-{next(_numbers):08d}", "now": self.living.clock(), "token": token}
        return build_proof(self.bound, **(told | more))

    async def sent(self, token: str, document: str = ME, **variables: Any) -> Sent:
        body: Mapping[str, Any] = {"query": document, "variables": variables}
        headers = {
            "Authorization": f"DPoP {token}", "DPoP": self.proof("/graphql", token), "Content-Type": "application/json",
            "Accept": "application/graphql-response+json",
        }
        async with self.living.line.session.post(f"{self.living.url}/graphql", data=orjson.dumps(body), headers=headers) as reply:
            return Sent(reply.status, await reply.read(), reply.headers)

    async def me(self, token: str, document: str = ME, **variables: Any) -> dict[str, Any]:
        sent = await self.sent(token, document, **variables)
        assert sent.status == 200, sent.raw
        assert "errors" not in sent.body, sent.raw
        return sent.body["data"]["me"]

    async def accesses(self, token: str, document: str = ME, **variables: Any) -> list[dict[str, Any]]:
        return [edge["node"] for edge in (await self.me(token, document, **variables))["accesses"]["edges"]]


def own_records(living: Living) -> OwnRecords:
    """What answers `me` at the hub."""
    return living.hub.road.fetcher._deep["me"].__self__
