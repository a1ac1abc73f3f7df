"""A model without a model: it needs no key and no network, and says so in every answer."""

from collections.abc import AsyncGenerator, Sequence

from adapters.demo.catalog import PROVIDER
from adapters.demo.script import SOURCES, Commands, answer_words, question_of, read_commands
from application.ports.chat_model import ChatModel
from application.ports.clock import Clock
from domain.turn.events import (
    ModelEvent,
    ModelStopped,
    SourceCited,
    TextDelta,
    ThinkingDelta,
    ToolCalled,
)
from domain.turn.metering import Usage
from domain.turn.prompt import Prompt


class DemoChatModel(ChatModel):
    """Answers with a description of what it was sent; the same prompt gets the same answer.

    Asked to search, it cites pages that do not exist, and says so. Commands in the question,
    anywhere and in any number:

    - `/long N`: an answer of N words (at most 100 000), whatever they are, as fast as can be
    - `/slow N ms`: a pause of N milliseconds before each word (a plain answer has 10)
    - `/think`: some reasoning before the answer (also when reasoning is switched on)
    - `/tool NAME {JSON}`: calls that tool with those arguments, then answers with what it returned;
      in agent mode, where tools are on offer; several of them are called at once
    - `/tools`: calls every tool on offer without arguments, then answers
    - `/error KIND`: fails: overloaded, timeout, unauthorized, rejected, context, model,
      unavailable, unreachable, garbled, or broken (after five words)
    - `/help`: answers with this list
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Sequence[ModelEvent], None]:
        """Yield the answer word by word; see the port."""
        commands = read_commands(question_of(prompt))
        if commands.error is not None and not commands.error_after:
            raise commands.error
        if commands.thinks or prompt.effort is not None:
            yield (ThinkingDelta("A demonstration does not think, "),)
            yield (ThinkingDelta("but this is where its thoughts would be."),)
        if calls := _calls(prompt, commands):
            for call in calls:
                yield (call,)
            yield (ModelStopped("tool_calls", _usage(prompt, 0)),)
            return
        said = 0
        for word in answer_words(prompt, commands):
            if commands.error is not None and said == commands.error_after:
                raise commands.error
            if commands.pause_s:
                await self._clock.sleep(commands.pause_s)
            yield (TextDelta(word),)
            said += 1
        if prompt.cites:
            yield [SourceCited(url, title, (at,)) for at, (url, title) in enumerate(SOURCES, 1)]
        yield (ModelStopped("stop", _usage(prompt, said)),)


def _calls(prompt: Prompt, commands: Commands) -> list[ToolCalled]:
    if not prompt.tools or not prompt.may_call or prompt.rounds:
        return []
    calls = list(commands.calls)
    if commands.calls_tools:
        calls.extend((tool.name, {}) for tool in prompt.tools)
    return [
        ToolCalled(f"demo_{number}", name, arguments, PROVIDER)
        for number, (name, arguments) in enumerate(calls, 1)
    ]


def _usage(prompt: Prompt, words: int) -> Usage:
    """Return words in place of tokens: nobody is billed for them."""
    asked = sum(len(message.text.split()) for message in prompt.messages)
    return Usage(asked, words, asked + words)
