"""Whether a record may be stored: what the types of its fields cannot say."""

from datetime import UTC, datetime, timedelta

from domain.conversation.nesting import DEEPEST, is_flat
from domain.transfer.errors import ArchiveRefused
from domain.transfer.records import (
    ArchivedConversation,
    ArchivedMessage,
    ArchivedPrompt,
    ArchivedUsage,
    Record,
)

LONG_TEXT_BYTES = 2**24 - 1
TEXT_BYTES = 2**16 - 1
"""What the columns hold on MySQL."""
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
SLACK = timedelta(days=1)
"""How far another server's clock may be ahead of ours."""

_TEXTS = (
    "image_description",
    "ai_character_name",
    "api_text_gen_model_name",
    "api_tts_gen_model_name",
)
_NESTED = (
    "chart_data",
    "api_text_gen_settings",
    "api_image_gen_settings",
    "image_generation_request",
    "claude_code_data",
    "usage",
)


class Fit:
    """Looks at the records of one archive in their order; remembers nothing that grows with it,
    apart from one byte for each message of the conversation that is being read.
    """  # noqa: D205 - one sentence

    def __init__(self, now: datetime) -> None:
        self._latest = now + SLACK
        self._versions: bytearray | None = None
        self._written = EARLIEST

    def check(self, record: Record) -> None:
        """Look at the next record.

        Raises:
            ArchiveRefused: it does not fit.
        """
        match record:
            case ArchivedPrompt():
                _check_bytes("text", record.text, TEXT_BYTES)
            case ArchivedUsage():
                self._check_moment("at", record.at)
            case ArchivedConversation():
                self._check_moment("created_at", record.created_at)
                # Clients set it as they like (`last_update_override`), and it is theirs alone.
                _check_utc("last_update", record.last_update)
                self._versions, self._written = bytearray(), EARLIEST
            case ArchivedMessage():
                self._check_message(record)

    def _check_message(self, message: ArchivedMessage) -> None:
        versions = self._versions
        if versions is None:
            raise ArchiveRefused("a message before any conversation")
        if message.number != len(versions) + 1:
            raise ArchiveRefused(f"message number {message.number} must be {len(versions) + 1}")
        if message.parent is not None and message.parent >= message.number:
            raise ArchiveRefused("parent must be the number of an earlier message")
        if message.version_of is not None and (
            message.version_of >= message.number or versions[message.version_of - 1]
        ):
            raise ArchiveRefused("version_of must be an earlier message that is no version itself")
        self._check_moment("created_at", message.created_at)
        if message.created_at < self._written:
            raise ArchiveRefused("created_at is earlier than that of the message before")
        self._written = message.created_at
        versions.append(message.version_of is not None)
        _check_columns(message)

    def _check_moment(self, name: str, moment: datetime) -> None:
        _check_utc(name, moment)
        if not EARLIEST <= moment <= self._latest:
            raise ArchiveRefused(f"{name} is before 1970 or in the future")


def _check_utc(name: str, moment: datetime) -> None:
    if moment.utcoffset():
        raise ArchiveRefused(f"{name} must be in UTC")


def _check_columns(message: ArchivedMessage) -> None:
    _check_bytes("message", message.message, LONG_TEXT_BYTES)
    _check_bytes("ai_reasoning", message.ai_reasoning, LONG_TEXT_BYTES)
    for name in _TEXTS:
        _check_bytes(name, getattr(message, name), TEXT_BYTES)
    for name in _NESTED:
        if not is_flat(getattr(message, name)):
            raise ArchiveRefused(f"{name} is nested more than {DEEPEST} levels deep")


def _check_bytes(name: str, text: str | None, most: int) -> None:
    # Four bytes is the longest a character can be: short texts need no encoding to be measured.
    if text is not None and len(text) * 4 > most and len(text.encode()) > most:
        raise ArchiveRefused(f"{name} is longer than the {most} bytes that can be stored")
