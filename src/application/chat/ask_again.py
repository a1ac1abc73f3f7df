"""A question that is in the history already, asked once more."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from application.chat.findings import is_finding
from application.ports.unit_of_work import Stores, UnitOfWork
from domain.conversation.conversation import Conversation, Sender, StoredMessage
from domain.errors import InvalidRequest, MessageNotFound
from domain.files.keys import key_in
from domain.ids import ConversationId, MessageId, TurnId, UserId
from domain.turn.prompt import AudioPart, FilePart, ImagePart, Message, Part, Role, TextPart
from domain.turn.record import TurnRecord

_AUDIO = frozenset({".mp3", ".wav", ".m4a", ".webm", ".opus", ".ogg", ".pcm", ".mpga", ".mpeg"})
_ROLES: Mapping[Sender, Role] = {Sender.USER: "user", Sender.AI: "assistant"}


class Again(Struct, frozen=True):
    """A stored question, the answer to be replaced if there is one, and what came before."""

    conversation: Conversation
    question: StoredMessage
    answer: StoredMessage | None
    parts: tuple[Part, ...]
    history: tuple[Message, ...]
    writers: frozenset[TurnId] = frozenset()
    """The turns that are about to answer it."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The `text` section the earlier answer was made with."""
        return self.answer.api_text_gen_settings if self.answer else {}

    def check_free(self, turn: TurnId | None) -> None:
        """Make sure that no other turn than this one is about to answer the question.

        Raises:
            InvalidRequest: one is.
        """
        if self.writers - {turn}:
            raise InvalidRequest("This answer is still being written; cancel it first")


class AskAgain:
    """Finds in the history what a new answer needs."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def __call__(
        self, user: UserId, conversation: ConversationId, message: MessageId | None = None
    ) -> Again:
        """Return the question of a message of the branch that is shown.

        Args:
            user: whose conversation it is.
            conversation: which.
            message: an answer or its question; the last answer when left out.

        Raises:
            ConversationNotFound: the user has no such conversation.
            InvalidRequest: there is no question, or nothing in it.
            MessageNotFound: no such message is shown in it.
        """

        async def read(
            db: Stores,
        ) -> tuple[Conversation, list[StoredMessage], list[TurnRecord]]:
            found = await db.conversations.get(user, conversation)
            said = (await db.conversations.messages(user, (conversation,)))[conversation]
            return found, said, await db.turns.running_in(user, conversation)

        found, said, running = await self._work.run(read)
        at = _place_of_question(said, message)
        question, behind = said[at], said[at + 1 :]
        answer = _answer_in(behind)
        # Also where nothing of the answer is stored yet.
        writers = frozenset(one.turn for one in running if one.question == question.message_id)
        parts = _parts(question)
        if not parts:
            raise InvalidRequest("The question has nothing in it that could be asked again")
        return Again(found, question, answer, parts, _history(said[:at]), writers)


def _answer_in(behind: Sequence[StoredMessage]) -> StoredMessage | None:
    """Return the answer among what follows a question: what it rests on stands before it."""
    for one in behind:
        if not is_finding(one):
            return one if one.sender is Sender.AI else None
    return None


def _place_of_question(said: Sequence[StoredMessage], message: MessageId | None) -> int:
    """Return where the last question is, up to and including the message named."""
    end = len(said)
    if message is not None:
        places = [i for i, one in enumerate(said) if one.message_id == message]
        if not places:
            raise MessageNotFound(message)
        end = places[0] + 1
    questions = [i for i, one in enumerate(said[:end]) if one.sender is Sender.USER]
    if not questions:
        raise InvalidRequest("There is no question that could be asked again", "message_id")
    return questions[-1]


def _history(said: Sequence[StoredMessage]) -> tuple[Message, ...]:
    return tuple(
        Message(role, parts)
        for one in said
        if (role := _ROLES.get(one.sender)) is not None
        and (parts := _parts(one) if role == "user" else _words(one))
    )


def _words(message: StoredMessage) -> tuple[Part, ...]:
    text = (message.message or "").strip()
    return (TextPart(text),) if text else ()


def _parts(message: StoredMessage) -> tuple[Part, ...]:
    """Return the words and attachments; what has no address that leads anywhere is left out."""
    images = (ImagePart(url) for url in message.image_locations if _on_the_web(url))
    files = (_file(url) for url in message.file_locations if _on_the_web(url))
    return (*_words(message), *images, *files)


def _file(url: str) -> Part:
    kind = PurePosixPath(urlsplit(url).path).suffix.lower()
    return AudioPart(url) if kind in _AUDIO else FilePart(url)


def _on_the_web(url: str) -> bool:
    return url.lower().startswith(("https://", "http://")) or key_in(url) is not None
