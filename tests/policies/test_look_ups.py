"""The part of a hub above's look-ups one asking region may use: read strictly."""

from __future__ import annotations

import pytest

from policies.look_ups import read_share, share_of_a_region
from policies.parameters import ParametersRefused


@pytest.mark.parametrize("row", ["share_of_a_region = 101", "share_of_a_region = 0", "", "share_of_a_region = 5\nmore = 1"])
def test_what_is_no_share_is_refused(row: str) -> None:
    with pytest.raises(ParametersRefused):
        read_share("x", f'[hub_above]\nsource = "x"\n{row}\n')
    assert 0 < share_of_a_region() <= 100
