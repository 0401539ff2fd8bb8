"""A policy file with a mistake refuses to start, by file and @id."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from policies.engine import ROOT, load
from policies.rules import PolicyRefused

ALL = '[Action::"tellFull", Action::"tellMasked", Action::"tellBand", Action::"tellBoolean"]'
HEAD = '@id("local") @law("x §1") @reason("LEVEL") '


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of every policy file, to be spoilt."""
    for name in ("national", "regions", "code_lists"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "hub.cedarschema", tmp_path)
    return tmp_path


def add(root: Path, text: str) -> None:
    (root / "regions" / "500152" / "local.cedar").write_text(text, "utf-8")


@pytest.mark.parametrize(("text", "named"), [
    ("permit (principal, action ==", "unexpected end of input"),
    (f"permit (principal, action in {ALL}, resource);", "a policy has no @id"),
    (f'@id("local") permit (principal, action in {ALL}, resource);', "@id local cites no @law"),
    (f'@id("local") @law("x") permit (principal, action in {ALL}, resource);', "@id local has no @reason"),
    (f'@id("local") @law("x") @reason("MAYBE") permit (principal, action in {ALL}, resource);', "@id local has no @reason"),
    (f"{HEAD} forbid (principal, action, resource);", "@id local: a forbid names forms"),
    (f"{HEAD} permit (principal, action, resource);", "@id local: a permit names forms"),
    (f'{HEAD} forbid (principal, action == Action::"tellBand", resource);', "each together with every stronger one"),
    (f'{HEAD} permit (principal, action in [Action::"tellFull", Action::"tellBoolean"], resource);', "every weaker one"),
    (f'{HEAD} permit (principal, action == Action::"tellSecret", resource);', "@id local: a permit names forms"),
    (f'{HEAD} permit (principal, action == Action::"tellBoolean", resource) when {{ resource.secrecy == 3 }};', "@id local: .*secrecy"),
    (f'{HEAD} permit (principal, action == Action::"tellBoolean", resource) when {{ resource.level == "3" && 1 + "a" == 2 }};', "@id local"),
    (f'{HEAD} forbid (principal, action in {ALL}, resource) when {{ action == Action::"tellFull" }};', "never in a condition"),
    (f'{HEAD.replace("local", "subject-not-covered")} forbid (principal, action in {ALL}, resource);', "already taken in .*consent.cedar"),
    (f"{HEAD} permit (principal == ?principal, action in {ALL}, resource);", "templates are not used"),
])
def test_a_policy_with_a_mistake_is_refused_by_file_and_id(root: Path, text: str, named: str) -> None:
    add(root, text)
    with pytest.raises(PolicyRefused, match=rf"^regions/500152/local\.cedar: .*{named}"):
        load("500152", root=root)


def test_a_good_local_rule_is_in_force_and_changes_the_digest(root: Path) -> None:
    before = load("500152", root=root)
    add(root, f'{HEAD} forbid (principal, action in {ALL}, resource) when {{ resource.group == "tax" }};')
    after = load("500152", root=root)
    assert "local" in after.rules
    assert after.rules["local"].file == "regions/500152/local.cedar"
    assert before.digest != after.digest


def test_a_schema_that_cannot_be_read_is_refused(root: Path) -> None:
    (root / "hub.cedarschema").write_text("entity {", "utf-8")
    with pytest.raises(PolicyRefused, match=r"hub\.cedarschema"):
        load("500152", root=root)


@pytest.mark.parametrize("name", ["regions/500152/profile.toml", "national/calendar.toml"])
def test_a_broken_parameter_file_is_refused_by_name(root: Path, name: str) -> None:
    (root / name).write_text("= 1", "utf-8")
    with pytest.raises(PolicyRefused, match=re.escape(name)):
        load("500152", root=root)


def test_a_region_without_profile_or_without_folder_is_refused(root: Path) -> None:
    (root / "regions" / "500152" / "profile.toml").unlink()
    with pytest.raises(PolicyRefused, match=r"regions/500152/profile\.toml: missing"):
        load("500152", root=root)
    with pytest.raises(PolicyRefused, match="regions/999999: there is no such folder"):
        load("999999", root=root)


def test_every_rule_cites_a_law_and_names_a_file() -> None:
    for rule in load("511725").rules.values():
        assert re.search(r"§|地方|渠县", rule.law)
        assert rule.file.endswith(".cedar")
