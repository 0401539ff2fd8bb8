"""Which of the things the running hub does beside the questions fail, as its own metrics say."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from hub.cli.findings import Finding, ok, warn
from hub.cli.running import exposition
from hub.settings import Settings

_METRIC = "hub_chore_failing"


async def chores_done(settings: Settings) -> Finding:
    """None fails; nor where no hub runs at this address, since nothing is done then."""
    try:
        families = [one for one in text_string_to_metric_families(await exposition(settings)) if one.name == _METRIC]
    except ValueError:  # another server's page
        families = []
    failing = sorted(sample.labels.get("chore", "") for family in families for sample in family.samples if sample.value)
    if failing:
        return warn("chores", f"failing: {', '.join(failing)}", "see the hub's log: chore failed")
    return ok("chores", "none fails")
