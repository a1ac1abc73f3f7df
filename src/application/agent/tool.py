"""What a tool is: a file of its own under `tools/`, and a line in the wiring."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from msgspec import Struct

from application.agent.places import KnownPlaces
from domain.catalog.card import ModelCard
from domain.ids import ConversationId, TurnId, UserId
from domain.tools import ToolSpec
from domain.turn.agent_events import (
    ChartBegun,
    ChartFailed,
    ChartMade,
    SpentBeside,
    ToolProgressed,
)
from domain.turn.events import MediaKept, PictureMade
from domain.turn.prompt import AudioPart, FilePart, ImagePart, Prompt
from domain.turn.settings import TurnSettings

Attachment = ImagePart | FilePart | AudioPart
SideEvent = (
    ChartBegun | ChartMade | ChartFailed | PictureMade | MediaKept | SpentBeside | ToolProgressed
)
"""What a tool may say beside its result."""


class ToolContext(Struct, frozen=True, kw_only=True):
    """All that a tool may touch of the turn in which it is called."""

    turn: TurnId
    user: UserId
    """Whose data it may read; nothing that the model says can change that."""
    conversation: ConversationId | None
    settings: TurnSettings
    card: ModelCard
    """Who calls it."""
    files: tuple[Attachment, ...]
    """What the user has attached, the newest last."""
    places: KnownPlaces
    """The addresses that have come up in this turn."""
    hold: Callable[[Prompt], Awaitable[None]]
    """Sets money aside before another model is asked; raises `SpendingCapReached`."""
    tell: Callable[[SideEvent], None]
    """Says something to the readers of the turn (or to its bill), between call and result."""
    call: str = ""
    """Which of the model's calls it is."""


class Tool(Protocol):
    """Something a model may ask to have done."""

    spec: ToolSpec
    """What the model is told about it."""
    takes: type[Struct] | None
    """What its arguments are decoded to; None: an object as the schema has it."""

    def needs_approval(self, arguments: Any, context: ToolContext) -> bool:
        """Return whether the user is asked before this very call."""
        return self.spec.acts

    async def __call__(self, arguments: Any, context: ToolContext) -> Mapping[str, Any]:
        """Do it; the result must be something JSON can hold. Cancelling stops it.

        Raises:
            ParleyError: it could not be done; the model is told why.
        """
        ...
