"""The road of one request, read top to bottom: one line a step, one file a step (DESIGN 3 in the README's words).

    1 identify   hub/identity.py      token -> who asks, in which matter, what is covered            401, 403
    2 read       hub/operation.py     document -> the question as a value                            400, 413
    3 plan       hub/planner.py       question x standing x policy -> verdicts, columns, asks
    4 intend     hub/access_log/      the intent is durable before a department is asked             503
    5 fetch      hub/fetch.py         asks -> outcomes, each source within its deadline
    6 answer     hub/answer.py        outcomes -> data, masked as decided
    7 record     hub/access_log/      the outcome is durable before a byte of the answer leaves      503
    8 respond    here                 data, errors, extensions with the receipt
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from connectors.value import value
from hub.access_log.entry import Decision
from hub.access_log.questions import intent, outcome, refusal
from hub.access_log.receipt import Receipt, salted_digest
from hub.access_log.writer import AccessLog
from hub.answer import Answer, Answerer
from hub.apart import apart
from hub.authorizations.reasons import Reason
from hub.authorizations.standing import Standing
from hub.caller import Caller
from hub.disposal.terms import told_groups
from hub.errors import Forbidden, TooLarge
from hub.fetch import Fetched, Fetcher
from hub.operation import Operation
from hub.operations.allowances import Allow
from hub.operations.letter_uses import Within
from hub.operations.told_before import Aggregate
from hub.plan import Plan
from hub.planner import Planner
from hub.question import Question

SALT = 16  # bytes
_NOTHING = Fetched({}, fallen=True, roots={})

Sought = Callable[[Caller, Question, Mapping[str, Any]], Awaitable[tuple[str, ...]]]
"""Pseudonyms of the people a question to the hub's own records is about: whom an officer looks for, the citizen who asks."""

SayTerms = Callable[[Caller, frozenset[str], datetime, Sequence[str]], Mapping[str, Any]]
"""What the receiver of an answer about some fact groups, in some of several cases, may do with it, `hub/disposal/terms.py`."""


@value
class Travelled:
    """One question at the end of its road. `data` is the exact bytes the receipt's salted digest was made over."""

    data: bytes = field(repr=False)
    errors: tuple[Mapping[str, object], ...]
    extensions: Mapping[str, object]
    terms: Mapping[str, object]  # empty where the answer is about nobody
    intent: str
    receipt: Receipt
    decision: Decision
    answer: Answer = field(repr=False)
    plan: Plan = field(repr=False)

    def body(self) -> bytes:
        """The response body: `data` stands in it byte for byte as recorded."""
        errors = b',"errors":' + orjson.dumps(self.errors) if self.errors else b""
        return b'{"data":' + self.data + errors + b',"extensions":' + orjson.dumps(self.extensions) + b"}"


@dataclass(frozen=True, slots=True)
class Road:
    """Steps 3 to 8, for every way in: the graph, the console, a neighbouring region. Nothing else asks a department."""

    planner: Planner
    fetcher: Fetcher
    answerer: Answerer
    log: AccessLog
    policy_digest: str
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    max_response: int
    case_response: int  # bytes for each case of a token over several, where that is more
    sought: Sought
    terms: SayTerms
    allow: Allow
    """Counts a question that is about to be asked, or refuses it."""
    within: Within
    """Counts it against the letters that say how often they may be used."""
    aggregate: Aggregate
    """Counts what it would be told of each person, together with what was told before (敏感聚合)."""
    told: Callable[[str, Fetched], Awaitable[None]] | None = None
    """Hears of each question whose outcome is recorded and whose answer is about to leave."""

    async def travel(
        self, operation: Operation, variables: Mapping[str, Any], standing: Standing, *, persisted: bool = False,
        address: str = "",
    ) -> Travelled:
        """Raises a CallerError for a question that may not be asked, RecordingFailed where the log stands still."""
        started = asyncio.get_running_loop().time()
        question, values = operation.question(variables, cases=len(standing.each))
        plan = await self._planned(operation, question, values, standing)  # 3
        subjects = plan.log_subjects
        if standing.matter is None and not standing.several:  # of no case: whom a look at the hub's own records is about, is its subject
            subjects += await self.sought(standing.caller, question, values)
        intended = await self._intend(operation, plan, address, subjects)  # 4
        fetched = await self.fetcher.fetch(plan, intended)  # 5
        answer = self.answerer.answer(plan, fetched, persisted=persisted)  # 6
        data = orjson.dumps(answer.data)
        most = max(self.max_response, self.case_response * len(standing.several))
        if len(data) > most:
            # The departments were asked, so the question is closed in the log by an outcome that tells nothing.
            raise await self._too_large(operation, plan, intended, address, most)
        salt = self.random(SALT)
        decision = _decision(answer, fetched)
        latency = int((asyncio.get_running_loop().time() - started) * 1000)
        appended = await self.log.append(  # 7
            outcome(
                standing.caller, at=self.clock(), question=intended, decision=decision,
                answer=salted_digest(salt, data), subjects=subjects, letters=plan.letters, approvals=plan.approvals,
                operation=operation.digest, plan=plan.digest, policy=self.policy_digest,
                told=_told(answer), statuses=answer.told.statuses,
                rows=answer.told.rows, latency_ms=latency, address=address,
            ),
        )
        await self._leaving(plan, intended, fetched)
        receipt = self.log.receipt(appended, salt=salt)
        terms = self._terms(standing.caller, answer) if plan.joins else {}
        more = {"terms": terms, "refused": [{"case": caller.case, "code": code} for caller, code in standing.refused]}
        extensions: dict[str, object] = {"question": intended, "disclosure": answer.disclosure, "receipt": receipt.as_json()}
        extensions |= {name: said for name, said in more.items() if said}
        return Travelled(data, answer.errors, extensions, terms, intended, receipt, decision, answer, plan)  # 8

    def _terms(self, caller: Caller, answer: Answer) -> Mapping[str, Any]:
        cases = [case for case, sources in answer.told.cases.items() if told_groups(sources)]
        return self.terms(caller, told_groups(answer.told.rows), self.clock(), cases)

    async def _planned(self, operation: Operation, question: Question, values: Mapping[str, Any], standing: Standing) -> Plan:
        """The plan, once it is known that it may be asked once more. Of several cases those in which a check refuses by now are left out,
        one entry a code: as many as there are cases would let one question write two hundred.
        """
        for code in dict.fromkeys(code for _, code in standing.refused):
            cases = tuple(caller.case for caller, refused in standing.refused if refused == code)
            await self.log.append(refusal(at=self.clock(), code=code, caller=replace(standing.caller, cases=cases), operation=operation.digest))
        plan = await self.planner.plan(question, values, standing, self.clock())
        await self.allow(standing.caller, len(plan.joins), self.clock())
        while (left := await self._left(operation, plan)) is not plan.standing:
            plan = await self.planner.plan(question, values, left, self.clock())
        return plan

    async def _left(self, operation: Operation, plan: Plan) -> Standing:
        """What stands of a plan once it is counted, the same where all of it does. Letters last: of whom nothing is told, none is used up."""
        left = await self.aggregate(plan, self.clock())
        if left is plan.standing:
            return await self.within(left, plan.letters or (), self.clock())
        caller, code = left.caller, Reason.AGGREGATION_NEEDS_APPROVAL.value
        if left.several:  # the people of a case are shown what was refused in it: the others were told what they asked
            caller = replace(caller, cases=tuple(one.caller.case for one, was in zip(left.each, plan.standing.each, strict=True) if one is not was))
        await self.log.append(refusal(at=self.clock(), code=code, caller=caller, operation=operation.digest))
        return left

    async def _leaving(self, plan: Plan, intended: str, fetched: Fetched) -> None:
        """The last looks at every authorisation. Raises Forbidden where one fell: the log may be slower than a revocation, and so may be
        forgetting what was told. The entry says then that more was told than was: that errs on the right side.
        """
        if await self.fetcher.fallen(plan, fetched):
            if self.told is not None:
                await self.told(intended, _NOTHING)  # the others' answers it had taken over wait for who asks anew
            raise Forbidden("an authorisation fell while the answer was recorded", code="AUTH_REVOKED")
        if self.told is not None:
            await self.told(intended, fetched)
            if await self.fetcher.fallen(plan, fetched):
                raise Forbidden("an authorisation fell before the answer left", code="AUTH_REVOKED")

    async def _intend(self, operation: Operation, plan: Plan, address: str, subjects: tuple[str, ...]) -> str:
        appended = await self.log.append(
            intent(
                plan.standing.caller, at=self.clock(), operation=operation.digest, plan=plan.digest, policy=self.policy_digest,
                fields=plan.fields, subjects=subjects, letters=plan.letters, approvals=plan.approvals, address=address,
                about=_asked_apart(plan),
            ),
        )
        return appended.id

    async def _too_large(self, operation: Operation, plan: Plan, intended: str, address: str, most: int) -> TooLarge:
        await self.log.append(
            outcome(
                plan.standing.caller, at=self.clock(), question=intended, decision=Decision.DENY, code="RESPONSE_TOO_LARGE",
                answer="", subjects=plan.log_subjects, operation=operation.digest, plan=plan.digest,
                policy=self.policy_digest, address=address,
            ),
        )
        return TooLarge(f"the answer is larger than {most} bytes; ask less at once", code="RESPONSE_TOO_LARGE")


def _told(answer: Answer) -> dict[str, object]:
    told: dict[str, object] = {"forms": answer.told.forms, "fields": list(answer.told.fields)}
    if answer.told.each:
        told["each"] = answer.told.each
    if answer.told.cases:
        told["cases"] = answer.told.cases
    return told


def _asked_apart(plan: Plan) -> Mapping[str, object]:
    """What is asked about whom, where it is not the same for everybody."""
    joins = tuple(plan.joins.values())
    if not joins or all(one is joins[0] for one in joins):
        return {}
    of: dict[str, tuple[str, ...]] = dict.fromkeys(plan.log_subjects, ())
    for party, one in plan.joins.items():
        subject = party.member.person.log_subject
        of[subject] = tuple(dict.fromkeys(of[subject] + one.sources)) if of[subject] else one.sources  # in two of the cases at once
    each = apart(list(of.values()))
    return {"asked": each} if each else {}


def _decision(answer: Answer, fetched: Fetched) -> Decision:
    withheld = bool(answer.disclosure["fields"]) or fetched.fallen or answer.told.partial
    return Decision.PARTIAL if withheld else Decision.ALLOW
