"""Calls of the history API, for its tests."""

from typing import Any

import httpx

CHAT = "/api/v1/chat"
MESSAGES = f"{CHAT}/messages"
SESSIONS = f"{CHAT}/sessions"


async def call(
    client: httpx.AsyncClient, method: str, path: str, status: int = 200, **body: Any
) -> dict[str, Any]:
    """Call as customer 1, expect a status and return the whole envelope."""
    answer = await client.request(method, path, json={"customer_id": 1, **body})
    assert answer.status_code == status, answer.text
    found = answer.json()
    assert found["code"] == status
    assert found["success"] is (status < 400)
    return found


async def detail(client: httpx.AsyncClient, session: str, **wanted: Any) -> dict[str, Any]:
    """Return a session with its messages."""
    found = await call(client, "POST", f"{SESSIONS}/detail", session_id=session, **wanted)
    return found["data"]


async def texts(client: httpx.AsyncClient, session: str) -> list[str]:
    """Return what is said in a session."""
    return [message["message"] for message in (await detail(client, session))["messages"]]
