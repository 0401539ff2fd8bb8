"""Who a citizen's token is about: a platform's assertion exchanged for a token of basis `self` that names a person and no case (RFC 8693).

Rules of this file:
- A platform vouches by a key it is enrolled with; nothing the hub holds is ever matched with a person on anybody else's word.
- Whatever depends on who the person is has one outward answer: a platform cannot find out by it whom the hub knows.
- A platform's key may be in somebody else's hands: it speaks for no more different people than the region lets one (`vouching.py`), and only for
  people of a case it registered itself, where the region does not say otherwise.
- From fourteen one asks for oneself (PIPL §31); below, and where a person has no capacity, a guardian does whom every case that
  speaks of them declares, a live one among them (Civil Code §20, §21, §23). For an adult of limited capacity either may (§22). Whatever
  several cases declare differently is decided by the strictest of them.
- Of the dead a near relative asks, of age and able, on papers the platform saw (PIPL §49; Civil Code §1045). Who is nobody's subject here
  gets a row of their own by it: the log names who asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from joserfc.jwk import OKPKey
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.authorizations.ability import ADULT, years_old
from hub.authorizations.platforms import sender
from hub.authorizations.reasons import Refused
from hub.caller import Basis
from hub.citizens.assertion import CitizenAssertion, CitizenFlaw, CitizenRefused, open_assertion
from hub.citizens.deceased import Deceased
from hub.citizens.declarations import counting, declared
from hub.citizens.kinship import ARTICLE
from hub.citizens.remedies import remedies
from hub.citizens.vouching import Vouched
from hub.oauth.clients import RegisteredClient
from hub.oauth.details import TYPE, Details, details
from hub.oauth.grants import Behalf, NotProven
from hub.oauth.single_use import SingleUse
from hub.people.handles import Handles
from hub.people.id_number import IdNumber
from hub.people.store import People
from hub.people.vault import Identity, Vault
from policies.calendar import CHINA
from policies.citizens import CitizenRules, Vouching
from policies.verdict import BasisKind

PURPOSE = "SUBJECT_ACCESS"
OF_AGE = 14
"""PIPL §31: below, personal data are a guardian's to decide on."""

_OUTWARD = frozenset({
    CitizenFlaw.ASSERTION_MALFORMED, CitizenFlaw.ASSERTION_OF_ANOTHER_CLIENT, CitizenFlaw.ASSURANCE_TOO_LOW,
    CitizenFlaw.COMPARED_TOO_LONG_AGO, CitizenFlaw.CITIZENS_RULES_MISSING,
})
"""What follows from the platform's own words or the region's rules; the rest is one answer."""

_VOUCHES = """
SELECT EXISTS (
    SELECT 1 FROM platform p JOIN platform_key k ON k.platform = p.id
    WHERE p.id = $1 AND p.active AND k.kid = $2 AND k.revoked_at IS NULL
)
"""
_PERSON = "SELECT id, log_key FROM person WHERE blind_index = ANY($1::bytea[])"


@dataclass(frozen=True, slots=True)
class _Found:
    id: UUID
    number: IdNumber
    subject: str


class CitizenTokens:
    """One kind of subject token (`hub/oauth/grants.py`): `household-citizen+jwt`."""

    asks = Details(PURPOSE, "", Basis(BasisKind.SELF), None, {})

    def __init__(
        self, engine: AsyncEngine, pool: asyncpg.Pool[asyncpg.Record], people: People, *, vault: Vault, handles: Handles, used: SingleUse, audience: str,
        sealing: Callable[[], Mapping[str, OKPKey]], rules: CitizenRules | None,
    ) -> None:
        """`pool` of records; `sealing` the hub's keys a person may be encrypted to, by kid; `rules` the region's."""
        self._vouched = Vouched(pool, vault)
        self._engine = engine
        self._pool = pool
        self._registered = people
        self._deceased = Deceased(pool, vault)
        self._vault = vault
        self._handles = handles
        self._used = used
        self._audience = audience
        self._sealing = sealing
        self._rules = rules
        self.remedies = remedies(rules)

    async def accept(self, token: str, *, client: RegisteredClient, asked: Details, now: datetime) -> Behalf:  # noqa: ARG002 (the assertion says what is asked)
        """The person an assertion names, as the basis of a token. Raises `NotProven`, asyncpg's errors."""
        try:
            assertion, rules = await self._opened(token, client.requester.client, now)
            await self._vouched.count(assertion.platform, assertion.named(), rules.vouching.people, now)
            person, actor = await self._people(assertion, rules.vouching, now)
        except CitizenRefused as refused:
            said = f"{refused.flaw.value}: {refused}" if refused.flaw in _OUTWARD else "the assertion is refused"
            raise NotProven(f"{refused.flaw.value}: {refused}", code=refused.flaw.value, said=said) from None
        organisation = client.requester.organisation
        basis = {"kind": "self", "person": self._handle(person, organisation), "platform": assertion.platform}
        if actor is not person:
            basis["actor"] = self._handle(actor, organisation)
        evidence: dict[str, object] = {
            "issuer": assertion.platform, "kid": assertion.kid, "auth_time": int(assertion.compared_at.timestamp()),
            "acr": assertion.assurance, "amr": [assertion.method],
        }
        if assertion.kinship is not None:
            basis["article"] = ARTICLE
            evidence["kinship"] = assertion.kinship.text()
        return Behalf("", details({"type": TYPE, "purpose": PURPOSE, "basis": basis}), evidence)

    async def vouches(self, platform: str, kid: str) -> bool:
        """Whether a platform, and the key it signed with, are still good: looked at for every question of a citizen's token."""
        return bool(await self._pool.fetchval(_VOUCHES, platform, kid))

    async def _opened(self, token: str, client: str, now: datetime) -> tuple[CitizenAssertion, CitizenRules]:
        if self._rules is None:
            raise CitizenRefused(CitizenFlaw.CITIZENS_RULES_MISSING, "the region states no rules for a person's own access")
        try:
            platform, keys = await sender(self._engine, token)
        except Refused as error:
            raise CitizenRefused(CitizenFlaw.ASSERTION_UNSIGNED, str(error)) from None
        assertion = open_assertion(
            token, keys, platform=platform, audience=self._audience, client=client, now=now, sealing=self._sealing(),
        )
        if not self._rules.suffices(assertion.assurance):
            raise CitizenRefused(CitizenFlaw.ASSURANCE_TOO_LOW, f"identity must be compared to {self._rules.assurance} at least")
        age = (now - assertion.compared_at).total_seconds()
        if not -60 <= age <= 60 * self._rules.compared_minutes:
            raise CitizenRefused(CitizenFlaw.COMPARED_TOO_LONG_AGO, f"identity must be compared within {self._rules.compared_minutes} minutes")
        if not await self._used.first(f"citizen:{assertion.platform}", assertion.jti, expires_at=assertion.expires_at, now=now):
            raise CitizenRefused(CitizenFlaw.ASSERTION_REPLAYED, "presented before")
        return assertion, self._rules

    async def _people(self, assertion: CitizenAssertion, vouching: Vouching, now: datetime) -> tuple[_Found, _Found]:
        """Whom it is about, and who asks."""
        # Of the dead who asks may be unknown here, and is found last.
        actor = await self._find(assertion.person) if assertion.deceased is None else None
        about = assertion.ward or assertion.deceased
        person = actor if actor is not None and about is None else await self._find(about or assertion.person)
        rows = await declared(self._pool, person.id)
        if vouching.own_cases_only and not any(row["platform"] == assertion.platform and row["role"] != "EXCLUDED" for row in rows):
            raise CitizenRefused(CitizenFlaw.PLATFORM_WITHOUT_CASE, "the platform registered no case of this person")
        if actor is None:
            await self._deceased.admit(person.id, person.subject, now)
            return person, await self._relative(assertion.person, person, now)
        if person is actor:
            _alone(person, rows, now)
        else:
            _guarded(person, actor, rows, now)
        return person, actor

    async def _find(self, number: IdNumber) -> _Found:
        row = await self._pool.fetchrow(_PERSON, list(self._vault.blind_indexes(number.value)))
        if row is None:
            raise CitizenRefused(CitizenFlaw.PERSON_UNKNOWN, "nobody of this number")
        return _Found(row["id"], number, self._vault.log_subject(row["id"], bytes(row["log_key"])))

    async def _relative(self, number: IdNumber, dead: _Found, now: datetime) -> _Found:
        """Who asks of the dead. Whom no case has ever named is added, so that the log can say who asked."""
        if number.value == dead.number.value or years_old(number.birth_date, now.astimezone(CHINA).date()) < ADULT:
            raise CitizenRefused(CitizenFlaw.RELATIVE_NOT_ABLE, "a relative of age asks, and nobody of themself as of the dead")
        async with self._engine.begin() as connection:
            await self._registered.upsert(connection, Identity(number.value, "", number.sex, number.birth_date))
        relative = await self._find(number)
        if {row["capacity"] for row in await declared(self._pool, relative.id)} & {"NONE", "LIMITED"}:
            raise CitizenRefused(CitizenFlaw.RELATIVE_NOT_ABLE, "a case declares the relative of no or limited capacity")
        return relative

    def _handle(self, person: _Found, organisation: str) -> str:
        return self._handles.encode("per", person.id, organisation=organisation, case="")


def _alone(person: _Found, rows: Sequence[asyncpg.Record], now: datetime) -> None:
    if _years(person, now) < OF_AGE or "NONE" in {row["capacity"] for row in rows}:
        raise CitizenRefused(CitizenFlaw.CHILD_ASKS_ALONE, "a guardian asks for this person")


def _guarded(ward: _Found, guardian: _Found, rows: Sequence[asyncpg.Record], now: datetime) -> None:
    live, closed = counting(rows, now)
    # A guardian sees every case of the ward: one registered beside the others, by whomever, must not make somebody guardian of them all.
    if not live or not all(str(guardian.id) in row["guardians"] for row in live + closed):
        raise CitizenRefused(CitizenFlaw.GUARDIAN_NOT_DECLARED, "no live case declares this guardian, or another declares otherwise")
    years = _years(ward, now)
    unable = {"NONE", "LIMITED"} if years >= ADULT else {"NONE"}
    if years >= OF_AGE and not all(row["capacity"] in unable for row in live + closed):
        raise CitizenRefused(CitizenFlaw.WARD_ASKS_THEMSELF, "from fourteen one asks for oneself")
    if _years(guardian, now) < ADULT:
        raise CitizenRefused(CitizenFlaw.GUARDIAN_NOT_DECLARED, "the guardian is a child")


def _years(person: _Found, now: datetime) -> int:
    return years_old(person.number.birth_date, now.astimezone(CHINA).date())
