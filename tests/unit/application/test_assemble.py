"""What a model is asked."""

from typing import Any

import pytest

from adapters.memory.chat_model import ScriptedChatModel
from adapters.memory.clock import ManualClock
from adapters.memory.downloads import MemoryDownloads
from adapters.memory.files import MemoryFiles
from adapters.memory.pdf_text import MemoryPdfText
from application.agent.choose import Choice
from application.chat.answer_states import AnswerStates
from application.chat.assemble import Assemble, assemble
from application.chat.attachments import LoadAttachments
from application.chat.characters import Characters
from application.chat.documents import FitContent
from application.chat.prepared import PreparedAttachments
from application.files.sources import AttachmentSources
from domain.catalog.card import Capability, ModelCard
from domain.catalog.catalog import Catalog
from domain.errors import InvalidRequest
from domain.turn.ask import Ask
from domain.turn.prompt import (
    AudioPart,
    CallMade,
    FilePart,
    ImagePart,
    Message,
    Part,
    Prompt,
    Role,
    TextPart,
)
from domain.turn.settings import TurnSettings
from tests.unit.rig import ANNA
from tests.unit.stenographer import Stenographer

IMAGE, FILE, SOUND = (
    ImagePart("https://a.example/1"),
    FilePart("https://a.example/2"),
    AudioPart("https://a.example/3"),
)
NO_IMAGE = TextPart("[image not included]")


def assembled(
    *history: Message,
    question: tuple[Part, ...] = (TextPart("Why?"),),
    can: frozenset[Capability] = frozenset(Capability),
    kept: int = 2,
    **settings: Any,
) -> Prompt:
    card = ModelCard("swift", "acme", "swift-2", can=can, attachments_kept=kept, efforts=("low",))
    choice = Choice(card, ScriptedChatModel(), 0.5, 100, "low")
    ask = Ask(user=ANNA, question=question, history=history, settings=TurnSettings(**settings))
    return assemble(ask, choice, Characters({"bugsy": "Find bugs."}))


def said(*parts: Part, role: Role = "user") -> Message:
    return Message(role, parts)


def test_the_choice_and_the_question_make_the_prompt() -> None:
    prompt = assembled(said(TextPart("Hi")), character="bugsy", tools={"functions": []})
    assert prompt.messages == (said(TextPart("Hi")), said(TextPart("Why?")))
    assert (prompt.temperature, prompt.max_tokens, prompt.effort) == (0.5, 100, "low")
    assert (prompt.system, prompt.native_tools) == ("Find bugs.", {"functions": []})


def test_assistant_messages_without_content_are_dropped() -> None:
    call = Message("assistant", (), (CallMade("1", "f", "{}"),))
    answer = Message("tool", (TextPart("{}"),), (), "1")
    prompt = assembled(said(role="assistant"), call, answer)
    assert prompt.messages[:-1] == (call, answer)


def test_only_the_newest_attachments_are_kept() -> None:
    history = [said(TextPart(str(n)), IMAGE) for n in range(4)]
    texts = assembled(*history, kept=2).messages[:-1]
    assert [IMAGE in message.parts for message in texts] == [False, False, True, True]
    assert texts[0].parts == (TextPart("0"), NO_IMAGE)


@pytest.mark.parametrize(("limit", "kept"), [(None, 2), (0, 0), (1, 1), (9, 2)])
def test_the_user_may_say_how_many_fewer(limit: int | None, kept: int) -> None:
    history = [said(IMAGE) for _ in range(4)]
    prompt = assembled(*history, kept=2, attachments_kept=limit)
    assert sum(IMAGE in message.parts for message in prompt.messages) == kept


def test_messages_without_attachments_do_not_count() -> None:
    prompt = assembled(said(IMAGE), said(TextPart("x")), said(TextPart("y")), kept=1)
    assert IMAGE in prompt.messages[0].parts


def test_what_the_model_cannot_take_becomes_a_note() -> None:
    prompt = assembled(
        said(IMAGE, FILE), question=(TextPart("Listen"), SOUND), can=frozenset(), kept=0
    )
    assert prompt.messages == (
        said(NO_IMAGE, TextPart("[file not included]")),
        said(TextPart("Listen"), SOUND),
    )


def test_files_stay_for_whoever_can_read_no_more_than_words() -> None:
    prompt = assembled(said(FILE), question=(FILE,), can=frozenset())
    assert prompt.messages == (said(FILE), said(FILE))


def test_the_attachments_of_the_question_always_stay() -> None:
    assert assembled(question=(IMAGE,), kept=0).messages == (said(IMAGE),)


async def test_what_is_left_out_is_not_loaded() -> None:
    downloads = MemoryDownloads({IMAGE.url: b"\x89PNG\r\n\x1a\n", SOUND.url: b"ID3\x03"})
    fit = FitContent(MemoryPdfText(), Catalog([]))
    clock = ManualClock()
    sources = AttachmentSources(downloads, MemoryFiles(clock))
    attached = LoadAttachments(sources, fit, Stenographer(), PreparedAttachments(clock))
    load = Assemble(Characters(), attached, AnswerStates())
    card = ModelCard("swift", "acme", "swift-2", can=frozenset({Capability.IMAGES_IN}))
    history = (said(ImagePart("https://a.example/old")), said(IMAGE), said(SOUND))
    ask = Ask(
        user=ANNA, question=(IMAGE,), history=history, settings=TurnSettings(attachments_kept=1)
    )
    prompt = await load(ask, Choice(card, ScriptedChatModel(), None, 100, None))
    picture = ImagePart("data:image/png;base64,iVBORw0KGgo=")
    assert [message.parts for message in prompt.messages] == [
        (NO_IMAGE,), (NO_IMAGE,), (TextPart("words"),), (picture,),
    ]  # fmt: skip
    assert set(downloads.asked) == {IMAGE.url, SOUND.url}


def test_nothing_asked() -> None:
    with pytest.raises(InvalidRequest, match="Prompt cannot be empty"):
        assembled(said(TextPart("Hi")), question=())


def test_a_result_of_the_clients_tool_is_enough_to_go_on_with() -> None:
    result = Message("tool", (TextPart("open"),), answers_call="c1")
    assert assembled(result, question=()).messages == (result,)
