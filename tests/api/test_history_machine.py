"""Whatever two customers do to their histories, in any order, the API shows what it should.

`TEST_HISTORY_EXAMPLES` sets how many histories are tried a store.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from adapters.memory.clock import ManualClock
from adapters.memory.unit_of_work import MemoryUnitOfWork
from adapters.sql import migrations
from adapters.sql.engine import open_database
from adapters.sql.unit_of_work import SqlUnitOfWork
from tests.api.history_calls import MESSAGES, SESSIONS
from tests.api.history_model import Message, Talk
from tests.api.history_world import MODEL, Customer, World

EXAMPLES = int(os.environ.get("TEST_HISTORY_EXAMPLES", "3"))
STEPS = 25
WORDS = ("tide", "moon", "100%", "a_b", "🌊")

Who = st.integers(0, 1)
Which = st.integers(0, 1000)
Word = st.sampled_from(WORDS)


class HistoryMachine(RuleBasedStateMachine):
    """Each rule does something through the API and to the model alike."""

    world: World

    @classmethod
    def over(cls, world: World) -> "type[HistoryMachine]":
        """Return the machine that runs in a world."""
        return type(cls.__name__, (cls,), {"world": world})

    def __init__(self) -> None:
        super().__init__()
        self.both = (self.world.customer(), self.world.customer())

    @initialize()
    def begin(self) -> None:
        """Have versions of a question with its answer from the start, and something foreign."""
        self._open(0, "tide", "moon")
        self._edit(0, 0, "a_b", "100%")
        for _ in range(2):
            self._regenerate(0, 0)
        for _ in range(2):
            self._show(0, 0)
        self._open(1, "moon", "tide")

    def talk(self, who: int, which: int) -> tuple[Customer, Talk]:
        """Return one of a customer's conversations; of the other's where this one has none."""
        for customer in (self.both[who], self.both[1 - who]):
            if talks := list(customer.should.talks.values()):
                return customer, talks[which % len(talks)]
        raise AssertionError("no conversation yet")

    def anything(self) -> bool:
        return any(customer.should.talks for customer in self.both)

    def message(
        self, who: int, which: int, sender: str | None = None
    ) -> tuple[Customer, Talk, Message] | None:
        customer, talk = self.talk(who, which)
        rows = [row for row in talk.shown() if sender in (None, row.sender)]
        return (customer, talk, rows[which % len(rows)]) if rows else None

    @rule(who=Who, question=Word, answer=Word | st.none())
    def open(self, who: int, question: str, answer: str | None) -> None:
        self._open(who, question, answer)

    def _open(self, who: int, question: str, answer: str | None) -> None:
        now, customer = self.world.tick(), self.both[who]
        said: dict[str, Any] = {
            "user_message": {"message": question},
            "ai_response": {"message": answer or ""},
        }
        done: Any = customer.do("POST", MESSAGES, **said)
        talk = customer.should.open(done["session_id"], "New chat", now)
        talk.say(done["user_message_id"], "User", question, now)
        if answer is not None:
            talk.say(done["ai_message_id"], "AI", answer, now)

    @precondition(anything)
    @rule(who=Who, which=Which, question=Word)
    def write(self, who: int, which: int, question: str) -> None:
        now = self.world.tick()
        customer, talk = self.talk(who, which)
        said: dict[str, Any] = {"session_id": talk.id, "user_message": {"message": question}}
        done = customer.do("POST", MESSAGES, **said)
        talk.say(done["user_message_id"], "User", question, now)
        talk.updated = now

    @rule(who=Who, which=Which, question=Word, new=st.booleans())
    def ask(self, who: int, which: int, question: str, new: bool) -> None:
        now, customer = self.world.tick(), self.both[who]
        talks = list(customer.should.talks.values())
        known = None if new or not talks else talks[which % len(talks)]
        said = {"session_id": known.id if known else "", "user_message": {"message": question}}
        key = customer.turn(**said)
        talk = known or customer.should.open(key, "New chat", now)
        assert key == talk.id
        for number, sender, text in customer.fresh(talk):
            talk.say(number, sender, text, now)
        talk.updated = now

    @precondition(anything)
    @rule(who=Who, which=Which, question=Word)
    def fork(self, who: int, which: int, question: str) -> None:
        now = self.world.tick()
        customer, origin = self.talk(who, which)
        copied = [
            {"is_user_message": row.sender == "User", "message": row.text} for row in origin.shown()
        ]
        if not copied:
            return
        key = customer.turn(
            session_id=origin.id,
            user_message={"message": question},
            new_session_from_here_full_chat_history=copied,
        )
        talk = customer.should.open(key, "New session from here", now)
        for number, sender, text in customer.fresh(talk):
            talk.say(number, sender, text, now)
        expected = [*((row.sender, row.text) for row in origin.shown()), ("User", question)]
        assert [(row.sender, row.text) for row in talk.shown()][:-1] == expected

    @precondition(anything)
    @rule(who=Who, which=Which, text=Word, answer=Word | st.none())
    def edit(self, who: int, which: int, text: str, answer: str | None) -> None:
        self._edit(who, which, text, answer)

    def _edit(self, who: int, which: int, text: str, answer: str | None) -> None:
        now = self.world.tick()
        found = self.message(who, which, "User")
        if found is None:
            return
        customer, talk, question = found
        shown = talk.shown()
        behind = shown[shown.index(question) + 1 :][:1]
        said: dict[str, Any] = {"user_message": {"message_id": question.id, "message": text}}
        edits = [(question, text)]
        if answer is not None and behind and behind[0].sender == "AI":
            said["ai_response"] = {"message_id": behind[0].id, "message": answer}
            edits.append((behind[0], answer))
        customer.do("PATCH", MESSAGES, session_id=talk.id, **said)
        copies = {sender: key for key, sender, _ in customer.fresh(talk)}
        for row, new in edits:
            if new != row.text:
                talk.keep(
                    copies[row.sender], row, copies.get("User") if row.sender == "AI" else None
                )
                row.text = new
        talk.updated = now

    @precondition(anything)
    @rule(who=Who, which=Which)
    def regenerate(self, who: int, which: int) -> None:
        self._regenerate(who, which)

    def _regenerate(self, who: int, which: int) -> None:
        now = self.world.tick()
        found = self.message(who, which)
        if found is None:
            return
        customer, talk, row = found
        shown = talk.shown()
        before = [one for one in shown[: shown.index(row) + 1] if one.sender == "User"]
        body = {"session_id": talk.id, "message_id": row.id, "user_settings": MODEL}
        if not before:
            customer.do("POST", f"{MESSAGES}/regenerate", 422, **body)
            return
        question = before[-1]
        behind = shown[shown.index(question) + 1 :][:1]
        done = customer.do("POST", f"{MESSAGES}/regenerate", **body)
        text = customer.every_row(talk)[done["ai_message_id"]]["message"]
        if behind and behind[0].sender == "AI":
            answer = behind[0]
            assert done["ai_message_id"] == answer.id
            [(key, _, _)] = customer.fresh(talk)
            talk.keep(key, answer)
            answer.text = text
        elif question is shown[-1]:
            talk.say(done["ai_message_id"], "AI", text, now)
        else:
            talk.answer_late(done["ai_message_id"], question, text)
        talk.updated = now

    @precondition(anything)
    @rule(who=Who, which=Which)
    def show_a_version(self, who: int, which: int) -> None:
        self._show(who, which)

    def _show(self, who: int, which: int) -> None:
        customer, talk = self.talk(who, which)
        if not talk.rows:
            return
        # Most of all those that are not shown.
        keys = sorted(row.id for row in talk.rows.values() if not row.shown) or sorted(talk.rows)
        key = keys[which % len(keys)]
        customer.do("POST", f"{MESSAGES}/show", session_id=talk.id, message_id=key)
        talk.show(key)

    @precondition(anything)
    @rule(who=Who, which=Which, name=Word, tags=st.lists(Word, max_size=2), touch=st.booleans())
    def rename(self, who: int, which: int, name: str, tags: list[str], touch: bool) -> None:
        now = self.world.tick()
        customer, talk = self.talk(who, which)
        new: dict[str, Any] = {"session_name": name, "tags": tags, "update_last_mod_time": touch}
        customer.do("PATCH", SESSIONS, session_id=talk.id, **new)
        talk.name, talk.tags = name, tags
        talk.updated = now if touch else talk.updated

    @precondition(anything)
    @rule(who=Who, which=Which, favourite=st.booleans())
    def mark(self, who: int, which: int, favourite: bool) -> None:
        if (found := self.message(who, which)) is not None:
            customer, _, row = found
            customer.do("PUT", MESSAGES, message_id=row.id, patch={"favorite": favourite})
            row.favourite = favourite

    @precondition(anything)
    @rule(who=Who, which=Which)
    def remove_a_message(self, who: int, which: int) -> None:
        if (found := self.message(who, which)) is not None:
            customer, talk, row = found
            done = customer.do("DELETE", MESSAGES, session_id=talk.id, message_ids=[row.id, 10**9])
            assert done == {"removed_count": 1, "message_ids": [row.id, 10**9]}
            talk.remove([row.id])

    @precondition(anything)
    @rule(who=Who, which=Which)
    def remove_a_conversation(self, who: int, which: int) -> None:
        customer, talk = self.talk(who, which)
        done = customer.do("DELETE", SESSIONS, session_id=talk.id)
        assert done["message_ids"] == [row.id for row in talk.shown()]
        del customer.should.talks[talk.id]

    @precondition(anything)
    @rule(who=Who, which=Which)
    def reach_for_the_others(self, who: int, which: int) -> None:
        """Nothing of somebody else is there, and trying changes nothing."""
        owner, talk = self.talk(who, which)
        stranger = self.both[1 - self.both.index(owner)]
        stranger.do("POST", f"{SESSIONS}/detail", 404, session_id=talk.id)
        stranger.do("PATCH", SESSIONS, 404, session_id=talk.id, session_name="mine")
        stranger.do("DELETE", SESSIONS, 404, session_id=talk.id)
        for key in list(talk.rows)[:1]:
            stranger.do("PUT", MESSAGES, 404, message_id=key, patch={"message": "mine"})
            stranger.do("POST", f"{MESSAGES}/show", 404, session_id=talk.id, message_id=key)

    @rule(who=Who, text=Word)
    def look_for(self, who: int, text: str) -> None:
        customer = self.both[who]
        found = customer.do("POST", f"{SESSIONS}/search", search_text=text, limit=1000)["sessions"]
        assert {one["session_id"] for one in found} == customer.should.with_text(text)
        tagged = customer.do("POST", f"{SESSIONS}/list", tags=[text], limit=0)["sessions"]
        expected = [talk.id for talk in customer.should.listed() if text in talk.tags]
        assert [one["session_id"] for one in tagged] == expected
        assert customer.favourites() == customer.should.favourites()

    @invariant()
    def everything_is_shown_as_it_should_be(self) -> None:
        for customer in self.both:
            found = customer.do("POST", f"{SESSIONS}/list", limit=0, include_messages=True)
            assert list(map(as_shown, found["sessions"])) == list(
                map(as_it_should_be, customer.should.listed())
            )


def as_shown(session: dict[str, Any]) -> tuple[object, ...]:
    rows = [
        (
            row["message_id"],
            row["sender"],
            row["message"],
            row["favorite"],
            sorted(row["sibling_ids"]),
        )
        for row in session["messages"]
    ]
    return session["session_id"], session["session_name"], session["tags"], rows


def as_it_should_be(talk: Talk) -> tuple[object, ...]:
    rows = [
        (row.id, row.sender, row.text, row.favourite, talk.siblings(row)) for row in talk.shown()
    ]
    return talk.id, talk.name, talk.tags, rows


@pytest.mark.timeout(60 + 10 * EXAMPLES)
@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_any_history(store: str, tmp_path: Path) -> None:
    clock = ManualClock()
    url = f"sqlite+aiosqlite:///{tmp_path}/main.db"
    if store == "sqlite":
        asyncio.run(migrations.upgrade("main", url))
    database = open_database(url)
    work = SqlUnitOfWork(database, clock) if store == "sqlite" else MemoryUnitOfWork(clock)
    world = World(tmp_path, work, clock)
    budget = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    try:
        run_state_machine_as_test(HistoryMachine.over(world), settings=budget)
    finally:
        world.close()
        asyncio.run(database.close())
