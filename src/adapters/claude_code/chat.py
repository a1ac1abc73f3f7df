"""Claude Code as a chat model: one child process for each question."""

import shutil
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path

from adapters.claude_code.catalog import PROVIDER
from adapters.claude_code.environment import child_environment
from adapters.claude_code.errors import lost_session
from adapters.claude_code.events import CodeReader
from adapters.claude_code.lines import LineSplitter
from adapters.claude_code.process import (
    GRACE_S,
    VARIABLE,
    CodeProcess,
    Command,
    not_runnable,
    running,
)
from adapters.claude_code.request import arguments, input_lines
from adapters.claude_code.workplace import Workplace, workplace
from adapters.transport.aside import aside
from adapters.transport.attachments import inline_size
from adapters.transport.patience import Patience
from application.ports.chat_model import ChatModel
from domain.errors import NotConfigured
from domain.provider_errors import (
    ProviderError,
    ProviderGarbled,
    ProviderUnavailable,
    ProviderUnreachable,
)
from domain.turn.events import CodeSession, ModelEvent
from domain.turn.prompt import Prompt

_EXIT_S = 1.0
"""From the end of its output to its own end."""


class ClaudeCodeChatModel(ChatModel):
    """Nothing is started before the first question, and nothing at all without a program."""

    def __init__(
        self,
        program: Path | None,
        root: Path,
        model: str | None = None,
        patience: Patience | None = None,
        environ: Mapping[str, str] | None = None,
        grace_s: float = GRACE_S,
    ) -> None:
        """Remember how to start it; nothing is looked at yet.

        Args:
            program: the `claude` binary; None makes every use a `NotConfigured`.
            root: holds the working folders; made when first needed.
            model: which model it is to use; None leaves that to it.
            patience: when silence is an error.
            environ: the server's environment, of which it gets to see what it needs.
            grace_s: how long it may take to end when it is asked to.
        """
        self._program = program
        self._root = root
        self._model = model
        self._patience = patience or Patience()
        self._environment = child_environment(environ or {})
        self._grace_s = grace_s

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Sequence[ModelEvent], None]:
        """Yield the answer; see the port. Closing it ends the process and all that it has started.

        A session that is not known here any more is an error for this once: asked again, the
        conversation goes on in a new one, which is told what was said before.

        Raises:
            ModelCannot: the prompt holds something that the wire cannot carry.
            InvalidRequest: the conversation's earlier question is still being worked on.
        """
        program = self._runnable()
        with workplace(self._root.absolute(), prompt.origin) as place:
            session = _to_go_on_with(prompt, place)
            size, resumes = inline_size(prompt), session is not None
            try:
                question = await aside(size, input_lines, prompt, resumes=resumes)
                command = self._command(program, prompt, place, session, question)
                async with (
                    running(command, self._grace_s) as child,
                    aclosing(self._answer(child, place)) as batches,
                ):
                    async for batch in batches:
                        yield batch
            except OSError as error:
                raise ProviderUnreachable(
                    PROVIDER, "The working folder of Claude Code cannot be written"
                ) from error
            except ProviderError as error:
                if session is None or not lost_session(error):
                    raise
                place.forget(session)
                raise ProviderUnavailable(
                    PROVIDER, "Claude Code no longer has the session of this conversation"
                ) from error

    def _command(
        self,
        program: Path,
        prompt: Prompt,
        place: Workplace,
        session: str | None,
        question: bytes,
    ) -> Command:
        instructions = place.instruct(prompt.system) if prompt.system else None
        options = arguments(self._model, session, instructions)
        return Command(program, options, place.folder, self._environment, question)

    async def _answer(
        self, process: CodeProcess, place: Workplace
    ) -> AsyncGenerator[Sequence[ModelEvent], None]:
        reader, splitter = CodeReader(), LineSplitter()
        within_s = self._patience.first_token_s
        while not reader.ended:
            chunk = await process.read(within_s)
            within_s = self._patience.idle_s
            lines = splitter.feed(chunk) if chunk else [splitter.leftover()]
            events: list[ModelEvent] = []
            try:
                _read(reader, lines, events, place)
            except ProviderError as error:
                if events:
                    yield events  # Said before it went wrong.
                if chunk or not isinstance(error, ProviderGarbled):
                    raise
                # No JSON because the output ended inside it.
            if events:
                yield events
            if not chunk and not reader.ended:
                reader.finish(*await process.last_words(_EXIT_S))
        process.done()

    def _runnable(self) -> Path:
        if self._program is None:
            raise NotConfigured(VARIABLE)
        found = shutil.which(self._program, path=self._environment.get("PATH"))
        if found is None:
            raise not_runnable()
        return Path(found).absolute()


def _read(
    reader: CodeReader, lines: Iterable[bytes], events: list[ModelEvent], place: Workplace
) -> None:
    """Add what the lines say, those before a faulty one included."""
    for line in lines:
        for event in reader.feed(line):
            if isinstance(event, CodeSession):
                place.remember(event.id)
            events.append(event)


def _to_go_on_with(prompt: Prompt, place: Workplace) -> str | None:
    session = prompt.origin.session if prompt.origin else None
    return session if session and place.knows(session) else None
