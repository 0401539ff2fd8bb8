"""Whether a registered question fits the nationwide letter: decided once a policy, kept by client and purpose, stale where what it rests on changed."""

from __future__ import annotations

from hashlib import sha256

import pytest
from joserfc.jwk import OKPKey

from hub.enrolment import enrol_client, enrol_organisation
from hub.fits import Fit
from hub.fitter import Fitter
from hub.operation import Documents
from hub.operations.fitting import StoredFits, kept_fresh
from hub.operations.limits import Limits
from hub.operations.persisted import PersistedOperations
from schema import SCHEMA
from tests.hub.road import policy
from tests.hub.slips import slips_once
from tests.waiting import until

TEXT = "query Q($c: ID!) { case(id: $c) { household { members { person { name { masked } tax { status } } } } } }"
BIRTHS = "query Q($c: ID!) { case(id: $c) { household { members { person { birthDate { on } name { full } } } } } }"


class Counting(Fitter):
    """The fitter, counting what it is asked to decide."""

    decided = 0

    async def fit(self, *given, **more):
        self.decided += 1
        return await super().fit(*given, **more)


@pytest.fixture
async def fits(engine, pool, clock):
    await enrol_organisation(
        engine, code="o", name="O", department="MZ-HD", region="500152000000", role="CHECK_OPERATOR", at=clock(),
    )
    jwks = {"keys": [{**OKPKey.generate_key("Ed25519").as_dict(private=False), "kid": "c1"}]}
    await enrol_client(engine, client_id="c", organisation="o", name="C", jwks=jwks, purposes=("DIBAO_REVIEW",), at=clock())
    await pool.execute("UPDATE client SET purposes = '{DIBAO_REVIEW,RESULT_RECOGNITION,SUBJECT_ACCESS,GONE}'")
    documents = Documents(SCHEMA, Limits())
    made = StoredFits(pool, Counting(policy(), "500152"), documents)
    made.persisted = PersistedOperations(pool, documents, seconds=lambda: 0.0)
    return made


async def registered(fits, text, clock):
    digest = await fits.persisted.register(text, by="c", at=clock())
    return await fits.decided(text, digest, client="c", at=clock())


async def test_each_purpose_that_may_stand_on_a_letter_has_its_verdict(fits, clock):
    found = {one.purpose: one for one in await registered(fits, TEXT, clock)}
    assert {purpose: (one.fit, one.stale) for purpose, one in found.items()} == {
        "DIBAO_REVIEW": (Fit.FITS, False), "RESULT_RECOGNITION": (Fit.FITS_PARTLY, False),
    }  # fmt: skip
    assert found["RESULT_RECOGNITION"].reasons == ("NOT_COVERED", "UNDER_14"), "taxes are not of that purpose, and a child's name is not told under it"
    assert found["DIBAO_REVIEW"].plain() == {
        "purpose": "DIBAO_REVIEW", "letterTemplate": "national", "fit": "FITS", "reasons": [], "policyDigest": policy().digest,
    }


async def test_the_same_again_decides_nothing_and_another_policy_decides_anew(fits, pool, clock):
    await registered(fits, TEXT, clock)
    decided = fits._fitter.decided
    assert await registered(fits, TEXT, clock) == await fits.stored("c")
    assert fits._fitter.decided == decided
    await pool.execute("UPDATE operation_fit SET policy_digest = 'of last year', fit = 'DOES_NOT_FIT' WHERE purpose = 'DIBAO_REVIEW'")
    assert {one.purpose: one.stale for one in await fits.stored("c")} == {"DIBAO_REVIEW": True, "RESULT_RECOGNITION": False}
    again = {one.purpose: one for one in await registered(fits, TEXT, clock)}
    assert (again["DIBAO_REVIEW"].fit, again["DIBAO_REVIEW"].stale, fits._fitter.decided) == (Fit.FITS, False, decided + 1)


async def test_stale_verdicts_are_decided_anew_beside_the_questions_one_document_at_a_time(fits, pool, clock):
    for text in (TEXT, BIRTHS):
        await registered(fits, text, clock)
    assert not await fits.refresh(clock()), "nothing is stale"
    await pool.execute("UPDATE operation_fit SET policy_digest = 'of last year', fit = 'DOES_NOT_FIT'")
    async with pool.acquire() as other, other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock(hashtext('operation fits'))")
        assert not await fits.refresh(clock()), "another process is at it"
    decided = fits._fitter.decided
    assert await fits.refresh(clock())
    assert [one.stale for one in await fits.stored("c")].count(False) == 2, "one document, both its purposes"
    working = kept_fresh(fits, clock, every=0, rest=0)
    working.start()

    async def fresh() -> bool:
        return not any(one.stale for one in await fits.stored("c"))

    await until(fresh)
    await working.stop()
    assert fits._fitter.decided == decided + 4
    await pool.execute("UPDATE operation_fit SET template_digest = 'of last year' WHERE purpose = 'DIBAO_REVIEW'")
    await pool.execute("UPDATE client SET active = false")
    assert not await fits.refresh(clock()), "nobody asks with it"


async def test_what_nobody_can_tell_any_more_is_tried_once(fits, pool, clock):
    await registered(fits, TEXT, clock)
    switches = " ".join(f"b{number}: id @skip(if: $b{number})" for number in range(5))
    open_ways = f"query Q($c: ID!, {', '.join(f'$b{number}: Boolean!' for number in range(5))}) {{ person(id: $c) {{ {switches} }} }}"
    await pool.execute("UPDATE persisted_operation SET document = $1", open_ways)
    await pool.execute("UPDATE operation_fit SET policy_digest = 'of last year'")
    assert await fits.refresh(clock())
    assert not await fits.refresh(clock())
    assert all(one.stale for one in await fits.stored("c"))


async def test_a_client_that_moved_to_another_department_has_stale_verdicts(fits, pool, clock):
    await registered(fits, BIRTHS, clock)
    await pool.execute("UPDATE organisation SET department = 'JW', role = 'SUPERVISOR'")
    assert all(one.stale for one in await fits.stored("c"))
    assert {one.fit for one in await registered(fits, BIRTHS, clock)} == {Fit.DOES_NOT_FIT}


async def test_of_several_operations_the_document_fits_as_its_worst_does(fits, clock):
    both = TEXT.replace("query Q", "query A") + BIRTHS.replace("query Q", "query B")
    found = {one.purpose: one.fit for one in await registered(fits, both, clock)}
    assert found["DIBAO_REVIEW"] is Fit.FITS_PARTLY, "a child's name is masked"


async def test_what_can_be_meant_in_too_many_ways_has_no_verdict_and_is_registered_all_the_same(fits, clock):
    switches = [f"b{number}" for number in range(5)]
    text = f"query Q($c: ID!, {', '.join(f'${one}: Boolean!' for one in switches)}) {{ person(id: $c) {{ {' '.join(f'{one}: id @skip(if: ${one})' for one in switches)} name {{ full }} }} }}"
    assert await registered(fits, text, clock) == ()
    assert await fits.persisted.text_for(None, sha256(text.encode()).hexdigest(), client="c", allow_list_only=False) == text
    assert await fits.decided(text, "0" * 64, client="nobody", at=clock()) == ()


async def test_a_document_nobody_can_read_keeps_no_other_from_being_decided_anew(fits, pool, clock, monkeypatch):
    for text in (TEXT, BIRTHS):
        await registered(fits, text, clock)
    await pool.execute("UPDATE operation_fit SET policy_digest = 'of last year'")
    ends = slips_once(monkeypatch, fits, "decided")
    working = kept_fresh(fits, clock, every=0, rest=0)
    working.start()
    await until(lambda: len(ends) >= 2)
    await working.stop()
    assert sorted({one.stale for one in await fits.stored("c")}) == [False, True]


async def test_while_the_database_is_away_no_document_is_given_up(fits, pool, clock, monkeypatch):
    await registered(fits, TEXT, clock)
    await pool.execute("UPDATE operation_fit SET policy_digest = 'of last year'")
    slips_once(monkeypatch, fits, "decided", OSError)
    with pytest.raises(OSError):
        await fits.refresh(clock())
    assert await fits.refresh(clock())
    assert not any(one.stale for one in await fits.stored("c"))
