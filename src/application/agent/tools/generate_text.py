"""Another model's words."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Annotated, Any

from msgspec import Meta, Struct, structs

from application.agent.choose import ChooseModel
from application.agent.patience import ask_patiently
from application.agent.tool import Tool, ToolContext
from domain.catalog.cost import cost_usd
from domain.tools import ToolSpec, parameters_of
from domain.turn.agent_events import SpentBeside
from domain.turn.events import ModelStopped, TextDelta
from domain.turn.metering import Usage
from domain.turn.prompt import Message, Prompt, TextPart

_MOST_TOKENS = 32_768


class GenerateTextArguments(Struct, frozen=True):
    """What to write, and who shall."""

    prompt: Annotated[str, Meta(pattern=r"\S", description="The whole task; it sees nothing else.")]
    model: Annotated[str, Meta(description="A model's name; this one when left out.")] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.7
    max_tokens: Annotated[int, Meta(ge=1, le=_MOST_TOKENS)] = 2048
    system_prompt: str | None = None


class GenerateText(Tool):
    """The model that is asked has no tools, so nothing calls itself."""

    spec = ToolSpec(
        "generate_text",
        "Have a text written by a model, which is told nothing but the prompt.",
        parameters_of(GenerateTextArguments),
        # One at a time: what it may cost is set aside for one.
        together=False,
    )
    takes = GenerateTextArguments

    def __init__(self, choose: ChooseModel) -> None:
        self._choose = choose

    async def __call__(
        self, arguments: GenerateTextArguments, context: ToolContext
    ) -> Mapping[str, Any]:
        """Return the text, and who wrote it.

        Raises:
            UnknownModel, NotConfigured: there is no such model here.
            SpendingCapReached: it would cost more than the user may spend.
            ProviderError: the model failed.
        """
        settings = structs.replace(
            context.settings,
            model=arguments.model or context.card.id,
            temperature=arguments.temperature,
            max_tokens=arguments.max_tokens,
            reasoning=False,
        )
        question = (TextPart(arguments.prompt),)
        choice = self._choose(settings, question)
        prompt = Prompt(
            card=choice.card,
            messages=(Message("user", question),),
            system=arguments.system_prompt or "",
            temperature=choice.temperature,
            max_tokens=choice.max_tokens,
            may_call=False,
        )
        await context.hold(prompt)
        text: list[str] = []
        usages: list[Usage | None] = []
        async with aclosing(ask_patiently(choice.model, prompt)) as batches:
            async for batch in batches:
                text += [event.text for event in batch if isinstance(event, TextDelta)]
                usages += [event.usage for event in batch if isinstance(event, ModelStopped)]
        usage = _last(usages)
        context.tell(SpentBeside(usage, cost_usd(usage, choice.card.price)))
        return {
            "text": "".join(text),
            "model": choice.card.model,
            "provider": choice.card.provider,
        }


def _last(usages: Sequence[Usage | None]) -> Usage | None:
    return usages[-1] if usages else None
