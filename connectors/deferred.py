"""Departments that answer in hours or days: the question is submitted, its answer comes by signed call-back or is fetched by poll.

    asked     fetch   -> job durable -> submitted under the job's number -> PENDING, with when
    later     heard   <- call-back, or poll: held against the job, converted, reduced to the asked forms, kept by the ledger
    asked     fetch   -> the kept answer, once

Rules of this file:
- A question that may not have arrived is submitted again under the same number; a department that follows its contract takes it once.
- What an answer may say is `later.py`'s to judge. What is refused there leaves the job as it was.
"""

from __future__ import annotations

import base64
import dataclasses
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from yarl import URL

from connectors.deferral import Deferral
from connectors.department import Department
from connectors.door import Door, accepted
from connectors.interface import (
    Ask,
    DepartmentBroke,
    DepartmentError,
    DepartmentRefused,
    DepartmentUnavailable,
    Records,
    Subject,
)
from connectors.later import Reading, listed, when
from connectors.ledger import AnswerRefused, Job, Ledger, refused
from connectors.manifest import Manifest
from connectors.signing import Clock, Random, signer

Expected = Mapping[str, str | None]
"""When a department expects to answer, by job, where it said so."""

Call = Callable[[Sequence[Job]], Awaitable[Expected]]

_UNDER_WAY = Records("PENDING", None, ())


class DeferredConnector(Department):
    """A department that answers later, behind its manifest. `ledger` is set by whoever opens it; without one nothing is asked.
    `public_key` is what its call-backs are signed by.
    """

    def __init__(self, manifest: Manifest, *, clock: Clock, random: Random) -> None:
        if manifest.deferral is None:
            raise ValueError("no part `deferred`")
        super().__init__(manifest)
        self._names = manifest.envelope
        self._door = Door(
            manifest.department, concurrency=manifest.concurrency, max_bytes=manifest.max_bytes, once=manifest.limits.queries_counted,
        )
        self._sign = signer(
            manifest.scheme, manifest.credentials, intent_header=self._names["intent_header"], clock=clock, random=random,
        )
        self._reading = Reading(manifest, self._batches.tally)
        self.terms: Deferral = manifest.deferral
        padded = self.terms.public_key + "=" * (-len(self.terms.public_key) % 4)
        self.public_key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(padded))
        self.ledger: Ledger | None = None

    @property
    def max_bytes(self) -> int:
        """Bytes of an answer at most."""
        return self._manifest.max_bytes

    @property
    def intent_header(self) -> str:
        """The header that names the log entries a message stands under; part of what its signature covers."""
        return self._names["intent_header"]

    async def fetch(self, ask: Ask) -> Mapping[str, Records]:
        self._reading.selection(ask.group, ask.columns)  # a field the manifest does not declare is refused before a job exists
        if not ask.subjects:
            return {}
        ledger = self._waiting()
        told, jobs = await ledger.resume(self.department, ask, self.terms)
        if not jobs:
            return told
        lost: set[str] = set()
        try:
            answered = await self._called(jobs, lambda part: self._submit(part, lost), ask.deadline)
        except DepartmentError:
            if len(lost) == len(jobs):
                raise
            answered = {}
        now = {}
        for job in jobs:
            one = answered.get(job.id, _UNDER_WAY)
            # What may have arrived, or will, is under way: the ledger has it, and it is submitted again until somebody has taken it.
            now[job.subject.key] = one if job.id in lost or one.status == "PENDING" else _UNDER_WAY
        return {**told, **now}

    async def submit_again(self, jobs: Sequence[Job]) -> None:
        """Submit jobs nobody has taken yet, each under its number. Raises DepartmentError where one call of them failed."""
        for part in self._alike(jobs):
            await self._called(part, self._submitted)

    async def poll(self, jobs: Sequence[Job]) -> list[str]:
        """Ask for the answers of open jobs and keep those that are there; the codes of what was refused. Raises DepartmentError."""
        codes: list[str] = []
        for part in self._alike(jobs):
            await self._called(part, lambda asked: self._fetched(asked, codes))
        return codes

    async def heard(self, body: bytes) -> Job:
        """A call-back whose signature was verified: read and kept. Raises AnswerRefused."""
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise refused("ANSWER_UNREADABLE") from None
        job = await self._waiting().job(self.department, self._reading.number(answer))
        records = self._reading.of(job, answer)
        if records is None:
            raise refused("ANSWER_UNREADABLE")  # it called to say that it is still waiting
        await self._waiting().keep(job, records, self.terms)
        return job

    async def close(self) -> None:
        await self._door.close()

    def _waiting(self) -> Ledger:
        if self.ledger is None:
            raise DepartmentUnavailable(f"{self.department} answers later, and nobody here waits for it")
        return self.ledger

    @staticmethod
    def _alike(jobs: Sequence[Job]) -> list[list[Job]]:
        """Jobs that may share a call: one question of one group on one's behalf."""
        alike: dict[object, list[Job]] = defaultdict(list)
        for job in jobs:
            alike[job.group, job.columns, job.organisation].append(job)
        return list(alike.values())

    async def _called(self, jobs: Sequence[Job], call: Call, deadline: float | None = None) -> Mapping[str, Records]:
        """Calls about jobs that are alike, as many as the department takes in one: what became of each, by job. Raises DepartmentError."""
        by_id, first = {job.id: job for job in jobs}, jobs[0]
        subjects = tuple([dataclasses.replace(job.subject, key=job.id) for job in jobs])
        ask = Ask(
            first.group, first.columns, subjects, first.organisation, first.purpose, deadline or self._manifest.deadline,
        )

        async def one(part: Sequence[Subject]) -> Sequence[Records]:
            expected = await call([by_id[subject.key] for subject in part])
            return [Records("PENDING", None, (), expected=expected.get(subject.key)) for subject in part]

        return await self._batches.run(ask, one)

    async def _submit(self, jobs: Sequence[Job], lost: set[str]) -> Expected:
        """Submit one call's jobs. Where the department says no, or breaks its contract, they are `lost`: nobody waits for them."""
        try:
            return await self._submitted(jobs)
        except (DepartmentRefused, DepartmentBroke):
            lost.update([job.id for job in jobs])
            await self._waiting().withdraw(jobs)
            raise

    async def _submitted(self, jobs: Sequence[Job]) -> Expected:
        """One call: when the department expects to answer each job, by id, kept by the ledger. Raises DepartmentError."""
        names, first = self._names, jobs[0]
        body = {
            names["organisation"]: first.organisation, names["columns"]: self._reading.selection(first.group, first.columns).names,
            names["callback"]: f"{self._waiting().address}/{self.department}",
            names["subjects"]: [
                {names["key"]: job.id, names["id"]: job.subject.id_number, names["purpose"]: job.purpose, names["approval"]: job.subject.approval,
                 names["reference"]: job.subject.intent} for job in jobs
            ],
        }
        answer = await self._asked(first.group, "submit", body, [job.subject for job in jobs])
        taken = listed(answer, names["accepted"])
        expected = {str(one.get(names["key"])): when(one.get(names["expected"])) for one in taken}
        if expected.keys() != {job.id for job in jobs}:
            raise DepartmentBroke(f"{self.department} took other questions than it was asked")
        await self._waiting().accepted(expected, self.terms)
        return expected

    async def _fetched(self, jobs: Sequence[Job], codes: list[str]) -> Expected:
        """Fetch one call's answers; the code of what became of each that came is added to `codes`."""
        names = self._names
        body = {names["jobs"]: [job.id for job in jobs]}
        answer = await self._asked(jobs[0].group, "poll", body, [job.subject for job in jobs])
        by_id = {job.id: job for job in jobs}
        for one in listed(answer, names["results"]):
            job = by_id.pop(str(one.get(names["key"])), None)
            if job is None:
                self._batches.tally.note("strays")
                continue
            try:
                records = self._reading.of(job, one)
                if records is not None:
                    await self._waiting().keep(job, records, self.terms)
                    codes.append("KEPT")
            except AnswerRefused as error:
                codes.append(error.code)
        self._batches.tally.note("missing", len(by_id), group=jobs[0].group)
        return {}

    async def _asked(self, group: str, call: str, body: Mapping[str, object], subjects: Sequence[Subject]) -> dict[str, object]:
        """One signed POST; its answer if it says that it succeeded. Raises DepartmentError."""
        url = URL(self._manifest.place.rstrip("/") + self._manifest.groups[group].call[call], encoded=True)
        content = orjson.dumps(body)
        intents = ", ".join(dict.fromkeys(subject.intent for subject in subjects))
        answer = await self._door.post(url, lambda: (
            content, {"Content-Type": "application/json", **self._sign(str(url), url.raw_path, content, intents)},
        ))
        try:
            told = orjson.loads(accepted(self.department, answer, "application/json"))
        except orjson.JSONDecodeError:
            raise DepartmentBroke(f"{self.department} answered with what is not JSON") from None
        if type(told) is not dict or str(told.get(self._names["ok"])) != self._names["ok_value"]:
            raise DepartmentBroke(f"{self.department} did not say that it took the question")
        return told
