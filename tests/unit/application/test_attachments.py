"""What becomes of attachments before an adapter sees them."""

import asyncio
import base64

import pytest
from msgspec import structs

from adapters.memory.clock import ManualClock
from adapters.memory.downloads import MemoryDownloads
from adapters.memory.files import MemoryFiles
from adapters.memory.pdf_text import MemoryPdfText, written
from application.chat.attachments import AT_ONCE, MOST_BYTES_IN_ALL, MOST_IN_ALL, LoadAttachments
from application.chat.documents import MOST_CHARACTERS, FitContent
from application.chat.prepared import Prepared, PreparedAttachments, What
from application.chat.write_down import WriteDown
from application.files.sources import AttachmentSources
from application.ports.downloads import MOST_BYTES, Downloaded, Downloads
from application.ports.files import Files
from domain.account import Account
from domain.catalog.card import Capability, ModelCard
from domain.catalog.catalog import Catalog
from domain.errors import (
    DocumentUnreadable,
    DownloadFailed,
    DownloadRefused,
    DownloadTooLarge,
    InvalidRequest,
    ModelCannot,
    ParleyError,
)
from domain.ids import UserId
from domain.turn.prompt import (
    AudioPart,
    FilePart,
    ImagePart,
    Message,
    Part,
    Prompt,
    Role,
    TextPart,
)
from tests.unit.stenographer import Stenographer

ANNA, BORIS = UserId(1), UserId(2)
PNG = b"\x89PNG\r\n\x1a\n"
MP3 = b"ID3\x04"
WEBM = b"\x1a\x45\xdf\xa3"
ZIP = b"PK\x03\x04"
PDF = written("One", "Two")
WHY = TextPart("Why?")
HERE = "https://files.example"
BLIND = ModelCard("blind", "acme", "blind-1", can=frozenset())
SEES = ModelCard("sees", "acme", "sees-1", can=frozenset({Capability.IMAGES_IN}))
READS = ModelCard("reads", "acme", "reads-1", can=frozenset({Capability.FILES_IN}))
WORKS = ModelCard("works", "acme", "works-1", can=frozenset({Capability.OFFICE_IN}))
FETCHES = ModelCard(
    "fetches", "acme", "fetches-1",
    can=frozenset({
        Capability.IMAGES_IN, Capability.FILES_IN, Capability.IMAGE_URLS, Capability.FILE_URLS,
    }),
)  # fmt: skip
NO_GIFS = ModelCard(
    "no-gifs", "acme", "no-gifs-1",
    can=frozenset({Capability.IMAGES_IN}), pictures=frozenset({"image/png"}),
)  # fmt: skip
HEARS = ModelCard("hears", "acme", "hears-1", can=frozenset({Capability.AUDIO_IN}))
CATALOG = Catalog([BLIND, SEES, READS, HEARS, WORKS])
WEB: dict[str, bytes | ParleyError] = {
    f"{HERE}/a.png": PNG,
    f"{HERE}/a.mp3": MP3,
    f"{HERE}/a.webm": WEBM,
    f"{HERE}/a.zip": ZIP,
    f"{HERE}/a%20plan.pdf?v=2": PDF,
    f"{HERE}/scan.pdf": written("", ""),
    f"{HERE}/long.pdf": written(*("Page" for _ in range(60))),
    f"{HERE}/broken.pdf": b"%PDF-1.7 of something",
    f"{HERE}/a.csv": b"\xef\xbb\xbfa,b",
    f"{HERE}/latin.txt": b"caf\xe9",
    f"{HERE}/wide.txt": "hé".encode("utf-16"),
    f"{HERE}/long.txt": b"x" * (MOST_CHARACTERS + 7),
    f"{HERE}/refused": DownloadRefused("files.example", "it is elsewhere"),
    f"{HERE}/large": DownloadTooLarge("files.example", 20_000_000),
    f"{HERE}/slow": DownloadFailed("files.example", "it took longer than 30 seconds"),
}


def data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def said(*parts: Part, role: Role = "user") -> Message:
    return Message(role, parts)


def loading(
    downloads: Downloads, files: Files, clock: ManualClock, write_down: WriteDown | None = None
) -> LoadAttachments:
    fit = FitContent(MemoryPdfText(), CATALOG)
    return LoadAttachments(
        AttachmentSources(downloads, files),
        fit,
        write_down or Stenographer(),
        PreparedAttachments(clock),
    )


async def loaded(
    *messages: Message, card: ModelCard = SEES, downloads: Downloads | None = None
) -> list[tuple[Part, ...]]:
    """Return the parts of each message once their attachments are loaded."""
    clock = ManualClock()
    load = loading(downloads or MemoryDownloads(WEB), MemoryFiles(clock), clock)
    prompt = await load(ANNA, Prompt(card, messages, system="Be brief."))
    assert (prompt.card, prompt.system) == (card, "Be brief.")
    assert [message.role for message in prompt.messages] == [one.role for one in messages]
    return [message.parts for message in prompt.messages]


async def asked(part: Part, card: ModelCard = SEES) -> Part:
    """Return what a part of a question becomes."""
    [(_, found)] = await loaded(said(WHY, part), card=card)
    return found


async def test_a_picture_comes_along_with_its_true_type() -> None:
    whole = data("image/png", PNG)
    assert await asked(ImagePart(f"{HERE}/a.png", "low")) == ImagePart(whole, "low")
    assert await asked(ImagePart(data("image/jpeg", PNG))) == ImagePart(whole)
    assert await asked(ImagePart(whole)) == ImagePart(whole)


async def test_a_kind_of_picture_that_the_model_does_not_see() -> None:
    picture = ImagePart(data("image/gif", b"GIF89a"))
    with pytest.raises(ModelCannot, match="image/gif") as told:
        await asked(picture, NO_GIFS)
    assert told.value.able == ("sees",)
    [(note,), _] = await loaded(said(picture), said(WHY), card=NO_GIFS)
    assert "not included" in note.text  # type: ignore[union-attr]
    [(kept,), _] = await loaded(said(picture), said(WHY), card=SEES)
    assert kept == picture


async def test_a_recording_comes_along_with_its_true_type() -> None:
    found = await asked(AudioPart(f"{HERE}/a.mp3", "audio/wav"), HEARS)
    assert found == AudioPart(data("audio/mpeg", MP3), "audio/mpeg")
    found = await asked(AudioPart(f"{HERE}/a.webm"), HEARS)
    assert found == AudioPart(data("audio/webm", WEBM), "audio/webm")


async def test_a_model_that_is_deaf_is_told_what_is_said() -> None:
    for sound in (AudioPart(data("audio/mpeg", MP3)), FilePart(f"{HERE}/a.mp3")):
        assert await asked(sound, SEES) == TextPart("words")
        assert await loaded(said(sound), said(WHY)) == [(TextPart("words"),), (WHY,)]


async def test_a_recording_that_nobody_hears_is_no_reason_to_refuse_a_question() -> None:
    clock, deaf = ManualClock(), Stenographer(None)
    load = loading(MemoryDownloads(WEB), MemoryFiles(clock), clock, deaf)
    sound = AudioPart(f"{HERE}/a.mp3")
    [message] = (await load(ANNA, Prompt(SEES, (said(WHY, sound),)))).messages
    assert message.parts[1] == TextPart(
        "[audio recording not included: nobody could write it down]"
    )
    assert deaf.heard == [(ANNA, "audio/mpeg")]


async def test_a_model_that_reads_pdfs_gets_the_file() -> None:
    found = await asked(FilePart(f"{HERE}/a%20plan.pdf?v=2"), READS)
    assert found == FilePart(data("application/pdf", PDF), "a plan.pdf", "application/pdf")
    found = await asked(FilePart(data("text/plain", PDF), "mine.pdf"), READS)
    assert found == FilePart(data("application/pdf", PDF), "mine.pdf", "application/pdf")


@pytest.mark.parametrize("url", [f"{HERE}/a%20plan.pdf?v=2", data("application/pdf", PDF)])
async def test_any_other_model_gets_its_text(url: str) -> None:
    text = "[file a plan.pdf]\n[page 1]\nOne\n\n[page 2]\nTwo\n[end of file a plan.pdf]"
    assert await asked(FilePart(url, "a plan.pdf"), BLIND) == TextPart(text)


async def test_a_long_pdf_is_cut_and_says_so() -> None:
    found = await asked(FilePart(f"{HERE}/long.pdf"), BLIND)
    assert isinstance(found, TextPart)
    assert "[page 50]" in found.text
    assert "[page 51]" not in found.text
    assert "[only the first 50 of 60 pages]" in found.text


async def test_a_scan_names_the_models_that_can_read_it() -> None:
    with pytest.raises(ModelCannot, match="pages are pictures") as told:
        await asked(FilePart(f"{HERE}/scan.pdf"), BLIND)
    assert told.value.able == ("reads",)


async def test_a_broken_pdf_says_what_is_wrong() -> None:
    with pytest.raises(DocumentUnreadable, match="damaged"):
        await asked(FilePart(f"{HERE}/broken.pdf"), BLIND)


@pytest.mark.parametrize(
    ("name", "text"), [("a.csv", "a,b"), ("latin.txt", "café"), ("wide.txt", "hé")]
)
@pytest.mark.parametrize("card", [BLIND, READS])
async def test_text_is_told_to_every_model(name: str, text: str, card: ModelCard) -> None:
    found = await asked(FilePart(f"{HERE}/{name}"), card)
    assert found == TextPart(f"[file {name}]\n{text}\n[end of file {name}]")


async def test_long_text_is_cut_and_says_so() -> None:
    found = await asked(FilePart(f"{HERE}/long.txt"), BLIND)
    assert isinstance(found, TextPart)
    assert found.text.count("x") == MOST_CHARACTERS + 2, "and twice in the file's name"
    assert "[cut here: 7 more characters]" in found.text


async def test_a_nameless_file() -> None:
    found = await asked(FilePart("data:text/plain,hello"), BLIND)
    assert found == TextPart("[file]\nhello\n[end of file]")


async def test_a_file_is_taken_for_what_it_is() -> None:
    assert await asked(FilePart(f"{HERE}/a.png")) == ImagePart(data("image/png", PNG))
    found = await asked(FilePart(f"{HERE}/a.mp3"), HEARS)
    assert found == AudioPart(data("audio/mpeg", MP3), "audio/mpeg")


@pytest.mark.parametrize(("name", "able"), [("a.png", ("sees",)), ("a.zip", ())])
async def test_a_file_for_which_the_model_has_no_sense(name: str, able: tuple[str, ...]) -> None:
    with pytest.raises(ModelCannot) as told:
        await asked(FilePart(f"{HERE}/{name}"), BLIND)
    assert told.value.able == able


async def test_a_spreadsheet_is_for_models_that_take_office_files() -> None:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    part = FilePart(data(kind, ZIP), "a.xlsx")
    assert await asked(part, WORKS) == FilePart(part.url, "a.xlsx", kind)
    with pytest.raises(ModelCannot) as told:
        await asked(part, READS)
    assert told.value.able == ("works",)


@pytest.mark.parametrize(
    "part",
    [
        ImagePart("https://elsewhere.example/a.png", "low"),
        FilePart("https://elsewhere.example/A.PDF?v=2"),
        FilePart("https://elsewhere.example/a", mime_type="application/pdf"),
    ],
)
async def test_a_provider_that_fetches_itself_is_given_the_address(part: Part) -> None:
    downloads = MemoryDownloads()
    assert await loaded(said(part), said(part), card=FETCHES, downloads=downloads) == [(part,)] * 2
    assert downloads.asked == []


async def test_what_nobody_else_can_fetch_is_loaded_all_the_same() -> None:
    url = "http://files.intranet:8080/a.png"
    downloads = MemoryDownloads({url: PNG}, ["files.intranet"])
    whole = ImagePart(data("image/png", PNG))
    found = await loaded(said(ImagePart(url), whole), card=FETCHES, downloads=downloads)
    assert found == [(whole, whole)]


@pytest.mark.parametrize("part", [ImagePart("http://10.0.0.1/a.png"), FilePart("http://nas/a.pdf")])
async def test_but_not_the_address_of_a_private_place(part: Part) -> None:
    [(note,), _] = await loaded(said(part), said(WHY), card=FETCHES)
    assert isinstance(note, TextPart)
    with pytest.raises(DownloadRefused):
        await asked(part, FETCHES)


async def test_what_only_the_provider_can_follow_is_left_to_it() -> None:
    card = structs.replace(READS, own_urls=("https://provider.example/files/",))
    part = FilePart("https://provider.example/files/1")
    assert await asked(part, card) == part
    assert isinstance(await asked(FilePart("https://provider.example/1"), card), TextPart)


async def test_a_video_is_for_models_that_watch() -> None:
    part = FilePart(data("video/mp4", b"....ftypisom"))
    watches = structs.replace(READS, can=frozenset({Capability.VIDEO_IN}))
    assert await asked(part, watches) == FilePart(part.url, None, "video/mp4")
    with pytest.raises(ModelCannot, match="watch"):
        await asked(part, READS)


async def test_a_file_that_may_not_be_a_pdf_is_loaded_first() -> None:
    found = await asked(FilePart(f"{HERE}/a.csv"), FETCHES)
    assert found == TextPart("[file a.csv]\na,b\n[end of file a.csv]")


@pytest.mark.parametrize(
    ("part", "note"),
    [
        (ImagePart(f"{HERE}/slow"), "[image not included: files.example could not be loaded: "
         "it took longer than 30 seconds]"),
        (ImagePart(f"{HERE}/gone"), "[image not included: files.example could not be loaded: "
         "its server answered 404]"),
        (FilePart(f"{HERE}/gone"), "[file not included: files.example could not be loaded: "
         "its server answered 404]"),
        (ImagePart(f"{HERE}/a.csv"), "[image not included: The picture could not be loaded: "
         "it is text/plain]"),
        (AudioPart(f"{HERE}/a.png"), "[audio recording not included: The recording could not be "
         "loaded: it is image/png]"),
    ],
)  # fmt: skip
async def test_what_could_not_be_loaded_leaves_a_note(part: Part, note: str) -> None:
    assert await asked(part, HEARS) == TextPart(note)
    assert await loaded(said(WHY, part), said(WHY), card=HEARS) == [(WHY, TextPart(note)), (WHY,)]


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (ImagePart("http://127.0.0.1/a.png"), DownloadRefused),
        (ImagePart("http://169.254.169.254/latest"), DownloadRefused),
        (FilePart("file:///etc/passwd"), DownloadRefused),
        (FilePart("/etc/passwd"), DownloadRefused),
        (AudioPart("ftp://files.example/a.mp3"), DownloadRefused),
        (ImagePart(f"{HERE}/refused"), DownloadRefused),
        (ImagePart(f"{HERE}/large"), DownloadTooLarge),
        (ImagePart("data:image/png;base64,!!!"), DownloadRefused),
        (FilePart(f"{HERE}/broken.pdf"), DocumentUnreadable),
        (FilePart(f"{HERE}/a.zip"), ModelCannot),
    ],
)
async def test_what_is_refused_ends_the_question_but_leaves_a_note_in_the_history(
    part: Part, kind: type[ParleyError]
) -> None:
    with pytest.raises(kind) as told:
        await asked(part)
    [(_, note), _] = await loaded(said(WHY, part), said(WHY))
    assert isinstance(note, TextPart)
    assert "not included" in note.text
    assert str(told.value) in note.text


async def test_a_refused_question_loads_nothing() -> None:
    downloads = MemoryDownloads(WEB)
    parts = (ImagePart(f"{HERE}/a.png"), ImagePart("http://10.0.0.1/"))
    with pytest.raises(DownloadRefused):
        await loaded(said(*parts), downloads=downloads)
    assert downloads.asked == []


async def test_the_question_is_loaded_first_then_the_newest_of_the_history() -> None:
    downloads = MemoryDownloads(WEB)
    urls = [f"{HERE}/{number}" for number in range(3)]
    await loaded(*(said(ImagePart(url)) for url in urls), downloads=downloads)
    assert downloads.asked == urls[::-1]


async def test_what_was_loaded_for_a_question_is_not_loaded_again_as_history() -> None:
    clock, downloads = ManualClock(), MemoryDownloads(WEB)
    load = loading(downloads, MemoryFiles(clock), clock)
    pdf, picture = said(FilePart(f"{HERE}/a%20plan.pdf?v=2")), said(ImagePart(f"{HERE}/a.png"))
    first = await load(ANNA, Prompt(SEES, (picture, pdf)))
    for _ in range(3):
        again = await load(ANNA, Prompt(SEES, (picture, pdf, said(WHY))))
        assert again.messages[:2] == first.messages
    assert len(downloads.asked) == 2
    await load(ANNA, Prompt(SEES, (picture, pdf)))
    assert len(downloads.asked) == 3, "what is asked now is looked at now"
    for user, card in ((BORIS, SEES), (ANNA, NO_GIFS)):
        await load(user, Prompt(card, (picture, said(WHY))))
    assert len(downloads.asked) == 5, "nobody's is anybody else's"
    await clock.advance(3600)
    await load(ANNA, Prompt(SEES, (picture, said(WHY))))
    assert len(downloads.asked) == 6


async def test_only_so_much_is_remembered_and_nothing_of_who_is_gone() -> None:
    clock = ManualClock()
    memory = PreparedAttachments(clock, most_bytes=11_000)
    what = [What(user, "sees", ImagePart(str(n)), "") for n, user in enumerate((ANNA, BORIS) * 2)]
    for each in what:
        memory.put(each, Prepared(WHY, 1200))
    assert [memory.get(each) is not None for each in what] == [False, True, True, True]
    memory.put(What(ANNA, "sees", WHY, ""), Prepared(WHY, 1_000_000))
    assert [memory.get(each) for each in what] == [None] * 4, "one that has no room leaves nothing"
    memory.put(what[0], Prepared(WHY, 10))
    memory.put(what[1], Prepared(WHY, 10))
    await memory.forget(Account(ANNA, "anna", "hash"))
    assert [memory.get(each) is not None for each in what[:2]] == [False, True]


async def test_only_what_users_sent_is_loaded() -> None:
    downloads = MemoryDownloads(WEB)
    made = (ImagePart(f"{HERE}/a.png"),)
    history = (said(*made, role="assistant"), said(*made, role="tool"))
    assert await loaded(*history, said(WHY), downloads=downloads) == [made, made, (WHY,)]
    assert downloads.asked == []


async def test_a_question_may_hold_so_many_and_the_rest_of_the_history_leaves_notes() -> None:
    picture = ImagePart(data("image/png", PNG))
    [(first, *others), _] = await loaded(said(*[picture] * MOST_IN_ALL), said(picture))
    assert (first, others[-1]) == (
        picture,
        TextPart("[image not included: more than 32 attachments are too many]"),
    )
    with pytest.raises(InvalidRequest, match="too many"):
        await loaded(said(*[picture] * (MOST_IN_ALL + 1)))


class Recorded(MemoryDownloads):
    """Notes how much it may fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.most: dict[str, int] = {}

    async def fetch(self, url: str, most_bytes: int = MOST_BYTES) -> Downloaded:
        self.most[url] = most_bytes
        return Downloaded(PNG, "image/png", is_text=False)


class Endless(MemoryDownloads):
    """Every address holds as much as may be fetched; answers wait for each other."""

    def __init__(self) -> None:
        super().__init__()
        self.running = self.most_running = 0

    async def fetch(self, url: str, most_bytes: int = MOST_BYTES) -> Downloaded:
        self.running += 1
        self.most_running = max(self.running, self.most_running)
        await asyncio.sleep(0)
        self.running -= 1
        return Downloaded(PNG.ljust(most_bytes, b"\0"), "image/png", is_text=False)


async def test_a_file_may_be_larger_than_a_picture() -> None:
    pdf = Recorded()
    await loaded(said(ImagePart(f"{HERE}/picture"), FilePart(f"{HERE}/file")), downloads=pdf)
    assert pdf.most == {f"{HERE}/picture": 20_000_000, f"{HERE}/file": 50_000_000}


async def test_so_many_bytes_are_taken_and_so_many_loaded_at_once() -> None:
    downloads = Endless()
    room = MOST_BYTES_IN_ALL // MOST_BYTES
    pictures = [said(ImagePart(f"{HERE}/{number}")) for number in range(AT_ONCE + 2)]
    found = await loaded(*pictures, downloads=downloads)
    assert sum(isinstance(part, ImagePart) for (part,) in found) == room
    assert [isinstance(part, ImagePart) for (part,) in found[-room:]] == [True] * room
    assert found[0] == (TextPart("[image not included: more than 50 MB of attachments are "
                                 "too much]"),)  # fmt: skip
    assert downloads.most_running == AT_ONCE
    with pytest.raises(InvalidRequest, match="50 MB"):
        await loaded(said(*(part for one in pictures for part in one.parts)), downloads=downloads)
