from __future__ import annotations

import csv
import hashlib
import io

import pytest

from connectors.sandbox.disabled_federation import HEADER, DisabledFederation


@pytest.fixture
async def federation(population, tmp_path):
    made = DisabledFederation(population, directory=tmp_path / "drop")
    await made.start()
    return made


def names(federation):
    return sorted(path.name for path in federation.directory.iterdir())


async def test_two_complete_months_lie_in_the_drop_and_nothing_half_written(federation):
    assert names(federation) == [f"cjr_{month}.csv{end}" for month in ("202609", "202610") for end in ("", ".done", ".sha256")]


async def test_a_file_agrees_with_its_checksum_marker_and_the_population(federation, population):
    data = (federation.directory / "cjr_202610.csv").read_bytes()
    assert (federation.directory / "cjr_202610.csv.sha256").read_text() == f"{hashlib.sha256(data).hexdigest()}  cjr_202610.csv\n"
    header, *rows = csv.reader(io.StringIO(data.decode("gb18030"), newline=""))
    assert tuple(header) == HEADER
    assert data.count(b"\r\n") == len(rows) + 1
    assert (federation.directory / "cjr_202610.csv.done").read_text() == f"rows={len(rows)}\nasof=2026-10-31T22:00:00+08:00\n"
    holders = [person for person in population.people() if population.records("disability", person)]
    assert [row[0][:18] for row in rows] == [person.id_number for person in holders]
    assert ["50990019580120106342", "王桂英", "2031/06/30", "否", "1"] in rows


async def test_the_month_before_lacks_some(federation):
    before, now = ((federation.directory / f"cjr_{month}.csv").read_bytes().count(b"\r\n") for month in ("202609", "202610"))
    assert before < now


@pytest.mark.parametrize("settings", [{"lie": lie} for lie in ("types", "renamed", "extra_fields", "extra_people", "half", "nothing", "html")] + [{"fail": 503}, {"slow": 5}])
async def test_a_spoilt_month_comes_beside_the_good_ones_and_goes_again(federation, settings):
    good = (federation.directory / "cjr_202610.csv").read_bytes()
    await federation.control(settings)
    assert "cjr_202611.csv" in names(federation)
    assert ("cjr_202611.csv.done" in names(federation)) == ("slow" not in settings)
    spoilt = (federation.directory / "cjr_202611.csv").read_bytes()
    sum_agrees = (federation.directory / "cjr_202611.csv.sha256").read_text().startswith(hashlib.sha256(spoilt).hexdigest())
    assert sum_agrees == (settings.get("lie") != "half" and "fail" not in settings)
    assert (spoilt != good) or "lie" not in settings
    assert (federation.directory / "cjr_202610.csv").read_bytes() == good
    await federation.control({})
    assert "cjr_202611.csv" not in names(federation)
