"""How far a department lets itself be asked, as its manifest states it: pace, repeats, patience with failures, maintenance.

`queries_counted = true` says the department bills or journals each query: then nothing is ever asked of it twice. No repeat, no
connection that may have gone stale, no gathered call asked again in halves when it fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from connectors.maintenance import Window, read_window
from connectors.section import Section

FRESHNESS: Mapping[str, int] = MappingProxyType({"live": 1, "daily": 2, "monthly": 62})
"""Days after which data of each rhythm are later than promised, unless the manifest says `fresh_days` [D]: a month's drop is
made in the month that follows.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """`rate` in calls a minute of one worker, 0 for no limit; `retries` of a call that did not get through; `together`: its contract takes
    several groups in one call; `failures` in a row before the department is left alone for `rest` seconds; `fresh_days` after which its
    data are late.
    """

    rate: int
    retries: int
    queries_counted: bool
    together: bool
    failures: int
    rest: float
    fresh_days: int
    windows: tuple[Window, ...]


def read_limits(root: Section, section: Section, *, freshness: str) -> Limits:
    """From what is left of a manifest's [limits], and its [[maintenance]] tables. Raises ManifestFault."""
    limits = Limits(
        rate=section.whole("rate", 0, 0, 60_000), retries=section.whole("retries", 0, 0, 3),
        queries_counted=section.flag("queries_counted", default=False),
        together=section.flag("together", default=False),
        failures=section.whole("failures", 5, 1, 1000), rest=section.seconds("rest", 10.0),
        fresh_days=section.whole("fresh_days", FRESHNESS[freshness], 1, 3660),
        windows=tuple(read_window(one) for one in root.rows("maintenance")),
    )
    if limits.queries_counted and limits.retries:
        raise section.fault("queries_counted", "the department counts each query: a retry would ask twice")
    return limits
