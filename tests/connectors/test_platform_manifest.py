"""Platforms' manifests: read strictly, opened only where the settings name them, their secrets references alone."""

from __future__ import annotations

import re

import pytest

from connectors.platform_manifest import connected, parse
from connectors.section import ManifestFault
from tests.connectors.platforms import DIRECTORY, SHIPPED

TEXTS = {platform: (DIRECTORY / f"{platform}.toml").read_text() for platform in SHIPPED}


def settings_of(text: str) -> dict[str, str]:
    return {name: "http://127.0.0.1:1" if name.endswith("URL") else "AAAA" for name in re.findall(r"\$\{(\w+)\}", text)}


@pytest.mark.parametrize("platform", SHIPPED)
def test_each_is_whole_and_named_as_its_file(platform):
    assert parse(f"{platform}.toml", TEXTS[platform], settings_of(TEXTS[platform])).platform == platform


def test_only_those_the_settings_name_are_opened():
    assert not connected(DIRECTORY, {"GA_URL": "http://x"})
    assert set(connected(DIRECTORY, settings_of(TEXTS["cq-means-check"]))) == {"cq-means-check"}
    with pytest.raises(ManifestFault, match="setting CQ_MEANS_CHECK_PRIVATE_KEY is not set"):
        connected(DIRECTORY, {"CQ_MEANS_CHECK_KEY_ID": "k"})


@pytest.mark.parametrize(("old", "new", "fault"), [
    ('kind = "means-check"', 'kind = "rumour"', "kind: unknown"),
    ('ticket = "data.rwh"\n', "", "submit.ticket: missing"),
    ('ok = "code"', 'ok = "code"\ncolour = "red"', "answer.colour: unknown key"),
    ('key = "${CQ_MEANS_CHECK_PRIVATE_KEY}"', 'key = "hunter2"', "never plain text"),
    ('place = "${CQ_MEANS_CHECK_URL}"', 'place = "http://here"', "must begin with a ${SETTING}"),
    ("[status.codes]", "[status.kodes]", "status.codes: missing"),
    ("[seal]", "[seals]", "seal"),
])
def test_a_fault_is_refused_by_name(old, new, fault):
    text = TEXTS["cq-means-check"]
    assert old in text
    with pytest.raises(ManifestFault) as caught:
        parse("cq-means-check.toml", text.replace(old, new), settings_of(text))
    assert fault in str(caught.value)
    assert "hunter2" not in str(caught.value)
