"""What a notice tells is read strictly, and what it does not tell of is known (PIPL §17, §30)."""

from __future__ import annotations

import re

import pytest

from policies.groups import GROUPS
from policies.letters import UNDER_14
from policies.notice_contents import BY_LETTER, NOTHING_TOLD
from policies.notices import notices, read_notices
from policies.parameters import ParametersRefused
from policies.separate_consent import separate_consent
from tests.policies.notice_text import TELLS, untold
from tests.policies.test_notices import FIRST

SENSITIVE = frozenset({"health", "bankDeposit", UNDER_14})


def silent(tells: str, sensitive: frozenset[str] = SENSITIVE) -> frozenset[str]:
    (one,) = read_notices("x", FIRST + tells).versions.values()
    return one.silent(sensitive)


def test_a_notice_that_tells_of_everything_is_silent_about_nothing() -> None:
    assert silent(TELLS) == frozenset()
    kinds = separate_consent("500152").kinds.values()
    for region in ("500152", "511725", "500000", "510000"):
        (one,) = notices(region).versions.values()
        assert one.silent(frozenset({UNDER_14}).union(*kinds)) == frozenset()
        assert one.example


def test_a_group_or_purpose_that_is_not_named_is_not_told_of() -> None:
    assert silent(untold("vehicle", "MONITORING")) == {"vehicle", "MONITORING"}


def test_of_what_is_sensitive_the_need_and_the_effect_are_told_or_it_is_not_told_of() -> None:
    rows = re.findall(r"\[\[notice\.tells\.sensitive\]\]\n(?:.+\n)+", TELLS)
    assert len(rows) == 4
    for row in rows:
        named = set(re.findall(r'"(\w+)"', row.splitlines()[1]))
        assert silent(TELLS.replace(row, ""), frozenset(named)) == named
        assert silent(TELLS.replace(row, ""), frozenset({"tax"})) == {"tax"}, "nor is what no row of it ever explained"
        assert silent(TELLS.replace(row, ""), frozenset()) == frozenset(), "nothing is asked of what the region does not take for sensitive"


def test_of_a_version_nobody_entered_everything_is_untold() -> None:
    assert silent("") == NOTHING_TOLD == set(GROUPS) | BY_LETTER | {UNDER_14}
    assert not set(GROUPS) & (BY_LETTER | {UNDER_14}), "one set holds all three"


@pytest.mark.parametrize(("old", "new", "fault"), [
    ("handler_zh =", "handler =", "handler_zh is missing"),
    ("handler_zh =", 'handler_zh = ""\nname =', "handler_zh is empty"),
    ("contact_zh =", 'contact_zh = "　 "\nname =', "contact_zh is blank"),
    ("rights_zh =", "right_zh =", "rights_zh is missing"),
    ("other_zh = [", "others_zh = [", "other_zh is missing"),
    ("other_zh = [", 'other_zh = [" ", ', "other_zh has a blank entry"),
    ("handler_zh =", "more = 1\nhandler_zh =", "unknown key more"),
    ("[[notice.tells.use]]", "[[notice.tells.uses]]", "unknown key uses"),
    ("why_zh =", "because_zh =", "why_zh is missing"),
    ("manner_zh =", 'manner_zh = " "\nhow =', "manner_zh is blank"),
    ("why_zh =", "more = 1\nwhy_zh =", "unknown key more"),
    ('"MONITORING"', '"GOSSIP"', "[[use]] names GOSSIP, which is none"),
    ('"MONITORING"', '"SUBJECT_ACCESS"', "[[use]] names SUBJECT_ACCESS"),
    ('"MONITORING"', '"DIBAO_REVIEW"', "[[use]] names DIBAO_REVIEW twice"),
    ("kept_zh =", "keeps_zh =", "kept_zh is missing"),
    ("kept_zh =", "more = 1\nkept_zh =", "unknown key more"),
    ('["realEstate", "housing", "vehicle", "vessel", "marketEntity"]', "[]", "fact_groups names nothing"),
    ('["realEstate", "housing", "vehicle", "vessel", "marketEntity"]', '["realEstate", 1]', "fact_groups is not an array of texts"),
    ('"housing"', '"gossip"', "[[kind]] names gossip, which is none"),
    ('"housing"', '"UNDER_14"', "[[kind]] names UNDER_14, which is none"),
    ('"housing"', '"realEstate"', "[[kind]] names realEstate twice"),
    ("need_zh =", 'need_zh = " "\nwhy =', "need_zh is blank"),
    ("effect_zh =", "effects_zh =", "effect_zh is missing"),
    ("effect_zh =", "more = 1\neffect_zh =", "unknown key more"),
    ('fact_groups = ["justice"]', 'fact_groups = ["health"]', "[[sensitive]] names health twice"),
    (', "justice", "eCert"]', ', "eCert"]', "[[sensitive]] names justice, which is none, or of no kind told of here"),
])  # fmt: skip
def test_what_tells_wrongly_is_refused_with_its_fault(old: str, new: str, fault: str) -> None:
    assert old in TELLS
    with pytest.raises(ParametersRefused) as refused:
        read_notices("500152/notices.toml", FIRST + TELLS.replace(old, new, 1))
    assert fault in str(refused.value)
    assert str(refused.value).startswith("500152/notices.toml [[notice]] 1 [tells]"), "where it stands is named"


@pytest.mark.parametrize("row", ["use", "kind"])
def test_a_notice_without_a_use_or_a_kind_is_none(row: str) -> None:
    rest = re.sub(rf"\[\[notice\.tells\.(?:{row}|sensitive)\]\]\n(?:.+\n)+", "", TELLS)
    with pytest.raises(ParametersRefused, match="it names no use, or no kind of information"):
        read_notices("x", FIRST + rest)
