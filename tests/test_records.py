"""What the documents say of the house and of its history: every package stands on the map, and a decision that was changed names what changed it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DECISIONS = ROOT / "docs" / "decisions"
RECORDS = sorted(DECISIONS.glob("[0-9]*.md"))


def test_the_architecture_names_every_package_and_none_that_is_not_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    table = text.partition("| package | holds |")[2].partition("\n\n")[0]
    named = {name.rstrip("/") for line in table.splitlines() for name in re.findall(r"`([a-z_/]+/)`", line.split("|")[1] if "|" in line else "")}
    there = {str(path.parent.relative_to(ROOT)) for top in ("hub", "schema", "connectors", "policies") for path in (ROOT / top).rglob("__init__.py")}
    assert named == there


def test_each_number_is_one_record_whose_title_has_it() -> None:
    assert len({path.name[:4] for path in RECORDS}) == len(RECORDS)
    assert [path.name for path in RECORDS if not path.read_text("utf-8").startswith(f"# {path.name[:4]} ")] == []


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.name[:4])
def test_what_changed_a_decision_is_a_later_record_that_exists_and_is_said_before_anything_else(path: Path) -> None:
    text = path.read_text("utf-8")
    paragraphs = text.split("\n\n")
    changed = [number for number, one in enumerate(paragraphs) if one.startswith("Changed by ")]
    assert changed in ([], [1])
    for number, target in re.findall(r"\[(\d{4})\]\(([^)]+)\)", paragraphs[1] if changed else ""):
        assert number > path.name[:4]
        assert target.startswith(number)
        assert (DECISIONS / target).exists()


def test_each_article_of_the_map_of_the_law_names_tests_and_documents_that_exist() -> None:
    text = (ROOT / "docs" / "law.md").read_text("utf-8")
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| §")]
    assert len(rows) >= 20
    for row in rows:
        tests = re.findall(r"`(tests/[^`]+)`", row[4])
        assert tests, row[1]
        assert [name for name in tests if not (ROOT / name).is_file()] == [], row[1]
    assert [target for target in re.findall(r"\]\(([a-z-]+\.md)\)", text) if not (ROOT / "docs" / target).is_file()] == []
