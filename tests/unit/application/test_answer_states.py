"""What a model wants back with its own earlier answers."""

from msgspec import structs

from application.chat.answer_states import AnswerStates, State
from domain.catalog.card import ModelCard
from domain.ids import UserId
from domain.turn.events import ModelStopped, TextDelta
from domain.turn.prompt import CallMade, Message, Prompt, TextPart
from tests.unit.rig import ANNA, BORIS, Rig, question, said

CARD = ModelCard(id="a", provider="acme", model="a-1")
OTHER = ModelCard(id="b", provider="acme", model="b-1")
THOUGHT: State = ({"type": "reasoning", "encrypted_content": "x"},)


def answered(text: str, **more: object) -> Message:
    return structs.replace(Message("assistant", (TextPart(text),)), **more)


def states_in(
    states: AnswerStates, *messages: Message, user: UserId = ANNA, card: ModelCard = CARD
) -> list[State]:
    found = states.with_states(user, Prompt(card, messages))
    return [message.state for message in found.messages]


def kept(*texts: str, most: int = 10, most_bytes: int = 10_000) -> AnswerStates:
    states = AnswerStates(most, most_bytes)
    for text in texts:
        states.remember(ANNA, "acme", "a-1", text, THOUGHT)
    return states


def test_an_answer_gets_back_what_came_with_it() -> None:
    asked = Message("user", (TextPart("So"),))
    assert states_in(kept("So"), asked, answered("So"), answered("Other")) == [(), THOUGHT, ()]


def test_nobody_else_and_no_other_model_gets_it() -> None:
    assert states_in(kept("So"), answered("So"), user=BORIS) == [()]
    assert states_in(kept("So"), answered("So"), card=OTHER) == [()]


def test_a_message_with_calls_is_another_message() -> None:
    calls = (CallMade("1", "f", "{}"),)
    assert states_in(kept("So"), answered("So", calls=calls)) == [()]


def test_the_oldest_make_room() -> None:
    states = kept("1", "2", "3", most=2)
    assert states_in(states, *map(answered, "123")) == [(), THOUGHT, THOUGHT]
    states = kept("1", "2", "3", most_bytes=130)
    assert states_in(states, *map(answered, "123")) == [(), THOUGHT, THOUGHT]


def test_saying_it_again_takes_no_more_room() -> None:
    states = kept("1", *("2",) * 100, most=2)
    assert states_in(states, *map(answered, "12")) == [THOUGHT, THOUGHT]


def test_one_that_is_too_large_is_not_kept() -> None:
    assert states_in(kept("So", most_bytes=10), answered("So")) == [()]


async def test_a_turn_remembers_and_the_next_one_hands_back() -> None:
    first = [TextDelta("Be"), TextDelta("cause"), ModelStopped("stop", state=THOUGHT)]
    async with Rig(first, said("Indeed")) as rig:
        await rig.ending(await rig.start())
        history = (Message("user", (TextPart("Why?"),)), answered("Because"))
        await rig.ending(await rig.start(structs.replace(question("Sure?"), history=history)))
    assert [message.state for message in rig.model.prompts[1].messages] == [(), THOUGHT, ()]
