"""Scenario 8 of the domain: a child's facts by the child's own signature are refused; by a guardian's they are told, one level higher."""

from __future__ import annotations

import pytest

from hub.authorizations.drafting import Signatory, letter_document, letter_entry
from hub.authorizations.signing import sign_registration
from hub.cli.demo.registration import jwk
from tests.hub.living import WHOLE, Living, Matter, people

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHILD, HEAD = "30", "02"


def signed_by(living: Living, reference: str, relation: str, **more: object) -> str:
    """The family's registration with one letter, signed by the member of this relation."""
    desk, now = living.platform, living.clock()
    found = [dict(desk._person(member)) for member in living.family.everyone()]
    person = next(one.person for one in living.family.members if one.relation == relation)
    signer = Signatory(f"p{abs(person.index)}", jwk(desk.population.signing_key(person), f"s{person.index}"), **more)
    document = letter_document(
        number=f"{reference}-G", platform=desk.platform, reference=reference, matter="DIBAO", purposes=["DIBAO_REVIEW"], people=found,
        signatories=[signer], signed_at=now,
    )
    return sign_registration(
        desk.key, kid=desk.kid, platform=desk.platform, audience=desk.hub, jti=desk.jti(), now=now,
        letters=[letter_entry(f"{reference}-G", document, [signer])],
        case={
            "reference": reference, "assistanceType": "DIBAO", "stage": "SURVEY", "region": desk.region,
            "organisations": [living.offices["hd"].organisation], "openedAt": now.isoformat(),
        },
        household={
            "area": living.family.area, "hukouRegion": living.family.hukou_region.ljust(12, "0"),
            "residenceRegion": living.family.residence_region.ljust(12, "0"), "people": found,
        },
    )


async def told_under(living: Living, reference: str, **guarded: object):
    """What the family is told of under the head's letter for the child."""
    reply = await living.line.send("/registrations", signed_by(living, reference, HEAD, **guarded))
    assert reply.status == 201, reply.raw
    letters = tuple({"id": one["id"], "hash": one["hash"]} for one in reply.body["letters"])
    return people(await living.ask(Matter(reply.body["case"], reference, letters, {}), WHOLE, id=reply.body["case"]))


async def test_scenario_08_a_childs_own_signature_is_refused_a_guardians_is_told_one_level_higher(living: Living) -> None:
    child = next(one for one in living.family.members if one.relation == CHILD)
    alone = await living.line.send("/registrations", signed_by(living, "S-8-1", CHILD))
    assert (alone.status, alone.code) == (422, "CHILD_SIGNED_ALONE")
    assert await living.hub.records.fetchval("SELECT count(*) FROM matter_case WHERE reference = 'S-8-1'") == 0
    guarded = {"capacity": "LEGAL_REPRESENTATIVE", "covers": (f"p{abs(child.person.index)}",)}
    unticked = await told_under(living, "S-8-2", **guarded)
    assert unticked[CHILD]["vehicle"]["disclosure"]["fields"][0]["reason"] == "CONSENT_NOT_ITEMISED"
    assert unticked[CHILD]["name"] == {"full": None}, "a child under fourteen stands under the guardian's item for it alone (PIPL §29, §31)"
    told = await told_under(living, "S-8-3", **guarded, separately=("UNDER_14",))
    assert told[CHILD]["vehicle"]["status"] in {"MATCHED", "NO_RECORD"}
    assert {line["reason"] for line in told[CHILD]["vehicle"]["disclosure"]["fields"]} == {"UNDER_14"}
    assert told[CHILD]["name"]["full"] is None, "one level higher: who the child is is told masked"
    assert told[HEAD]["vehicle"]["status"] == "NOT_AUTHORIZED", "the father signed for the child, not for himself"
