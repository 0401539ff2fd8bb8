"""A hub that takes bound tokens only: whoever holds a token and not its key asks nothing."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import orjson
import pytest
import pytest_asyncio
from joserfc.jwk import ECKey, OKPKey

from hub.oauth.presenting import build_assertion, build_proof, household_facts, token_request
from tests.conftest import FakeClock
from tests.hub.living import TAXES, TONGNAN, Living, Matter, Sent, live, prepare

pytestmark = pytest.mark.asyncio(loop_scope="session")

_numbers = itertools.count()


@dataclass
class Holder:
    """The check office's system, with a key its tokens are bound to."""

    living: Living
    matter: Matter
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    token: str = ""

    def proof(self, path: str = "/graphql", **more) -> str:
        told = {
            "method": "POST", "url": self.living.url + path, "jti": f"proof-{next(_numbers):08d}", "now": self.living.clock(), "token": self.token,
        }
        return build_proof(**({"key": self.key} | told | more))

    async def took(self, proof: str | None) -> tuple[int, dict]:
        """The token endpoint's answer."""
        office = self.living.offices["hd"]
        assertion = build_assertion(
            office.key, client=office.client, kid=f"{office.client}-1", audience=self.living.url, jti=f"assertion-{next(_numbers):08d}",
            now=self.living.clock(), officer={"id": office.officer},
        )
        details = household_facts(purpose="DIBAO_REVIEW", basis=self.matter.basis, case=self.matter.id)
        headers = {"DPoP": proof} if proof else {}
        form = token_request(assertion, details)
        async with self.living.line.session.post(f"{self.living.url}/oauth/token", data=form, headers=headers) as reply:
            return reply.status, await reply.json()

    async def asked(self, proof: str | None, *, scheme: str = "DPoP", path: str = "/graphql", token: str | None = None) -> Sent:
        headers: Mapping[str, str] = {"Authorization": f"{scheme} {token or self.token}", "Content-Type": "application/json"}
        if proof is not None:
            headers = {**headers, "DPoP": proof}
        body = orjson.dumps({"query": TAXES} | ({"variables": {"id": self.matter.id}} if path == "/graphql" else {}))
        async with self.living.line.session.post(self.living.url + path, data=body, headers=headers) as reply:
            return Sent(reply.status, await reply.read(), reply.headers)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bound_hub(postgres, tmp_path_factory) -> AsyncIterator[Living]:
    async with AsyncExitStack() as stack:
        directory = tmp_path_factory.mktemp("bound")
        prepared = await prepare(stack, postgres, directory, TONGNAN, FakeClock(), people=100, require_dpop=True)
        yield await live(stack, prepared)


@pytest_asyncio.fixture(loop_scope="session")
async def holder(bound_hub) -> Holder:
    """A holder of a good token; no department was asked yet."""
    holder = Holder(bound_hub, await bound_hub.register())
    status, told = await holder.took(holder.proof("/oauth/token", token=""))
    assert (status, told.get("token_type")) == (200, "DPoP"), told
    holder.token = told["access_token"]
    bound_hub.government.forget()
    return holder


async def refused(holder: Holder, proof: str | None, **more) -> None:
    """401, one answer for all; counted, not an entry; no department was asked."""
    size, counted = await holder.living.size(), holder.living.hub.security._counts["TOKEN_INVALID"]
    reply = await holder.asked(proof, **more)
    assert (reply.status, reply.code) == (401, "TOKEN_INVALID")
    assert "DPoP" in reply.headers["www-authenticate"]
    assert b"tax" not in reply.raw
    assert not any(holder.living.asked().values())
    assert await holder.living.size() == size
    assert holder.living.hub.security._counts["TOKEN_INVALID"] == counted + 1


async def test_a_question_with_a_good_proof_is_answered_and_its_proof_is_good_once(holder):
    proof = holder.proof()
    told = await holder.asked(proof)
    assert told.status == 200
    members = told.body["data"]["case"]["household"]["members"]
    assert any(one["person"]["tax"]["records"] for one in members)
    assert holder.living.asked()["SW"] > 0
    holder.living.government.forget()
    await refused(holder, proof)
    assert (await holder.asked(holder.proof())).status == 200, "the token itself stays good"


async def test_a_bound_token_without_proof_or_as_a_bearer_token_asks_nothing(holder):
    await refused(holder, None)
    await refused(holder, None, scheme="Bearer")
    await refused(holder, holder.proof(), scheme="Bearer")


async def test_a_thief_with_another_key_asks_nothing(holder):
    for key in (ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519"), holder.living.offices["hd"].key):
        await refused(holder, holder.proof(key=key))


async def test_a_proof_of_another_request_token_or_time_asks_nothing(holder):
    issued = holder.living.clock()
    for more in ({"path": "/oauth/token"}, {"method": "GET"}, {"token": holder.token + "x"}, {"token": ""}):
        await refused(holder, holder.proof(**more))
    late = holder.proof(now=issued.replace(year=issued.year - 1))
    await refused(holder, late)


async def test_no_token_is_given_without_a_proof_and_none_for_a_proof_shown_before(holder):
    assert (await holder.took(None))[1]["error"] == "invalid_dpop_proof"
    proof = holder.proof("/oauth/token", token="")
    assert (await holder.took(proof))[0] == 200
    status, told = await holder.took(proof)
    assert (status, told["error"]) == (400, "invalid_dpop_proof")


async def test_an_operation_is_registered_by_the_tokens_holder_alone(holder):
    reply = await holder.asked(None, path="/operations")
    assert (reply.status, reply.body["code"]) == (401, "TOKEN_INVALID")
    proof = holder.proof("/operations")
    assert (await holder.asked(proof, path="/operations")).status == 201
    assert (await holder.asked(proof, path="/operations")).status == 401
