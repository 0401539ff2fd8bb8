"""What is held to a published shape is refused by it, however deep it goes."""

from __future__ import annotations

import orjson
import pytest

from hub.shapes import Misshapen, fit

DEEP = orjson.loads(b"[" * 1000 + b"]" * 1000)


@pytest.mark.parametrize("name", ["household_facts", "citizen", "registration", "revocation", "pause", "message"])
def test_lists_in_lists_by_the_thousand_are_no_fault_of_the_hub(name):
    for value in ({"type": DEEP}, {"iss": DEEP}, {"case": DEEP}, {"reference": DEEP}, {"body": {"more": DEEP}}):
        with pytest.raises(Misshapen):
            fit(name, value)
