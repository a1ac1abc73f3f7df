"""What a provider wants back with its own earlier answers: encrypted reasoning above all."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import structs

from domain.ids import UserId
from domain.turn.prompt import Prompt

MOST = 2000
MOST_BYTES = 16 * 1024 * 1024

State = tuple[Mapping[str, Any], ...]
_Key = tuple[UserId, str, str, str]


class AnswerStates:
    """Remembers what lay behind the latest answers, for as long as the process lives.

    Clients hold the history and know nothing of it, so an answer is recognized by who got it, which
    model gave it, and its words. One that is forgotten costs the model its train of thought, and
    the user nothing.
    """

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._bytes_left = most_bytes
        self._states: OrderedDict[_Key, tuple[State, int]] = OrderedDict()

    def remember(self, user: UserId, provider: str, model: str, text: str, state: State) -> None:
        """Keep what the model said along with an answer; the oldest make room."""
        if not state or not text:
            return
        key = (user, provider, model, text)
        self._forget(key)
        size = len(text) + len(msgspec.json.encode(state))
        self._states[key] = (state, size)
        self._bytes_left -= size
        while len(self._states) > self._most or (self._bytes_left < 0 and self._states):
            self._forget(next(iter(self._states)))

    def forget(self, user: UserId) -> None:
        """Forget all that was said to the user."""
        for key in [key for key in self._states if key[0] == user]:
            self._forget(key)

    def with_states(self, user: UserId, prompt: Prompt) -> Prompt:
        """Return the prompt with the states of those earlier answers that are its own model's."""
        if not self._states:
            return prompt
        card = prompt.card
        messages = list(prompt.messages)
        for at, message in enumerate(messages):
            if message.role == "assistant" and not message.calls:
                found = self._states.get((user, card.provider, card.model, message.text))
                if found is not None:
                    messages[at] = structs.replace(message, state=found[0])
        return structs.replace(prompt, messages=tuple(messages))

    def _forget(self, key: _Key) -> None:
        found = self._states.pop(key, None)
        if found is not None:
            self._bytes_left += found[1]
