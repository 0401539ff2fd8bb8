"""What the console says: closed sets of codes in the officer's words, and an entry told as sentences. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from policies.purposes import PURPOSES

_SHANGHAI = ZoneInfo("Asia/Shanghai")

KINDS = {
    "INTENT": "拟查询", "OUTCOME": "已答复", "REFUSAL": "已拒绝", "CHANGE": "配置或状态变更", "SECURITY_SUMMARY": "安全汇总",
}
DECISIONS = {"ALLOW": "全部告知", "PARTIAL": "部分告知", "DENY": "拒绝"}
FORMS = {"FULL": "全值", "MASKED": "掩码", "BAND": "区间", "BOOLEAN": "是否", "WITHHELD": "未告知"}
BASES = {"letter": "核对授权书", "statute": "法定依据", "emergency": "急难先行", "self": "本人查询", "audit": "隐私审计"}


def purpose_title(code: str | None) -> str:
    """A purpose's Chinese title; a code the register does not know stands as it is."""
    if not code:
        return ""
    known = PURPOSES.get(code)
    return known.title_zh if known else code


def local_time(text: str) -> str:
    """An instant as the office reads it: Asia/Shanghai, to the second."""
    return datetime.fromisoformat(text).astimezone(_SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def basis_text(basis: Mapping[str, Any] | None) -> str:
    """The basis of a question in one phrase."""
    if not basis:
        return "未载明依据"
    kind = str(basis.get("kind") or "")
    title = BASES.get(kind, kind)
    if kind == "letter":
        return f"{title} {'、'.join(letter['id'] for letter in basis.get('letters', []))}"
    return f"{title} {basis.get('article') or basis.get('reason') or ''}".strip()


def sentences(entry: Mapping[str, Any]) -> list[str]:
    """An entry of the graph's `accessLog`, told in sentences: who, when, whom, why, what was told."""
    who = "、".join(filter(None, [entry.get("organisation"), entry.get("client"), entry.get("officer")])) or "未经认证者"
    told = [f"{local_time(entry['at'])},{who} {_deed(entry)}。"]
    if entry.get("purpose"):
        told.append(f"用途:{purpose_title(entry['purpose'])};依据:{basis_text(entry.get('basis'))}。")
    if entry.get("case"):
        told.append(f"所属事项:{entry['case']}。")
    if entry.get("subjects"):
        told.append(f"涉及 {len(entry['subjects'])} 人(以日志假名记载):{'、'.join(s[:12] + '…' for s in entry['subjects'])}。")
    if entry.get("departments"):
        told.append(f"向以下部门取数:{'、'.join(entry['departments'])}。")
    if entry.get("fields"):
        told.append("告知内容:" + "、".join(f"{f['group']}.{f['field']}({FORMS[f['form']]})" for f in entry["fields"]) + "。")
    if entry.get("reason"):
        told.append(f"理由代码:{entry['reason']}。")
    return told


def _deed(entry: Mapping[str, Any]) -> str:
    kind = entry["kind"]
    if kind == "OUTCOME":
        return f"得到答复:{DECISIONS.get(entry.get('decision') or '', '未载明')}"
    return {
        "INTENT": "提出一项查询,记录先于取数",
        "REFUSAL": "的请求被拒绝,未取任何数据",
        "CHANGE": "变更了登记、授权或配置",
        "SECURITY_SUMMARY": "的无效请求汇总",
    }.get(str(kind), str(kind))
