"""上级枢纽代查: what part of the look-ups of a hub above one asking region may use, as data."""

from __future__ import annotations

from pathlib import Path

from policies.parameters import ParametersRefused, Table

FILE = Path(__file__).parent / "national" / "look_ups.toml"


def read_share(file: str, text: str) -> int:
    """Percent of the client's look-ups a day. Raises ParametersRefused."""
    top = Table.parse(file, text)
    row = top.table("hub_above")
    share = row.count("share_of_a_region")
    row.text("source")
    row.done()
    top.done()
    if share > 100:
        raise ParametersRefused(f"{row.where}: share_of_a_region is a percentage")
    return share


def share_of_a_region() -> int:
    """The nation's."""
    return read_share(FILE.name, FILE.read_text("utf-8"))
