"""Check 9: attributes, departments, purposes, days, share requests and onward sharing; each side of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from hub.authorizations.catalogue import KEPT, Asking, Catalogue, Entry, decide
from hub.authorizations.reading import Reading
from hub.enrolment import enrol_organisation, publish_catalogue_entry
from hub.sharing.requests import Filing, ShareRequests
from policies.engine import load

TODAY = date(2026, 11, 23)
OPEN = Entry("e", "tax", "UNCONDITIONAL", frozenset(), frozenset(), date(2026, 1, 1), None)
NARROW = replace(OPEN, attribute="CONDITIONAL", departments=frozenset({"MZ-HD"}), purposes=frozenset({"DIBAO_REVIEW"}))
ASKING = Asking("MZ-HD", "DIBAO_REVIEW", "mz")


def told(*entries: Entry, asking: Asking = ASKING, on: date = TODAY) -> str:
    return decide(entries, asking, on).get("tax", "no entry")


def test_an_unconditional_entry_is_shared_with_everybody_for_everything() -> None:
    assert told(OPEN) == told(OPEN, asking=Asking("YB", "STATISTICS")) == ""


@pytest.mark.parametrize(("asking", "expected"), [
    (ASKING, ""), (replace(ASKING, department="JY"), "CATALOG_DENIED"), (replace(ASKING, purpose="SPOT_CHECK"), "CATALOG_DENIED"),
])
def test_a_conditional_entry_is_for_its_departments_and_purposes(asking: Asking, expected: str) -> None:
    assert told(NARROW, asking=asking) == expected


def test_an_entry_not_shared_outranks_the_others_while_it_is_in_force() -> None:
    closed = replace(OPEN, attribute="NOT_SHARED", valid_from=TODAY, valid_to=TODAY + timedelta(days=1))
    for order in ((closed, OPEN), (OPEN, closed)):
        assert told(*order) == "CATALOG_DENIED"
        assert told(*order, on=TODAY - timedelta(days=1)) == told(*order, on=TODAY + timedelta(days=1)) == ""


@pytest.mark.parametrize(("on", "expected"), [
    (date(2026, 10, 31), "CATALOG_DENIED"), (date(2026, 11, 1), ""), (date(2026, 11, 30), ""), (date(2026, 12, 1), "CATALOG_DENIED"),
])
def test_an_entry_holds_from_its_first_day_up_to_its_last(on: date, expected: str) -> None:
    assert told(replace(OPEN, valid_from=date(2026, 11, 1), valid_to=date(2026, 12, 1)), on=on) == expected


def test_one_entry_that_shares_is_enough_and_a_group_without_entries_is_not_named() -> None:
    assert told(replace(NARROW, departments=frozenset({"JY"})), NARROW) == ""
    assert told() == "no entry"
    assert decide((), ASKING, TODAY)["identity"] == ""


def test_an_attribute_nobody_knows_shares_nothing() -> None:
    assert told(replace(OPEN, attribute="PUBLIC")) == "CATALOG_DENIED"


@pytest.mark.parametrize("entry", [OPEN, NARROW])
def test_what_goes_to_another_region_needs_the_providers_agreement_to_onward_sharing(entry: Entry) -> None:
    onward = replace(ASKING, onward=True)
    assert told(entry, asking=onward) == "CATALOG_DENIED"
    assert told(replace(entry, onward_sharing=True), asking=onward) == ""


@pytest.mark.parametrize("entry", [OPEN, NARROW])
def test_an_entry_by_request_opens_to_whom_it_was_supplied_within_the_term(entry: Entry) -> None:
    asked = replace(entry, by_request=True, supplied={"mz": TODAY})
    assert told(asked) == ""
    assert told(asked, on=TODAY + timedelta(days=1)) == "CATALOG_DENIED"
    assert told(asked, asking=replace(ASKING, organisation="jy")) == "CATALOG_DENIED"
    assert told(asked, asking=replace(ASKING, organisation="")) == "CATALOG_DENIED"
    assert told(replace(asked, supplied={})) == "CATALOG_DENIED"


def test_a_supply_does_not_widen_an_entrys_departments_and_purposes() -> None:
    asked = replace(NARROW, by_request=True, supplied={"mz": TODAY})
    assert told(asked, asking=replace(ASKING, purpose="SPOT_CHECK")) == "CATALOG_DENIED"


async def test_a_worker_follows_supply_suspension_and_end(engine, pool, clock, random) -> None:
    at = clock()
    await enrol_organisation(engine, code="mz", name="n", department="MZ-HD", region="500152000000", role="CHECK_OPERATOR", at=at)
    await publish_catalogue_entry(
        engine, entry="SW-tax", fact_group="tax", name="税", provider="税务局", attribute="CONDITIONAL", departments=["MZ-HD"],
        purposes=["DIBAO_REVIEW"], legal_basis="SAL §41", valid_from=date(2026, 1, 1), by_request=True, at=at,
    )
    requests = ShareRequests(engine, load("500152").calendar, clock=clock, random=random)
    catalogue, seconds = Catalogue(Reading(pool)), 0.0

    async def now() -> str:
        nonlocal seconds
        seconds += KEPT
        await catalogue.refresh(seconds)
        return catalogue.decide(ASKING, clock().date())["tax"]

    heard = [await now()]
    one = await requests.file(Filing("SW-tax", "mz", "h", "b", "s", "s", "API", date(2027, 6, 30)))
    await requests.agree(one)
    heard.append(await now())
    for step in (requests.supply(one), requests.suspend(one, "r"), requests.resume(one), requests.end(one, "r")):
        await step
        heard.append(await now())
    assert heard == ["CATALOG_DENIED", "CATALOG_DENIED", "", "CATALOG_DENIED", "", "CATALOG_DENIED"]
    assert catalogue.version == 5, "read six times, changed by four"
