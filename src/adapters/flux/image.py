"""Black Forest Labs' models: ordered, then asked after until they are ready."""

import random
from collections.abc import Mapping
from datetime import timedelta

from adapters.flux.catalog import PROVIDER
from adapters.flux.request import Task, body_of, found_in, is_ready, polling_place, read_task
from adapters.transport.aside import aside
from adapters.transport.moderation import refused
from adapters.transport.patience import Patience
from adapters.transport.pictures import WITHIN_S, decoded, fetched
from adapters.transport.rest import Call, Rest
from application.ports.clock import Clock
from application.ports.downloads import Downloads
from application.ports.media_makers import ImageMaker
from domain.media import ImageOrder, ImagesMade, Picture
from domain.provider_errors import ProviderError, ProviderOverloaded, ProviderTimeout

BASE_URL = "https://api.eu.bfl.ai"
VERSION = "v1"
_KEY_VARIABLE = "FLUX_API_KEY"

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 4.0
_GROWTH = 1.3
DEADLINE_S = 120.0
LOOK_S = 30.0


class FluxImageMaker(ImageMaker):
    """Nothing is imported or opened before the first order."""

    def __init__(
        self,
        api_key: str | None,
        base_url: str,
        version: str,
        patience: Patience,
        downloads: Downloads,
        clock: Clock,
    ) -> None:
        self._version = version or VERSION
        self._place = base_url or BASE_URL
        self._rest = Rest(
            PROVIDER, self._place, api_key, _KEY_VARIABLE, patience, _signed, _refused
        )
        self._downloads = downloads
        self._clock = clock

    async def make(self, order: ImageOrder) -> ImagesMade:
        path = f"/{self._version}/{order.card.model}"
        answer = await self._rest.whole(Call(path, json=body_of(order)), WITHIN_S)
        task = read_task(answer.content)
        cost_usd = task.cost_usd
        if not is_ready(task):
            task = await self._finished(polling_place(task, self._place, self._version))
        return ImagesMade((await self._picture(task),), cost_usd=cost_usd)

    async def aclose(self) -> None:
        """Close every connection; for the end of the process."""
        await self._rest.aclose()

    async def _finished(self, place: str) -> Task:
        """Ask until there is a picture; what goes wrong with asking is tried again till the end."""
        deadline = self._clock.now() + timedelta(seconds=DEADLINE_S)
        wait_s = FIRST_WAIT_S
        while True:
            left_s = (deadline - self._clock.now()).total_seconds()
            if left_s <= 0:
                text = f"{PROVIDER} did not finish the picture within {DEADLINE_S:g} seconds"
                raise ProviderTimeout(PROVIDER, text)
            # Jitter keeps many who began together from asking together.
            await self._clock.sleep(min(wait_s * random.uniform(0.9, 1.1), left_s))  # noqa: S311
            wait_s = min(wait_s * _GROWTH, LONGEST_WAIT_S)
            try:
                answer = await self._rest.whole(Call(place, "GET"), LOOK_S)
            except ProviderOverloaded as error:
                wait_s = max(wait_s, error.retry_after_s or 0)
                continue
            except ProviderError as error:
                if not error.retryable:
                    raise
                continue
            task = read_task(answer.content)
            if is_ready(task):
                return task

    async def _picture(self, task: Task) -> Picture:
        found = found_in(task)
        if found.startswith(("http://", "https://")):
            return await fetched(PROVIDER, self._downloads, found)
        return await aside(len(found), decoded, PROVIDER, found)


def _signed(key: str) -> Mapping[str, str]:
    return {"x-key": key, "accept": "application/json"}


def _refused(status: int, body: bytes, headers: Mapping[str, str]) -> ProviderError:
    return refused(PROVIDER, status, body, headers)
