"""`hub`: the command line. A command's module is loaded when the command is named, so that offline checks need nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

COMMANDS: Mapping[str, str] = {
    "serve": "hub.cli.serve:serve",
    "demo": "hub.cli.demo.command:demo",
    "sandbox": "hub.cli.sandbox:sandbox",
    "migrate": "hub.cli.migrate:migrate_command",
    "keys": "hub.cli.keys:keys",
    "organisation": "hub.cli.organisation:organisation",
    "client": "hub.cli.client:client",
    "officer-issuer": "hub.cli.officer_issuer:officer_issuer",
    "platform": "hub.cli.platform:platform",
    "letters": "hub.cli.letters:letters",
    "catalogue": "hub.cli.catalogue:catalogue",
    "assessment": "hub.cli.assessment:assessment",
    "approval": "hub.cli.approval:approval",
    "agreement": "hub.cli.agreement:agreement",
    "officer": "hub.cli.officer:officer",
    "hold": "hub.cli.hold:hold",
    "arrangement": "hub.cli.arrangement:arrangement",
    "explanation": "hub.cli.explanation:explanation",
    "person": "hub.cli.person:person",
    "incident": "hub.cli.incident:incident",
    "explain": "hub.cli.explain:explain_command",
    "fits": "hub.cli.fits:fits_command",
    "log": "hub.cli.log:log",
    "verify-log": "hub.cli.verify:verify_log_command",
    "verify-receipt": "hub.cli.verify:verify_receipt_command",
    "backup": "hub.cli.backup:backup_command",
    "restore": "hub.cli.backup:restore_command",
    "connector": "hub.cli.connector:connector",
    "doctor": "hub.cli.doctor:doctor",
}
"""Where each command is: module and name."""


class Commands(click.Group):
    """A group whose commands are imported when they are asked for: a worker of `hub serve` imports this package too."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """In the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, cmd_name: str) -> click.Command | None:
        """Loads the command's module; None for a name there is no command of."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(import_module(module), name)
        return found

    def main(self, *args: Any, **extra: Any) -> Any:
        """As click does; the program is called `hub` however it was started."""
        return super().main(*args, **{"prog_name": "hub", **extra})


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """困难家庭核对数据枢纽 · a hub for the facts of a means check.

    Settings come from the environment (HUB_REGION, HUB_ISSUER, …; see the README). Exit status: 0 done, 1 refused or failed,
    2 a wrong command line.
    """
