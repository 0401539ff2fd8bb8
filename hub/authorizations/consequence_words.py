"""What is said of a withdrawal's consequences, in Chinese for the citizen and in English, with the clause each line rests on.

Said is what the law says and no more: an office may stop a procedure it cannot go on with (57 §29), and may refuse nothing that does
not need the facts withdrawn (PIPL §16).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


def _said(ground: str, zh: str, en: str) -> Mapping[str, str]:
    return MappingProxyType({"ground": ground, "zh": zh, "en": en})


LINES: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "QUESTIONS": _said(
        "PIPL §15", "撤回的部分自撤回起一秒内停止查询；此前发出、尚未告知的答复不再告知。",
        "What you withdraw is asked about no more within one second; answers under way by then are not told.",
    ),
    "PROCEDURE": _said(
        "57 §29; PIPL §16", "办理机关可能因无法核对而终止本次办理；与所撤回信息无关的服务不得因此拒绝。撤回后可以重新签署授权书。",
        "The office may end this procedure where it cannot verify without these facts; it may refuse nothing that does not need them. You may sign anew.",
    ),
    "MATTER": _said("PIPL §15", "本事项已终止，不再依据其查询任何信息。", "The matter is ended; nothing is asked under it any more."),
    "LATE_ANSWERS": _said(
        "PIPL §15, §47", "有关部门尚未答复或答复尚未告知的查询予以终止，已收到的答复销毁。",
        "Questions departments have not answered yet, and answers not told yet, end; what was received is destroyed.",
    ),
    "CHECKS": _said(
        "PIPL §15, §47", "涉及您的核对终止：未提交的不再提交，未出具的报告不再取回，已出具的封存。",
        "Checks that include you end: none is submitted or fetched any more; a report that was issued is sealed off.",
    ),
    "MESSAGES": _said(
        "PIPL §15, §47", "您提交、尚未送达的申请材料不再送达，内容销毁。", "What you sent and its receiver has not collected is not handed over; its contents are destroyed.",
    ),
    "TOLD": _said(
        "PIPL §15", "撤回前已依法告知的信息及据此进行的处理仍然有效。", "What was lawfully told before stays lawful, and so does what was done with it.",
    ),
    "REPORTS": _said(
        "PIPL §15, §47", "撤回前已出具的核对报告在法定保存期限内封存于原卷，仅供原办理机关在本事项中查阅，不提供给新的单位。",
        "Check reports issued before stay sealed in this matter's file for their retention: read by the office that asked for them, given to nobody new.",
    ),
    "LETTERS": _said(
        "PIPL §13(1)", "仍然有效的授权书（其他签署人，或您未撤回的部分）继续有效。", "Letters still in force, of others or of what you did not withdraw, go on.",
    ),
    "STATUTE": _said(
        "PIPL §13(3)", "依照法律规定无需同意的查询不受撤回影响。", "Questions the law allows without consent are not touched by a withdrawal.",
    ),
    "RECORD": _said(
        "PIPL §47; NDS §12", "授权书、撤回及查询的记录依法保存，仅作存储和安全保护，可供您查阅。",
        "The letters, this withdrawal and the record of who asked are kept as the law requires, stored and protected only; you may see them.",
    ),
})
