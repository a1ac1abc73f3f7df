"""What a chat-completions request says about tools (contract: text-providers §6)."""

from collections.abc import Mapping
from typing import Any

from adapters.transport.chat_wire.quirks import ChatQuirks
from adapters.transport.function_tools import offered_functions
from domain.errors import ModelCannot
from domain.given_tools import given_functions, given_tools
from domain.turn.prompt import Prompt


def tool_fields(prompt: Prompt, quirks: ChatQuirks) -> dict[str, Any]:
    """Return `tools` and what goes with them; nothing where there are none.

    Raises:
        ModelCannot: the request asks for a tool that the provider offers on another wire only.
    """
    if not quirks.takes_tools or not prompt.may_call:
        return {}
    given: Mapping[str, Any] = prompt.native_tools if quirks.takes_given_tools else {}
    for tool in given_tools(given):
        if need := quirks.runs_elsewhere.get(str(tool.get("type"))):
            raise ModelCannot(prompt.card.id, need, ())
    tools = offered_functions(given_functions(given), prompt.tools)
    if not tools:
        return {}
    options = {name: given[name] for name in quirks.tool_options if given.get(name) is not None}
    if prompt.rounds and options.get("tool_choice") not in (None, "auto", "none"):
        # A forced call has been made by now; forced again, the model would never get to answer.
        del options["tool_choice"]
    return {"tools": tools} | options
