"""What `hub doctor` and `hub connector` find: one line a check, ok, warn or fail, and what to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import click

from hub.cli.faults import reported


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, what was seen, and advice where something is to be done."""

    check: str
    state: State
    seen: str
    advice: str = ""

    def line(self) -> str:
        """As it is printed."""
        return f"{self.state.value:<4}  {self.check}: {self.seen}" + (f" -> {self.advice}" if self.advice else "")


def ok(check: str, seen: str) -> Finding:
    """Nothing to do."""
    return Finding(check, State.OK, seen)


def warn(check: str, seen: str, advice: str) -> Finding:
    """The hub works, and somebody should look."""
    return Finding(check, State.WARN, seen, advice)


def fail(check: str, seen: str, advice: str = "") -> Finding:
    """The hub does not work as it should."""
    return Finding(check, State.FAIL, seen, advice)


def told(findings: Sequence[Finding]) -> int:
    """Print them, a line each; how many failed."""
    for finding in findings:
        click.secho(finding.line(), fg={State.OK: None, State.WARN: "yellow", State.FAIL: "red"}[finding.state])
    return sum(finding.state is State.FAIL for finding in findings)


async def looked(check: str, look: Callable[[], Awaitable[Finding]]) -> Finding:
    """The finding of one look; whatever goes wrong is a finding too, so that one broken part does not hide the others."""
    try:
        with reported():
            return await look()
    except click.ClickException as fault:
        return fail(check, fault.message)
    except Exception as fault:  # noqa: BLE001 - a doctor that stops at the first wound is none
        return fail(check, f"unexpected {type(fault).__name__}")
