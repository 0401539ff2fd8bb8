"""Household registries as values: 潼南's database of needy households, Sichuan's base of the low-income population (docs/contracts).

A region that has one asks it, instead of the bureau, which households were confirmed as what.
"""

from __future__ import annotations

from datetime import timedelta

from connectors.sandbox.dialect import Asking, Nested, Query, RestDialect, SoapDialect
from connectors.sandbox.writing import DAY, DAY_DIGITS, REGION, TEXT, Item, codes

NEEDY = RestDialect(
    code="tn-needy-db", title="困难群众基本信息数据库", scheme="bearer", batch=100,
    queries=(
        Query("/knqz/v1/household", "confirmation", "困难群众台账查询", {
            "dxlb": Item("category", "对象类别", codes({
                "TEKUN_PERSON": "TK", "DIBAO_HOUSEHOLD": "DB", "DIBAO_SINGLE": "DBD", "DIBAO_EDGE": "BY", "RIGID_EXPENSE": "GX",
                "LOW_INCOME_OTHER": "QT", "DISABLED_NEEDY": "CJ",
            })),
            "rddq": Item("region", "认定地区", REGION), "rdjg": Item("issuer", "认定机关", TEXT), "rdrq": Item("confirmedOn", "认定日期", DAY),
            "yxq": Item("validTo", "有效期至", DAY), "sybz": Item("standardUsed", "适用标准", TEXT),
            "zt": Item("status", "状态", codes({"EFFECTIVE": "1", "ENDED": "0"})),
        }),
    ),
    asking=Asking("cxdw", "zd", "ry", key="xh", id="sfzh", purpose="yt", approval="spwh", reference="lsh"),
    shape=Nested("jg", status="cz", found="1", none="0", records="tz"), inside="data",
    ok={"code": 0}, not_ok={"code": 1}, failure=("errcode", "errmsg"), error=lambda status: f"KN-{status}",
    as_of="gxsj", dated=lambda today: f"{today - timedelta(days=1)} 22:00:00",
)
LOW_INCOME = SoapDialect(
    code="low-income-db", title="低收入人口基础信息库", batch=50, namespace="urn:sc:dsr:base:v1", service="LowIncomeBase", operation="QueryObject",
    query=Query("/ws/LowIncomeBase", "confirmation", "低收入人口对象查询", {
        "RKLX": Item("category", "低收入人口类型", codes({
            "DIBAO_HOUSEHOLD": "101", "DIBAO_SINGLE": "102", "TEKUN_PERSON": "103", "DIBAO_EDGE": "201", "RIGID_EXPENSE": "202",
            "LOW_INCOME_OTHER": "299", "DISABLED_NEEDY": "203",
        })),
        "SSQH": Item("region", "所属区划", REGION), "RDDW": Item("issuer", "认定单位", TEXT), "RDSJ": Item("confirmedOn", "认定时间", DAY_DIGITS),
        "DQSJ": Item("validTo", "到期时间", DAY_DIGITS), "BZMC": Item("standardUsed", "标准名称", TEXT),
        "YXBZ": Item("status", "有效标志", codes({"EFFECTIVE": "Y", "ENDED": "N"})),
    }),
    request="QueryObjectRequest", response="QueryObjectResponse", column="zd",
    asking=Asking("dwbm", "cxzd", "dx", key="xh", id="zjhm", purpose="cxyt", approval="spdh", reference="ywlsh"),
    as_of="sjrq", dated=lambda today: f"{today - timedelta(days=1)}T21:00:00+08:00",
    result="jg", status="jgzt", found="1", none="0", record="jl", value="z", value_column="dm", error="DSR",
)
REGISTRIES = (NEEDY, LOW_INCOME)
