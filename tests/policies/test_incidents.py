"""When an incident nobody was told of is late: hours that warn, a region's own before the nation's, twenty-four where the public interest is at risk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from policies import incidents
from policies.incidents import incident_rule, read_incidents
from policies.parameters import ParametersRefused

AT = datetime(2026, 11, 25, 9, tzinfo=UTC)
TEXT = '[late_after]\nauthority_hours = 48\npeople_hours = 96\npublic_interest_hours = 24\nsource = "x"\n'


def test_the_public_interest_shortens_what_the_authority_is_told_in_and_lengthens_nothing() -> None:
    rule = read_incidents("x", TEXT)
    assert rule.authority_due(AT, public_interest=False) == AT + timedelta(hours=48)
    assert rule.authority_due(AT, public_interest=True) == AT + timedelta(hours=24)
    assert rule.people_due(AT) == AT + timedelta(hours=96)
    assert read_incidents("x", TEXT.replace("= 48", "= 12")).authority_due(AT, public_interest=True) == AT + timedelta(hours=12)


def test_a_regions_own_file_stands_in_place_of_the_nations(monkeypatch, tmp_path) -> None:
    assert incident_rule("500152").people_hours == 72
    monkeypatch.setattr(incidents, "REGIONS", tmp_path)
    (tmp_path / "500152").mkdir()
    (tmp_path / "500152" / "incidents.toml").write_text(TEXT)
    assert incident_rule("500152").people_hours == 96


def test_what_is_missing_or_unknown_is_refused() -> None:
    for text in (TEXT.replace("people_hours = 96\n", ""), TEXT + "more = 1\n", "x = 1\n" + TEXT):
        with pytest.raises(ParametersRefused):
            read_incidents("x", text)
