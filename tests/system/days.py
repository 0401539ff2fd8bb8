"""Two days of a county's log, as the privacy officer would find them: questions of three offices, refusals, letters withdrawn."""

from __future__ import annotations

from dataclasses import dataclass

from tests.hub.living import TAXES, WHOLE, Living, Matter
from tests.waiting import until

VEHICLES = "query Vehicles($id: ID!) { case(id: $id) { household { members { person { id vehicle { status records { useNature } } } } } } }"
CONFIRMED = """query Confirmed($id: ID!) {
  case(id: $id) { household { members { person { id confirmation { status records { category confirmedOn } } } } } }
}"""
STATUTE = {"kind": "statute", "article": "SAL §42"}


@dataclass(frozen=True, slots=True)
class Days:
    """What happened. `first` and `second` are matters of two different families; the first day's letter `letter` was withdrawn."""

    first: Matter
    second: Matter
    letter: str
    yesterday: str
    today: str


async def lived(hub: Living) -> Days:
    """Let two days pass at the hub."""
    first = await hub.register()
    yesterday = hub.clock().date().isoformat()
    await hub.ask(first)
    await hub.ask(first, TAXES)
    unsigned = await hub.register(unsigned=(-5,))
    hub.clock.advance(1_200)
    await hub.ask(unsigned, WHOLE)
    aid = await hub.register(purposes=(), organisations=("jy",), assistance="EDUCATION")
    token = await hub.line.token(hub.offices["jy"], purpose="EDUCATION_AID", basis=STATUTE, case=aid.id)
    await hub.line.ask(token, CONFIRMED, {"id": aid.id})
    await hub.line.ask(token, TAXES, {"id": aid.id})
    await _withdrawn(hub, unsigned)
    hub.clock.advance(80_000)
    edge = hub.platform.population.edge_family()
    second = await hub.register(edge)
    for _ in range(14):
        hub.clock.advance(311)
        assert (await hub.ask(second, VEHICLES)).status == 200
    async with hub.misbehaving("SW", fail=500):
        await hub.ask(second, WHOLE)
    token = await hub.token(second)
    await hub.post(token, {"query": "{ nonsense }"})
    return Days(first, second, next(iter(unsigned.numbers.values())), yesterday, hub.clock().date().isoformat())


async def _withdrawn(hub: Living, matter: Matter) -> None:
    token = await hub.token(matter)
    for number in matter.numbers:
        message = hub.platform.revocation(reference=matter.reference, letter=number, reason="本人撤回")
        assert (await hub.line.send("/revocations", message)).status == 200

    async def refused():
        reply = await hub.line.ask(token, TAXES, {"id": matter.id})
        return reply if reply.status != 200 else None

    reply = await until(refused)
    assert (reply.status, reply.code) == (403, "AUTH_REVOKED")
