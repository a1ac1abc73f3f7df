"""Export and import, from the first line to the last."""

import io
from collections.abc import Iterator
from contextlib import aclosing
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.memory.clock import ManualClock
from adapters.memory.unit_of_work import MemoryUnitOfWork
from application.ports.archives import Archives
from application.transfer.export_account import Mark
from application.transfer.import_archive import ImportArchive
from domain.conversation.conversation import ConversationDraft, MessageDraft, Sender
from domain.ids import UserId
from domain.storage_errors import StorageUnavailable
from domain.transfer.archive import Digest
from domain.transfer.errors import ArchiveChanged, ArchiveRefused
from domain.transfer.records import Record
from domain.transfer.tally import Tally
from tests.archives import RICH, archive, body, exported, imported, reader, said, talk


async def account(name: str = "anna") -> tuple[MemoryUnitOfWork, UserId]:
    work = MemoryUnitOfWork(ManualClock())
    async with work() as db:
        return work, (await db.accounts.add(name, "hash", None)).id


MANY = archive([talk("t1"), *(said(number, "text") for number in range(1, 351))])


async def test_progress_tells_how_far_it_is() -> None:
    work, anna = await account()
    steps = await imported(work, anna, MANY)
    assert [(one.stage, one.done, one.total) for one in steps] == [
        *(("checking", done, None) for done in (100, 200, 300, 351)),
        ("checked", 351, 351),
        *(("storing", done, 351) for done in (100, 200, 300, 351)),
        ("stored", 351, 351),
    ]
    assert steps[-1].added == Tally(conversations=1, messages=350)


async def test_large_texts_are_stored_in_smaller_batches() -> None:
    work, anna = await account()
    large = archive([talk("t1"), *(said(number, "x" * 600_000) for number in range(1, 5))])
    assert [step.done for step in await imported(work, anna, large)] == [3, 5, 5, 3, 5, 5]


async def test_nothing_of_a_refused_archive_is_stored() -> None:
    work, anna = await account()
    await imported(work, anna, archive(RICH))
    for refused in (MANY[:-9], MANY.replace(b'"number":350', b'"number":9')):
        opened = work.opened
        with pytest.raises(ArchiveRefused):
            await imported(work, anna, refused)
        assert work.opened == opened + 1, "more than a look at the account"
    assert body(await exported(work, anna)) == body(archive(RICH))


@pytest.mark.parametrize("stored", [0, 100, 200, 300])
async def test_the_same_archive_completes_what_was_interrupted(stored: int) -> None:
    work, anna = await account()
    steps = ImportArchive(work, reader())(anna, io.BytesIO(MANY))
    async with aclosing(steps):
        async for step in steps:
            if step.stage in ("checked", "storing") and step.done % 351 == stored:
                work.fail_next()
                break
        with pytest.raises(StorageUnavailable):
            await anext(steps)
    half = await exported(work, anna)
    assert half.count(b'"type":"message"') == max(0, stored - 1)
    again = (await imported(work, anna, MANY))[-1]
    assert again.added.records == 351 - stored
    assert body(await exported(work, anna)) == body(MANY)


async def test_an_export_goes_on_behind_any_line() -> None:
    work, anna = await account()
    await imported(work, anna, archive(RICH))
    whole = (await exported(work, anna)).splitlines(keepends=True)
    for kept in range(len(whole)):
        digest = Digest()
        for record, line in zip(RICH, whole[1:kept], strict=False):
            digest.add(record, line)
        known = digest.sha256 if kept > 1 else None
        rest = await exported(work, anna, Mark(kept, known))
        assert rest.splitlines(keepends=True) == whole[kept:]
    assert await exported(work, anna, Mark(len(whole))) == b""


async def test_an_export_of_what_has_changed_does_not_go_on() -> None:
    work, anna = await account()
    await imported(work, anna, archive(RICH))
    for mark in (Mark(3, "0" * 64), Mark(100, "0" * 64), Mark(100)):
        with pytest.raises(ArchiveChanged, match="export it anew"):
            await exported(work, anna, mark)


class Halting(Archives):
    """Reads whatever it is given to say, and stops where it is told."""

    def __init__(self, *records: Record) -> None:
        self._records = records

    def read(self, file: BinaryIO) -> Iterator[Record]:
        yield from self._records
        raise ArchiveRefused("enough")


async def test_what_is_good_until_its_last_byte_is_refused_as_a_whole() -> None:
    work, anna = await account()
    steps = ImportArchive(work, Halting(*RICH))(anna, io.BytesIO())
    with pytest.raises(ArchiveRefused):
        [step async for step in steps]
    async with work() as db:
        assert await db.holdings.tally(anna) == Tally()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ACTS = st.lists(
    st.tuples(st.sampled_from(["say", "keep", "change", "remove", "prompt"]), TEXTS), max_size=12
)


@settings(max_examples=40)
@given(talks=st.lists(ACTS, max_size=3))
def test_an_account_lives_on_as_it_was(talks: list[list[tuple[str, str]]]) -> None:
    """Whatever was done to an account, its archive makes the same account again."""
    import asyncio

    async def check() -> None:
        work, anna = await account()
        for acts in talks:
            await live(work, anna, acts)
        first = await exported(work, anna)
        there, boris = await account("boris")
        await imported(there, boris, first)
        second = await exported(there, boris)
        assert body(second) == body(first)
        async with work() as here_db, there() as there_db:
            for talk in await here_db.holdings.conversations(anna, "", 9):
                here = await here_db.conversations.messages(anna, (talk.id,))  # type: ignore[arg-type]
                moved = await there_db.conversations.messages(boris, (talk.id,))  # type: ignore[arg-type]
                assert [
                    [(one.message, len(one.siblings)) for one in shown] for shown in here.values()
                ] == [
                    [(one.message, len(one.siblings)) for one in shown] for shown in moved.values()
                ]

    asyncio.run(check())


async def live(work: MemoryUnitOfWork, user: UserId, acts: list[tuple[str, str]]) -> None:
    async with work() as db:
        talk = await db.conversations.open(user, ConversationDraft(name="talk"))
        for act, text in acts:
            rows = await db.conversations.every_message(user, talk.id)
            sender = Sender.AI if len(rows) % 2 else Sender.USER
            match act:
                case "say":
                    await db.conversations.add_message(
                        user, talk.id, sender, MessageDraft(message=text)
                    )
                case "prompt":
                    await db.prompts.add(user, text, text)
                case "keep" if rows:
                    await db.conversations.keep_version(user, talk.id, rows[0].message_id)
                case "change" if rows:
                    new = {"message": text, "claude_code_data": {text: [text]}}
                    await db.conversations.change_message(user, talk.id, rows[-1].message_id, new)
                case "remove" if rows:
                    await db.conversations.remove_messages(
                        user, talk.id, (rows[len(rows) // 2].message_id,)
                    )
                case _:
                    pass
