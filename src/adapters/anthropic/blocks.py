"""Puts the content blocks of an answer together, as the next round has to hand them back."""

from collections.abc import Iterable, Mapping
from typing import Any

from adapters.transport.tool_arguments import read_arguments
from domain.turn.events import ToolCalled

PROVIDER = "anthropic"
_CALLS = ("tool_use", "server_tool_use")

Block = Mapping[str, Any]


class BlockDraft:
    """One block: how it began, and the pieces that came since, joined when asked for."""

    def __init__(self, start: Block) -> None:
        self._start = start
        self.text: list[str] = []
        self.thinking: list[str] = []
        self.arguments: list[str] = []
        self.citations: list[Mapping[str, Any]] = []
        self.signature: str | None = None

    def call(self) -> ToolCalled | None:
        """Return the tool call that the block is, or None for any other block."""
        kind = self._start.get("type")
        if kind not in _CALLS:
            return None
        return ToolCalled(
            str(self._start.get("id") or ""),
            str(self._start.get("name") or ""),
            self._input(),
            PROVIDER,
            run_by_provider=kind == "server_tool_use",
        )

    def whole(self) -> Block:
        """Return the block as Anthropic would have sent it in one piece."""
        block = dict(self._start)
        for field, pieces in (("text", self.text), ("thinking", self.thinking)):
            if pieces:
                block[field] = (block.get(field) or "") + "".join(pieces)
        if self.citations:
            block["citations"] = [*(block.get("citations") or ()), *self.citations]
        if self.signature is not None:
            block["signature"] = self.signature
        if block.get("type") in _CALLS:
            block["input"] = self._input()
        return block

    def _input(self) -> Mapping[str, Any]:
        if text := "".join(self.arguments):
            return read_arguments(text)
        given = self._start.get("input")
        return given if isinstance(given, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def handed_back(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Return the blocks as Anthropic accepts them back: unchanged, without what it would refuse.

    That is text without words, empty lists of citations, and thinking whose signature never came.
    """
    return tuple(_acceptable(block) for block in blocks if not _refused(block))


def _refused(block: Block) -> bool:
    match block.get("type"):
        case "text":
            return not str(block.get("text") or "").strip()
        case "thinking":
            return not block.get("signature")
        case _:
            return False


def _acceptable(block: Block) -> Block:
    if block.get("citations", True):
        return block
    return {key: block[key] for key in block if key != "citations"}
