"""OpenAI's Responses wire → events: streamed and whole answers (contract: text-providers §7)."""

from collections.abc import Callable, Iterable, Iterator

from adapters.openai.responses_items import (
    PROVIDER,
    Item,
    cited_page,
    cited_pages,
    drawn,
    function_call,
    handed_back,
    own_tool_call,
)
from adapters.openai.responses_wire import (
    Incomplete,
    WireEvent,
    WireResponse,
    WireSaid,
    decode_annotation,
    decode_event,
    decode_item,
    decode_response,
    read_said,
)
from adapters.transport.not_json import NOT_JSON
from adapters.transport.status_errors import said
from adapters.transport.wire_reader import WireReader
from domain.provider_errors import ProviderBrokeOff, ProviderGarbled
from domain.turn.events import (
    ModelEvent,
    ModelStopped,
    SourceCited,
    StopReason,
    TextDelta,
    ThinkingDelta,
)

_CUT_SHORT: dict[str, StopReason] = {
    "max_output_tokens": "length",
    "content_filter": "content_filter",
}


class ResponsesReader(WireReader):
    """Reads one answer. Items are known by their item id, which every event of an item carries."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._called: set[str] = set()
        self._opened: dict[str, Item] = {}
        self._arguments: dict[str, list[str]] = {}
        self._cited: set[str] = set()
        self._wrote: set[str] = set()
        self._thought: set[str] = set()
        self._thinking_begun = False
        self._refused = False
        self._begun = False
        self._ended = False
        self._readers: dict[str, Callable[[WireEvent], Iterable[ModelEvent]]] = {
            "response.text.delta": self._text,
            "response.delta": self._text,
            "response.refusal.delta": self._refusal,
            "response.reasoning_summary_text.delta": self._thinking,
            "response.reasoning_summary.delta": self._thinking,
            "response.reasoning_text.delta": self._thinking,
            "response.reasoning_summary_part.added": self._thinking_part,
            "response.reasoning_summary_text.done": self._thinking_done,
            "response.output_item.added": self._item_added,
            "response.output_item.done": self._item_done,
            "response.function_call_arguments.delta": self._arguments_grow,
            "response.function_call_arguments.done": self._arguments_done,
            "response.custom_tool_call_input.delta": self._arguments_grow,
            "response.custom_tool_call_input.done": self._arguments_done,
            "response.output_text.annotation.added": self._cite,
            "response.completed": self._completed,
            "response.incomplete": self._completed,
            "response.failed": self._failed,
            "response.error": self._failed,
            "error": self._failed,
        }

    @property
    def ended(self) -> bool:
        """Whether the answer was declared completed or incomplete."""
        return self._ended

    def feed(self, payload: bytes) -> Iterable[ModelEvent]:
        """Read the next payload."""
        if self._ended:
            return ()
        try:
            wire = decode_event(payload)
            self._begun = True
            # The token path.
            if wire.type == "response.output_text.delta":
                return self._text(wire)
            read = self._readers.get(wire.type)
            if read is not None:
                return [*read(wire)]  # Now: what is read later would not be caught here.
        except NOT_JSON as garbage:
            if payload.strip() == b"[DONE]":  # Sent by servers that imitate this wire.
                return ()
            raise _garbled() from garbage
        if wire.error and not wire.type:
            raise said(PROVIDER, wire.error)
        return ()

    def whole(self, body: bytes) -> Iterable[ModelEvent]:
        """Read an answer that came as one JSON body."""
        try:
            response = decode_response(body)
            if response.output is None and not response.error:
                raise _garbled()
            return [*self._end(response)]
        except NOT_JSON as garbage:
            raise _garbled() from garbage

    def finish(self) -> Iterable[ModelEvent]:
        """Read the end of the stream: without the end mark it has broken off."""
        if self._ended:
            return ()
        how = "in mid-answer" if self._begun else "without a word"
        raise ProviderBrokeOff(PROVIDER, f"{PROVIDER} broke off {how}")

    def _text(self, wire: WireEvent) -> Iterable[ModelEvent]:
        self._wrote.add(wire.item_id)
        return (TextDelta(wire.delta),) if isinstance(wire.delta, str) and wire.delta else ()

    def _refusal(self, wire: WireEvent) -> Iterable[ModelEvent]:
        self._refused = True
        return self._text(wire)

    def _thinking(self, wire: WireEvent) -> Iterable[ModelEvent]:
        self._thought.add(wire.item_id)
        return self._think(wire.delta) if isinstance(wire.delta, str) else ()

    def _thinking_part(self, _: WireEvent) -> Iterable[ModelEvent]:
        # The summary's paragraphs come as parts, without anything between them.
        return (ThinkingDelta("\n\n"),) if self._thinking_begun else ()

    def _thinking_done(self, wire: WireEvent) -> Iterable[ModelEvent]:
        if wire.item_id in self._thought or not wire.text:
            return ()
        return self._think(wire.text)

    def _think(self, text: str) -> Iterable[ModelEvent]:
        self._thinking_begun = self._thinking_begun or bool(text)
        return (ThinkingDelta(text),) if text else ()

    def _item_added(self, wire: WireEvent) -> Iterable[ModelEvent]:
        item = decode_item(wire.item)
        item_id = str(item.get("id") or "")
        self._opened[item_id] = item
        if item.get("type") != "reasoning":
            return ()
        thoughts = tuple(self._reasoning(item))
        if thoughts:
            self._thought.add(item_id)
        return thoughts

    def _arguments_grow(self, wire: WireEvent) -> Iterable[ModelEvent]:
        if isinstance(wire.delta, str):
            self._arguments.setdefault(wire.item_id, []).append(wire.delta)
        return ()

    def _arguments_done(self, wire: WireEvent) -> Iterable[ModelEvent]:
        opened = self._opened.get(wire.item_id)
        if opened is None:
            return ()  # The whole item follows.
        grown = "".join(self._arguments.pop(wire.item_id, ()))
        text = wire.input if wire.arguments is None else wire.arguments
        return self._call({**opened, "arguments": grown if text is None else text})

    def _item_done(self, wire: WireEvent) -> Iterable[ModelEvent]:
        return self._item(decode_item(wire.item))

    def _cite(self, wire: WireEvent) -> Iterable[ModelEvent]:
        page = cited_page(decode_annotation(wire.annotation))
        return () if page is None else self._new(page)

    def _completed(self, wire: WireEvent) -> Iterable[ModelEvent]:
        return self._end(decode_response(wire.response))

    def _failed(self, wire: WireEvent) -> Iterable[ModelEvent]:
        error: object = wire.error
        if wire.response:
            error = decode_response(wire.response).error or error
        raise said(PROVIDER, error or {"code": wire.code, "message": wire.message})

    def _item(self, item: Item) -> Iterator[ModelEvent]:
        """Yield what a finished item says that no event before it has said."""
        self._items.append(item)
        item_id = str(item.get("id") or "")
        if item.get("type") == "message":
            said_here = read_said(item)
            if item_id not in self._wrote:
                yield from self._message(said_here)
            for page in cited_pages(said_here):
                yield from self._new(page)
        elif item.get("type") == "reasoning":
            if item_id not in self._thought:
                yield from self._reasoning(item)
        elif (run := own_tool_call(item)) is not None:
            yield run
            yield from drawn(item)
        else:
            yield from self._call(item)

    def _message(self, message: WireSaid) -> Iterator[ModelEvent]:
        for piece in message.content or ():
            if text := piece.text or piece.refusal:
                self._refused = self._refused or piece.type == "refusal"
                yield TextDelta(text)

    def _reasoning(self, item: Item) -> Iterator[ModelEvent]:
        thoughts = read_said(item)
        pieces = [*(thoughts.summary or ()), *(thoughts.content or ())]
        if text := "\n\n".join(piece.text for piece in pieces if piece.text):
            yield from self._think(text)

    def _call(self, item: Item) -> Iterator[ModelEvent]:
        call = function_call(item)
        if call is not None and call.id not in self._called:
            self._called.add(call.id)
            yield call

    def _new(self, page: SourceCited) -> Iterator[ModelEvent]:
        if page.url not in self._cited:
            self._cited.add(page.url)
            yield page

    def _end(self, response: WireResponse) -> Iterator[ModelEvent]:
        if response.error or response.status == "failed":
            raise said(PROVIDER, response.error or {"message": "the answer failed"})
        if response.status == "cancelled":
            raise ProviderBrokeOff(PROVIDER, f"{PROVIDER} cancelled the answer")
        if not self._items:
            for item in response.output or ():
                yield from self._item(item)
        self._ended = True
        reason, note = self._reason(response)
        usage = response.usage.counted() if response.usage else None
        yield ModelStopped(reason, usage, note, handed_back(self._items))

    def _reason(self, response: WireResponse) -> tuple[StopReason, str | None]:
        if response.status == "incomplete":
            why = (response.incomplete_details or Incomplete()).reason or "incomplete"
            return _CUT_SHORT.get(why, "length"), why
        if self._refused:
            return "refusal", None
        return ("tool_calls" if self._called else "stop"), None


def _garbled() -> ProviderGarbled:
    return ProviderGarbled(PROVIDER, f"{PROVIDER} sent something that is not its protocol")
