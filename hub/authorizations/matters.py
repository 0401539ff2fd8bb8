"""Matters as workers hold them: read once from the database, kept for a minute at most, dropped the moment the watch says so."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import orjson
from cachetools import TTLCache
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.authorizations import matter
from hub.authorizations.conditions import Conditions
from hub.authorizations.matter import Matter
from hub.authorizations.reading import Reading, Row, read_within
from hub.authorizations.withdrawal import parts_of
from hub.bounded import Bounded
from hub.people.store import Known, People
from hub.signatures import sha256

KEPT = 60.0
"""Seconds a matter is kept without being read again; revocations do not wait for it."""
MATTERS = 40_000
"""What the kept matters weigh together: ten each, and one for each person, letter and signature. A platform decides how large one is."""
_TOUCHED = 50_000
LONGEST_QUESTION = 600.0
"""Seconds a question may be under way and still be told that its matter changed."""


class Matters:
    """The matters one worker knows. One event loop's thread only."""

    def __init__(self, reading: Reading, people: People, conditions: Conditions) -> None:
        """`people` opens identities; `conditions` are the region's, as of the hub's start."""
        self._conditions = conditions
        self._reading = reading
        self._people = people
        self._held: TTLCache[str, Matter] = TTLCache(MATTERS, KEPT, timer=time.monotonic, getsizeof=_weight)
        self._loading: dict[str, asyncio.Task[Matter | None]] = {}
        self._latest: TTLCache[str, Matter | None] = TTLCache(
            MATTERS, LONGEST_QUESTION, timer=time.monotonic, getsizeof=_weight,
        )
        self._touched: Bounded[str, bool] = Bounded(_TOUCHED)
        self._again: set[asyncio.Future[Matter | None]] = set()
        self._dropped = 0

    def held(self, case: str) -> Matter | None:
        """The matter if it is in memory and young enough; no waiting."""
        return self._held.get(case)

    async def load(self, case: str) -> Matter | None:
        """The matter by case id; None where there is none. Concurrent askers share one reading."""
        found = self.held(case)
        if found is not None:
            return found
        task = self._loading.get(case)
        if task is None:
            task = self._loading[case] = asyncio.create_task(self._load(case))
            task.add_done_callback(lambda _: self._loading.pop(case, None) if self._loading.get(case) is task else None)
        return await asyncio.shield(task)

    async def reload(self, case: str) -> Matter | None:
        """The matter as it is in the database now, whatever is in memory."""
        self._loading.pop(case, None)
        self._held.pop(case, None)
        return await self.load(case)

    async def case(self, platform: str, reference: str) -> str:
        """The id of a case by its platform's own number; "" where there is none."""
        return await self._reading.case(platform, reference)

    def drop(self, kind: str, ref: str) -> None:
        """What a revocation touches is read again, now: `kind` CASE, LETTER, or PLATFORM for all it registered, one of whose keys was
        revoked. A reading under way begins again.
        """
        if kind not in ("CASE", "LETTER", "PLATFORM"):
            return
        self._dropped += 1
        self._loading.clear()  # those waiting get what they began; who comes now reads anew
        # Rare, and over what is in memory: a map from letter to case would have to be kept true for nothing else.
        # Both memories: they bound themselves apart, and one may have let go of what the other still gives out.
        for case, latest in [*self._latest.items(), *((case, one) for case, one in self._held.items() if case not in self._latest)]:
            if case == ref or (latest is not None and _names(latest, kind, ref)):
                self._held.pop(case, None)
                self._latest[case] = None
                self._touched.put(case, True)
                again = asyncio.ensure_future(self.load(case))
                self._again.add(again)
                again.add_done_callback(self._read_again)

    def latest(self, matter: Matter) -> Matter | None:
        """The matter as last read, for a question under way that holds `matter`; None while it is being read again."""
        # Asked twice for each department of each question: a matter nothing was ever said about is not looked up in a clocked memory.
        return self._latest.get(matter.case, matter) if self._dropped and self._touched.get(matter.case) else matter

    def _read_again(self, task: asyncio.Future[Matter | None]) -> None:
        self._again.discard(task)
        if not task.cancelled():
            task.exception()  # retrieved: until somebody reads it successfully, `latest` says that it is not known

    async def _load(self, case: str) -> Matter | None:
        before = -1
        while before != self._dropped:  # what was revoked while we read may be missing from what we read
            before = self._dropped
            row = await self._reading.matter(case)
            found = _matter(row, self._people, self._conditions) if row is not None else None
        if found is not None:
            self._held[case] = self._latest[case] = found
        return found


async def as_it_stands(connection: AsyncConnection, people: People, case: str, conditions: Conditions) -> Matter | None:
    """One matter within the caller's transaction, which sees to it that no other changes it meanwhile."""
    row = await read_within(connection, case)
    return _matter(row, people, conditions) if row is not None else None


def _weight(held: Matter | None) -> int:
    if held is None:
        return 10
    return 10 + len(held.members) + len(held.approvals) + sum(1 + len(one.signatures) + len(one.withdrawn) for one in held.letters)


def _names(held: Matter, kind: str, ref: str) -> bool:
    return held.platform == ref if kind == "PLATFORM" else any(letter.id == ref for letter in held.letters)


def _matter(row: Row, people: People, conditions: Conditions) -> Matter:
    made = Matter(
        case=row["id"], reference=row["reference"], platform=row["platform"], assistance_type=row["assistance_type"], stage=row["stage"],
        region=row["region"], organisations=frozenset(row["organisations"]), opened_at=row["opened_at"], closed_at=row["closed_at"],
        household=str(row["household"]), area=row["area"], hukou_region=row["hukou_region"], residence_region=row["residence_region"],
        kin_of_staff=row["kin_of_staff"], members=tuple([_member(one, people.declared(row["household"], one)) for one in row["members"]]),
        letters=tuple([_letter(one, conditions) for one in row["letters"]]), version=0, under_review=row["under_review"],
        approvals=tuple([_approval(one) for one in row["approvals"]]), follow_ups=tuple([_follow_up(one) for one in row["follow_ups"]]),
        monitored_from=row["monitored_from"], monitored_to=row["monitored_to"], refused_at=row["refused_at"],
    )  # fmt: skip
    # By content: every worker gives the same state the same version, and another state another one.
    state = repr((made, [(*_hidden(one.person), one.died_on) for one in made.members]))
    return replace(made, version=int.from_bytes(sha256(state.encode())[:7]))


def _hidden(person: matter.Person) -> tuple[object, ...]:
    """What `repr` keeps to itself."""
    return person.id_number, person.name, person.birth_date, person.log_subject


def _member(row: Row, known: Known) -> matter.Member:
    identity = known.identity
    person = matter.Person(
        str(row["person_id"]), identity.id_number, identity.name, identity.sex, identity.birth_date, known.log_subject
    )
    kept = (tuple(row["guardians"]), tuple(row["kin_of_staff"]), identity.died_on)
    return matter.Member(person, row["relation"], row["role"], row["capacity"], *kept)


def _approval(row: Row) -> matter.Approval:
    return matter.Approval(
        id=row["id"], kind=row["kind"], purpose=row["purpose"], groups=frozenset(row["fact_groups"]), people=frozenset(row["people"]),
        organisation=row["organisation"], officer=row["officer"], approved_by=row["decided_by"], valid_until=row["valid_until"],
    )


def _follow_up(row: Row) -> matter.FollowUp:
    return matter.FollowUp(id=row["id"], organisation=row["organisation"], due=row["due"], escalated=row["escalated"])


def _letter(row: Row, conditions: Conditions) -> matter.Letter:
    return matter.Letter(
        id=row["id"], number=row["number"], hash=row["document_hash"].hex(), purposes=frozenset(row["purposes"]),
        fact_groups=frozenset(row["fact_groups"]), receivers=frozenset(row["receivers"]), signed_at=row["signed_at"],
        expires_at=row["expires_at"], status=row["status"], revoked_at=row["revoked_at"],
        signatures=tuple([_signature(one, row["template"], conditions) for one in row["signers"]]), withdrawn=parts_of(row["withdrawn"]),
        under_review=row["under_review"], validity=frozenset(row["validity"]), lapsed=frozenset(row["lapsed"]),
        uses=uses_of(row["uses"]), notice=row["notice_version"], silent=conditions.silent(row["notice_version"]),
        outdated=conditions.outdated(row["notice_version"]),
    )  # fmt: skip


def uses_of(stored: str) -> tuple[tuple[str, int], ...]:
    """How often a letter's row says that it may be used, from the JSON it keeps that in."""
    return () if stored == "{}" else tuple(sorted(orjson.loads(stored).items()))


def _signature(row: Row, template: str, conditions: Conditions) -> matter.Signature:
    return matter.Signature(
        str(row["person_id"]), row["capacity"], frozenset(row["covers"]), row["assurance"], row["signed_at"], row["certified"],
        conditions.lacking(row["capacity"], row["separately"], template),
    )
