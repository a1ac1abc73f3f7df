"""A conversation's versions: what follows what, what is shown, and how that changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import structs

from domain.conversation.conversation import Sender, StoredMessage
from domain.conversation.tree import branch, placed, turnout
from domain.ids import ConversationId, MessageId, UserId

START = datetime(2026, 1, 1, tzinfo=UTC)


def row(key: int, after: int | None = None, **more: Any) -> StoredMessage:
    """Return a row; odd ids are questions, and they are written in the order of ids."""
    at = more.pop("at", key)
    return StoredMessage(
        message_id=MessageId(key),
        session_id=ConversationId("c"),
        customer_id=UserId(1),
        sender=more.pop("sender", Sender.USER if key % 2 else Sender.AI),
        parent_id=None if after is None else MessageId(after),
        created_at=START + timedelta(seconds=at),
        **more,
    )


def version(key: int, of: int, after: int | None, **more: Any) -> StoredMessage:
    """Return a hidden earlier version, which keeps the time and sender of its message."""
    sender = Sender.USER if of % 2 else Sender.AI
    return row(key, after, at=of, sender=sender, version_of=MessageId(of), replaced=True, **more)


def in_order(*rows: StoredMessage) -> list[StoredMessage]:
    return sorted(rows, key=lambda one: (one.created_at, one.message_id))


def parents(rows: list[StoredMessage]) -> dict[int, int | None]:
    return {one.message_id: one.parent_id for one in rows}


def after_switch(rows: list[StoredMessage], chosen: int) -> list[StoredMessage]:
    """Return the rows as they are stored once another branch is shown."""
    tree = placed(rows)
    turned = turnout(tree, MessageId(chosen))
    return [
        structs.replace(
            one,
            replaced=(one.replaced or one.message_id in turned.hidden)
            and one.message_id not in turned.shown,
            siblings=(),
        )
        for one in tree
    ]


def shown(rows: list[StoredMessage]) -> list[int]:
    return [one.message_id for one in branch(rows)]


PLAIN = [row(1), row(2, 1), row(3, 2), row(4, 3)]
REGENERATED = in_order(row(1), row(2, 1), row(3, 2), row(4, 3), version(5, 4, 3), version(6, 4, 3))
EDITED = in_order(
    row(1), row(2, 1), row(3, 2), row(4, 3), version(5, 1, None), version(6, 2, 5), row(7, 4)
)
"""The first question was edited, and answered anew, when two more messages followed it."""


def test_a_plain_conversation_is_a_line() -> None:
    assert placed(PLAIN) == PLAIN
    assert branch(PLAIN) == PLAIN
    assert placed([]) == []


def test_rows_without_a_parent_follow_what_is_shown_before_them() -> None:
    old = [row(1), row(2), row(3), version(9, 3, None), row(4)]
    assert parents(placed(in_order(*old))) == {1: None, 2: 1, 3: 2, 9: 2, 4: 3}


def test_rows_whose_parent_is_gone_follow_what_is_shown_before_them() -> None:
    left = [one for one in PLAIN if one.message_id != 2]
    assert parents(placed(left)) == {1: None, 3: 1, 4: 3}


def test_versions_know_one_another_oldest_first() -> None:
    tree = {one.message_id: one.siblings for one in placed(REGENERATED)}
    assert tree[MessageId(4)] == tree[MessageId(5)] == tree[MessageId(6)] == (5, 6, 4)
    assert tree[MessageId(1)] == ()
    assert shown(REGENERATED) == [1, 2, 3, 4]


def test_the_answer_to_an_earlier_question_stays_with_it() -> None:
    tree = {one.message_id: one for one in placed(EDITED)}
    assert tree[MessageId(1)].siblings == (5, 1)
    assert tree[MessageId(2)].siblings == ()
    assert tree[MessageId(6)].parent_id == 5
    assert shown(EDITED) == [1, 2, 3, 4, 7]


def test_two_turns_at_once_are_no_versions_of_each_other() -> None:
    crossing = [row(1), row(3, 1), row(4, 1, sender=Sender.AI)]
    assert {one.siblings for one in placed(crossing)} == {()}


def test_another_version_is_shown_and_the_first_one_again() -> None:
    other = after_switch(REGENERATED, 5)
    assert shown(other) == [1, 2, 3, 5]
    assert shown(after_switch(other, 6)) == [1, 2, 3, 6]
    assert shown(after_switch(other, 4)) == [1, 2, 3, 4]


def test_what_followed_a_version_goes_and_comes_with_it() -> None:
    earlier = after_switch(EDITED, 5)
    assert shown(earlier) == [5, 6]
    assert shown(after_switch(earlier, 1)) == [1, 2, 3, 4, 7]
    assert shown(after_switch(EDITED, 6)) == [5, 6]


def test_below_a_version_the_newest_ones_are_shown() -> None:
    rows = in_order(*EDITED, version(8, 2, 5), version(9, 2, 5))
    assert shown(after_switch(rows, 5)) == [5, 9]


def test_what_is_shown_already_changes_nothing() -> None:
    turned = turnout(placed(EDITED), MessageId(3))
    assert (turned.shown, turned.hidden) == (frozenset(), frozenset())


def test_rows_that_name_each_other_do_not_hold_anybody_up() -> None:
    circle = [row(1, 2), row(2, 1), version(3, 1, 2)]
    turned = turnout(placed(in_order(*circle)), MessageId(3))
    assert MessageId(3) in turned.shown


def test_rows_of_one_second_keep_their_versions() -> None:
    """An older server wrote whole seconds, so that an answer may stand before a version."""
    question, answer = row(1), row(2, at=1)
    earlier = version(3, of=1, after=None)
    tree = placed(in_order(question, answer, earlier))
    assert parents(tree) == {1: None, 2: 1, 3: None}
    assert [one.siblings for one in tree] == [(3, 1), (), (3, 1)]
