"""人社局: pages under an application's key and an HMAC over the body, in the words of the 金保 dictionary (docs/contracts/RS.md)."""

from __future__ import annotations

from datetime import timedelta

from connectors.sandbox.dialect import Asking, Flat, Query, RestDialect
from connectors.sandbox.writing import DAY, MONEY, MONTH_DIGITS, REGION, TEXT, WHOLE, Item, codes, flags

_WORK = {"24": "1", "27": "2", "31": "3", "51": "4", "54": "5", "70": "6", "80": "7", "17": "8"}

HUMAN_RESOURCES = RestDialect(
    code="RS", title="人力资源和社会保障局", scheme="api-key-hmac", batch=100,
    queries=(
        Query("/si/v2/payments", "socialInsurance", "参保缴费查询", {
            "aae140": Item("scheme", "险种类型", codes({"EMPLOYEE": "110", "RESIDENT": "170"})),
            "aic079": Item("insuredMonths12", "近12个月缴费月数", WHOLE),
            "aae003": Item("lastPaidMonth", "最近缴费月", MONTH_DIGITS),
            "aic020": Item("contributionBase", "月缴费基数", MONEY),
            "aab004": Item("employerName", "参保单位", TEXT),
            "aic263": Item("pensionMonthly", "月养老金", MONEY),
            "aic160": Item("pensionFrom", "养老金起发月", MONTH_DIGITS),
            "ajc071": Item("unemploymentBenefit", "失业保险金", MONEY),
            "aab301": Item("insuredRegion", "参保地", REGION),
        }),
        Query("/job/v2/status", "employment", "就业状态查询", {
            "acc210": Item("employmentCode", "就业状态", codes(_WORK, other="9")),
            "ajc090": Item("registeredUnemployedOn", "失业登记日期", DAY),
            "acc040": Item("hardToEmployKind", "就业困难人员类别", TEXT),
            "acc0j3": Item("refusedOffers", "拒绝介绍工作次数", WHOLE),
            "acc0l0": Item("zeroEmploymentHousehold", "零就业家庭", flags("1", "0")),
            "acc0g1": Item("publicPost", "公益性岗位", flags("1", "0")),
            "acc0b2": Item("jobSubsidyUntil", "补贴截止月", MONTH_DIGITS),
        }),
    ),
    asking=Asking("orgCode", "columns", "persons", key="seq", id="aac002", purpose="purpose", approval="approval", reference="ref"),
    shape=Flat("rows", without="noData", total="total", page_size="pageSize", page_mark="pageToken", next_page="nextPage", most=100),
    ok={"success": True}, not_ok={"success": False}, failure=("errorCode", "message"), error=lambda status: f"RS-{status}",
    as_of="dataTime", dated=lambda today: f"{today - timedelta(days=1)} 23:00:00",
)
