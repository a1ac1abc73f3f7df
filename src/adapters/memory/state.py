"""What the stores in memory hold, and how a transaction changes it."""

import asyncio
from dataclasses import dataclass, field, replace

from domain.account import Account
from domain.batch import BatchJob
from domain.conversation.conversation import Conversation, StoredMessage
from domain.conversation.saved_prompt import SavedPrompt
from domain.ids import BatchId, ConversationId, JobId, MessageId, PromptId, TurnId, UserId
from domain.media import VideoJob
from domain.transfer.records import ArchivedConversation, ArchivedMessage
from domain.turn.record import TurnRecord
from domain.usage import UsageRecord


@dataclass(frozen=True)
class State:
    """All rows at one moment; the structs in it never change."""

    accounts: dict[UserId, Account] = field(default_factory=dict[UserId, Account])
    conversations: dict[ConversationId, Conversation] = field(
        default_factory=dict[ConversationId, Conversation]
    )
    messages: dict[MessageId, StoredMessage] = field(default_factory=dict[MessageId, StoredMessage])
    turns: dict[TurnId, TurnRecord] = field(default_factory=dict[TurnId, TurnRecord])
    usage: dict[TurnId, UsageRecord] = field(default_factory=dict[TurnId, UsageRecord])
    video_jobs: dict[JobId, VideoJob] = field(default_factory=dict[JobId, VideoJob])
    prompts: dict[PromptId, SavedPrompt] = field(default_factory=dict[PromptId, SavedPrompt])
    came: dict[MessageId | ConversationId, ArchivedMessage | ArchivedConversation] = field(
        default_factory=dict[MessageId | ConversationId, ArchivedMessage | ArchivedConversation]
    )
    """What archives said of what came out of them."""
    batches: dict[BatchId, BatchJob] = field(default_factory=dict[BatchId, BatchJob])
    last_message: int = 0
    last_prompt: int = 0
    last_account: int = 0

    def copy(self) -> "State":
        """Return a state of its own with the same rows."""
        return State(
            dict(self.accounts),
            dict(self.conversations),
            dict(self.messages),
            dict(self.turns),
            dict(self.usage),
            dict(self.video_jobs),
            dict(self.prompts),
            dict(self.came),
            dict(self.batches),
            self.last_message,
            self.last_prompt,
            self.last_account,
        )

    def with_account(self, account: Account) -> "State":
        """Return the state after an account got the next id; the rows are shared with this one."""
        self.accounts[account.id] = account
        return replace(self, last_account=account.id)

    def without(self, user: UserId) -> "State":
        """Return the state without a user's rows, and without what others said to that user."""
        talks = {key: talk for key, talk in self.conversations.items() if talk.owner != user}
        messages = {
            key: message
            for key, message in self.messages.items()
            if message.customer_id != user and message.session_id in talks
        }
        return replace(
            self,
            accounts={key: account for key, account in self.accounts.items() if key != user},
            conversations=talks,
            messages=messages,
            came={
                key: record
                for key, record in self.came.items()
                if key in (talks if isinstance(key, str) else messages)
            },
            turns={key: turn for key, turn in self.turns.items() if turn.user != user},
            video_jobs={key: job for key, job in self.video_jobs.items() if job.user != user},
            usage={key: used for key, used in self.usage.items() if used.user != user},
            prompts={key: prompt for key, prompt in self.prompts.items() if prompt.owner != user},
            batches={key: job for key, job in self.batches.items() if job.owner != user},
        )

    def with_message(self, message: StoredMessage) -> "State":
        """Return the state after a message got the next id; the rows are shared with this one."""
        self.messages[message.message_id] = message
        return replace(self, last_message=message.message_id)

    def with_prompt(self, prompt: SavedPrompt) -> "State":
        """Return the state after a prompt got the next id; the rows are shared with this one."""
        self.prompts[prompt.id] = prompt
        return replace(self, last_prompt=prompt.id)


class Shelf:
    """The committed state, and the turnstile for those who change it."""

    def __init__(self) -> None:
        self.committed = State()
        self.turnstile = asyncio.Lock()


class Draft:
    """One transaction: reads what is committed, writes a copy that a commit puts in its place.

    Writers take turns, as on SQLite; readers wait for nobody and see nothing unfinished.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._own: State | None = None

    @property
    def state(self) -> State:
        """What this transaction sees."""
        return self._shelf.committed if self._own is None else self._own

    @property
    def wrote(self) -> bool:
        """Whether there is anything to commit."""
        return self._own is not None

    async def writing(self) -> State:
        """Return a state to write to, after the writers before this one."""
        if self._own is None:
            await self._shelf.turnstile.acquire()
            self._own = self._shelf.committed.copy()
        return self._own

    def put(self, state: State) -> None:
        """Go on with another state of this transaction."""
        self._own = state

    def end(self, *, keep: bool) -> None:
        """Commit, or forget everything; then the next writer's turn comes."""
        own, self._own = self._own, None
        if own is None:
            return
        if keep:
            self._shelf.committed = own
        self._shelf.turnstile.release()
