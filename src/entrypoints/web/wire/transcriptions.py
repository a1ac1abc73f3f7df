"""The form of a recording → what is wanted of it, and the transcript in the contract's envelope."""

from collections.abc import Mapping
from typing import Any, Literal, cast

import msgspec
from litestar.datastructures import UploadFile
from msgspec import UNSET, Struct, UnsetType

from application.speech.transcribe_recording import HearingWish, Transcribed
from domain.files.keys import NAMELESS, safe_name
from domain.ids import UserId
from domain.speech.orders import Act
from entrypoints.web.wire.chat_requests import CustomerId
from entrypoints.web.wire.envelopes import ErrorEnvelope
from entrypoints.web.wire.names import Json, snake_keys

Action = Literal["chat", "transcribe", "translate"]
ACTIONS: Mapping[str, Act] = {
    "chat": "transcribe",
    "transcribe": "transcribe",
    "translate": "translate",
}
_TEST_PROVIDER = "test-data"
_FALSE_WORDS = frozenset({"", "0", "false", "no", "off"})


class TranscriptionForm(Struct, frozen=True, kw_only=True):
    """A recording and what is to be done with it."""

    file: UploadFile
    action: str
    """`transcribe`, `translate`, or `chat`, which transcribes too."""
    category: str
    """`speech`."""
    customer_id: CustomerId
    user_input: str = "{}"
    """A JSON object: `prompt`, `file_name` …"""
    user_settings: str = "{}"
    """A JSON object: `general`, and `speech` with `model`, `language`, `temperature` …"""


class TranscriptionData(Struct, frozen=True, rename={"file_name": "fileName"}):
    """What the recording says."""

    status: Literal["completed"]
    result: str
    action: str
    provider: str
    file_name: str
    language: str | UnsetType = UNSET


class TranscriptionMeta(Struct, frozen=True):
    """Where it comes from."""

    filename: str
    provider: str
    language: str | None
    metadata: Mapping[str, str]


class TranscriptionEnvelope(Struct, frozen=True, kw_only=True):
    """A transcript."""

    code: int = 200
    success: Literal[True] = True
    message: str = "Transcription completed"
    data: TranscriptionData
    meta: TranscriptionMeta


class InvalidPayload(Exception):
    """The form does not hold what it should; `place` is the field."""

    def __init__(self, place: tuple[str, ...], text: str, kind: str = "value_error") -> None:
        super().__init__(text)
        self.place = place
        self.kind = kind


class Wanted(Struct, frozen=True):
    """What a form asks for, read."""

    act: Act
    action: str
    label: str
    wish: HearingWish
    is_test: bool


def read_form(form: TranscriptionForm) -> Wanted:
    """Return what is asked for; keys nobody reads are passed over.

    Raises:
        InvalidPayload: names the field that makes no sense.
    """
    action = form.action.strip().lower()
    if action not in ACTIONS:
        raise InvalidPayload(("action",), f"must be one of {', '.join(ACTIONS)}")
    if form.category.strip().lower() != "speech":
        raise InvalidPayload(("category",), "must be speech")
    said = _object(form.user_input, "user_input")
    settings = _object(form.user_settings, "user_settings")
    speech, general = (_section(settings, name) for name in ("speech", "general"))
    return Wanted(
        act=ACTIONS[action],
        action=action,
        label=label(form.file.filename, said),
        wish=HearingWish(
            model=_text(speech, "model"),
            act=ACTIONS[action],
            language=_text(speech, "language"),
            prompt=_text(speech, "optional_prompt") or _plain(said.get("prompt")),
            temperature=_number(speech, "temperature"),
            response_format=_text(speech, "response_format"),
        ),
        is_test=_truth(general.get("return_test_data")),
    )


def label(uploaded: str, said: Json) -> str:
    """Return what the recording is called: nothing of a path, and nothing a header trips on."""
    for name in (uploaded, said.get("file_name")):
        if isinstance(name, str) and name.strip() and (plain := safe_name(name)) != NAMELESS:
            return plain
    return "recording"


def envelope(wanted: Wanted, found: Transcribed) -> TranscriptionEnvelope:
    """Return the answer to a form."""
    metadata = {"model": found.model}
    if found.provider == "gemini":
        metadata["filename"] = wanted.label
    return _envelope(wanted, found.text, found.provider, metadata)


def made_up(wanted: Wanted, customer: UserId) -> TranscriptionEnvelope:
    """Return the answer that needs no provider."""
    text = f"This is a test transcription for customer {customer} and action {wanted.action}."
    return _envelope(wanted, text, _TEST_PROVIDER, {"mode": "test"})


def invalid(error: InvalidPayload) -> ErrorEnvelope:
    """Return the answer to a form that makes no sense."""
    problem = {"loc": list(error.place), "msg": str(error), "type": error.kind}
    return ErrorEnvelope(
        code=400, message="Invalid static transcription payload", data={"errors": [problem]}
    )


def _envelope(
    wanted: Wanted, text: str, provider: str, metadata: Mapping[str, str]
) -> TranscriptionEnvelope:
    language = wanted.wish.language
    return TranscriptionEnvelope(
        data=TranscriptionData(
            status="completed",
            result=text,
            action=wanted.action,
            provider=provider,
            file_name=wanted.label,
            language=UNSET if language is None else language,
        ),
        meta=TranscriptionMeta(wanted.label, provider, language, metadata),
    )


def _object(text: str, field: str) -> Json:
    try:
        found = msgspec.json.decode(text or "{}")
    except (msgspec.DecodeError, RecursionError):
        raise InvalidPayload((field,), "Invalid JSON", "value_error.jsondecode") from None
    if not isinstance(found, dict):
        raise InvalidPayload((field,), "must be an object", "type_error.dict")
    return snake_keys(cast("dict[str, Any]", found))


def _section(settings: Json, name: str) -> Json:
    found = settings.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise InvalidPayload(("user_settings", name), "must be an object", "type_error.dict")
    return snake_keys(cast("dict[str, Any]", found))


def _text(found: Json, name: str) -> str | None:
    value = found.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidPayload(("user_settings", "speech", name), "must be text", "type_error.str")
    return (value or "").strip() or None


def _plain(value: object) -> str | None:
    """Return a prompt that is text; clients send lists of parts here too."""
    if isinstance(value, list):
        items = cast("list[object]", value)
        found = [cast("Json", item).get("text") for item in items if isinstance(item, dict)]
        value = " ".join(text for text in found if isinstance(text, str))
    return (value.strip() or None) if isinstance(value, str) else None


def _number(found: Json, name: str) -> float | None:
    value = found.get(name)
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = -1.0
    if not 0 <= number <= 2:
        place = ("user_settings", "speech", name)
        raise InvalidPayload(place, "must be a number from 0 to 2", "type_error.float")
    return number


def _truth(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().lower() not in _FALSE_WORDS
    return bool(value)
