"""税务局: one SOAP operation over the latest months, amounts in fen (docs/contracts/SW.md)."""

from __future__ import annotations

from datetime import timedelta

from connectors.sandbox.dialect import Asking, Query, SoapDialect, Window
from connectors.sandbox.writing import FEN, MONTH_DIGITS, TEXT, Item, codes, flags

_KINDS = {"WAGE": "0100", "LABOUR": "0400", "BUSINESS": "0500", "PROPERTY": "0800", "OTHER": "1000"}

TAX_BUREAU = SoapDialect(
    code="SW", title="税务局", batch=20, namespace="urn:sw:tax:query:v1", service="TaxQuery", operation="Query",
    query=Query("/services/TaxQuery", "tax", "纳税记录查询", {
        "D01": Item("month", "所属期", MONTH_DIGITS),
        "D02": Item("incomeKind", "所得项目", codes(_KINDS)),
        "D03": Item("incomeBand", "收入额", FEN),
        "D04": Item("taxPaid", "已缴税额", FEN),
        "D05": Item("withholdingAgent", "扣缴义务人", TEXT),
        "D06": Item("businessTaxRecord", "经营纳税记录", flags("Y", "N")),
    }),
    request="QueryRequest", response="QueryResponse", column="dm",
    asking=Asking("sqdw", "xm", "nsr", key="xh", id="sfzjhm", purpose="yt", approval="spwh", reference="ywlsh"),
    person_name="xingming", window=Window("zjys", item="D01", usual=12, most=36),
    as_of="sjsj", dated=lambda today: f"{today - timedelta(days=2)}T02:00:00+08:00",
    result="jg", status="zt", found="Y", none="N", record="jl", value="zd", value_column="dm", error="SW",
)
