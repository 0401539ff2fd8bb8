"""Waiting for departments that answer later, opened for one worker: ledger, rounds, and the ledger handed to each connector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.deferred import DeferredConnector
from connectors.registry import Departments
from hub.access_log.upkeep import Upkeep
from hub.authorizations.conditions import Conditions
from hub.authorizations.watch import RevocationWatch
from hub.deferred.ledger import JobLedger
from hub.deferred.recipes import Recipes
from hub.deferred.rounds import Rounds
from hub.keys import KeyRing, Random, Use
from hub.people.pseudonym import Pseudonyms
from hub.people.sealing import Sealer
from hub.people.store import People
from hub.people.vault import Vault
from hub.settings import Settings
from policies.engine import Policy
from schema.register import GROUPS


@dataclass(frozen=True, slots=True)
class Waiting:
    """Departments that answer later, by code, and what waits for them."""

    departments: Mapping[str, DeferredConnector]
    ledger: JobLedger
    rounds: Rounds


def open_waiting(
    stack: AsyncExitStack, settings: Settings, departments: Departments, *, pool: asyncpg.Pool[asyncpg.Record], engine: AsyncEngine,
    vault: Vault, keys: KeyRing, policy: Policy, conditions: Conditions, upkeep: Upkeep, watch: RevocationWatch, clock: Callable[[], datetime], random: Random,
) -> Waiting:
    """Begin to wait, until the stack closes. With no such department nothing runs."""
    names = Pseudonyms(keys)

    def pseudonym(organisation: str, purpose: str, case: str) -> Callable[[str], str]:
        return lambda number: names.pid(number, purpose=purpose, organisation=organisation, case=case)

    ledger = JobLedger(
        pool=pool, engine=engine, vault=vault, people=People(vault, random), sealer=Sealer(keys, Use.DEFERRED, random),
        recipes=Recipes(GROUPS, policy, region=settings.region, pseudonym=pseudonym), calendar=policy.calendar, conditions=conditions,
        issuer=settings.issuer.rstrip("/"), clock=clock, random=random, wake=upkeep.wake,
    )
    deferred = departments.deferred
    rounds = Rounds(ledger, deferred, pool=pool, clock=clock)
    for department in deferred.values():
        department.ledger = ledger
    if deferred:
        watch.subscribe(rounds.wake)
        rounds.start()
        stack.push_async_callback(rounds.stop)
    return Waiting(deferred, ledger, rounds)
