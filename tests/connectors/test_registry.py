"""The registry: one department a group, what the planner and `hub explain` may know, and faults that name no secret."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from connectors.registry import flattened, open_connectors
from connectors.section import ManifestFault
from tests.connectors.asking import GROUP_CODES
from tests.connectors.shipped import SETTINGS

MANIFESTS = Path("connectors/manifests")


async def test_every_group_is_answered_by_its_department(clock, random):
    departments = await open_connectors(MANIFESTS, SETTINGS, clock=clock, random=random)
    assert sorted(departments) == GROUP_CODES
    assert {group: departments.department(group) for group in ("vehicle", "tax", "realEstate", "employment", "disability", "marriage")} == {
        "vehicle": "GA", "tax": "SW", "realEstate": "GZ", "employment": "RS", "disability": "CL", "marriage": "MZ",
    }
    assert departments["vehicle"] is departments["householdRegister"]
    assert departments["vehicle"].groups == {"vehicle", "householdRegister"}
    assert {departments.region(group) for group in departments} == {"500152"}
    assert (departments.deadline("tax"), departments.batch("tax"), departments.gatherable("tax"), departments.freshness("tax")) == (4.0, 20, True, "daily")
    assert not departments.gatherable("disability")
    assert departments.counted("realEstate"), "its function journals each statement"
    assert not departments.counted("tax")
    assert (departments.fresh_days("tax"), departments.fresh_days("disability")) == (2, 62)
    assert departments.system("tax") == "税务综合征管系统"
    with pytest.raises(KeyError):
        departments.department("weather")
    await departments.close()


async def test_a_field_is_described_as_it_is_asked(clock, random):
    departments = await open_connectors(MANIFESTS, SETTINGS, clock=clock, random=random)
    assert departments.describe("vehicle", "plateNo") == "GA hphm"
    assert departments.describe("vehicle", "value") == "GA pgjz, or for band pgqj, or for atLeast its comparison of pgjz"
    assert departments.describe("disability", "severe") == "CL cjrzh"
    assert departments.describe("confirmation", "proof") == "MZ is not asked: the department has no such value"
    assert departments.computes("vehicle", "value") == {"band", "atLeast"}
    assert departments.computes("tax", "income") == frozenset()
    await departments.close()


async def test_one_group_is_answered_by_one_department(tmp_path, clock, random):
    for name in ("MZ.toml", "ZZ.toml"):
        shutil.copy(MANIFESTS / "MZ.toml", tmp_path / name)
    with pytest.raises(ManifestFault, match="MZ: civilAssistance is already answered by MZ"):
        await open_connectors(tmp_path, SETTINGS, clock=clock, random=random)


async def test_no_manifest_is_no_hub_that_answers_nothing(tmp_path, clock, random):
    with pytest.raises(ManifestFault, match="no manifest found"):
        await open_connectors(tmp_path, SETTINGS, clock=clock, random=random)
    with pytest.raises(ManifestFault, match="a manifest cannot be read: FileNotFoundError"):
        await open_connectors([tmp_path / "GA.toml"], SETTINGS, clock=clock, random=random)


@pytest.mark.parametrize("key", ["secret-of-the-wrong-length", "!!!", "A" * 44])
async def test_a_key_that_is_none_is_refused_and_not_shown(key, clock, random):
    with pytest.raises(ManifestFault, match="GA: its credentials do not fit") as caught:
        await open_connectors([MANIFESTS / "GA.toml"], {**SETTINGS, "GA_PRIVATE_KEY": key}, clock=clock, random=random)
    assert key not in str(caught.value)


def test_settings_of_a_government_become_names_a_manifest_refers_to(government):
    names = flattened(government.settings)
    assert set(SETTINGS) <= set(names)
    assert names["REGION"] == "500152"
