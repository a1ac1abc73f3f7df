"""Deep research as a client of the chat socket meets it, from the request to the terminal pair."""

import json
from typing import Any

from adapters.memory.clock import settle
from domain.provider_errors import ProviderUnauthorized
from tests.unit.entrypoints.sockets import PAIR, Client
from tests.unit.research_rig import FOUND, ResearchRig
from tests.unit.rig import ANNA

TEXT = {"model": "writer", "deep_research_enabled": True, "deep_research_reasoning_effort": "high"}


def research(text: dict[str, Any] | None = None, **said: Any) -> dict[str, Any]:
    return {
        "request_type": "text",
        "user_input": {
            "prompt": [{"type": "text", "text": "When is high tide?"}],
            "chat_history": [{"role": "user", "content": "I am in Brest"}],
            "session_id": "",
            **said,
        },
        "user_settings": {"text": TEXT | (text or {})},
    }


def told(frames: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    return [frame["content"] for frame in frames if frame.get("event_type") == event]


async def test_a_question_is_researched() -> None:
    async with ResearchRig() as rig, Client(rig) as client:
        frames = await client.say(research())
        names = [frame.get("event_type") or frame["type"] for frame in frames]
        assert names == [
            "working", "aiTextModelInUse", "deepResearch", "deepResearch", "deepResearch",
            "citations", "deepResearch", "text_chunk", "text_chunk",
            "deepResearch", "textGenerationCompleted", "db_operation_executed", *PAIR,
        ]  # fmt: skip
        stages = told(frames, "deepResearch")
        assert [(stage["type"], stage["stage"]) for stage in stages] == [
            ("deepResearchStarted", "initialization"),
            ("deepResearchOptimizing", "optimization"),
            ("deepResearchSearching", "research"),
            ("deepResearchAnalyzing", "analysis"),
            ("deepResearchCompleted", "completed"),
        ]
        assert all(stage["message"] for stage in stages)
        assert stages[2]["optimizedPrompt"] == "Today's date: 2026-01-01\n\nFind the tide"
        (citations,) = told(frames, "citations")
        assert citations["citations"] == [
            {"number": 1, "url": "https://a.example", "title": "A"},
            {"number": 2, "url": "https://b.example", "title": "B"},
        ]
        saved = json.loads(frames[-3]["content"])
        rows = await rig.rows(frames[0]["turn_id"])
        ids = [row.message_id for row in rows]
        assert saved == {
            "session_id": rows[0].session_id,
            "user_message_id": ids[0],
            "ai_message_id": ids[3],
            "optimized_prompt_id": ids[1],
            "research_message_id": ids[2],
            "analysis_message_id": ids[3],
            "deep_research": True,
        }
        assert stages[4]["citationsCount"] == 2
        assert stages[4]["tag"] == "notification"
        assert stages[4]["session_id"] == saved["session_id"]
        assert rig.scout.prompts[0].effort == "high"
        assert rig.scout.prompts[0].messages[0].text == "I am in Brest"
        (completed,) = told(frames, "textGenerationCompleted")
        found = completed["metadata"]["research_metadata"]
        assert found["stage_count"] == 3
        assert found["analysis_response"] == completed["full_response"] == "At noon it is high [1]."
        assert found["research_response"] == "High at noon [1], low at six [2]."
        assert set(found["stage_timings"]) == {"optimization", "research", "analysis"}
        assert found["session_id"] == saved["session_id"]
        kept = frames[-2]["metadata"]["research_metadata"]
        assert kept == {
            "message_ids": ids,
            "notification_tagged": True,
            "session_id": saved["session_id"],
        }


async def test_a_failure_is_told_once_with_its_stage_and_the_pair() -> None:
    found = [ProviderUnauthorized("perplexity", "perplexity does not accept the key")]
    async with ResearchRig(found=found) as rig, Client(rig) as client:
        frames = await client.say(research())
        assert [frame["type"] for frame in frames[-4:]] == ["error", "db_operation_executed", *PAIR]
        assert frames[-4]["stage"] == "text"
        assert frames[-4]["code"] == "provider_unauthorized"
        assert frames[-4]["content"].startswith("AI provider error: perplexity")
        failed = told(frames, "deepResearch")[-1]
        assert failed == {
            "type": "deepResearchError",
            "message": "perplexity does not accept the key",
            "stage": "error",
        }


async def test_a_request_without_a_primary_model_is_told_so() -> None:
    async with ResearchRig() as rig, Client(rig) as client:
        frames = await client.say(research({"model": ""}))
        assert frames[0]["type"] == "working"
        error = next(frame for frame in frames if frame["type"] == "error")
        assert error["content"] == "No primary model configured for deep research"
        assert error["stage"] == "text"
        assert not rig.model.prompts


async def test_research_can_be_watched_from_its_first_event_after_it_is_over() -> None:
    async with ResearchRig() as rig:
        async with Client(rig) as client:
            frames = await client.say(research())
        async with Client(rig) as other:
            again = await other.say({"type": "follow", "turn_id": frames[0]["turn_id"]})
        assert [f["type"] for f in again] == [f["type"] for f in frames]


async def test_a_researched_question_is_answered_anew_by_research() -> None:
    rig = ResearchRig()
    rig.model._rounds += [[*r] for r in rig.model._rounds]
    rig.scout._rounds += [[*FOUND]]
    async with rig, Client(rig) as client:
        frames = await client.say(research())
        session = json.loads(frames[-3]["content"])["session_id"]
        again = await client.say({"type": "regenerate", "session_id": session})
        await settle(60)
        assert [stage["stage"] for stage in told(again, "deepResearch")][-1] == "completed"
        async with rig.store() as db:
            shown = (await db.conversations.messages(ANNA, (session,)))[session]
        assert len(shown) == 4
        assert shown[3].claude_code_data["based_on_research_message_id"] == shown[2].message_id
        assert len(shown[1].siblings) == 2
