"""Where an index is asked after all for what is common: no message more or less is found."""

import pytest

from adapters.memory.clock import ManualClock
from adapters.sql import fulltext
from adapters.sql.engine import Database
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.conversation.conversation import ConversationDraft, MessageDraft, Sender
from domain.fulltext.query import terms
from domain.ids import MessageId

TEXTS = ["an owl", "a mouse", "an owlet", "an owl, an owl", "an owl"]


@pytest.mark.parametrize("others", [0, 3])
async def test_the_index_goes_on_where_reading_ends(
    database: Database, monkeypatch: pytest.MonkeyPatch, others: int
) -> None:
    for name, value in {"COMMON": 2, "LOOKED_AT": 3, "RECENT": 1, "WITHIN": 2}.items():
        monkeypatch.setattr(fulltext, name, value)
    work = SqlUnitOfWork(database, ManualClock())
    keys: list[MessageId] = []
    async with work() as db:
        anna, boris = [(await db.accounts.add(name, "hash", None)).id for name in ("anna", "boris")]
        talks = [
            (await db.conversations.open(each, ConversationDraft())).id for each in (anna, boris)
        ]
        for text in TEXTS:
            draft = MessageDraft(message=text)
            for _ in range(others):
                await db.conversations.add_message(boris, talks[1], Sender.USER, draft)
            keys.append(await db.conversations.add_message(anna, talks[0], Sender.USER, draft))
    async with work() as db:
        owl = await db.fulltext.hits(anna, terms("owl"), 10)
        beginning = await db.fulltext.hits(anna, terms("ow*"), 10)
        phrase = await db.fulltext.hits(anna, terms('"an owl"'), 10)
        both = await db.fulltext.hits(anna, terms("an owlet"), 10)
    assert [hit.message for hit in owl] == [keys[3], keys[4], keys[0]]
    assert [hit.message for hit in beginning] == [keys[3], keys[4], keys[2]]
    assert [hit.message for hit in phrase] == [keys[3], keys[4], keys[0]]
    assert [hit.message for hit in both] == [keys[2]]
