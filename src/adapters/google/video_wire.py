"""Video order → Veo's wire, and what an operation says (contract: media §4.2)."""

import re
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from adapters.google.media_catalog import PROVIDER
from adapters.google.media_rest import VERSION, speaks_of_safety
from adapters.transport.moderation import content_refused
from adapters.transport.not_json import NOT_JSON
from adapters.transport.pictures import as_base64
from adapters.transport.scrub import fit_for_clients
from domain.catalog.media_cards import FilmingOption
from domain.media import Picture, VideoLook, VideoOrder, VideoReady, VideoTicket, VideoUnderWay
from domain.provider_errors import ProviderGarbled, WorkFailed

_OPERATION = re.compile(r"models/[\w.-]+/operations/[\w.-]+")
_FILE = re.compile(rf"/(?:download/)?{VERSION}/files/[\w.-]+:download")
_PEOPLE = ("dont_allow", "allow_adult")


def body_of(order: VideoOrder) -> dict[str, Any]:
    """Return the body that asks for a clip."""
    instance: dict[str, Any] = {"prompt": order.prompt}
    if order.image is not None:
        instance["image"] = _inline(order.image)
    if order.last_frame is not None:
        instance["lastFrame"] = _inline(order.last_frame)
    if order.references:
        # `style` is not offered any more and counts as `asset` (contract).
        instance["referenceImages"] = [
            {"image": _inline(each.picture), "referenceType": "asset"} for each in order.references
        ]
    return {"instances": [instance], "parameters": _parameters(order)}


def _parameters(order: VideoOrder) -> dict[str, Any]:
    said: dict[str, Any] = {"aspectRatio": order.ratio, "durationSeconds": order.seconds}
    if order.clips > 1:
        said["sampleCount"] = order.clips
    if order.resolution:
        said["resolution"] = order.resolution
    people = order.options.get(FilmingOption.PERSON_GENERATION)
    if people in _PEOPLE:
        said["personGeneration"] = people
    if words := str(order.options.get(FilmingOption.NEGATIVE_PROMPT) or "").strip():
        said["negativePrompt"] = words
    return said


def _inline(picture: Picture) -> dict[str, str]:
    return {"bytesBase64Encoded": as_base64(picture), "mimeType": picture.mime_type}


class _Begun(Struct, frozen=True):
    name: str = ""


class _Video(Struct, frozen=True):
    uri: str = ""


class _Sample(Struct, frozen=True):
    video: _Video | None = None


class _Made(Struct, frozen=True, rename="camel"):
    generated_samples: tuple[_Sample, ...] = ()
    rai_media_filtered_reasons: tuple[str, ...] = ()
    rai_media_filtered_count: int = 0


class _Response(Struct, frozen=True, rename="camel"):
    generate_video_response: _Made = _Made()


class _Status(Struct, frozen=True):
    code: int = 0
    message: str = ""


class _Operation(Struct, frozen=True):
    done: bool = False
    response: _Response = _Response()
    error: _Status | None = None


def read_ticket(body: bytes) -> VideoTicket:
    """Return what an operation is found again by.

    Raises:
        ProviderGarbled: the answer names none.
    """
    try:
        name = msgspec.json.decode(body, type=_Begun).name
    except NOT_JSON as error:
        raise _garbled() from error
    if not _OPERATION.fullmatch(name):
        raise _garbled()
    return VideoTicket(name)


def read_operation(body: bytes) -> VideoLook:
    """Return how far an operation has come.

    Raises:
        ContentRefused: moderation.
        WorkFailed: it has ended without a clip.
        ProviderGarbled: this is no operation.
    """
    try:
        operation = msgspec.json.decode(body, type=_Operation)
    except NOT_JSON as error:
        raise _garbled() from error
    if not operation.done:
        return VideoUnderWay()
    if (failed := operation.error) is not None:
        if speaks_of_safety(failed.message):
            raise content_refused(PROVIDER, failed.message)
        words = fit_for_clients(failed.message) or "the work failed"
        raise WorkFailed(PROVIDER, f"{PROVIDER}: {words}")
    made = operation.response.generate_video_response
    places = tuple(
        each.video.uri for each in made.generated_samples if each.video and each.video.uri
    )
    if places:
        return VideoReady(places)
    if made.rai_media_filtered_count or made.rai_media_filtered_reasons:
        raise content_refused(PROVIDER, ", ".join(made.rai_media_filtered_reasons))
    raise WorkFailed(PROVIDER, f"{PROVIDER} finished without a video")


def path_of(place: str) -> str | None:
    """Return the path of a file that only the key opens; None: the place is somewhere else.

    Whatever host the place names, the key goes to the configured one alone.
    """
    found = urlsplit(place)
    if not _FILE.fullmatch(found.path):
        return None
    return f"{found.path}?{found.query}" if found.query else found.path


def _garbled() -> ProviderGarbled:
    return ProviderGarbled(PROVIDER, f"{PROVIDER} sent something that is not its protocol")
