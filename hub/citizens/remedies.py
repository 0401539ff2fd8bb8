"""救济途径: where a person turns whose request was refused, in Chinese for them and in English, with the article each line rests on.

Rules of this file:
- What is told follows from the region alone, never from the refusal: two refusals that looked alike still do.
- The right is the law's and is told always; whom it leads to is the region's to name, and nobody is named in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policies.citizens import CitizenRules, Recourse

Remedies = Sequence[Mapping[str, object]]

_LINES: Mapping[Recourse, tuple[str, str, str]] = {
    Recourse.OFFICE: (
        "PIPL §50", "可以向处理机关询问理由、补充材料后再次提出，或者向其投诉。",
        "You may ask the office for its reasons, ask again with what was missing, or complain to it.",
    ),
    Recourse.AUTHORITY: (
        "PIPL §60, §65", "认为处理个人信息的活动违法的，可以向履行个人信息保护职责的部门投诉、举报。",
        "If you hold that the handling is unlawful, you may complain to the department that protects personal information.",
    ),
    Recourse.COURT: (
        "PIPL §50; ALL §14, §18", "行使权利的请求被拒绝的，可以依法向人民法院提起诉讼；对行政机关的，一般由其所在地的基层人民法院管辖。",
        "If a request to exercise your rights is refused, you may sue at a people's court: of an administrative organ, as a rule the basic court where it sits.",
    ),
}


def remedies(rules: CitizenRules | None) -> Remedies:
    """In the order one would take them; `rules` the region's."""
    places = rules.places if rules is not None else {}
    told = []
    for kind, (ground, zh, en) in _LINES.items():
        place = places.get(kind)
        where = {"name": None, "address": None, "contact": None} if place is None else {"name": place.name, "address": place.address, "contact": place.contact}
        told.append({"kind": kind.value, "ground": ground, "zh": zh, "en": en, **where})
    return tuple(told)
