"""Turns that wait for a tool which only the client can run."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct, structs

from application.agent.results import written
from domain.ids import UserId
from domain.turn.events import ToolCalled, ToolReturned
from domain.turn.prompt import CallMade, Message, Prompt, Round, TextPart

MOST = 1000
MOST_BYTES = 32 * 1024 * 1024


class _Paused(Struct, frozen=True):
    """How far a turn had come."""

    provider: str
    model: str
    rounds: tuple[Round, ...]
    """All of them, the last with the calls that wait."""
    size: int


class PausedLoops:
    """Remembers the rounds of paused turns, for as long as the process lives.

    The client knows its own call only. The tools of ours that were called before, and what the
    model wants back with its calls (signed reasoning), are known here. A turn that is forgotten
    goes on with what its client tells.
    """

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._bytes_left = most_bytes
        self._paused: OrderedDict[tuple[UserId, str], _Paused] = OrderedDict()

    def remember(self, user: UserId, prompt: Prompt, last: Round) -> None:
        """Keep the rounds of a turn whose last round has calls for the client."""
        rounds = (*prompt.rounds, last)
        size = len(msgspec.json.encode(rounds, enc_hook=str))
        paused = _Paused(prompt.card.provider, prompt.card.model, rounds, size)
        for call in last.calls:
            if call.awaited:
                self._forget((user, call.id))
                self._paused[user, call.id] = paused
                self._bytes_left -= size
        while self._paused and (len(self._paused) > self._most or self._bytes_left < 0):
            self._forget(next(iter(self._paused)))

    def forget(self, user: UserId) -> None:
        """Forget all that waits for the user."""
        for key in [key for key in self._paused if key[0] == user]:
            self._forget(key)

    def resumed(self, user: UserId, prompt: Prompt) -> Prompt:
        """Return the prompt as the paused turn would go on, where its end brings results.

        Where nothing but results follows the calls, the rounds are as they were, signatures and
        all. Where the user has added something, they come before it as messages.
        """
        called, rest = _place_of_results(prompt.messages)
        answers = {message.answers_call: message for message in prompt.messages[called + 1 : rest]}
        found = next((self._paused.get((user, call or "")) for call in answers), None)
        if found is not None and not _made(prompt.messages[called], found.rounds[-1]):
            return prompt
        card = prompt.card
        if found is None or (found.provider, found.model) != (card.provider, card.model):
            return prompt
        last = found.rounds[-1]
        told = (_result(call, answers.get(call.id)) for call in last.calls if call.awaited)
        rounds = (*found.rounds[:-1], structs.replace(last, results=(*last.results, *told)))
        before, after = prompt.messages[:called], prompt.messages[rest:]
        if not after:
            return structs.replace(prompt, messages=before, rounds=rounds)
        between = (message for each in rounds for message in _as_messages(each))
        return structs.replace(prompt, messages=(*before, *between, *after))

    def _forget(self, key: tuple[UserId, str]) -> None:
        found = self._paused.pop(key, None)
        if found is not None:
            self._bytes_left += found.size


def _place_of_results(messages: Sequence[Message]) -> tuple[int, int]:
    """Return where the last calls are, and where their results end."""
    rest = len(messages)
    while rest and messages[rest - 1].role == "user":
        rest -= 1
    called = rest - 1
    while called >= 0 and messages[called].role == "tool":
        called -= 1
    return max(called, 0), rest


def _made(told: Message, last: Round) -> bool:
    """Return whether the calls that the client tells of are those of the round.

    Some servers give the first call of every answer the same id. A client may leave arguments out.
    """
    own = {call.id: (call.name, call.arguments) for call in last.calls}
    return all(
        call.name == own[call.id][0] and _arguments(call) in ({}, own[call.id][1])
        for call in told.calls
        if call.id in own
    )


def _arguments(call: CallMade) -> object:
    try:
        return msgspec.json.decode(call.arguments or "{}")
    except (msgspec.DecodeError, RecursionError):
        return call.arguments


def _result(call: ToolCalled, message: Message | None) -> ToolReturned:
    if message is None:
        error = {"error": "The client sent no result"}
        return ToolReturned(call.id, call.name, error, failed=True)
    return ToolReturned(call.id, call.name, message.text, arguments=call.arguments)


def _as_messages(each: Round) -> Iterator[Message]:
    calls = tuple(
        CallMade(call.id, call.name, msgspec.json.encode(call.arguments).decode())
        for call in each.calls
    )
    words = (TextPart(each.text),) if each.text else ()
    yield Message("assistant", words, calls, state=each.state)
    for result in each.results:
        text = result.result if isinstance(result.result, str) else written(result.result)
        yield Message("tool", (TextPart(text),), answers_call=result.id)
