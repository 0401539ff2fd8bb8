"""GraphQL bombs: each is refused in bounded time with a reason, and nothing of it is kept."""

from __future__ import annotations

import time

import pytest

from hub.errors import CallerError, Malformed, TooLarge
from hub.operation import Documents
from hub.operations.limits import Limits
from hub.operations.reading import InvalidDocument
from schema import SCHEMA

LIMITS = Limits()


def refusal(text: str) -> CallerError:
    documents = Documents(SCHEMA, LIMITS)
    start = time.thread_time()
    with pytest.raises(CallerError) as refused:
        documents.read(text).question({})
    assert time.thread_time() - start < 2
    assert len(documents) == 0 or "people" in str(refused.value) or "cost" in str(refused.value) or "first" in str(refused.value)
    assert len(str(refused.value)) < 300
    return refused.value


def nested(levels: int) -> str:
    return "{ accessLog { edges { node " + "{ basis { __typename ... on LetterBasis " * levels + "{ kind }" + "} }" * levels + " } } }"


def test_depth() -> None:
    deep = "{ case(id: 1) { household { members { person { facts(groups: [tax]) { disclosure { fields { field } } source { region } ... on TaxFacts { records { income { band } } } } } } } } }"
    Documents(SCHEMA, LIMITS).read(deep)
    text = "{ " + "case(id: 1) { " * 13 + "id" + " }" * 14
    assert str(refusal(text)) == "the document has more than 12 levels deep"


def test_nesting_past_what_a_parser_can_follow() -> None:
    for text in ("{a" * 150 + "}" * 150, "{a" * 1500, "{ person(id: " + "[" * 3000 + "]" * 3000 + ") { id } }", "{ person(id: " + "{a:" * 2000):
        assert isinstance(refusal(text), TooLarge | Malformed)


def test_aliases() -> None:
    text = "{ person(id: 1) { " + " ".join(f"a{n}: id" for n in range(31)) + " } }"
    assert str(refusal(text)) == "the document has more than 30 aliases"


def test_batching_by_aliases_at_the_root() -> None:
    assert str(refusal("{ " + " ".join(f"a{n}: person(id: {n}) {{ id }}" for n in range(11)) + " }")) == "the document has more than 10 fields at the root"


def test_batching_by_fragments_at_the_root() -> None:
    fragments = " ".join(f"fragment F{n} on Query {{ a{n}: person(id: {n}) {{ id }} b{n}: person(id: {n}) {{ id }} }}" for n in range(6))
    assert "fields at the root" in str(refusal("{ " + " ".join(f"...F{n}" for n in range(6)) + " } " + fragments))


@pytest.mark.parametrize("fragments", [
    "fragment A on Person { ...A }", "fragment A on Person { ...B } fragment B on Person { id ...A }",
    "fragment A on Person { id ...B } fragment B on Person { ...C } fragment C on Person { ... { ...A } }",
])
def test_fragments_in_a_circle(fragments: str) -> None:
    assert refusal("{ person(id: 1) { ...A } } " + fragments).code == "FRAGMENT_CYCLE"


def test_a_circle_that_no_operation_spreads() -> None:
    assert isinstance(refusal("{ __typename } fragment A on Person { ...B } fragment B on Person { ...A }"), InvalidDocument)


def test_fragments_that_double() -> None:
    doubling = " ".join(f"fragment F{n} on Person {{ ...F{n + 1} x{n}: id ...F{n + 1} }}" for n in range(39))
    text = "{ person(id: 1) { ...F0 } } " + doubling + " fragment F39 on Person { id name { full } }"
    assert isinstance(refusal(text), TooLarge)


def test_a_hundred_kilobytes_of_tokens() -> None:
    assert "tokens" in str(refusal("{" + " a" * 49_000 + "}"))
    assert refusal("{ " + "a" * 100_001 + " }").status == 413
    assert isinstance(refusal("#\n" * 49_000 + "{ a }"), TooLarge)
    assert isinstance(refusal('{ person(id: "' + "\\u0041" * 16_000 + '") { x } }'), InvalidDocument)


def test_directive_overload() -> None:
    assert "directives" in str(refusal("{ __typename " + "@include(if: true) " * 500 + "}"))
    assert "directives" in str(refusal("{ __typename " + "@nothing " * 900 + "}"))
    declared = " ".join(f"$b{n}: Boolean!" for n in range(7))
    used = " ".join(f"a{n}: id @skip(if: $b{n})" for n in range(7))
    assert "variables in directives" in str(refusal(f"query Q({declared}) {{ person(id: 1) {{ {used} }} }}"))


def test_deep_and_long_lists() -> None:
    assert "values in one list" in str(refusal("{ people(ids: [" + "1 " * 201 + "]) { id } }"))
    assert isinstance(refusal("{ people(ids: " + "[" * 100 + "1" + "]" * 100 + ") { id } }"), InvalidDocument)


def test_breadth_fragments_operations_and_variables() -> None:
    assert "selections in one place" in str(refusal("{ person(id: 1) { " + "id " * 81 + "} }"))
    assert "fragments" in str(refusal("{ __typename } " + "".join(f"fragment F{n} on Person {{ id }} " for n in range(41))))
    assert "operations" in str(refusal("".join(f"query Q{n} {{ __typename }} " for n in range(11))))
    assert "variables" in str(refusal("query Q(" + " ".join(f"$a{n}: Int" for n in range(41)) + ") { __typename }"))


def test_thousands_of_errors_are_reported_by_the_first_few() -> None:
    error = refusal("{ person(id: 1) { " + " ".join(f"x{n}" for n in range(80)) + " } }")
    assert isinstance(error, InvalidDocument)
    assert len(error.errors) == LIMITS.errors
    assert error.errors[0] == ("Cannot query field 'x0' on type 'Person'.", 1, 19)


def test_people_past_the_limit_and_a_question_too_costly() -> None:
    people = "query Q($ids: [ID!]!) { a: people(ids: $ids) { id } b: people(ids: $ids) { id } }"
    operation = Documents(SCHEMA, LIMITS).read(people)
    operation.question({"ids": ["x"] * 100})
    with pytest.raises(TooLarge) as refused:
        operation.question({"ids": ["x"] * 101})
    assert (refused.value.code, refused.value.status) == ("TOO_MANY_SUBJECTS", 400)
    groups = "vehicle tax realEstate socialInsurance employment disability civilAssistance marriage householdRegister"
    wide = " ".join(f"{group} {{ status asOf disclosure {{ fields {{ field form reason }} }} }}" for group in groups.split())
    rows = "tax { records { income { yuan band } taxPaid { yuan band } withholdingAgent { full masked } month incomeKind businessTaxRecord } }"
    costly = Documents(SCHEMA, LIMITS).read(f"query Q($ids: [ID!]!) {{ people(ids: $ids) {{ {wide} {rows} }} }}")
    costly.question({"ids": ["x"] * 12})
    with pytest.raises(TooLarge) as refused:
        costly.question({"ids": ["x"] * 200})
    assert refused.value.code == "TOO_COSTLY"


@pytest.mark.parametrize("first", ["0", "201", "-1", "null"])
def test_a_page_out_of_bounds(first: str) -> None:
    assert refusal(f"{{ accessLog(first: {first}) {{ edges {{ cursor }} }} }}").code == "PAGE_SIZE"


NUMBER = "51990119900101002X"


@pytest.mark.parametrize("text", [
    f'{{ person(id: "{NUMBER}") {{ id }} }}', f'{{ lookUp(idNumber: "{NUMBER}") {{ id }} }}', f"{{ person(id: {NUMBER[:17]}1) {{ id }} }}",
    f"# about {NUMBER}\n{{ __typename }}", f"query Q{NUMBER} {{ __typename }}", f"{{ a{NUMBER}: __typename }}", '{ person(id: "519901900101002") { id } }',
    f'query Q($id: ID = "{NUMBER}") {{ __typename }}', f'{{ person(id: "{" ".join(NUMBER)}") {{ id }} }}', f'{{ person(id: "{NUMBER[:6]}-{NUMBER[6:14]}-{NUMBER[14:]}") {{ id }} }}',
    '{ person(id: "' + "".join(f"\\u{ord(c):04x}" for c in NUMBER) + '") { id } }', f'{{ person(id: """\n  {NUMBER}\n""") {{ id }} }}',
    '{ person(id: "' + "".join(chr(ord(c) + 0xFEE0) for c in NUMBER) + '") { id } }', f"{{ person(id: {NUMBER[:17]}1",
])
def test_an_id_number_anywhere_in_a_document_is_refused_before_it_is_kept_and_never_repeated(text: str) -> None:
    documents = Documents(SCHEMA, LIMITS)
    with pytest.raises(Malformed) as refused:
        documents.read(text)
    assert (refused.value.code, len(documents)) == ("ID_NUMBER_IN_DOCUMENT", 0)
    assert str(refused.value) == "a document may not hold an ID number; send it in a variable"
    assert refused.value.__cause__ is None


def test_the_literals_of_an_invalid_document_are_not_repeated() -> None:
    error = refusal('{ accessLog(first: "Zhang San") { edges { cursor } } }')
    assert str(error) == "Int cannot represent non-integer value"
    assert "Zhang" not in repr(getattr(error, "errors", ""))


def test_nothing_is_suggested() -> None:
    assert str(refusal("{ persn(id: 1) { id } }")) == "Cannot query field 'persn' on type 'Query'."
    assert "mean" not in str(refusal("{ person(idd: 1) { id } }"))
