"""How a user wants to be answered."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from domain.media_wishes import ImageWish
from domain.speech.orders import VoiceWish

DEFAULT_MODEL = "gpt-4o-mini"


class PictureWanted(Struct, frozen=True):
    """A picture of the answer."""

    wish: ImageWish
    """Its prompt is the answer, which is not there yet."""
    mode: str = "default"
    """The contract's `image_mode`."""


class ResearchSettings(Struct, frozen=True):
    """How a question is to be researched."""

    primary: str = ""
    """The model that plans and writes, as the user named it; empty: the request names none."""
    effort_index: int = 1
    """0, 1 or 2: how much effort the search may take."""
    plan_temperature: float = 0.2
    plan_tokens: int = 800
    report_temperature: float = 0.2
    report_tokens: int = 2048


class TurnSettings(Struct, frozen=True):
    """The choices that come with a question; None leaves one to the model's card."""

    model: str = DEFAULT_MODEL
    """As the user named it: a card's id, an alias or a provider's own name."""
    temperature: float | None = None
    max_tokens: int | None = None
    reasoning: bool = False
    effort_index: int = 1
    """0, 1 or 2: how much effort reasoning may take."""
    character: str = "assistant"
    as_agent: bool = False
    agent_profile: str | None = None
    """Which tools of ours the model may use; None: none, and an ordinary turn."""
    tools: Mapping[str, Any] = {}
    attachments_kept: int | None = None
    streams: bool = True
    """The answer is told as it is written; else in one piece."""
    speech_wanted: bool = False
    image_model: str | None = None
    """Who draws by the user's wish, where a tool is asked to and the model names nobody."""
    picture: PictureWanted | None = None
    """A picture is to be made from the answer."""
    voice: VoiceWish | None = None
    """Who is to speak; None: nobody can, as it was asked for."""
    keeps_sound: bool = True
    """What is spoken is stored; else it is given as a data URL."""
    tries_voice: bool = False
    """A made-up voice speaks in the place of whoever else would: a client is being tried out."""
    research: ResearchSettings | None = None
    """None: an ordinary turn."""
    fallbacks: tuple[str, ...] | None = None
    """Models to ask in order should the chosen one fail; None leaves that to the operator."""
