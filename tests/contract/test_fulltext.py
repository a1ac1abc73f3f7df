"""What every store promises to find by its words: all of them the same messages."""

from typing import Any

import pytest

from adapters.memory.clock import ManualClock
from application.history.search_messages import SearchMessages, SearchPage
from application.history.show_version import ShowVersion
from application.ports.unit_of_work import UnitOfWork
from domain.conversation.conversation import (
    AnswerState,
    ConversationDraft,
    MessageDraft,
    Sender,
)
from domain.errors import InvalidRequest
from domain.fulltext.found import MOST_HITS
from domain.fulltext.frequent import COMMON
from domain.fulltext.query import terms
from domain.ids import ConversationId, MessageId, TurnId, UserId
from domain.transfer.records import ArchivedMessage

CORPUS = {
    "fox": "The quick brown fox, jumping over the lazy dog.",
    "ai": "To be or not to be: AI is it.",
    "ete": "En ÉTÉ, le café crème de Łódź. Straße!",
    "cyrillic": "Привет, мой дорогой ёжик",
    "tokyo": "明日の東京都の天気は晴れです。",
    "kyoto": "京都へ行く",
    "thai": "ภาษาไทยไม่มีช่องว่าง",
    "korean": "한국어를 배우다",
    "hindi": "हिन्दी सीखना",
    "owl": "A night 🦉 sees much",
    "code": "call my_function(x) of C++ in main.py; don't 100% trust e-mail",
    "wide": "\uff21\uff22\uff23 ｶﾞﾗｽ",
    "mixed": "Python東京 release",
    "long": "x" * 100 + " end",
    "sql": """Robert'); DROP TABLE "Users";-- * ( ) NEAR""",
}
FOUND = [
    ("fox", "fox"),
    ("FOX dog", "fox"),
    ("fox cat", ""),
    ("fo", ""),
    ("fo*", "fox"),
    ("jump* la*", "fox"),
    ('"brown fox"', "fox"),
    ('"fox brown"', ""),
    ('"to be or not"', "ai"),
    ('"or to be"', ""),
    ('"or not to be or"', ""),
    ('"to be" "be or not" is', "ai"),
    ('"a a"', ""),
    ('"brown fox', "fox"),
    ("“Brown  FOX”", "fox"),
    ("the", "fox"),
    ("is", "ai"),
    ("to be", "ai"),
    ("ai", "ai"),
    ("ete", "ete"),
    ("été", "ete"),
    ("CAFE* lodz strasse", "ete"),
    ("привет ежик", "cyrillic"),
    ("прив*", "cyrillic"),
    ("東京", "tokyo mixed"),
    ("京都", "tokyo kyoto"),
    ("東京都", "tokyo"),
    ("京", "tokyo kyoto mixed"),
    ("都", "tokyo kyoto"),
    ("天気 明日", "tokyo"),
    ("東天", ""),
    ('"python東京 release"', "mixed"),
    ("python東京", "mixed"),
    ("ไทย", "thai"),
    ("한국", "korean"),
    ("हिन्दी", "hindi"),
    ("हिन", ""),
    ("🦉", "owl"),
    ("my_function", "code"),
    ("function x", "code"),
    ("c++", "code"),
    ("don't", "code"),
    ("e-ma*", "code"),
    ("100%", "code"),
    ("mail e trust 100 don't main.py in c of x function my call", "code"),
    ("male e trust 100 don't main.py in c of x function my call", ""),
    ("%", ""),
    ("abc ガラス", "wide"),
    ("ｶﾞ", "wide"),
    ("x" * 100, "long"),
    ("robert drop", "sql"),
    ('NEAR("users" *', "sql"),
    ("a* AND", ""),
    ("fox OR dog", ""),
    ("-fox", "fox"),
    ("+fox ~lazy <dog >the @5", ""),
    ("^fox :dog {lazy}", "fox"),
    ("NOT \\ ' \0 ;", "ai"),
    ("", ""),
    ('"', ""),
    ('* "" ( )', ""),
    ("\ud83e", ""),
]


class Library:
    """Conversations of users, and what is found in them."""

    def __init__(self, work: UnitOfWork, clock: ManualClock) -> None:
        self.work = work
        self.clock = clock
        self.search = SearchMessages(work)
        self.anna = UserId(0)
        self.boris = UserId(0)

    async def talk(
        self, *said: str, user: UserId | None = None
    ) -> tuple[ConversationId, list[MessageId]]:
        owner = user or self.anna
        await self.clock.advance(1)
        async with self.work() as db:
            found = await db.conversations.open(owner, ConversationDraft())
            keys = [
                await db.conversations.add_message(
                    owner, found.id, Sender.USER, MessageDraft(message=text)
                )
                for text in said
            ]
        return found.id, keys

    async def change(
        self, conversation: ConversationId, key: MessageId, changes: dict[str, Any]
    ) -> None:
        async with self.work() as db:
            assert await db.conversations.change_message(self.anna, conversation, key, changes)

    async def hits(self, text: str, user: UserId | None = None, **more: Any) -> list[MessageId]:
        async with self.work() as db:
            found = await db.fulltext.hits(
                user or self.anna, terms(text), more.pop("limit", MOST_HITS), **more
            )
        return [hit.message for hit in found]

    async def page(self, text: str, limit: int = 20, after: SearchPage | None = None) -> SearchPage:
        return await self.search(self.anna, text, limit, after.next if after else None)


@pytest.fixture
async def library(work: UnitOfWork, clock: ManualClock) -> Library:
    made = Library(work, clock)
    async with work() as db:
        made.anna = (await db.accounts.add("anna", "hash", None)).id
        made.boris = (await db.accounts.add("boris", "hash", None)).id
    return made


async def test_the_same_words_find_the_same_messages(library: Library) -> None:
    names: dict[MessageId, str] = {}
    for name, text in CORPUS.items():
        await library.talk(text, user=library.boris)
        _, [key] = await library.talk(text)
        names[key] = name
    for text, wanted in FOUND:
        page = await library.page(text)
        found = {names[key] for one in page.found for key in one.messages}
        assert found == set(wanted.split()), text
        for one in page.found:
            for match in one.matches:
                assert any(part.hit for part in match.snippet), text


class TestOrder:
    async def test_what_says_it_more_often_comes_first_then_what_is_newer(
        self, library: Library
    ) -> None:
        _, [often] = await library.talk("owl owl owl and other birds")
        _, old = await library.talk("one owl and five other birds")
        _, new = await library.talk("one owl and five other birds")
        for _ in range(9):
            await library.talk("no bird of the night in here")
        assert await library.hits("owl") == [often, *new, *old]
        assert await library.hits("owl", limit=2) == [often, *new]
        assert await library.hits("owl", up_to=old[0]) == [often, *old]

    async def test_conversations_come_in_pages_that_writing_does_not_move(
        self, library: Library
    ) -> None:
        talks = [await library.talk("an owl", "an owl", "a mouse") for _ in range(5)]
        pages = [await library.page("owl", limit=2)]
        await library.talk("owl owl owl")
        pages.append(await library.page("owl", limit=2, after=pages[-1]))
        gone, _ = talks[1]
        async with library.work() as db:
            await db.conversations.remove(library.anna, gone)
        pages.append(await library.page("owl", limit=2, after=pages[-1]))
        told = [one.conversation.id for page in pages for one in page.found]
        assert told == [talk for talk, _ in reversed(talks)]
        assert pages[-1].next is None
        _, keys = talks[0]
        assert pages[-1].found[0].messages == (keys[1], keys[0])

    async def test_a_page_goes_on_when_the_last_conversation_is_gone(
        self, library: Library
    ) -> None:
        talks = [await library.talk("an owl") for _ in range(4)]
        first = await library.page("owl", limit=2)
        async with library.work() as db:
            await db.conversations.remove(library.anna, first.found[-1].conversation.id)
        second = await library.page("owl", limit=2, after=first)
        assert [one.conversation.id for one in second.found] == [talks[1][0], talks[0][0]]
        with pytest.raises(InvalidRequest, match="another search"):
            await library.page("owls", after=first)


class TestCommon:
    async def test_what_is_common_is_weighed_alike_by_every_store(self, library: Library) -> None:
        _, [often] = await library.talk("Owl, owl, owl and two birds")
        _, [short] = await library.talk("one owl")
        rest: list[MessageId] = []
        for _ in range(2):
            _, keys = await library.talk(*["one owl and five other birds"] * (COMMON // 2))
            await library.talk("one owl of another", user=library.boris)
            rest += keys
        _, [_, new] = await library.talk("a mouse", "one owl one owl and a bird")
        rest.reverse()
        assert await library.hits("owl") == [often, short, new, *rest]
        assert await library.hits("owl", limit=2) == [often, short]
        assert await library.hits("owl", up_to=MessageId(new - 1)) == [often, short, *rest]
        assert await library.hits('"one owl"') == [short, new, *rest]
        assert await library.hits("bird* ow*") == [often, new, *rest]

    async def test_pages_of_what_is_common_do_not_move(self, library: Library) -> None:
        talks = [await library.talk("an owl", *["owl"] * (COMMON // 2)) for _ in range(3)]
        first = await library.page("owl", limit=2)
        await library.talk(*["a mouse"] * 5, "owl")
        second = await library.page("owl", limit=2, after=first)
        told = [one.conversation.id for page in (first, second) for one in page.found]
        assert told == [talk for talk, _ in reversed(talks)]

    async def test_what_is_rare_is_found_among_what_is_common(self, library: Library) -> None:
        await library.talk(*["the owl on the fence"] * COMMON)
        _, [key, _] = await library.talk("on the garden fence", "the fence, a garden on the owl")
        await library.talk("not on the garden fence", user=library.boris)
        for text in ('"the garden fence"', 'garden "on the"  gard* "the garden" fen*'):
            assert await library.hits(text) == [key]
        assert await library.hits('"fence on"') == await library.hits("the moth") == []


class TestInStep:
    async def test_an_edit_is_found_and_what_it_replaced_is_not(self, library: Library) -> None:
        talk, [key, _] = await library.talk("the old words", "an answer")
        async with library.work() as db:
            old = await db.conversations.keep_version(library.anna, talk, key)
        assert old is not None
        await library.change(talk, key, {"message": "the new ones"})
        assert await library.hits("old") == await library.hits('"old words"') == []
        assert await library.hits("new") == await library.hits('"the new ones"') == [key]
        await ShowVersion(library.work)(library.anna, talk, old)
        assert await library.hits("old") == await library.hits('"old words"') == [old]
        assert await library.hits("new") == await library.hits('"the new"') == []
        await library.change(talk, old, {"message": None})
        assert await library.hits("the") == []

    async def test_an_answer_is_found_when_it_has_ended(self, library: Library) -> None:
        talk, _ = await library.talk("a question")
        turn = TurnId("t")
        async with library.work() as db:
            say = db.conversations
            draft = MessageDraft(message="half a")
            key = await say.add_message(
                library.anna, talk, Sender.AI, draft, turn=turn, state=AnswerState.RUNNING
            )
        assert await library.hits("half") == []
        running = {"message": "half a word", "state": AnswerState.RUNNING}
        done = {"message": "half a word said", "state": AnswerState.COMPLETED}
        for changes, found in ((running, []), ({"state": AnswerState.INTERRUPTED}, [key])):
            async with library.work() as db:
                assert await db.conversations.change_message(
                    library.anna, talk, key, changes, turn=turn
                )
            assert await library.hits("half word") == found
        await library.change(talk, key, done)
        assert await library.hits("said") == [key]
        await library.change(talk, key, running)
        assert await library.hits("half") == []

    async def test_what_is_removed_is_not_found(self, library: Library) -> None:
        talk, keys = await library.talk("one owl", "two owls and an owl")
        other, [kept] = await library.talk("an owl elsewhere")
        async with library.work() as db:
            await db.conversations.remove_messages(library.anna, talk, (keys[0],))
        assert set(await library.hits("owl")) == {keys[1], kept}
        async with library.work() as db:
            await db.conversations.remove(library.anna, talk)
        assert await library.hits("owl") == [kept]
        # SQLite gives the id of what was last to the next one.
        async with library.work() as db:
            await db.conversations.remove(library.anna, other)
        _, [fresh] = await library.talk("a mouse")
        assert await library.hits("owl") == []
        assert await library.hits("mouse") == [fresh]

    async def test_a_removed_account_leaves_others_alone(self, library: Library) -> None:
        await library.talk("an owl")
        _, [kept] = await library.talk("an owl", user=library.boris)
        async with library.work() as db:
            await db.accounts.remove(library.anna)
        assert await library.hits("owl") == []
        assert await library.hits("owl", library.boris) == [kept]

    async def test_what_an_archive_brings_is_found(
        self, library: Library, clock: ManualClock
    ) -> None:
        talk, _ = await library.talk("a mouse")
        told: dict[str, Any] = {"sender": "AI", "message": "an owl", "created_at": clock.now()}
        async with library.work() as db:
            shown, _ = [
                await db.arrivals.add_message(
                    library.anna, talk, ArchivedMessage(number=number, replaced=number > 1, **told)
                )
                for number in (1, 2)
            ]
        assert await library.hits("owl") == await library.hits('"an owl"') == [shown]

    async def test_what_was_undone_is_not_found(self, library: Library) -> None:
        async def half() -> None:
            async with library.work() as db:
                talk = await db.conversations.open(library.anna, ConversationDraft())
                draft = MessageDraft(message="an owl")
                await db.conversations.add_message(library.anna, talk.id, Sender.USER, draft)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await half()
        assert await library.hits("owl") == []
