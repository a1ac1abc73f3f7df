"""In what a server's chat wire differs from OpenAI's, as data."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class ChatQuirks(Struct, frozen=True):
    """The defaults are OpenAI's own ways.

    Reasoning (`reasoning_content`, `reasoning`), usage (`usage`, `x_groq.usage`) and cited pages
    (annotations, `search_results`, `citations`) are read wherever they are, so they need no entry.
    """

    asks_for_usage: bool = True
    """Sends `stream_options.include_usage`."""
    thinkers_differ: bool = True
    """Models that always reason take `max_completion_tokens` and no temperature but 1."""
    thinks_in_tags: bool = False
    """The answer's text may begin with `<think>…</think>`, which is reasoning."""
    thinking_goes_back_as: str | None = None
    """The field in which a message that calls tools is sent back with the reasoning before it."""
    takes_tools: bool = True
    takes_given_tools: bool = True
    """Takes the functions that the request itself declares, not only ours."""
    client_runs_functions: bool = False
    """Its calls of functions wait for the client (contract §6)."""
    tool_options: tuple[str, ...] = ()
    """Which of the request's own tool settings are sent beside the functions."""
    runs_elsewhere: Mapping[str, str] = {}
    """Tools of the provider's own that this wire does not offer, and what a model without them
    cannot do; whoever asks for one is told so."""
    takes_effort: bool = True
    """Sends `reasoning_effort`, where the card and the user ask for it."""
    alternates: bool = False
    """Insists on user and assistant taking turns, the user first and last."""
    needs_done_mark: bool = False
    """A stream without `[DONE]` has broken off, even after a finish reason."""
    extra_body: Mapping[str, Any] = {}
    """Sent with every request."""
