"""What the console says: closed sets of codes in the officer's words, and an entry told as sentences. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.regions.names import region_name
from policies.calendar import CHINA
from policies.purposes import PURPOSES
from schema.register import GROUPS

KINDS = {"INTENT": "拟查询", "OUTCOME": "已答复", "REFUSAL": "已拒绝", "CHANGE": "登记变更", "SECURITY_SUMMARY": "安全汇总"}
DECISIONS = {"ALLOW": "全部告知", "PARTIAL": "部分告知", "DENY": "拒绝"}
FORMS = {"FULL": "全值", "MASKED": "掩码", "BAND": "区间", "BOOLEAN": "是否", "WITHHELD": "未告知"}
PAGES = {
    "": "访问日志", "approvals": "审批", "emergencies": "先行救助", "fair-use": "合理使用", "sharing": "共享时限", "incidents": "安全事件",
    "explanations": "解释说明",
}
"""The pages an officer goes to, by their path."""
INCIDENT_KINDS = {"LEAK": "泄露", "TAMPERING": "篡改", "LOSS": "丢失"}
INCIDENT_PROOFS = {"CONSOLE_PASSWORD": "口令核验", "STATED": "操作员所称，未核验"}
"""How it is known who opened one."""
APPROVAL_KINDS = {"KIN_OF_STAFF": "近亲属备案", "COMPLAINT_CHECK": "举报核查", "SPOT_CHECK": "抽查", "AGGREGATION": "敏感聚合"}
APPROVAL_STATES = {
    "WAITING": "待审批", "LAPSED": "逾期未批", "STANDING": "有效", "ENDED": "已到期", "REFUSED": "不同意", "WITHDRAWN": "已撤回",
}
APPROVAL_CHIPS = {"WAITING": "PARTIAL", "LAPSED": "", "STANDING": "ALLOW", "ENDED": "", "REFUSED": "DENY", "WITHDRAWN": "DENY"}
"""How each state looks."""
BASES = {"letter": "核对授权书", "statute": "法定依据", "emergency": "急难先行", "self": "本人查询", "audit": "隐私审计", "file": "本事项在卷材料"}
DEPARTMENTS = {
    "GA": "公安", "SW": "税务", "GZ": "自然资源", "RS": "人社", "CL": "残联", "MZ": "民政",
    "YB": "医保", "WJ": "卫健", "ZJ": "住建", "GJJ": "公积金", "JT": "交通", "SCJG": "市场监管", "JY": "教育",
    "NY": "农业农村", "YJ": "应急", "CZ": "财政", "SF": "司法", "TY": "退役军人", "GH": "总工会", "DSJ": "大数据", "JR": "金融",
}
REASONS = {
    "TOKEN_INVALID": "令牌无效", "TOKEN_EXPIRED": "令牌过期", "TOKEN_REPLAYED": "令牌重放", "AUTH_NOT_FOUND": "无此授权书",
    "AUTH_HASH_MISMATCH": "授权书与所签文件不符", "AUTH_REVOKED": "授权书已撤回", "AUTH_EXPIRED": "授权书已过期",
    "AUTH_UNDER_REVIEW": "授权书待复核（平台密钥已撤销）", "LETTER_USES_SPENT": "授权书约定次数已用完", "PLATFORM_KEY_ADDED": "平台密钥登记", "PLATFORM_KEY_RETIRED": "平台密钥停用",
    "PLATFORM_KEY_REVOKED": "平台密钥撤销",
    "AUTH_PAUSED": "授权书已暂停", "SUBJECT_OF_AGE": "已成年，须本人签署", "SUBJECT_DECEASED": "对象已死亡",
    "REVOCATION_UNKNOWN": "撤回状态不明", "REQUESTER_MISMATCH": "非授权书所载机构", "PURPOSE_MISMATCH": "用途不符",
    "SUBJECT_NOT_COVERED": "对象未获授权", "FACT_NOT_AUTHORIZED": "信息项未获授权", "CONSENT_NOT_ITEMISED": "敏感信息未单独同意", "NOTICE_SUPERSEDED": "告知书已变更，需重新签署", "NOTICE_SILENT": "告知书未告知", "NO_JURISDICTION": "无管辖权",
    "AGGREGATION_NEEDS_APPROVAL": "信息累计，须经批准", "CATALOG_DENIED": "目录不予共享", "NOT_DELIVERED": "答复未送出", "RESPONSE_TOO_LARGE": "答复过大",
    "DOCUMENT_INVALID": "查询语句无效", "VARIABLE_INVALID": "变量无效", "ID_NUMBER_IN_DOCUMENT": "语句中含证件号码",
    "CASE_REGISTERED": "事项登记", "CASE_REGISTERED_AGAIN": "事项再次登记", "LETTER_REVOKED": "授权书撤回",
    "ASSESSMENT_MISSING": "用途无有效影响评估", "EMERGENCY_REASON": "急难事由不合要求", "FOLLOW_UP_DEADLINE_MISSING": "本地未定补办时限",
    "FOLLOW_UP_OVERDUE": "先行救助逾期未补办", "FOLLOW_UP_OPENED": "先行救助待补办", "FOLLOW_UP_MET": "先行救助已补办",
    "FOLLOW_UP_CLOSED": "补办事项已结", "FOLLOW_UP_ESCALATED": "补办逾期已上报", "EMERGENCY_SEEN": "急难查询已复核",
    "EMERGENCY_OBJECTED": "急难查询复核有异议", "APPROVAL_ASKED": "已提请审批", "APPROVAL_APPROVED": "审批同意", "APPROVAL_REFUSED": "审批不同意",
    "APPROVAL_WITHDRAWN": "审批已撤回", "APPROVAL_SEEN": "审批已复核", "APPROVAL_OBJECTED": "审批复核有异议", "SAME_OFFICER": "不得自批", "CONFLICT_OF_INTEREST": "应当回避",
    "ASSESSMENT_RECORDED": "影响评估登记", "ASSESSMENT_ENDED": "影响评估终止",
    "LETTER_PAUSED": "授权书暂停", "LETTER_RESUMED": "授权书恢复",
    "DEFERRED_ANSWERED": "迟到答复已收存", "DEFERRED_DESTROYED": "待答问题及答复已销毁", "DEFERRED_OVERDUE": "机构逾期未答",
    "DEFERRED_ENDED": "待答问题到期终止", "CHECK_REQUESTED": "已提请核对", "CHECK_REPORT_SEALED": "核对报告已封存",
    "INCIDENT_OPENED": "安全事件登记", "INCIDENT_REPORTED": "安全事件影响范围已查阅", "INCIDENT_TOLD": "安全事件已告知", "INCIDENT_CLOSED": "安全事件办结",
    "INCIDENTS_LISTED": "安全事件清单已查阅",
    "EXPLANATION_ASKED": "请求解释说明", "EXPLANATION_ANSWERED": "解释说明已答复", "EXPLANATION_UNKNOWN": "解释说明所指不存在", "EXPLANATIONS_OPEN": "待答复的解释说明过多",
    "EXPLANATION_ABOUT": "解释说明所指不明",
    "ARRANGEMENT_RECORDED": "身后安排登记", "ARRANGEMENT_LIFTED": "身后安排撤销", "ARRANGEMENTS_LIFTED": "本人撤回身后安排",
    "CHECK_REPORT_DROPPED": "核对报告到期删除", "CHECK_OUTDATED": "核对授权已变", "PERSON_ERASED_FROM_LOG": "个人已从日志中去除", "MESSAGES_COLLECTED": "平台已取走消息",
}
"""Reason codes an officer meets often; any other stands as it is."""


def purpose_title(code: str | None) -> str:
    """A purpose's Chinese title; a code the register does not know stands as it is."""
    if not code:
        return ""
    known = PURPOSES.get(code)
    return known.title_zh if known else code


def approval_title(kind: str) -> str:
    """What an approval is for; a kind without a title stands as it is."""
    return APPROVAL_KINDS.get(kind, kind)


def group_title(group: str) -> str:
    """A fact group as the catalogue calls it."""
    known = GROUPS.get(group)
    return known.title_zh if known else group


def department_title(code: str) -> str:
    """A department's short name: "MZ" is 民政, "MZ@511725000000" is 民政 of that region."""
    name, at, region = code.partition("@")
    title = DEPARTMENTS.get(name, name)
    return f"{title}（{region_name(region)}）" if at else title


def field_title(group: str, field: str) -> str:
    """A field as its department's catalogue calls it."""
    spec = GROUPS.get(group.partition("@")[0])
    known = spec.fields.get(field) if spec else None
    return known.title_zh if known else "有无记录" if field == "status" else field


def local_time(text: str) -> str:
    """An instant as the office reads it: Asia/Shanghai, to the second."""
    return datetime.fromisoformat(text).astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def basis_text(basis: Mapping[str, Any] | None) -> str:
    """The basis of a question in one phrase; letters are counted, their ids stand in the entry."""
    if not basis:
        return "未载明依据"
    kind = str(basis.get("kind") or "")
    title = BASES.get(kind, kind)
    if kind == "letter":
        return f"{title} {len(basis.get('letters', []))} 份"
    return f"{title} {basis.get('article') or basis.get('reason') or ''}".strip()


def sentences(entry: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """An entry of the graph's `accessLog`, told in sentences: who, when, whom, why. `names` are organisations' by code."""
    organisation = names.get(entry.get("organisation") or "", entry.get("organisation"))
    officer = f"经办人 {entry['officer']}" if entry.get("officer") else ""
    who = "，".join(filter(None, [organisation, officer]))
    told = [f"{local_time(entry['at'])}，{_deed(entry, who)}。"]
    if entry.get("purpose"):
        told.append(f"用途：{purpose_title(entry['purpose'])}；依据：{basis_text(entry.get('basis'))}。")
    if entry.get("review"):
        told.append("不凭授权书，待复查。")
    if entry.get("approvals"):
        told.append(f"经第二人审批：{'、'.join(entry['approvals'])}。")
    if entry.get("subjects"):
        told.append(f"涉及 {len(entry['subjects'])} 人，日志只以假名记载。")
    if entry.get("departments"):
        asked = "拟向以下部门取数" if entry["kind"] == "INTENT" else "已向以下部门取数"
        told.append(f"{asked}：{'、'.join(map(department_title, entry['departments']))}。")
    elif entry["kind"] in {"INTENT", "OUTCOME"}:
        told.append("未向任何部门取数。")
    if entry.get("reason"):
        told.append(f"理由：{REASONS.get(entry['reason'], entry['reason'])}（{entry['reason']}）。")
    return told


def told_by_group(entry: Mapping[str, Any]) -> Mapping[str, list[tuple[str, str]]]:
    """What was told: group's title -> (field's title, form's code)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in entry.get("fields") or []:
        group, at, region = line["group"].partition("@")
        title = GROUPS[group].title_zh if group in GROUPS else group
        found.setdefault(f"{title}（{region_name(region)}）" if at else title, []).append(
            (field_title(group, line["field"]), line["form"]),
        )
    return found


def _deed(entry: Mapping[str, Any], who: str) -> str:
    kind = entry["kind"]
    if kind == "OUTCOME":
        return f"{who} 得到答复：{DECISIONS.get(entry.get('decision') or '', '未载明')}"
    return {
        "INTENT": f"{who} 提出一项查询，记录先于取数",
        "REFUSAL": f"{who or '未经认证者'} 的请求被拒绝，未取任何数据",
        "CHANGE": f"{who + ' ' if who else ''}登记、授权或配置发生变更",
        "SECURITY_SUMMARY": "未经认证的无效请求汇总",
    }.get(str(kind), str(kind))
