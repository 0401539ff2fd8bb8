"""Opening a hub: keys, database, policy, departments and log joined once, in the order each needs the one before.

Everything that waits is opened here and closed in reverse; what a request touches is in `Hub`, and nothing of it is global.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import aiohttp
import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.credit import CreditPlatform
from connectors.means_check import MeansCheckSystem
from connectors.platform_manifest import connected
from connectors.registry import Departments, flattened, open_connectors
from hub import manners, metrics
from hub.access_log.questions import refusal
from hub.access_log.security import SecurityLog
from hub.access_log.sweep import Sweep
from hub.access_log.upkeep import Upkeep
from hub.access_log.writer import AccessLog
from hub.authorizations.conditions import Conditions
from hub.caller import Caller
from hub.chore import Chore
from hub.citizens.vouching import forget as forget_vouched
from hub.deferred.waiting import Waiting, open_waiting
from hub.desk import Desk, ceilings_of, open_desk
from hub.disposal.duties import follow
from hub.emergencies.follow_ups import escalate
from hub.joined_road import own_records_of, planner_of, road_of
from hub.keys import KeyRing
from hub.means_check.register import drop_reports
from hub.messages.inbox import drop_overdue
from hub.operation import Documents
from hub.operations.fair_use import FairUse
from hub.operations.limits import Limits
from hub.operations.quotas import LookUps
from hub.operations.told_before import ToldBefore
from hub.people.vault import Vault
from hub.planner import Planner
from hub.postgres.connection import LOG_ROLE, engine, pool
from hub.regions.neighbours import Neighbours, open_neighbours
from hub.regions.witnessing import Witness, open_witness
from hub.route import Road
from hub.settings import Settings
from policies.citizens import citizen_rules
from policies.engine import Policy, load
from schema.federation import served

Clock = Callable[[], datetime]
Random = Callable[[int], bytes]

_log = structlog.get_logger("hub.opening")


@dataclass(slots=True)
class Hub:
    """One worker's hub, open."""

    settings: Settings
    keys: KeyRing
    engine: AsyncEngine
    records: asyncpg.Pool[asyncpg.Record]
    vault: Vault
    policy: Policy
    departments: Departments
    desk: Desk
    log: AccessLog
    security: SecurityLog
    upkeep: Upkeep
    documents: Documents
    planner: Planner
    road: Road
    neighbours: Neighbours
    check_systems: Mapping[str, MeansCheckSystem]
    credit: CreditPlatform | None
    waiting: Waiting
    limits: Limits
    witness: Witness
    clock: Clock
    random: Random


@asynccontextmanager
async def open_hub(settings: Settings, sources: Mapping[str, object], *, clock: Clock, random: Random) -> AsyncIterator[Hub]:
    """A hub over the database of `settings`; `sources` are the departments' addresses and secrets (docs/contracts)."""
    async with AsyncExitStack() as stack:
        keys = await asyncio.to_thread(KeyRing.load, settings.directory / "keys")
        policy = await asyncio.to_thread(load, settings.region[:6])
        database = engine(settings.database_url, pool_size=4)
        stack.push_async_callback(database.dispose)
        records = await stack.enter_async_context(await pool(settings.database_url, max_size=6))
        writing = await stack.enter_async_context(await pool(settings.database_url, role=LOG_ROLE, max_size=4))
        fair, before = await _fair_use(stack, settings, records), ToldBefore(records, policy.profile.aggregation)
        departments = await _departments(stack, settings, flattened(sources), clock=clock, random=random)
        systems, credit = await _platforms(stack, settings, flattened(sources), clock=clock, random=random)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        vault = Vault(keys, random)
        log, security, upkeep = await _open_log(
            stack, settings, writing, keys, clock=clock, random=random, chores=_chores(database, records, settings, fair, before, clock),
        )
        desk = await open_desk(
            settings, engine=database, pool=records, keys=keys, vault=vault, clock=clock, random=random, on_refusal=_refusals(log),
        )
        stack.push_async_callback(desk.close)
        waiting = open_waiting(
            stack, settings, departments, pool=records, engine=database, vault=vault, keys=keys, policy=policy,
            conditions=await asyncio.to_thread(Conditions.of, settings.region), upkeep=upkeep, watch=desk.watch, clock=clock, random=random,
        )
        neighbours = await open_neighbours(
            settings, records, departments.hubs, keys=keys, session=session, clock=clock, random=random, watch=desk.watch,
        )
        stack.push_async_callback(neighbours.close)
        limits, witness = Limits(), open_witness(stack, settings, lambda: neighbours.agreements, database, keys, session, clock)
        planner = planner_of(settings, policy, departments, neighbours, keys, LookUps(records), clock)
        schema = served(federation=settings.federation)
        neighbours.subscribe(planner.forget_sources)
        own = await own_records_of(settings, desk, log, records, database, vault, keys, clock=clock, random=random)
        road = road_of(schema, settings, planner, desk, log, policy.digest, waiting, own, clock=clock, random=random, limits=limits, fair=fair, aggregate=before.within)
        yield Hub(
            settings=settings, keys=keys, engine=database, records=records, vault=vault, policy=policy, departments=departments,
            desk=desk, log=log, security=security, upkeep=upkeep, documents=Documents(schema, limits, introspection=settings.introspection), planner=planner, road=road,
            neighbours=neighbours, check_systems=systems, credit=credit, waiting=waiting, limits=limits, witness=witness, clock=clock, random=random,
        )


async def _fair_use(stack: AsyncExitStack, settings: Settings, records: asyncpg.Pool[asyncpg.Record]) -> FairUse:
    fair = FairUse(records, await asyncio.to_thread(ceilings_of, settings))
    fair.start()
    stack.push_async_callback(fair.stop)
    return fair


async def _departments(
    stack: AsyncExitStack, settings: Settings, known: Mapping[str, str], *, clock: Clock, random: Random,
) -> Departments:
    """The departments of the manifests; their contracts are looked at beside the opening."""
    departments = await open_connectors(
        settings.manifests, known, clock=clock, random=random, changed=manners.breaker, noted=manners.noted, copies=settings.directory / "drops",
    )
    stack.push_async_callback(departments.close)
    looking = asyncio.create_task(_contracts(departments))
    stack.push_async_callback(_ended, looking)
    return departments


async def _contracts(departments: Departments) -> None:
    """Say which subgraph no longer has what its manifest names. The hub starts all the same: those groups are SOURCE_ERROR."""
    with Chore("contracts"):
        for system, faults in (await departments.contract_faults()).items():
            for fault in faults:
                _log.error("a department's contract is broken", system=system, fault=fault)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


async def _platforms(
    stack: AsyncExitStack, settings: Settings, named: Mapping[str, str], *, clock: Clock, random: Random,
) -> tuple[Mapping[str, MeansCheckSystem], CreditPlatform | None]:
    """The platforms the settings name: means-check systems by id, the social-credit platform; nothing is contacted yet."""
    manifests = await asyncio.to_thread(connected, settings.manifests / "platforms", named)
    systems = {name: MeansCheckSystem(one, clock=clock, random=random) for name, one in manifests.items() if one.kind == "means-check"}
    credit = next((CreditPlatform(one, clock=clock, random=random) for one in manifests.values() if one.kind == "credit"), None)
    for system in systems.values():
        stack.push_async_callback(system.close)
    if credit is not None:
        stack.push_async_callback(credit.close)
    return systems, credit


def _chores(
    database: AsyncEngine, records: asyncpg.Pool[asyncpg.Record], settings: Settings, fair: FairUse, before: ToldBefore,
    clock: Clock,
) -> Mapping[str, Callable[[], Awaitable[object]]]:
    """What its retention ended; what receivers owe from now on; whose papers after an emergency are overdue."""

    async def vouched() -> None:
        rules = await asyncio.to_thread(citizen_rules, settings.region[:6])
        await forget_vouched(records, rules.vouching.people if rules is not None else (), clock())

    return {
        "fair use forgotten": lambda: fair.forget(clock()),
        "told fields forgotten": lambda: before.forget(clock()),
        "vouching forgotten": vouched,
        "messages dropped": lambda: drop_overdue(database, clock()),
        "reports dropped": lambda: drop_reports(database, clock()),
        "duties followed": lambda: follow(database),
        "emergencies escalated": lambda: escalate(database, clock()),
    }


async def _open_log(
    stack: AsyncExitStack, settings: Settings, writing: asyncpg.Pool[asyncpg.Record], keys: KeyRing, *, clock: Clock, random: Random,
    chores: Mapping[str, Callable[[], Awaitable[object]]],
) -> tuple[AccessLog, SecurityLog, Upkeep]:
    """The log and what keeps it; closed in reverse: the upkeep carries what is left before the log ends."""
    log = AccessLog(
        writing, keys=keys, clock=clock, random=random, origin=settings.log_origin,
        checkpoint_path=settings.directory / "checkpoint", wait=settings.log_wait,
    )
    await log.start()
    stack.push_async_callback(log.stop)
    security = SecurityLog(settings.directory / "security.log", clock=clock)
    upkeep = Upkeep(log, Sweep(log, writing), security, chores=chores)
    upkeep.start()
    stack.push_async_callback(upkeep.stop)
    return log, security, upkeep


def _refusals(log: AccessLog) -> Callable[[Caller, str, datetime], Awaitable[None]]:
    """An authenticated refusal at the token endpoint is an entry too."""

    async def refused(caller: Caller, code: str, at: datetime) -> None:
        metrics.REFUSALS.labels(code).inc()
        await log.append(refusal(at=at, code=code, caller=caller))

    return refused
