"""Image order → BFL's wire, and what its answers say (contract: media §2.2)."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct, structs
from yarl import URL

from adapters.flux.catalog import PROVIDER
from adapters.transport.moderation import content_refused
from adapters.transport.not_json import NOT_JSON
from adapters.transport.pictures import as_base64
from adapters.transport.scrub import fit_for_clients
from domain.catalog.media_cards import DrawingOption
from domain.media import ImageOrder
from domain.provider_errors import ProviderGarbled, ResultLost, WorkFailed

_NAMES = {
    DrawingOption.STEPS: "steps",
    DrawingOption.GUIDANCE: "guidance",
    DrawingOption.SEED: "seed",
    DrawingOption.PROMPT_UPSAMPLING: "prompt_upsampling",
    DrawingOption.SAFETY_TOLERANCE: "safety_tolerance",
    DrawingOption.RAW: "raw",
    DrawingOption.PROMPT_STRENGTH: "image_prompt_strength",
}
_READY = frozenset({"completed", "success", "succeeded", "ready"})
_FAILED = frozenset({"failed", "error", "cancelled"})
_MODERATED = frozenset({"content moderated", "request moderated"})
_GONE = frozenset({"task not found"})
_CREDITS_A_USD = 100
_IMAGE_KEYS = ("sample", "image", "b64_json", "base64", "images", "output", "result", "data")
_ELSEWHERE = frozenset({"id", "status", "polling_url", "cost", "details"})
"""What of an answer is said about the picture and never the picture."""


def body_of(order: ImageOrder) -> dict[str, Any]:
    """Return the body that asks for a picture."""
    body: dict[str, Any] = {"prompt": order.prompt, "output_format": "png"}
    if order.ratio:
        body["aspect_ratio"] = order.ratio
    else:
        body["width"], body["height"] = order.size
    for number, given in enumerate(order.inputs, 1):
        body[order.card.way + (f"_{number}" if number > 1 else "")] = as_base64(given)
    body |= {name: order.options[key] for key, name in _NAMES.items() if key in order.options}
    return {**body, **order.card.wire}


class Task(Struct, frozen=True):
    """What BFL says of a picture on its way."""

    id: str = ""
    polling_url: str | None = None
    status: str | None = None
    result: Any = None
    cost: float | None = None
    details: Any = None
    whole: Mapping[str, Any] = {}
    """All of the answer, for pictures in other places than the interface describes."""

    @property
    def cost_usd(self) -> float | None:
        """What it costs, where BFL says."""
        return None if self.cost is None else self.cost / _CREDITS_A_USD


_decode = msgspec.json.Decoder(dict[str, Any]).decode


def read_task(body: bytes) -> Task:
    """Return the task of an answer.

    Raises:
        ContentRefused: moderation has ended it.
        ResultLost: BFL knows nothing of it.
        ProviderError: it failed, or the answer is no task.
    """
    try:
        whole = _decode(body)
        task = structs.replace(msgspec.convert(whole, Task), whole=whole)
    except NOT_JSON as error:
        raise ProviderGarbled(PROVIDER, f"{PROVIDER} sent something that is no task") from error
    status = (task.status or "").strip().lower()
    if status in _MODERATED:
        raise content_refused(PROVIDER, ", ".join(_reasons(task.details)))
    if status in _GONE:
        raise ResultLost(PROVIDER, f"{PROVIDER} does not know the picture any more")
    if status in _FAILED:
        why = fit_for_clients(", ".join(_reasons(task.details)))
        raise WorkFailed(PROVIDER, f"{PROVIDER} failed{f': {why}' if why else ''}")
    return task


def is_ready(task: Task) -> bool:
    """Return whether there is a picture."""
    return (task.status or "").strip().lower() in _READY or task.result is not None


def found_in(task: Task) -> str:
    """Return the picture of a task that is ready: base64, or an address.

    The place that the interface describes (`result.sample`) counts first; then anything in the
    answer that could be one.

    Raises:
        ProviderGarbled: there is none.
    """
    rest = {key: value for key, value in task.whole.items() if key not in _ELSEWHERE}
    for text in (*_candidates(task.result), *_candidates(rest)):
        return text
    raise ProviderGarbled(PROVIDER, f"{PROVIDER} is ready but sent no picture")


def is_of_provider(polling_url: str, base_url: str) -> bool:
    """Return whether an address may be given the key: BFL spreads its work over its own hosts."""
    try:
        found, base = URL(polling_url), URL(base_url)
    except ValueError:
        return False
    if (found.scheme, found.port) != (base.scheme, base.port) or found.user or not found.host:
        return False
    if found.host == base.host:
        return True
    labels = (base.host or "").split(".")
    if len(labels) < 2 or labels[-1].isdigit():
        return False
    return found.host.endswith("." + ".".join(labels[-2:]))


def polling_place(task: Task, base_url: str, version: str) -> str:
    """Return where to ask how far the picture is.

    Raises:
        ProviderGarbled: it would be somewhere else than with the provider.
    """
    if not task.polling_url:
        return f"/{version}/fetch/{task.id}"
    if not is_of_provider(task.polling_url, base_url):
        raise ProviderGarbled(PROVIDER, f"{PROVIDER} named a place that is not its own")
    place = URL(task.polling_url)
    return str(place if "id" in place.query else place.update_query(id=task.id))


def _candidates(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value:
            yield value
    elif isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        for key in _IMAGE_KEYS:
            yield from _candidates(fields.get(key))
        for found in fields.values():
            yield from (text for text in _candidates(found) if text.startswith("http"))
    elif isinstance(value, list):
        for found in cast("list[Any]", value):
            yield from _candidates(found)


def _reasons(details: Any) -> Iterator[str]:
    if isinstance(details, str):
        yield details
    elif isinstance(details, Mapping):
        for found in cast("Mapping[str, Any]", details).values():
            yield from _reasons(found)
    elif isinstance(details, list):
        for found in cast("list[Any]", details):
            yield from _reasons(found)
