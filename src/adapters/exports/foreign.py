"""What exports of other services have in common."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid5

from domain.conversation.conversation import DEFAULT_CHARACTER, NEW_NAME
from domain.conversation.writing import MODEL_CHARS, NAME_CHARS, is_chosen_id
from domain.transfer.errors import ArchiveRefused
from domain.transfer.records import ArchivedConversation, ArchivedMessage

_OURS = UUID("0b3d1d0b-0d5b-4b0e-8f35-1d7a1c1a0c55")


def named(service: str, given: str | None, title: str | None) -> str:
    """Return the id of a conversation, always the same for the same one.

    Raises:
        ArchiveRefused: nothing tells it from others.
    """
    if given and is_chosen_id(given):
        return given.lower()
    if not given:
        raise ArchiveRefused(f"the conversation {(title or '')[:50]!r} has no id")
    return str(uuid5(_OURS, f"{service}:{given}"))


def conversation(
    name: str,
    *,
    title: str | None,
    model: str | None,
    created: datetime | None,
    updated: datetime | None,
    said: Sequence[ArchivedMessage],
) -> ArchivedConversation:
    """Return the conversation of these messages; what it does not say of itself, they tell."""
    return ArchivedConversation(
        id=name,
        session_name=(title or NEW_NAME)[:NAME_CHARS],
        ai_character_name=DEFAULT_CHARACTER,
        ai_text_gen_model=model[:MODEL_CHARS] if model else None,
        tags=[],
        created_at=created or said[0].created_at,
        last_update=updated or said[-1].created_at,
    )


def moment(given: float | datetime | None) -> datetime | None:
    """Return a time as aware UTC; one without a zone is UTC.

    Raises:
        ArchiveRefused: no calendar has it.
    """
    try:
        match given:
            case None:
                return None
            case datetime(tzinfo=None):
                return given.replace(tzinfo=UTC)
            case datetime():
                return given.astimezone(UTC)
            case seconds:
                return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise ArchiveRefused("a time is out of range") from None


def joined(pieces: Iterable[str | None]) -> str:
    """Return the pieces that say something, as paragraphs."""
    return "\n\n".join(piece for piece in pieces if piece)


def file_note(kind: str, name: str | None) -> str:
    """Return what stands in a text for a file that is not in the export."""
    return f"[{kind}: {name[:200]}]" if name else f"[{kind}]"
