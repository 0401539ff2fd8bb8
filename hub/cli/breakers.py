"""Which departments the running hub leaves alone, as its own metrics say: a breaker lives in a worker and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from hub.settings import Settings

_METRIC = "hub_department_breaker"
_PATIENCE = aiohttp.ClientTimeout(total=2)
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 (read here, not listened on)

WORDS: Mapping[int, str] = {1: "asked once to see whether it is back", 2: "left alone after failing several times in a row"}
"""What a running worker does with the next question, by the metric's value; 0 is nothing to tell."""


async def breakers(settings: Settings) -> Mapping[tuple[str, str], str]:
    """By department and protocol what is unusual; empty where no hub answers at this address."""
    host = _EVERYWHERE.get(settings.host, settings.host)
    try:
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session, session.get(f"http://{host}:{settings.port}/metrics") as answer:
            text = await answer.text() if answer.status == 200 else ""
        return read(text)
    except (TimeoutError, aiohttp.ClientError, ValueError):
        return {}


def read(exposition: str) -> Mapping[tuple[str, str], str]:
    """The unusual ones of a text of /metrics. Raises ValueError for what is none."""
    return {
        (sample.labels.get("department", ""), sample.labels.get("protocol", "")): WORDS[int(sample.value)]
        for family in text_string_to_metric_families(exposition) if family.name == _METRIC
        for sample in family.samples if int(sample.value) in WORDS
    }
