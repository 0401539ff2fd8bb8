"""住建委: a batch under an application's key; subsidies in fen (docs/contracts/ZJ.md)."""

from __future__ import annotations

from datetime import timedelta

from connectors.sandbox.dialect import Asking, Nested, Query, RestDialect
from connectors.sandbox.writing import DIGITS, FEN, NUMBER, TRUTH, Item, codes, flags

HOUSING_BUREAU = RestDialect(
    code="ZJ", title="住房和城乡建设委员会", scheme="api-key-hmac", batch=60,
    queries=(
        Query("/zfbz/v1/hcx", "housing", "住房保障查询", {
            "gzf": Item("publicRental", "承租公租房", TRUTH),
            "zlbt": Item("rentSubsidy", "月租赁补贴", FEN),
            "zfkn": Item("housingDifficulty", "住房困难认定", flags("1", "0")),
            "rjmj": Item("perCapitaArea", "人均住房建筑面积（平方米）", NUMBER),
            "wfdj": Item("dangerLevel", "危房等级", codes({"C": "C级", "D": "D级", "NONE": "安全"})),
            "gznd": Item("repairedYear", "危房改造年度", DIGITS),
        }),
    ),
    asking=Asking("sydw", "zd", "sqr", key="xh", id="sfzhm", purpose="yt", approval="pjh", reference="ywh"),
    shape=Nested("jgj", status="bz", found="Y", none="N", records="xx"), null="",
    ok={"cg": True}, not_ok={"cg": False}, failure=("cwm", "cwxx"), error=lambda status: f"ZJ-{status}",
    as_of="sjsj", dated=lambda today: f"{today - timedelta(days=3):%Y%m%d}000000",
)
