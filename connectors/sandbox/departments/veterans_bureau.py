"""退役军人事务局: pages under an application's key and an HMAC over the body (docs/contracts/TY.md)."""

from __future__ import annotations

from datetime import timedelta

from connectors.sandbox.dialect import Asking, Flat, Query, RestDialect
from connectors.sandbox.writing import FEN, MONTH_DIGITS, TEXT, TRUTH, Item

VETERANS_BUREAU = RestDialect(
    code="TY", title="退役军人事务局", scheme="api-key-hmac", batch=50,
    queries=(
        Query("/yfdx/v1/treatment", "veteran", "优抚待遇查询", {
            "isYfdx": Item("isBeneficiary", "是否优抚对象", TRUTH),
            "yflb": Item("beneficiaryKind", "优抚类别", TEXT),
            "ybzFen": Item("subsidyMonthly", "月补助标准", FEN),
            "qfny": Item("subsidyFrom", "起发年月", MONTH_DIGITS),
        }),
    ),
    asking=Asking("deptCode", "items", "persons", key="no", id="sfzh", purpose="useFor", approval="approvalNo", reference="traceNo"),
    shape=Flat("list", without="notFound", total="count", page_size="limit", page_mark="cursor", next_page="nextCursor", most=50),
    ok={"status": "OK"}, not_ok={"status": "FAIL"}, failure=("errCode", "errMsg"), error=lambda status: f"TY{status}",
    as_of="asOf", dated=lambda today: f"{today - timedelta(days=1)} 20:00:00",
)
