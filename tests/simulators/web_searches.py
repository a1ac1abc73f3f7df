"""What searches of the web answer, in each one's own shape (their documentation, seen 2026-11)."""

from collections.abc import Mapping
from typing import Any

Pages = Mapping[str, tuple[str, str]]
"""Title and description by address."""


def perplexity(pages: Pages) -> dict[str, Any]:
    results = [
        {"title": title, "url": url, "snippet": text, "date": "2026-10-01", "last_updated": None}
        for url, (title, text) in pages.items()
    ]
    return {"results": results, "id": "e38104d5"}


def searxng(pages: Pages) -> dict[str, Any]:
    results = [
        {
            "url": url,
            "title": title,
            "content": text,
            "publishedDate": None,
            "engine": "duckduckgo",
            "parsed_url": ["https", "a.example", "/", "", "", ""],
            "engines": ["duckduckgo"],
            "positions": [1],
            "score": 1.0,
            "category": "general",
        }
        for url, (title, text) in pages.items()
    ]
    return {"query": "q", "number_of_results": 0, "results": results, "unresponsive_engines": []}


def openai(pages: Pages) -> dict[str, Any]:
    cited = [
        {"type": "url_citation", "start_index": 0, "end_index": 4, "url": url, "title": title}
        for url, (title, _) in pages.items()
    ]
    text = " ".join(text for _, text in pages.values())
    sources = [{"type": "url", "url": url} for url in (*pages, "https://looked-at.example/")]
    return {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "output": [
            {
                "id": "ws_1",
                "type": "web_search_call",
                "status": "completed",
                "action": {"type": "search", "query": "tides", "sources": sources},
            },
            {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": text, "annotations": cited}],
            },
        ],
        "usage": {"input_tokens": 100, "output_tokens": 20, "total_tokens": 120},
    }
