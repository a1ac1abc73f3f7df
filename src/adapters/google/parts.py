"""Reads the parts of an answer in order, and keeps them for the next round."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, groupby
from typing import Any, cast

from msgspec import structs

from adapters.google.call_ids import CallIds
from adapters.google.catalog import PROVIDER
from adapters.google.looked_up import LookedUp
from adapters.google.partial_arguments import grow
from adapters.google.wire import Part, WireCall, read_call, read_media, read_tool_use
from adapters.transport.given_media import given
from domain.files.stored import UNKNOWN_KIND
from domain.turn.events import ModelEvent, TextDelta, ThinkingDelta, ToolCalled

CODE = "code_execution"
_SEARCHES = ("GOOGLE_SEARCH_WEB", "GOOGLE_SEARCH_IMAGE")
_FETCHES = "URL_CONTEXT"
_SIGNATURE = "thoughtSignature"


class PartsReader:
    """Feed it parts; a call is told once it is clear that it is whole, and whose it is.

    A call that Google answers itself (`functionResponse`) was one of its own.
    """

    def __init__(self, ids: CallIds, looked_up: LookedUp) -> None:
        self.called = False
        """Whether a call was told that is ours to run."""
        self._ids = ids
        self._looked_up = looked_up
        self._kept: list[Part] = []
        self._draft: _Draft | None = None
        self._waiting: list[ToolCalled] = []
        self._readers: dict[str, Callable[[Part], Iterable[ModelEvent]]] = {
            "executableCode": self._code,
            "toolCall": self._tool,
            "inlineData": self._media,
            "fileData": self._elsewhere,
        }

    def read(self, part: Part) -> Sequence[ModelEvent]:
        """Read the next part.

        Raises:
            DecodeError: it has a wrong shape.
            ProviderGarbled: a piece of a call has no place in it.
        """
        if "functionCall" in part:
            return self._call(part)
        self._kept.append(part)
        text = part.get("text")
        if isinstance(text, str):  # The token path.
            if not text:
                return ()
            said = ThinkingDelta(text) if part.get("thought") else TextDelta(text)
            return (*self.flush(), said) if self._waiting else (said,)
        if "functionResponse" in part:
            return self._answered(part["functionResponse"])
        for key, read in self._readers.items():
            if key in part:
                return (*self.flush(), *read(part))
        return ()  # Results of Google's own tools, and whatever is new.

    def flush(self) -> list[ModelEvent]:
        """Return the calls that nobody has answered: they are ours to run."""
        if self._draft is not None:
            self._close(self._draft)
        calls: list[ModelEvent] = [*self._waiting]
        self._waiting.clear()
        self.called = self.called or bool(calls)
        return calls

    def handed_back(self) -> tuple[Part, ...]:
        """Return the parts as Google wants them back: in order, signatures in their places.

        Plain text that came in pieces is joined; nothing is joined with what bears a signature
        (Google's "Thought signatures" page, 2026-11).
        """
        return tuple(
            _joined(part for part in self._kept if part.get("text") != "" or _SIGNATURE in part)
        )

    def _call(self, part: Part) -> Sequence[ModelEvent]:
        fragment = read_call(part)
        if self._draft is not None and fragment.name:
            self._close(self._draft)  # The end mark of the one before is optional.
        draft = self._draft = self._draft or _Draft()
        draft.add(fragment, part)
        if not fragment.will_continue:
            self._close(draft)
        return ()

    def _close(self, draft: "_Draft") -> None:
        self._draft = None
        call = ToolCalled(draft.id or self._ids.next(), draft.name, draft.arguments, PROVIDER)
        self._kept.append(draft.whole(call.id))
        self._waiting.append(call)

    def _answered(self, response: Any) -> Sequence[ModelEvent]:
        marks = cast("dict[str, Any]", response) if isinstance(response, dict) else {}
        for at, call in enumerate(self._waiting):
            if marks.get("id") == call.id or ("id" not in marks and marks.get("name") == call.name):
                del self._waiting[at]
                return (structs.replace(call, run_by_provider=True),)
        return ()

    def _code(self, part: Part) -> Iterator[ModelEvent]:
        run = read_tool_use(part, "executableCode")
        arguments = {"code": run.code, "language": run.language}
        yield self._own(run.id, CODE, arguments)

    def _tool(self, part: Part) -> Iterator[ModelEvent]:
        use = read_tool_use(part, "toolCall")
        arguments = use.args or {}
        if use.tool_type in _SEARCHES:
            yield from self._looked_up.searched(_texts(arguments.get("queries")))
        elif use.tool_type == _FETCHES:
            yield from self._looked_up.fetched(_texts(arguments.get("urls")))
        else:
            yield self._own(use.id, use.tool_type.lower(), arguments)

    def _own(self, call_id: str | None, name: str, arguments: dict[str, Any]) -> ToolCalled:
        call_id = call_id or self._ids.next()
        return ToolCalled(call_id, name, arguments, PROVIDER, run_by_provider=True)

    def _media(self, part: Part) -> Iterator[ModelEvent]:
        """Yield the picture, recording or clip itself, unless it was only tried out in thought."""
        if part.get("thought"):
            return
        media = read_media(part)
        found = given(media.data, media.mime_type or UNKNOWN_KIND)
        if found is None:
            yield from self._elsewhere(part)
        else:
            yield found

    def _elsewhere(self, part: Part) -> Iterator[ModelEvent]:
        """Yield words that stand for what is not here: only Google's key opens its places."""
        kind = read_media(part).mime_type or "a file"
        said = ThinkingDelta if part.get("thought") else TextDelta
        yield said(f"\n\n[{kind}, which cannot be shown here]\n\n")


class _Draft:
    """A call, and the fragments of it so far."""

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments: dict[str, Any] = {}
        self._beside: Part = {}

    def add(self, fragment: WireCall, part: Part) -> None:
        self.id = self.id or fragment.id or ""
        self.name = self.name or fragment.name or ""
        self.arguments.update(fragment.args or {})
        grow(self.arguments, fragment.partial_args or ())
        self._beside |= {key: part[key] for key in part if key != "functionCall"}

    def whole(self, call_id: str) -> Part:
        """Return the call in one piece, under an id by which its result will be known."""
        call = {"id": call_id, "name": self.name, "args": self.arguments}
        return {"functionCall": call} | self._beside


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        return []
    return [text for text in cast("list[Any]", value) if isinstance(text, str)]


def _joined(parts: Iterable[Part]) -> Iterator[Part]:
    others_apart = count()

    def kind(part: Part) -> object:
        if part.keys() - {"thought"} == {"text"} and isinstance(part["text"], str):
            return "thought" if part.get("thought") else "text"
        return next(others_apart)

    for _, group in groupby(parts, kind):
        first, *others = group
        if others:
            first = first | {"text": "".join(part["text"] for part in (first, *others))}
        yield first
