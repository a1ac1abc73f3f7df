"""Who answers a question, and with which parameters."""

from collections.abc import Mapping

from msgspec import Struct

from application.ports.chat_model import ChatModel
from domain.catalog.card import Capability, ModelCard
from domain.catalog.catalog import Catalog
from domain.catalog.fallbacks import Fallbacks
from domain.errors import ModelCannot, NotConfigured
from domain.turn.prompt import FilePart, ImagePart, Part, TextPart
from domain.turn.settings import ResearchSettings, TurnSettings

DEFAULT_TEMPERATURE = 0.1
_WORDS = (TextPart(""),)

# Files are not here: what they are is known once they are loaded, and many can be read as text.
_NEEDS: Mapping[type[Part], tuple[Capability, str]] = {
    ImagePart: (Capability.IMAGES_IN, "see images"),
}


class Choice(Struct, frozen=True):
    """A model, and how it is to be asked."""

    card: ModelCard
    model: ChatModel
    temperature: float | None
    max_tokens: int
    effort: str | int | None


class ChooseModel:
    """Reads the catalogue; whatever does not fit the card is refused before any call."""

    def __init__(
        self,
        catalog: Catalog,
        models: Mapping[str, ChatModel],
        fallbacks: Fallbacks = Fallbacks(),  # noqa: B008 - frozen
        unset: Mapping[str, str] | None = None,
    ) -> None:
        """Remember whom there is to choose from.

        Args:
            catalog: every model.
            models: the chat model of each provider.
            fallbacks: who stands in for whom.
            unset: the variable that the operator has not set, by the name of who speaks to a
                provider.
        """
        self._unset = unset or {}
        self._catalog = catalog
        self._models = models
        self._fallbacks = fallbacks

    def __call__(self, settings: TurnSettings, question: tuple[Part, ...]) -> Choice:
        """Return the model to ask.

        Raises:
            UnknownModel: no card has that name.
            ModelCannot: the question carries what the model cannot take.
            NotConfigured: the provider has no adapter here.
        """
        card = self._catalog.find(settings.model)
        if settings.reasoning:
            card = self._catalog.for_reasoning(card)
        return self._choice(card, settings, question)

    def stand_ins(
        self, settings: TurnSettings, question: tuple[Part, ...], asked_for: ModelCard
    ) -> list[Choice]:
        """Return whom to ask should that model fail; who cannot take the question is left out.

        Raises:
            UnknownModel: the request names one that no card has.
        """
        names = settings.fallbacks
        if names is None:
            names = self._fallbacks.of(asked_for, _needs(settings, question))
        cards = {card.id: card for card in map(self._catalog.find, names)}
        cards.pop(asked_for.id, None)
        found: list[Choice] = []
        for card in cards.values():
            try:
                found.append(self._choice(card, settings, question))
            except (ModelCannot, NotConfigured):
                continue
        return found

    def researcher(self, primary: ModelCard, settings: ResearchSettings) -> Choice:
        """Return the model that searches for another.

        Raises:
            NotConfigured: its provider cannot be asked; told before anything is paid for.
        """
        card = self._catalog.find(primary.researched_by)
        if (variable := self._unset.get(card.adapter or card.provider)) is not None:
            raise NotConfigured(variable)
        asked = TurnSettings(
            card.id,
            temperature=settings.report_temperature,
            max_tokens=settings.report_tokens,
            reasoning=True,
            effort_index=settings.effort_index,
        )
        return self._choice(card, asked, _WORDS)

    def _choice(
        self, card: ModelCard, settings: TurnSettings, question: tuple[Part, ...]
    ) -> Choice:
        self._check(card, question)
        model = self._models.get(card.adapter or card.provider)
        if model is None:
            raise NotConfigured(f"provider.{card.adapter or card.provider}")
        return Choice(
            card=card,
            model=model,
            temperature=_temperature(card, settings),
            max_tokens=settings.max_tokens or card.output_tokens,
            effort=_effort(card, settings),
        )

    def _check(self, card: ModelCard, question: tuple[Part, ...]) -> None:
        for part in question:
            need = _NEEDS.get(type(part))
            if need is not None and not card.able_to(need[0]):
                raise ModelCannot(card.id, need[1], self._catalog.able(need[0]))


def _needs(settings: TurnSettings, question: tuple[Part, ...]) -> list[Capability]:
    needs = [need[0] for part in question if (need := _NEEDS.get(type(part))) is not None]
    if any(isinstance(part, FilePart) for part in question):
        needs.append(Capability.FILES_IN)
    if settings.reasoning:
        needs.append(Capability.REASONING)
    return needs


def _temperature(card: ModelCard, settings: TurnSettings) -> float | None:
    if not card.able_to(Capability.TEMPERATURE):
        return None
    wanted = DEFAULT_TEMPERATURE if settings.temperature is None else settings.temperature
    return min(max(wanted, 0.0), card.max_temperature)


def _effort(card: ModelCard, settings: TurnSettings) -> str | int | None:
    if not settings.reasoning or not card.able_to(Capability.REASONING):
        return None
    return card.efforts[min(max(settings.effort_index, 0), len(card.efforts) - 1)]
