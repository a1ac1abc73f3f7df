"""A turn's events → the one answer of `POST /chat`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from domain.charts import Chart
from domain.turn.agent_events import LoopStatus
from domain.turn.events import (
    AnswerWritten,
    MediaKept,
    ModelChosen,
    PictureMade,
    StopReason,
    ToolCalled,
    ToolReturned,
    TurnEvent,
)
from domain.turn.transcript import Transcript
from entrypoints.web.wire.research_events import research_metadata


class Citation(Struct, frozen=True):
    """A page the answer rests on."""

    url: str
    title: str


class ToolResult(Struct, frozen=True):
    """What a tool of the server answered."""

    tool_name: str
    call_id: str
    success: bool
    result: Any
    error: str | None


class Metadata(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the answer came to its end, and what it cost in tokens, as the provider counts them."""

    finish_reason: StopReason
    usage: Mapping[str, Any] | None = None
    note: str | None = None
    tool_calls: tuple[Mapping[str, Any], ...] | None = None
    iterations: int | None = None
    """How often the model was asked, where it worked with tools of the server …"""
    status: LoopStatus | None = None
    """… how that ended …"""
    tool_results: tuple[ToolResult, ...] | None = None
    """… and what they answered, in order."""
    chart_data: tuple[Chart, ...] | None = None
    image_urls: tuple[str, ...] | None = None
    """Links to what was drawn in the answer."""
    file_urls: tuple[str, ...] | None = None
    is_clarification: bool | None = None
    """The answer is a JSON object with `questions` to the user."""
    research_metadata: Mapping[str, Any] | None = None
    """What the answer rests on, where it was researched."""


class ChatAnswer(Struct, frozen=True, kw_only=True):
    """The answer; `model` is the provider's own name for who gave it."""

    text: str
    model: str
    provider: str
    reasoning: str | None
    citations: tuple[Citation, ...] | None
    session_id: str | None
    metadata: Metadata
    tool_calls: tuple[Mapping[str, Any], ...] | None
    requires_tool_action: bool | None


class AnswerFold:
    """Takes in the events of a turn in order."""

    def __init__(self, renewed: Callable[[str], str] = str) -> None:
        """Begin; `renewed` makes a link of the address of a kept file."""
        self._renewed = renewed
        self._said = Transcript()
        self._chosen = ModelChosen("", "")
        self._written: AnswerWritten | None = None
        self._returned: set[str] = set()
        self._results: list[ToolReturned] = []

    def add(self, event: TurnEvent) -> None:
        """Take in the next event."""
        match event:
            case ModelChosen():
                self._chosen = event
            case AnswerWritten():
                self._written = event
            case ToolReturned():
                self._returned.add(event.id)
                self._results.append(event)
            case _:
                self._said.add([event])

    def answer(self, session: str | None) -> ChatAnswer:
        """Return the answer, echoing the client's session."""
        written = self._written or AnswerWritten(self._said.text)
        agent = written.agent
        waiting = tuple(
            tool_call(call, requires_action=True)
            for call in self._said.calls
            if not call.run_by_provider and call.id not in self._returned
        )
        return ChatAnswer(
            text=written.text,
            model=self._chosen.model,
            provider=self._chosen.provider,
            reasoning=self._said.thinking or None,
            citations=self._citations(written) or None,
            session_id=session,
            metadata=Metadata(
                finish_reason=written.stop,
                usage=written.metering.told() if written.metering else None,
                note=written.note,
                tool_calls=waiting or None,
                iterations=agent and agent.rounds,
                status=agent and agent.status,
                tool_results=None if agent is None else tuple(map(_result, self._results)),
                chart_data=tuple(self._said.charts) or None,
                image_urls=self._links(self._said.pictures),
                file_urls=self._links(self._said.media),
                is_clarification=written.asks_back or None,
                research_metadata=written.research
                and research_metadata(written.research, written.text),
            ),
            tool_calls=waiting or None,
            requires_tool_action=True if waiting else None,
        )

    def _links(self, kept: Iterable[PictureMade | MediaKept]) -> tuple[str, ...] | None:
        return tuple(self._renewed(each.url) for each in kept) or None

    def _citations(self, written: AnswerWritten) -> tuple[Citation, ...]:
        pages = self._said.sources if written.research is None else written.research.sources
        return tuple(Citation(page.url, page.title) for page in pages)


def _result(returned: ToolReturned) -> ToolResult:
    return ToolResult(
        returned.name,
        returned.id,
        not returned.failed,
        None if returned.failed else returned.result,
        returned.error,
    )


def tool_call(call: ToolCalled, *, requires_action: bool) -> dict[str, Any]:
    """Return the contract's payload of a tool call: name and input are there under two keys."""
    payload: dict[str, Any] = {
        "name": call.name,
        "toolName": call.name,
        "input": call.arguments,
        "toolInput": call.arguments,
        "id": call.id,
        "callId": call.id,
        "provider": call.provider,
        "requires_action": requires_action,
    }
    return payload if call.item_id is None else payload | {"itemId": call.item_id}
