"""Video order → OpenAI's videos interface, and what a job says (contract: media §4.3)."""

import re
from io import BytesIO

import msgspec
from msgspec import Struct

from adapters.openai.media_catalog import PROVIDER
from adapters.transport.moderation import content_refused, is_moderation
from adapters.transport.not_json import NOT_JSON
from adapters.transport.rest import Field
from adapters.transport.scrub import fit_for_clients
from domain.catalog.shapes import Size
from domain.errors import InvalidRequest
from domain.media import Picture, VideoLook, VideoOrder, VideoReady, VideoTicket, VideoUnderWay
from domain.provider_errors import ProviderGarbled, WorkFailed

_NUMBER = re.compile(r"[\w.-]+")
_KEPT = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
_MOST_PIXELS = 100_000_000


def form_of(order: VideoOrder, reference: Picture | None = None) -> list[Field]:
    """Return the form that asks for a clip.

    Args:
        order: what to film.
        reference: its first frame, which must have exactly the size of the clip.
    """
    words = {
        "model": order.card.model,
        "prompt": order.prompt,
        "seconds": str(order.seconds),
        "size": order.resolution,
    }
    fields: list[Field] = [(key, (None, value, None)) for key, value in words.items()]
    if reference is not None:
        ending = reference.mime_type.removeprefix("image/")
        name = f"reference.{'jpg' if ending == 'jpeg' else ending}"
        fields.append(("input_reference", (name, reference.content, reference.mime_type)))
    return fields


def fitted(picture: Picture, size: Size) -> Picture:
    """Return the middle of a picture in exactly this size; it takes a while.

    Raises:
        InvalidRequest: it cannot be opened, or is too large for that.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - start-up need not pay for it

    kind = picture.mime_type if picture.mime_type in _KEPT else "image/png"
    try:
        with Image.open(BytesIO(picture.content)) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise InvalidRequest("the input image has too many pixels", "input_image_url")
            plain = opened.convert("RGB")
        cut = ImageOps.fit(plain, size, Image.Resampling.LANCZOS)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidRequest("the input image cannot be opened", "input_image_url") from error
    content = BytesIO()
    cut.save(content, _KEPT[kind])
    return Picture(content.getvalue(), kind)


class _Error(Struct, frozen=True):
    code: str | None = None
    message: str | None = None


class _Job(Struct, frozen=True):
    id: str = ""
    status: str = ""
    progress: int | None = None
    seconds: str | None = None
    error: _Error | None = None


def read_ticket(body: bytes) -> VideoTicket:
    """Return what a job is found again by.

    Raises:
        ContentRefused, WorkFailed: as `read_job`.
        ProviderGarbled: the answer is no job.
    """
    job = _decoded(body)
    if not _NUMBER.fullmatch(job.id):
        raise _garbled()
    _check(job)
    return VideoTicket(job.id)


def read_job(body: bytes) -> VideoLook:
    """Return how far a job has come.

    Raises:
        ContentRefused: moderation.
        WorkFailed: it has failed, or somebody has cancelled it.
        ProviderGarbled: this is no job.
    """
    job = _decoded(body)
    _check(job)
    if job.status == "completed":
        return VideoReady((job.id,))
    if job.status not in ("queued", "in_progress"):
        raise _garbled()
    return VideoUnderWay(None if job.progress is None else min(max(job.progress, 0), 100))


def _check(job: _Job) -> None:
    if job.status not in ("failed", "cancelled", "canceled"):
        return
    error = job.error or _Error()
    words = " ".join(text for text in (error.code, error.message) if text)
    if is_moderation(words):
        raise content_refused(PROVIDER, error.message or "")
    why = fit_for_clients(error.message or "") or f"the video was {job.status}"
    raise WorkFailed(PROVIDER, f"{PROVIDER}: {why}")


def _decoded(body: bytes) -> _Job:
    try:
        return msgspec.json.decode(body, type=_Job)
    except NOT_JSON as error:
        raise _garbled() from error


def _garbled() -> ProviderGarbled:
    return ProviderGarbled(PROVIDER, f"{PROVIDER} sent something that is not its protocol")
