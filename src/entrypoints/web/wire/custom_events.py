"""The contract's `custom_event`s."""

from collections.abc import Mapping
from typing import Any

import msgspec

from domain.turn.events import (
    CodeResult,
    CodeSession,
    MediaKept,
    ModelChosen,
    PictureMade,
    ProviderRetrying,
    SourceCited,
)

Body = dict[str, Any]


def custom(name: str, **content: Any) -> Body:
    """Return an event whose content repeats its name, as most do."""
    return {"type": "custom_event", "event_type": name, "content": {"type": name, **content}}


def untyped(name: str, content: Mapping[str, Any]) -> Body:
    """Return an event whose name the contract does not repeat in its content."""
    return {"type": "custom_event", "event_type": name, "content": content}


def model_in_use(event: ModelChosen) -> Body:
    """Return who answers, and for which failure of another it stands in."""
    more = {} if event.because is None else {"fallbackReason": event.because}
    return _in_use(event.model, event.provider, **more)


def citation(event: SourceCited) -> Body:
    """Return a page that the answer rests on."""
    found: Body = {"url": event.url}
    if event.title:
        found["title"] = event.title
    if event.numbers:
        found["numbers"] = list(event.numbers)
    return found


def retrying(event: ProviderRetrying) -> Body:
    """Return that a waiting client has to wait a little longer."""
    return custom(
        "providerRetry",
        provider=event.provider,
        attempt=event.attempt,
        wait_s=event.wait_s,
        reason=event.reason,
    )


def picture_begun() -> Body:
    """Return that a picture is on its way."""
    return custom("image", message="imageGenerationStarted")


def picture_made(event: PictureMade, link: str) -> Body:
    """Return the picture; the web client shows it by `image_url`."""
    return custom(
        "image",
        message="imageGenerated",
        image_url=link,
        generated_by=event.model,
        image_generation_settings=event.settings,
        image_generation_request=event.request,
        duration=event.duration_s,
    )


def media_kept(event: MediaKept, link: str) -> Body:
    """Return a recording or clip out of the answer."""
    return custom("mediaGenerated", file_url=link, mime_type=event.mime_type)


def code_session(event: CodeSession) -> list[Body]:
    """Return the session, and once more who answers: only now the model behind it is known."""
    session = untyped("claudeSession", {"sessionId": event.id, "metadata": event.metadata})
    if not event.model:
        return [session]
    return [session, _in_use("claude-code", "anthropic", actualModel=event.model)]


def code_result(event: CodeResult) -> Body:
    """Return how the work ended and what it took."""
    content: Body = {
        "sessionId": event.session,
        "subtype": event.subtype,
        "result": event.text,
        "numTurns": event.rounds,
        "durationMs": event.duration_ms,
    }
    if event.cost_usd is not None:
        content["totalCostUsd"] = event.cost_usd
    if event.usage is not None:
        content["usage"] = msgspec.to_builtins(event.usage)
    return untyped("claudeCodeFinalResult", content)


def _in_use(model: str, provider: str, **more: str) -> Body:
    return custom(
        "aiTextModelInUse",
        message="aiTextModelReceived",
        aiTextModel=model,
        provider=provider,
        **more,
    )
