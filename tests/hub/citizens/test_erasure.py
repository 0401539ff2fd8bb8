"""A person erased from the access log: refused while anything is owed or the law keeps it, then nobody finds them there, and they are told so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from hub.access_log.entry import Kind
from hub.access_log.export import export_log
from hub.access_log.outbox import drain
from hub.access_log.verify import verify_log
from hub.actor import PASSWORD, Actor
from hub.authorizations.revocation import close_case
from hub.citizens.explaining import Said, answer
from hub.disposal.duties import follow
from hub.incidents.register import Opening, close_incident, open_incident, tell_authority
from hub.people.erasure import Erasure, ErasureRefused, Order
from hub.people.store import People
from policies.retention import LOG, Retention, retentions
from tests.conftest import administer
from tests.hub.citizens.counter import BRIEF, Counter
from tests.hub.living import Living, Matter

pytestmark = pytest.mark.asyncio(loop_scope="session")

OFFICERS = Actor("auditor", PASSWORD, "hub (uid 998)", second="chief")
ORDER = Order("PIPL §47(2)", "auditor", "chief")
GONE = "query { me { accesses(first: 50) { edges { node { id purpose } } erased { at ground } } } }"


@dataclass
class Asked:
    """One household of its own, asked about once; its head."""

    living: Living
    matter: Matter
    number: str
    erasure: Erasure
    day: date

    async def refused(self, at: datetime) -> str:
        with pytest.raises(ErasureRefused) as refused:
            await self.erasure.erase(self.number, ORDER, at=at)
        return str(refused.value)

    async def settled(self) -> None:
        """The case closed, what was told disposed of."""
        async with self.living.hub.engine.begin() as connection:
            await close_case(connection, self.matter.id, self.living.clock())
        await follow(self.living.hub.engine)
        await administer(self.living.database_url, f"UPDATE disposal_duty SET state = 'DISPOSED', settled_at = now() WHERE case_id = '{self.matter.id}'")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def asked(living_hub: Living) -> Asked:
    living = living_hub
    family = living.platform.population.household(27)  # of no other test: one of another case that is open is erased by nobody
    matter = await living.register(family)
    assert (await living.ask(matter)).status == 200
    await administer(living.database_url, "UPDATE incident SET closed_at = now() WHERE closed_at IS NULL")  # what other tests' hub was left with
    hub = living.hub
    erasure = Erasure(hub.engine, People(hub.vault, hub.random), retentions("500152"), hub.random)
    return Asked(living, matter, family.head.id_number, erasure, living.clock().date())


async def test_two_officers_answer_for_it_under_an_item_of_the_law() -> None:
    for wrong in (("PIPL §47(2)", "auditor", " AUDITOR"), ("PIPL §47(2)", "auditor", ""), ("PIPL §15", "auditor", "chief")):
        with pytest.raises(ErasureRefused):
            Order(*wrong)


async def test_nobody_is_erased_while_a_case_or_duty_is_open_or_the_log_must_be_kept(asked: Asked) -> None:
    living, now = asked.living, asked.living.clock()
    subject = await living.hub.desk.log_subject(asked.number)
    said = await asked.refused(now)
    kept = asked.day.replace(year=asked.day.year + 3)
    for part in ("a case of theirs is open", "has not disposed of what they were told", f"kept until {kept}"):
        assert part in said
    assert asked.number not in said
    await asked.settled()
    assert await asked.refused(now + timedelta(days=3 * 365)) == f"what the log says of them is kept until {kept} (GDS §29)"
    opening = Opening(
        kind="LEAK", since=now - timedelta(hours=1), until=now + timedelta(hours=1), cause="账号被盗用", harm="信息可能外泄", measures="已停用账号",
        advice="留意陌生来电", contact="民政局 000-0000", cases=(asked.matter.id,),
    )
    incident, _ = await open_incident(living.hub.engine, opening, by=OFFICERS, stop=False, at=now + timedelta(hours=2), random=living.hub.random)
    assert "an incident may have touched them and is open (PIPL §57)" in await asked.refused(now + timedelta(days=3 * 366))
    await tell_authority(living.hub.engine, incident, by=OFFICERS, at=now)
    await close_incident(living.hub.engine, incident, by=OFFICERS, not_told="已采取措施避免危害", at=now)
    longer = replace(asked.erasure, retentions={LOG: Retention(days=3650, source="x", example=False)})
    with pytest.raises(ErasureRefused, match=f"kept until {asked.day + timedelta(days=3650)}"):
        await longer.erase(asked.number, ORDER, at=now + timedelta(days=3 * 366))
    with pytest.raises(ErasureRefused, match="nobody of this number"):
        await asked.erasure.erase("509902198001011233", ORDER, at=now)
    assert await living.hub.desk.log_subject(asked.number) == subject


async def test_nobody_is_erased_while_an_explanation_they_asked_for_is_owed(asked: Asked, counter: Counter) -> None:
    now = asked.living.clock()
    await asked.settled()
    sent = await counter.sent(await counter.token(asked.number), 'mutation { requestExplanation(purpose: "DIBAO_REVIEW") { id } }')
    assert await asked.refused(now + timedelta(days=3 * 366)) == "an explanation is under way (PIPL §48)"
    said = Said("EXPLAINED", "已说明")
    await answer(asked.living.hub.engine, sent.body["data"]["requestExplanation"]["id"], said, by=OFFICERS, at=now)
    assert "explanation" not in await asked.refused(now)


async def test_who_was_erased_is_found_in_the_log_by_nobody_it_holds_together_and_they_are_told(
    asked: Asked, counter: Counter, tmp_path: Path,
) -> None:
    living, later = asked.living, asked.living.clock() + timedelta(days=3 * 366)
    await asked.settled()
    before = await living.hub.desk.log_subject(asked.number)
    named = await living.entries(subject=before)
    assert [node["purpose"] for node in await counter.accesses(await counter.token(asked.number), BRIEF, first=50)][-1:] == ["DIBAO_REVIEW"]
    await living.hub.records.execute("INSERT INTO told_fields VALUES ($1, 'jy', '{\"education.stage\": 0}', now()), ('another', 'jy', '{}', now())", before)
    erased = await asked.erasure.erase(asked.number, ORDER, at=later)
    assert await living.hub.records.fetch("DELETE FROM told_fields WHERE organisation = 'jy' RETURNING subject") == [("another",)]
    assert erased == len(named) + 2, "and the person's own look, intent and outcome"
    after = await living.hub.desk.log_subject(asked.number)
    assert after not in {"", before}
    assert await living.entries(subject=after) == ()
    assert [one.body for one in (await living.entries(subject=before))[-len(named):]] == [one.body for one in named], "nothing of the log is touched"

    await drain(living.hub.log)
    entry = (await living.entries(kind=Kind.CHANGE, limit=1))[0]
    head, rest = entry.parts()
    assert head["code"] == "PERSON_ERASED_FROM_LOG"
    said = rest["about"]
    assert (said["ground"], said["officers"], said["entries"]) == ("PIPL §47(2)", ["auditor", "chief"], erased)
    assert not any(text in entry.body.decode() for text in (before, after, asked.number, asked.matter.id))
    file = tmp_path / "log.jsonl"
    await export_log(living.hub.log, living.hub.log.store._pool, file)
    assert verify_log(file, living.hub.log.verifiers).ok

    me = (await counter.me(await counter.token(asked.number), GONE))["accesses"]
    assert {edge["node"]["purpose"] for edge in me["edges"]} == {"SUBJECT_ACCESS"}, "the look that is being answered, under the new pseudonym"
    assert me["erased"] == [{"at": me["erased"][0]["at"], "ground": "PIPL §47(2)"}]
    assert datetime.fromisoformat(me["erased"][0]["at"]) == later
