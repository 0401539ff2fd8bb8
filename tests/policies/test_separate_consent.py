"""单独同意 is data that is read strictly: the law's kinds are there, and what is an opinion is marked as one."""

from __future__ import annotations

import pytest

from policies import separate_consent as shipped
from policies.forms import Level
from policies.letter_templates import TEMPLATES
from policies.letters import UNDER_14
from policies.parameters import ParametersRefused
from policies.separate_consent import NATIONAL, read_separate_consent, separate_consent

GOOD = NATIONAL.read_text("utf-8")
KIND = '[[kind]]\ncode = "MEDICAL_HEALTH"\ntitle_zh = "x"\ngroups = ["health"]\nsource = "x"\n'
LEVELS = {"health": {Level.L4}, "tax": {Level.L2, Level.L3}, "vehicle": {Level.L1}}


def test_health_and_accounts_need_an_item_and_so_does_a_child() -> None:
    rules = separate_consent("500152")
    needed = rules.needed(LEVELS)
    assert {"health", "medicalInsurance", "disability", "bankDeposit", "securities", "paymentAccount"} <= needed
    assert not {"tax", "vehicle", "householdRegister"} & needed
    assert (rules.under_14, rules.by_agent, rules.texts) == (True, False, frozenset())
    assert GOOD.count("[D]") >= 5, "what no law says is marked"


def test_a_group_needs_an_item_from_its_most_sensitive_field_on() -> None:
    lower = read_separate_consent("x", GOOD.replace('from_level = "L4"', 'from_level = "L3"'))
    assert lower.needed(LEVELS) - separate_consent("500152").needed(LEVELS) == {"tax"}
    assert read_separate_consent("x", GOOD.partition("[[kind]]")[0]).needed(LEVELS) == {"health"}


def test_the_nationwide_sheet_asks_for_every_item_that_is_needed() -> None:
    assert {*separate_consent("500152").needed({}), UNDER_14} == set(TEMPLATES["national"].separately)
    assert TEMPLATES["national-text"].separately == ()


def test_words_count_for_what_they_name_where_the_region_takes_them_for_items() -> None:
    rules = separate_consent("500152")
    assert rules.named("national-text") == rules.named("") == frozenset()
    taken = read_separate_consent("x", GOOD.replace("texts = []", 'texts = ["national-text"]'))
    assert taken.named("national-text") == TEMPLATES["national-text"].named > {"bankDeposit"}
    assert taken.named("national") == frozenset(), "other words, other form"


def test_a_region_may_keep_its_own(tmp_path, monkeypatch) -> None:
    (tmp_path / "500152").mkdir()
    (tmp_path / "500152" / NATIONAL.name).write_text(GOOD.replace("by_agent = false", "by_agent = true"), "utf-8")
    monkeypatch.setattr(shipped, "REGIONS", tmp_path)
    assert separate_consent("500152").by_agent
    assert not separate_consent("511725").by_agent


@pytest.mark.parametrize("changed", [
    GOOD + KIND, GOOD.replace('"L4"', '"L5"'), GOOD.replace("texts = []", 'texts = ["gossip"]'), GOOD.replace('"justice"', '"gossip"'),
    GOOD.replace("under_14 = true", "under_14 = 1"), "more = 1\n" + GOOD, GOOD.replace('source = "PIPL §28, §29', 'from = "'),
])  # fmt: skip
def test_what_is_not_such_a_file_is_refused(changed: str) -> None:
    assert changed != GOOD
    with pytest.raises(ParametersRefused):
        read_separate_consent("x", changed)
