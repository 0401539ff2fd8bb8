"""公安局: a signed batch for household register and vehicles; bands and comparisons of a value it computes itself (docs/contracts/GA.md)."""

from __future__ import annotations

from datetime import timedelta

from connectors.sandbox.dialect import Asking, Comparison, Nested, Query, RestDialect
from connectors.sandbox.writing import DAY_DIGITS, DIGITS, MONEY, REGION, TEXT, Item, Writer, bands, codes, flags

# GB/T 4761 as the bureau writes it: the head is 00, everybody else the standard's.
_RELATION = Writer(lambda value: "00" if value == "02" else str(value), {"type": "string", "pattern": r"^\d\d$"}, "GB/T 4761，户主为00")

PUBLIC_SECURITY = RestDialect(
    code="GA", title="公安局", scheme="http-signature", intent_header="Hub-Intent", batch=50,
    queries=(
        Query("/api/v1/query/hukou", "householdRegister", "户籍查询", {
            "hh": Item("hukouNo", "户号", TEXT),
            "hjd": Item("hukouRegion", "户籍地", REGION),
            "hlb": Item("householdKind", "户类别", codes({"FAMILY": "1", "COLLECTIVE": "2"})),
            "yhzgx": Item("relationToHead", "与户主关系", _RELATION),
            "hnrs": Item("memberCount", "户内人数", DIGITS),
            "qrrq": Item("movedInOn", "迁入日期", DAY_DIGITS),
            "qcrq": Item("movedOutOn", "迁出日期", DAY_DIGITS),
            "zxyy": Item("cancelReason", "注销原因", codes({"DEATH": "1", "MOVE": "2", "ABROAD": "3", "OTHER": "9"})),
            "swrq": Item("deathOn", "死亡日期", DAY_DIGITS),
            "jzzyxq": Item("residencePermitValidTo", "居住证有效期", DAY_DIGITS),
        }),
        Query("/api/v1/query/vehicle", "vehicle", "机动车查询", {
            "hphm": Item("plateNo", "号牌号码", TEXT),
            "syxz": Item("useNature", "使用性质", codes({"NON_COMMERCIAL": "A", "COMMERCIAL": "F"})),
            "cllx": Item("vehicleType", "车辆类型", TEXT),
            "ccdjrq": Item("registeredOn", "初次登记日期", DAY_DIGITS),
            "jdczt": Item("status", "机动车状态", codes({"NORMAL": "A", "SCRAPPED": "E", "TRANSFERRED": "B"})),
            "cjrdbc": Item("isDisabilityMobility", "残疾人代步车", flags("1", "0")),
            "pgjz": Item("valueBand", "评估价值", MONEY),
            "pgqj": Item("valueBand", "评估区间", bands((1_000, 5_000, 20_000, 50_000, 100_000))),
        }),
    ),
    asking=Asking("sqdw", "fields", "items", key="xh", id="sfzh", purpose="yt", approval="spwh", reference="ywlsh"),
    shape=Nested("jg", status="zt", found="1", none="0", records="jl"), inside="data", null="",
    ok={"code": "0000", "msg": "成功"}, not_ok={}, failure=("code", "msg"),
    error=lambda status: f"{'B' if status >= 500 else 'A'}0{status}",
    as_of="gxsj", dated=lambda today: f"{today - timedelta(days=1):%Y%m%d}233000",
    comparison=Comparison("yz", name="zd", amount="fz", of="pgjz", told="pgjz_db"),
)
