"""医保局: one SOAP operation; amounts in fen, Chinese dates (docs/contracts/YB.md)."""

from __future__ import annotations

from datetime import timedelta

from connectors.sandbox.dialect import Asking, Query, SoapDialect
from connectors.sandbox.writing import DAY_CHINESE, DIGITS, FEN, REGION, Item, codes, flags

MEDICAL_INSURANCE = SoapDialect(
    code="YB", title="医疗保障局", batch=50, namespace="urn:yb:cbjs:v2", service="MedicalQuery", operation="QueryInsured",
    query=Query("/ws/MedicalQuery", "medicalInsurance", "参保与结算查询", {
        "cblx": Item("scheme", "参保类型：310职工，390城乡居民", codes({"EMPLOYEE": "310", "RESIDENT": "390"})),
        "cbd": Item("insuredRegion", "参保地", REGION),
        "zfje": Item("outOfPocket12m", "近12个月个人自付金额", FEN),
        "zycs": Item("inpatientCount12m", "近12个月住院次数", DIGITS),
        "dbzf": Item("catastrophicPaid", "大病保险支付", FEN),
        "yljz": Item("medicalAidPaid", "医疗救助支付", FEN),
        "cbzz": Item("premiumAid", "参保资助", flags("是", "否")),
        "jsjz": Item("settlementAsOf", "结算截止日期", DAY_CHINESE),
    }),
    request="cxqq", response="cxjg", column="mc",
    asking=Asking("cxdw", "zdlb", "cbr", key="bh", id="gmsfhm", purpose="cxyt", approval="pzwh", reference="lsh"),
    as_of="sjrq", dated=lambda today: f"{today - timedelta(days=1)}T06:00:00+08:00",
    result="cbrxx", status="cljg", found="1", none="0", record="mx", value="xm", value_column="mc", error="YB",
)
