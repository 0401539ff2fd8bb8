"""The lists in an entry's parts (`subjects`, `letters`, `fields` …), read back from the bytes the tree commits to."""

from __future__ import annotations


def listed(written: object) -> list[str]:
    """The texts of one list; none where nothing was written, since an entry leaves out what is empty."""
    return [str(one) for one in written] if isinstance(written, list | tuple) else []
