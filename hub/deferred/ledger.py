"""The ledger of deferred jobs in PostgreSQL: what connectors of departments that answer later wait with (`connectors/ledger.py`).

Rules of this file:
- A job is committed before its question leaves. One job a question, person and case, whichever worker asked: a unique index says so.
- An answer is taken over for one question at a time. It is gone once that question's outcome is recorded, and free again where nothing
  was told; the log decides, also for a worker that died (`rounds.py`).
- Answers lie sealed to their job and case under keys outside the database. Whoever asks again was decided about anew before this is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.deferral import Deferral
from connectors.interface import Ask, DepartmentUnavailable, Records, Subject
from connectors.ledger import AnswerRefused, Job, refused
from hub.access_log.failures import FAILURES
from hub.access_log.leaf import split
from hub.authorizations.conditions import Conditions
from hub.deferred import statements
from hub.deferred.carrying import carries
from hub.deferred.deadline import due_at
from hub.deferred.recipes import Recipes
from hub.fetch import Fetched
from hub.keys import KeyRingError
from hub.outcome import Outcome
from hub.people.sealing import CannotOpen, Sealer
from hub.people.store import People
from hub.people.vault import Vault
from hub.ulid import new_id
from policies.calendar import CHINA, Calendar, CalendarMissing

PATH = "/departments/answers"
AGAIN = timedelta(minutes=1)
"""After which a question nobody has taken is submitted again."""
CLAIMS = 10_000

_Claim = tuple[str, tuple[str, str], str, str]
"""Job, case and person, group, and the status its answer has."""


@dataclass(slots=True)
class JobLedger:
    """One worker's. `wake` hears that there is something for the access log to carry."""

    pool: asyncpg.Pool[asyncpg.Record]
    engine: AsyncEngine
    vault: Vault
    people: People
    sealer: Sealer
    recipes: Recipes
    calendar: Calendar
    conditions: Conditions
    issuer: str
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    wake: Callable[[], None]
    _claims: dict[str, tuple[_Claim, ...]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """See `connectors.ledger.Ledger`."""
        return self.issuer + PATH

    async def resume(self, department: str, ask: Ask, terms: Deferral) -> tuple[Mapping[str, Records], Sequence[Job]]:
        """See `connectors.ledger.Ledger`."""
        now, told, jobs = self.clock(), dict[str, Records](), list[Job]()
        stored, question = self.recipes.stored(ask.columns)
        async with self.pool.acquire() as connection, connection.transaction():
            people, cases = await self._people(connection, ask.subjects), sorted({subject.approval for subject in ask.subjects})
            await connection.execute(statements.DESTROY_OF_CASES, now, cases)
            found = {(row["case_id"], row["person_id"]): row for row in await connection.fetch(
                statements.FOUND, cases, ask.organisation, ask.purpose, ask.group, question, list(people.values()),
            )}
            told.update(await self._taken(connection, ask, people, found, now))
            fresh = {new_id("job", now, self.random(10)): subject for subject in ask.subjects if subject.key not in told}
            if fresh:
                asked = list(fresh.values())
                letters = await self._letters(connection, ask, cases, now)
                opened = {row["id"] for row in await connection.fetch(
                    statements.OPENED, list(fresh), department, ask.group, [one.approval for one in asked], [people[one.key] for one in asked],
                    ask.organisation, ask.purpose, question, orjson.dumps(stored).decode(), asked[0].intent,
                    [" ".join(_covering(letters, one.approval, people[one.key])) for one in asked], now, *self._times(now, terms),
                )}
                # Whom another worker opened at this moment is waited for there.
                told.update({one.key: Records("PENDING", None, ()) for number, one in fresh.items() if number not in opened})
                jobs = [Job(number, ask.group, ask.columns, one, ask.organisation, ask.purpose) for number, one in fresh.items() if number in opened]
        self.wake()
        return told, jobs

    async def accepted(self, expected: Mapping[str, str | None], terms: Deferral) -> None:
        """See `connectors.ledger.Ledger`."""
        moments = [datetime.fromisoformat(moment) if moment else None for moment in expected.values()]
        await self.pool.execute(
            statements.ACCEPTED, list(expected), moments, self.clock() + timedelta(seconds=terms.poll_seconds),
        )

    async def withdraw(self, jobs: Sequence[Job]) -> None:
        """See `connectors.ledger.Ledger`."""
        await self.pool.execute(statements.WITHDRAWN, [job.id for job in jobs])

    async def job(self, department: str, identifier: str) -> Job:
        """See `connectors.ledger.Ledger`."""
        for row, job in await self._jobs(department, [identifier]):
            if row["state"] == "KEPT":
                raise refused("JOB_ANSWERED")
            if row["state"] == "CLOSED" or not row["stands"]:
                raise refused("JOB_CLOSED")
            return job
        raise refused("JOB_UNKNOWN")

    async def jobs(self, department: str, identifiers: Sequence[str]) -> list[Job]:
        """Jobs by id, for who submits them again or polls."""
        return [job for _, job in await self._jobs(department, identifiers)]

    async def keep(self, job: Job, records: Records, terms: Deferral) -> None:
        """See `connectors.ledger.Ledger`."""
        now = self.clock()
        text = orjson.dumps({"status": records.status, "asOf": records.as_of, "rows": records.rows})
        sealed = self.sealer.seal(_context(job.id, job.subject.approval), text)
        ends = now + timedelta(hours=terms.keep_hours)
        if await self.pool.fetchval(statements.KEEP, now, job.id, sealed, self.sealer.version, ends) is None:
            raise self._too_late(await self.pool.fetchval(statements.STATE, job.id))
        self.wake()

    async def told(self, intent: str, fetched: Fetched) -> None:
        """A question's outcome is recorded: what was told of the answers it took over is gone, the others are free again."""
        claims = self._claims.pop(intent, ())
        if not claims:
            return
        outcomes = {(party.standing.caller.case, party.member.person.id): told for party, told in fetched.outcomes.items()}
        gone = [job for job, subject, group, status in claims if _told(outcomes.get(subject, {}).get(group), status)]
        with suppress(*FAILURES):  # then the rounds settle it by the log
            await self.pool.execute(statements.TOLD, intent, gone)
            if len(gone) < len(claims):
                await self.pool.execute(statements.LET_GO, intent)

    @staticmethod
    def _too_late(state: str | None) -> AnswerRefused:
        return refused("JOB_UNKNOWN" if state is None else "JOB_ANSWERED" if state == "KEPT" else "JOB_CLOSED")

    async def _people(self, connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record], subjects: Sequence[Subject]) -> Mapping[str, UUID]:
        """Who the subjects are, by key."""
        indexes = {index: subject.key for subject in subjects for index in self.vault.blind_indexes(subject.id_number)}
        rows = await connection.fetch(statements.PEOPLE, list(indexes))
        people = {indexes[bytes(row["blind_index"])]: row["id"] for row in rows}
        by_number = {subject.id_number: people[subject.key] for subject in subjects if subject.key in people}
        if len(by_number) < len({subject.id_number for subject in subjects}):
            raise DepartmentUnavailable("a question about somebody the hub does not know is not asked")
        return {subject.key: by_number[subject.id_number] for subject in subjects}

    async def _taken(
        self, connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record], ask: Ask, people: Mapping[str, UUID],
        found: Mapping[tuple[str, UUID], asyncpg.Record], now: datetime,
    ) -> Mapping[str, Records]:
        """What was asked before: answers taken over for this question, or when one is expected."""
        told: dict[str, Records] = {}
        claims: dict[str, _Claim] = {}
        for subject in ask.subjects:
            row = found.get((subject.approval, people[subject.key]))
            if row is None:
                continue
            ready = row["state"] in ("KEPT", "CLOSED") and row["claimed_by"] is None and row["whole"]
            if ready:
                answer = told[subject.key] = self._opened(row)
                claims[row["id"]] = (row["id"], (row["case_id"], str(row["person_id"])), ask.group, answer.status)
            else:
                expected = row["expected_at"] if row["state"] == "OPEN" else None
                told[subject.key] = Records("PENDING", None, (), expected=expected.astimezone(CHINA).isoformat() if expected else None)
        if claims:
            intent = ask.subjects[0].intent
            await connection.execute(statements.CLAIM, list(claims), intent, now)
            self._claims[intent] = (*self._claims.pop(intent, ()), *claims.values())
            while len(self._claims) > CLAIMS:
                self._claims.pop(next(iter(self._claims)))
        return told

    def _opened(self, row: asyncpg.Record) -> Records:
        if row["state"] == "CLOSED":
            return Records("SOURCE_TIMEOUT", None, ())
        try:
            kept = orjson.loads(self.sealer.open(_context(row["id"], row["case_id"]), bytes(row["sealed"])))
        except (CannotOpen, KeyRingError):
            return Records("SOURCE_ERROR", None, ())  # its key is gone: told once as lost, so that it is asked anew
        return Records(kept["status"], kept["asOf"], tuple([tuple(one) for one in kept["rows"]]))

    async def _letters(
        self, connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record], ask: Ask, cases: Sequence[str], now: datetime,
    ) -> Sequence[asyncpg.Record] | None:
        """The letters of these cases the question's intent entry names that carry what is asked; None where it rests on a statute."""
        body = await connection.fetchval(statements.INTENT, ask.subjects[0].intent)
        if body is None:
            raise DepartmentUnavailable("a question without its entry in the log is not asked")
        rest = orjson.loads(split(bytes(body))[1])
        if not str(rest.get("basis", "")).startswith("letter"):
            return None
        rows = await connection.fetch(statements.LETTERS, cases, rest.get("letters", []), ask.group, ask.organisation)
        return [row for row in rows if carries(row, ask, self.conditions, now)]

    def _times(self, now: datetime, terms: Deferral) -> tuple[datetime, datetime, datetime]:
        try:
            due = due_at(self.calendar, now, terms.answer_hours)
        except CalendarMissing as error:
            raise DepartmentUnavailable(str(error)) from None
        return due, now + AGAIN, due + timedelta(hours=terms.keep_hours)

    async def _jobs(self, department: str, identifiers: Sequence[str]) -> list[tuple[asyncpg.Record, Job]]:
        rows = await self.pool.fetch(statements.JOBS, self.clock(), list(identifiers), department)
        async with self.engine.connect() as connection:
            known = await self.people.by_ids(connection, {row["person_id"] for row in rows})
        return [(row, self._job(row, known[row["person_id"]].identity.id_number)) for row in rows if self.recipes.knows(row["fact_group"], row["columns"])]

    def _job(self, row: asyncpg.Record, id_number: str) -> Job:
        columns = self.recipes.columns(
            row["fact_group"], orjson.loads(row["columns"]), organisation=row["organisation"], region=row["region"], purpose=row["purpose"],
            case=row["case_id"],
        )
        subject = Subject(row["id"], id_number, "", row["intent"], row["case_id"])
        return Job(row["id"], row["fact_group"], columns, subject, row["organisation"], row["purpose"])


def _context(job: str, case: str) -> bytes:
    return b"deferred answer" + job.encode() + b"\0" + case.encode()


def _covering(letters: Sequence[asyncpg.Record] | None, case: str, person: UUID) -> list[str]:
    if letters is None:
        return []
    covering = sorted({row["id"] for row in letters if row["case_id"] == case and str(person) in row["covers"]})
    if not covering:
        raise DepartmentUnavailable("a question no letter covers is not asked")
    return covering


def _told(outcome: Outcome | None, status: str) -> bool:
    """Whether the answer about a person was told: not where authorisation fell meanwhile, or the connector was let go of."""
    return outcome is not None and outcome.status == status
