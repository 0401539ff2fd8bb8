"""司法局: one SOAP operation over legal aid, judicial aid and what courts and prisons report (docs/contracts/SF.md)."""

from __future__ import annotations

from datetime import timedelta

from connectors.sandbox.dialect import Asking, Query, SoapDialect
from connectors.sandbox.writing import MONEY, TEXT, Item, flags

JUSTICE_BUREAU = SoapDialect(
    code="SF", title="司法局", batch=30, namespace="urn:sf:gzfl:v2", service="PublicLegalService", operation="QueryPerson",
    query=Query("/ws/PublicLegalService", "justice", "公共法律服务与司法救助查询", {
        "FYLB": Item("legalAidKind", "法律援助事项", TEXT),
        "FYPZ": Item("legalAidGranted", "法律援助批准", flags("1", "0")),
        "SFJZJE": Item("judicialAidPaid", "司法救助金额", MONEY),
        "FXZT": Item("servingSentence", "服刑状态", flags("Z", "F")),
        "SXBZ": Item("dishonestDebtor", "失信被执行人标志", flags("1", "0")),
    }),
    request="QueryPersonRequest", response="QueryPersonResponse", column="xmdm",
    asking=Asking("cxdw", "cxxm", "ry", key="xh", id="zjhm", purpose="cxsy", approval="spwh", reference="ywlsh"),
    as_of="sjrq", dated=lambda today: f"{today - timedelta(days=1)}T04:00:00+08:00",
    result="cxjg", status="jgzt", found="1", none="0", record="jl", value="z", value_column="dm", error="SF",
)
