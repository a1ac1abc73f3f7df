"""What every store of conversations promises."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.memory.clock import ManualClock
from application.ports.unit_of_work import UnitOfWork
from domain.conversation.conversation import (
    AnswerState,
    Conversation,
    ConversationDraft,
    ConversationFilter,
    MessageDraft,
    Sender,
    StoredMessage,
)
from domain.errors import AccountNotFound, ConversationNotFound
from domain.ids import ConversationId, MessageId, TurnId, UserId

CHOSEN = ConversationId("0b5c8a52-6f5d-4f0e-9a3e-3c1f6f0f2b11")
UNKNOWN = ConversationId("ffffffff-ffff-4fff-8fff-ffffffffffff")
HELLO = MessageDraft(message="hello")


async def account(work: UnitOfWork, name: str) -> UserId:
    async with work() as db:
        return (await db.accounts.add(name, "hash", None)).id


@pytest.fixture
async def anna(work: UnitOfWork) -> UserId:
    return await account(work, "anna")


@pytest.fixture
async def boris(work: UnitOfWork, anna: UserId) -> UserId:
    return await account(work, "boris")


async def opened(work: UnitOfWork, user: UserId, **stated: Any) -> Conversation:
    async with work() as db:
        return await db.conversations.open(user, ConversationDraft(**stated))


async def read(work: UnitOfWork, user: UserId, conversation: ConversationId) -> Conversation:
    async with work() as db:
        return await db.conversations.get(user, conversation)


async def say(
    work: UnitOfWork,
    user: UserId,
    conversation: ConversationId,
    draft: MessageDraft = HELLO,
    sender: Sender = Sender.USER,
    **more: Any,
) -> MessageId:
    async with work() as db:
        return await db.conversations.add_message(user, conversation, sender, draft, **more)


async def said(work: UnitOfWork, user: UserId, conversation: ConversationId) -> list[StoredMessage]:
    async with work() as db:
        return (await db.conversations.messages(user, (conversation,)))[conversation]


async def page(work: UnitOfWork, user: UserId, **wanted: Any) -> list[str]:
    async with work() as db:
        found = await db.conversations.page(user, ConversationFilter(**wanted))
        return [conversation.name for conversation in found]


async def talk(work: UnitOfWork, user: UserId, name: str, **stated: Any) -> Conversation:
    """Open a conversation with something said in it, so that lists show it."""
    conversation = await opened(work, user, name=name, **stated)
    await say(work, user, conversation.id)
    return conversation


class TestOpening:
    async def test_without_an_id_it_is_new(
        self, work: UnitOfWork, anna: UserId, clock: ManualClock
    ) -> None:
        fresh = await opened(work, anna)
        assert fresh == await read(work, anna, fresh.id)
        assert (fresh.name, fresh.character, fresh.tags) == ("New chat", "assistant", ())
        assert fresh.created_at == fresh.last_update == clock.now()
        assert fresh.id != (await opened(work, anna)).id

    async def test_what_the_draft_states_is_stored(self, work: UnitOfWork, anna: UserId) -> None:
        fresh = await opened(
            work,
            anna,
            name="Trip",
            character="sherlock",
            model="gpt-4o",
            auto_trigger_tts=True,
            claude_session_id="c-1",
            tags=("travel", "été"),
        )
        assert fresh == await read(work, anna, fresh.id)
        assert (fresh.name, fresh.character, fresh.model) == ("Trip", "sherlock", "gpt-4o")
        assert (fresh.auto_trigger_tts, fresh.claude_session_id) == (True, "c-1")
        assert fresh.tags == ("travel", "été")

    async def test_what_a_later_draft_leaves_out_stays(
        self, work: UnitOfWork, anna: UserId, clock: ManualClock
    ) -> None:
        fresh = await opened(work, anna, name="Trip", tags=("travel",), auto_trigger_tts=True)
        await clock.advance(5)
        again = await opened(work, anna, id=fresh.id, model="o3")
        assert again == await read(work, anna, fresh.id)
        assert (again.name, again.tags, again.auto_trigger_tts) == ("Trip", ("travel",), True)
        assert (again.model, again.last_update) == ("o3", clock.now())
        assert again.created_at == fresh.created_at

    async def test_an_empty_list_and_false_are_statements(
        self, work: UnitOfWork, anna: UserId
    ) -> None:
        fresh = await opened(work, anna, tags=("travel",), auto_trigger_tts=True)
        again = await opened(work, anna, id=fresh.id, tags=(), auto_trigger_tts=False)
        assert again == await read(work, anna, fresh.id)
        assert (again.tags, again.auto_trigger_tts) == ((), False)

    async def test_without_touch_it_stays_in_its_place(
        self, work: UnitOfWork, anna: UserId, clock: ManualClock
    ) -> None:
        fresh = await opened(work, anna)
        await clock.advance(5)
        await opened(work, anna, id=fresh.id, name="Named", touch=False)
        await opened(work, anna, id=fresh.id, touch=False)
        stored = await read(work, anna, fresh.id)
        assert (stored.name, stored.last_update) == ("Named", fresh.last_update)

    async def test_an_unused_uuid_is_taken(self, work: UnitOfWork, anna: UserId) -> None:
        assert (await opened(work, anna, id=CHOSEN)).id == CHOSEN
        assert (await opened(work, anna, id=CHOSEN, name="Again")).id == CHOSEN
        assert (await read(work, anna, CHOSEN)).name == "Again"

    @pytest.mark.parametrize("wish", ["", "7", "not-a-uuid", "x" * 36, "x" * 5000, CHOSEN[1:]])
    async def test_other_ids_get_a_fresh_one(
        self, work: UnitOfWork, anna: UserId, wish: str
    ) -> None:
        fresh = await opened(work, anna, id=wish)
        assert fresh.id != wish
        assert len(fresh.id) == 36

    async def test_somebody_elses_id_gets_a_fresh_one(
        self, work: UnitOfWork, anna: UserId, boris: UserId
    ) -> None:
        await opened(work, anna, id=CHOSEN, name="Anna's")
        fresh = await opened(work, boris, id=CHOSEN, name="Boris's")
        assert fresh.id != CHOSEN
        assert (await read(work, anna, CHOSEN)).name == "Anna's"

    async def test_long_values_are_cut_by_characters(self, work: UnitOfWork, anna: UserId) -> None:
        fresh = await opened(work, anna, name="🦉" * 300, character="é" * 300, model="m" * 300)
        assert fresh == await read(work, anna, fresh.id)
        assert (fresh.name, fresh.character, fresh.model) == ("🦉" * 100, "é" * 50, "m" * 50)

    async def test_nobody_can_open_one(self, work: UnitOfWork) -> None:
        with pytest.raises(AccountNotFound):
            await opened(work, UserId(4711))


class TestReading:
    async def test_strangers_and_unknown_ids_look_the_same(
        self, work: UnitOfWork, anna: UserId, boris: UserId
    ) -> None:
        mine = await opened(work, anna)
        for user, conversation in ((boris, mine.id), (anna, UNKNOWN)):
            with pytest.raises(ConversationNotFound, match="Session not found"):
                await read(work, user, conversation)

    async def test_the_newest_of_a_character_is_the_last_touched(
        self, work: UnitOfWork, anna: UserId, boris: UserId, clock: ManualClock
    ) -> None:
        first = await opened(work, anna, character="sherlock")
        await clock.advance(1)
        await opened(work, anna, character="sherlock")
        await opened(work, boris, character="sherlock")
        await clock.advance(1)
        first = await opened(work, anna, id=first.id)
        async with work() as db:
            assert await db.conversations.newest_of(anna, "sherlock") == first
            assert await db.conversations.newest_of(anna, "Sherlock") is None
            assert await db.conversations.newest_of(anna, "watson") is None


class TestRenaming:
    async def test_the_name_changes_and_the_place_does_not(
        self, work: UnitOfWork, anna: UserId, clock: ManualClock
    ) -> None:
        mine = await opened(work, anna)
        await clock.advance(5)
        async with work() as db:
            await db.conversations.rename(anna, mine.id, "n" * 200)
            await db.conversations.rename(anna, mine.id, "n" * 200)
        stored = await read(work, anna, mine.id)
        assert (stored.name, stored.last_update) == ("n" * 100, mine.last_update)

    async def test_strangers_cannot(self, work: UnitOfWork, anna: UserId, boris: UserId) -> None:
        mine = await opened(work, anna, name="Mine")
        for user, conversation in ((boris, mine.id), (anna, UNKNOWN)):
            with pytest.raises(ConversationNotFound):
                async with work() as db:
                    await db.conversations.rename(user, conversation, "Stolen")
        assert (await read(work, anna, mine.id)).name == "Mine"


class TestPages:
    async def test_newest_first_and_only_ones_own(
        self, work: UnitOfWork, anna: UserId, boris: UserId, clock: ManualClock
    ) -> None:
        for name in ("first", "second", "third"):
            await talk(work, anna, name)
            await clock.advance(1)
        await talk(work, boris, "foreign")
        assert await page(work, anna) == ["third", "second", "first"]

    async def test_of_one_moment_the_newest_made_comes_first(
        self, work: UnitOfWork, anna: UserId, clock: ManualClock
    ) -> None:
        older = await talk(work, anna, "older")
        await clock.advance(1)
        await talk(work, anna, "newer")
        await opened(work, anna, id=older.id)
        assert await page(work, anna) == ["newer", "older"]

    async def test_empty_ones_are_hidden(self, work: UnitOfWork, anna: UserId) -> None:
        await opened(work, anna, name="empty")
        await talk(work, anna, "full")
        assert await page(work, anna) == ["full"]

    async def test_start_counts_and_end_does_not(
        self, work: UnitOfWork, anna: UserId, clock: ManualClock
    ) -> None:
        moments: list[datetime] = []
        for name in ("first", "second", "third"):
            await talk(work, anna, name)
            moments.append(clock.now())
            await clock.advance(1)
        assert await page(work, anna, start=moments[1]) == ["third", "second"]
        assert await page(work, anna, end=moments[1]) == ["first"]
        assert await page(work, anna, start=moments[0], end=moments[2]) == ["second", "first"]
        later = moments[1] + timedelta(microseconds=1)
        assert await page(work, anna, start=moments[1], end=later) == ["second"]

    async def test_any_of_the_tags_in_any_case(
        self, work: UnitOfWork, anna: UserId, clock: ManualClock
    ) -> None:
        for name, tags in (("a", ("Work",)), ("b", ("home", "ÉTÉ")), ("c", ()), ("d", ("works",))):
            await talk(work, anna, name, tags=tags)
            await clock.advance(1)
        assert await page(work, anna, tags=("work", "été")) == ["b", "a"]
        assert await page(work, anna, tags=("WORK", "HOME"), limit=1) == ["b"]
        assert await page(work, anna, tags=("work", "home"), offset=1, limit=1) == ["a"]
        assert await page(work, anna, tags=("work", "home"), offset=1, limit=0) == ["a"]
        assert await page(work, anna, tags=("other",)) == []

    async def test_offset_and_limit(
        self, work: UnitOfWork, anna: UserId, clock: ManualClock
    ) -> None:
        for number in range(35):
            await talk(work, anna, str(number))
            await clock.advance(1)
        newest = [str(number) for number in reversed(range(35))]
        assert await page(work, anna) == newest[:30]
        assert await page(work, anna, limit=0) == newest
        assert await page(work, anna, offset=3, limit=2) == newest[3:5]
        assert await page(work, anna, offset=33, limit=0) == newest[33:]
        assert await page(work, anna, offset=99) == []

    async def test_by_character_and_task(self, work: UnitOfWork, anna: UserId) -> None:
        await talk(work, anna, "plain")
        await talk(work, anna, "odd", character="sherlock")
        assert await page(work, anna, character="sherlock") == ["odd"]
        assert await page(work, anna, character="SHERLOCK") == []
        assert await page(work, anna, character="sherlock", task_status="none") == ["odd"]
        assert await page(work, anna, task_status="any") == []
        assert await page(work, anna, task_status="active") == []
        assert await page(work, anna, task_priority="high") == []


class TestMessages:
    async def test_everything_stated_reads_back(
        self, work: UnitOfWork, anna: UserId, clock: ManualClock
    ) -> None:
        mine = await opened(work, anna)
        draft = MessageDraft(
            message="Lisbon 🦉 \x00 'quoted\\' %s :name",
            ai_reasoning="because\r\n",
            image_locations=("https://x/1.png",),
            file_locations=("https://x/a.mp3", "https://x/b.pdf"),
            chart_data=({"type": "bar", "y": [1, 2.5, None, 2**53 + 1]},),
            ai_character_name="sherlock",
            is_tts=True,
            api_text_gen_model_name="gpt-4o",
            api_text_gen_settings={"model": "gpt-4o", "deep": {"é": [True, None]}},
            api_tts_gen_model_name="tts-1",
            api_image_gen_settings={"n": 1},
            image_generation_request={"prompt": "an owl 🦉"},
            claude_code_data={"cancelled": True},
            is_gps_location_message=True,
            show_transcribe_button=True,
            favorite=True,
            test_mode=True,
        )
        usage = {"cost_usd": 0.0015, "usage": {"input_tokens": 3}, "attempts": [{"error": None}]}
        key = await say(
            work,
            anna,
            mine.id,
            draft,
            Sender.AI,
            turn=TurnId("t"),
            state=AnswerState.RUNNING,
            usage=usage,
        )
        [stored] = await said(work, anna, mine.id)
        assert stored == StoredMessage(
            message_id=key,
            session_id=mine.id,
            customer_id=anna,
            sender=Sender.AI,
            created_at=clock.now(),
            turn_id=TurnId("t"),
            state=AnswerState.RUNNING,
            usage=usage,
            **draft.stated(),
        )

    async def test_nothing_stated_reads_back_as_empty(
        self, work: UnitOfWork, anna: UserId, clock: ManualClock
    ) -> None:
        mine = await opened(work, anna)
        key = await say(work, anna, mine.id, MessageDraft(), Sender.SYSTEM)
        assert await said(work, anna, mine.id) == [
            StoredMessage(
                message_id=key,
                session_id=mine.id,
                customer_id=anna,
                sender=Sender.SYSTEM,
                created_at=clock.now(),
            )
        ]

    async def test_a_question_keeps_none_of_the_answers_columns(
        self, work: UnitOfWork, anna: UserId
    ) -> None:
        mine = await opened(work, anna)
        draft = MessageDraft(
            message="hi",
            api_text_gen_model_name="gpt-4o",
            api_text_gen_settings={"model": "gpt-4o"},
            api_tts_gen_model_name="tts-1",
            api_image_gen_settings={"n": 1},
            image_generation_request={"prompt": "owl"},
            claude_code_data={"kept": True},
        )
        await say(work, anna, mine.id, draft)
        [stored] = await said(work, anna, mine.id)
        assert (stored.api_text_gen_model_name, stored.api_tts_gen_model_name) == (None, None)
        assert not stored.api_text_gen_settings
        assert not stored.api_image_gen_settings
        assert not stored.image_generation_request
        assert stored.claude_code_data == {"kept": True}

    @pytest.mark.parametrize("character", ["a", "é", "🦉"])
    async def test_an_answer_may_be_a_megabyte_long(
        self, work: UnitOfWork, anna: UserId, character: str
    ) -> None:
        mine = await opened(work, anna)
        long = character * (1_000_000 // len(character.encode()))
        await say(work, anna, mine.id, MessageDraft(message=long, ai_reasoning=long), Sender.AI)
        [stored] = await said(work, anna, mine.id)
        assert stored.message == long
        assert stored.ai_reasoning == long

    async def test_names_without_end_are_cut(self, work: UnitOfWork, anna: UserId) -> None:
        mine = await opened(work, anna)
        key = await say(work, anna, mine.id, MessageDraft(ai_character_name="🦉" * 100_000))
        async with work() as db:
            assert await db.conversations.change_message(
                anna, mine.id, key, {"api_text_gen_model_name": "m" * 100_000}
            )
        [stored] = await said(work, anna, mine.id)
        assert set(stored.ai_character_name or "") == {"🦉"}
        assert set(stored.api_text_gen_model_name or "") == {"m"}

    async def test_messages_of_one_moment_keep_their_order_by_time(
        self, work: UnitOfWork, anna: UserId
    ) -> None:
        mine = await opened(work, anna)
        keys: list[MessageId] = []
        async with work() as db:
            keys += [
                await db.conversations.add_message(anna, mine.id, Sender.USER, HELLO)
                for _ in range(3)
            ]
        keys += [await say(work, anna, mine.id) for _ in range(2)]
        stored = await said(work, anna, mine.id)
        assert [message.message_id for message in stored] == keys
        moments = [message.created_at for message in stored]
        assert moments == sorted(set(moments))

    async def test_several_conversations_at_once(self, work: UnitOfWork, anna: UserId) -> None:
        one, two, empty = [await opened(work, anna) for _ in range(3)]
        first = await say(work, anna, one.id)
        second = await say(work, anna, two.id)
        third = await say(work, anna, one.id)
        async with work() as db:
            found = await db.conversations.messages(anna, (one.id, two.id, empty.id))
            assert await db.conversations.messages(anna, ()) == {}
        ids = {name: [message.message_id for message in said] for name, said in found.items()}
        assert ids == {one.id: [first, third], two.id: [second], empty.id: []}

    async def test_more_conversations_than_a_query_may_name(
        self, work: UnitOfWork, anna: UserId
    ) -> None:
        mine = await opened(work, anna)
        key = await say(work, anna, mine.id)
        many = tuple(ConversationId(str(number)) for number in range(1200))
        async with work() as db:
            found = await db.conversations.messages(anna, (*many, mine.id))
        assert [message.message_id for message in found[mine.id]] == [key]
        assert len(found) == 1201

    async def test_strangers_read_and_write_nothing(
        self, work: UnitOfWork, anna: UserId, boris: UserId
    ) -> None:
        mine = await talk(work, anna, "mine")
        assert await said(work, boris, mine.id) == []
        for user, conversation in ((boris, mine.id), (anna, UNKNOWN)):
            with pytest.raises(ConversationNotFound):
                await say(work, user, conversation)
        assert len(await said(work, anna, mine.id)) == 1


class TestChanging:
    async def test_what_is_given_changes_and_nothing_else(
        self, work: UnitOfWork, anna: UserId, clock: ManualClock
    ) -> None:
        mine = await opened(work, anna)
        draft = MessageDraft(message="Lis", is_tts=True, file_locations=("a",), favorite=True)
        key = await say(work, anna, mine.id, draft, Sender.AI, state=AnswerState.RUNNING)
        [before] = await said(work, anna, mine.id)
        await clock.advance(5)
        changes = {
            "message": "Lisbon",
            "state": AnswerState.COMPLETED,
            "file_locations": ("b", "c"),
            "chart_data": ({"type": "bar"},),
            "claude_code_data": {"a": 1},
            "favorite": False,
        }
        async with work() as db:
            assert await db.conversations.change_message(anna, mine.id, key, changes)
            assert await db.conversations.change_message(anna, mine.id, key, changes)
        [after] = await said(work, anna, mine.id)
        assert {name: getattr(after, name) for name in changes} == changes
        assert (after.is_tts, after.created_at) == (True, before.created_at)

    async def test_none_clears(self, work: UnitOfWork, anna: UserId) -> None:
        mine = await opened(work, anna)
        draft = MessageDraft(
            message="x",
            ai_reasoning="r",
            chart_data=({"a": 1},),
            image_locations=("u",),
            claude_code_data={"a": 1},
        )
        key = await say(work, anna, mine.id, draft, Sender.AI)
        cleared = ("ai_reasoning", "chart_data", "image_locations", "claude_code_data")
        async with work() as db:
            await db.conversations.change_message(anna, mine.id, key, dict.fromkeys(cleared))
        [after] = await said(work, anna, mine.id)
        assert [getattr(after, name) for name in cleared] == [None, None, (), {}]
        assert after.message == "x"

    async def test_without_changes_it_says_whether_there_is_one(
        self, work: UnitOfWork, anna: UserId
    ) -> None:
        mine = await opened(work, anna)
        key = await say(work, anna, mine.id)
        async with work() as db:
            assert await db.conversations.change_message(anna, mine.id, key, {})
            assert not await db.conversations.change_message(anna, mine.id, MessageId(99999), {})

    async def test_the_wrong_user_or_conversation_changes_nothing(
        self, work: UnitOfWork, anna: UserId, boris: UserId
    ) -> None:
        mine, other = await opened(work, anna), await opened(work, anna)
        key = await say(work, anna, mine.id)
        wrong = ((boris, mine.id, key), (anna, other.id, key), (anna, mine.id, MessageId(99999)))
        async with work() as db:
            for user, conversation, message in wrong:
                assert not await db.conversations.change_message(
                    user, conversation, message, {"message": "stolen"}
                )
        [stored] = await said(work, anna, mine.id)
        assert stored.message == "hello"

    @pytest.mark.parametrize("name", ["message_id", "customer_id", "session_id", "sender", "nope"])
    async def test_some_columns_never_change(
        self, work: UnitOfWork, anna: UserId, name: str
    ) -> None:
        mine = await opened(work, anna)
        key = await say(work, anna, mine.id)
        with pytest.raises(ValueError, match=name):
            async with work() as db:
                await db.conversations.change_message(anna, mine.id, key, {name: 1})
