"""The register of notices is read strictly, and says of each version what later ones changed."""

from __future__ import annotations

from datetime import date

import pytest

from policies.notices import Change, notices, read_notices
from policies.parameters import ParametersRefused

FIRST = '[[notice]]\nversion = "1"\ntitle_zh = "告知书"\nfrom = 2026-01-01\nuntil = 2026-12-31\nsource = "x"\nexample = false\n'
SECOND = FIRST.replace('"1"', '"2"').replace("2026-01-01\nuntil = 2026-12-31", "2026-12-01")
CHANGE = '[[notice.change]]\nabout = "KINDS"\nwhat_zh = "增加健康信息"\nmaterial = true\npurposes = ["MONITORING"]\nfact_groups = ["health"]\nreceivers = []\n'
KEPT = CHANGE.replace("KINDS", "RETENTION").replace("true", "false")
GOOD = FIRST + SECOND + CHANGE + KEPT


def test_what_a_later_version_changed_materially_is_known_of_each_earlier_one() -> None:
    register = read_notices("x", GOOD)
    added = Change("KINDS", "增加健康信息", material=True, purposes=frozenset({"MONITORING"}), fact_groups=frozenset({"health"}), receivers=frozenset())
    assert register.later("1") == ((date(2026, 12, 1), added),), "how long something is kept is told, not consented to"
    assert register.later("2") == ()
    assert register.later("3") is None


def test_a_version_is_shown_from_its_first_day_to_its_last() -> None:
    first, second = read_notices("x", GOOD).versions.values()
    assert [first.shown(date(2026, 1, 1)), first.shown(date(2026, 12, 31)), first.shown(date(2025, 12, 31)), first.shown(date(2027, 1, 1))] == [
        True, True, False, False,
    ]
    assert (second.shown(date(2040, 1, 1)), second.signed_until) == (True, None)


def test_the_region_says_whether_a_longer_term_needs_a_new_signature() -> None:
    longer = read_notices("x", FIRST + SECOND + CHANGE.replace("KINDS", "RETENTION"))
    assert [change.about for _, change in longer.later("1")] == ["RETENTION"]
    assert read_notices("x", FIRST + SECOND + KEPT.replace("RETENTION", "NARROWED")).later("1") == ()


def test_every_region_has_a_register_and_an_unknown_one_knows_no_notice() -> None:
    assert all("2025-01" in notices(region).versions for region in ("500152", "511725", "500000", "510000"))
    assert notices("999999").versions == {}


@pytest.mark.parametrize("changed", [
    GOOD + FIRST, SECOND + FIRST + CHANGE, FIRST + CHANGE, FIRST + SECOND, GOOD.replace("2026-12-31", "2025-12-31"), GOOD.replace("health", "gossip"),
    GOOD.replace("MONITORING", "GOSSIP"), GOOD.replace("KINDS", "COLOUR"), FIRST + SECOND + CHANGE.replace("true", "false"),
    FIRST + SECOND + CHANGE.replace("KINDS", "NARROWED"), "more = 1\n" + GOOD, GOOD.replace('source = "x"', 'source = ""'), GOOD + "more = 1\n",
    GOOD.replace('version = "2"', 'version = "1"'),
])  # fmt: skip
def test_what_is_not_such_a_register_is_refused(changed: str) -> None:
    assert changed != GOOD
    with pytest.raises(ParametersRefused):
        read_notices("x", changed)
