"""Letter templates are data: what a letter cannot state stops the hub at its start, by file and name."""

from __future__ import annotations

import pytest

from policies.letter_templates import BY_TEXT, DIRECTORY, TEMPLATES, read_template, templates
from policies.parameters import ParametersRefused
from policies.purposes import PURPOSES
from policies.verdict import BasisKind

MEDICAL = (DIRECTORY / "medical-aid.toml").read_text("utf-8")


def test_the_nationwide_form_names_every_purpose_a_letter_opens_for_an_organ() -> None:
    national = TEMPLATES["national"]
    opened = {code for code, purpose in PURPOSES.items() if BasisKind.LETTER in purpose.bases}
    assert national.purposes == opened - {"BENEFIT_LIVENESS"}, "consent to that is given in the application itself"
    assert (national.fact_groups, national.receivers) == ({"ALL_LISTED"}, {"ALL_LEVELS"})


@pytest.mark.parametrize(("old", "new", "told"), [
    ('"MEDICAL_AID"', '"PAYMENT"', "PAYMENT"), ('"medicalInsurance"', '"gossip"', "gossip"), ('"HIGH"', '"SWORN"', "SWORN"),
    ('["MEDICAL_AID"]', "[]", "names purposes"), ("obligors = false", "obligors = 0", "obligors"), ("obligors", "strangers = 1\nobligors", "strangers"),
    ('named = ["medicalInsurance"]', 'named = ["tax"]', "tax"), ('separately = ["medicalInsurance"', 'separately = ["gossip"', "gossip"),
])
def test_what_no_letter_states_is_refused(old: str, new: str, told: str) -> None:
    with pytest.raises(ParametersRefused, match=told):
        read_template("x.toml", MEDICAL.replace(old, new))


def test_a_change_of_words_is_another_template(tmp_path) -> None:
    assert read_template("x.toml", MEDICAL).digest != read_template("x.toml", MEDICAL.replace("HIGH", "LOW")).digest
    with pytest.raises(ParametersRefused, match=r"national\.toml"):
        templates(tmp_path)


def test_two_forms_with_the_same_words_are_refused(tmp_path) -> None:
    for name in ("national", "other"):
        (tmp_path / f"{name}.toml").write_text(MEDICAL, "utf-8")
    with pytest.raises(ParametersRefused, match="same words"):
        templates(tmp_path)
    assert {BY_TEXT[one.text] for one in TEMPLATES.values()} == TEMPLATES.keys()
