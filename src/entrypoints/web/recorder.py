"""The recording of a socket: where its sound goes, and what ends it."""

import structlog

from application.speech.microphone import Microphone
from domain.errors import InvalidRequest, ParleyError
from domain.speech.errors import RecordingTooLong
from entrypoints.web.wire.client_message import ClientMessage
from entrypoints.web.wire.dictation import STOP_WORDS, dictation_wish, recording_end, sound_in
from entrypoints.web.wire.messages import is_spoken, settings_of

log = structlog.get_logger("socket")


class Recorder:
    """Sound outside of a recording means nothing, and so does its end."""

    __slots__ = ("_longest_s", "_microphone")

    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s
        self._microphone: Microphone | None = None

    def begin(self, message: ClientMessage) -> None:
        """Give a request that is yet to be spoken its microphone.

        Its sound comes at once, whether an answer before it is still being written or not.

        Raises:
            InvalidRequest: its settings make no sense.
        """
        if is_spoken(message):
            wish = dictation_wish(settings_of(message), {})
            if self._microphone is not None:
                self._microphone.finish()  # What is said from now on is said to the next.
            self._microphone = Microphone(wish.recording_hz, self._longest_s)
            message.microphone = self._microphone

    async def hear(self, message: ClientMessage) -> bool:
        """Take what belongs to a recording; return whether the message did.

        Raises:
            InvalidRequest: an attachment that came with the end has a wrong shape, or the
                recording has become too long.
        """
        if message.sound is not None:
            await self._feed(message.sound)
        elif message.control == "audio_chunk":
            await self._feed(sound_in(message.found))
        elif message.control in STOP_WORDS:
            self._stop(message)
        else:
            return False
        return True

    def lost(self) -> None:
        """Say that the client is gone."""
        if self._microphone is not None:
            self._microphone.lost()

    async def _feed(self, pcm: bytes) -> None:
        if self._microphone is None or not pcm:
            return
        try:
            await self._microphone.feed(pcm)
        except RecordingTooLong:
            raise
        except ParleyError as error:
            log.warning("sound was not heard", code=error.code)

    def _stop(self, message: ClientMessage) -> None:
        microphone, self._microphone = self._microphone, None
        if microphone is None:
            return
        try:
            microphone.finish(recording_end(message.found))
        except InvalidRequest:
            microphone.finish()
            raise
