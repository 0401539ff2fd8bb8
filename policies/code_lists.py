"""代码表: what a code means in Chinese and to which wider group it belongs, read once from `code_lists/*.toml`.

A list is found by the name a label gives it ("GB/T 4761", "DEATH/MOVE/ABROAD/OTHER"). A code a list does not hold has no
label and no group: it is told as a code or not at all, never guessed.
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
    """One table of codes. `source` is the standard it follows and how sure we are of it ([V2], [M], [D])."""

    name: str
    title_zh: str
    source: str
    codes: Mapping[str, Code]

    def label(self, code: str) -> str | None:
        """Chinese label; None for a code the list does not hold."""
        found = self.codes.get(code)
        return None if found is None else found.label_zh

    def group(self, code: str) -> str | None:
        """Chinese name of the wider group; None for a code the list does not hold."""
        found = self.codes.get(code)
        return None if found is None else found.group_zh


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
    return CodeList(
        name=str(table["name"]), title_zh=str(table["title_zh"]), source=str(table["source"]), codes=MappingProxyType(codes),
    )


CODE_LISTS: Mapping[str, CodeList] = read({path.name: path.read_text("utf-8") for path in DIRECTORY.glob("*.toml")})
"""Every code list shipped, by the name labels use."""
