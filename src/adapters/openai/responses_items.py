"""The output items of a Responses answer: calls, reasoning and cited pages."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.openai.responses_wire import WireAnnotation, WireSaid, read_action
from adapters.transport.given_media import given
from adapters.transport.tool_arguments import read_arguments
from domain.turn.events import MediaGiven, SourceCited, TextDelta, ToolCalled

PROVIDER = "openai"

# What the provider runs by itself: the name we show, and the fields that say what was done.
_OWN_TOOLS: dict[str, tuple[str, tuple[str, ...]]] = {
    "code_interpreter_call": ("code_interpreter", ("code",)),
    "file_search_call": ("file_search", ("queries",)),
    "image_generation_call": ("image_generation", ("revised_prompt",)),
    "mcp_call": ("mcp", ("name", "arguments")),
}

Item = Mapping[str, Any]


def own_tool_call(item: Item) -> ToolCalled | None:
    """Return the call of a tool that the provider ran itself, or None for any other item."""
    kind, item_id = item.get("type"), str(item.get("id") or "")
    arguments: dict[str, Any]
    if kind == "web_search_call":
        if item.get("status") not in (None, "completed"):
            return None
        name, arguments = "web_search", read_action(item)
    elif isinstance(kind, str) and kind in _OWN_TOOLS:
        name, fields = _OWN_TOOLS[kind]
        arguments = {field: item[field] for field in fields if item.get(field) is not None}
    else:
        return None
    return ToolCalled(item_id, name, arguments, PROVIDER, run_by_provider=True, item_id=item_id)


def drawn(item: Item) -> Iterator[MediaGiven | TextDelta]:
    """Yield the picture that the provider's own tool has made, or nothing for any other item."""
    text = item.get("result")
    if item.get("type") != "image_generation_call" or not isinstance(text, str) or not text:
        return
    media = given(text, f"image/{item.get('output_format') or 'png'}")
    yield media or TextDelta("\n\n[a picture, which cannot be shown here]\n\n")


def function_call(item: Item) -> ToolCalled | None:
    """Return the call of a function of ours that the item holds, or None for any other item."""
    if item.get("type") not in ("function_call", "custom_tool_call"):
        return None
    item_id = item.get("id")
    text = item.get("arguments") or item.get("input") or ""
    return ToolCalled(
        str(item.get("call_id") or item_id or ""),
        str(item.get("name") or ""),
        read_arguments(text if isinstance(text, str) else ""),
        PROVIDER,
        item_id=item_id if isinstance(item_id, str) else None,
    )


def cited_pages(said: WireSaid) -> Iterator[SourceCited]:
    """Yield the pages that the annotations of a message cite."""
    for piece in said.content or ():
        for annotation in piece.annotations or ():
            if (page := cited_page(annotation)) is not None:
                yield page


def cited_page(annotation: WireAnnotation) -> SourceCited | None:
    """Return the page an annotation cites, or None where it cites something else."""
    if annotation.type != "url_citation" or not annotation.url:
        return None
    return SourceCited(annotation.url, annotation.title or "")


def handed_back(items: list[Item]) -> tuple[Item, ...]:
    """Return the items that go back with the answer, in their order.

    With nothing stored, reasoning can be handed back in encrypted form only, and the provider
    refuses reasoning without the items that followed it. After a call the next round needs them
    all; else the next question needs the reasoning alone, for its words are in the history.
    """
    thoughts = [item for item in items if _is_encrypted(item)]
    if not any(function_call(item) for item in items):
        return tuple(thoughts)
    others = ("image_generation_call", "reasoning")
    return tuple(item for item in items if item in thoughts or item.get("type") not in others)


def _is_encrypted(item: Item) -> bool:
    return item.get("type") == "reasoning" and bool(item.get("encrypted_content"))
