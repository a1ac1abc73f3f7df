"""What KlingAI answers (contract: media §4.4)."""

import re
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from adapters.kling.catalog import PROVIDER
from adapters.transport.moderation import content_refused
from adapters.transport.not_json import NOT_JSON
from adapters.transport.scrub import fit_for_clients
from adapters.transport.status_errors import answered
from domain.media import VideoLook, VideoReady, VideoTicket, VideoUnderWay
from domain.provider_errors import (
    ProviderError,
    ProviderGarbled,
    ProviderOverloaded,
    ProviderRejected,
    ProviderUnauthorized,
    ProviderUnavailable,
    ResultLost,
    WorkFailed,
)

_NUMBER = re.compile(r"[\w.-]+")
_MODERATED = 1301
_NOT_FOUND = 1203
_KINDS: tuple[tuple[range, type[ProviderError]], ...] = (
    (range(1000, 1005), ProviderUnauthorized),
    (range(1100, 1103), ProviderRejected),
    (range(1103, 1104), ProviderUnauthorized),
    (range(1200, 1301), ProviderRejected),
    (range(1302, 1305), ProviderOverloaded),
    (range(5000, 5999), ProviderUnavailable),
)
"""By Kling's own code, which counts for more than the status it comes under."""
_RISKY = ("risk control", "sensitive", "content policy", "moderation", "violat")


class _Video(Struct, frozen=True):
    id: str | None = None
    url: str = ""
    duration: str | float | None = None


class _Result(Struct, frozen=True):
    videos: tuple[_Video, ...] = ()


class _Task(Struct, frozen=True):
    task_id: str = ""
    task_status: str = ""
    task_status_msg: str | None = None
    task_result: _Result | None = None


class _Answer(Struct, frozen=True):
    code: int
    message: str = ""
    data: _Task | None = None


def read_ticket(way: str, body: bytes) -> VideoTicket:
    """Return what a task is found again by.

    Raises:
        ProviderError: Kling refuses, or the answer is none of its own.
    """
    task = _task(body)
    if not _NUMBER.fullmatch(task.task_id):
        raise _garbled()
    return VideoTicket(task.task_id, way)


def read_task(body: bytes) -> VideoLook:
    """Return how far a task has come.

    Raises:
        ContentRefused: moderation.
        WorkFailed: it has failed, or succeeded without a clip.
        ProviderError: Kling refuses, or the answer is none of its own.
    """
    task = _task(body)
    match task.task_status:
        case "submitted" | "processing":
            return VideoUnderWay()
        case "failed":
            raise _failed(task.task_status_msg or "")
        case "succeed":
            videos = [one for one in (task.task_result or _Result()).videos if one.url]
            if not videos:
                raise WorkFailed(PROVIDER, f"{PROVIDER} finished without a video")
            places = tuple(one.url for one in videos)
            return VideoReady(places, videos[0].id, _seconds(videos[0].duration))
        case _:
            raise _garbled()


def refused(status: int, body: bytes, headers: Mapping[str, str]) -> ProviderError:
    """Return the error that an answer with an error's status means."""
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except NOT_JSON:
        return answered(PROVIDER, status, body, headers)
    return _meaning(answer, status, headers)


def _task(body: bytes) -> _Task:
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except NOT_JSON as error:
        raise _garbled() from error
    if answer.code != 0:
        raise _meaning(answer, 400, {})
    if answer.data is None:
        raise _garbled()
    return answer.data


def _meaning(answer: _Answer, status: int, headers: Mapping[str, str]) -> ProviderError:
    text = f"{PROVIDER}: {fit_for_clients(answer.message) or 'the request failed'}"
    if answer.code == _MODERATED:
        return content_refused(PROVIDER, answer.message)
    if answer.code == _NOT_FOUND:
        return ResultLost(PROVIDER, f"{PROVIDER} does not know the video or the model")
    kind = next((kind for codes, kind in _KINDS if answer.code in codes), None)
    if kind is None:
        return answered(PROVIDER, status, {"message": answer.message}, headers)
    if kind is ProviderUnauthorized:
        return kind(PROVIDER, f"{PROVIDER} refused the server's key")
    by_status = answered(PROVIDER, status, {"message": answer.message}, headers)
    return by_status if isinstance(by_status, kind) else kind(PROVIDER, text)


def _failed(words: str) -> ProviderError:
    if any(mark in words.lower() for mark in _RISKY):
        return content_refused(PROVIDER, words)
    return WorkFailed(PROVIDER, f"{PROVIDER}: {fit_for_clients(words) or 'the work failed'}")


def _seconds(said: str | float | None) -> float | None:
    try:
        return None if said is None else float(said)
    except ValueError:
        return None


def _garbled() -> ProviderGarbled:
    return ProviderGarbled(PROVIDER, f"{PROVIDER} sent something that is not its protocol")
