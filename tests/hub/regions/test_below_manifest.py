"""A hub below before anybody is asked: its manifest, whom a matter's region leads to, and the question it is sent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connectors import manifest
from connectors.batches import UNREADABLE, Noted
from connectors.interface import Ask, Column
from connectors.section import ManifestFault
from hub.regions.below import HubBelow, _shape
from hub.sources import KnownSources, Source
from schema.register import GROUPS
from tests.hub.living import TONGNAN

BELOW = """department = "MZ"
title = "{region} 核对枢纽"
system = "hub/{region}"
region = "${{BELOW_{region}_REGION}}"
protocol = "hub"
place = "${{BELOW_{region}_URL}}"
freshness = "live"
groups = [{groups}]

[auth]
scheme = "region-key"
client = "${{BELOW_{region}_CLIENT}}"

[limits]
deadline = 30.0
"""


def test_whom_a_group_is_asked_of_follows_the_region_of_the_matter() -> None:
    def source(region: str) -> Source:
        return Source("tax", "MZ", region, "hub", 1.0, gathers=False, connector=None, mandated=True)

    city, district = source("500100000000"), source("500110000000")
    known = KnownSources((), below=[city, district, source("500152000000")])
    assert known.divided
    assert known.source("tax", "", "500110103000") is district
    assert known.source("tax", "", "500112000000") is city
    assert known.source("tax", "", "511725000000") is None
    assert known.source("tax", "", "") is None
    assert known.source("vehicle", "", "500110000000") is None


def test_a_question_names_nobody_and_each_leaf_once() -> None:
    def column(name: str, leaf: str, threshold: str = "") -> Column:
        return Column(name, leaf, "FULL", "1" if threshold else None, str, threshold)

    shape = _shape("tax", (
        column("month", ""), column("income", "band"), column("income", "atLeast", "EDGE_RATIO"), column("income", "atLeast", "ASSET_LIMIT"),
        column("income", "band"),
    ), 2)
    assert "$n0: IdNumber!, $n1: IdNumber!" in shape.text
    assert "records { month income { band atLeast1: atLeast(threshold: EDGE_RATIO) atLeast2: atLeast(threshold: ASSET_LIMIT) } }" in shape.text
    assert shape.at == (("month", ""), ("income", "band"), ("income", "atLeast1"), ("income", "atLeast2"), ("income", "band"))


@pytest.mark.parametrize(("old", "new", "said"), [
    ('groups = ["tax"]', "groups = []", "not a list of fact groups"), ('groups = ["tax"]', 'groups = ["tax { x }"]', "not a list of fact groups"),
    ('scheme = "region-key"', 'scheme = "none"', "unknown key"), ("deadline = 30.0", "deadline = 30.0\ngather = true", "a hub is asked with"),
    ("deadline = 30.0", "deadline = 30.0\nbatch = 11", "outside 1 to 10"), ('protocol = "hub"', 'protocol = "graphql"', "not a table"),
])
def test_a_manifest_of_a_hub_is_read_strictly(old, new, said) -> None:
    text = BELOW.format(region="500152", groups='"tax"')
    settings = {"BELOW_500152_REGION": TONGNAN, "BELOW_500152_URL": "http://127.0.0.1:1", "BELOW_500152_CLIENT": "hub-500000"}
    assert manifest.parse("T.toml", text, settings).groups.keys() == {"tax"}
    with pytest.raises(ManifestFault, match=said):
        manifest.parse("T.toml", text.replace(old, new), settings)


def test_the_manifest_in_the_documents_is_one() -> None:
    page = Path("docs/federation.md").read_text("utf-8")
    text = re.search(r"<!-- hub -->\n```toml\n(.*?)\n```", page, re.DOTALL)[1]
    settings = {"TONGNAN_REGION": TONGNAN, "TONGNAN_URL": "https://hub.tongnan.example", "TONGNAN_CLIENT": "hub-500000"}
    read = manifest.parse("hub.toml", text, settings)
    assert (read.protocol, read.batch, read.place) == ("hub", 10, "https://hub.tongnan.example")
    assert set(read.groups) <= set(GROUPS)


GOOD = {
    "status": "MATCHED", "asOf": "2026-11-22T06:00:00+08:00", "freshness": "CURRENT", "backAt": None, "expectedAt": None,
    "source": {"department": "SW", "region": "500152000000", "system": None},
    "disclosure": {"fields": [{"field": "income", "form": "BAND", "reason": "UNDER_14"}]}, "records": [{"month": "2026-10"}],
}


@pytest.mark.parametrize("wrong", [
    {"disclosure": {"fields": [{"field": "income", "form": "SOMETIMES", "reason": "x"}]}}, {"disclosure": None}, {"asOf": "soon"}, {"freshness": 7}, {"backAt": ["x"]}, {"source": GOOD["source"] | {"region": {"x": 1}}}, {"source": "SW"},
    {"records": [{"income": "1"}]}, {"records": [None]}, {"records": [{"month": {"a": 1}}]}, {"status": None}, {"status": "NO_RECORD"},
    {"records": [{"month": "2026-10"}] * 1001},
])
def test_an_answer_of_another_shape_is_an_error_of_its_person_and_tells_nothing(clock, random, wrong) -> None:
    settings = {"BELOW_500152_REGION": TONGNAN, "BELOW_500152_URL": "http://127.0.0.1:1", "BELOW_500152_CLIENT": "hub-500000"}
    read = manifest.parse("T.toml", BELOW.format(region="500152", groups='"tax"'), settings)
    below = HubBelow(read, keys=None, session=None, clock=clock, random=random)
    columns = (Column("month", "", "FULL", None, str),)
    asked, shape = Ask("tax", columns, (), "o", "DIBAO_REVIEW", 1.0), _shape("tax", columns, 1)
    good = below._records(asked, shape, {"tax": GOOD})
    assert (good.status, good.rows, good.below.disclosure) == ("MATCHED", (("2026-10",),), (("income", "BAND", "UNDER_14"),))
    assert below._records(asked, shape, {"tax": GOOD | wrong}) is UNREADABLE


def test_its_manners_are_the_operators_to_hear_of_as_any_departments(clock, random) -> None:
    settings = {"BELOW_500152_REGION": TONGNAN, "BELOW_500152_URL": "http://127.0.0.1:1", "BELOW_500152_CLIENT": "hub-500000"}
    read, heard = manifest.parse("T.toml", BELOW.format(region="500152", groups='"tax"'), settings), []
    below = HubBelow(read, keys=None, session=None, clock=clock, random=random, noted=lambda *one: heard.append(one))
    below._batches.tally.note("missing", 2)
    assert heard == [("MZ", Noted("missing", 2))]
