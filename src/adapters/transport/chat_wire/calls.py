"""Puts tool calls together that come in fragments."""

from typing import Any
from uuid import uuid4

import msgspec
from msgspec import Struct

from adapters.transport.tool_arguments import read_arguments
from domain.turn.events import ToolCalled


class CallFunction(Struct, frozen=True):
    """The `function` of a call or of a fragment of one."""

    name: str | None = None
    arguments: Any = None
    """JSON as text; some servers write the object itself (TGI, github.com/langchain-ai/langchain,
    pull request 27523, 2024-10)."""


class WireCall(Struct, frozen=True):
    """An entry of `tool_calls`: a whole call, or a fragment of one."""

    index: int | None = None
    id: str | int | None = None
    function: CallFunction | None = None


class _Draft:
    def __init__(self, index: int | None, call_id: str) -> None:
        self.index = index
        self.id = call_id
        self.name = ""
        self.arguments: list[str] = []


class CallAssembly:
    """Feed it fragments in order; it tells calls apart by index, or by id where indexes lie."""

    def __init__(self, provider: str, *, awaited: bool = False) -> None:
        self._provider = provider
        self._awaited = awaited
        self._drafts: list[_Draft] = []

    def __bool__(self) -> bool:
        return bool(self._drafts)

    def add(self, fragment: WireCall) -> None:
        """Take in the next fragment."""
        draft = self._draft_of(fragment)
        function = fragment.function or CallFunction()
        draft.name = draft.name or function.name or ""
        if isinstance(function.arguments, str):
            draft.arguments.append(function.arguments)
        elif function.arguments is not None:
            draft.arguments.append(msgspec.json.encode(function.arguments).decode())

    def _draft_of(self, fragment: WireCall) -> _Draft:
        call_id = "" if fragment.id is None else str(fragment.id)
        if fragment.index is None:
            candidates = self._drafts[-1:]
        else:
            candidates = [draft for draft in self._drafts if draft.index == fragment.index][-1:]
        # Some servers number every parallel call 0; a new id then begins a new call.
        if candidates and (not call_id or not candidates[0].id or candidates[0].id == call_id):
            candidates[0].id = candidates[0].id or call_id
            return candidates[0]
        draft = _Draft(fragment.index, call_id)
        self._drafts.append(draft)
        return draft

    def completed(self) -> list[ToolCalled]:
        """Return the calls in the order the model made them.

        A call without id gets one that no other answer has: results are sorted by it long after.
        The very same call once more, as some servers send it, is left out.
        """
        calls: dict[tuple[str, str, str], ToolCalled] = {}
        for draft in self._drafts:
            arguments = "".join(draft.arguments)
            call = ToolCalled(
                draft.id or f"call_{uuid4().hex}",
                draft.name,
                read_arguments(arguments),
                self._provider,
                awaited=self._awaited,
            )
            calls.setdefault((draft.id, draft.name, arguments), call)
        return list(calls.values())
