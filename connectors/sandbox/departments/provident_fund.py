"""公积金中心: one SOAP operation; balances in 万元, a band it computes itself (docs/contracts/GJJ.md)."""

from __future__ import annotations

from datetime import timedelta

from connectors.sandbox.dialect import Asking, Query, SoapDialect
from connectors.sandbox.writing import FEN, MONTH, WAN, Item, bands, codes

_REASONS = {"HOUSE": "01", "RENT": "02", "OTHER": "09", "NONE": "00"}

PROVIDENT_FUND = SoapDialect(
    code="GJJ", title="住房公积金管理中心", batch=30, namespace="urn:gjj:grzh:v1", service="AccountQuery", operation="QueryAccount",
    query=Query("/services/AccountQuery", "providentFund", "个人账户查询", {
        "zhzt": Item("status", "账户状态：1正常，2封存，3销户", codes({"NORMAL": "1", "SEALED": "2", "CLOSED": "3"})),
        "yjce": Item("monthlyDeposit", "月缴存额", FEN),
        "zhye": Item("balanceBand", "账户余额", WAN),
        "yeqj": Item("balanceBand", "余额区间", bands((1_000, 5_000, 20_000, 50_000, 100_000))),
        "zjjcny": Item("lastDepositMonth", "最近缴存年月", MONTH),
        "tqyy": Item("withdrawReason", "提取原因：01购建房，02租房，09其他，00未提取", codes(_REASONS)),
    }),
    request="ZhcxRequest", response="ZhcxResponse", column="zdm",
    asking=Asking("jgdm", "zdxx", "ry", key="rybh", id="zjhm", purpose="syyt", approval="spdh", reference="jyls"),
    as_of="tjsj", dated=lambda today: f"{today.replace(day=1) - timedelta(days=1)}T23:59:59+08:00",
    result="zhxx", status="cxzt", found="00", none="01", record="zh", value="zd", value_column="zdm", error="GJJ",
)
