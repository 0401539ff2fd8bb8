"""What a department that answers later needs of whoever waits: jobs that outlive a process, and a place for the answer.

    ASKED ──submitted──> OPEN ──answer──> KEPT ──told or out of time──> gone
      └───────── no answer in its time ────────> CLOSED ──told──> gone

Rules of this file:
- A job is durable before its question leaves; its id is the number the department knows it by, so that asking twice is asking once.
- A job has one answer. Whatever else comes under its number is refused by name and changes nothing.
- What is kept are rows already reduced to the asked forms: no raw value is handed to a ledger.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from connectors.deferral import Deferral
from connectors.interface import Ask, Column, Records, Subject


class AnswerRefused(Exception):
    """An answer that came later is not taken. `code` and `status` (HTTP) are told to the department; nothing of the answer is."""

    def __init__(self, code: str, status: int) -> None:
        """See `REFUSALS` for the codes."""
        super().__init__(code)
        self.code = code
        self.status = status


REFUSALS: Mapping[str, int] = {
    "ANSWER_UNSIGNED": 401,    # no signature, another key's, too old
    "MESSAGE_REPLAYED": 409,   # these very bytes were taken before
    "JOB_UNKNOWN": 404,        # no such question, or its answer was told or destroyed
    "JOB_ANSWERED": 409,       # the first answer stands
    "JOB_CLOSED": 410,         # too late
    "OTHER_PERSON": 422,       # about somebody who was not asked about under this number
    "ANSWER_NOT_ASKED": 422,   # parts or columns nobody asked for
    "ANSWER_UNREADABLE": 422,  # not JSON, a part missing, a value of the wrong type
    "ANSWER_TOO_LARGE": 413,
}
"""Every code a department may be told, with its HTTP status."""


def refused(code: str) -> AnswerRefused:
    """The refusal of one of `REFUSALS`."""
    return AnswerRefused(code, REFUSALS[code])


@dataclass(frozen=True, slots=True)
class Job:
    """One question about one person that is answered later. `subject.key` is the asker's while it waits, else the job's id."""

    id: str
    group: str
    columns: tuple[Column, ...] = dataclasses.field(repr=False)
    subject: Subject
    organisation: str
    purpose: str


class Ledger(Protocol):
    """Where jobs and answers lie. Every method is durable when it returns."""

    @property
    def address(self) -> str:
        """The base address departments call back at; a department's own is `{address}/{code}`."""
        ...

    async def resume(self, department: str, ask: Ask, terms: Deferral) -> tuple[Mapping[str, Records], Sequence[Job]]:
        """By subject key what was asked before: finished, so taken over, or PENDING; and jobs made for everybody else."""
        ...

    async def accepted(self, expected: Mapping[str, str | None], terms: Deferral) -> None:
        """The department has these jobs (by id), and where it said so, when it expects to answer."""
        ...

    async def withdraw(self, jobs: Sequence[Job]) -> None:
        """Nobody will answer these."""
        ...

    async def job(self, department: str, identifier: str) -> Job:
        """An open job by its id. Raises AnswerRefused: JOB_UNKNOWN, JOB_ANSWERED, JOB_CLOSED."""
        ...

    async def keep(self, job: Job, records: Records, terms: Deferral) -> None:
        """The answer of a job, for who asks again. Raises AnswerRefused."""
        ...
