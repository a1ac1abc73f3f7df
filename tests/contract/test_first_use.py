"""What speech needs is imported when it is first used, and not where turns would wait for it."""

import subprocess
import sys
import threading

import httpx2
import pytest

from adapters.transport.authorities import authorities
from adapters.transport.patience import Patience
from adapters.transport.websocket import connected
from domain.provider_errors import ProviderUnreachable


def test_nothing_is_imported_before_there_is_something_to_hear_or_to_say() -> None:
    program = (
        "import sys\n"
        "from entrypoints.wiring.providers.speech import SpeechAdapters\n"
        "from entrypoints.wiring.settings import Secret, Settings\n"
        "from adapters.transport.patience import Patience\n"
        "names = ('openai', 'google', 'deepgram', 'elevenlabs')\n"
        "keys = {f'{name}_api_key': Secret('one,two') for name in names}\n"
        "adapters = SpeechAdapters(Settings(**keys), Patience())\n"
        "assert len(adapters.deepgram) == 2\n"
        "late = {'httpx2', 'aiohttp', 'openai', 'soxr', 'numpy'} & {*sys.modules}\n"
        "sys.exit(', '.join(late) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


async def test_whom_sockets_trust_is_found_out_off_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: list[threading.Thread] = []
    create = httpx2.create_ssl_context

    def noted() -> object:
        threads.append(threading.current_thread())
        return create()

    monkeypatch.setattr(httpx2, "create_ssl_context", noted)
    authorities.cache_clear()
    for _ in range(2):
        with pytest.raises(ProviderUnreachable):
            async with connected("acme", "wss://127.0.0.1:1", {}, Patience()):
                pass
    (thread,) = threads
    assert thread is not threading.current_thread()
