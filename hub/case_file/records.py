"""A case's file: what it is, its letters, its checks, and who asked in it, from the log; told to its supervisor under an intent, with a receipt.

People stand in it as handles of the reader's, never by name; no pseudonym of the log, no officer's free text, and no fact.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.access_log.entry import Decision
from hub.access_log.listed import listed
from hub.access_log.questions import intent, outcome
from hub.access_log.receipt import salted_digest
from hub.access_log.store import Filter, Stored
from hub.access_log.writer import AccessLog
from hub.authorizations.life import letter_state
from hub.authorizations.matter import Matter
from hub.authorizations.recheck import Recheck
from hub.authorizations.standing import Standing
from hub.case_file.supervision import of_file
from hub.errors import Forbidden
from hub.tables import MeansCheck

PAGE = 100
"""Entries of the log in one answer, newest first."""
_SALT = 16

Handle = Callable[[str, Standing], str]


class CaseFiles:
    """The files of one hub."""

    def __init__(
        self, engine: AsyncEngine, log: AccessLog, recheck: Recheck, *, handle: Handle, clock: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:
        """`recheck` is asked before a file is told; `handle` a person's id as the caller's handle."""
        self._engine = engine
        self._log = log
        self._recheck = recheck
        self._handle = handle
        self._clock = clock
        self._random = random

    async def read(self, standing: Standing, *, after: int | None = None) -> tuple[dict[str, Any], Mapping[str, Any]]:
        """The file and its receipt; `after` continues its log. Raises Forbidden, RecordingFailed."""
        approvals, matter = of_file(standing), standing.matter
        if matter is None:
            raise Forbidden("there is no case", code="NO_JURISDICTION")
        subjects = sorted({member.person.log_subject for member in matter.members} - {""})
        intended = await self._log.append(intent(
            standing.caller, at=self._clock(), operation=hashlib.sha256(b"case file").hexdigest(), plan="", policy="", fields=["caseFile"],
            subjects=subjects, approvals=approvals,
        ))  # fmt: skip
        told = await self._file(standing, matter, after)
        salt = self._random(_SALT)
        appended = await self._log.append(outcome(
            standing.caller, at=self._clock(), question=intended.id, decision=Decision.ALLOW, answer=salted_digest(salt, orjson.dumps(told)),
            subjects=subjects, statuses={"caseFile": "OK"}, approvals=approvals,
        ))  # fmt: skip
        await self._stands(standing)
        return told, self._log.receipt(appended, salt=salt).as_json()

    async def _stands(self, standing: Standing) -> None:
        """The last look, after recording as on the road: with every approval withdrawn meanwhile nothing leaves. Raises Forbidden."""
        await self._recheck.settled()
        approved = {person for person, one in standing.coverage.items() if one.approved is not None and one.approved.purpose}
        if approved <= self._recheck(standing, sorted(approved)).keys():
            raise Forbidden("an authorisation fell while the answer was recorded", code="AUTH_REVOKED")

    async def _file(self, standing: Standing, matter: Matter, after: int | None) -> dict[str, Any]:
        page = await self._log.store.query(Filter(case=matter.case), after=after, limit=PAGE)
        async with self._engine.connect() as connection:
            checks = (await connection.execute(select(MeansCheck).where(MeansCheck.case_id == matter.case).order_by(MeansCheck.id))).all()
        return {
            "case": matter.case, "reference": matter.reference, "platform": matter.platform, "assistanceType": matter.assistance_type,
            "stage": matter.stage, "openedAt": matter.opened_at.isoformat(), "closedAt": _moment(matter.closed_at),
            "people": [
                {"person": self._handle(one.person.id, standing), "relation": one.relation, "role": one.role, "kinOfStaff": bool(one.kin_of_staff)}
                for one in matter.members
            ],
            "letters": [_letter(one, matter, self._clock()) for one in matter.letters],
            "checks": [
                {
                    "id": one.id, "system": one.system, "organisation": one.requested_by, "officer": one.officer, "purpose": one.purpose,
                    "status": one.status, "whole": one.whole, "requestedAt": one.requested_at.isoformat(), "onFile": one.sealed is not None,
                }
                for one in checks
            ],
            "log": [_entry(one) for one in page.entries], "after": page.after,
        }


def _letter(letter: Any, matter: Matter, at: datetime) -> dict[str, Any]:
    reason = letter_state(letter, matter, "", at)
    return {
        "number": letter.number, "purposes": sorted(letter.purposes), "signedAt": letter.signed_at.isoformat(), "state": reason.value if reason else "IN_FORCE",
        "revokedAt": _moment(letter.revoked_at), "signatures": len(letter.signatures),
    }


def _entry(stored: Stored) -> dict[str, Any]:
    head, rest = stored.parts()
    return {
        "id": stored.id, "kind": stored.kind.value, "at": head["at"], "organisation": head.get("organisation"), "officer": rest.get("officer"),
        "role": rest.get("role"), "purpose": head.get("purpose"), "basis": str(rest.get("basis") or "").partition(":")[0] or None,
        "question": head.get("question"), "people": len(listed(rest.get("subjects"))), "decision": head.get("decision"), "code": head.get("code"),
        "approvals": listed(rest.get("approvals")),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
