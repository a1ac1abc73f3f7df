"""An agent at work, from a fresh machine to the history after a crash: what one person does."""

import json
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.chat_client import ask, chat, kinds, numbers, text
from tests.integration.live_server import ProcessServer

pytestmark = pytest.mark.integration

CHART = {
    "chart_type": "bar",
    "title": "Tides",
    "data": {"labels": ["Mon", "Tue"], "datasets": [{"label": "m", "data": [1.5, 2.5]}]},
}


async def test_a_chart_is_drawn_watched_resumed_and_still_there_after_a_crash(
    tmp_path: Path,
) -> None:
    environ = {"PARLEY_DATA_DIR": str(tmp_path)}
    with ProcessServer(environ) as server:
        words = "".join(server.output).split()
        token = words[words.index("token") + 1]
        request = ask(f"/tool generate_chart {json.dumps(CHART)}")
        request["user_settings"]["general"] = {"ai_agent_enabled": True}
        async with chat(server.address, token) as client:
            await client.send(request)
            begun = await client.until("working")
            # And the laptop is closed.
        async with chat(server.address, token) as client:
            turn = begun["turn_id"]
            await client.send({"type": "follow", "turn_id": turn, "after": begun["seq"]})
            frames = await client.turn()
        assert numbers(frames)[0] == begun["seq"] + 1
        assert "chartGenerated" in kinds(frames)
        saved = next(frame for frame in frames if frame["type"] == "db_operation_executed")
        session = json.loads(saved["content"])["session_id"]
        before = await answer_in(server, token, session)
        assert before["message"] == text(frames)
        assert [chart["title"] for chart in before["chart_data"]] == ["Tides"]
        server.stop(signal.SIGKILL)
    with ProcessServer(environ) as server:
        assert await answer_in(server, token, session) == before


async def answer_in(server: ProcessServer, token: str, session: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"http://{server.address}", headers=headers) as http:
        wanted = {"customer_id": 1, "session_id": session}
        answer = await http.post("/api/v1/chat/sessions/detail", json=wanted)
    return answer.json()["data"]["messages"][-1]
