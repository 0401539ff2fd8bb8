"""卫健委: a signed batch; chapters of ICD-10 by number (docs/contracts/WJ.md)."""

from __future__ import annotations

from datetime import timedelta

from connectors.sandbox.dialect import Asking, Nested, Query, RestDialect
from connectors.sandbox.writing import DAY_SLASHED, WHOLE, Item, codes, flags

_ROMAN = "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI XVII XVIII XIX XX XXI XXII".split()  # noqa: SIM905 - as they are counted
_CHAPTERS = {roman: f"{number:02d}" for number, roman in enumerate(_ROMAN, 1)}

HEALTH_COMMISSION = RestDialect(
    code="WJ", title="卫生健康委员会", scheme="http-signature", intent_header="Hub-Intent", batch=50,
    queries=(
        Query("/jkda/v1/zdjb", "health", "重大疾病与死亡证明查询", {
            "zdjb": Item("seriousIllness", "重大疾病", flags("1", "0")),
            "icdz": Item("illnessCategory", "疾病大类（ICD-10章号）", codes(_CHAPTERS)),
            "hjb": Item("rareDisease", "罕见病", flags("Y", "N")),
            "ttys": Item("paralysisMonths", "瘫痪月数", WHOLE),
            "swzmrq": Item("deathCertificateOn", "死亡医学证明签发日期", DAY_SLASHED),
            "cqfy": Item("longTermMedication", "长期服药", flags("有", "无")),
        }),
    ),
    asking=Asking("cxjg", "zdxm", "cxry", key="bh", id="sfzh", purpose="cxmd", approval="sqbh", reference="qqlsh"),
    shape=Nested("ry", status="cxjg", found="1", none="2", records="da"), inside="sj",
    ok={"jgm": "200"}, not_ok={}, failure=("jgm", "jgsm"), error=lambda status: f"WJ{status}",
    as_of="gxsj", dated=lambda today: f"{today - timedelta(days=1)} 02:30:00",
)
