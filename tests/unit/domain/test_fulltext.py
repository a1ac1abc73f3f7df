"""Words, what is asked of them, and the snippets that show them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidRequest
from domain.fulltext.query import MOST_TERMS, Term, occurs, terms
from domain.fulltext.snippets import SNIPPET_CHARS, snippet
from domain.fulltext.words import LOOKED_AT_CHARS, WORD_CHARS, indexed, tokens


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Hello, World-2!", "hello world 2"),
        ("snake_case it's", "snake case it s"),
        ("été ÉTÉ e\u0301te\u0301 Straße Łódź İ", "ete ete ete strasse lodz i"),
        ("大東京 x", "大東 東京 京 x"),
        ("ｶﾞﾗｽ", "ガラ ラス ス"),
        ("हिन्दी", "ह_93fन_94dद_940"),
        ("كِتَابٌ كـتاب ـــ أحمد ٱلْحَمْدُ", "كتاب كتاب احمد الحمد"),
        ("שָׁלוֹם־עולם", "שלום עולם"),
        ("🦉🦉", "_1f989 _1f989"),
        ("", ""),
        ("\ud83e \0", ""),
    ],
)
def test_what_an_index_holds(text: str, held: str) -> None:
    assert indexed(text) == held.split()


def test_long_texts_and_words_are_cut() -> None:
    assert indexed("é" * 1000) == ["e" * WORD_CHARS]
    assert len(indexed("a " * LOOKED_AT_CHARS)) == LOOKED_AT_CHARS // 2
    assert len(indexed("é " * LOOKED_AT_CHARS)) == LOOKED_AT_CHARS // 2


@given(st.text(max_size=60))
def test_any_text_finds_itself(text: str) -> None:
    wanted = terms(text.replace("*", " "))
    held = indexed(text)
    assert all(occurs(term, held) for term in wanted)
    assert held == [token.text for token in tokens(text)]
    # An index of any engine takes these letters, and nothing else, for parts of a word.
    assert all(letter.isalnum() or letter == "_" for word in held for letter in word)


@given(st.text(max_size=400), st.text(max_size=12))
def test_a_snippet_is_a_part_of_the_text(text: str, query: str) -> None:
    parts = snippet(text, terms(query))
    flat = "".join(part.text for part in parts if part.text != "…")
    assert flat in " ".join(text.split(" ")) or len(flat) <= 3 * SNIPPET_CHARS
    assert all(part.text for part in parts)


def test_a_snippet_shows_the_part_with_most_of_the_terms() -> None:
    text = "owl " + "and so on, " * 40 + "the owl and the 東京都 mouse " + "or not " * 40
    parts = snippet(text, terms('owl "mouse" 京都'))
    assert [part.text for part in parts if part.hit] == ["owl", "京都", "mouse"]
    assert (parts[0].text, parts[-1].text) == ("…", "…")
    assert len("".join(part.text for part in parts)) <= SNIPPET_CHARS + 2


def test_a_mark_covers_the_vowels_that_were_not_asked_for() -> None:
    parts = snippet("هذا كِتَابٌ جديد", terms("كتاب"))
    assert [part.text for part in parts if part.hit] == ["كِتَابٌ"]


def test_a_phrase_is_one_mark_and_neighbours_are_not_joined() -> None:
    parts = snippet("Brown\n  fox, brown bear", terms('"brown fox" bear'))
    assert [(part.text, part.hit) for part in parts] == [
        ("Brown fox", True),
        (", brown ", False),
        ("bear", True),
    ]


def test_one_letter_begins_too_much() -> None:
    assert terms("a* ab* 東*") == (
        Term(("a",)),
        Term(("ab",), beginning=True),
        Term(("東",), beginning=True),
    )


def test_too_many_words_are_refused() -> None:
    words = [f"w{number}" for number in range(MOST_TERMS)]
    assert len(terms(" ".join(words * 2))) == MOST_TERMS
    with pytest.raises(InvalidRequest):
        terms(" ".join([*words, "more"]))
