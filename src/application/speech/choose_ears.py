"""Who writes down what is said, by the name of a model."""

import difflib
from collections.abc import Container, Mapping, Sequence

import structlog
from msgspec import Struct, structs

from application.ports.speech import Transcriber
from domain.errors import NotConfigured, UnknownModel
from domain.speech.cards import TranscriberCard, TranscriberFamily
from domain.speech.orders import Act

log = structlog.get_logger("speech")


class Ears(Struct, frozen=True):
    """Who is asked."""

    card: TranscriberCard
    transcriber: Transcriber


class ChooseEars:
    """Reads the cards. A name that none of them knows is an error, never another model."""

    def __init__(
        self,
        families: Sequence[TranscriberFamily],
        transcribers: Mapping[str, Transcriber],
        usable: Container[str],
        default: str,
        default_live: str,
    ) -> None:
        """Take what each provider has, and who speaks to it.

        Args:
            families: every provider's.
            transcribers: by the provider's name.
            usable: the providers that can be asked, as far as the settings tell.
            default: the provider that hears recordings where nobody names a model …
            default_live: … and the one that hears live.
        """
        self._families = {family.provider: family for family in families}
        self._transcribers = transcribers
        self._usable = usable
        self._default = default
        self._default_live = default_live

    def for_file(self, model: str | None, act: Act) -> Ears:
        """Return who hears a recording.

        Raises:
            UnknownModel: no provider has a model of that name.
            NotConfigured: nobody speaks to the provider here.
        """
        name = (model or "").strip().lower()
        family = self._families[self._default]
        if name:
            family = self._named(name)
        stand_in = family.files_go_to
        if stand_in is not None and (stand_in in self._usable or act == "translate"):
            log.warning("recordings are heard by another provider", asked=name, asks=stand_in)
            family = self._families[stand_in]
        card = _card(family, name, (model or "").strip())
        if act == "translate" and not card.translates and family.translator is not None:
            card = family.card(family.translator) or card
        return self._ears(card)

    def for_live(self, model: str | None, provider: str | None = None) -> Ears:
        """Return who hears while somebody speaks.

        Args:
            model: by any of its names; `_` counts as `-`, and a part `stt` for nothing.
            provider: who is to hear where no model is named.

        Raises:
            UnknownModel: no provider has a live model of that name.
            NotConfigured: nobody speaks to the provider here.
        """
        spelled = (model or "").strip().replace("_", "-")
        name = "-".join(part for part in spelled.lower().split("-") if part != "stt")
        family = self._families.get((provider or "").lower(), self._families[self._default_live])
        if name:
            family = self._named(name)
            if name in family.not_live and family.live_goes_to is not None:
                log.warning("who hears recordings only is not asked live", asked=name)
                family, name = self._families[family.live_goes_to], ""
        card = _card(family, name, spelled)
        if not card.hears_live or not (card in family.cards or family.live_is_open):
            known = [c.model for f in self._families.values() for c in f.cards if c.hears_live]
            raise UnknownModel(name, difflib.get_close_matches(name, known))
        return self._ears(card)

    def names(self, provider: str) -> tuple[str, ...]:
        """Return a provider's own names for its models that hear."""
        family = self._families.get(provider)
        return () if family is None else tuple(card.model for card in family.cards)

    def _named(self, name: str) -> TranscriberFamily:
        for family in self._families.values():
            if family.means(name):
                return family
        known = [card.model for family in self._families.values() for card in family.cards]
        raise UnknownModel(name, difflib.get_close_matches(name, known))

    def _ears(self, card: TranscriberCard) -> Ears:
        transcriber = self._transcribers.get(card.provider)
        if transcriber is None:
            raise NotConfigured(f"provider.{card.provider}")
        return Ears(card, transcriber)


def _card(family: TranscriberFamily, name: str, spelled: str) -> TranscriberCard:
    """Return the card of a model; of one that only the provider may know, what is known of all."""
    found = family.card(name)
    if found is not None:
        return found
    default = next(card for card in family.cards if card.model == family.default)
    if name.startswith(family.own_beginnings) and family.own_beginnings:
        return structs.replace(default, model=spelled, aliases=(), price=None)
    return default
