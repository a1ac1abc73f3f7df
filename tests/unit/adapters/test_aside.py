"""Large content is worked through beside the event loop, small content on the spot."""

import threading
from typing import Any

import pytest

from adapters.anthropic import attachments as anthropic
from adapters.anthropic.catalog import CARDS as CLAUDES
from adapters.anthropic.chat import AnthropicChatModel
from adapters.google import attachments as google
from adapters.google.catalog import CARDS as GEMINIS
from adapters.google.chat import GoogleChatModel
from adapters.transport.aside import AT_A_GLANCE, aside
from domain.errors import NotConfigured
from domain.turn.prompt import ImagePart, Message, Prompt

PICTURE = "data:image/png;base64,iVBORw0KGgo"
LARGE = PICTURE + "A" * (AT_A_GLANCE + 1)


@pytest.mark.parametrize(("size", "on_the_spot"), [(AT_A_GLANCE, True), (AT_A_GLANCE + 1, False)])
async def test_size_decides(size: int, on_the_spot: bool) -> None:
    worked_in = await aside(size, threading.get_ident)
    assert (worked_in == threading.get_ident()) is on_the_spot


@pytest.mark.parametrize("url", [PICTURE, LARGE], ids=["small", "large"])
@pytest.mark.parametrize(
    ("module", "model", "card"),
    [
        (anthropic, AnthropicChatModel(None), CLAUDES[0]),
        (google, GoogleChatModel(None), GEMINIS[0]),
    ],
    ids=["anthropic", "google"],
)
async def test_pictures_of_a_question(
    monkeypatch: pytest.MonkeyPatch, module: Any, model: Any, card: Any, url: str
) -> None:
    worked_in: list[int] = []
    read = module.read_data_url

    def reads(url: str) -> Any:
        worked_in.append(threading.get_ident())
        return read(url)

    monkeypatch.setattr(module, "read_data_url", reads)
    with pytest.raises(NotConfigured):
        await anext(model.stream(Prompt(card, (Message("user", (ImagePart(url),)),))))
    assert [place == threading.get_ident() for place in worked_in] == [url == PICTURE]
