"""The demonstration's story: a family of five applies, and eight things that may happen to a question."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
import click

from hub.access_log.note import Verifier
from hub.cli.demo.offices import Reply
from hub.cli.demo.questions import BANKS, FAMILY, LOG, RECOGNITION, SHORT
from hub.cli.demo.showing import Show
from hub.cli.demo.verifying import verify_whole_log
from hub.cli.demo.world import Region, World
from policies.code_lists import CODE_LISTS

UNSIGNED = -5  # the adult son of the demonstration's family
STOP_TIME = 1.0  # seconds within which a withdrawn letter stops every question; hub/authorizations/watch.py keeps it


@dataclass(slots=True)
class Story:
    """One telling over a world that is ready."""

    world: World
    step: int = 0
    standing: tuple[str, list[dict[str, str]]] | None = None
    """A case whose letters are still good when the story ends, for whoever asks something themselves."""

    async def tell(self) -> None:
        """All of it, in order."""
        region = self.world.tongnan
        case, letters = await self._registered(region, "DB-2026-001", unsigned=())
        await self._all_signed(region, case, letters)
        await self._one_unsigned(region)
        await self._education(region)
        await self._revoked(region, case, letters)
        await self._tax_down(region)
        await self._log_stopped(region)
        await self._neighbour(region)
        await self._officer(region)
        await self._verified(region)

    async def _all_signed(self, region: Region, case: str, letters: list[dict[str, str]]) -> None:
        self._title("五口之家申请低保，全部签署：核对中心按 DIBAO_REVIEW 询问", "all signed: the full table")
        token = await self._by_letter(region, case, letters)
        await self._ask(region, token, FAMILY, {"case": case})
        await self._banks(region, token, case)

    async def _banks(self, region: Region, token: str, case: str) -> None:
        """In earnest the second question is asked hours or days after the first; the sandbox's banks take a moment."""
        click.echo("    银行稍后答复：先 PENDING，银行签名回送后再问即得 the banks answer later: PENDING, then told to who asks again")
        await self._ask(region, token, BANKS, {"case": case})
        for _ in range(30):  # with the questions after a withdrawal fewer than fair use lets an office ask about one case a day
            reply = await region.line.ask(token, BANKS, {"case": case})
            if b'"PENDING"' not in reply.raw:
                return Show(region, CODE_LISTS["GB/T 4761"]).members(reply)
            await asyncio.sleep(0.5)
        raise click.ClickException("no bank answered")

    async def _one_unsigned(self, region: Region) -> None:
        self._title("成年儿子未签署：他的信息不取，其余照答", "one adult unsigned: that member NOT_AUTHORIZED, the rest told")
        case, letters = await self._registered(region, "DB-2026-002", unsigned=(UNSIGNED,))
        await self._ask(region, await self._by_letter(region, case, letters), SHORT, {"case": case})

    async def _education(self, region: Region) -> None:
        self._title("教育部门按 EDUCATION_AID 与《社会救助法》第42条询问：只告知确认结果", "education bureau: confirmation facts only")
        case, _ = await self._registered(region, "JY-2026-017", office="jy", assistance="EDUCATION", purposes=())
        office = region.offices["jy"]
        token = await region.line.token(
            office, purpose="EDUCATION_AID", basis={"kind": "statute", "article": "SAL §42"}, case=case,
        )
        await self._ask(region, token, SHORT, {"case": case})

    async def _revoked(self, region: Region, case: str, letters: list[dict[str, str]]) -> None:
        self._title(f"撤回授权书：{STOP_TIME:.0f} 秒内停止", f"letters revoked: refused within {STOP_TIME:.0f} s, in every worker")
        token = await self._by_letter(region, case, letters)
        before = await self._ask(region, token, SHORT, {"case": case})
        started = asyncio.get_running_loop().time()
        for letter in letters:
            message = region.platform.revocation(reference="DB-2026-001", letter=letter["number"], reason="本人撤回")
            done = await region.line.send("/revocations", message)
            if done.status != 200:
                raise click.ClickException(f"the revocation was refused: {done.code}")
        while True:
            after = await region.line.ask(token, SHORT, {"case": case})
            elapsed = asyncio.get_running_loop().time() - started
            if after.status != 200 or elapsed > 10:
                break
            await asyncio.sleep(0.05)
        click.echo(f"    撤回前 HTTP {before.status}；撤回后 HTTP {after.status} {after.code}")
        await self._ask(region, token, SHORT, {"case": case})
        click.secho(f"    自第一封撤回送出至拒绝 {elapsed:.3f} 秒 refused after {elapsed:.3f} s", fg="green" if elapsed <= STOP_TIME else "red")
        if elapsed > STOP_TIME:
            raise click.ClickException("a withdrawn letter was honoured for too long")

    async def _tax_down(self, region: Region) -> None:
        self._title("税务局不应答：该组 SOURCE_TIMEOUT，其余照答", "tax bureau down: SOURCE_TIMEOUT for its group, the rest told")
        case, letters = await self._registered(region, "DB-2026-003", unsigned=())
        self.standing = case, letters
        token = await self._by_letter(region, case, letters)
        await self._control(region, "SW", {"slow": 30})
        try:
            await self._ask(region, token, SHORT, {"case": case})
        finally:
            await self._control(region, "SW", {})

    async def _log_stopped(self, region: Region) -> None:
        self._title("访问日志不可写：503，且没有部门被询问", "the log stopped: 503 and no department asked")
        case, letters = await self._registered(region, "DB-2026-004", unsigned=())
        token = await self._by_letter(region, case, letters)
        connection = await asyncpg.connect(region.database_url)
        try:
            await connection.execute("REVOKE INSERT ON log_entry FROM hub_log")
            reply = await self._ask(region, token, SHORT, {"case": case})
            if reply.status != 503:
                raise click.ClickException("an answer left although it could not be recorded")
            await connection.execute("GRANT INSERT ON log_entry TO hub_log")
        finally:
            await connection.close()
        click.echo("    日志恢复后 after the log is back:")
        again = await region.line.ask(token, SHORT, {"case": case})
        click.echo(f"    HTTP {again.status}")

    async def _neighbour(self, region: Region) -> None:
        other = self.world.quxian
        self._title(
            "渠县已确认某户为低保边缘；潼南医保局按《社会救助法》第42条互认", "the neighbour's result: asked, signed by Quxian, verified, told",
        )
        family = region.platform.population.edge_family()
        office = region.offices["yb"]
        message = region.platform.registration(
            family, reference="YB-2026-009", assistance="MEDICAL", organisations=[office.organisation],
        )
        case = (await self._sent(region, message))["case"]
        token = await region.line.token(
            office, purpose="RESULT_RECOGNITION", basis={"kind": "statute", "article": "SAL §42"}, case=case,
        )
        await self._forget(other)
        reply = await self._ask(region, token, RECOGNITION, {"case": case, "region": other.code.ljust(12, "0")})
        click.echo("    渠县一侧 on Quxian's side:")
        Show(other, CODE_LISTS["GB/T 4761"]).asked(await self._journal(other))
        question = reply.body.get("extensions", {}).get("question", "")
        found = await self._exchange(other, question)
        click.secho(f"    同一交换号载于两地日志：{question}（渠县 {found} 条）both logs hold the exchange under one id", fg="green")
        if not found:
            raise click.ClickException("the neighbour's log does not hold the exchange")

    async def _officer(self, region: Region) -> None:
        self._title("隐私保护负责人查看：谁、何时、为何、依何授权", "the privacy officer's view of it all")
        token = await region.line.token(region.offices["po"], purpose="PRIVACY_AUDIT", basis={"kind": "audit"})
        reply = await region.line.ask(token, LOG, {"first": 30})
        for edge in reply.body["data"]["accessLog"]["edges"]:
            node = edge["node"]
            click.echo(
                f"    {node['index']:>4} {node['at'][11:19]} {node['kind']:<8}{node['organisation'] or '':<16}{node['purpose'] or '':<19}"
                f"{node['decision'] or '':<8}{node['reason'] or ''} {len(node['subjects']) or ''} {','.join(node['departments'])}",
            )
        Show(region, CODE_LISTS["GB/T 4761"]).receipt(reply, await self._keys(region))

    async def _verified(self, region: Region) -> None:
        self._title("整本日志导出，离线核验", "the whole log exported and verified offline, by a command that knows no hub and no database")
        async with self.world.session.get(f"{region.url}/log/key") as answer:
            keys = await answer.text()
        async with self.world.session.get(f"{region.url}/checkpoint") as answer:
            checkpoint = await answer.text()
        await verify_whole_log(region, keys, checkpoint, region.directory)

    async def _ask(self, region: Region, token: str, document: str, variables: Mapping[str, Any]) -> Reply:
        """One question, shown whole: what came, what each department was asked, what was not fetched, the receipt."""
        await self._forget(region)
        reply = await region.line.ask(token, document, variables)
        show = Show(region, CODE_LISTS["GB/T 4761"])
        show.members(reply)
        show.asked(await self._journal(region), reply)
        show.withheld(reply)
        show.receipt(reply, await self._keys(region))
        return reply

    async def _registered(
        self, region: Region, reference: str, *, office: str = "hd", assistance: str = "DIBAO",
        purposes: tuple[str, ...] = ("DIBAO_REVIEW",), unsigned: tuple[int, ...] = (),
    ) -> tuple[str, list[dict[str, str]]]:
        message = region.platform.registration(
            region.platform.population.demo_family(), reference=reference, assistance=assistance, purposes=purposes,
            organisations=[region.offices[office].organisation], unsigned=unsigned,
        )
        accepted = await self._sent(region, message)
        click.echo(f"    平台 {region.platform.platform} 登记 {reference}：{len(accepted['letters'])} 份授权书")
        return str(accepted["case"]), accepted["letters"]

    async def _sent(self, region: Region, message: str) -> dict[str, Any]:
        reply = await region.line.send("/registrations", message)
        if reply.status not in {200, 201}:
            raise click.ClickException(f"the registration was refused: {reply.code} {reply.body.get('message')}")
        return reply.body

    async def _by_letter(self, region: Region, case: str, letters: list[dict[str, str]]) -> str:
        basis = {"kind": "letter", "letters": [{"id": one["id"], "hash": one["hash"]} for one in letters]}
        return await region.line.token(region.offices["hd"], purpose="DIBAO_REVIEW", basis=basis, case=case)

    async def _journal(self, region: Region) -> dict[str, list[Mapping[str, Any]]]:
        return {code: await self._get(f"{url}/_journal") for code, url in region.journals.items()}

    async def _forget(self, region: Region) -> None:
        for url in region.journals.values():
            async with self.world.session.delete(f"{url}/_journal") as answer:
                await answer.read()

    async def _control(self, region: Region, department: str, settings: Mapping[str, Any]) -> None:
        async with self.world.session.put(f"{region.journals[department]}/_control", json=settings) as answer:
            await answer.read()

    async def _keys(self, region: Region) -> list[Verifier]:
        async with self.world.session.get(f"{region.url}/log/key") as answer:
            return [Verifier.parse(line) for line in (await answer.text()).split()]

    async def _exchange(self, region: Region, question: str) -> int:
        """How many entries of a hub's log stand under an exchange's id."""
        connection = await asyncpg.connect(region.database_url)
        try:
            return int(await connection.fetchval("SELECT count(*) FROM log_entry WHERE case_id = $1", question))
        finally:
            await connection.close()

    async def _get(self, url: str) -> Any:
        async with self.world.session.get(url) as answer:
            return await answer.json(content_type=None)

    def _title(self, chinese: str, english: str) -> None:
        self.step += 1
        click.secho(f"\n{self.step}. {chinese}", bold=True, fg="cyan")
        click.echo(f"   {english}")


