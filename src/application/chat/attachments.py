"""Attachments brought into the prompt itself, so that an adapter needs nothing else."""

import asyncio
from collections.abc import Iterable, Mapping

import structlog
from msgspec import structs

from application.chat.documents import FitContent, names_pdf
from application.chat.prepared import Prepared, PreparedAttachments, What
from application.chat.write_down import WriteDown
from application.files.sources import AttachmentSources
from application.ports.downloads import MOST_BYTES, Downloaded
from domain.catalog.card import Capability, ModelCard
from domain.errors import DownloadFailed, InvalidRequest, ParleyError
from domain.ids import UserId
from domain.turn.prompt import AudioPart, FilePart, ImagePart, Message, Part, Prompt, TextPart

log = structlog.get_logger("attachments")

MOST_IN_ALL = 32
MOST_BYTES_IN_ALL = 50_000_000
MOST_BYTES_OF_A_FILE = 50_000_000
"""And of a recording; a picture has less (contract: media §1)."""
AT_ONCE = 4

_BY_ADDRESS: Mapping[type[Part], Capability] = {
    ImagePart: Capability.IMAGE_URLS,
    FilePart: Capability.FILE_URLS,
}
"""What a model with the capability fetches itself, given its address."""

_WORDS: Mapping[type[Part], str] = {
    TextPart: "text",
    ImagePart: "image",
    FilePart: "file",
    AudioPart: "audio recording",
}

Attachment = ImagePart | FilePart | AudioPart
Loaded = Part | ParleyError
"""A part that carries its content, or why there is none."""


class LoadAttachments:
    """Loads what a prompt refers to: for the question first, then from the newest message on."""

    def __init__(
        self,
        sources: AttachmentSources,
        fit: FitContent,
        write_down: WriteDown,
        prepared: PreparedAttachments,
    ) -> None:
        """Take the way to contents, what makes parts of them, and what was made before."""
        self._sources = sources
        self._fit = fit
        self._write_down = write_down
        self._prepared = prepared

    async def __call__(self, user: UserId, prompt: Prompt) -> Prompt:
        """Return the prompt with the content of all its attachments, or notes in their place.

        What cannot be loaded becomes a note. Within the question, though, an address that is
        refused and a file that the model can have in no form are errors: answering without them
        would answer something else.

        Raises:
            DownloadRefused: an address of the question is not for this server to fetch.
            FileNotFound: the question names a file of ours that the user does not have.
            ModelCannot: the question holds a file that is not for this model.
            DocumentUnreadable: the question holds a PDF that nothing can be read from.
            InvalidRequest: the question holds more than one question may.
        """
        question = prompt.messages[-1]
        for part in question.parts:
            if not isinstance(part, TextPart):
                self._sources.check(part.url)
        room = _Room()
        async with asyncio.TaskGroup() as group:

            def begin(message: Message, part: Part) -> "Loaded | asyncio.Task[Loaded]":
                # Of what a model itself once made, providers take back no more than the words.
                if isinstance(part, TextPart) or message.role != "user":
                    return part
                again = message is not question
                return group.create_task(self._load(user, prompt.card, part, room, again=again))

            begun = [
                [begin(message, part) for part in message.parts]
                for message in reversed(prompt.messages)
            ]
        loaded = [
            [found.result() if isinstance(found, asyncio.Task) else found for found in parts]
            for parts in reversed(begun)
        ]
        _refuse(loaded[-1])
        messages = (
            structs.replace(message, parts=tuple(map(_part_or_note, message.parts, found)))
            for message, found in zip(prompt.messages, loaded, strict=True)
        )
        return structs.replace(prompt, messages=tuple(messages))

    async def _load(
        self, user: UserId, card: ModelCard, part: Attachment, room: "_Room", *, again: bool
    ) -> Loaded:
        try:
            room.enter()
            if _goes_by_address(card, part) and self._sources.check(part.url):
                return part
            async with room.at_once:
                version = await self._sources.version(user, part.url)
                what = What(user, card.id, part, version)
                ready = self._prepared.get(what) if again else None
                if ready is None:
                    found = await self._sources.fetch(user, part.url, _most_bytes(part))
                    room.take(len(found.content))
                    ready = Prepared(await self._made(user, card, part, found), len(found.content))
                    if not is_inline(part.url):
                        self._prepared.put(what, ready)
                else:
                    room.take(ready.content_bytes)
                return ready.part
        except ParleyError as error:
            log.info("attachment not loaded", kind=_WORDS[type(part)], error=error.code)
            return error

    async def _made(
        self, user: UserId, card: ModelCard, part: Attachment, found: Downloaded
    ) -> Part:
        if card.able_to(Capability.AUDIO_IN) or not _is_recording(part, found):
            return await self._fit(card, part, found)
        said = await self._write_down(user, found)
        return said or note_of(AudioPart(""), "nobody could write it down")


def note_of(part: Part, why: str = "") -> TextPart:
    """Return words that stand where an attachment was."""
    return TextPart(f"[{_WORDS[type(part)]} not included{why and f': {why}'}]")


class _Room:
    """What the attachments of one prompt may still take."""

    def __init__(self) -> None:
        self.at_once = asyncio.Semaphore(AT_ONCE)
        self._places = MOST_IN_ALL
        self._bytes = MOST_BYTES_IN_ALL

    def enter(self) -> None:
        self._places -= 1
        if self._places < 0:
            raise InvalidRequest(f"more than {MOST_IN_ALL} attachments are too many", "prompt")

    def take(self, size_bytes: int) -> None:
        self._bytes -= size_bytes
        if self._bytes < 0:
            most = f"{MOST_BYTES_IN_ALL / 1_000_000:g} MB"
            raise InvalidRequest(f"more than {most} of attachments are too much", "prompt")


def is_inline(url: str) -> bool:
    """Return whether the URL carries its content in itself: there is nothing to remember."""
    return url[:5].lower() == "data:"


def _is_recording(part: Attachment, found: Downloaded) -> bool:
    kinds = ("audio/", "video/") if isinstance(part, AudioPart) else ("audio/",)
    return found.mime_type.startswith(kinds)


def _most_bytes(part: Attachment) -> int:
    return MOST_BYTES if isinstance(part, ImagePart) else MOST_BYTES_OF_A_FILE


def _goes_by_address(card: ModelCard, part: Attachment) -> bool:
    if part.url.startswith(card.own_urls):
        return True
    able = _BY_ADDRESS.get(type(part))
    if able is None or not card.able_to(able):
        return False
    return not isinstance(part, FilePart) or names_pdf(part)


def _refuse(asked: Iterable[Loaded]) -> None:
    for found in asked:
        if isinstance(found, ParleyError) and not isinstance(found, DownloadFailed):
            raise found


def _part_or_note(part: Part, found: Loaded) -> Part:
    return note_of(part, str(found)) if isinstance(found, ParleyError) else found
