"""A server whose providers of speech are simulated."""

from pathlib import Path

from entrypoints.wiring.settings import Secret, Settings
from tests.simulators import deepgram, elevenlabs, openai_sound
from tests.simulators.server import Simulator
from tests.simulators.sockets import SocketSimulator

SOUND = b"\x01\x00" * 600


class Phone:
    """The providers; each can be scripted."""

    def __init__(self, folder: Path) -> None:
        self.deepgram = SocketSimulator(deepgram.hearing("Buy two lemons.", "And sugar."))
        self.elevenlabs = SocketSimulator(elevenlabs.speaking)
        self.openai = Simulator(openai_sound.speech(SOUND, SOUND))
        self.folder = folder

    def settings(self, secret: Secret) -> Settings:
        return Settings(
            env="test",
            data_dir=self.folder,
            auth_secret=secret,
            openai_api_key=Secret("sk-test"),
            openai_base_url=f"{self.openai.address}/v1",
            deepgram_api_key=Secret("dg-test"),
            deepgram_base_url=self.deepgram.address,
            elevenlabs_api_key=Secret("xi-test"),
            elevenlabs_base_url=self.elevenlabs.address,
            circuit_failures=0,
        )
