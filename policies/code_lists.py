"""代码表: what a code means in Chinese and to which wider group it belongs, read once from `code_lists/*.toml`.

A list is found by the name a label gives it ("GB/T 4761", "DEATH/MOVE/ABROAD/OTHER"). A code a list does not hold has no
label and no group; it is kept as the department sent it and flagged, never guessed (docs/decisions/0021).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

DIRECTORY = Path(__file__).parent / "code_lists"


class CodeListWrong(Exception):
    """A code list cannot be read; the text names file and list."""


@dataclass(frozen=True, slots=True)
class Code:
    """One code: its Chinese label and the Chinese name of its group."""

    code: str
    label_zh: str
    group_zh: str


@dataclass(frozen=True, slots=True)
class CodeList:
    """One table of codes. `standard` is the number of the standard the codes are of, empty for a list of ours or of a
    department; `source` is where we have it from and how sure we are ([V2], [M], [D]). `digits` is how many characters of a
    longer code decide (0: all); below the prefixes `whole` the list does not go, so every code there counts as held.
    """

    name: str
    title_zh: str
    standard: str
    source: str
    codes: Mapping[str, Code]
    digits: int
    whole: frozenset[str]

    def holds(self, code: str) -> bool:
        """Whether the list has the code."""
        return (code[:self.digits] if self.digits else code) in self.codes or code[:2] in self.whole

    def label(self, code: str) -> str | None:
        """Chinese label; None for a code the list does not hold."""
        found = self.codes.get(code)
        return None if found is None else found.label_zh

    def group(self, code: str) -> str | None:
        """Chinese name of the wider group; None for a code the list does not hold."""
        found = self.codes.get(code)
        return None if found is None else found.group_zh


REGIONS = "GB/T 2260"
"""The list every RegionCode is of."""


def read(files: Mapping[str, str]) -> Mapping[str, CodeList]:
    """Code lists by name from TOML texts by file name. Raises CodeListWrong naming the file."""
    lists: dict[str, CodeList] = {}
    for file, text in sorted(files.items()):
        try:
            found = [_list(table) for table in tomllib.loads(text)["list"]]
        except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as wrong:
            raise CodeListWrong(f"{file}: {type(wrong).__name__}: {wrong}") from wrong
        for each in found:
            if each.name in lists:
                raise CodeListWrong(f"{file}: the list {each.name} is given twice")
            lists[each.name] = each
    return MappingProxyType(lists)


def _list(table: Mapping[str, object]) -> CodeList:
    rows = table["codes"]
    if not isinstance(rows, list):
        raise TypeError("codes is not an array of [code, label, group]")
    codes = {code: Code(code=code, label_zh=label, group_zh=group) for code, label, group in rows}
    if len(codes) != len(rows):
        raise ValueError(f"the list {table['name']} holds a code twice")
    digits, whole = table.get("digits", 0), table.get("whole", [])
    if not isinstance(digits, int) or not isinstance(whole, list):
        raise TypeError("digits is no number, or whole no array of prefixes")
    return CodeList(
        name=str(table["name"]), title_zh=str(table["title_zh"]), standard=str(table.get("standard", "")), source=str(table["source"]),
        codes=MappingProxyType(codes), digits=digits, whole=frozenset(map(str, whole)),
    )


CODE_LISTS: Mapping[str, CodeList] = read({path.name: path.read_text("utf-8") for path in DIRECTORY.glob("*.toml")})
"""Every code list shipped, by the name labels use."""
