"""The tools of a question, in Google's shape (contract: text-providers §6)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from adapters.transport.function_tools import as_function
from domain.catalog.card import Capability
from domain.errors import InvalidRequest
from domain.given_tools import given_functions, given_tools
from domain.turn.prompt import Prompt

Tool = dict[str, Any]

_CODE_TAKES = ("image/", "text/")
_RANGE = {"startTime": ("start_time", "startTime"), "endTime": ("end_time", "endTime")}


def offered_tools(prompt: Prompt, contents: Iterable[Mapping[str, Any]]) -> list[Tool]:
    """Return the tools on offer: the request's own, Google's, or functions.

    With functions none of Google's is offered: most models refuse the mixture. Of functions with
    one name the last is offered, which is ours.

    Args:
        prompt: what is asked.
        contents: as they are sent; not all they may hold goes with running code.

    Raises:
        InvalidRequest: a tool's settings make no sense.
    """
    if not prompt.card.able_to(Capability.TOOLS) or not prompt.may_call:
        return []
    native = prompt.native_tools
    explicit = [dict(tool) for tool in given_tools(native) if _in_googles_shape(tool)]
    functions = {
        tool["function"].get("name"): _declaration(tool["function"])
        for tool in (*given_functions(native), *map(as_function, prompt.tools))
    }
    if functions:
        return [*explicit, {"functionDeclarations": [*functions.values()]}]
    return explicit or [*_googles_own(native, contents)]


def _in_googles_shape(tool: Mapping[str, Any]) -> bool:
    return bool(tool) and not tool.keys() & {"type", "function", "name"}


def _declaration(function: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"name": function.get("name")}
    if description := function.get("description"):
        made["description"] = description
    if parameters := function.get("parameters"):
        # Unlike `parameters`, which know a part of it only, this takes all of JSON Schema.
        made["parametersJsonSchema"] = parameters
    return made


def _googles_own(
    native: Mapping[str, Any], contents: Iterable[Mapping[str, Any]]
) -> Iterator[Tool]:
    search = native.get("google_search", True)
    if _is_on(search):
        yield _search(cast("Mapping[str, Any]", search) if isinstance(search, Mapping) else {})
    if _is_on(native.get("code_execution", _runs_beside(contents))):
        yield {"codeExecution": {}}
    if _is_on(native.get("url_context")):
        yield {"urlContext": {}}


def _is_on(setting: Any) -> bool:
    """Return whether a tool is wanted: true, or its settings where nothing says otherwise."""
    if isinstance(setting, Mapping):
        return bool(cast("Mapping[str, Any]", setting).get("enabled", True))
    return bool(setting)


def _runs_beside(contents: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether code may run: it takes pictures and texts in, and no other attachment.

    (Google's "Code execution" page, seen 2026-11.) Who asks for it all the same gets it.
    """
    media = (
        part.get("inlineData") or part.get("fileData")
        for content in contents
        for part in content["parts"]
    )
    return all(sent.get("mimeType", "").startswith(_CODE_TAKES) for sent in media if sent)


def _search(settings: Mapping[str, Any]) -> Tool:
    if dynamic := _object(settings, "dynamic_retrieval"):
        # The tool of models before Gemini 2.
        config = {"mode": dynamic.get("mode", "MODE_DYNAMIC")}
        if (threshold := dynamic.get("dynamic_threshold")) is not None:
            config["dynamicThreshold"] = threshold
        return {"googleSearchRetrieval": {"dynamicRetrievalConfig": config}}
    search: dict[str, Any] = {}
    if excluded := settings.get("exclude_domains"):
        search["excludeDomains"] = excluded
    if span := _object(settings, "time_range"):
        search["timeRangeFilter"] = {wire: _either(span, names) for wire, names in _RANGE.items()}
    return {"googleSearch": search}


def _either(span: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    for name in names:
        if name in span:
            return span[name]
    raise InvalidRequest(f"google_search.time_range needs {names[0]}", "tools")


def _object(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value: object = settings.get(name) or {}
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"google_search.{name} must be an object", "tools")
    return cast("Mapping[str, Any]", value)
