"""A policy is a value: same files, same digest; same question, same answer, from any thread; parts of a region at hand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest

from policies import engine
from policies.engine import load
from policies.forms import Form, Level
from policies.masks import MaskProfile
from policies.verdict import AgeBand, BasisKind, CallerClass, Relation, Resource, SubjectClass

CALLER = CallerClass(department="MZ-HD", relation=Relation.LOCAL, role="CHECK_OPERATOR")
SUBJECT = SubjectClass(
    basis=BasisKind.LETTER, covered=True, assurance="HIGH", age_band=AgeBand.ADULT, kin_of_staff=False, role="MEMBER",
)
RESOURCES = frozenset(
    Resource(group, level, form) for group in ("tax", "vehicle", "identity") for level in Level for form in (Form.FULL, Form.BAND)
)


def test_the_digest_is_the_same_for_the_same_files_and_another_for_another_region() -> None:
    assert load("500152").digest == load("500152").digest
    assert load("500152").digest != load("511725").digest
    assert len(load("500152").digest) == 64


def test_the_digest_changes_with_a_purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    before = load("500152").digest
    monkeypatch.setattr(engine, "PURPOSES", {code: purpose for code, purpose in engine.PURPOSES.items() if code != "STATISTICS"})
    assert load("500152").digest != before


def test_a_table_once_decided_is_remembered_and_a_larger_one_adds_to_it() -> None:
    policy = load("500152")
    few = frozenset(sorted(RESOURCES, key=repr)[:3])
    first = policy.table("DIBAO_REVIEW", CALLER, SUBJECT, few)
    assert policy.table("DIBAO_REVIEW", CALLER, SUBJECT, frozenset(few)) is first
    whole = policy.table("DIBAO_REVIEW", CALLER, SUBJECT, RESOURCES)
    assert whole.keys() == RESOURCES
    assert all(whole[resource] is first[resource] for resource in few)


def test_a_table_cannot_be_changed_by_who_asked_for_it() -> None:
    table = load("500152").table("DIBAO_REVIEW", CALLER, SUBJECT, RESOURCES)
    with pytest.raises(TypeError):
        table[next(iter(RESOURCES))] = None  # type: ignore[index]


def test_threads_are_told_the_same() -> None:
    policy = load("500152")
    with ThreadPoolExecutor(8) as threads:
        tables = list(threads.map(lambda _: dict(policy.table("DIBAO_REVIEW", CALLER, SUBJECT, RESOURCES)), range(32)))
    assert all(table == tables[0] for table in tables)


def test_a_region_has_its_thresholds_masks_rules_and_calendar() -> None:
    policy = load("500152")
    assert policy.thresholds("URBAN", date(2026, 11, 23)) == {
        "LOW_INCOME_STANDARD": Decimal(735), "EDGE_RATIO": Decimal("1102.5"), "ASSET_LIMIT": None,
    }
    assert policy.mask_profile(Relation.LOCAL) is MaskProfile.STANDARD
    assert policy.mask_profile(Relation.NEIGHBOUR) is MaskProfile.STRICT
    assert "tongnan-real-estate-stays-in-region" in policy.rules
    assert "quxian-tax-stays-in-region" not in policy.rules
    assert policy.calendar.years == {2026}
