"""In what the compatible providers differ from OpenAI's chat wire: their streams and refusals.

The streams follow recorded ones. Of the refusals, Perplexity's and DeepSeek's of a long prompt and
xAI's of a key are recorded; the others are written after the providers' documents and bug reports.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tests.simulators.openai_wire import words_of
from tests.simulators.replies import Reply, json_reply, raw, sse

KEY = "sk-test-Abcdef1234567890"
"""Some refusals quote it."""

_encode = msgspec.json.encode
_ID: dict[str, Any] = {"id": "1", "object": "chat.completion.chunk", "created": 1}
_PAGES = [{"title": "A", "url": "https://a.example"}, {"title": "B", "url": "https://b.example"}]


def _usage(said: int, **more: Any) -> dict[str, Any]:
    return {"prompt_tokens": 7, "completion_tokens": said, "total_tokens": 7 + said} | more


def xai_stream(text: str, thinking: Sequence[str] = ()) -> Reply:
    """Return an answer of xAI's: reasoning counts beside the words, nulls are left out."""
    deltas = [{"reasoning_content": thought} for thought in thinking]
    deltas += [{"content": word} for word in words_of(text)]
    chunks: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    usage = _usage(len(words_of(text)), completion_tokens_details={"reasoning_tokens": 5})
    chunks.append({"choices": [], "usage": usage | {"total_tokens": usage["total_tokens"] + 5}})
    return sse([*(_encode(_ID | chunk) for chunk in chunks), b"[DONE]"])


def groq_stream(text: str, thinking: Sequence[str] = ()) -> Reply:
    """Return an answer of Groq's: usage in `x_groq`, reasoning in `reasoning`."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": None}]
    deltas += [{"reasoning": thought, "channel": "analysis"} for thought in thinking]
    deltas += [{"content": word} for word in words_of(text)]
    chunks: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}]}
        for delta in deltas
    ]
    chunks[0] |= {"x_groq": {"id": "req_1", "seed": 1}}
    ending = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    chunks.append(ending | {"x_groq": {"id": "req_1", "usage": _usage(len(words_of(text)))}})
    return sse([*(_encode(_ID | chunk) for chunk in chunks), b"[DONE]"])


def deepseek_stream(text: str, thinking: Sequence[str] = ()) -> Reply:
    """Return an answer of DeepSeek's, which had to wait for its turn."""
    deltas = [{"content": None, "reasoning_content": thought} for thought in thinking]
    deltas += [{"content": word, "reasoning_content": None} for word in words_of(text)]
    chunks = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": None}], "usage": None}
        for delta in deltas
    ]
    ending = {"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}
    cached = _usage(len(words_of(text)), prompt_cache_hit_tokens=3)
    chunks.append({"choices": [ending], "usage": cached})
    reply = sse([*(_encode(_ID | chunk) for chunk in chunks), b"[DONE]"])
    return Reply([b": keep-alive\n\n", *reply.steps], headers=reply.headers)


def perplexity_stream(text: str, thinking: Sequence[str] = ()) -> Reply:
    """Return an answer of Perplexity's: all so far in every chunk, CRLF, no end mark."""
    thoughts = ["<think>", *thinking, "</think>\n\n"] if thinking else []
    said = ""
    chunks: list[dict[str, Any]] = []
    for count, piece in enumerate([*thoughts, *words_of(text), ""], 1):
        said += piece
        choice = {"index": 0, "message": {"content": said}, "delta": {"content": piece}}
        found = {"citations": [page["url"] for page in _PAGES], "search_results": _PAGES}
        chunks.append({"choices": [choice], "usage": _usage(count)} | found)
    chunks[-1]["choices"][0]["finish_reason"] = "stop"
    chunks[-1]["object"] = "chat.completion.done"
    return sse([_encode(_ID | chunk) for chunk in chunks], end=b"\r\n")


def _xai_error(
    status: int, words: str, code: str = "Client specified an invalid argument"
) -> Reply:
    return json_reply({"code": code, "error": words}, status)


def _openai_error(status: int, words: str, code: str = "invalid_request_error") -> Reply:
    return json_reply({"error": {"message": words, "type": code, "code": code}}, status)


def _perplexity_error(status: int, words: str, kind: str = "bad_request") -> Reply:
    return json_reply({"error": {"message": words, "type": kind, "code": status}}, status)


def _event(reply: Reply, name: bytes = b"") -> bytes:
    return (b"event: " + name + b"\n" if name else b"") + b"data: " + reply.body + b"\n\n"


@dataclass(frozen=True)
class Provider:
    """A provider as the simulator plays it."""

    path: str
    """What stands between its host and `/chat/completions`."""
    stream: Callable[..., Reply]
    refuse: Callable[[int, str], Reply]
    """A refusal in its own shape: status and words."""
    refusals: dict[str, Reply] = field(default_factory=dict[str, Reply])
    """Those whose words or marks tell more than their status."""
    overloaded: bytes = b""
    """An event inside a stream that says so."""


PROVIDERS = {
    "xai": Provider(
        "/v1",
        xai_stream,
        _xai_error,
        {
            "bad key": _xai_error(400, f"Incorrect API key provided: {KEY}.", "invalid-argument"),
            "no model": _xai_error(
                404, "The model grok-0 does not exist", "Some requested entity was not found"
            ),
            "too long": _xai_error(
                400,
                "This model's maximum prompt length is 131072 but the request contains 136973 "
                "tokens.",
            ),
            "no money": _xai_error(
                429,
                "Your team has either used all available credits or reached its monthly spending "
                "limit.",
                "Some resource has been exhausted",
            ),
        },
        _event(_xai_error(429, "Too many requests", "rate_limit_exceeded")),
    ),
    "groq": Provider(
        "/openai/v1",
        groq_stream,
        _openai_error,
        {
            "bad key": _openai_error(401, f"Invalid API Key {KEY}", "invalid_api_key"),
            "no model": _openai_error(404, "The model `x` does not exist", "model_not_found"),
            "too long": _openai_error(
                400, "Please reduce the length of the messages", "context_length_exceeded"
            ),
            "too long at once": _openai_error(
                413, "Request too large for model `x`: Limit 6000", "rate_limit_exceeded"
            ),
            "slow down": _openai_error(
                429,
                "Rate limit reached for model `x`. Please try again in 4s. Need more tokens? "
                "Upgrade to Dev Tier today at https://console.groq.com/settings/billing",
                "rate_limit_exceeded",
            ),
        },
        _event(_openai_error(429, "Slow down", "rate_limit_exceeded"), b"error"),
    ),
    "deepseek": Provider(
        "/v1",
        deepseek_stream,
        _openai_error,
        {
            "bad key": _openai_error(
                401, f"Authentication Fails, Your api key: {KEY} is invalid", "authentication_error"
            ),
            "no model": _openai_error(400, "Model Not Exist"),
            "too long": _openai_error(
                400,
                "This model's maximum context length is 1048565 tokens. However, you requested "
                "1250025 tokens.",
            ),
            "no money": _openai_error(402, "Insufficient Balance", "unknown_error"),
        },
        _event(_openai_error(429, "Rate limit reached", "rate_limit_reached_error")),
    ),
    "perplexity": Provider(
        "",
        perplexity_stream,
        _perplexity_error,
        {
            "bad key": raw(b"<html><h1>401 Authorization Required</h1></html>", status=401),
            "no model": _perplexity_error(400, "Invalid model 'x'.", "invalid_model"),
            "too long": _perplexity_error(
                400, "The total length of all messages is too long.", "too_many_prompt_tokens"
            ),
        },
        _event(_perplexity_error(429, "Slow", "slow")),
    ),
}
