"""教委: a batch behind a bearer token; yes and no in Chinese (docs/contracts/JY.md)."""

from __future__ import annotations

from datetime import date

from connectors.sandbox.dialect import Asking, Nested, Query, RestDialect
from connectors.sandbox.writing import MONEY, TEXT, Item, codes, flags

_STAGES = {"PRESCHOOL": "1", "PRIMARY": "2", "JUNIOR": "3", "HIGH": "4", "VOCATIONAL": "5", "HIGHER": "6"}
_AID = {"TUITION": "XF", "STIPEND": "ZXJ", "LOAN": "DK", "FREE_MEAL": "SS", "OTHER": "QT"}


def _term(today: date) -> str:
    """The register is drawn up when a term begins."""
    return f"{today.year}0901080000" if today.month >= 9 else f"{today.year}0301080000"


EDUCATION_BUREAU = RestDialect(
    code="JY", title="教育委员会", scheme="bearer", batch=40,
    queries=(
        Query("/xsjz/v1/xjcx", "education", "学籍与资助查询", {
            "xd": Item("stage", "学段：1学前，2小学，3初中，4普通高中，5中等职业，6高等教育", codes(_STAGES)),
            "xxmc": Item("schoolName", "学校名称", TEXT),
            "zjzt": Item("enrolled", "在籍状态", flags("在籍", "离校")),
            "zzxm": Item("aidKind", "资助项目：XF学费减免，ZXJ助学金，DK助学贷款，SS营养膳食，QT其他", codes(_AID)),
            "zzje": Item("aidAmount", "每学期资助金额", MONEY),
            "gsfxx": Item("feeChargingSchool", "高收费学校", flags("是", "否")),
            "sjsm": Item("homeTeaching", "送教上门", flags("1", "0")),
        }),
    ),
    asking=Asking("bm", "cxx", "xs", key="h", id="sfz", purpose="sy", approval="ph", reference="ls"),
    shape=Nested("xsxx", status="zt", found="a", none="b", records="xj"), inside="shuju",
    ok={"zhuangtai": "success"}, not_ok={"zhuangtai": "failure"}, failure=("daima", "xiaoxi"), error=lambda status: f"E{status}",
    as_of="xqsj", dated=_term,
)
