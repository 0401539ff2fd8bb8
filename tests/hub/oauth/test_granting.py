"""What a token grants is what letters, purpose, catalogue and client leave of what was asked; it is told, and never grows afterwards."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from hub.authorizations.presented import NotStanding
from hub.enrolment import enrol_client
from hub.oauth.presenting import authenticated, household_facts
from hub.tables import CatalogueEntry
from policies.purposes import PURPOSES as TABLE
from tests.hub.authorizations.family import adults, letter
from tests.hub.authorizations.world import CLIENT_KEYS, PURPOSES, entry


async def groups_of(world, accepted, **more) -> list[str]:
    answer = await world.ask(world.details(accepted, **more))
    assert answer.status_code == 200, answer.text
    return answer.json()["authorization_details"][0]["groups"]


async def refused(world, accepted, **more) -> str:
    answer = await world.ask(world.details(accepted, **more))
    assert answer.json()["error"] == "invalid_authorization_details", answer.text
    return answer.json()["error_description"].partition(":")[0]


async def limited_to(world, clock, *groups: str) -> None:
    await enrol_client(
        world.engine, client_id="client-hd", organisation="mz-hd-500152", name="hd", purposes=PURPOSES["hd"], at=clock(), groups=groups,
        jwks={"keys": [{**CLIENT_KEYS["hd"].as_dict(private=False), "kid": "c1"}]},
    )
    world.desk._identifier._clients.drop("CLIENT", "client-hd")  # half a minute later


async def test_each_of_the_four_narrows(world, clock):
    both = await world.register(letters=[letter("H-1", adults(), now=clock(), document={"fact_groups": ["vehicle", "tax", "realEstate", "education"]})])
    told = TABLE["DIBAO_REVIEW"].told_groups()
    assert "education" not in told
    assert await groups_of(world, both) == ["identity", "tax", "vehicle"], "realEstate is not shared, education not of the purpose"
    assert await groups_of(world, both, groups=["tax", "realEstate", "civilAssistance"]) == ["tax"]
    await limited_to(world, clock, "vehicle", "householdRegister")
    assert await groups_of(world, both) == ["identity", "vehicle"]
    assert await refused(world, both, groups=["tax"]) == "FACT_NOT_AUTHORIZED"


async def test_where_nothing_is_left_the_refusal_says_which_left_nothing(world, clock):
    accepted = await world.register(letters=[letter("H-1", adults(), now=clock(), document={"fact_groups": ["vehicle", "realEstate"]})])
    assert await refused(world, accepted, groups=["realEstate"]) == "CATALOG_DENIED"
    assert await refused(world, accepted, groups=["tax"]) == "FACT_NOT_AUTHORIZED"
    assert await groups_of(world, accepted, groups=["identity"]) == ["identity"], "the platform's own word needs no department's"
    only = await world.register(letters=[letter("H-2", adults(), now=clock(), document={"fact_groups": ["realEstate"]})])
    assert await refused(world, only) == "CATALOG_DENIED"


async def test_who_of_the_case_is_covered_is_not_told_with_a_token(world, clock):
    everybody, few = await world.register(), None
    whole = await world.ask(world.details(everybody))
    few = await world.register(letters=[letter("H-9", adults()[:1], now=clock())])
    part = await world.ask(world.details(few))
    assert whole.json()["authorization_details"][0]["groups"] == part.json()["authorization_details"][0]["groups"]


async def test_a_catalogue_widened_later_widens_no_token_and_a_narrowed_one_narrows_it(world, clock):
    accepted = await world.register()
    token = await world.token(world.details(accepted))
    await entry(world.engine, "marriage", "UNCONDITIONAL", at=clock())
    async with world.engine.begin() as connection:
        await connection.execute(update(CatalogueEntry).where(CatalogueEntry.id == "vehicle-UNCONDITIONAL").values(attribute="NOT_SHARED"))
    world.desk._identifier._catalogue._read_at = -1e9  # half a minute later
    standing = await world.identify(token)
    assert standing.catalogue["marriage"] == "", "shared now"
    assert "marriage" not in standing.caller.groups
    assert (standing.catalogue["vehicle"], "vehicle" in standing.caller.groups) == ("CATALOG_DENIED", True)
    fresh = await groups_of(world, accepted)
    assert "marriage" in fresh
    assert "vehicle" not in fresh


async def test_a_client_limited_later_narrows_its_tokens_and_one_left_with_nothing_asks_nothing(world, clock):
    accepted = await world.register()
    token = await world.token(world.details(accepted))
    vehicles = await world.token(world.details(accepted, groups=["vehicle"]))
    await limited_to(world, clock, "tax")
    assert (await world.identify(token)).caller.groups == frozenset({"tax", "identity"})
    with pytest.raises(NotStanding) as nothing:
        await world.identify(vehicles)
    assert nothing.value.code == "FACT_NOT_AUTHORIZED"


async def test_a_statute_grants_what_the_purpose_tells_and_an_audit_no_groups(world):
    accepted = await world.register(letters=[])
    details = household_facts(purpose="RESULT_RECOGNITION", basis={"kind": "statute", "article": "SAL §42"}, case=accepted.case)
    answer = await world.ask(details, "yb")
    assert answer.json()["authorization_details"][0]["groups"] == ["confirmation", "identity"]
    audit = await world.ask(household_facts(purpose="PRIVACY_AUDIT", basis={"kind": "audit"}), "officer")
    assert "groups" not in audit.json()["authorization_details"][0]


async def test_how_often_a_token_may_be_used_is_the_fewest_that_client_and_request_say_and_is_told(world, clock):
    accepted = await world.register()
    answer = (await world.ask(world.details(accepted) | {"maxUses": 7, "frequency": {"DAY": 3}})).json()
    [told] = answer["authorization_details"]
    assert (told["maxUses"], told["frequency"]) == (7, {"DAY": 3})
    caller = (await world.identify(answer["access_token"])).caller
    assert (caller.max_uses, caller.frequency) == (7, {"DAY": 3})
    await enrol_client(
        world.engine, client_id="client-hd", organisation="mz-hd-500152", name="hd", purposes=PURPOSES["hd"], at=clock(), max_uses=2,
        jwks={"keys": [{**CLIENT_KEYS["hd"].as_dict(private=False), "kid": "c1"}]},
    )
    world.desk._identifier._clients.drop("CLIENT", "client-hd")
    answer = (await world.ask(world.details(accepted) | {"maxUses": 7})).json()
    assert answer["authorization_details"][0]["maxUses"] == 2
    await world.desk.authorization.uses.take((await world.identify(answer["access_token"])).caller, clock())
    form = authenticated(world.assertion(), token=answer["access_token"])
    assert (await world.http.post("/oauth/introspect", data=form)).json()["remaining_uses"] == 1
    for wrong in ({"maxUses": 0}, {"maxUses": "1"}, {"frequency": {}}, {"frequency": {"WEEK": 1}}, {"frequency": {"DAY": 0}}):
        answer = await world.ask(world.details(accepted) | wrong)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_authorization_details"), wrong
