"""A question of a neighbouring region is told to the person on both sides: at the hub that asked and at the hub that answered."""

from __future__ import annotations

import pytest

from tests.hub.citizens.counter import Counter
from tests.hub.living import QUXIAN, TONGNAN

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUESTION = """query($id: ID!, $region: RegionCode!) { case(id: $id) { household { members { person {
  confirmation(region: $region) { status records { category } } } } } } }"""
SHOWN = """{ me { accesses(first: 10) { edges { node { id purpose neighbour several organisation { code name } basis { kind article }
  groups { group region form } } } } } }"""


async def test_a_neighbours_question_is_shown_where_it_was_asked_and_where_it_was_answered(neighbours):
    tongnan, quxian = neighbours
    family = tongnan.platform.population.edge_family()
    matter = await tongnan.register(family, purposes=(), organisations=("yb",), assistance="MEDICAL")
    basis = {"kind": "statute", "article": "SAL §42"}
    token = await tongnan.line.token(tongnan.offices["yb"], purpose="RESULT_RECOGNITION", basis=basis, case=matter.id)
    reply = await tongnan.line.ask(token, QUESTION, {"id": matter.id, "region": QUXIAN})
    assert reply.status == 200, reply.raw
    # Where nobody registered them no platform can speak for them; there it is told to who is known to one.
    here, there = await Counter(tongnan).enrol(), await Counter(quxian).enrol()
    nobody = tongnan.platform.population.demo_family().head.id_number  # registered there by no test
    status, refused = await there.exchange(await there.vouch(nobody))
    assert (status, refused["error_description"]) == (400, "the assertion is refused")
    await quxian.register(family, purposes=())
    for living, counter in ((tongnan, here), (quxian, there)):
        nodes = await counter.accesses(await counter.token(family.head.id_number), SHOWN)
        one = next(one for one in nodes if one["purpose"] == "RESULT_RECOGNITION")
        assert (one["neighbour"], one["basis"]) == (True, {"kind": "statute", "article": "SAL §42"})
        told = {(group["group"], group["region"]): group["form"] for group in one["groups"]}
        if living is tongnan:
            assert (one["id"], one["organisation"]["code"]) == (reply.body["extensions"]["question"], tongnan.offices["yb"].organisation)
            assert told["confirmation", QUXIAN] == "FULL"
        else:
            assert one["organisation"] == {"code": f"{TONGNAN}/{tongnan.offices['yb'].organisation}", "name": None}
            assert told["confirmation", None] == "FULL"
