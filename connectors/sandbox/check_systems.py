"""The two means-check systems as values: Chongqing's of the municipality, Sichuan's of the province with a county's content."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from connectors.sandbox.check_system import CheckDialect

Json = dict[str, Any]


def _chongqing_report(told: Json) -> Json:
    at = told["at"]
    return {
        "bgbh": told["number"], "ywbh": told["reference"], "cjdw": "重庆市居民家庭经济状况核对中心", "cjsj": at.strftime("%Y-%m-%d %H:%M:%S"),
        "yxq": (at + timedelta(days=90)).strftime("%Y-%m-%d"), "yd": [],
        "mx": [
            {"xh": line["place"], "hdx": line["item"], "ly": "市级数据", "sjsj": at.strftime("%Y-%m-%d"), "jg": line["result"], "bd": "9"}
            for line in told["lines"]
        ],
    }


def _sichuan_report(told: Json) -> Json:
    at = told["at"]
    return {
        "reportNo": told["number"], "outBizNo": told["reference"], "issueOrg": "四川省低收入家庭认定指导中心", "issueTime": at.isoformat(),
        "expireDate": (at + timedelta(days=90)).date().isoformat(), "suspects": [],
        "detail": [
            {
                "serial": line["place"], "itemCode": line["item"], "sourceOrg": "省级数据", "dataTime": at.date().isoformat(),
                "resultCode": line["result"], "compareCode": "NA",
            } for line in told["lines"]
        ],
    }


CHONGQING = CheckDialect(
    platform="cq-means-check", title="重庆市社会救助家庭经济状况核查认定信息管理系统", scheme="http-signature", intent_header="Hub-Intent",
    paths=("/hdxt/api/v2/rw", "/hdxt/api/v2/rw/zt", "/hdxt/api/v2/bg"), reference="ywbh", people="cy", place="xh", number="sfzh",
    letters="sqs", ticket="rwh", required=frozenset({"sqdw", "hdyt", "jzlx", "srqj_q", "srqj_z", "ywbh", "cy", "sqs"}), state="zt",
    states=("2", "3"), document="bg", seal="qz", hit=("1", "0"), prefix="CQHD",
    items={
        "01": "householdRegister", "02": "vehicle", "03": "tax", "04": "socialInsurance", "05": "realEstate", "11": "marriage",
        "12": "disability", "13": "civilAssistance",
    },
    wrap=lambda data: {"code": "0000", "msg": "成功", "data": data},
    refusal=lambda code, text: {"code": f"E{code or '500'}", "msg": text}, report=_chongqing_report,
)
SICHUAN = CheckDialect(
    platform="sc-means-check", title="核对系统数据交换平台", scheme="api-key-hmac", intent_header="",
    paths=("/gateway/check/apply", "/gateway/check/query", "/gateway/check/report"), reference="outBizNo", people="familyList",
    place="serial", number="certNo", letters="authList", ticket="checkNo",
    required=frozenset({"entrustOrg", "checkPurpose", "businessType", "incomeStart", "incomeEnd", "outBizNo", "familyList", "authList"}),
    state="checkState", states=("CHECKING", "FINISHED"), document="reportBody", seal="reportSeal", hit=("HIT", "NONE"), prefix="SC",
    items={
        "HJ": "householdRegister", "CL": "vehicle", "SS": "tax", "SB": "socialInsurance", "BDC": "realEstate", "HY": "marriage",
        "CJ": "disability", "JZ": "civilAssistance",
    },
    wrap=lambda data: {"success": True, "result": data},
    refusal=lambda code, text: {"success": False, "errorCode": code, "errorMsg": text}, report=_sichuan_report,
)
OF_REGION = {"50": CHONGQING, "51": SICHUAN}
"""By the province's two digits."""
