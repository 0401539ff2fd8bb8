"""Arguments as keys of a cache: equal exactly when the values are, whatever container a client's library sent them in."""

from __future__ import annotations

from hub.arguments import freeze


def test_what_is_equal_has_one_key_and_what_is_not_has_another() -> None:
    given = {"b": [1, {"c": None}], "a": "x"}
    assert freeze(given) == freeze({"a": "x", "b": (1, {"c": None})})
    assert hash(freeze(given)) == hash(freeze(dict(given)))
    others = [{"a": "x", "b": [True, {"c": None}]}, {"a": "x", "b": [1, {}]}, {"a": "x"}, [given], [], {}, None, 1, True, "1"]
    assert len({freeze(one) for one in (given, *others)}) == len(others) + 1
