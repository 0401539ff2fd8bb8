"""Masks keep what they name and fail closed on everything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.forms import Kind
from policies.masks import HIDDEN, MASKS, MaskProfile, mask
from schema.register import GROUPS

STANDARD, STRICT = MaskProfile.STANDARD, MaskProfile.STRICT


@pytest.mark.parametrize(("group", "field", "value", "standard", "strict"), [
    ("identity", "name", "张三", "张*", "张*"),
    ("identity", "name", "张三丰", "张**", "张*"),
    ("identity", "name", "欧阳修", "欧阳*", "欧阳*"),
    ("identity", "name", "欧阳", "欧*", "欧*"),
    ("identity", "name", "司马相如", "司马**", "司马*"),
    ("identity", "name", "阿依古丽·买买提", "阿***", "阿*"),
    ("identity", "idNumber", "509901195112310024", "509901********0024", "5****************4"),
    ("identity", "idNumber", "50990119511231002X", "509901********002X", "5****************X"),
    ("vehicle", "plateNo", "渝A12348", "渝A***8", "渝***"),
    ("vehicle", "plateNo", "川SD12345", "川S***5", "川***"),
    ("socialInsurance", "employerName", "重庆某某食品有限公司", "重庆***", "重***"),
    ("tax", "withholdingAgent", "渠县某某劳务（集团）公司", "渠县***", "渠***"),
    ("householdRegister", "hukouNo", "509901000123", "***23", "***"),
    ("realEstate", "certNoTail", "0187", "**87", "***"),
    ("education", "schoolName", "潼南某某实验小学", "潼南***", "潼***"),
    ("vessel", "registryNo", "500152001234", "***34", "***"),
    ("disability", "certNoTail", "0242", "***", "***"),
])
def test_a_mask_keeps_what_its_profile_says(group: str, field: str, value: str, standard: str, strict: str) -> None:
    assert (mask(group, field, STANDARD)(value), mask(group, field, STRICT)(value)) == (standard, strict)


@pytest.mark.parametrize(("group", "field", "value"), [
    ("identity", "name", "509901195112310024"),
    ("identity", "name", "张"),
    ("identity", "name", "张三13812345678"),
    ("identity", "name", ""),
    ("identity", "idNumber", "张三丰"),
    ("identity", "idNumber", "50990119511231002x"),
    ("identity", "idNumber", "509901511231002"),
    ("identity", "idNumber", "509901195112310024 "),
    ("identity", "idNumber", "５０９９０１１９５１１２３１００２４"),
    ("vehicle", "plateNo", "A12348"),
    ("vehicle", "plateNo", "渝A12348509901195112310024"),
    ("socialInsurance", "employerName", "<b>x</b>"),
    ("socialInsurance", "employerName", "某某"),
    ("householdRegister", "hukouNo", "户号12"),
    ("realEstate", "certNoTail", "12345"),
])
def test_a_value_of_another_shape_is_hidden_whole(group: str, field: str, value: str) -> None:
    assert mask(group, field, STANDARD)(value) == HIDDEN
    assert mask(group, field, STRICT)(value) == HIDDEN


def test_a_text_field_without_a_rule_is_hidden_whole() -> None:
    assert mask("weather", "station", STANDARD)("某某气象站") == HIDDEN


def test_every_text_field_of_the_schema_has_a_rule() -> None:
    texts = {(group.code, field.name) for group in GROUPS.values() for field in group.fields.values() if field.kind is Kind.TEXT}
    assert texts == set(MASKS)


HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2, max_size=6)


@given(st.sampled_from(sorted(MASKS)), st.one_of(HAN, st.from_regex(r"\d{17}[\dX]", fullmatch=True), st.text(max_size=40)))
def test_the_strict_mask_tells_nothing_the_standard_mask_does_not(field: tuple[str, str], value: str) -> None:
    """Every character the strict mask keeps, the standard mask keeps in the same place from its end of the value."""
    standard, strict = (mask(*field, profile)(value) for profile in (STANDARD, STRICT))
    kept = strict.rstrip("*0123456789X") if field[1] != "idNumber" else strict[:1].strip("*")
    assert standard.startswith(kept)
    assert len(strict.replace("*", "")) <= len(standard.replace("*", ""))


@given(st.sampled_from(sorted(MASKS)), st.sampled_from(list(MaskProfile)), st.text(min_size=1, max_size=60))
def test_a_mask_never_tells_the_value(field: tuple[str, str], profile: MaskProfile, value: str) -> None:
    told = mask(*field, profile)(value)
    assert "*" in told
    assert told != value or value == HIDDEN
