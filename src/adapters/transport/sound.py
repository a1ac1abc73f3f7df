"""Reads spoken sound off an HTTP answer as it comes in."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

from adapters.transport.connection_errors import broken
from adapters.transport.rest import Call, Rest
from adapters.transport.silence import Silence
from adapters.transport.streaming import RawAnswer, broken_answer, no_word
from domain.errors import ParleyError
from domain.provider_errors import ProviderGarbled

_NO_SOUND = ("application/json", "text/")
"""Media types under which pages and late errors come."""


async def read_sound(rest: Rest, call: Call) -> AsyncGenerator[bytes, None]:
    """Send a request and yield the sound it is answered with, as the connection brings it.

    Closing the generator closes the connection.

    Raises:
        NotConfigured: the key is missing.
        ProviderError: whatever went wrong; an answer without any sound is an error too.
    """
    now = asyncio.get_running_loop().time
    async with AsyncExitStack() as resources:
        chunk, answer = await _opened(rest, call, resources)
        silence = resources.enter_context(Silence(rest.patience.idle_s, answer.close))
        silence.was_broken = True
        while chunk:
            silence.since = None
            yield chunk
            silence.since = now()
            try:
                chunk = await answer.read()
            except Exception as failure:
                raise broken_answer(rest.provider, failure, silence) from failure


async def _opened(rest: Rest, call: Call, resources: AsyncExitStack) -> tuple[bytes, RawAnswer]:
    await rest.ready()
    try:
        async with asyncio.timeout(rest.patience.first_token_s):
            answer = await resources.enter_async_context(rest.asked(call))
            chunk = await answer.read()
    except ParleyError:
        raise
    except TimeoutError as failure:
        raise no_word(rest.provider, failure) from failure
    except Exception as failure:
        raise broken(rest.provider, failure, begun=False) from failure
    if not chunk:
        raise ProviderGarbled(rest.provider, f"{rest.provider} sent no sound")
    if answer.content_type.startswith(_NO_SOUND):
        raise ProviderGarbled(rest.provider, f"{rest.provider} sent a page in place of sound")
    return chunk, answer
