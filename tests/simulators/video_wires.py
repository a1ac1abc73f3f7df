"""How each provider films, fails and refuses in its own words, so that one table serves for all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.simulators import google
from tests.simulators.provider_wires import KEY
from tests.simulators.replies import Reply, failure, json_reply, raw
from tests.simulators.studio import kling_task, sora_job


@dataclass(frozen=True)
class VideoWire:
    """One provider's wire for clips, good and bad."""

    model: str
    provider: str
    variable: str
    refuse: Callable[[int, str], Reply]
    moderated: Reply
    """Refused before anything is filmed."""
    moderated_later: Reply
    """A look at work that moderation has ended."""
    failed: Reply
    """A look at work that has failed."""
    forgotten: Reply
    """A look at work that the provider does not know (any more)."""
    cancels: bool = False
    """The provider can be told to stop."""
    odd: Mapping[str, Reply] = field(default_factory=dict[str, Reply])
    """Looks that make no sense."""


def _kling(status: int, words: str) -> Reply:
    codes = {401: 1002, 429: 1302, 500: 5000, 503: 5001}
    return json_reply(
        {"code": codes.get(status, 1200), "message": words, "request_id": "r"}, status
    )


_MODERATION = "Your request was rejected by the safety system."

VIDEO_WIRES: Mapping[str, VideoWire] = {
    "sora": VideoWire(
        "sora-2",
        "openai",
        "OPENAI_API_KEY",
        failure,
        failure(400, f"{_MODERATION} {KEY}", "moderation_blocked"),
        json_reply(
            sora_job("video_1", "failed", error={"code": "moderation_blocked", "message": "No"})
        ),
        json_reply(sora_job("video_1", "failed", error={"code": "oops", "message": f"No {KEY}"})),
        failure(404, "No such video", "not_found"),
        cancels=True,
        odd={
            "an unknown state": json_reply(sora_job("video_1", "dreaming")),
            "no JSON": raw(b"<html>"),
        },
    ),
    "veo": VideoWire(
        "veo-3.1-fast",
        "gemini",
        "GOOGLE_API_KEY",
        google.refusal,
        google.refusal(400, "The prompt violates Google's Responsible AI practices."),
        json_reply(
            {
                "done": True,
                "response": {
                    "generateVideoResponse": {
                        "raiMediaFilteredCount": 1,
                        "raiMediaFilteredReasons": ["Celebrities"],
                    }
                },
            }
        ),
        json_reply({"done": True, "error": {"code": 13, "message": f"Internal {KEY}"}}),
        google.refusal(404, "Operation not found"),
        odd={"no JSON": raw(b"{]"), "a list": raw(b"[]")},
    ),
    "kling": VideoWire(
        "kling-v1",
        "klingai",
        "KLINGAI_ACCESS_KEY",
        _kling,
        json_reply({"code": 1301, "message": "Content policy", "request_id": "r"}, 400),
        json_reply(kling_task("k1", "failed", "Failure to pass the risk control system")),
        json_reply(kling_task("k1", "failed", f"Server busy {KEY}")),
        json_reply({"code": 1203, "message": "task not found", "request_id": "r"}, 404),
        odd={
            "an unknown state": json_reply(kling_task("k1", "dreaming")),
            "no task": json_reply({"code": 0, "message": "SUCCEED"}),
            "no JSON": raw(b"<html>"),
        },
    ),
}
"""Every provider that films."""
