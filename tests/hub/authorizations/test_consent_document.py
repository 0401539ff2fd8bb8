"""docs/consent.md, letters.md and withdrawal.md are kept true: their tables are the code's, and each code is caused by a test."""

from __future__ import annotations

import re
from pathlib import Path

from hub.authorizations.reasons import Flaw, Reason
from hub.authorizations.watch import STOP_TIME
from hub.shapes import PUBLISHED
from policies.verdict import BasisKind

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "consent.md").read_text(encoding="utf-8")
SELF = Path(__file__).name


def table(heading: str) -> list[str]:
    section = DOCUMENT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def test_the_tables_list_every_code_once_in_order():
    assert table("Reason codes of a refused question") == [code.value for code in Reason]
    assert table("What is wrong with a registration, letter, revocation or message") == [flaw.value for flaw in Flaw]
    assert table("Tokens") == [kind.value for kind in BasisKind]


def test_every_code_is_caused_by_a_test():
    tests = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "hub").rglob("test_*.py") if path.name != SELF
    )
    uncaused = [code for code in (*Reason, *Flaw) if not re.search(rf"\b{code.value}\b", tests)]
    assert uncaused == []


def test_the_stop_time_and_the_schemas_are_the_stated_ones():
    withdrawal, letters = (ROOT / "docs" / "withdrawal.md").read_text("utf-8"), (ROOT / "docs" / "letters.md").read_text("utf-8")
    assert f"Stated stop time: {STOP_TIME:.0f} s" in withdrawal
    assert all(f"`/schemas/{name}.json`" in DOCUMENT + letters for name in PUBLISHED)
