"""`hub doctor`: is this hub well? One line a check; exit status 1 where one fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import click

from hub.cli import ailments
from hub.cli.certificate_names import one_kind_of_name
from hub.cli.chores import chores_done
from hub.cli.findings import Finding, State, fail, looked, told
from hub.cli.notices_current import notices_current
from hub.cli.open_incidents import incidents_told
from hub.cli.premises import Premises, open_premises, read_settings
from hub.cli.reachability import departments
from hub.cli.recourse import explanations_in_time, recourse_named
from hub.cli.vouching import vouching_bounded
from hub.cli.without_letter import assessments_current, emergencies_followed, two_people
from hub.cli.witnessing import logs_consistent
from hub.cli.working_days import calendar_ahead
from hub.settings import Settings, SettingsError

Look = Callable[[], Awaitable[Finding]]


@click.command()
def doctor() -> None:
    """体检: check settings, keys, database, access log, departments, agreements, policy. Nobody's facts are asked for."""
    failed = asyncio.run(_examine())
    if failed:
        click.echo(f"{failed} check(s) failed")
        raise click.exceptions.Exit(1)
    click.echo("all well 一切正常")


async def _examine() -> int:
    """Print each finding as it comes; how many failed."""
    try:
        settings = read_settings()
    except SettingsError as fault:
        return told([fail("settings", str(fault), "see the table of settings in the README")])
    failed = 0
    for check, look in _without_database(settings):
        failed += told([await looked(check, look)])
    failed += told(await _departments(settings))
    return failed + await _database(settings)


def _without_database(settings: Settings) -> Sequence[tuple[str, Look]]:
    return (
        ("settings", partial(ailments.settings_sane, settings)),
        ("directory", partial(ailments.directory_private, settings)),
        ("keys", partial(ailments.keys_whole, settings)),
        ("policy", partial(ailments.policy_loads, settings)),
        ("calendar", partial(calendar_ahead, settings)),
        ("approvals", partial(two_people, settings)),
        ("chores", partial(chores_done, settings)),
        ("remedies", partial(recourse_named, settings)),
        ("GraphiQL", partial(ailments.editor_whole, settings)),
    )


def _with_database(settings: Settings, premises: Premises) -> Sequence[tuple[str, Look]]:
    return (
        ("clock", partial(ailments.clock_sane, premises)),
        ("access log", partial(ailments.log_sound, premises)),
        ("revocations", partial(ailments.revocations_heard, premises)),
        ("login", partial(ailments.login_bounded, settings, premises)),
        ("later answers", partial(ailments.later_answers, premises)),
        ("agreements", partial(ailments.agreements_hold, premises)),
        ("witness", partial(logs_consistent, premises)),
        ("sharing", partial(ailments.sharing_in_time, premises)),
        ("notices", partial(notices_current, premises)),
        ("assessments", partial(assessments_current, premises)),
        ("emergencies", partial(emergencies_followed, premises)),
        ("citizens", partial(vouching_bounded, premises)),
        ("certificates", partial(one_kind_of_name, premises)),
        ("explanations", partial(explanations_in_time, premises)),
        ("incidents", partial(incidents_told, premises)),
    )


async def _database(settings: Settings) -> int:
    """The checks that need the database, once it is there."""
    failed = 0
    looking: list[Finding] = []

    async def look() -> Finding:
        async with open_premises(empty=bool(settings.database_url)) as premises:
            first = await ailments.database_usable(premises)
            if first.state is not State.FAIL:
                looking.extend([await looked(check, one) for check, one in _with_database(settings, premises)])
            return first

    failed += told([await looked("database", look)])
    return failed + told(looking)


async def _departments(settings: Settings) -> Sequence[Finding]:
    try:
        return await departments(settings)
    except SettingsError as fault:
        return [fail("departments", str(fault))]
