"""渠道: the channels through which applications and leads reach the organs, as data; what the register does not hold is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from policies.parameters import ParametersRefused, Table

FILE = Path(__file__).parent / "national" / "channels.toml"


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel: its code, Chinese title, and the document that names it."""

    code: str
    title_zh: str
    source: str


def read_channels(file: str, text: str) -> Mapping[str, Channel]:
    """Channels by code from TOML. Raises ParametersRefused on an unknown key or a code given twice."""
    top = Table.parse(file, text)
    found: dict[str, Channel] = {}
    for row in top.rows("channel"):
        channel = Channel(code=row.text("code"), title_zh=row.text("title_zh"), source=row.text("source"))
        row.done()
        if channel.code in found:
            raise ParametersRefused(f"{row.where}: {channel.code} is given twice")
        found[channel.code] = channel
    top.done()
    return MappingProxyType(found)


CHANNELS: Mapping[str, Channel] = read_channels(FILE.name, FILE.read_text("utf-8"))
"""Every channel the hub accepts, by code."""
