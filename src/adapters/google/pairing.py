"""Gives every call its result: Google refuses a conversation in which their numbers differ.

Clients report calls that nobody awaited, and cut histories between a call and its result.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from adapters.google.wire import Part
from adapters.transport.tool_arguments import NO_RESULT, told_as_text, written_result

Content = dict[str, Any]


def paired(contents: Iterable[Content]) -> Iterator[Content]:
    """Yield the contents, the results of a content's calls being the content after it.

    A call without a result gets one that says so; a result without its call becomes text.
    """
    called: list[Part] = []
    for content in contents:
        if content["role"] == "model":
            if called:
                yield _results(called, [])
            yield content
            called = _open_calls(content)
            continue
        given = [part for part in content["parts"] if "functionResponse" in part]
        if called:
            yield _results(called, given)
        called = []
        # What the user says stands apart: with it a new turn of thought begins.
        rest = [part for part in content["parts"] if "functionResponse" not in part]
        if rest := [*map(_as_text, given), *rest]:
            yield content | {"parts": rest}
    if called:
        yield _results(called, [])


def _open_calls(content: Content) -> list[Part]:
    """Return the calls that the content does not answer itself, as Google's own tools do."""
    answered = [part["functionResponse"] for part in content["parts"] if "functionResponse" in part]
    return [
        part["functionCall"]
        for part in content["parts"]
        if "functionCall" in part
        and not any(_belongs(response, part["functionCall"]) for response in answered)
    ]


def _results(called: list[Part], given: list[Part]) -> Content:
    """Return a result for each call, in the order of the calls; takes them out of `given`."""
    return {"role": "user", "parts": [_taken(given, call) or _unknown(call) for call in called]}


def _taken(given: list[Part], call: Part) -> Part | None:
    for at, part in enumerate(given):
        response = part["functionResponse"]
        if _belongs(response, call):
            del given[at]
            return {"functionResponse": response | _id_of(call)}
    return None


def _belongs(response: Part, call: Part) -> bool:
    if response.get("id"):
        return response["id"] == call.get("id")
    return response.get("name") == call.get("name")


def _unknown(call: Part) -> Part:
    response = {"error": NO_RESULT}
    return {"functionResponse": _id_of(call) | {"name": call.get("name"), "response": response}}


def _id_of(call: Part) -> Part:
    return {"id": call["id"]} if call.get("id") else {}


def _as_text(part: Part) -> Part:
    response = part["functionResponse"]["response"]
    words = response["output"] if response.keys() == {"output"} else response
    return {"text": told_as_text(written_result(words))}
