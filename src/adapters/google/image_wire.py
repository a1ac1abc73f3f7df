"""Image order → Google's two interfaces for pictures, and back (contract: media §2.2)."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from adapters.google.media_catalog import PROVIDER
from adapters.transport.moderation import content_refused
from adapters.transport.not_json import NOT_JSON
from adapters.transport.pictures import as_base64, decoded
from adapters.transport.scrub import fit_for_clients
from domain.catalog.media_price import MediaTokens
from domain.media import ImageOrder, ImagesMade
from domain.provider_errors import ProviderGarbled, ProviderRejected

_QUOTED = 200
_FINE = (None, "STOP", "MAX_TOKENS", "FINISH_REASON_UNSPECIFIED")


def content_body(order: ImageOrder) -> dict[str, Any]:
    """Return the body that asks a Gemini model to draw."""
    parts: list[dict[str, Any]] = [
        {"inlineData": {"mimeType": given.mime_type, "data": as_base64(given)}}
        for given in order.inputs
    ]
    parts.append({"text": order.prompt})
    return {
        "contents": [{"role": "user", "parts": parts}],
        "generationConfig": {
            "responseModalities": ["TEXT", "IMAGE"],
            "imageConfig": {"aspectRatio": order.ratio},
        },
    }


def predict_body(order: ImageOrder) -> dict[str, Any]:
    """Return the body that asks an Imagen model to draw."""
    return {
        "instances": [{"prompt": order.prompt}],
        "parameters": {"sampleCount": order.count, "aspectRatio": order.ratio},
    }


class _Camel(Struct, frozen=True, rename="camel"):
    """Google's JSON."""


class _Inline(_Camel, frozen=True):
    data: str = ""


class _Part(_Camel, frozen=True):
    text: str | None = None
    inline_data: _Inline | None = None
    thought: bool = False


class _Content(_Camel, frozen=True):
    parts: tuple[_Part, ...] | None = None


class _Candidate(_Camel, frozen=True):
    content: _Content | None = None
    finish_reason: str | None = None
    finish_message: str | None = None


class _Feedback(_Camel, frozen=True):
    block_reason: str | None = None


class _Modality(_Camel, frozen=True):
    modality: str = ""
    token_count: int = 0


class _Usage(_Camel, frozen=True):
    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    prompt_tokens_details: tuple[_Modality, ...] = ()
    candidates_tokens_details: tuple[_Modality, ...] = ()


class _Answer(_Camel, frozen=True):
    candidates: tuple[_Candidate, ...] = ()
    prompt_feedback: _Feedback | None = None
    usage_metadata: _Usage | None = None


class _Prediction(_Camel, frozen=True):
    bytes_base64_encoded: str = ""
    rai_filtered_reason: str | None = None


class _Predictions(_Camel, frozen=True):
    predictions: tuple[_Prediction, ...] = ()


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_predictions = msgspec.json.Decoder(_Predictions).decode


def read_content(body: bytes) -> ImagesMade:
    """Return the pictures among what a Gemini model said.

    Raises:
        ContentRefused: moderation.
        ProviderRejected: it only spoke; quotes what it said.
        ProviderGarbled: this is no answer.
    """
    try:
        answer = _decode_answer(body)
    except NOT_JSON as error:
        raise _garbled() from error
    if answer.prompt_feedback is not None and answer.prompt_feedback.block_reason:
        raise content_refused(PROVIDER, answer.prompt_feedback.block_reason)
    first = answer.candidates[0] if answer.candidates else _Candidate()
    parts = (first.content and first.content.parts) or ()
    # What a model tries out while it thinks is not what it draws.
    shown = [part for part in parts if not part.thought]
    pictures = tuple(
        decoded(PROVIDER, part.inline_data.data) for part in shown if part.inline_data is not None
    )
    if pictures:
        return ImagesMade(pictures, _tokens(answer.usage_metadata))
    if first.finish_reason not in _FINE and first.finish_reason != "NO_IMAGE":
        raise content_refused(PROVIDER, first.finish_message or first.finish_reason or "")
    raise ProviderRejected(PROVIDER, _only_words(shown, first.finish_message))


def read_predictions(body: bytes) -> ImagesMade:
    """Return the pictures that an Imagen model drew, likewise."""
    try:
        found = _decode_predictions(body).predictions
    except NOT_JSON as error:
        raise _garbled() from error
    pictures = tuple(
        decoded(PROVIDER, each.bytes_base64_encoded) for each in found if each.bytes_base64_encoded
    )
    if not pictures:
        # Imagen leaves out what its filters take, with or without a reason.
        reasons = [each.rai_filtered_reason for each in found if each.rai_filtered_reason]
        raise content_refused(PROVIDER, ", ".join(reasons))
    return ImagesMade(pictures)


def _tokens(usage: _Usage | None) -> MediaTokens | None:
    if usage is None or not usage.candidates_token_count:
        return None
    read, drawn = usage.prompt_token_count or 0, usage.candidates_token_count
    pictures_in = _pictures(usage.prompt_tokens_details)
    spoken = drawn - _pictures(usage.candidates_tokens_details)
    if not usage.candidates_tokens_details:
        spoken = 0
    thought = usage.thoughts_token_count or 0
    return MediaTokens(read - pictures_in, pictures_in, spoken + thought, drawn - spoken)


def _pictures(details: Sequence[_Modality]) -> int:
    return sum(each.token_count for each in details if each.modality == "IMAGE")


def _only_words(parts: Sequence[_Part], message: str | None) -> str:
    said = " ".join(part.text for part in parts if part.text).strip() or message or ""
    quoted = fit_for_clients(said)[:_QUOTED]
    return f"{PROVIDER} answered without a picture{f': {quoted}' if quoted else ''}"


def _garbled() -> ProviderGarbled:
    return ProviderGarbled(PROVIDER, f"{PROVIDER} sent something that is not its protocol")
