"""Models that hear and models that speak, and voices, as data."""

from collections.abc import Mapping

from msgspec import Struct

from domain.catalog.card import Price


class SpeechPrice(Struct, frozen=True):
    """US dollars; what is None does not count."""

    usd_per_minute: float | None = None
    """Of sound that is heard."""
    usd_per_mchar: float | None = None
    """For a million characters that are spoken."""
    tokens: Price | None = None
    """Where the provider counts tokens instead."""
    seen: str = ""
    """The month (ISO) in which the price was seen."""


class TranscriberCard(Struct, frozen=True):
    """One model that writes down what it hears."""

    provider: str
    model: str
    """The provider's own name."""
    hears_live: bool = False
    """While somebody speaks."""
    hears_files: bool = False
    translates: bool = False
    """Writes down in another language."""
    tells_segments: bool = False
    """Tells stretches of speech apart."""
    aliases: tuple[str, ...] = ()
    """Lower case."""
    price: SpeechPrice | None = None


class TranscriberFamily(Struct, frozen=True):
    """All that one provider has to hear with."""

    provider: str
    cards: tuple[TranscriberCard, ...]
    default: str
    """The model that hears where the name means the provider and none of its models."""
    beginnings: tuple[str, ...] = ()
    """How names begin that mean this provider, lower case …"""
    own_beginnings: tuple[str, ...] = ()
    """… and those of them that are models, known here or not."""
    translator: str | None = None
    """The model that translates, where the others do not."""
    live_is_open: bool = False
    """Hears live with any model of its own, known here or not."""
    not_live: tuple[str, ...] = ()
    """Models that do not hear live …"""
    live_goes_to: str | None = None
    """… and the provider that does in their place."""
    files_go_to: str | None = None
    """The provider that hears recordings in this one's place, where it can be asked."""

    def card(self, name: str) -> TranscriberCard | None:
        """Return the card of a model by any of its names."""
        for card in self.cards:
            if name in (card.model, *card.aliases):
                return card
        return None

    def means(self, name: str) -> bool:
        """Return whether a name is one of this provider."""
        return self.card(name) is not None or name.startswith(self.beginnings)


class SpeakerCard(Struct, frozen=True):
    """One model that speaks."""

    provider: str
    model: str
    formats: Mapping[str, str]
    """How it can be asked to speak: our name of a format → the provider's."""
    reads_on: bool = False
    """Takes text in while it already speaks."""
    speeds: tuple[float, float] | None = None
    """The slowest and the fastest, where it can be told; 1 is normal."""
    takes_instructions: bool = False
    takes_tuning: bool = False
    """Stability and the like, as ElevenLabs has them."""
    price: SpeechPrice | None = None


class Voices(Struct, frozen=True):
    """The voices of one provider."""

    default: str
    """The provider's name or id of the one that speaks where none is chosen."""
    ids: Mapping[str, str | None] = {}
    """The names that users know, lower case → the provider's; None: of that name, but not here."""
    are_open: bool = False
    """What is no such name may be an id of the provider's; else the default speaks."""

    def known(self, name: str) -> bool:
        """Return whether a name or an id is one of these."""
        wanted = name.strip()
        return wanted.lower() in self.ids or wanted in self.ids.values()

    def resolve(self, name: str | None) -> tuple[str, str]:
        """Return the provider's id for a name, and what the voice is called towards clients."""
        wanted = (name or "").strip()
        if not wanted:
            return self.default, self.default
        word = wanted.lower()
        if word in self.ids:
            voice = self.ids[word]
            return (self.default, self.default) if voice is None else (voice, word)
        if self.are_open or wanted in self.ids.values():
            return wanted, wanted
        return self.default, self.default


class SpeakerFamily(Struct, frozen=True):
    """All that one provider has to speak with."""

    provider: str
    cards: tuple[SpeakerCard, ...]
    default: str
    """The model that speaks where none is chosen."""
    voices: Voices
    format: str = "mp3"
    """In which it speaks where none is asked for."""
    chat_formats: tuple[str, ...] = ("pcm",)
    """In which it may speak in a chat; another than these becomes the first."""
    voices_decide: bool = False
    """Whoever names one of its voices means this provider, whatever the model."""
    words: tuple[str, ...] = ()
    """What names of models hold that mean this provider, lower case …"""
    beginnings: tuple[str, ...] = ()
    """… and how they begin."""
    replaces_models: bool = False
    """A model that is none of its own becomes the default: voices outrank models."""

    def means(self, model: str) -> bool:
        """Return whether the name of a model is one of this provider."""
        return (
            any(model == card.model for card in self.cards)
            or any(word in model for word in self.words)
            or model.startswith(self.beginnings)
        )

    def card(self, model: str) -> SpeakerCard | None:
        """Return the card of a model by its name, lower case."""
        return next((card for card in self.cards if card.model == model), None)
