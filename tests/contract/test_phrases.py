"""How a phrase is looked for with InnoDB: by its pairs, of which some are taken for others."""

from collections.abc import Mapping, Sequence
from itertools import count

import pytest

from adapters.memory.clock import ManualClock
from adapters.sql.engine import Database
from adapters.sql.matching import divided, expression, parts
from adapters.sql.tokens import paired, pairs_of
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.conversation.conversation import ConversationDraft, MessageDraft, Sender
from domain.fulltext.query import Term, terms
from domain.ids import UserId


def pair(*two: str) -> str:
    [found] = paired(two)
    return found


def asked(text: str, held: Mapping[str, int]) -> list[str]:
    """Return what the index is asked for, where words are in as many of the newest thousand."""
    weighed = parts("mysql", terms(text))
    shares = [
        *(held.get(word.tokens[0], 3) / 1000 for word in weighed.words),
        *(held.get(two.tokens[0], 11) / 1000 for two in weighed.pairs),
    ]

    def together(places: Sequence[int]) -> int:
        share = 1.0
        for place in places:
            share *= shares[place]
        return round(share * 1000)

    found, looked_for = divided(terms(text), weighed, together)
    assert all(not term.tokens[1:] for term in found)
    assert {term for term in terms(text) if term.tokens[1:]} <= set(looked_for)
    return sorted(term.tokens[0] for term in found)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('"the of"', [pair("the", "of")]),
        ('"the of the"', sorted([pair("the", "of"), pair("of", "the")])),
        ('"the owl"', sorted([pair("the", "owl"), "owl"])),
        ('"the of" owl', sorted([pair("the", "of"), "owl"])),
        ("the of", ["of", "the"]),
    ],
)
def test_a_phrase_is_asked_for_by_its_pairs_and_rare_words(text: str, wanted: list[str]) -> None:
    assert asked(text, {"the": 400, "of": 300}) == wanted


def test_a_pair_that_is_common_is_not_asked_for() -> None:
    held = {"the": 400, "of": 300, "end": 40, pair("of", "the"): 200}
    assert asked('"end of the"', held) == sorted([pair("end", "of"), "end"])


def test_pairs_and_words_are_told_apart() -> None:
    assert pairs_of(UserId(7), ["a", "b", "a", "b"]) == f"u7_{pair('a', 'b')} u7_{pair('b', 'a')}"
    assert pairs_of(UserId(7), ["a"]) is None
    assert not any(term.tokens[0].startswith("__") for term in terms("__1a2f _ 🦉 \uff3f_\u07ca"))
    assert expression("mysql", UserId(7), [Term((pair("a", "b"),))]) == f'+"u7_{pair("a", "b")}"'


async def test_a_pair_that_is_taken_for_another_finds_nothing(database: Database) -> None:
    number = pair("red", "owl")
    other = next(word for at in count() if pair("red", word := f"w{at}") == number)
    work = SqlUnitOfWork(database, ManualClock())
    async with work() as db:
        anna = (await db.accounts.add("anna", "hash", None)).id
        talk = (await db.conversations.open(anna, ConversationDraft())).id
        first, second, _ = [
            await db.conversations.add_message(anna, talk, Sender.USER, MessageDraft(message=text))
            for text in (f"owl: red {other}", "a red owl", "an owl, red")
        ]
    async with work() as db:
        found = await db.fulltext.hits(anna, terms('"red owl"'), 10)
        others = await db.fulltext.hits(anna, terms(f'"red {other}"'), 10)
    assert [hit.message for hit in found] == [second]
    assert [hit.message for hit in others] == [first]
