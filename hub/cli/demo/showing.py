"""How the demonstration shows an answer: a table of who was told what, what each department was asked, what was not fetched.

It prints relations, masked names and told facts; never a name, an ID number or a token.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import click
import orjson

from hub.access_log.note import Verifier
from hub.access_log.receipt import BadReceipt, verify_receipt
from hub.cli.demo.offices import Reply
from hub.cli.demo.world import Region
from policies.code_lists import CodeList
from schema.register import GROUPS as SOURCES

GROUPS = {
    "householdRegister": "户籍", "vehicle": "车辆", "tax": "纳税", "realEstate": "不动产", "socialInsurance": "社保",
    "employment": "就业", "disability": "残疾", "civilAssistance": "救助", "marriage": "婚姻", "funeral": "殡葬", "confirmation": "确认结果",
    "medicalInsurance": "医保", "health": "健康", "housing": "住房", "providentFund": "公积金", "vessel": "船舶", "marketEntity": "市场主体",
    "education": "教育", "bankDeposit": "存款", "fiscalSubsidy": "一卡通",
}

READ = {
    "disability": "前置机文件，就地读取 (a file drop, read where it lies)",
    "fiscalSubsidy": "SFTP 月度文件，本机私有副本 (a monthly drop over SFTP, the hub's private copy)",
}
"""Groups nobody sees us read: what is read in place of a question."""


class Show:
    """Prints one region's answers."""

    def __init__(self, region: Region, relations: CodeList) -> None:
        """`relations` names GB/T 4761 codes."""
        self._region = region
        self._relations = relations

    def members(self, reply: Reply) -> None:
        """One line a person and group: status, and what was told."""
        if reply.status != 200 or not reply.body.get("data"):
            click.echo(f"    HTTP {reply.status} {reply.code}: {_message(reply)}")
            return
        household = reply.body["data"]["case"]["household"]
        for member in [*household.get("members", []), *household.get("obligors", [])]:
            self._member(member)

    def _member(self, member: Mapping[str, Any]) -> None:
        person = member["person"]
        title = self._relations.label(member["relation"]) or member["relation"]
        coverage = member.get("coverage") or {}
        state = "" if coverage.get("covered", True) else f"  未授权 {coverage.get('reason')}"
        name = (person.get("name") or {}).get("masked") or "—"
        outside = "（户外义务人）" if member.get("role") == "OBLIGOR" else ""
        click.secho(f"    {title}{outside} {name}{state}", bold=True)
        for group, facts in person.items():
            if group in GROUPS and facts is not None:
                click.echo(f"      {GROUPS[group]:<6}{facts['status']:<16}{'；'.join(_records(facts.get('records') or []))[:150]}")

    def asked(self, journal: Mapping[str, list[Mapping[str, Any]]], reply: Reply | None = None) -> None:
        """What each department says it was asked: groups, their own column names, how many people. A drop has no journal:
        of a file nobody sees the reading, so the answer's own statuses tell.
        """
        statuses = reply.body.get("extensions", {}).get("disclosure", {}).get("statuses", {}) if reply else {}
        if not any(journal.values()):
            click.echo("    没有任何部门被询问 no department was asked")
        for department, calls in journal.items():
            for call in calls:
                columns = ",".join(call["columns"])
                click.echo(f"    问 {department}  {call['group']}: {len(call['subjects'])} 人  列 {columns[:110]}")
        for source, counts in statuses.items():
            if late := counts.get("SOURCE_TIMEOUT"):
                click.echo(f"    问 {SOURCES[source].department}  {source}: {late} 人  时限内未答复 (asked, no answer in time)")
        for group, how in READ.items():
            if read := sum(many for status, many in statuses.get(group, {}).items() if status in {"MATCHED", "NO_RECORD"}):
                click.echo(f"    读 {SOURCES[group].department}  {group}: {read} 人  {how}")

    def withheld(self, reply: Reply) -> None:
        """What was asked and not fetched in that form, by reason; from the plan, before anything was fetched."""
        lines = reply.body.get("extensions", {}).get("disclosure", {}).get("fields", [])
        reasons: dict[str, set[str]] = {}
        for line in lines:
            reasons.setdefault(f"{line['form']} {line['reason']}", set()).add(f"{line['path'][-1]}.{line['field']}")
        for reason, fields in sorted(reasons.items()):
            listed = "、".join(sorted(fields))
            click.echo(f"    未取或弱化 {reason}: {len(fields)} 项 {listed[:110]}{'…' if len(listed) > 110 else ''}")

    def receipt(self, reply: Reply, keys: list[Verifier]) -> None:
        """The receipt through the offline verifier, with the very bytes of `data`."""
        receipt = reply.body.get("extensions", {}).get("receipt")
        if receipt is None:
            click.echo("    没有回执：没有答复 no receipt, since nothing was told")
            return
        try:
            verify_receipt(receipt, keys, data_bytes(reply.raw))
        except BadReceipt as bad:
            raise click.ClickException(f"the receipt does not verify: {bad}") from None
        size = base64.b64decode(receipt["proof"][0]).hex()[:8] if receipt["proof"] else "—"
        click.secho(f"    回执核验通过：日志第 {receipt['index']} 条，证明 {len(receipt['proof'])} 步（{size}…）receipt verified offline", fg="green")


def data_bytes(raw: bytes) -> bytes:
    """The exact bytes of `data` in a response body, as the receipt's salted digest was made over them."""
    return orjson.dumps(orjson.loads(raw)["data"])


def _records(records: list[Mapping[str, Any]]) -> Iterator[str]:
    for record in records[:3]:
        yield " ".join(f"{name}={told}" for name, value in record.items() if (told := _value(value)) is not None)
    if len(records) > 3:
        yield f"…共 {len(records)} 条"


def _value(value: object) -> str | None:
    if isinstance(value, dict):
        told = [f"{leaf}:{_text(inner)}" for leaf, inner in value.items() if inner is not None]
        return "/".join(told) or None
    return None if value is None else _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    text = str(value)
    return text if len(text) <= 40 else f"{text[:18]}…({len(text)} 字符)"


def _message(reply: Reply) -> str:
    errors = reply.body.get("errors") or [{}]
    return str(errors[0].get("message", ""))
