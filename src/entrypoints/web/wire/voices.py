"""The contract's settings of a voice → what the user wishes."""

from typing import Annotated, cast

import msgspec
from msgspec import Meta, Struct

from domain.speech.orders import Tuning, VoiceWish


class TtsVoice(Struct, frozen=True, kw_only=True):
    """Who speaks, and how; unknown keys are passed over."""

    provider: str | None = None
    model: str | None = None
    voice: str | None = None
    format: str | None = None
    """`mp3` by default; `wav`, `pcm_24000`, `opus` … as the provider has it."""
    instructions: str | None = None
    speed: Annotated[float, Meta(gt=0)] | None = None
    streaming: bool | None = None
    """Of chats only."""
    tts_auto_execute: bool | None = None
    """Of chats only."""
    chunk_schedule: list[int] | str | None = None
    """Of speech that is made while its text is written: four numbers of characters."""
    stability: float | None = None
    similarity_boost: float | None = None
    style: float | None = None
    use_speaker_boost: bool | None = None

    def wish(self) -> VoiceWish:
        """Return the same in the domain's words; blanks are no names."""
        return VoiceWish(
            provider=_filled(self.provider),
            model=_filled(self.model),
            voice=_filled(self.voice),
            format=_filled(self.format),
            speed=self.speed,
            instructions=_filled(self.instructions),
            tuning=Tuning(
                self.stability, self.similarity_boost, self.style, self.use_speaker_boost
            ),
            schedule=schedule(self.chunk_schedule),
        )


def schedule(value: object) -> tuple[int, ...] | None:
    """Return four numbers of characters: given as such, as JSON, or as one that counts for all."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return None
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,) * 4
    numbers = cast("list[object]", value) if isinstance(value, list) else []
    whole = [n for n in numbers if isinstance(n, int) and not isinstance(n, bool)]
    return tuple(whole) if len(whole) == len(numbers) == 4 else None


def _filled(text: str | None) -> str | None:
    return (text or "").strip() or None
