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
    Place,
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
        assert await page(work, anna, character="sherlock ") == []
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

    @pytest.mark.parametrize(
        "name", ["message_id", "customer_id", "session_id", "sender", "siblings", "nope"]
    )
    async def test_some_columns_never_change(
        self, work: UnitOfWork, anna: UserId, name: str
    ) -> None:
        mine = await opened(work, anna)
        key = await say(work, anna, mine.id)
        with pytest.raises(ValueError, match=name):
            async with work() as db:
                await db.conversations.change_message(anna, mine.id, key, {name: 1})

    async def test_only_what_a_turn_wrote_itself_changes_for_it(
        self, work: UnitOfWork, anna: UserId
    ) -> None:
        mine = await opened(work, anna)
        key = await say(work, anna, mine.id, turn=TurnId("t"))
        async with work() as db:
            for turn, changed in ((TurnId("other"), False), (TurnId("t"), True)):
                assert changed is await db.conversations.change_message(
                    anna, mine.id, key, {"message": turn}, turn=turn
                )
        [stored] = await said(work, anna, mine.id)
        assert stored.message == "t"

    async def test_a_running_answer_grows_in_its_own_turn_only(
        self, work: UnitOfWork, anna: UserId, boris: UserId
    ) -> None:
        mine = await opened(work, anna)
        state = AnswerState.RUNNING
        key = await say(work, anna, mine.id, HELLO, Sender.AI, turn=TurnId("t"), state=state)
        async with work() as db:
            grow = db.conversations.grow_message
            new = {"message": "longer", "state": state}
            await grow(anna, mine.id, key, new, turn=TurnId("t"))
            for user, turn in ((anna, TurnId("other")), (boris, TurnId("t"))):
                await grow(user, mine.id, key, {"message": "not mine"}, turn=turn)
            await grow(anna, mine.id, MessageId(99999), new, turn=TurnId("t"))
        [stored] = await said(work, anna, mine.id)
        assert (stored.message, stored.state) == ("longer", state)

    async def test_only_known_columns_grow(self, work: UnitOfWork, anna: UserId) -> None:
        mine = await opened(work, anna)
        key = await say(work, anna, mine.id, turn=TurnId("t"))
        with pytest.raises(ValueError, match="customer_id"):
            async with work() as db:
                await db.conversations.grow_message(
                    anna, mine.id, key, {"customer_id": 1}, turn=TurnId("t")
                )


class TestChangingConversations:
    async def test_a_draft_changes_what_it_states(
        self, work: UnitOfWork, anna: UserId, clock: ManualClock
    ) -> None:
        mine = await opened(work, anna, name="Trip", tags=("a",))
        await clock.advance(5)
        async with work() as db:
            changed = await db.conversations.change(
                anna,
                ConversationDraft(
                    id=mine.id,
                    task_status="waiting",
                    task_priority="high",
                    task_description="d" * 900,
                    touch=False,
                ),
            )
        assert changed == await read(work, anna, mine.id)
        assert (changed.name, changed.tags) == ("Trip", ("a",))
        assert (changed.task_status, changed.task_priority) == ("waiting", "high")
        assert changed.task_description == "d" * 500
        assert changed.last_update == mine.last_update

    async def test_a_task_is_dropped_whole(self, work: UnitOfWork, anna: UserId) -> None:
        mine = await opened(work, anna, task_status="active", task_description="x")
        draft = ConversationDraft(id=mine.id, drops_task=True, task_priority="low")
        async with work() as db:
            await db.conversations.change(anna, draft)
        now = await read(work, anna, mine.id)
        assert (now.task_status, now.task_priority, now.task_description) == (None, None, None)

    async def test_it_may_be_put_at_a_moment(
        self, work: UnitOfWork, anna: UserId, clock: ManualClock
    ) -> None:
        mine = await opened(work, anna)
        then = clock.now() - timedelta(days=1)
        async with work() as db:
            await db.conversations.change(anna, ConversationDraft(id=mine.id, touched_at=then))
        assert (await read(work, anna, mine.id)).last_update == then

    async def test_strangers_and_unknown_ids_look_the_same(
        self, work: UnitOfWork, anna: UserId, boris: UserId
    ) -> None:
        mine = await opened(work, anna, name="Mine")
        for user, conversation in ((boris, mine.id), (anna, UNKNOWN), (anna, None)):
            draft = ConversationDraft(id=conversation, name="Stolen")
            with pytest.raises(ConversationNotFound, match="Session not found"):
                async with work() as db:
                    await db.conversations.change(user, draft)
        assert (await read(work, anna, mine.id)).name == "Mine"


class TestRemoving:
    async def test_a_conversation_goes_with_all_its_messages(
        self, work: UnitOfWork, anna: UserId, boris: UserId
    ) -> None:
        mine, other = await opened(work, anna, name="mine"), await talk(work, anna, "other")
        keys = [await say(work, anna, mine.id) for _ in range(2)]
        async with work() as db:
            await db.conversations.keep_version(anna, mine.id, keys[0])
        for user, conversation in ((boris, mine.id), (anna, UNKNOWN)):
            with pytest.raises(ConversationNotFound, match="Session not found"):
                async with work() as db:
                    await db.conversations.remove(user, conversation)
        async with work() as db:
            assert await db.conversations.remove(anna, mine.id) == keys
        assert await said(work, anna, mine.id) == []
        assert await page(work, anna) == ["other"]
        assert len(await said(work, anna, other.id)) == 1
        with pytest.raises(ConversationNotFound):
            await say(work, anna, mine.id)

    async def test_only_named_messages_of_the_conversation_go(
        self, work: UnitOfWork, anna: UserId, boris: UserId
    ) -> None:
        mine, other = await opened(work, anna), await opened(work, anna)
        keys = [await say(work, anna, mine.id) for _ in range(3)]
        foreign = await say(work, anna, other.id)
        named = (keys[0], keys[0], keys[2], foreign, MessageId(99999))
        async with work() as db:
            assert await db.conversations.remove_messages(anna, mine.id, named) == 2
            assert await db.conversations.remove_messages(anna, mine.id, named) == 0
        assert [one.message_id for one in await said(work, anna, mine.id)] == [keys[1]]
        assert len(await said(work, anna, other.id)) == 1
        with pytest.raises(ConversationNotFound):
            async with work() as db:
                await db.conversations.remove_messages(boris, mine.id, (keys[1],))

    async def test_more_messages_than_a_query_may_name(
        self, work: UnitOfWork, anna: UserId
    ) -> None:
        mine = await opened(work, anna)
        key = await say(work, anna, mine.id)
        many = (*(MessageId(number) for number in range(10_000, 11_200)), key)
        async with work() as db:
            assert await db.conversations.remove_messages(anna, mine.id, many) == 1
        assert await said(work, anna, mine.id) == []

    async def test_an_answer_to_what_was_removed_is_not_written(
        self, work: UnitOfWork, anna: UserId, clock: ManualClock
    ) -> None:
        mine = await opened(work, anna)
        question = await say(work, anna, mine.id)
        await say(work, anna, mine.id)
        async with work() as db:
            await db.conversations.remove_messages(anna, mine.id, (question,))
        with pytest.raises(ConversationNotFound):
            await say(work, anna, mine.id, place=Place(clock.now(), question))
        assert len(await said(work, anna, mine.id)) == 1

    async def test_an_answer_to_what_another_turn_asks_by_now_is_not_written(
        self, work: UnitOfWork, anna: UserId, clock: ManualClock
    ) -> None:
        mine = await opened(work, anna)
        one, two = TurnId("t-1"), TurnId("t-2")
        question = await say(work, anna, mine.id, turn=one)
        with pytest.raises(ConversationNotFound):
            await say(work, anna, mine.id, turn=two, place=Place(clock.now(), question, two))
        await say(work, anna, mine.id, turn=one, place=Place(clock.now(), question, one))
        assert [row.turn_id for row in await said(work, anna, mine.id)] == [one, one]


class TestVersions:
    async def test_each_message_follows_the_one_before(
        self, work: UnitOfWork, anna: UserId
    ) -> None:
        mine = await opened(work, anna)
        keys = [await say(work, anna, mine.id) for _ in range(3)]
        stored = await said(work, anna, mine.id)
        assert [one.parent_id for one in stored] == [None, *keys[:2]]
        assert {one.siblings for one in stored} == {()}
        async with work() as db:
            assert await db.conversations.every_message(anna, mine.id) == stored
            end = await db.conversations.end(anna, mine.id)
        assert end.after == keys[-1]
        assert end.at > stored[-1].created_at

    async def test_a_version_is_a_copy_that_is_not_shown(
        self, work: UnitOfWork, anna: UserId
    ) -> None:
        mine = await opened(work, anna)
        await say(work, anna, mine.id)
        draft = MessageDraft(message="old", image_locations=("i",), favorite=True)
        key = await say(work, anna, mine.id, draft, Sender.AI, turn=TurnId("t"))
        before = (await said(work, anna, mine.id))[1]
        async with work() as db:
            copy = await db.conversations.keep_version(anna, mine.id, key)
            await db.conversations.change_message(anna, mine.id, key, {"message": "new"})
        assert copy is not None
        shown = await said(work, anna, mine.id)
        assert [one.message for one in shown] == ["hello", "new"]
        assert shown[1].siblings == (copy, key)
        async with work() as db:
            stored = await db.conversations.message(anna, copy)
        assert stored is not None
        unlike = ("message_id", "version_of", "replaced")
        for name in StoredMessage.__struct_fields__:
            if name not in unlike:
                assert getattr(stored, name) == getattr(before, name), name
        assert (stored.version_of, stored.replaced) == (key, True)

    async def test_a_version_of_an_answer_that_grows_was_interrupted(
        self, work: UnitOfWork, anna: UserId
    ) -> None:
        mine = await opened(work, anna)
        async with work() as db:
            draft, state = MessageDraft(message="So far"), AnswerState.RUNNING
            key = await db.conversations.add_message(
                anna, mine.id, Sender.AI, draft, turn=TurnId("t"), state=state
            )
            copy = await db.conversations.keep_version(anna, mine.id, key)
            states = {
                row.message_id: row.state
                for row in await db.conversations.every_message(anna, mine.id)
            }
        assert states == {key: AnswerState.RUNNING, copy: AnswerState.INTERRUPTED}

    async def test_a_version_of_a_version_belongs_to_the_same_message(
        self, work: UnitOfWork, anna: UserId
    ) -> None:
        mine = await opened(work, anna)
        parent, key = await say(work, anna, mine.id), await say(work, anna, mine.id)
        async with work() as db:
            first = await db.conversations.keep_version(anna, mine.id, key)
            assert first is not None
            second = await db.conversations.keep_version(anna, mine.id, first, after=parent)
            assert second is not None
            stored = await db.conversations.message(anna, second)
        assert stored is not None
        assert (stored.version_of, stored.parent_id) == (key, parent)
        async with work() as db:
            assert await db.conversations.remove_messages(anna, mine.id, (key,)) == 1
            assert await db.conversations.message(anna, second) is None
        assert [one.message_id for one in await said(work, anna, mine.id)] == [parent]

    async def test_what_is_hidden_does_not_bring_a_conversation_into_lists(
        self, work: UnitOfWork, anna: UserId
    ) -> None:
        mine = await talk(work, anna, "mine")
        [stored] = await said(work, anna, mine.id)
        async with work() as db:
            await db.conversations.change_message(
                anna, mine.id, stored.message_id, {"replaced": True}
            )
        assert await page(work, anna) == []
        async with work() as db:
            assert await db.lookup.search(anna, "", 10) == []

    async def test_a_hidden_message_is_not_the_end(self, work: UnitOfWork, anna: UserId) -> None:
        mine = await opened(work, anna)
        first, last = await say(work, anna, mine.id), await say(work, anna, mine.id)
        async with work() as db:
            await db.conversations.change_message(anna, mine.id, last, {"replaced": True})
        async with work() as db:
            end = await db.conversations.end(anna, mine.id)
            rows = await db.conversations.every_message(anna, mine.id)
        assert end.after == first
        assert end.at > rows[-1].created_at

    async def test_strangers_keep_and_see_nothing(
        self, work: UnitOfWork, anna: UserId, boris: UserId
    ) -> None:
        mine, other = await opened(work, anna), await opened(work, anna)
        key = await say(work, anna, mine.id)
        async with work() as db:
            for user, conversation in ((boris, mine.id), (anna, other.id)):
                assert await db.conversations.keep_version(user, conversation, key) is None
            assert await db.conversations.message(boris, key) is None
            assert await db.conversations.every_message(boris, mine.id) == []
            with pytest.raises(ConversationNotFound):
                await db.conversations.hold(boris, mine.id)
        assert len(await said(work, anna, mine.id)) == 1
