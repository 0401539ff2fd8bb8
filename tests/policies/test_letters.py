"""What the hub makes of a letter is read strictly: no way of comparing and no holder twice, no level and no group there is none of."""

from __future__ import annotations

import pytest

from policies.groups import GROUPS
from policies.letters import ALL_LISTED, FILE, read_letters
from policies.parameters import ParametersRefused

GOOD = FILE.read_text("utf-8")
FACE = '[[identity_proof]]\ncode = "FACE"\ntitle_zh = "x"\nlevel = "HIGH"\nsource = "x"\n'


def test_a_letter_opens_of_what_it_lists_what_the_kinds_it_names_hold() -> None:
    rules = read_letters("x", GOOD)
    assert set().union(*rules.held.values()) == GROUPS.keys()
    assert rules.reached(("tax", "bankDeposit"), ["GOVERNMENT"]) == ("tax",)
    assert rules.reached(("tax", "bankDeposit"), rules.held) == ("tax", "bankDeposit")
    assert set(rules.reached((ALL_LISTED,), ["GOVERNMENT"])) == rules.held["GOVERNMENT"]


@pytest.mark.parametrize("changed", [
    GOOD + FACE, GOOD.replace('level = "HIGH"', 'level = "SURE"'), GOOD + '[[holder]]\ncode = "GOVERNMENT"\ntitle_zh = "x"\ngroups = []\n',
    GOOD + '[[holder]]\ncode = "MORE"\ntitle_zh = "x"\ngroups = ["nothing"]\n', GOOD.replace('code = "GOVERNMENT"', 'code = "STATE"'),
    GOOD + "more = 1\n",
])
def test_what_is_not_such_a_file_is_refused(changed: str) -> None:
    assert changed != GOOD
    with pytest.raises(ParametersRefused):
        read_letters("x", changed)
