"""Speech over HTTP: bodies, answers and errors as the contract has them."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from application.ports.speech import Allowance
from application.speech import made_up
from application.speech.speak_to_file import SpeechFile
from domain.errors import InvalidRequest, NotConfigured, ParleyError
from domain.ids import UserId
from domain.provider_errors import ProviderError
from domain.speech.audio import Encoding
from domain.speech.orders import SpeechOrder, VoiceWish
from entrypoints.web.wire.chat_requests import CustomerId
from entrypoints.web.wire.envelopes import ErrorEnvelope
from entrypoints.web.wire.voices import TtsVoice

WHOLE, STREAM, BILLING = "tts_no_stream", "tts_stream", "billing"
ACTIONS = (WHOLE, STREAM, BILLING)
Failure = Literal["Failed to generate TTS audio", "Failed to stream TTS audio"]


class TtsInput(Struct, frozen=True):
    """What is to be said."""

    text: Annotated[str, Meta(min_length=1)]


class TtsGeneral(Struct, frozen=True, kw_only=True):
    """How the answer is given."""

    return_test_data: bool | None = None
    """Answer at once, without any provider."""
    return_test_data_camel: bool | None = msgspec.field(name="returnTestData", default=None)
    """The same."""
    save_to_s3: bool | None = None
    """False: give the sound as a data URL; else it is stored."""

    @property
    def is_test(self) -> bool:
        """Whether no provider is to be asked."""
        given = (self.return_test_data, self.return_test_data_camel)
        return next((value for value in given if value is not None), False)


class TtsSettings(Struct, frozen=True):
    """The sections that are read."""

    general: TtsGeneral | None = None
    tts: TtsVoice | None = None


class TtsRequest(Struct, frozen=True, kw_only=True):
    """A text to be spoken."""

    user_input: TtsInput
    customer_id: CustomerId
    action: str = WHOLE
    """`tts_no_stream`, `tts_stream`, or `billing`."""
    user_settings: TtsSettings | None = None
    asset_input: Any = None
    """Accepted, unused."""

    @property
    def general(self) -> TtsGeneral:
        """How the answer is given."""
        return (self.user_settings and self.user_settings.general) or TtsGeneral()

    @property
    def wish(self) -> VoiceWish:
        """Who speaks, and how."""
        return ((self.user_settings and self.user_settings.tts) or TtsVoice()).wish()


class TtsResult(Struct, frozen=True):
    """Where the sound is, or what was asked for instead."""

    status: Literal["completed"]
    result: Any


class TtsData(Struct, frozen=True, kw_only=True, rename={"s3_url": "s3Url"}):
    """What was made; or, to `billing`, what the server's account at a provider has used."""

    provider: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    voice: str | UnsetType = UNSET
    format: str | UnsetType = UNSET
    s3_url: str | UnsetType = UNSET
    chunk_count: int | UnsetType = UNSET
    extra: Mapping[str, Any] | UnsetType = UNSET
    character_count: int | UnsetType = UNSET
    character_limit: int | UnsetType = UNSET
    next_billing_date: str | UnsetType | None = UNSET


class TtsEnvelope(Struct, frozen=True, kw_only=True):
    """Speech, or the account's state."""

    code: int = 200
    success: Literal[True] = True
    message: TtsResult
    data: TtsData
    meta: None = None


def spoken_envelope(made: SpeechFile) -> TtsEnvelope:
    """Return the answer for a text that was spoken."""
    order = made.order
    facts: dict[str, Any] = {
        "provider": order.card.provider,
        "model": order.card.model,
        "voice": order.voice_name,
        "format": made.stored_format,
    }
    extra = facts | {
        "speed": order.speed,
        "chunk_index": made.parts,
        "chunk_count": made.parts,
    }
    if order.format.encoding is Encoding.PCM16:
        extra |= {"original_format": order.format.name, "sample_rate": order.format.rate_hz}
    if made.inline_bytes is not None:
        extra["inline_payload_bytes"] = made.inline_bytes
    url = UNSET if made.inline_bytes is not None else made.url
    audio = TtsData(**facts, s3_url=url, chunk_count=made.parts, extra=extra)
    return TtsEnvelope(message=TtsResult("completed", made.url), data=audio)


def made_up_envelope(request: TtsRequest, customer: UserId) -> TtsEnvelope:
    """Return the answer that needs no provider."""
    url = made_up.address(customer)
    wish = request.wish
    audio = TtsData(
        provider=made_up.PROVIDER,
        model=wish.model or made_up.MODEL,
        voice=wish.voice or UNSET,
        format=wish.format or made_up.FORMAT,
        s3_url=url,
        chunk_count=1,
        extra={"mode": "test"},
    )
    return TtsEnvelope(message=TtsResult("completed", url), data=audio)


def billing_envelope(allowance: Allowance) -> TtsEnvelope:
    """Return the answer to `billing`."""
    renews_at = allowance.renews_at
    found = TtsData(
        character_count=allowance.character_count,
        character_limit=allowance.character_limit,
        next_billing_date=None if renews_at is None else renews_at.isoformat(),
    )
    return TtsEnvelope(message=TtsResult("completed", found), data=found)


def check_action(action: str, allowed: tuple[str, ...]) -> None:
    """Refuse what the endpoint does not do.

    Raises:
        InvalidRequest: it does not.
    """
    if action not in allowed:
        raise InvalidRequest(f"action must be one of {', '.join(allowed)}", "action")


def failure(error: ParleyError, otherwise: Failure) -> ErrorEnvelope:
    """Return the answer for what the contract calls errors of speech."""
    match error:
        case InvalidRequest():
            field = {"field": error.field} if error.field else {}
            return _failed(400, "Invalid TTS request", "validation_error", error, field)
        case NotConfigured():
            context = {"key": error.key}
            return _failed(502, "TTS configuration error", "configuration_error", error, context)
        case ProviderError():
            context = {"provider": error.provider, "original_error": str(error)}
            return _failed(502, "TTS provider error", "provider_error", error, context)
        case _:
            return _failed(502, otherwise, "service_error", error, {})


def order_headers(order: SpeechOrder) -> dict[str, str]:
    """Return the headers that say who speaks."""
    return {
        "X-TTS-Provider": order.card.provider,
        "X-TTS-Model": order.card.model,
        "X-TTS-Voice": _in_header(order.voice_name),
        "Cache-Control": "no-store",
    }


def _in_header(text: str) -> str:
    """Return the text as far as a header can hold it: names of voices are whatever users write."""
    return "".join(char if 32 < ord(char) < 127 else "?" for char in text[:100])


def _failed(
    status: int, message: str, word: str, error: ParleyError, context: Mapping[str, Any]
) -> ErrorEnvelope:
    data = {"error": word, "message": str(error), "context": context}
    return ErrorEnvelope(code=status, message=message, data=data)
