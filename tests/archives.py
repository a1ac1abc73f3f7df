"""Archives for tests: small, rich, and as large as wanted."""

import io
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.exports.limits import Limits
from adapters.exports.reader import ExportReader
from adapters.memory.clock import ManualClock
from application.ports.archives import Archives
from application.ports.clock import Clock
from application.ports.unit_of_work import UnitOfWork
from application.transfer.export_account import ExportAccount, Mark
from application.transfer.import_archive import ImportArchive
from domain.ids import UserId
from domain.transfer.archive import Digest, encoded
from domain.transfer.progress import Progress
from domain.transfer.records import (
    FORMAT,
    VERSION,
    ArchivedConversation,
    ArchivedMessage,
    ArchivedPrompt,
    ArchivedUsage,
    ArchiveHeader,
    Record,
)
from domain.usage import UsageState

DAY = datetime(2025, 12, 24, 12, 0, 0, 123456, tzinfo=UTC)
LIMITS = Limits(total_bytes=50_000_000, record_bytes=5_000_000, records=10_000)
LONG = "Ein sehr langer Satz, mit 🦉 und é. " * 3000
"""More than MySQL's TEXT holds."""


def header(**changes: Any) -> bytes:
    known: dict[str, Any] = {"format": FORMAT, "version": VERSION, "username": "anna"}
    return encoded(ArchiveHeader(exported_at=DAY, **(known | changes)))


def archive(records: Iterable[Record]) -> bytes:
    """Return a whole archive."""
    digest, lines = Digest(), [header()]
    for record in records:
        lines.append(encoded(record))
        digest.add(record, lines[-1])
    return b"".join([*lines, encoded(digest.end())])


def talk(name: str, **changes: Any) -> ArchivedConversation:
    times: dict[str, Any] = {"created_at": DAY, "last_update": DAY}
    return ArchivedConversation(id=name, **(times | changes))


def said(number: int, text: str | None = None, **changes: Any) -> ArchivedMessage:
    known: dict[str, Any] = {
        "sender": "AI" if number % 2 == 0 else "User",
        "parent": number - 1 or None,
        "created_at": DAY + timedelta(microseconds=number),
    }
    return ArchivedMessage(number=number, message=text, **(known | changes))


def used(turn: str, **changes: Any) -> ArchivedUsage:
    counts: dict[str, Any] = dict.fromkeys(
        (
            "input_tokens",
            "cached_input_tokens",
            "cache_written_tokens",
            "output_tokens",
            "reasoning_tokens",
            "reserved_micro_usd",
        ),
        2**40,
    )
    known: dict[str, Any] = {"at": DAY, "model": "m", "provider": "p", "cost_micro_usd": None}
    known["state"] = UsageState.SETTLED
    return ArchivedUsage(turn=turn, **(counts | known | changes))


RICH: Sequence[Record] = (
    ArchivedPrompt("same", "Say hi"),
    ArchivedPrompt("Other 🦉", "  blanks and\nlines\t\u0000 "),
    ArchivedPrompt("same", "Say hi"),
    used("0c111111-1111-4111-8111-111111111111", cost_micro_usd=0),
    used("0d111111-1111-4111-8111-111111111111", state=UsageState.RESERVED),
    talk(
        "1a111111-1111-4111-8111-111111111111",
        session_name="Grüße 👩‍👩‍👧 'quoted' \"twice\" \\ %_",
        ai_character_name="sherlock",
        ai_text_gen_model="gpt-4o-mini",
        auto_trigger_tts=True,
        claude_session_id="c" * 36,
        tags=["b", "a", "🦉"],
        group_id="2b111111-1111-4111-8111-111111111111",
        last_update=DAY + timedelta(days=1, microseconds=1),
        task_status="active",
        task_priority="high",
        task_description="d" * 500,
    ),
    said(1, "first version", replaced=False),
    said(2, "earlier", created_at=DAY + timedelta(microseconds=1), parent=None, version_of=1,
         replaced=True, sender="User"),
    said(3, LONG, parent=1, sender="AI", ai_reasoning=LONG, state="completed",
         turn_id="0c111111-1111-4111-8111-111111111111",
         usage={"cost_usd": 0.0012, "usage": {"input_tokens": 2**53 + 1}, "attempts": []},
         api_text_gen_model_name="gpt-4o", api_text_gen_settings={"z": 1, "a": [None, {}]},
         api_tts_gen_model_name="tts", api_image_gen_settings={}, image_generation_request={},
         claude_code_data={"e": "🦉", "": [[[]]]}, is_tts=True, favorite=True),
    said(4, "", parent=2, sender="AI", replaced=True, state="interrupted", image_locations=[],
         file_locations=["https://files.example/a.pdf", "b"], chart_data=[], test_mode=True,
         is_gps_location_message=True, show_transcribe_button=True),
    said(5, None, parent=3, sender="tool: somebody else", responding_agent="watson",
         image_locations=["https://files.example/é.png"], image_description="",
         chart_data=[{"x": [1, 2.5, True]}], created_at=DAY + timedelta(microseconds=4)),
    talk("3c111111-1111-4111-8111-111111111111", session_name=None, tags=[]),
    talk("4d111111-1111-4111-8111-111111111111", session_name="", ai_character_name="", tags=None),
    said(1, "alone", parent=None),
)  # fmt: skip
"""Every column of the contract, with null beside empty, ties, versions, long and odd text."""


async def exported(
    work: UnitOfWork, user: UserId, mark: Mark | None = None, clock: Clock | None = None
) -> bytes:
    """Return the user's archive, from behind the mark."""
    pages = ExportAccount(work, clock or ManualClock())(user, mark)
    async with aclosing(pages):
        return b"".join([line async for page in pages for line in page])


def reader(limits: Limits = LIMITS) -> Archives:
    return ExportReader(ManualClock(), limits)


async def imported(
    work: UnitOfWork, user: UserId, content: bytes, limits: Limits = LIMITS
) -> list[Progress]:
    """Import an archive and return how it went."""
    steps = ImportArchive(work, reader(limits))(user, io.BytesIO(content))
    async with aclosing(steps):
        return [step async for step in steps]


def body(content: bytes) -> bytes:
    """Return an archive without its header, which says when and whose."""
    return content.partition(b"\n")[2]
