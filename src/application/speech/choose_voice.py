"""Who speaks, and how: a user's wish → an order with nothing left open."""

import difflib
from collections.abc import Mapping, Sequence

from msgspec import Struct, structs

from application.ports.speech import Speaker
from domain.errors import InvalidRequest, NotConfigured, UnknownModel
from domain.speech.audio import AudioFormat, Encoding, audio_format
from domain.speech.cards import SpeakerCard, SpeakerFamily
from domain.speech.orders import SpeechOrder, VoiceWish


class VoiceChoice(Struct, frozen=True):
    """Who is asked, and for what."""

    order: SpeechOrder
    speaker: Speaker


class ChooseVoice:
    """Reads the cards; what does not fit them is refused before any call."""

    def __init__(
        self, families: Sequence[SpeakerFamily], speakers: Mapping[str, Speaker], default: str
    ) -> None:
        """Take what each provider has, and who speaks to it.

        Args:
            families: every provider's, those first whose voices decide.
            speakers: by the provider's name.
            default: the provider that speaks where a wish names none.
        """
        self._families = {family.provider: family for family in families}
        self._speakers = speakers
        self._default = default

    def __call__(
        self, wish: VoiceWish, default_format: str | None = None, *, streamed: bool = True
    ) -> VoiceChoice:
        """Return who speaks and how.

        Args:
            wish: of the user.
            default_format: where the wish names none; else the provider's own.
            streamed: the sound is wanted as it is made.

        Raises:
            NotConfigured: the server knows no such provider.
            UnknownModel: the provider has no such model.
            InvalidRequest: the model does not speak in the format.
        """
        family = self._family(wish)
        card = _card(family, wish.model)
        wanted = audio_format(wish.format or default_format or family.format)
        voice, name = family.voices.resolve(wish.voice)
        speaker = self._speakers.get(family.provider)
        if speaker is None:
            raise NotConfigured(f"provider.{family.provider}")
        order = SpeechOrder(
            card=card,
            voice=voice,
            voice_name=name,
            format=wanted,
            asked_format=_asked(card, wanted),
            speed=_speed(card, wish.speed),
            instructions=wish.instructions if card.takes_instructions else None,
            tuning=wish.tuning,
            schedule=wish.schedule,
            streamed=streamed,
        )
        return VoiceChoice(order, speaker)

    def for_chat(self, wish: VoiceWish) -> VoiceChoice:
        """Return who speaks in a chat, where only some formats can be heard as they come.

        Raises:
            NotConfigured, UnknownModel: as when called.
        """
        formats = self._family(wish).chat_formats
        wanted = (wish.format or "").strip().lower()
        return self(structs.replace(wish, format=wanted if wanted in formats else formats[0]))

    def provider(self, wish: VoiceWish) -> str:
        """Return the name of who would speak.

        Raises:
            NotConfigured: the server knows no such provider.
        """
        return self._family(wish).provider

    def _family(self, wish: VoiceWish) -> SpeakerFamily:
        if wish.provider is not None:
            found = self._families.get(wish.provider.strip().lower())
            if found is None:
                known = ", ".join(self._families)
                message = f"Unknown speech provider {wish.provider[:40]!r}; known: {known}"
                raise NotConfigured("tts.provider", message)
            return found
        families = self._families.values()
        if wish.voice is not None:
            for family in families:
                if family.voices_decide and family.voices.known(wish.voice):
                    return family
        model = (wish.model or "").strip().lower()
        for family in families:
            if model and family.means(model):
                return family
        return self._families[self._default]


def _card(family: SpeakerFamily, model: str | None) -> SpeakerCard:
    wanted = (model or "").strip().lower()
    found = family.card(wanted or family.default)
    if found is None and family.replaces_models:
        found = family.card(family.default)
    if found is None:
        known = [card.model for card in family.cards]
        raise UnknownModel(model or "", difflib.get_close_matches(wanted, known, cutoff=0.4))
    return found


def _asked(card: SpeakerCard, wanted: AudioFormat) -> AudioFormat:
    """Return the format to ask for: a WAV file is made here, of its samples."""
    asked = wanted
    if wanted.encoding is Encoding.WAV:
        asked = audio_format("pcm" if wanted.rate_hz is None else f"pcm_{wanted.rate_hz}")
    if asked.name not in card.formats:
        known = ", ".join(sorted({*card.formats, "wav"}))
        raise InvalidRequest(
            f"{card.model} does not speak in the format {wanted.name!r}; it does in {known}",
            "user_settings.tts.format",
        )
    return asked


def _speed(card: SpeakerCard, wanted: float | None) -> float:
    if wanted is None or card.speeds is None:
        return 1.0
    slowest, fastest = card.speeds
    return min(max(wanted, slowest), fastest)
