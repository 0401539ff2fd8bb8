"""What a worker remembers is bounded in memory, whatever one client sends: by entries, and by what they weigh."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from graphql import get_named_type, is_abstract_type, is_leaf_type

from hub.bounded import Bounded
from hub.operation import READ, SHAPED, Documents
from hub.operations.limits import Limits
from hub.plan import KEPT_FIELDS
from hub.scope import SCOPED
from schema import SCHEMA
from tests.hub.road import Road, member, road

LEFT_OUT = {"disclosure", "source", "facts"}


def test_a_bounded_mapping_forgets_the_least_recently_used() -> None:
    kept: Bounded[str, int] = Bounded(2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert (kept.get("a"), kept.get("b"), kept.get("c"), len(kept)) == (1, None, 3, 2)
    with pytest.raises(ValueError, match="at least one"):
        Bounded(0)


def test_heavy_entries_push_out_as_many_light_ones_as_they_weigh() -> None:
    kept: Bounded[str, int] = Bounded(100, most=10)
    for n, name in enumerate("abcde"):
        kept.put(name, n, 2)
    assert (kept.weight, len(kept)) == (10, 5)
    kept.get("a")
    kept.put("f", 5, 5)
    assert (kept.weight, [kept.get(name) for name in "abcdef"]) == (9, [0, None, None, None, 4, 5])
    kept.put("f", 6, 1)
    assert (kept.weight, kept.get("f")) == (5, 6)
    kept.put("g", 7, 1000)
    assert (kept.weight, len(kept), kept.get("g")) == (1000, 1, 7), "heavier than all: it alone"
    kept.put("h", 8, 1)
    assert (kept.weight, len(kept)) == (1, 1)


def everything(type_: object, depth: int = 0) -> str:
    """Every field below a type that can be asked without arguments of one's own."""
    asked = []
    for name, field in type_.fields.items():
        inner = get_named_type(field.type)
        given = {"confirmation": "(region: $region)", "atLeast": "(threshold: LOW_INCOME_STANDARD)"}.get(name, "")
        if name in LEFT_OUT or is_abstract_type(inner) or depth > 6:
            continue
        asked.append(name + given if is_leaf_type(inner) else f"{name}{given} {{ {everything(inner, depth + 1)} }}")
    return " ".join(asked)


def hostile(number: int) -> str:
    """As large as the limits let one question be, and no other like it."""
    person = everything(SCHEMA.type_map["Person"])
    fields = len(re.findall(r"\w+(?=[ (]|$)", re.sub(r"\(.*?\)", "", person)))
    several = range(max(1, (Limits().fields - 40) // fields))
    roots = " ".join(f"a{number}_{root}: person(id: $id) @include(if: $f{root % 2}) {{ ...P }}" for root in several)
    return (
        f"query Q{number}($id: ID!, $region: RegionCode, $f0: Boolean!, $f1: Boolean!) {{ {roots} }} "
        f"fragment P on Person {{ {person} }}"
    )


async def plan_all(travelled: Road, number: int) -> int:
    """One hostile document under several shapes and layouts; how large its question is."""
    asked = {"id": travelled.handle(member(number % 4)), "region": f"{511700 + number}"}
    plan = await travelled.plan(hostile(number), {**asked, "f0": True, "f1": True})
    await travelled.plan(hostile(number), {**asked, "f0": True, "f1": False})
    return plan.layout.leaves


async def test_questions_as_large_as_can_be_fill_no_memory_past_its_weight(keys) -> None:
    travelled = road(keys)
    travelled.documents = Documents(SCHEMA, Limits())
    for number in range(14):
        leaves = await plan_all(travelled, number)
    assert leaves > Limits().fields / 2, "as large as the limits let it be"
    planner, documents = travelled.planner, travelled.documents
    held = {
        "documents": (documents._kept, READ), "shapes": (documents._shapes, SHAPED), "layouts": (planner._layouts, KEPT_FIELDS),
        "joins": (planner._joins, KEPT_FIELDS), "columns": (planner._columns, KEPT_FIELDS), "scopes": (planner._scopes._kept, SCOPED),
    }
    for name, (memory, most) in held.items():
        assert 0 < memory.weight <= most, name
    assert len(planner._layouts) < 28, "what was asked first is forgotten"


MEASURED = """
import asyncio, gc, psutil
from pathlib import Path
from hub.keys import KeyRing
from hub.operation import Documents
from hub.operations.limits import Limits
from schema import SCHEMA
from tests.conftest import FakeClock, SeededRandom
from tests.hub.road import member, road
from tests.hub.test_bounded import hostile

async def main(directory, documents):
    travelled = road(KeyRing.create(directory, random=SeededRandom(), at=FakeClock()()))
    travelled.documents = Documents(SCHEMA, Limits())
    resident = lambda: psutil.Process().memory_info().rss / 1e6
    gc.collect()
    before, curve = resident(), []
    for number in range(documents):
        asked = {"id": travelled.handle(member(number % 4)), "region": f"{511700 + number}"}
        for flags in ({"f0": True, "f1": True}, {"f0": True, "f1": True}, {"f0": True, "f1": False}):
            await travelled.ask(hostile(number), {**asked, **flags})
        curve.append(resident())
    print(before, *curve)

import sys
asyncio.run(main(Path(sys.argv[1]) / "keys", int(sys.argv[2])))
"""


@pytest.mark.slow
def test_a_worker_flooded_with_such_questions_stays_below_250_mb(tmp_path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-c", MEASURED, str(tmp_path), "120"]
    before, *curve = map(float, subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.split())
    assert max(curve) < 250, f"{before:.0f} MB grew to {max(curve):.0f} MB"
    assert curve[-1] - curve[60] < 10, "and it is flat: sixty more documents change nothing"
