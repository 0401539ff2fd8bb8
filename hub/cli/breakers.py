"""Which departments the running hub leaves alone, as its own metrics say: a breaker lives in a worker and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from hub.cli.running import exposition
from hub.settings import Settings

_METRIC = "hub_department_breaker"

WORDS: Mapping[int, str] = {1: "asked once to see whether it is back", 2: "left alone after failing several times in a row"}
"""What a running worker does with the next question, by the metric's value; 0 is nothing to tell."""


async def breakers(settings: Settings) -> Mapping[tuple[str, str], str]:
    """By department and protocol what is unusual; empty where no hub answers at this address."""
    try:
        return _read(await exposition(settings))
    except ValueError:  # another server's page
        return {}


def _read(text: str) -> Mapping[tuple[str, str], str]:
    return {
        (sample.labels.get("department", ""), sample.labels.get("protocol", "")): WORDS[int(sample.value)]
        for family in text_string_to_metric_families(text) if family.name == _METRIC
        for sample in family.samples if int(sample.value) in WORDS
    }
