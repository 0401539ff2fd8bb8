"""个人信息处理告知书: the privacy notice a letter was signed under, as the person reads it (PIPL §17, §30, §48)."""

from __future__ import annotations

import hashlib

from hub.authorizations.matter import Letter
from hub.authorizations.renewals import untold
from hub.canonical import canonical
from policies.notice_contents import Contents
from policies.notices import Change, Notice, Notices


def notice_of(letter: Letter, register: Notices) -> dict[str, object] | None:
    """The notice of a letter; None where no register knows it."""
    notice = register.versions.get(letter.notice)
    if notice is None:
        return None
    return {
        "version": notice.version, "title": notice.title_zh, "signedFrom": notice.signed_from.isoformat(),
        "signedUntil": notice.signed_until.isoformat() if notice.signed_until is not None else None,
        "tells": _tells(notice.tells) if notice.tells is not None else None, "silent": list(untold(letter)),
        "changes": [_change(later, one) for later in register.since(notice.version) for one in later.changes],
    }


def _tells(told: Contents) -> dict[str, object]:
    words: dict[str, object] = {
        "handler": told.handler_zh, "contact": told.contact_zh, "rights": told.rights_zh, "other": list(told.other_zh),
        "uses": [{"purposes": list(one.purposes), "why": one.why_zh, "manner": one.manner_zh} for one in told.uses],
        "kinds": [{"title": one.title_zh, "factGroups": list(one.fact_groups), "kept": one.kept_zh} for one in told.kinds],
        "sensitive": [{"factGroups": list(one.fact_groups), "need": one.need_zh, "effect": one.effect_zh} for one in told.sensitive],
    }
    return words | {"digest": hashlib.sha256(canonical(words)).hexdigest()}


def _change(later: Notice, change: Change) -> dict[str, object]:
    return {
        "version": later.version, "signedFrom": later.signed_from.isoformat(), "about": change.about, "what": change.what_zh, "material": change.material,
        "purposes": sorted(change.purposes), "factGroups": sorted(change.fact_groups), "receivers": sorted(change.receivers),
    }
