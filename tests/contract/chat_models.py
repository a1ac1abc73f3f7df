"""Every chat model of ours as the one suite sees it, and how to make each of them do the same.

A `Subject` is asked for a `Play`: a model, told beforehand what will become of each question.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

from adapters.anthropic.chat import AnthropicChatModel
from adapters.claude_code.catalog import CARDS as CLAUDE_CODE_CARDS
from adapters.claude_code.chat import ClaudeCodeChatModel
from adapters.compatible import deepseek, groq, perplexity, xai
from adapters.compatible.chat import CompatibleChatModel
from adapters.compatible.local import LocalModels, local_card
from adapters.demo.catalog import CARDS as DEMO_CARDS
from adapters.demo.chat import DemoChatModel
from adapters.google.chat import GoogleChatModel
from adapters.memory.chat_model import ScriptedChatModel
from adapters.memory.chat_model import Step as ScriptedStep
from adapters.openai.chat import OpenAIChatModel
from adapters.transport.patience import Patience
from application.ports.chat_model import ChatModel
from application.ports.clock import Clock
from domain.catalog.card import ModelCard
from domain.ids import ConversationId, UserId
from domain.provider_errors import ProviderBrokeOff, ProviderUnavailable
from domain.turn.events import ModelStopped, TextDelta, Usage
from domain.turn.prompt import Message, Origin, Prompt, TextPart
from entrypoints.wiring.providers.models import SHIPPED_CARDS
from tests.simulators import claude_code as claude
from tests.simulators.anthropic import AnthropicSimulator
from tests.simulators.compatible_wire import PROVIDERS
from tests.simulators.google import GoogleSimulator
from tests.simulators.openai import OpenAISimulator
from tests.simulators.openai_wire import words_of
from tests.simulators.provider_wires import KEY, TALK, WIRES, Wire
from tests.simulators.replies import Cut, Hang, Reply, delayed
from tests.simulators.server import Simulator

Act = Literal["answers", "holds on", "says nothing", "fails", "breaks off"]
"""Answers; says some words and then nothing until it is closed; not even that; fails before its
first word; or after some."""

_CARDS = {card.id: card for card in SHIPPED_CARDS}
_COMPATIBLE = {module.PROVIDER: module for module in (xai, groq, deepseek, perplexity)}
_PIECES = words_of(TALK)


@dataclass
class Play:
    """A model that is told what to do, and what is seen of it from the other side."""

    model: ChatModel
    prompts: list[Prompt]
    """One for each act, to be asked in order."""
    asked: Callable[[], int]
    """How many questions have got there."""
    reached: Callable[[], Awaitable[object]]
    """Waits until a question has got there that nothing is said to."""
    left: Callable[[], Awaitable[None]]
    """Waits until it is known there that the last answer is no longer read."""


Subject = Callable[..., Play]
Made = Callable[[Path], AbstractAsyncContextManager[Subject]]


def question(card: ModelCard, text: str = "Hi", number: int = 0) -> Prompt:
    """Return a question; each number is a conversation of its own."""
    conversation = ConversationId(f"1f0e2d3c-0000-4000-8000-{number:012}")
    return Prompt(
        card, (Message("user", (TextPart(text),)),), origin=Origin(UserId(1), conversation)
    )


def questions(card: ModelCard, acts: Sequence[Act]) -> list[Prompt]:
    """Return as many questions."""
    return [question(card, number=number) for number in range(len(acts))]


def simulator_of(wire: Wire) -> Simulator:
    """Return a server, not running yet, that speaks the wire."""
    kinds = {"anthropic": AnthropicSimulator, "google": GoogleSimulator}
    return kinds.get(wire.simulator, OpenAISimulator)()


def card_of(wire: Wire) -> ModelCard:
    """Return the card of the wire's model."""
    return _CARDS.get(wire.model) or local_card(wire.model)


def http_model(
    wire: Wire,
    address: str,
    key: str | None = KEY,
    patience: Patience | None = None,
) -> Any:
    """Return the real adapter for a wire.

    Args:
        wire: whose.
        address: `http://host:port` of the provider.
        key: of the provider.
        patience: when silence is an error.
    """
    match wire.provider:
        case "openai":
            return OpenAIChatModel(key, f"{address}/v1", patience)
        case "anthropic":
            return AnthropicChatModel(key, address, patience)
        case "gemini":
            return GoogleChatModel(key, address, patience)
        case "local":
            return LocalModels(f"{address}/v1", key, patience)
        case name:
            place = address + PROVIDERS[name].path
            return CompatibleChatModel(_COMPATIBLE[name].DIALECT, key, place, patience)


@asynccontextmanager
async def _http(wire: Wire, _: Path) -> AsyncGenerator[Subject, None]:
    replies: dict[Act, Reply] = {
        "answers": wire.talk,
        "holds on": wire.after_words(Hang()),
        "says nothing": delayed(wire.talk, Hang()),
        "fails": wire.refusal(500),
        "breaks off": wire.after_words(Cut()),
    }
    with simulator_of(wire) as sim:
        model = http_model(wire, sim.address)

        def play(*acts: Act) -> Play:
            reached, loop = asyncio.Event(), asyncio.get_running_loop()

            def answering(act: Act) -> Callable[[object], Reply]:
                def answer(_: object) -> Reply:
                    if act == "says nothing":
                        loop.call_soon_threadsafe(reached.set)
                    return replies[act]

                return answer

            async def left() -> None:
                await sim.requests[-1].client_left()

            sim.script(*map(answering, acts))
            return Play(
                model,
                questions(card_of(wire), acts),
                asked=lambda: len(sim.requests),
                reached=reached.wait,
                left=left,
            )

        yield play
        await model.aclose()


@asynccontextmanager
async def _scripted(_: Path) -> AsyncGenerator[Subject, None]:
    words = [TextDelta(piece) for piece in _PIECES]
    scripts: dict[Act, Callable[[], list[ScriptedStep]]] = {
        "answers": lambda: [*words, ModelStopped("stop", Usage(7, 3, 10))],
        "holds on": lambda: [words[0], asyncio.Event()],
        "says nothing": lambda: [asyncio.Event()],
        "fails": lambda: [ProviderUnavailable("scripted", "as it was told to")],
        "breaks off": lambda: [words[0], ProviderBrokeOff("scripted", "as it was told to")],
    }

    def play(*acts: Act) -> Play:
        model = ScriptedChatModel(*(scripts[act]() for act in acts))

        async def left() -> None:
            assert model.closed_early == 1

        return Play(
            model,
            questions(_CARDS["gpt-4o-mini"], acts),
            asked=lambda: len(model.prompts),
            reached=model.waiting.wait,
            left=left,
        )

    yield play


class _DemoClock(Clock):
    """Short waits take no time, and those of a minute no end."""

    def __init__(self) -> None:
        self.slept = 0
        self.sleeping = 0
        self.waits = asyncio.Event()

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        self.slept += 1
        if seconds < 60:
            await asyncio.sleep(0)
            return
        self.waits.set()
        self.sleeping += 1
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.sleeping -= 1

    def new_id(self) -> str:
        return "00000000-0000-0000-0000-000000000000"


@asynccontextmanager
async def _demo(_: Path) -> AsyncGenerator[Subject, None]:
    commands: dict[Act, str] = {
        "answers": "Hi",
        "holds on": "/think /slow 60000 ms",
        "says nothing": "/slow 60000 ms",
        "fails": "/error unavailable",
        "breaks off": "/error broken",
    }

    def play(*acts: Act) -> Play:
        clock = _DemoClock()

        async def left() -> None:
            assert clock.sleeping == 0

        prompts = [question(DEMO_CARDS[0], commands[act]) for act in acts]
        return Play(DemoChatModel(clock), prompts, lambda: clock.slept, clock.waits.wait, left)

    yield play


def _is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@asynccontextmanager
async def _claude_code(folder: Path) -> AsyncGenerator[Subject, None]:
    gate = folder / "gate"
    os.mkfifo(gate)
    answer = claude.answer(*_PIECES)
    steps: dict[Act, list[claude.Step]] = {
        "answers": answer,
        "holds on": [*answer[:3], claude.hang()],
        "says nothing": [claude.wait_for(gate), claude.hang()],
        "fails": [claude.complain("as it was told to\n"), claude.leave(1)],
        "breaks off": [*answer[:3], claude.leave(1)],
    }

    def play(*acts: Act) -> Play:
        fake = claude.FakeClaude(folder / "fake", *(steps[act] for act in acts))
        here = {"PATH": os.environ.get("PATH", "")}
        model = ClaudeCodeChatModel(fake.program, folder / "data", None, None, here)

        async def left() -> None:
            assert not _is_alive(fake.runs[-1].pid)

        return Play(
            model,
            questions(CLAUDE_CODE_CARDS[0], acts),
            asked=lambda: fake.starts,
            # It waits for somebody to open the other end, which in turn waits for it.
            reached=partial(asyncio.to_thread, lambda: os.close(os.open(gate, os.O_WRONLY))),
            left=left,
        )

    yield play


SUBJECTS: dict[str, Made] = {
    "scripted": _scripted,
    "demo": _demo,
    "claude code": _claude_code,
    **{name: partial(_http, wire) for name, wire in WIRES.items()},
}
