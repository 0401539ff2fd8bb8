"""大数据发展局: the list of a person's electronic certificates, under an RFC 9421 signature (docs/contracts/DSJ.md)."""

from __future__ import annotations

from connectors.sandbox.dialect import Asking, Nested, Query, RestDialect
from connectors.sandbox.writing import DAY_DIGITS, TEXT, Item

CERTIFICATE_PLATFORM = RestDialect(
    code="DSJ", title="大数据应用发展管理局（电子证照库）", scheme="http-signature", intent_header="Hub-Intent", batch=50,
    queries=(
        Query("/dzzz/v3/catalog", "eCert", "电子证照目录查询", {
            "zzlxdm": Item("certType", "证照类型代码", TEXT),
            "zzhmhsw": Item("certNoTail", "证照号码后四位", TEXT),
            "zzbfjg": Item("issuer", "证照颁发机构", TEXT),
            "zzyxqjzrq": Item("validTo", "证照有效期截止日期", DAY_DIGITS),
            "wjzy": Item("documentHash", "证照文件摘要", TEXT),
        }),
    ),
    asking=Asking("sydw", "sjx", "czr", key="xh", id="czrzjhm", purpose="yt", approval="sxbh", reference="qqlsh"),
    shape=Nested("zzml", status="jg", found="1", none="0", records="zz"), inside="data", null="",
    ok={"head": "200"}, not_ok={}, failure=("head", "message"), error=str,
    as_of="gxsj", dated=lambda today: f"{today:%Y%m%d}060000",
)
