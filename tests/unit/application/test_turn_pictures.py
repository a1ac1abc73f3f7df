"""Pictures in an answer, and pictures of one."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import stamina

from adapters.memory.clock import settle
from adapters.memory.media_makers import ImageStep
from domain.conversation.conversation import MessageDraft
from domain.files.keys import fresh_key, key_in
from domain.media import ImagesMade, Picture
from domain.media_wishes import ImageWish
from domain.provider_errors import ContentRefused, ProviderUnavailable
from domain.storage_errors import FilesUnavailable
from domain.turn.ask import Ask, Record
from domain.turn.events import (
    AnswerWritten,
    MediaGiven,
    MediaKept,
    PictureBegun,
    PictureFailed,
    PictureMade,
    TextDelta,
    TurnCancelled,
    TurnCompleted,
)
from domain.turn.prompt import FilePart, ImagePart, Part, TextPart
from domain.turn.settings import PictureWanted, TurnSettings
from tests.simulators.studio import PNG
from tests.unit.rig import ANNA, BORIS, KEPT, Rig, question, said

MADE = ImagesMade((Picture(PNG, "image/png"),))
GIVEN = MediaGiven(PNG, "image/png")


def illustrated(*parts: Part, wish: ImageWish | None = None, record: Record = KEPT) -> Ask:
    """Return a question whose answer is to be drawn."""
    wanted = PictureWanted(wish or ImageWish(prompt=""), "comic")
    settings = TurnSettings(model="swift", picture=wanted)
    return Ask(
        user=ANNA, question=(TextPart("Draw a cat"), *parts), settings=settings, record=record
    )


async def events(rig: Rig, ask: Ask) -> list[Any]:
    turn = await rig.start(ask)
    return [entry.event for entry in await rig.heard(turn)]


async def test_the_answer_is_drawn_after_it_is_written_and_before_the_end() -> None:
    async with Rig(said("A ", "cat."), drawn=[MADE]) as rig:
        found = await events(rig, illustrated())
    written, begun, made, ending = found[-4:]
    assert isinstance(written, AnswerWritten)
    assert begun == PictureBegun()
    assert isinstance(made, PictureMade)
    assert made.model == "brush-1"
    assert made.settings == {
        "width": 1024,
        "height": 1024,
        "quality": "medium",
        "prompt": "A cat.",
    }
    assert made.request == {"prompt": "A cat.", "input_image_url": None, "image_mode": "comic"}
    assert isinstance(ending, TurnCompleted)


async def test_the_picture_is_stored_with_the_answer() -> None:
    answer = MessageDraft(image_locations=(), api_image_gen_settings={"model": "asked for"})
    async with Rig(said("A cat."), drawn=[MADE]) as rig:
        turn = await rig.start(illustrated(record=Record(answer=answer)))
        [made] = [e.event for e in await rig.heard(turn) if isinstance(e.event, PictureMade)]
        _, row = await rig.rows(turn)
        assert row.image_locations == (made.url,)
        assert row.api_image_gen_settings == made.settings
        assert row.image_generation_request == made.request
        key = key_in(made.url)
        assert key is not None
        assert (await rig.files.about(ANNA, key)).name == "image.png"


async def test_a_checkpoint_before_the_picture_does_not_lose_it() -> None:
    held = asyncio.Event()
    async with Rig(said("A cat."), drawn=[held, MADE]) as rig:
        turn = await rig.start(illustrated())
        await rig.clock.advance(2)
        [_, row] = await rig.rows(turn)
        assert (row.message, row.image_locations) == ("A cat.", ())
        held.set()
        await rig.ending(turn)
        [_, row] = await rig.rows(turn)
        assert len(row.image_locations) == 1
        assert row.image_generation_request["image_mode"] == "comic"


async def test_the_last_picture_of_the_question_is_what_it_is_made_from() -> None:
    urls = ("data:image/png;base64,aGk=", "https://a.example/photo")
    async with Rig(said("A cat."), drawn=[MADE]) as rig:
        rig.downloads.pages["https://a.example/photo"] = PNG
        parts = (ImagePart(urls[0]), ImagePart(urls[1]), FilePart("https://a.example/b.png"))
        [made] = [e for e in await events(rig, illustrated(*parts)) if isinstance(e, PictureMade)]
    assert rig.image_maker.orders[0].inputs == (Picture(PNG, "image/png"),)
    assert made.request["input_image_url"] == urls[1]


async def test_a_file_that_is_a_picture_will_do_and_a_document_will_not() -> None:
    async with Rig(said("A cat."), said("A dog."), drawn=[MADE, MADE]) as rig:
        key = fresh_key(ANNA, "mine.png", rig.now().date(), "0" * 32)
        await rig.files.put(key, _chunks(), 1000)
        await events(rig, illustrated(FilePart(f"https://parley.example/files/{key}")))
        await events(rig, illustrated(FilePart("data:text/plain,hello", mime_type="text/plain")))
    assert [len(order.inputs) for order in rig.image_maker.orders] == [1, 0]


async def test_several_pictures_are_several_events() -> None:
    wish = ImageWish(prompt="", count=2)
    async with Rig(said("A cat."), drawn=[MADE, MADE]) as rig:
        turn = await rig.start(illustrated(wish=wish))
        found = [e.event for e in await rig.heard(turn)]
        assert len({e.url for e in found if isinstance(e, PictureMade)}) == 2
        _, row = await rig.rows(turn)
        assert len(row.image_locations) == 2


async def failed_with(*drawn: ImageStep, away: bool = False, wish: ImageWish | None = None) -> Any:
    async with Rig(said("A cat."), drawn=drawn) as rig:
        rig.files.away = away
        turn = await rig.start(illustrated(wish=wish))
        *_, written, begun, failed, ending = [e.event for e in await rig.heard(turn)]
        assert (type(written), type(begun)) == (AnswerWritten, PictureBegun)
        assert isinstance(failed, PictureFailed)
        assert isinstance(ending, TurnCompleted), "the text answer stands"
        _, row = await rig.rows(turn)
        assert (row.message, row.image_locations) == ("A cat.", ())
        return failed


async def test_a_picture_that_fails_leaves_the_answer_as_it_is() -> None:
    refused = await failed_with(ContentRefused("acme", "acme refused the content"))
    assert (refused.code, refused.provider) == (ContentRefused.code, "acme")
    assert (await failed_with(MADE, away=True)).code == FilesUnavailable.code
    unknown = await failed_with(wish=ImageWish(prompt="", model="brusk"))
    assert unknown.code == "unknown_media_model"
    assert "brush" in unknown.message


async def test_an_answer_without_words_is_not_drawn() -> None:
    async with Rig([GIVEN]) as rig:
        found = await events(rig, illustrated())
    assert not any(isinstance(event, PictureBegun) for event in found)


async def test_cancelling_stops_the_drawing() -> None:
    async with Rig(said("A cat."), drawn=[asyncio.Event()]) as rig:
        turn = await rig.start(illustrated())
        assert rig.image_maker.waiting.is_set()
        await rig.turns.cancel(ANNA, turn)
        await settle()
        ending = await rig.ending(turn)
        assert isinstance(ending, TurnCancelled)
        _, row = await rig.rows(turn)
        assert row.message == "A cat."


async def test_what_a_model_draws_in_its_answer_is_kept_in_its_place() -> None:
    sound = MediaGiven(b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav")
    steps = [TextDelta("Here:"), GIVEN, TextDelta("And:"), sound, TextDelta("Done.")]
    async with Rig(steps) as rig:
        turn = await rig.start(question())
        found = [e.event for e in await rig.heard(turn)]
        shown = [e for e in found if isinstance(e, TextDelta | PictureMade | MediaKept)]
        kinds = [TextDelta, PictureMade, TextDelta, MediaKept, TextDelta]
        assert [type(event) for event in shown] == kinds
        [picture] = [e for e in shown if isinstance(e, PictureMade)]
        [recording] = [e for e in shown if isinstance(e, MediaKept)]
        assert picture.model == "swift-2-latest"
        _, row = await rig.rows(turn)
        assert row.message == "Here:And:Done."
        assert row.image_locations == (picture.url,)
        assert row.file_locations == (recording.url,)
        key = key_in(picture.url)
        assert key is not None
        assert b"".join([piece async for piece in rig.files.read(ANNA, key)]) == PNG
        assert (await rig.files.page(BORIS)).files == ()


async def test_what_cannot_be_kept_is_told_and_the_words_go_on() -> None:
    async with Rig([TextDelta("Here:"), GIVEN, TextDelta("Done.")]) as rig:
        rig.files.away = True
        turn = await rig.start(question())
        found = [e.event for e in await rig.heard(turn)]
        assert [e.code for e in found if isinstance(e, PictureFailed)] == [FilesUnavailable.code]
        assert isinstance(found[-1], TurnCompleted)
        _, row = await rig.rows(turn)
        assert row.message == "Here:Done."


async def test_an_answer_that_is_only_a_picture_is_stored() -> None:
    async with Rig([GIVEN]) as rig:
        turn = await rig.start(question())
        assert isinstance(await rig.ending(turn), TurnCompleted)
        _, row = await rig.rows(turn)
        assert len(row.image_locations) == 1


async def test_a_provider_that_has_not_begun_is_asked_again() -> None:
    with stamina.set_testing(True, attempts=3):
        async with Rig(said("A cat."), drawn=[ProviderUnavailable("acme", "no"), MADE]) as rig:
            found = await events(rig, illustrated())
    assert any(isinstance(event, PictureMade) for event in found)
    assert len(rig.image_maker.orders) == 2


async def _chunks() -> AsyncGenerator[bytes, None]:
    yield PNG
