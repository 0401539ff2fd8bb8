"""docs/consent.md, letters.md and withdrawal.md are kept true: their tables are the code's, and each code is caused by a test."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from hub.approvals.second_person import read
from hub.authorizations.reasons import Flaw, Reason
from hub.authorizations.watch import STOP_TIME
from hub.decision import STANDARD_MISSING, UNIT_MISMATCH
from hub.shapes import PUBLISHED
from policies.freshness import DATA_AGE_UNKNOWN, DATA_TOO_OLD
from policies.reasons import Reason as Withheld
from policies.verdict import BasisKind

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "consent.md").read_text(encoding="utf-8")
SELF = Path(__file__).name
OF_THE_ROAD = (STANDARD_MISSING, UNIT_MISMATCH, "NOT_CONNECTED", DATA_TOO_OLD, DATA_AGE_UNKNOWN)
"""Reasons of the road itself, beside policy's."""


def table(heading: str) -> list[str]:
    section = DOCUMENT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def test_the_tables_list_every_code_once_in_order():
    assert table("Reason codes of a refused question") == [code.value for code in Reason]
    assert table("What is wrong with a registration, letter, revocation or message") == [flaw.value for flaw in Flaw]
    assert table("Tokens") == [kind.value for kind in BasisKind]


def test_the_table_of_what_is_withheld_is_policys_own_in_its_order_and_the_roads():
    section = DOCUMENT.partition("\n## Reason codes of what is withheld\n")[2].partition("\n## ")[0]
    rows = [re.findall(r"`(\w+)`", line.split("|")[1]) for line in section.splitlines() if line.startswith("| `")]
    assert [code for row in rows for code in row] == [*(reason.value for reason in Withheld), *OF_THE_ROAD]


def test_the_doors_of_approvals_have_a_row_for_each_code():
    section = DOCUMENT.partition("\n## A second person\n")[2].partition("\n## ")[0].partition("| code of the door |")[2]
    told = {code for line in section.splitlines() if line.startswith("| `") for code in re.findall(r"`(\w+)`", line.split("|")[1])}
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "hub" / "approvals").glob("*.py"))
    of_checks = {reason.value for reason in Reason}  # these have their row above
    assert told - of_checks == set(re.findall(r"code=\"(\w+)\"", sources)) - of_checks


def test_every_code_is_expected_by_a_test_that_causes_it():
    """A code that merely stands in a test causes nothing: some test must assert it, expect it raised, or be given it as a case's outcome."""
    expected = {word for path in modules() for one in codes_of_tests(ast.parse(path.read_text(encoding="utf-8"))) for word in one}
    of_cases = {
        tomllib.loads(path.read_text(encoding="utf-8"))["told"]["reason"] for path in (ROOT / "tests" / "policies" / "cases").rglob("*.toml")
    }
    assert [code.value for code in (*Reason, *Flaw) if code.value not in expected] == []
    assert [code for code in (*(reason.value for reason in Withheld), *OF_THE_ROAD) if code not in expected | of_cases] == []


def modules() -> Iterator[Path]:
    return (path for folder in ("hub", "policies") for path in (ROOT / "tests" / folder).rglob("test_*.py") if path.name != SELF)


def codes_of_tests(tree: ast.Module) -> Iterator[set[str]]:
    """Of each test of a module, the codes it expects: in its asserts, in what it expects raised, in its cases and the tables they name."""
    tables: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            tables |= {target.id: node.value for target in targets if isinstance(target, ast.Name)}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and function.name.startswith("test_"):
            said = [*function.decorator_list, *(node for node in ast.walk(function) if expects(node))]
            named = [tables[node.id] for one in said for node in ast.walk(one) if isinstance(node, ast.Name) and node.id in tables]
            yield {word for node in (*said, *named) for word in words(node)}


def expects(node: ast.AST) -> bool:
    return isinstance(node, ast.Assert) or (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("raises"))


def words(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute):
            yield one.attr
        elif isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield from re.findall(r"\w+", one.value)


def test_the_stop_time_and_the_schemas_are_the_stated_ones():
    withdrawal, letters = (ROOT / "docs" / "withdrawal.md").read_text("utf-8"), (ROOT / "docs" / "letters.md").read_text("utf-8")
    assert f"Stated stop time: {STOP_TIME:.0f} s" in withdrawal
    assert all(f"`/schemas/{name}.json`" in DOCUMENT + letters for name in PUBLISHED)


def test_the_request_for_an_approval_shown_is_one():
    shown = json.loads(re.findall(r"```json\n(.*?)\n```", DOCUMENT.partition("\n## A second person\n")[2], re.DOTALL)[0])
    assert read(shown).people == ("per_…",)
