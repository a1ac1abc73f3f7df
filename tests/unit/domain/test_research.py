"""Numbers in a report, and the sources they stand for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.clarification import questions_in
from domain.research import (
    ResolvedNumbers,
    Source,
    conversation_name,
    sources_of,
    with_resolved_numbers,
)

KNOWN = frozenset({1, 2, 12})
WORDS = st.text(alphabet="[]()0129 a.", max_size=40)


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("High [1], low [2].", "High [1], low [2]."),
        ("High [3], low [2][9].", "High, low [2]."),
        ("High [12][13]", "High [12]"),
        ("A [7](https://a.example) link", "A [7](https://a.example) link"),
        ("A list [a] and [1", "A list [a] and [1"),
        ("In [2024] it was", "In it was"),
        ("[0]", ""),
        ("", ""),
    ],
)
def test_numbers_without_a_source_are_taken_out(text: str, resolved: str) -> None:
    assert with_resolved_numbers(text, KNOWN) == resolved


@settings(max_examples=200)
@given(st.lists(WORDS, max_size=8))
def test_where_a_text_is_cut_makes_no_difference(pieces: list[str]) -> None:
    numbers = ResolvedNumbers(KNOWN)
    told = "".join([*map(numbers.feed, pieces), numbers.flush()])
    assert told == with_resolved_numbers("".join(pieces), KNOWN)


@settings(max_examples=100)
@given(WORDS)
def test_little_is_held_back(text: str) -> None:
    numbers = ResolvedNumbers(KNOWN)
    assert len(with_resolved_numbers(text, KNOWN)) - len(numbers.feed(text)) <= 8


def test_sources_have_the_numbers_of_the_report_and_the_rest_go_on_from_there() -> None:
    pages = [("b", "B", (3, 1)), ("a", "A", (2,)), ("c", "C", ())]
    assert sources_of(pages) == (
        Source(1, "b", "B"),
        Source(2, "a", "A"),
        Source(3, "b", "B"),
        Source(4, "c", "C"),
    )


def test_a_conversation_is_named_by_the_beginning_of_the_question() -> None:
    assert conversation_name(" Why? ") == "Deep Research: Why?..."
    assert conversation_name("x" * 60) == f"Deep Research: {'x' * 50}..."


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (' {"questions": [{"question": "Mood?"}]}\n', {"questions": [{"question": "Mood?"}]}),
        ('{"questions": null, "a": 1}', {"questions": None, "a": 1}),
        ('{"enhanced_prompt": "x"}', None),
        ('["questions"]', None),
        ('{"questions": [}', None),
        ('Here: {"questions": []}', None),
        ("", None),
        ('{"questions": "\ud800"}', None),
        ("{" * 100_000 + "}" * 100_000, None),
    ],
)
def test_an_answer_of_questions_is_a_json_object_that_has_them(answer: str, found: object) -> None:
    assert questions_in(answer) == found
