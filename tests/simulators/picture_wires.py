"""How each provider draws and refuses in its own words, so that one table serves for all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.simulators import google
from tests.simulators.provider_wires import KEY
from tests.simulators.replies import Reply, failure, json_reply, raw
from tests.simulators.studio import PNG_TEXT, google_content

Refuse = Callable[[int, str], Reply]
TEXT = b"This is no picture, whatever its name."
NO_PICTURE = "VGhpcyBpcyBubyBwaWN0dXJlLg=="


@dataclass(frozen=True)
class PictureWire:
    """One provider's wire for pictures, good and bad."""

    model: str
    provider: str
    variable: str
    """What the operator sets its key with."""
    refuse: Refuse
    moderated: Reply
    """Refused before anything is drawn."""
    no_picture: Reply
    """An answer in good order that holds something else."""
    several: str | None = None
    """A model that draws several pictures a request."""
    editor: str | None = None
    """A model that draws from pictures."""
    unable: str | None = None
    """One that does not."""
    cost_usd: float | None = None
    """What a square picture is billed at."""
    more: Mapping[str, Reply] = field(default_factory=dict[str, Reply])
    """Further ways of this provider to say that moderation has refused."""


def _openai(status: int, words: str) -> Reply:
    return failure(status, words)


def _stability(status: int, words: str) -> Reply:
    return json_reply({"id": "1", "name": "bad_request", "errors": [words]}, status)


def _flux(status: int, words: str) -> Reply:
    return json_reply({"detail": words}, status)


PICTURE_WIRES: Mapping[str, PictureWire] = {
    "openai": PictureWire(
        "openai",
        "openai",
        "OPENAI_API_KEY",
        _openai,
        failure(
            400, f"Your request was rejected by the safety system. {KEY}", "moderation_blocked"
        ),
        json_reply({"data": [{"b64_json": NO_PICTURE}]}),
        several="gpt-image-1",
        editor="gpt-image-1-mini",
        unable="dall-e-3",
        cost_usd=0.034,
        more={"dall-e": failure(400, "Not allowed", "content_policy_violation")},
    ),
    "xai": PictureWire(
        "grok",
        "xai",
        "XAI_API_KEY",
        lambda status, words: json_reply({"code": "Some code", "error": words}, status),
        json_reply({"code": "x", "error": "Generated image rejected by content moderation."}, 400),
        json_reply({"data": [{"b64_json": NO_PICTURE}]}),
        several="grok-2-image",
        editor="grok-imagine-image",
        unable="grok-2-image",
        cost_usd=0.07,
    ),
    "stability": PictureWire(
        "sd-core",
        "stability",
        "STABILITY_API_KEY",
        _stability,
        json_reply({"id": "1", "name": "content_moderation", "errors": ["Flagged"]}, 403),
        raw(TEXT, "image/png"),
        editor="sd3.5",
        unable="sd-core",
        cost_usd=0.03,
        more={
            "blurred": Reply(
                [b"\x89PNG"],
                headers={"content-type": "image/png", "finish-reason": "CONTENT_FILTERED"},
            ),
            "blurred, in JSON": json_reply(
                {"image": PNG_TEXT, "finish_reason": "CONTENT_FILTERED"}
            ),
        },
    ),
    "flux": PictureWire(
        "flux",
        "flux",
        "FLUX_API_KEY",
        _flux,
        json_reply(
            {"id": "t", "status": "Request Moderated", "details": {"reasons": ["Derivative"]}}
        ),
        json_reply({"id": "t", "status": "Ready", "result": {"sample": NO_PICTURE}}),
        editor="flux-kontext",
        cost_usd=0.045,
        more={"what came of it": json_reply({"id": "t", "status": "Content Moderated"})},
    ),
    "gemini": PictureWire(
        "gemini",
        "gemini",
        "GOOGLE_API_KEY",
        google.refusal,
        json_reply({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}),
        json_reply(google_content({"inlineData": {"mimeType": "image/png", "data": NO_PICTURE}})),
        editor="nano-banana-pro",
        unable="gemini-imagen",
        cost_usd=(10 * 0.3 + 1290 * 30) / 1_000_000,
        more={
            "what came of it": json_reply(google_content(finish="IMAGE_SAFETY")),
        },
    ),
    "imagen": PictureWire(
        "gemini-imagen",
        "gemini",
        "GOOGLE_API_KEY",
        google.refusal,
        google.refusal(400, "The prompt violates Google's Responsible AI practices."),
        json_reply({"predictions": [{"bytesBase64Encoded": NO_PICTURE}]}),
        several="imagen-4.0-fast-generate-001",
        cost_usd=0.04,
        more={
            "nothing left": json_reply({}),
            "a reason": json_reply({"predictions": [{"raiFilteredReason": "Children. Code: 1"}]}),
        },
    ),
}
"""Every interface of every provider that draws."""
