"""群团: what union, women's and youth federations, Red Cross and charity federation gave, joined by the union's desk (docs/contracts/GH.md)."""

from __future__ import annotations

from datetime import timedelta

from connectors.sandbox.dialect import Asking, Nested, Query, RestDialect
from connectors.sandbox.writing import DAY, MONEY, TEXT, Item, codes

_ORGANISATIONS = {"UNION": "GH", "WOMEN": "FL", "YOUTH": "TW", "REDCROSS": "HSZ", "CHARITY": "CS"}

MASS_ORGANISATIONS = RestDialect(
    code="GH", title="总工会（群团帮扶联合台账）", scheme="bearer", batch=100,
    queries=(
        Query("/qtbf/records/search", "massOrgAid", "群团帮扶记录查询", {
            "bfzz": Item("org", "帮扶组织", codes(_ORGANISATIONS)),
            "bfxm": Item("program", "帮扶项目", TEXT),
            "kndj": Item("hardshipLevel", "困难等级", TEXT),
            "bfje": Item("amount", "帮扶金额", MONEY),
            "bfrq": Item("helpedOn", "帮扶日期", DAY),
        }),
    ),
    asking=Asking("cxdw", "zd", "dx", key="xh", id="sfzhm", purpose="yt", approval="spdh", reference="lsh"),
    shape=Nested("jg", status="zt", found="Y", none="N", records="bfjl"), inside="data",
    ok={"success": True}, not_ok={"success": False}, failure=("errorCode", "errorMsg"), error=lambda status: f"GH-{status}",
    as_of="sjrq", dated=lambda today: f"{today - timedelta(days=3)} 00:00:00",
)
