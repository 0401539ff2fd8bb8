"""The command `hub demo`."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import click

from hub.cli.demo.enrolling import OFFICER
from hub.cli.demo.story import Story
from hub.cli.demo.world import OFFICES, Building, Region, World


@click.command()
@click.option("--once", is_flag=True, help="end after the story instead of serving on")
@click.option("--people", default=10_000, show_default=True, help="people in each region's synthetic population")
@click.option("--directory", default="var/demo", show_default=True, type=click.Path(path_type=Path), help="made anew at each run")
def demo(*, once: bool, people: int, directory: Path) -> None:
    """Run two hubs over sandbox departments and tell one family's story (一户五口)."""
    asyncio.run(_run(directory.absolute(), people=people, once=once))


async def _run(directory: Path, *, people: int, once: bool) -> None:
    async with AsyncExitStack() as stack:
        world = await Building(directory, stack, people=people, say=_say).build()
        story = Story(world)
        await story.tell()
        _addresses(world, directory)
        if story.standing is not None:
            _yourself(world.tongnan, directory, *story.standing)
        if not once:
            stopped = asyncio.Event()
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stopped.set)
            click.echo("\n按 Ctrl-C 结束 serving until Ctrl-C")
            await stopped.wait()
        _say("停止 stopping")


def _say(text: str) -> None:
    click.secho(f"· {text}", fg="bright_black")


def _addresses(world: World, directory: Path) -> None:
    click.secho("\n地址 addresses", bold=True)
    for region in (world.tongnan, world.quxian):
        click.echo(f"  {region.title}")
        click.echo(f"    GraphQL   {region.url}/graphql    GraphiQL {region.url}/graphiql")
        click.echo(f"    隐私审计台 {region.url}/console     用户 {OFFICER} 口令 {region.officer_password}")
        click.echo(f"    检查点     {region.url}/checkpoint  健康 {region.url}/readyz  指标 {region.url}/metrics")
    click.echo(f"  日志与数据 logs and data: {directory}")


def asking(region: Region, directory: Path, case: str, letters: list[dict[str, str]]) -> list[str]:
    """The command that takes a token for a case, as the check office; it names a key's file, never a key or a token."""
    office = region.offices["hd"]
    basis = json.dumps([{"id": one["id"], "hash": one["hash"]} for one in letters], separators=(",", ":"))
    return [
        _near(Path(sys.executable)), "-m", "hub", "client", "token", "--hub", region.url,
        "--key", _near(directory / OFFICES / f"{office.client}.json"), "--client", office.client, "--officer", office.officer,
        "--purpose", "DIBAO_REVIEW", "--case", case, "--letters", basis,
    ]


def _yourself(region: Region, directory: Path, case: str, letters: list[dict[str, str]]) -> None:
    click.secho("\n自己问一问 ask something yourself", bold=True)
    click.echo("  取一枚十分钟的访问令牌（案件 DB-2026-003）a token of ten minutes for that case:")
    click.echo(f"\n{shlex.join(asking(region, directory, case, letters))}\n")
    click.echo(f"  在 {region.url}/graphiql 填入 Headers {{\"Authorization\": \"Bearer <token>\"}}，Variables {json.dumps({'case': case})}，再问：")
    click.echo("  query Own($case: ID!) { case(id: $case) { household { members { relation person { vehicle { status records { value { band } } } } } } } }")


def _near(path: Path) -> str:
    """As short as it may be typed from here."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
