"""A few words that tell a conversation from the others."""

from contextlib import aclosing

import structlog

from application.agent.choose import ChooseModel
from application.agent.patience import ask_patiently
from application.chat.ledger import Ledger
from application.chat.meter import Meter
from application.ports.clock import Clock
from application.ports.unit_of_work import Stores, UnitOfWork
from application.usage.spending import Spending
from domain.conversation.conversation import NEW_NAME, Conversation, StoredMessage
from domain.errors import AccountNotFound, ConversationNotFound, InvalidRequest, ParleyError
from domain.ids import ConversationId, TurnId, UserId
from domain.storage_errors import StorageError
from domain.turn.events import TextDelta
from domain.turn.prompt import Message, Part, Prompt, TextPart, joined_text
from domain.turn.settings import TurnSettings

log = structlog.get_logger("naming")

LONGEST = 50
SETTINGS = TurnSettings(model="gpt-4o-mini", temperature=0.3, max_tokens=50)
_READ = 4000
"""Characters of the text that the model is shown: a title needs no more."""
_QUOTES = "\"'`“”„‘’‚«»‹›"  # noqa: RUF001 - models use them all
_TASK = (
    "You name conversations. Answer with a title of two to five words for the text you are given, "
    "in its language: the title alone, without quotation marks or a full stop. Never answer the "
    "text itself."
)
_HINTS = {"developer": " Name the technology the text is about."}


class NameConversation:
    """Asks a small model for a title, and stores it where there is a conversation."""

    def __init__(
        self,
        work: UnitOfWork,
        choose: ChooseModel,
        spending: Spending,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self._work = work
        self._choose = choose
        self._spending = spending
        self._ledger = ledger
        self._clock = clock

    async def __call__(
        self,
        user: UserId,
        prompt: tuple[Part, ...],
        conversation: ConversationId | None = None,
        character: str | None = None,
    ) -> str:
        """Return a title of at most `LONGEST` characters.

        It is made from the prompt, else from the first two messages of the conversation. Storing
        it does not move the conversation in the list; a title that cannot be stored is returned
        all the same.

        Raises:
            ConversationNotFound: the user has no such conversation.
            InvalidRequest: there is nothing to make a title from.
            ProviderError, NotConfigured, UnknownModel: the model cannot be asked.
            SpendingCapReached: a title costs money too, and the user may spend no more today.
        """
        text = joined_text(prompt)
        if conversation:
            found, said = await self._read(user, conversation)
            text = text or said
            character = found.character
        if not text and not conversation:
            raise InvalidRequest("Prompt or existing session content is required", "prompt")
        title = _fit(await self._ask(user, text, character)) if text else ""
        title = title or _fit(text) or NEW_NAME
        if conversation:
            await self._store(user, conversation, title)
        return title

    async def _read(self, user: UserId, conversation: ConversationId) -> tuple[Conversation, str]:
        async def read(db: Stores) -> tuple[Conversation, str]:
            found = await db.conversations.get(user, conversation)
            messages = await db.conversations.messages(user, (conversation,))
            return found, _opening(messages.get(conversation, ()))

        return await self._work.run(read)

    async def _ask(self, user: UserId, text: str, character: str | None) -> str:
        question = (TextPart(text[:_READ]),)
        choice = self._choose(SETTINGS, question)
        prompt = Prompt(
            card=choice.card,
            messages=(Message("user", question),),
            system=_TASK + _HINTS.get(character or "", ""),
            temperature=choice.temperature,
            max_tokens=choice.max_tokens,
        )
        call, meter = TurnId(self._clock.new_id()), Meter(self._clock)
        await self._spending.reserve(user, call, prompt)
        meter.asks(choice.card)
        said: list[str] = []
        try:
            async with aclosing(ask_patiently(choice.model, prompt)) as batches:
                async for batch in batches:
                    meter.saw(batch)
                    said += [event.text for event in batch if isinstance(event, TextDelta)]
        except ParleyError as error:
            meter.failed(error)
            raise
        finally:
            await self._bill(user, call, meter)
        return "".join(said)

    async def _bill(self, user: UserId, call: TurnId, meter: Meter) -> None:
        if (metering := meter.reading()) is None:
            return
        try:
            await self._ledger.bill(call, user, metering)
        except (StorageError, AccountNotFound) as error:
            log.warning("title not billed", customer=user, error=error.code)

    async def _store(self, user: UserId, conversation: ConversationId, title: str) -> None:
        try:
            await self._work.run(
                lambda db: db.conversations.rename(user, conversation, title), repeatable=True
            )
        except (StorageError, ConversationNotFound) as error:
            log.warning("title not stored", conversation=conversation, error=error.code)


def _opening(messages: list[StoredMessage] | tuple[()]) -> str:
    return "\n".join(message.message for message in messages[:2] if message.message).strip()


def _fit(text: str) -> str:
    line = " ".join(text.split()).strip(_QUOTES).strip()
    return line[:LONGEST].rstrip()
