"""How each provider says a fault in its own words, so that one table serves for all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import msgspec

from tests.simulators import anthropic_wire, google
from tests.simulators.compatible_wire import PROVIDERS
from tests.simulators.openai_wire import chat_error_event, chat_stream, responses_stream
from tests.simulators.replies import Reply, Step, failure

KEY = "sk-test-Abcdef1234567890"
"""The server's key with every provider; refusals quote it, and no client may ever read it."""
TALK = "one two three"
SAID = "one two"
"""What of it is said before an answer is spoiled."""

Refuse = Callable[[int, str], Reply]


@dataclass(frozen=True)
class Wire:
    """One provider's wire, good and bad."""

    model: str
    """As clients ask for it."""
    provider: str
    """As errors name it."""
    simulator: str
    stream: Callable[[str], Reply]
    begun: int
    """How many steps of the stream say `SAID`."""
    refuse: Refuse
    """An error answer of its own shape: status and words."""
    too_long: Reply
    no_model: Reply
    overloaded: bytes
    """An event inside a stream that says so."""

    @property
    def talk(self) -> Reply:
        """A good answer."""
        return self.stream(TALK)

    def refusal(self, status: int, **headers: str) -> Reply:
        """An error answer that quotes the key; header names are written with underscores."""
        reply = self.refuse(status, f"Something about {KEY}")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(reply, headers={**reply.headers, **named})

    def after_words(self, *steps: Step) -> Reply:
        """`SAID` in one piece, and then the fault."""
        talk = self.talk
        words = replace(talk, steps=talk.steps[: self.begun]).body
        return replace(talk, steps=[words, *steps])

    def at_once(self, *steps: Step) -> Reply:
        """The headers of a good answer, and then the fault."""
        return replace(self.talk, steps=steps)


def _openai(model: str, provider: str, responses: bool = False) -> Wire:
    failed = {"type": "error", "code": "rate_limit_exceeded", "message": "Slow down"}
    return Wire(
        model,
        provider,
        "openai",
        responses_stream if responses else chat_stream,
        4 if responses else 3,
        failure,
        failure(400, "Too long", "context_length_exceeded"),
        failure(404, "No such model", "model_not_found"),
        b"event: error\ndata: " + msgspec.json.encode(failed) + b"\n\n"
        if responses
        else chat_error_event("Slow down", "rate_limit_exceeded"),
    )


def _compatible(model: str, provider: str, begun: int = 2) -> Wire:
    known = PROVIDERS[provider]
    refusals = known.refusals
    return Wire(
        model,
        provider,
        "openai",
        known.stream,
        begun,
        known.refuse,
        refusals["too long"],
        refusals["no model"],
        known.overloaded,
    )


_ANTHROPIC = Wire(
    "claude-haiku",
    "anthropic",
    "anthropic",
    anthropic_wire.message_stream,
    5,
    anthropic_wire.refusal,
    anthropic_wire.refusal(400, "prompt is too long: 3333404 tokens > 200000 maximum"),
    anthropic_wire.refusal(404, "model: claude-sonet-4-5"),
    anthropic_wire.error_event(),
)
_GEMINI = Wire(
    "gemini-flash",
    "gemini",
    "google",
    google.answer_stream,
    2,
    google.refusal,
    google.refusal(400, "The input token count (1200000) exceeds the maximum number of tokens."),
    google.refusal(404, "models/gemini-4 is not found for API version v1beta"),
    google.error_event(429, "You exceeded your current quota."),
)

WIRES: Mapping[str, Wire] = {
    "openai chat": _openai("gpt-4o-mini", "openai"),
    "openai responses": _openai("gpt-5.1", "openai", responses=True),
    "anthropic": _ANTHROPIC,
    "gemini": _GEMINI,
    "xai": _compatible("grok-4", "xai"),
    "groq": _compatible("llama-3.3-70b", "groq", 3),
    "deepseek": _compatible("deepseek-chat", "deepseek", 3),
    "perplexity": _compatible("sonar", "perplexity"),
    "local": _openai("local/llama-3:8b", "local"),
}
"""Every provider that is asked over HTTP, each interface of it apart."""
