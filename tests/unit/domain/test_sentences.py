"""Text is cut into pieces that can be spoken: none lost, none doubled, however the stream comes."""

# ruff: noqa: E501, RUF001 - a text and its pieces in one line; marks of other scripts

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.speech.markdown import speakable
from domain.speech.sentences import LONGEST, Piece, SentenceCutter


def cut(text: str, *sizes: int) -> list[Piece]:
    """Return the pieces of a text that comes in chunks of these sizes, over and over."""
    cutter, found, at = SentenceCutter(), [], 0
    turns = sizes or (max(1, len(text)),)
    number = 0
    while at < len(text):
        size = turns[number % len(turns)]
        found += cutter.feed(text[at : at + size])
        at, number = at + size, number + 1
    return found + cutter.end()


def said(text: str) -> list[str]:
    return [piece.spoken for piece in cut(text) if piece.spoken]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Hello there! How are you? Fine.", ["Hello there!", "How are you?", "Fine."]),
        ("No. I do not.", ["No.", "I do not."]),
        ("Sleep got longer. [CHART:4f1c-9a] That is good. [CHART:x", ["Sleep got longer.", "That is good.", "CHART:x"]),
        ("Dr. Smith met Mr. J. Doe, e.g. at noon. Then", ["Dr. Smith met Mr. J. Doe, e.g. at noon.", "Then"]),
        ("It costs $3.50, i.e. 1,000.25 in all. OK", ["It costs $3.50, i.e. 1,000.25 in all.", "OK"]),
        ("Das gilt z.B. usw. bis heute. Ja", ["Das gilt z.B. usw. bis heute.", "Ja"]),
        ("Well... maybe. Yes", ["Well... maybe.", "Yes"]),
        ('"Stop!" she said. (He did.) So', ['"Stop!"', "she said.", "(He did.)", "So"]),
        ("v2.0 is out. See a.b.c for more", ["v2.0 is out.", "See a.b.c for more"]),
        ("这是第一句。第二句！他说：「好。」第三？是", ["这是第一句。", "第二句！", "他说：「好。」", "第三？", "是"]),
        ("Read on:\n\n1. Buy milk. Now\n2. Go\n", ["Read on:", "1. Buy milk.", "Now", "2. Go"]),
        ("- one\n- **two**\n  - three\n", ["one", "two", "three"]),
        ("- [x] done\n- [ ] open\n", ["done", "open"]),
        ("# A title\nText goes\non here. End", ["A title", "Text goes on here.", "End"]),
        ("> quoted\n\nplain", ["quoted", "plain"]),
        ("| a | b |\n|---|:-:|\n| 1 | 2 |\n", ["a, b", "1, 2"]),
        ("Use `a. b()` here. Ok", ["Use a. b() here.", "Ok"]),
        ("```py\nx = 1. \nprint()\n```\nDone. Yes", ["Done.", "Yes"]),
        ("~~~\ncode\n~~~\nDone", ["Done"]),
        ("```never closed\nx. y", []),
        ("A ```b. c``` d", ["A b. c d"]),
        ("See [the docs. Here](https://x.y/z?a=b) or https://foo.bar/baz. Ok", ["See the docs. Here or.", "Ok"]),
        ("![a cat](cat.png) sits. Ok", ["a cat sits.", "Ok"]),
        ("*Very* __good__ ~~bad~~ snake_case 2 * 3. Ok", ["Very good bad snake_case 2 * 3.", "Ok"]),
        ("A<br>b <b>c</b>[^1].", ["A b c."]),
        ("---\n***\n!!! ...\n", []),
        ("", []),
        ("   \n\n ", []),
        ("Hi 👋. Bye", ["Hi 👋.", "Bye"]),
    ],
)  # fmt: skip
def test_pieces(text: str, pieces: list[str]) -> None:
    assert said(text) == pieces


@pytest.mark.parametrize("mark", [", ", "; ", " "])
def test_what_has_no_end_is_cut_at_a_pause(mark: str) -> None:
    pieces = cut(f"some words{mark}" * 200)
    assert max(len(piece.source) for piece in pieces) <= LONGEST
    assert all(piece.source.endswith(mark.strip() or " ") for piece in pieces[:-1])


def test_a_piece_is_there_as_soon_as_its_end_is() -> None:
    cutter = SentenceCutter()
    assert cutter.feed("Hello there.") == []
    assert [piece.spoken for piece in cutter.feed(" H")] == ["Hello there."]
    assert [piece.spoken for piece in cutter.feed("i!\n")] == ["Hi!"]


def test_a_long_block_of_code_is_not_held() -> None:
    cutter = SentenceCutter()
    cutter.feed("```\n")
    assert sum(len(piece.source) for piece in cutter.feed("x" * 50_000)) > 49_000


MARKS = [
    "\n",
    " ",
    ".",
    "!",
    "?",
    "。",
    "…",
    "`",
    "```",
    "~~~",
    "[",
    "](",
    ")",
    "*",
    "- ",
    "1. ",
    "|",
]
TEXTS = st.lists(
    st.sampled_from(
        [*MARKS, "Dr.", "e.g.", "\r\n", "word", "http://a.b/c", "e" * 30, "字", "3.5", '"']
    )
    | st.text(max_size=3),
    max_size=40,
).map("".join)


@settings(max_examples=60)
@given(TEXTS, st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_any_text_in_any_chunks_gives_the_same_pieces_and_all_of_it(
    text: str, sizes: list[int]
) -> None:
    whole = cut(text)
    assert "".join(piece.source for piece in whole) == text
    assert all(piece.source for piece in whole)
    assert cut(text, *sizes) == whole
    assert cut(text, 1) == whole
    assert max((len(piece.source) for piece in whole), default=0) <= LONGEST


WORDS = st.lists(st.from_regex(r"[A-Za-z]{2,9}", fullmatch=True), min_size=1, max_size=40)
PROSE = st.lists(WORDS, max_size=8).map(lambda said: ". ".join(map(" ".join, said)))


@settings(max_examples=15)
@given(PROSE)
def test_every_word_of_prose_is_said_once_and_in_order(text: str) -> None:
    heard = " ".join(piece.spoken for piece in cut(text)).replace(".", " ").split()
    assert heard == text.replace(".", " ").split()


@settings(max_examples=40)
@given(st.text(max_size=80))
def test_what_can_be_spoken_is_one_line_with_something_to_say(text: str) -> None:
    spoken = speakable(text)
    assert "\n" not in spoken
    assert spoken == "" or any(char.isalnum() for char in spoken)
