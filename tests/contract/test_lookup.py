"""What every store promises to find across conversations."""

from typing import Any

import pytest

from adapters.memory.clock import ManualClock
from application.ports.unit_of_work import UnitOfWork
from domain.conversation.activity import CharacterActivity
from domain.conversation.conversation import (
    Conversation,
    ConversationDraft,
    MessageDraft,
    Sender,
)
from domain.conversation.files import FileQuery
from domain.ids import MessageId, UserId


@pytest.fixture
async def anna(work: UnitOfWork) -> UserId:
    async with work() as db:
        return (await db.accounts.add("anna", "hash", None)).id


@pytest.fixture
async def boris(work: UnitOfWork, anna: UserId) -> UserId:
    async with work() as db:
        return (await db.accounts.add("boris", "hash", None)).id


class Desk:
    """Puts conversations into a store and looks for them."""

    def __init__(self, work: UnitOfWork, clock: ManualClock) -> None:
        self.work = work
        self.clock = clock

    async def talk(self, user: UserId, *said: str, **stated: Any) -> Conversation:
        await self.clock.advance(1)
        async with self.work() as db:
            found = await db.conversations.open(user, ConversationDraft(**stated))
            for text in said:
                draft = MessageDraft(message=text)
                await db.conversations.add_message(user, found.id, Sender.USER, draft)
        return found

    async def say(self, user: UserId, sender: Sender = Sender.USER, **stated: Any) -> MessageId:
        await self.clock.advance(1)
        async with self.work() as db:
            found = await db.conversations.open(user, ConversationDraft())
            return await db.conversations.add_message(
                user, found.id, sender, MessageDraft(**stated)
            )

    async def found(self, user: UserId, text: str, limit: int = 30) -> list[str]:
        async with self.work() as db:
            return [one.name for one in await db.lookup.search(user, text, limit)]

    async def files(self, user: UserId, **wanted: Any) -> list[MessageId]:
        async with self.work() as db:
            found = await db.lookup.with_files(user, FileQuery(**wanted))
        return [message.message_id for message in found]


@pytest.fixture
def desk(work: UnitOfWork, clock: ManualClock) -> Desk:
    return Desk(work, clock)


class TestSearch:
    async def test_messages_names_and_characters_are_looked_into(
        self, desk: Desk, anna: UserId
    ) -> None:
        await desk.talk(anna, "Where does the TAGUS end?", name="a")
        await desk.talk(anna, "?", name="Along the Tagus")
        await desk.talk(anna, "?", name="c", character="tagus_guide")
        await desk.talk(anna, "?", name="d")
        assert await desk.found(anna, "tagus") == ["c", "Along the Tagus", "a"]
        assert await desk.found(anna, "tagus", limit=1) == ["c"]

    @pytest.mark.parametrize("text", ["100%", "a_b", "\\", "'", '"', "\\%"])
    async def test_every_character_stands_for_itself(
        self, desk: Desk, anna: UserId, text: str
    ) -> None:
        await desk.talk(anna, f"before {text} after", name="with")
        await desk.talk(anna, "before 1000 axb after", name="without")
        assert await desk.found(anna, text) == ["with"]

    async def test_case_does_not_count_and_accents_do(self, desk: Desk, anna: UserId) -> None:
        await desk.talk(anna, "EN ÉTÉ 🦉", name="summer")
        assert await desk.found(anna, "été") == ["summer"]
        assert await desk.found(anna, "🦉") == ["summer"]
        assert await desk.found(anna, "ete") == []

    @pytest.mark.parametrize(
        ("said", "wanted"),
        [
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
            ("Σίσυφος", "ΣΊΣ"),
            ("İSTANBUL", "istanbul"),
            ("İstanbul", "İSTANBUL"),
            ("HAUPTSTRAẞE", "STRAẞE"),
            ("Deseret 𐐔", "𐐔"),
            ("Ქართული", "Ქარ"),
        ],
    )
    async def test_letters_with_a_case_of_their_own(
        self, desk: Desk, anna: UserId, said: str, wanted: str
    ) -> None:
        await desk.talk(anna, said, name="n")
        await desk.talk(anna, "?", name="other")
        assert await desk.found(anna, wanted) == ["n"]

    async def test_the_empty_text_is_in_all_but_empty_conversations(
        self, desk: Desk, anna: UserId
    ) -> None:
        await desk.talk(anna, "?", name="full")
        await desk.talk(anna, name="empty")
        await desk.talk(anna, name="task", task_status="active")
        assert await desk.found(anna, "") == ["task", "full"]
        assert await desk.found(anna, "empty") == []

    async def test_strangers_find_nothing(self, desk: Desk, anna: UserId, boris: UserId) -> None:
        await desk.talk(anna, "secret", name="secret")
        assert await desk.found(boris, "secret") == []
        assert await desk.found(boris, "") == []

    async def test_what_an_edit_replaced_is_not_found(self, desk: Desk, anna: UserId) -> None:
        talk = await desk.talk(anna, "the old words", name="n")
        async with desk.work() as db:
            [stored] = await db.conversations.every_message(anna, talk.id)
            await db.conversations.keep_version(anna, talk.id, stored.message_id)
            await db.conversations.change_message(
                anna, talk.id, stored.message_id, {"message": "new ones"}
            )
        assert await desk.found(anna, "old words") == []


class TestFavourites:
    async def test_oldest_first_and_only_ones_own(
        self, desk: Desk, anna: UserId, boris: UserId
    ) -> None:
        first = await desk.say(anna, message="a", favorite=True)
        await desk.say(anna, message="b")
        await desk.say(boris, message="c", favorite=True)
        second = await desk.say(anna, Sender.AI, message="d", favorite=True)
        async with desk.work() as db:
            found = await db.lookup.favourites(anna)
        assert [message.message_id for message in found] == [first, second]


class TestFiles:
    async def test_newest_first_in_pages(self, desk: Desk, anna: UserId, boris: UserId) -> None:
        await desk.say(boris, file_locations=("https://x/theirs.pdf",))
        await desk.say(anna, message="no file")
        keys = [await desk.say(anna, file_locations=(f"https://x/{n}.pdf",)) for n in range(3)]
        assert await desk.files(anna) == keys[::-1]
        assert await desk.files(anna, offset=1, limit=1) == [keys[1]]
        assert await desk.files(anna, offset=1, limit=0) == [keys[1], keys[0]]

    async def test_more_than_are_read_at_once(self, desk: Desk, anna: UserId) -> None:
        async with desk.work() as db:
            talk = await db.conversations.open(anna, ConversationDraft())
            keys = [
                await db.conversations.add_message(
                    anna,
                    talk.id,
                    Sender.USER,
                    MessageDraft(file_locations=(f"{n}.{'pdf' if n % 100 == 0 else 'txt'}",)),
                )
                for n in range(450)
            ]
        wanted = [keys[400], keys[300], keys[200], keys[100], keys[0]]
        assert await desk.files(anna, extension=".PDF") == wanted
        assert await desk.files(anna, extension=".pdf", offset=3, limit=5) == wanted[3:]

    async def test_by_name_ending_time_and_sender(
        self, desk: Desk, anna: UserId, clock: ManualClock
    ) -> None:
        report = await desk.say(anna, file_locations=("https://x/Report-É.PDF?sig=a",))
        at = clock.now()
        song = await desk.say(anna, Sender.AI, file_locations=("https://x/song.mp3",))
        assert await desk.files(anna, name="report-é") == [report]
        assert await desk.files(anna, extension=".pdf") == [report]
        assert await desk.files(anna, name="report", extension=".mp3") == []
        assert await desk.files(anna, until=at) == [report]
        assert await desk.files(anna, since=clock.now()) == [song]
        assert await desk.files(anna, since=at, until=at) == [report]
        assert await desk.files(anna, answers_only=True) == [song]

    async def test_images_and_links_count_only_on_request(self, desk: Desk, anna: UserId) -> None:
        image = await desk.say(anna, image_locations=("https://x/cat.png",))
        link = await desk.say(anna, message="see ![it](https://x/a/CAT.png) there")
        await desk.say(anna, message="a cat.png without an address")
        await desk.say(anna, message="https://x/cat.png.html")
        phone = await desk.say(anna, file_locations=("/storage/emulated/0/cat.png",))
        assert await desk.files(anna) == []
        assert await desk.files(anna, images_too=True) == [phone, image]
        assert await desk.files(anna, images_too=True, name="cat.png") == [phone, link, image]


class TestActivity:
    async def test_one_line_a_character(
        self, desk: Desk, anna: UserId, boris: UserId, clock: ManualClock
    ) -> None:
        await desk.talk(anna, character="sherlock", task_status="active")
        await desk.talk(anna, character="sherlock", task_status="waiting")
        await desk.talk(anna, character="sherlock", task_status="done")
        sherlock = clock.now()
        await desk.talk(anna, character="Sherlock")
        capital = clock.now()
        await desk.talk(boris, character="watson")
        async with desk.work() as db:
            found = await db.lookup.activity(anna)
            nobody = await db.lookup.activity(UserId(4711))
        assert found == [
            CharacterActivity(
                character="Sherlock", conversations=1, open_tasks=0, last_update=capital
            ),
            CharacterActivity(
                character="sherlock", conversations=3, open_tasks=2, last_update=sherlock
            ),
        ]
        assert nobody == []
