"""The road of a hub being opened: planner, fetcher, answerer, log and what people see of themselves, joined once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

import asyncpg
from graphql import GraphQLSchema
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.registry import Departments
from hub import manners
from hub.access_log.writer import AccessLog
from hub.answer import Answerer
from hub.audit import Audit
from hub.caller import Caller
from hub.citizens.arrangements import Arrangements
from hub.citizens.corrections import PersonalCorrections
from hub.citizens.explanations import PersonalExplanations
from hub.citizens.own_records import OwnRecords
from hub.citizens.remedies import remedies
from hub.deferred.waiting import Waiting
from hub.desk import Desk
from hub.disposal.terms import Terms
from hub.errors import TooMany
from hub.fetch import Fetcher
from hub.gathering import Gathering
from hub.keys import KeyRing
from hub.operations.allowances import Allowances
from hub.operations.fair_use import FairUse
from hub.operations.limits import Limits
from hub.operations.quotas import LookUps, asking_region
from hub.operations.told_before import Aggregate
from hub.people.handles import Handles
from hub.people.pseudonym import Pseudonyms
from hub.people.vault import Vault
from hub.planner import Planner
from hub.question import Question
from hub.regions.neighbours import Neighbours
from hub.route import Road
from hub.settings import Settings
from hub.sharing.corrections import Corrections
from hub.sources import KnownSources
from hub.working_days import calendar_of
from policies.citizens import citizen_rules
from policies.disposal import disposal_terms
from policies.engine import Policy
from policies.look_ups import share_of_a_region
from policies.notices import notices
from policies.verdict import BasisKind
from schema.register import GROUPS

Clock = Callable[[], datetime]
Random = Callable[[int], bytes]


def road_of(
    schema: GraphQLSchema, settings: Settings, planner: Planner, desk: Desk, log: AccessLog, policy_digest: str, waiting: Waiting,
    own: OwnRecords, *, clock: Clock, random: Random, limits: Limits, fair: FairUse, aggregate: Aggregate,
) -> Road:
    """The road over what is open: nothing is opened here."""
    audit = Audit(log.store, desk.log_subject)
    fetcher = Fetcher(
        gathering=Gathering() if settings.gather else None, recheck=desk.recheck, settled=desk.recheck.settled,
        trouble=manners.trouble, heard=manners.heard,
        roots={"accessLog": audit.access_log},
        deep={
            "me": own.me, "requestCorrection": own.request_correction, "requestExplanation": own.request_explanation,
            "arrangeAfterDeath": own.arrange_after_death,
        },
    )

    async def sought(caller: Caller, question: Question, variables: Mapping[str, object]) -> tuple[str, ...]:
        return await audit.sought(question, variables) if caller.basis.kind is BasisKind.AUDIT else await own.sought(caller)

    return Road(
        planner=planner, fetcher=fetcher, answerer=Answerer(schema, planner.reach), log=log, policy_digest=policy_digest,
        clock=clock, random=random, max_response=limits.response, case_response=limits.case_response, sought=sought,
        terms=Terms(desk.catalogue, disposal_terms(settings.region[:6]), issuer=settings.issuer.rstrip("/")),
        allow=Allowances(fair, desk.authorization.uses).take, within=desk.authorization.letter_uses.within, aggregate=aggregate,
        told=waiting.ledger.told if waiting.departments else None,
    )


async def own_records_of(
    settings: Settings, desk: Desk, log: AccessLog, records: asyncpg.Pool[asyncpg.Record], database: AsyncEngine, vault: Vault, keys: KeyRing, *,
    clock: Clock, random: Random,
) -> OwnRecords:
    """What the person themself is shown and may ask for (PIPL §44–50)."""
    corrections = Corrections(database, await calendar_of(settings), clock=clock, random=random)
    rules = await asyncio.to_thread(citizen_rules, settings.region[:6])
    matter_of = desk.authorization.presenter.matter_anew
    return OwnRecords(
        records, vault=vault, handles=Handles(keys), matter_of=matter_of, receipt_of=log.receipt_of,
        corrections=PersonalCorrections(records, corrections, remedies(rules)), arrangements=Arrangements(database, random), counted=desk.authorization.letter_uses.counted,
        explanations=PersonalExplanations(records, database, matter_of, rules, random), terms=await asyncio.to_thread(disposal_terms, settings.region[:6]),
        register=await asyncio.to_thread(notices, settings.region[:6]), rules=rules, clock=clock,
    )


def planner_of(
    settings: Settings, policy: Policy, departments: Departments, neighbours: Neighbours, keys: KeyRing, look_ups: LookUps | None,
    clock: Clock,
) -> Planner:
    """The planner over what is connected. Without `look_ups` it counts no look-up: for plans that are shown, never fetched."""
    pseudonyms, percent = Pseudonyms(keys), share_of_a_region()

    def pid(caller: Caller) -> Callable[[str], str]:
        return lambda number: pseudonyms.pid(
            number, purpose=caller.purpose, organisation=caller.organisation, case=caller.case,
        )

    async def take(caller: Caller) -> None:
        if caller.look_ups_per_day <= 0:
            raise TooMany("this client looks nobody up by ID number", retry_after=86_400, code="LOOK_UPS")
        if look_ups is not None:
            region = asking_region(caller, settings.region)
            share = (region, max(1, caller.look_ups_per_day * percent // 100)) if region is not None else None
            await look_ups.take(caller.client, 1, per_day=caller.look_ups_per_day, now=clock(), share=share)

    return Planner(
        groups=GROUPS, policy=policy, sources=KnownSources.of(departments, neighbours.asked, neighbours.below), handles=Handles(keys),
        region=settings.region, look_up=take if look_ups is not None else None, pseudonym=pid,
    )
