"""市场监管局: pages under an application's key; shares in per cent, capital in 万元 (docs/contracts/SCJG.md)."""

from __future__ import annotations

from datetime import timedelta

from connectors.sandbox.dialect import Asking, Flat, Query, RestDialect
from connectors.sandbox.writing import DAY_CHINESE, NUMBER, PERCENT, TEXT, Item, codes

_ROLES = {"LEGAL_REP": "1", "SHAREHOLDER": "2", "OWNER": "3"}

MARKET_REGULATION = RestDialect(
    code="SCJG", title="市场监督管理局", scheme="api-key-hmac", batch=100,
    queries=(
        Query("/ztdj/v2/ryrz", "marketEntity", "人员任职与投资查询", {
            "tyshxydm": Item("uscc", "统一社会信用代码", TEXT),
            "ztmc": Item("entityName", "市场主体名称", TEXT),
            "rysf": Item("role", "人员身份：1法定代表人，2股东，3经营者", codes(_ROLES)),
            "zczb": Item("registeredCapital", "注册资本（万元）", NUMBER),
            "czbl": Item("shareRatio", "出资比例", PERCENT),
            "djzt": Item("status", "登记状态：1存续，2注销，3吊销", codes({"OPEN": "1", "CANCELLED": "2", "REVOKED": "3"})),
            "clrq": Item("establishedOn", "成立日期", DAY_CHINESE),
        }),
    ),
    asking=Asking("cxjgdm", "fhzd", "zrr", key="xuhao", id="sfzjhm", purpose="cxyt", approval="cxyj", reference="lsh"),
    shape=Flat("rzxx", without="wrz", total="zjls", page_size="meiye", page_mark="yema", next_page="xiaye", most=50),
    ok={"fhm": "0"}, not_ok={}, failure=("fhm", "fhxx"), error=lambda status: f"{status}9",
    as_of="sjgxsj", dated=lambda today: f"{today - timedelta(days=1):%Y%m%d}010000",
)
