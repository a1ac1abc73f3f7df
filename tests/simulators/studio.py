"""A local server that draws and films in every provider's wire, with scripted faults.

One server for all of them: their paths do not meet. A request beyond the script gets what its
path asks for. `python -m tests.simulators.studio` serves to another process.
"""

import base64
import re
import sys
import threading
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from tests.simulators.replies import Reply, failure, json_reply, raw
from tests.simulators.server import Request, Simulator

KLING_LENGTH = "5.1"
CLIP = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"film" * 20_000


def png(width: int = 4, height: int = 4, grey: int = 0x80) -> bytes:
    """Return a real picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return len(content).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    rows = (b"\x00" + bytes([grey]) * width) * height
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


PNG = png()
PNG_TEXT = base64.b64encode(PNG).decode()


class Studio(Simulator):
    """`with Studio() as studio:` then `studio.address`, `studio.script(…)`, `studio.requests`."""

    def __init__(self) -> None:
        super().__init__(self._as_asked)
        self.looks: deque[Reply] = deque()
        """What asking after work brings, in order; afterwards it is ready."""
        self.looked = threading.Event()
        """Somebody has asked after work."""
        self.at_once = False
        """Flux has drawn by the time it answers, so that nobody need wait."""
        self.moved_to: str | None = None
        """Where Google's files really are, where that is not its own place."""
        self.cancelled: list[str] = []
        self._numbers = iter(range(1, 10_000))
        self._routes: list[tuple[str, str, Callable[[Request, re.Match[str]], Reply]]] = [
            ("POST", r"/v1/images/(generations|edits)", self._openai_image),
            ("POST", r"/v2beta/stable-image/generate/(core|ultra|sd3)", self._stability),
            ("POST", r"/v1/(flux-[\w.-]+)", self._flux),
            ("GET", r"/v1/get_result", self._flux_result),
            ("POST", r"/v1beta/models/([\w.-]+):(generateContent|predict)", self._google_image),
            ("POST", r"/v1beta/models/([\w.-]+):predictLongRunning", self._veo),
            ("GET", r"/v1beta/models/[\w.-]+/operations/(\w+)", self._veo_operation),
            ("GET", r"/v1beta/files/(\w+):download", self._veo_download),
            ("GET", r"/download/v1beta/files/(\w+):download", self._clip),
            ("POST", r"/v1/videos", self._sora),
            ("GET", r"/v1/videos/(video_\w+)", self._sora_state),
            ("GET", r"/v1/videos/(video_\w+)/content", self._clip),
            ("DELETE", r"/v1/videos/(video_\w+)", self._sora_delete),
            (
                "POST",
                r"/v1/videos/(text2video|image2video|multi-image2video|video-extend)",
                self._kling,
            ),
            (
                "GET",
                r"/v1/videos/(?:text2video|image2video|multi-image2video|video-extend)/(\w+)",
                self._kling_state,
            ),
            ("GET", r"/delivery/picture.png", self._picture),
            ("GET", r"/delivery/clip.mp4", self._clip),
        ]

    def _as_asked(self, request: Request) -> Reply:
        path = request.path.partition("?")[0]
        for method, pattern, answer in self._routes:
            found = re.fullmatch(pattern, path)
            if found is not None and request.method == method:
                return answer(request, found)
        return failure(404, f"No such path: {request.method} {path}", "not_found")

    def _look(self, ready: Reply, waiting: Callable[[], Reply]) -> Reply:
        self.looked.set()
        if not self.looks:
            return ready
        reply = self.looks.popleft()
        return waiting() if reply is WAITING else reply

    def _openai_image(self, request: Request, _: re.Match[str]) -> Reply:
        wanted = 1
        if request.headers["content-type"].startswith("application/json"):
            wanted = request.json.get("n", 1)
        return json_reply({"created": 1, "data": [{"b64_json": PNG_TEXT}] * wanted})

    def _stability(self, _: Request, __: re.Match[str]) -> Reply:
        return raw(PNG, "image/png")

    def _flux(self, _: Request, __: re.Match[str]) -> Reply:
        number = f"task{next(self._numbers)}"
        if self.at_once:
            result = {"sample": f"{self.address}/delivery/picture.png"}
            return json_reply({"id": number, "status": "Ready", "result": result})
        place = f"{self.address}/v1/get_result?id={number}"
        return json_reply({"id": number, "polling_url": place, "cost": 4.5})

    def _flux_result(self, request: Request, _: re.Match[str]) -> Reply:
        number = request.path.partition("id=")[2]
        result = {"sample": f"{self.address}/delivery/picture.png"}
        return self._look(
            json_reply({"id": number, "status": "Ready", "result": result}),
            lambda: json_reply({"id": number, "status": "Pending", "result": None}),
        )

    def _google_image(self, request: Request, found: re.Match[str]) -> Reply:
        if found[2] == "predict":
            wanted = request.json["parameters"]["sampleCount"]
            drawn = {"bytesBase64Encoded": PNG_TEXT, "mimeType": "image/png"}
            return json_reply({"predictions": [drawn] * wanted})
        return json_reply(
            google_content({"inlineData": {"mimeType": "image/png", "data": PNG_TEXT}})
        )

    def _veo(self, _: Request, found: re.Match[str]) -> Reply:
        return json_reply({"name": f"models/{found[1]}/operations/op{next(self._numbers)}"})

    def _veo_operation(self, request: Request, _: re.Match[str]) -> Reply:
        name = request.path.removeprefix("/v1beta/")
        uri = f"{self.address}/v1beta/files/clip1:download?alt=media"
        return self._look(
            json_reply({"name": name, "done": True, "response": veo_samples(uri)}),
            lambda: json_reply({"name": name}),
        )

    def _veo_download(self, _: Request, __: re.Match[str]) -> Reply:
        place = self.moved_to or "/download/v1beta/files/clip1:download?alt=media"
        return Reply([], 302, {"location": self.address + place})

    def _sora(self, request: Request, _: re.Match[str]) -> Reply:
        return json_reply(sora_job(f"video_{next(self._numbers)}", "queued"))

    def _sora_state(self, _: Request, found: re.Match[str]) -> Reply:
        return self._look(
            json_reply(sora_job(found[1], "completed", 100)),
            lambda: json_reply(sora_job(found[1], "in_progress", 40)),
        )

    def _sora_delete(self, _: Request, found: re.Match[str]) -> Reply:
        self.cancelled.append(found[1])
        return json_reply({"id": found[1], "object": "video.deleted", "deleted": True})

    def _kling(self, _: Request, __: re.Match[str]) -> Reply:
        return json_reply(kling_task(f"k{next(self._numbers)}", "submitted"))

    def _kling_state(self, _: Request, found: re.Match[str]) -> Reply:
        url = f"{self.address}/delivery/clip.mp4"
        videos = [{"id": f"clip-of-{found[1]}", "url": url, "duration": KLING_LENGTH}]
        return self._look(
            json_reply(kling_task(found[1], "succeed", videos=videos)),
            lambda: json_reply(kling_task(found[1], "processing")),
        )

    def _picture(self, _: Request, __: re.Match[str]) -> Reply:
        return raw(PNG, "image/png")

    def _clip(self, _: Request, __: re.Match[str]) -> Reply:
        return Reply([CLIP[:40_000], CLIP[40_000:]], headers={"content-type": "video/mp4"})


WAITING = raw(b"")
"""Among the looks: the work goes on, in the words of whichever provider is asked."""


def google_content(*parts: Mapping[str, Any], finish: str = "STOP") -> dict[str, Any]:
    """Return a whole generateContent answer."""
    return {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": finish}],
        "usageMetadata": {
            "promptTokenCount": 10,
            "candidatesTokenCount": 1290,
            "totalTokenCount": 1300,
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1290}],
        },
    }


def veo_samples(*uris: str) -> dict[str, Any]:
    """Return what a finished Veo operation holds."""
    samples = [{"video": {"uri": uri}} for uri in uris]
    return {"generateVideoResponse": {"generatedSamples": samples}}


def sora_job(
    number: str, status: str, progress: int = 0, error: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return OpenAI's video object."""
    return {
        "id": number,
        "object": "video",
        "model": "sora-2",
        "status": status,
        "progress": progress,
        "created_at": 1_760_000_000,
        "seconds": "4",
        "size": "720x1280",
        "error": error,
    }


def kling_task(number: str, status: str, message: str = "", **result: Any) -> dict[str, Any]:
    """Return Kling's answer about a task."""
    data: dict[str, Any] = {
        "task_id": number,
        "task_status": status,
        "task_status_msg": message,
        "created_at": 1_760_000_000_000,
        "updated_at": 1_760_000_000_000,
    }
    return {
        "code": 0,
        "message": "SUCCEED",
        "request_id": "r1",
        "data": data | ({"task_result": result} if result else {}),
    }


if __name__ == "__main__":
    with Studio() as simulator:
        sys.stdout.write(f"{simulator.address}\n")
        sys.stdout.flush()
        threading.Event().wait()
