"""Who answered, and the weaker of two words: what a place says beside its rows."""

from __future__ import annotations

from connectors.interface import Below
from hub.decision import Line
from hub.interpreted import weakest
from hub.sources import KnownSources
from policies.forms import Form
from tests.hub.road import REGION, member, road


async def test_where_nobody_is_connected_the_department_that_would_answer_is_named_without_a_system(keys) -> None:
    travelled = road(keys, known=KnownSources(()))
    for _ in range(2):
        text = f'{{ person(id: "{travelled.handle(member(0))}") {{ tax {{ status source {{ department region system }} }} }} }}'
        _, _, answer = await travelled.ask(text)
        assert answer.data["person"]["tax"] == {"status": "SOURCE_ERROR", "source": {"department": "SW", "region": REGION, "system": None}}


def test_of_two_words_about_a_field_the_weaker_counts_whoever_said_it() -> None:
    ours = (Line("value", Form.BAND, "LEVEL", "r1"), Line("plate", Form.WITHHELD, "CATALOG_DENIED", "r2"), Line("brand", Form.FULL, "", ""))
    theirs = (("value", "BOOLEAN", "ASSURANCE"), ("plate", "MASKED", "LEVEL"), ("model", "WITHHELD", "NOT_COVERED"), ("brand", "FULL", ""))
    below = Below({"department": "GA", "region": REGION, "system": "s"}, theirs, rows=True)
    told = {line.field: (line.form, line.reason, line.rule) for line in weakest(ours, below)}
    assert told == {
        "value": (Form.BOOLEAN, "ASSURANCE", ""), "plate": (Form.WITHHELD, "CATALOG_DENIED", "r2"), "model": (Form.WITHHELD, "NOT_COVERED", ""),
        "brand": (Form.FULL, "", ""),
    }
    assert weakest(ours, None) is ours
