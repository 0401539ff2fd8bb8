"""Names of the regions this hub is about, by GB/T 2260 code; a code not listed stands as it is."""

from __future__ import annotations

NAMES = {
    "500000": "重庆市", "510000": "四川省", "500152": "重庆市潼南区", "500110": "重庆市綦江区", "500102": "重庆市涪陵区",
    "500114": "重庆市黔江区", "511700": "四川省达州市", "511725": "四川省达州市渠县",
}


def region_name(code: str) -> str:
    """The Chinese name of a region by its 6- or 12-digit code."""
    return NAMES.get(code[:6], code)
