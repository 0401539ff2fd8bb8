"""Operation: shapes equal to graphql-core's own collection of fields; variables, directives, names, caching."""

from __future__ import annotations

import time
from dataclasses import fields
from typing import Any

import pytest
from graphql import (
    FragmentDefinitionNode,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_argument_values,
    get_named_type,
    get_variable_values,
    is_abstract_type,
    is_object_type,
    parse,
    validate,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields, collect_subfields
from hypothesis import HealthCheck, Phase, given, reject, settings

from hub.arguments import resolve
from hub.errors import CallerError, Malformed, TooLarge
from hub.operation import Documents, Operation
from hub.operations.limits import Limits
from hub.question import Place, Variable
from schema import SCHEMA
from schema.facts import FactGroupCode
from tests.hub.operations.generated import operations

WIDE = Limits(**{each.name: 10**12 for each in fields(Limits)} | {"fields": 20_000, "directive_variables": 10, "page": 200, "documents": 1})
HOUSEHOLD = """
query Facts($case: ID!, $cars: Boolean! = true, $threshold: Threshold!) {
  case(id: $case) { household { members { person { id
    vehicle @include(if: $cars) { ...Common records { value { band atLeast(threshold: $threshold) } } }
    facts(groups: [tax, vehicle]) { __typename ...Common ... on TaxFacts { records { month } } }
  } } } }
}
fragment Common on Facts { status asOf }
"""


def read(text: str, name: str | None = None, *, limits: Limits | None = None, introspection: bool = False) -> Operation:
    return Documents(SCHEMA, limits or Limits(), introspection=introspection).read(text, name)


def only(places: tuple[Place, ...], *path: str) -> Place:
    place = next(each for each in places if each.key == path[0])
    for key in path[1:]:
        (selection,) = place.selections.values()
        place = next(each for each in selection if each.key == key)
    return place


# --- shapes ---------------------------------------------------------------------------------------------------------


class Reference:
    """The same operation as graphql-core itself would collect it."""

    def __init__(self, text: str, variables: dict[str, Any]) -> None:
        document = parse(text)
        assert not validate(SCHEMA, document)
        self.operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
        self.fragments = {node.name.value: FragmentDetails(node) for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        values = get_variable_values(SCHEMA, self.operation.variable_definitions or (), variables)
        assert not isinstance(values, list), values
        self.values = values
        self.compared = 0

    def equals(self, places: tuple[Place, ...]) -> None:
        root = SCHEMA.query_type
        assert root is not None
        grouped = collect_fields(SCHEMA, self.fragments, self.values, root, self.operation).grouped_field_set
        self._same(places, grouped, root, ())

    def _same(self, places: tuple[Place, ...], grouped: Any, parent: GraphQLObjectType, path: tuple[str, ...]) -> None:
        assert [place.key for place in places] == list(grouped)
        for place, details in zip(places, grouped.values(), strict=True):
            self.compared += 1
            node = details[0].node
            assert (place.name, place.parent, place.path) == (node.name.value, parent.name, (*path, place.key))
            if place.name == "__typename":
                assert (place.type, place.wrapping, dict(place.selections)) == ("String", ("!",), {})
                continue
            field = parent.fields[place.name]
            named = get_named_type(field.type)
            assert place.type == named.name
            assert str(field.type).count("!") == place.wrapping.count("!")
            assert resolve(place.arguments, self.values.coerced) == get_argument_values(field, node, self.values)
            possible = SCHEMA.get_possible_types(named) if is_abstract_type(named) else [named] if is_object_type(named) else []
            assert set(place.selections) == {type_.name for type_ in possible}
            for type_ in possible:
                sub = collect_subfields(SCHEMA, self.fragments, self.values, self.operation, type_, details).grouped_field_set
                self._same(place.selections[type_.name], sub, type_, place.path)


def assert_equal_to_graphql_core(drawn: tuple[str, dict[str, Any]]) -> None:
    text, variables = drawn
    try:
        operation = read(text, limits=WIDE)
    except TooLarge:
        reject()  # repeated fields in repeated fields: some hundred times what any client may send
    reference = Reference(text, variables)
    question, values = operation.question(variables)
    assert values == reference.values.coerced
    reference.equals(question.places)
    assert question.variables <= set(values)


# Without shrinking: it can take minutes on documents this size, and the seed that fails is printed anyway.
_QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck), "phases": [Phase.explicit, Phase.generate], "database": None}


@given(operations())
@settings(max_examples=40, **_QUIET)  # an example holds every fact group; the large corpus has a thousand
def test_the_places_of_every_concrete_type_are_those_graphql_core_collects(drawn: tuple[str, dict[str, Any]]) -> None:
    assert_equal_to_graphql_core(drawn)


@pytest.mark.slow
@pytest.mark.timeout(600)
@given(operations())
@settings(max_examples=1000, **_QUIET)
def test_the_places_are_those_graphql_core_collects_on_a_large_corpus(drawn: tuple[str, dict[str, Any]]) -> None:
    assert_equal_to_graphql_core(drawn)


def test_a_household_question_is_flattened_per_concrete_type() -> None:
    question, values = read(HOUSEHOLD).question({"case": "c1", "threshold": "ASSET_LIMIT"})
    assert values == {"case": "c1", "cars": True, "threshold": "ASSET_LIMIT"}
    person = only(question.places, "case", "household", "members", "person")
    assert (person.parent, person.type, person.wrapping) == ("Member", "Person", ("!",))
    members = only(question.places, "case", "household", "members")
    assert (members.wrapping, members.path) == (("!", "[", "!"), ("case", "household", "members"))
    facts = only(question.places, "case", "household", "members", "person", "facts")
    assert facts.arguments == {"groups": ["tax", "vehicle"]}
    assert [place.name for place in facts.selections["TaxFacts"]] == ["__typename", "status", "asOf", "records"]
    assert [place.name for place in facts.selections["VehicleFacts"]] == ["__typename", "status", "asOf"]
    assert len(facts.selections) == len(FactGroupCode)
    at_least = only(question.places, "case", "household", "members", "person", "vehicle", "records", "value", "atLeast")
    assert at_least.arguments == {"threshold": Variable("threshold")}
    assert question.variables == {"case", "threshold"}


def test_a_directive_that_leaves_a_group_out_gives_another_question() -> None:
    operation = read(HOUSEHOLD)
    with_cars, _ = operation.question({"case": "c1", "threshold": "ASSET_LIMIT"})
    without, _ = operation.question({"case": "c1", "threshold": "ASSET_LIMIT", "cars": False})
    names = [place.name for place in only(without.places, "case", "household", "members", "person").selections["Person"]]
    assert names == ["id", "facts"]
    assert with_cars.digest != without.digest
    again, _ = operation.question({"case": "c2", "threshold": "EDGE_RATIO", "cars": False})
    assert again is without


def test_a_variable_left_out_leaves_its_argument_to_the_default() -> None:
    operation = read("query L($n: Int, $a: String, $f: AccessLogFilter) { accessLog(filter: $f, first: $n, after: $a) { edges { cursor } } }")
    question, values = operation.question({})
    assert (dict(question.places[0].arguments), values) == ({"first": 50}, {})
    question, values = operation.question({"n": 10, "a": None})
    assert dict(question.places[0].arguments) == {"first": Variable("n"), "after": Variable("a")}
    assert values == {"n": 10, "a": None}


def test_variables_inside_lists_and_input_objects_stay_variables() -> None:
    text = 'query L($a: ID!, $o: String) { people(ids: [$a, "b"]) { id } accessLog(filter: {organisation: $o, decision: DENY}) { edges { cursor } } }'
    operation = read(text)
    question, _ = operation.question({"a": "x", "o": "y"})
    assert dict(question.places[0].arguments) == {"ids": [Variable("a"), "b"]}
    assert question.places[1].arguments["filter"] == {"organisation": Variable("o"), "decision": "DENY"}
    question, _ = operation.question({"a": "x"})
    assert question.places[1].arguments["filter"] == {"decision": "DENY"}


# --- variables ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "variables", "message"), [
    ("query Q($id: ID!) { person(id: $id) { id } }", {}, "variable 'id' cannot be read: it is required"),
    ("query Q($id: ID!) { person(id: $id) { id } }", {"id": None}, "variable 'id' cannot be read: ID! is expected"),
    ("query Q($id: ID!) { person(id: $id) { id } }", {"id": {"secret": 1}}, "variable 'id' cannot be read: ID! is expected"),
    ("query Q($n: IdNumber!) { lookUp(idNumber: $n) { id } }", {"n": "519901199001011231"},
     "variable 'n' cannot be read: the check digit of the IdNumber is wrong"),
    ("query Q($n: IdNumber!) { lookUp(idNumber: $n) { id } }", {"n": 519901199001011234}, "variable 'n' cannot be read: IdNumber is written as a string"),
    ("query Q($f: AccessLogFilter) { accessLog(filter: $f) { edges { cursor } } }", {"f": {"subjectIdNumber": "519901199001011231"}},
     "variable 'f' cannot be read: AccessLogFilter is expected"),
    ("query Q($f: AccessLogFilter) { accessLog(filter: $f) { edges { cursor } } }", {"f": {"organization": "x"}},
     "variable 'f' cannot be read: AccessLogFilter is expected"),
    ("query Q($g: [FactGroupCode!]!) { person(id: 1) { facts(groups: $g) { status } } }", {"g": ["bank"]},
     "variable 'g' cannot be read: [FactGroupCode!]! is expected"),
    ("query Q($b: Boolean = true) { person(id: 1) { id @skip(if: $b) name { full } } }", {"b": None}, "variable 'b' cannot be read: it may not be null"),
    ('query Q($a: ID = "x") { people(ids: [$a]) { id } }', {"a": None}, "variable 'a' cannot be read: it may not be null"),
])
def test_a_variable_that_cannot_be_read_is_named_and_its_value_is_not_shown(text: str, variables: dict[str, Any], message: str) -> None:
    with pytest.raises(Malformed) as refused:
        read(text).question(variables)
    assert (refused.value.message, refused.value.code, refused.value.status) == (message, "VARIABLE_INVALID", 400)


def test_an_id_number_in_a_variable_is_read_and_a_variable_nobody_declared_is_ignored() -> None:
    operation = read("query Q($n: IdNumber!) { lookUp(idNumber: $n) { id } }")
    question, values = operation.question({"n": "51990119900101002x", "other": 1})
    assert (question.places[0].name, values) == ("lookUp", {"n": "51990119900101002X"})


def test_a_list_of_people_sent_in_a_variable_is_bounded_before_it_is_read() -> None:
    operation = read("query Q($ids: [ID!]!) { people(ids: $ids) { id } }")
    operation.question({"ids": [str(n) for n in range(200)]})
    with pytest.raises(TooLarge, match="variable 'ids' holds more than 200 values"):
        operation.question({"ids": [str(n) for n in range(201)]})


@pytest.mark.parametrize(("text", "yes"), [
    ("query Q($id: ID!) { person(id: $id) { id } }", True),
    ("query Q($n: IdNumber!) { lookUp(idNumber: $n) { id } }", True),
    ("query Q($f: AccessLogFilter) { accessLog(filter: $f) { edges { cursor } } }", True),
    ("query Q($b: Boolean!) { __typename @include(if: $b) }", False),
])
def test_an_operation_says_whether_a_variable_may_name_somebody(text: str, yes: bool) -> None:
    assert read(text).identifying is yes


# --- names, kinds, introspection ------------------------------------------------------------------------------------


def test_one_of_several_operations_is_chosen_by_name() -> None:
    text = "query A { __typename } query B($id: ID!) { person(id: $id) { id } }"
    assert read(text, "B").name == "B"
    assert read(text, "A").digest != read(text, "B").digest
    for name in (None, "", "C"):
        with pytest.raises(Malformed) as refused:
            read(text, name)
        assert refused.value.code == "OPERATION_NAME"


@pytest.mark.parametrize(("text", "code"), [
    ("mutation { x }", "DOCUMENT_INVALID"), ("subscription { x }", "OPERATION_NOT_SERVED"), ("fragment F on Person { id }", "NO_OPERATION"),
    ("query { __typename } subscription M { x }", "OPERATION_NOT_SERVED"), ("", "NO_QUERY"), ("{ \ud800 }", "DOCUMENT_INVALID"),
    ("{ __schema { queryType { name } } }", "INTROSPECTION_OFF"), ('{ ...F } fragment F on Query { __type(name: "X") { name } }', "INTROSPECTION_OFF"),
    ("{ __schema { queryType { name } } person(id: 1) { id } }", "INTROSPECTION_MIXED"), ("type Query { x: Int }", "NO_OPERATION"),
    ("{ a: __schema { queryType { name } } }", "INTROSPECTION_OFF"),
])
def test_what_is_not_served_is_refused_with_its_code(text: str, code: str) -> None:
    documents = Documents(SCHEMA, Limits())
    with pytest.raises(Malformed) as refused:
        documents.read(text)
    assert (refused.value.code, len(documents)) == (code, 0)


def test_introspection_where_it_is_switched_on_shows_the_schema_and_its_labels_directive() -> None:
    operation = read("{ __schema { directives { name } } }", introspection=True)
    assert operation.introspects
    names = {each["name"] for each in operation.introspect({})["data"]["__schema"]["directives"]}
    assert {"label", "factGroup", "key"} <= names
    with pytest.raises(Malformed):
        read("{ __typename }").introspect({})


def test_a_hash_beside_a_document_must_be_its_own() -> None:
    documents = Documents(SCHEMA, Limits())
    operation = documents.read("{ __typename }")
    assert documents.read("{ __typename }", hash=operation.hash.upper()) is operation
    with pytest.raises(Malformed) as refused:
        documents.read("{ __typename }", hash="0" * 64)
    assert refused.value.code == "PERSISTED_QUERY_HASH"


# --- keeping --------------------------------------------------------------------------------------------------------


async def test_a_document_is_read_once_and_the_least_recently_used_leaves_first() -> None:
    documents = Documents(SCHEMA, Limits(documents=2))
    texts = [f"query Q{n} {{ __typename }}" for n in range(3)]
    first = await documents.load(texts[0])
    assert documents.read(texts[0]) is first
    documents.read(texts[1])
    documents.read(texts[0])
    documents.read(texts[2])
    assert len(documents) == 2
    assert documents.read(texts[0]) is first


def test_a_name_longer_than_any_of_ours_is_refused() -> None:
    with pytest.raises(TooLarge, match="more than 64 characters in one name"):
        read(f'{{ {"a" * 65}: person(id: "x") {{ id }} }}')
    assert read(f'{{ {"a" * 64}: person(id: "x") {{ id }} }}')


def test_the_warm_path_is_short() -> None:
    documents = Documents(SCHEMA, Limits())
    documents.read(HOUSEHOLD).question({"case": "c", "threshold": "ASSET_LIMIT"})
    warm = min(_spent(documents, 50) for _ in range(20))
    cold = min(_spent(Documents(SCHEMA, Limits()), 1) for _ in range(3))
    assert warm < cold / 20, "measured 5 µs beside several thousand: nothing is read twice"


def _spent(documents: Documents, times: int) -> float:
    """CPU seconds a reading: a machine that stands still in between counts for nothing."""
    start = time.thread_time()
    for _ in range(times):
        documents.read(HOUSEHOLD).question({"case": "c", "threshold": "ASSET_LIMIT"})
    return (time.thread_time() - start) / times


def test_every_refusal_is_the_callers_error() -> None:
    for text in ("{", "{ nothing }", '{ person(id: "x") }', "{ person { id } }", "query Q($x: Nope) { __typename }", "}", "\0", "{ person(id: 1) { facts(groups: [x]) { status } } }"):
        with pytest.raises(CallerError) as refused:
            read(text)
        assert refused.value.status == 400


def test_a_page_out_of_bounds_is_refused() -> None:
    paged = read("query($n: Int) { accessLog(first: $n) { edges { cursor } } }")
    paged.question({"n": 1})
    for first in (0, -1, Limits().page + 1, None):
        with pytest.raises(TooLarge, match="'first' is a number from 1 to") as outside:
            paged.question({"n": first})
        assert outside.value.code == "PAGE_SIZE"


def test_a_directives_variable_is_never_null_and_its_name_is_free_in_the_documents_other_operation() -> None:
    text = "query A($x: Int) { accessLog(first: $x) { edges { cursor } } } query B($x: Boolean = true) { person(id: 1) { id @include(if: $x) name { full } } }"
    read(text, "A").question({"x": 5})
    asked = read(text, "B")
    shown, hidden = (asked.question({"x": x})[0] for x in (True, False))
    assert asked.question({})[0].digest == shown.digest != hidden.digest
    with pytest.raises(Malformed, match="variable 'x' cannot be read: it may not be null"):
        asked.question({"x": None})


async def test_who_registers_a_document_is_told_all_its_operations_and_what_each_declares() -> None:
    found = await Documents(SCHEMA, Limits()).operations("query A($x: ID!) { person(id: $x) { id } } query B { __typename }")
    assert {one.name: [variable.name for variable in one.declared] for one in found} == {"A": ["x"], "B": []}
