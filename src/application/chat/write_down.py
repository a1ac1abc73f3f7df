"""Recordings for models that cannot listen."""

import structlog

from application.ports.downloads import Downloaded
from application.speech.transcribe_recording import HearingWish, TranscribeRecording
from domain.errors import ParleyError
from domain.ids import UserId
from domain.speech.orders import Recording
from domain.turn.prompt import TextPart

log = structlog.get_logger("attachments")

_NAME = "recording"


class WriteDown:
    """Has a recording heard by whoever hears uploads, at the user's expense."""

    def __init__(self, transcribe: TranscribeRecording) -> None:
        self._transcribe = transcribe

    async def __call__(self, user: UserId, found: Downloaded) -> TextPart | None:
        """Return what is said in it, or None where nobody could write it down.

        A question whose recording is not understood still has its words, so nothing is raised.
        """
        kind = found.mime_type.replace("video/", "audio/")
        recording = Recording(found.content, kind, f"{_NAME}.{kind.partition('/')[2]}")
        try:
            heard = await self._transcribe(user, recording, HearingWish())
        except ParleyError as error:
            log.warning("recording not written down", error=error.code)
            return None
        return TextPart(f"[said in a recording]\n{heard.text}\n[end of the recording]")
