"""A whole turn with Claude Code: its frames, and what is kept of its session."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adapters.claude_code.catalog import CARDS
from adapters.claude_code.chat import ClaudeCodeChatModel
from application.agent.choose import ChooseModel
from domain.catalog.catalog import Catalog
from domain.conversation.conversation import Conversation, ConversationDraft, MessageDraft
from domain.ids import ConversationId, MessageId, TurnId
from domain.turn.ask import Record
from domain.turn.events import ToolCalled
from domain.turn.prompt import TextPart
from domain.turn.settings import TurnSettings
from entrypoints.web.wire.frame import connection_part
from entrypoints.web.wire.frames import Framer
from tests.simulators import claude_code as sim
from tests.simulators.claude_code import OTHER_SESSION, SESSION, FakeClaude, Step
from tests.unit.rig import ANNA, Rig, question

WORK = sim.say(
    sim.init(),
    sim.started(),
    sim.text("Let me look."),
    sim.assistant(sim.text_block("Let me look.")),
    sim.assistant(sim.tool_use("t-1", "Read", file_path="a.txt")),
    sim.tool_result("t-1", "line one"),
    sim.started("m-2"),
    sim.text("One line."),
    sim.result("One line."),
)


def made(tmp_path: Path, *rounds: Sequence[Step]) -> tuple[FakeClaude, Rig]:
    fake = FakeClaude(tmp_path / "fake", *rounds)
    return fake, Rig(model=ClaudeCodeChatModel(fake.program, tmp_path / "data"))


def stage_of(code: str, after_content: bool) -> str:
    raise AssertionError(f"nothing fails here: {code}, {after_content}")


async def frames(rig: Rig, turn: TurnId) -> list[dict[str, Any]]:
    framer = Framer(stage_of, lambda saved: {})
    # Entry by entry, so that no deltas are joined.
    return [
        json.loads(frame.on(connection_part("c-1")))
        for entry in await rig.heard(turn)
        for step in framer.steps(turn, [entry])
        for frame in step.frames
    ]


async def row(rig: Rig, turn: TurnId) -> Conversation:
    record = await rig.record(turn)
    async with rig.store() as db:
        return await db.conversations.get(ANNA, record.conversation)


def named(found: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [frame["content"] for frame in found if frame.get("event_type") == name]


def goes_on(conversation: ConversationId) -> Record:
    return Record(conversation=ConversationDraft(id=conversation))


async def test_clients_see_the_contracts_frames_in_order(tmp_path: Path) -> None:
    _, rig = made(tmp_path, WORK)
    async with rig:
        found = await frames(rig, await rig.start())
    kinds = [frame.get("event_type") or frame["type"] for frame in found]
    assert kinds == [
        "working",
        "aiTextModelInUse",
        "claudeSession",
        "aiTextModelInUse",
        "text_chunk",
        "tool_start",
        "claudeToolUse",
        "tool_result",
        "text_chunk",
        "text_chunk",
        "claudeCodeFinalResult",
        "textGenerationCompleted",
        "db_operation_executed",
        "text_completed",
        "tts_not_requested",
    ]
    seqs = [frame["seq"] for frame in found]
    assert sorted(set(seqs)) == [*range(1, max(seqs) + 1)]


async def test_the_content_of_its_frames_is_the_contracts(tmp_path: Path) -> None:
    _, rig = made(tmp_path, WORK)
    async with rig:
        found = await frames(rig, await rig.start())
    assert named(found, "claudeSession") == [
        {
            "sessionId": SESSION,
            "metadata": {
                "model": "claude-opus-4-6",
                "tools": ["Bash", "Read"],
                "permissionMode": "acceptEdits",
                "version": "2.1.111",
            },
        }
    ]
    assert named(found, "claudeToolUse") == [{"tool": "Read", "input": {"file_path": "a.txt"}}]
    assert named(found, "aiTextModelInUse")[1] == {
        "type": "aiTextModelInUse",
        "message": "aiTextModelReceived",
        "aiTextModel": "claude-code",
        "provider": "anthropic",
        "actualModel": "claude-opus-4-6",
    }
    (result,) = named(found, "claudeCodeFinalResult")
    assert (result["sessionId"], result["subtype"]) == (SESSION, "success")
    assert (result["result"], result["numTurns"]) == ("One line.", 2)
    assert (result["totalCostUsd"], result["usage"]["input_tokens"]) == (0.0123, 3210)
    (written,) = named(found, "textGenerationCompleted")
    assert written["full_response"] == "Let me look.\n\nOne line."
    assert written["metadata"]["claude_session_id"] == SESSION
    assert written["metadata"]["usage"]["cost_usd"] == 0.0123
    (start,) = [frame["data"] for frame in found if frame["type"] == "tool_start"]
    (returned,) = [frame["data"] for frame in found if frame["type"] == "tool_result"]
    assert start["call_id"] == returned["call_id"] == "t-1"
    assert start["tool_input"] == returned["tool_input"] == {"file_path": "a.txt"}
    assert returned["tool_result"] == "line one"


def test_it_is_chosen_by_name_and_shown_as_anthropics(tmp_path: Path) -> None:
    model = ClaudeCodeChatModel(None, tmp_path)
    choose = ChooseModel(Catalog(CARDS), {"claude_code": model})
    for name in ("claude-code", "Claude-Sidecar"):
        choice = choose(TurnSettings(model=name, reasoning=True), (TextPart("Why?"),))
        assert choice.model is model
        assert (choice.card.model, choice.card.provider) == ("claude-code", "anthropic")


async def test_other_providers_tools_are_no_claude_tools() -> None:
    framer = Framer(stage_of, lambda saved: {})
    bodies = framer._bodies(ToolCalled("1", "web_search", {}, "openai", run_by_provider=True), 0)
    assert [body["type"] for body in bodies] == ["tool_start"]


async def test_the_next_turn_goes_on_in_the_session(tmp_path: Path) -> None:
    fake, rig = made(tmp_path, WORK, WORK, sim.answer("Anew.", session=OTHER_SESSION))
    async with rig:
        first = await rig.start()
        await rig.ending(first)
        conversation = (await rig.record(first)).conversation
        assert (await row(rig, first)).claude_session_id == SESSION
        second = await rig.start(question("More?", record=goes_on(conversation)))
        await rig.ending(second)
        edited = MessageDraft(message_id=MessageId((await rig.rows(first))[0].message_id))
        edit = Record(conversation=ConversationDraft(id=conversation), question=edited, edits=True)
        third = await rig.start(question("Else?", record=edit))
        await rig.ending(third)
        assert (await row(rig, third)).claude_session_id == OTHER_SESSION
    resumed = [[one for one in run.arguments if "--resume" in one] for run in fake.runs]
    # What was said after the edited question is not to be remembered.
    assert resumed == [[], [f"--resume={SESSION}"], []]
    assert len({run.folder for run in fake.runs}) == 1


async def test_a_cancelled_turn_leaves_its_session_to_go_on_with(tmp_path: Path) -> None:
    fake, rig = made(tmp_path, [*WORK[:3], sim.hang()], sim.answer("On."))
    async with rig:
        first = await rig.start()
        async with rig.turns.follow(ANNA, first, 0) as batches:
            async for batch in batches:
                if any(entry.chunk for entry in batch):
                    break
        await rig.turns.cancel(ANNA, first)
        await rig.ending(first)
        assert (await row(rig, first)).claude_session_id == SESSION
        again = goes_on((await rig.record(first)).conversation)
        await rig.ending(await rig.start(question("Go on", record=again)))
    assert f"--resume={SESSION}" in fake.runs[1].arguments


async def test_a_question_that_is_not_kept_leaves_nothing(tmp_path: Path) -> None:
    fake, rig = made(tmp_path, WORK)
    async with rig:
        await rig.ending(await rig.start(question(record=None)))
    assert not fake.runs[0].folder.exists()
