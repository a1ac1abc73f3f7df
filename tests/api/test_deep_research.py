"""Deep research over HTTP."""

from pathlib import Path

import pytest

from domain.turn.events import SourceCited, TextDelta
from entrypoints.wiring.settings import Secret
from tests.api.offline_app import Parley

BODY = {
    "customer_id": 1,
    "prompt": "When is high tide?",
    "settings": {"text": {"model": "gpt-4o-mini", "deep_research_enabled": True}},
}


@pytest.mark.parametrize("keyed", [True, False])
async def test_it_is_answered_with_its_sources_or_names_the_missing_key(
    tmp_path: Path, keyed: bool
) -> None:
    key = Secret("pplx-x" if keyed else "")
    app = Parley(tmp_path, perplexity_api_key=key)
    async with app.running() as parley, parley.client() as anna:
        parley.script([TextDelta("Find the tide")], [TextDelta("Noon [1].")])
        report = [TextDelta("High at noon [1]."), SourceCited("https://a.example", "A", (1,))]
        parley.script(report, provider="perplexity")
        answer = await anna.post("/chat", json=BODY, headers=parley.headers)
    found = answer.json()
    if not keyed:
        assert answer.status_code == 500
        assert found["message"] == "PERPLEXITY_API_KEY is not set"
        assert found["data"]["key"] == "PERPLEXITY_API_KEY"
        return
    assert found["data"]["text"] == "Noon [1]."
    assert found["data"]["citations"] == [{"url": "https://a.example", "title": "A"}]
    metadata = found["data"]["metadata"]["research_metadata"]
    assert metadata["research_response"] == "High at noon [1]."
    assert metadata["citations_count"] == 1
