"""The policy as a lawyer reads it: a folder a purpose or rule, a sentence a file, ALLOW beside DENY (tests/policies/cases)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import pytest

from policies.engine import ROOT, Policy, load
from policies.forms import Form, Level
from policies.purposes import PURPOSES, PurposeKind
from policies.table import UNDER_14
from policies.verdict import AgeBand, BasisKind, CallerClass, Relation, Resource, SubjectClass, Verdict

CASES = Path(__file__).parent / "cases"
FILES = sorted(CASES.rglob("*.toml"))
REGIONS = sorted(folder.name for folder in (ROOT / "regions").iterdir())


@cache
def policy(region: str) -> Policy:
    return load(region)


@cache
def read(file: Path) -> tuple[Verdict, dict[str, str]]:
    """The verdict on a case, and what the case expects."""
    case = tomllib.loads(file.read_text("utf-8"))
    fact, caller, subject = case["fact"], case["caller"], case["subject"]
    resource = Resource(group=fact["group"], level=Level(fact["level"]), cross_region=Form(fact["cross_region"]))
    table = policy(case["region"]).table(
        case["purpose"],
        CallerClass(department=caller["department"], relation=Relation(caller["relation"]), role=caller["role"]),
        SubjectClass(
            basis=BasisKind(subject["basis"]), covered=subject["covered"], assurance=subject["assurance"],
            age_band=AgeBand(subject["age_band"]), kin_of_staff=subject["kin_of_staff"], role=subject["role"],
            kin_approved=frozenset(subject.get("kin_approved", ())), approved=frozenset(subject.get("approved", ())),
            kin_of_asker=subject.get("kin_of_asker", False),
        ),
        frozenset({resource}),
    )
    return table[resource], case["told"]


def rule_effects() -> dict[str, str]:
    return {name: rule.effect for region in REGIONS for name, rule in policy(region).rules.items()}


def files(kind: str, name: str, side: str) -> list[Path]:
    return sorted((CASES / kind / name / side).glob("*.toml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: "/".join(file.relative_to(CASES).with_suffix("").parts))
def test_the_case_is_decided_as_it_says(file: Path) -> None:
    verdict, told = read(file)
    assert (verdict.form, verdict.reason) == (told["form"], told["reason"])


@pytest.mark.parametrize("code", PURPOSES)
def test_every_purpose_has_cases_on_both_sides(code: str) -> None:
    allowed, denied = files("purposes", code, "ALLOW"), files("purposes", code, "DENY")
    assert denied
    assert bool(allowed) is (PURPOSES[code].kind is not PurposeKind.NO_FACTS)
    assert all(tomllib.loads(file.read_text("utf-8"))["purpose"] == code for file in allowed + denied)
    assert all(read(file)[0].form is not Form.WITHHELD for file in allowed)
    assert all(read(file)[0].form is Form.WITHHELD for file in denied)


@pytest.mark.parametrize("name", [*sorted(rule_effects()), UNDER_14])
def test_every_rule_has_a_case_it_decides_and_one_it_does_not(name: str) -> None:
    """A permit fires in ALLOW and is silent in DENY; a forbid the other way round."""
    allowed, denied = files("rules", name, "ALLOW"), files("rules", name, "DENY")
    assert allowed
    assert denied
    fires = "ALLOW" if rule_effects().get(name) == "permit" else "DENY"
    for file in allowed + denied:
        assert (name in read(file)[0].rules) is (file.parent.name == fires), file


def test_no_folder_stands_for_a_purpose_or_rule_that_is_gone() -> None:
    assert {folder.name for folder in (CASES / "purposes").iterdir()} == set(PURPOSES)
    assert {folder.name for folder in (CASES / "rules").iterdir()} == set(rule_effects()) | {UNDER_14}


def test_every_folder_says_in_words_what_it_is_about() -> None:
    for folder in (*(CASES / "purposes").iterdir(), *(CASES / "rules").iterdir()):
        assert (folder / "README.md").read_text("utf-8").startswith(f"# {folder.name}")
