"""Claude Code as a chat model: a real child process, which a test has told what to say."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from pathlib import Path

import pytest
import uvloop

from adapters.claude_code.catalog import CARDS
from adapters.claude_code.chat import ClaudeCodeChatModel
from adapters.claude_code.process import VARIABLE
from adapters.transport.patience import Patience
from domain.errors import InvalidRequest, ModelCannot, NotConfigured
from domain.ids import ConversationId, UserId
from domain.provider_errors import (
    FirstTokenTimedOut,
    ProviderBrokeOff,
    ProviderGarbled,
    ProviderUnauthorized,
    ProviderUnavailable,
    StreamStalled,
)
from domain.turn.events import (
    CodeResult,
    CodeSession,
    ModelEvent,
    ModelStopped,
    TextDelta,
    ThinkingDelta,
    ToolCalled,
    ToolReturned,
)
from domain.turn.prompt import FilePart, Message, Origin, Part, Prompt, TextPart
from tests.batches import one_by_one
from tests.simulators import claude_code as sim
from tests.simulators.claude_code import OTHER_SESSION, SESSION, FakeClaude, Step

ANNA, BORIS = UserId(1), UserId(2)
TALK = ConversationId("1f0e2d3c-0000-4000-8000-00000000000a")
OTHER_TALK = ConversationId("1f0e2d3c-0000-4000-8000-00000000000b")
IMPATIENT = Patience(first_token_s=0.5, idle_s=0.5)
GRACE_S = 10.0
HERE = {"PATH": os.environ.get("PATH", ""), "PARLEY_AUTH_SECRET": "ours", "ANTHROPIC_API_KEY": "k"}

Made = Callable[..., tuple[FakeClaude, ClaudeCodeChatModel]]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Return a program with a script, and a model that runs it."""

    def make(
        *rounds: Sequence[Step],
        patience: Patience | None = None,
        model: str | None = None,
        grace_s: float = GRACE_S,
    ) -> tuple[FakeClaude, ClaudeCodeChatModel]:
        fake = FakeClaude(tmp_path / "fake", *rounds)
        root = tmp_path / "data" / "claude_code"
        return fake, ClaudeCodeChatModel(fake.program, root, model, patience, HERE, grace_s)

    return make


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "gate")
    return tmp_path / "gate"


async def opened(gate: Path) -> None:
    """Let the program go on, once it waits at the gate."""
    await asyncio.to_thread(lambda: os.close(os.open(gate, os.O_WRONLY)))


def prompt(
    *parts: Part,
    user: UserId = ANNA,
    conversation: ConversationId | None = TALK,
    session: str | None = None,
    system: str = "",
    earlier: tuple[Message, ...] = (),
) -> Prompt:
    return Prompt(
        card=CARDS[0],
        messages=(*earlier, Message("user", parts or (TextPart("Why?"),))),
        system=system,
        origin=Origin(user, conversation, session),
    )


async def heard(model: ClaudeCodeChatModel, asked: Prompt | None = None) -> list[ModelEvent]:
    async with aclosing(one_by_one(model.stream(asked or prompt()))) as events:
        return [event async for event in events]


def text_of(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def alive(pid: int) -> bool:
    """Return whether there is such a process, one that is dead but not buried being none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


class Holder:
    """The test's end of a pipe that a process holds open for as long as it lives."""

    def __init__(self, pipe: Path) -> None:
        self._end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self._loop = asyncio.get_running_loop()

    async def _readable(self) -> bytes:
        news: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(self._end, news.set_result, None)
        try:
            await news
        finally:
            self._loop.remove_reader(self._end)
        return os.read(self._end, 100)

    async def is_there(self) -> None:
        """Wait until it has opened the pipe."""
        assert await self._readable() == b"!"

    async def is_gone(self) -> None:
        """Wait until nobody holds the pipe."""
        assert await self._readable() == b""
        os.close(self._end)


async def test_an_answer_is_told_as_it_is_written(made: Made) -> None:
    fake, model = made(sim.answer("One ", "moment."))
    events = await heard(model)
    assert text_of(events) == "One moment."
    assert isinstance(events[0], CodeSession)
    assert events[0].id == SESSION
    assert isinstance(events[-2], CodeResult)
    assert isinstance(events[-1], ModelStopped)
    assert [run.question for run in fake.runs] == [[{"type": "text", "text": "Why?"}]]


async def test_nothing_is_held_back(made: Made, gate: Path) -> None:
    whole = sim.answer("First ", "last.")
    _, model = made([*whole[:3], sim.wait_for(gate), *whole[3:]])
    async with aclosing(one_by_one(model.stream(prompt()))) as events:
        seen = [await anext(events), await anext(events)]
        assert isinstance(seen[1], TextDelta)
        await opened(gate)
        assert text_of([*seen, *[event async for event in events]]) == "First last."


async def test_thinking_and_tools_are_told(made: Made) -> None:
    _, model = made(
        sim.say(
            sim.init(),
            sim.started(),
            sim.thinking("Hm."),
            sim.assistant(sim.thinking_block("Hm.")),
            sim.assistant(sim.tool_use("t-1", "Bash", command="ls")),
            sim.tool_result("t-1", "a.txt"),
            sim.started("m-2"),
            sim.text("One file."),
            sim.result("One file."),
        )
    )
    told = [event for event in await heard(model) if not isinstance(event, CodeSession)]
    assert told[:3] == [
        ThinkingDelta("Hm."),
        ToolCalled("t-1", "Bash", {"command": "ls"}, "claude_code", run_by_provider=True),
        ToolReturned("t-1", "Bash", "a.txt", arguments={"command": "ls"}),
    ]


async def test_the_session_is_gone_on_with(made: Made) -> None:
    fake, model = made(sim.answer("Hi."), sim.answer("Again."))
    await heard(model)
    earlier = (Message("user", (TextPart("Hello"),)), Message("assistant", (TextPart("Hi."),)))
    await heard(model, prompt(TextPart("More?"), session=SESSION, earlier=earlier))
    first, second = fake.runs
    assert not any(argument.startswith("--resume") for argument in first.arguments)
    assert f"--resume={SESSION}" in second.arguments
    assert second.question == [{"type": "text", "text": "More?"}]
    assert second.folder == first.folder


@pytest.mark.parametrize(
    "asked",
    [
        prompt(session=SESSION, user=BORIS),
        prompt(session=SESSION, conversation=OTHER_TALK),
        prompt(session=OTHER_SESSION),
        prompt(session="--dangerously-skip-permissions"),
        prompt(session=SESSION, conversation=None),
    ],
    ids=["another user", "another conversation", "an unknown one", "an option", "none kept"],
)
async def test_a_session_is_gone_on_with_only_where_it_was_begun(made: Made, asked: Prompt) -> None:
    fake, model = made(sim.answer("Hi."), sim.answer("Who?"))
    await heard(model)
    await heard(model, asked)
    assert asked.origin is not None
    assert not any("--resume" in argument for argument in fake.runs[1].arguments)
    assert not any(str(asked.origin.session) in argument for argument in fake.runs[1].arguments)


@pytest.mark.parametrize(
    "lost",
    [
        sim.say(sim.failure(f"No conversation found with session ID: {SESSION}")),
        [sim.complain(f"No conversation found with session ID: {SESSION}\n"), sim.leave(1)],
    ],
    ids=["as a result", "on standard error"],
)
async def test_a_lost_session_fails_once_and_then_begins_anew(
    made: Made, lost: Sequence[Step]
) -> None:
    fake, model = made(sim.answer("Hi."), lost, sim.answer("New.", session=OTHER_SESSION))
    earlier = (Message("user", (TextPart("Hello"),)),)
    asked = prompt(session=SESSION, earlier=earlier)
    await heard(model)
    with pytest.raises(ProviderUnavailable) as caught:
        await heard(model, asked)
    assert caught.value.retryable
    assert text_of(await heard(model, asked)) == "New."
    assert len(fake.runs[2].question) == 2


async def test_users_and_conversations_have_folders_of_their_own(
    made: Made, tmp_path: Path
) -> None:
    asked = [
        prompt(),
        prompt(conversation=OTHER_TALK),
        prompt(user=BORIS),
        prompt(conversation=ConversationId("../../../escape")),
        prompt(conversation=None),
    ]
    fake, model = made(*[sim.answer("Hi.")] * len(asked))
    async with asyncio.TaskGroup() as group:
        for one in asked:
            group.create_task(heard(model, one))
    folders = {run.folder for run in fake.runs}
    assert len(folders) == len(asked)
    root = (tmp_path / "data" / "claude_code").resolve()
    assert {folder.parent for folder in folders} == {root / "1", root / "2"}
    kept = [folder for folder in folders if folder.exists()]
    assert len(kept) == len(asked) - 1
    assert {folder.stat().st_mode & 0o777 for folder in (root, *kept)} == {0o700}


async def test_one_conversation_is_worked_on_by_one_at_a_time(made: Made) -> None:
    fake, model = made([*sim.answer("Hi.")[:2], sim.hang()], sim.answer("Hi."))
    async with aclosing(model.stream(prompt())) as first:
        await anext(first)
        with pytest.raises(InvalidRequest) as caught:
            await heard(model)
        assert caught.value.field == "session_id"
    assert fake.starts == 1
    assert text_of(await heard(model)) == "Hi."


async def test_what_a_user_wrote_is_no_argument(made: Made) -> None:
    fake, model = made(sim.answer("Hi."), model="opus")
    await heard(model, prompt(TextPart("--version; $(reboot)"), system="Be secretive."))
    (run,) = fake.runs
    assert not any("reboot" in one or "secretive" in one for one in run.arguments)
    assert run.question == [{"type": "text", "text": "--version; $(reboot)"}]
    assert run.instructions == "Be secretive."
    assert "--model=opus" in run.arguments
    assert not [*run.folder.parent.glob("*.instructions")]


async def test_the_child_sees_nothing_of_ours(made: Made) -> None:
    fake, model = made(sim.answer("Hi."))
    await heard(model)
    (run,) = fake.runs
    assert run.environment.keys() == {
        "PATH",
        "ANTHROPIC_API_KEY",
        "CLAUDE_CODE_SUBPROCESS_ENV_SCRUB",
        "PARLEY_RUN",
    }


async def test_an_error_result_is_an_error(made: Made) -> None:
    _, model = made(
        sim.say(
            sim.init(),
            sim.assistant(sim.text_block("Please run /login"), error="authentication_failed"),
            sim.result("Please run /login", is_error=True),
        )
    )
    with pytest.raises(ProviderUnauthorized):
        await heard(model)


async def _rest(
    batches: AsyncGenerator[Sequence[ModelEvent], None], told: list[ModelEvent]
) -> None:
    async for batch in batches:
        told.extend(batch)


async def test_what_was_said_before_an_error_is_told(made: Made) -> None:
    lines = (sim.init(), sim.started(), sim.text("So "), sim.failure("It broke"))
    # All in one write, so that it may come in one read.
    body = "".join(str(step["write"]) for step in sim.say(*lines))
    _, model = made([sim.write(body)])
    batches = model.stream(prompt())
    told = [*await anext(batches)]
    with pytest.raises(ProviderUnavailable):
        await _rest(batches, told)
    assert text_of(told) == "So "


async def test_a_bad_exit_tells_the_last_line_of_standard_error(made: Made) -> None:
    _, model = made([sim.complain("note\nError: unknown option '--x'\n"), sim.leave(2)])
    with pytest.raises(ProviderBrokeOff, match=r"without a word \(exit code 2\): Error: unknown"):
        await heard(model)


async def test_standard_error_without_end_hinders_nothing(made: Made) -> None:
    _, model = made([sim.complain("x" * 2**20), *sim.answer("Hi.")])
    assert text_of(await heard(model)) == "Hi."


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [sim.leave(0)],
        sim.answer("Hi.")[:-1],
        [*sim.say(sim.init()), sim.write('{"type":"result","subtype":"suc'), sim.leave(0)],
    ],
    ids=["no output", "at once", "before its result", "in the middle of its result"],
)
async def test_an_end_without_a_result_is_an_error(made: Made, steps: Sequence[Step]) -> None:
    _, model = made(steps)
    with pytest.raises(ProviderBrokeOff):
        await heard(model)


async def test_garbage_is_an_error(made: Made) -> None:
    _, model = made([*sim.say(sim.init()), sim.write("{not json\n"), sim.hang()], grace_s=10)
    with pytest.raises(ProviderGarbled):
        await heard(model)


async def test_a_long_line_comes_through_and_an_endless_one_is_an_error(made: Made) -> None:
    long = "y" * 2**20
    _, model = made(
        sim.say(sim.init(), sim.assistant(sim.text_block(long)), sim.result(long)),
        [*sim.say(sim.init()), sim.write_long(17 * 2**20), sim.hang()],
    )
    assert text_of(await heard(model)) == long
    with pytest.raises(ProviderGarbled):
        await heard(model)


async def test_a_slow_reader_makes_the_child_wait(made: Made) -> None:
    words = ["z" * 2**16] * 100
    _, model = made(sim.answer(*words))
    events: list[ModelEvent] = []
    async with aclosing(one_by_one(model.stream(prompt()))) as told:
        async for event in told:
            await asyncio.sleep(0)
            events.append(event)
    assert text_of(events) == "".join(words)


async def test_a_question_of_megabytes_is_told_whole(made: Made) -> None:
    fake, model = made(sim.answer("Hi."))
    question = "w" * (3 * 2**20)
    await heard(model, prompt(TextPart(question)))
    assert fake.runs[0].question[0]["text"] == question


@pytest.mark.parametrize("before", [0, 2], ids=["before its first word", "in between"])
async def test_silence_is_an_error(made: Made, before: int) -> None:
    fake, model = made([*sim.answer("Hi.")[:before], sim.hang()], patience=IMPATIENT)
    with pytest.raises(StreamStalled if before else FirstTokenTimedOut):
        await heard(model)
    assert not any(alive(run.pid) for run in fake.runs)


async def test_closing_early_ends_all_that_was_started(made: Made, pipe: Path) -> None:
    holder = Holder(pipe)
    fake, model = made([sim.bear_child(pipe), *sim.answer("Hi.")[:3], sim.hang()])
    async with aclosing(model.stream(prompt())) as batches:
        await anext(batches)
        await holder.is_there()
    (run,) = fake.runs
    assert run.group == run.pid
    assert run.group != os.getpgid(0)
    assert not alive(run.pid)
    await holder.is_gone()


@pytest.mark.parametrize("leaves_group", [False, True], ids=["in its group", "in one of its own"])
async def test_cancelling_ends_even_what_takes_no_notice(
    made: Made, pipe: Path, leaves_group: bool
) -> None:
    holder = Holder(pipe)
    child = sim.bear_child(pipe, leaves_group=leaves_group, stubborn=True)
    script = [sim.be_stubborn(), child, *sim.answer("Hi.")[:3], sim.hang()]
    fake, model = made(script, grace_s=0.05)
    task = asyncio.create_task(heard(model))
    await holder.is_there()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
    assert not alive(fake.runs[0].pid)
    await holder.is_gone()


async def test_being_cancelled_again_does_not_leave_it_running(made: Made, pipe: Path) -> None:
    holder = Holder(pipe)
    fake, model = made([sim.be_stubborn(), sim.bear_child(pipe), sim.hang()], grace_s=3600)
    task = asyncio.create_task(heard(model))
    await holder.is_there()
    task.cancel()
    await asyncio.wait({task}, timeout=0.01)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert not alive(fake.runs[0].pid)
    await holder.is_gone()


@pytest.mark.parametrize("leaves_group", [False, True], ids=["in its group", "in one of its own"])
async def test_nothing_outlives_a_finished_answer(
    made: Made, pipe: Path, gate: Path, leaves_group: bool
) -> None:
    holder = Holder(pipe)
    fake, model = made(
        [
            sim.bear_child(pipe, leaves_group=leaves_group, stubborn=True),
            sim.wait_for(gate),
            *sim.answer("Hi."),
        ],
    )
    task = asyncio.create_task(heard(model))
    await holder.is_there()
    await opened(gate)
    assert text_of(await task) == "Hi."
    assert not alive(fake.runs[0].pid)
    await holder.is_gone()


async def test_cancelling_while_it_starts_leaves_nothing(made: Made) -> None:
    fake, model = made(*[[sim.hang()]] * 20)
    for turns in range(20):
        task = asyncio.create_task(heard(model))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert not any(alive(run.pid) for run in fake.runs)


async def test_without_a_program_it_is_not_configured(tmp_path: Path) -> None:
    model = ClaudeCodeChatModel(None, tmp_path)
    with pytest.raises(NotConfigured) as caught:
        await heard(model)
    assert caught.value.key == VARIABLE
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - not async, nor is pathlib


@pytest.mark.parametrize("kind", ["missing", "not executable", "a folder", "no program"])
async def test_what_cannot_be_run_is_not_configured(tmp_path: Path, kind: str) -> None:
    program = tmp_path / "claude"
    if kind == "a folder":
        program.mkdir()
    elif kind != "missing":
        program.write_bytes(b"\x00\x01\x02")
        program.chmod(0o700 if kind == "no program" else 0o600)
    with pytest.raises(NotConfigured, match=VARIABLE):
        await heard(ClaudeCodeChatModel(program, tmp_path / "data", environ=HERE))


async def test_a_root_that_cannot_be_made_is_not_configured(made: Made, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    _, model = made(sim.answer("Hi."))
    with pytest.raises(NotConfigured, match="working folders"):
        await heard(model)


async def test_a_link_in_place_of_a_folder_is_refused(made: Made, tmp_path: Path) -> None:
    fake, model = made(sim.answer("Hi."))
    home = tmp_path / "data" / "claude_code" / "1"
    home.mkdir(parents=True)
    (home / TALK).symlink_to(tmp_path)
    with pytest.raises(NotConfigured, match="link"):
        await heard(model)
    assert fake.starts == 0


async def test_what_cannot_be_asked_starts_nothing(made: Made) -> None:
    fake, model = made(sim.answer("Hi."))
    with pytest.raises(ModelCannot):
        await heard(model, prompt(FilePart("data:text/plain,x")))
    assert fake.starts == 0


async def test_no_task_is_left_behind(made: Made) -> None:
    before = asyncio.all_tasks()
    _, model = made(sim.answer("Hi."))
    await heard(model)
    assert asyncio.all_tasks() <= before


def test_the_servers_own_loop_does_as_well(made: Made, pipe: Path) -> None:
    """Children are started, fed and buried differently there."""
    child = sim.bear_child(pipe, leaves_group=True, stubborn=True)
    long = "w" * (3 * 2**20)
    fake, model = made(
        sim.answer("Hi. ", long),
        [sim.be_stubborn(), child, *sim.answer("Hi.")[:3], sim.hang()],
        [sim.complain("Error: no luck\n"), sim.leave(2)],
        grace_s=0.05,
    )

    async def all_of_it() -> None:
        assert text_of(await heard(model, prompt(TextPart(long)))) == f"Hi. {long}"
        holder = Holder(pipe)
        task = asyncio.create_task(heard(model))
        await holder.is_there()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await holder.is_gone()
        with pytest.raises(ProviderBrokeOff, match="exit code 2"):
            await heard(model)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(all_of_it())
    assert fake.runs[0].question[0]["text"] == long
    assert not any(alive(run.pid) for run in fake.runs)
