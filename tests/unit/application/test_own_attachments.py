"""Attachments among our own files: their owner's only, read through the port."""

import base64
from collections.abc import AsyncIterator
from datetime import date

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.downloads import MemoryDownloads
from adapters.memory.files import MemoryFiles
from adapters.memory.pdf_text import MemoryPdfText, written
from application.chat.attachments import LoadAttachments
from application.chat.documents import FitContent
from application.chat.prepared import PreparedAttachments
from application.files.sources import AttachmentSources
from application.ports.downloads import MOST_BYTES
from domain.catalog.card import Capability, ModelCard
from domain.catalog.catalog import Catalog
from domain.errors import DownloadTooLarge, FileNotFound, FileRefused
from domain.files.keys import address_of, fresh_key
from domain.ids import FileKey, UserId
from domain.storage_errors import FilesUnavailable
from domain.turn.prompt import AudioPart, FilePart, ImagePart, Message, Part, Prompt, TextPart
from tests.pictures import png
from tests.unit.stenographer import Stenographer

ANNA, BORIS = UserId(1), UserId(2)
PNG = png(3, 2)
PDF = written("One")
WHY = TextPart("Why?")
SENSES = frozenset(
    {Capability.IMAGES_IN, Capability.IMAGE_URLS, Capability.FILE_URLS, Capability.AUDIO_IN}
)
CARD = ModelCard("senses", "acme", "senses-1", can=SENSES)


class House:
    """Files, and what loads attachments for Anna."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.files = MemoryFiles(self.clock)
        self.downloads = MemoryDownloads()
        sources = AttachmentSources(self.downloads, self.files)
        fit = FitContent(MemoryPdfText(), Catalog([CARD]))
        self.load = LoadAttachments(sources, fit, Stenographer(), PreparedAttachments(self.clock))

    async def keep(self, name: str, content: bytes, owner: UserId = ANNA) -> FileKey:
        async def once() -> AsyncIterator[bytes]:
            yield content

        key = fresh_key(owner, name, date(2026, 2, 3), "0" * 32)
        return (await self.files.put(key, once(), len(content) + 1)).key

    async def asked(self, *parts: Part, then: tuple[Part, ...] = ()) -> tuple[Part, ...]:
        """Return what the parts become as a question, or as history where another one follows."""
        messages = [Message("user", each) for each in (parts, then) if each]
        return (await self.load(ANNA, Prompt(CARD, tuple(messages)))).messages[0].parts


def data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


async def test_a_photo_a_pdf_a_text_and_a_voice_note_come_along() -> None:
    house = House()
    photo = address_of(await house.keep("photo.png", PNG))
    plan = address_of(await house.keep("plan.pdf", PDF))
    words = address_of(await house.keep("words.txt", b"hello"))
    voice = address_of(await house.keep("voice.webm", b"\x1a\x45\xdf\xa3"))
    link = f"https://chat.example{photo}?expires=1&signature=long-gone"
    found = await house.asked(
        ImagePart(photo), ImagePart(link, "low"), FilePart(plan), FilePart(words), AudioPart(voice)
    )
    assert found == (
        ImagePart(data("image/png", PNG)),
        ImagePart(data("image/png", PNG), "low"),
        TextPart("[file plan.pdf]\n[page 1]\nOne\n[end of file plan.pdf]"),
        TextPart("[file words.txt]\nhello\n[end of file words.txt]"),
        AudioPart(data("audio/webm", b"\x1a\x45\xdf\xa3"), "audio/webm"),
    )
    assert house.downloads.asked == [], "never over the network, not even to ourselves"


async def test_somebody_elses_file_is_as_good_as_none() -> None:
    house = House()
    theirs = address_of(await house.keep("photo.png", PNG, BORIS))
    never = address_of(FileKey("1/assets/chat/1/never.png"))
    told: list[str] = []
    for url in (theirs, f"http://127.0.0.1:8000{theirs}", never):
        for part in (ImagePart(url), FilePart(url), AudioPart(url)):
            with pytest.raises(FileNotFound) as error:
                await house.asked(part)
            told.append(str(error.value))
            (note,) = await house.asked(part, then=(WHY,))
            assert isinstance(note, TextPart)
            assert note.text.endswith("not included: File not found]")
    assert set(told) == {"File not found"}
    assert house.files.asked == []


async def test_a_file_that_was_deleted_is_gone_from_the_history_too() -> None:
    house = House()
    key = await house.keep("photo.png", PNG)
    part = ImagePart(address_of(key))
    (shown,) = await house.asked(part)
    assert await house.asked(part, then=(WHY,)) == (shown,)
    assert len(house.files.asked) == 1, "read once"
    await house.files.delete(ANNA, key)
    (note,) = await house.asked(part, then=(WHY,))
    assert note == TextPart("[image not included: File not found]")


async def test_what_is_too_much_is_not_read() -> None:
    house = House()
    large = address_of(await house.keep("large.txt", b"x" * (MOST_BYTES + 1)))
    with pytest.raises(DownloadTooLarge):
        await house.asked(ImagePart(large))
    assert house.files.asked == []
    bomb = address_of(await house.keep("bomb.png", png(60_000, 60_000)))
    with pytest.raises(FileRefused, match="60000 x 60000"):
        await house.asked(ImagePart(bomb))


async def test_a_storage_that_is_away_is_said() -> None:
    house = House()
    photo = address_of(await house.keep("photo.png", PNG))
    house.files.away = True
    with pytest.raises(FilesUnavailable):
        await house.asked(ImagePart(photo))
