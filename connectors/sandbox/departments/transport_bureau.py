"""交通局: pages behind a bearer token; values in 万元 (docs/contracts/JT.md)."""

from __future__ import annotations

from connectors.sandbox.dialect import Asking, Flat, Query, RestDialect
from connectors.sandbox.writing import DAY_DIGITS, NUMBER, TEXT, WAN, Item, codes

_KINDS = {"SHIP": "10", "FISHING": "20", "COMMERCIAL_VEHICLE": "30"}

TRANSPORT_BUREAU = RestDialect(
    code="JT", title="交通局", scheme="bearer", batch=80,
    queries=(
        Query("/ysgl/v1/cbcx", "vessel", "船舶与营运车辆查询", {
            "djhm": Item("registryNo", "登记号码", TEXT),
            "zl": Item("kind", "种类：10运输船舶，20渔船，30营运车辆", codes(_KINDS)),
            "zdw": Item("tonnage", "总吨位（吨）", NUMBER),
            "djrq": Item("registeredOn", "登记日期", DAY_DIGITS),
            "pgz": Item("valueBand", "评估价值", WAN),
        }),
    ),
    asking=Asking("dwbm", "lmc", "czr", key="hh", id="zjh", purpose="cxyy", approval="ajh", reference="rzh"),
    shape=Flat("hlb", without="wjl", total="zs", page_size="mys", page_mark="fym", next_page="xym", most=40),
    ok={"zt": "OK"}, not_ok={"zt": "ERR"}, failure=("cwdm", "sm"), error=lambda status: f"JT{status}",
    as_of="tbsj", dated=lambda today: f"{today.replace(day=1)} 03:00:00",
)
