"""What stands for each subject of one question apart, for the log: written only where subjects differ, each distinct list once.

Without it an entry would say of five people what holds for one of them: a person who asks what was told about them would be told of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from policies.forms import Form


def apart(each: Sequence[tuple[str, ...]]) -> Mapping[str, object]:
    """`each` subject's list, in the subjects' order; nothing where all are alike."""
    distinct = list(dict.fromkeys(each))
    if len(distinct) < 2:
        return {}
    return {"lists": [list(one) for one in distinct], "of": [distinct.index(one) for one in each]}


def of_one(written: object, position: int) -> tuple[str, ...] | None:
    """The list of the subject at `position`; None where all are alike. A subject beyond those written has an empty one."""
    if not isinstance(written, Mapping) or not written:
        return None
    of, lists = written.get("of"), written.get("lists")
    if not isinstance(of, list) or not isinstance(lists, list) or position >= len(of):
        return ()
    return tuple(str(one) for one in lists[of[position]])


def strongest(lines: Iterable[str]) -> dict[str, Form]:
    """By source, the strongest form of lines `source.field=FORM` or `source=FORM`."""
    found: dict[str, Form] = {}
    for line in lines:
        name, _, text = line.rpartition("=")
        source, form = name.partition(".")[0], Form(text)
        if source not in found or form.rank > found[source].rank:
            found[source] = form
    return found
