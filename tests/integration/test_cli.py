"""The commands, run as a person runs them."""

import shutil
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.integration.live_server import PARLEY, ProcessServer, clean_environ, parley, parley_here
from tests.simulators import elevenlabs
from tests.simulators.anthropic import AnthropicSimulator
from tests.simulators.anthropic_wire import refusal as anthropic_refusal
from tests.simulators.google import GoogleSimulator
from tests.simulators.openai import OpenAISimulator
from tests.simulators.replies import failure, json_reply
from tests.simulators.server import Simulator

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def migrated_with_a_user(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    environ = {"PARLEY_DATA_DIR": str(folder)}
    parley_here("migrate", "upgrade", environ=environ)
    added = parley_here("user", "add", "ann@example.org", "-p", "a good one", environ=environ)
    assert added.stdout == "customer 1: ann <ann@example.org>\n", added.stderr
    return folder


@pytest.fixture
def environ(tmp_path: Path, migrated_with_a_user: Path) -> dict[str, str]:
    shutil.copytree(migrated_with_a_user, tmp_path / "data")
    return {"PARLEY_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, migrated_with_a_user: Path
) -> Generator[dict[str, str], None, None]:
    """Return the environment of a terminal beside a running server; nothing depends on earlier
    conversations."""
    folder = shutil.copytree(migrated_with_a_user, tmp_path_factory.mktemp("served") / "data")
    environ = {"PARLEY_DATA_DIR": str(folder)}
    with ProcessServer(environ) as server:
        yield environ | {"PARLEY_PORT": str(server.port)}


def test_one_question_on_the_command_line(served: dict[str, str]) -> None:
    told = parley("chat", "What time is it?", environ=served)
    assert told.returncode == 0, told.stderr
    assert "This is a demonstration" in told.stdout
    assert '"What time is it?"' in told.stdout


def test_a_conversation_remembers_and_ends_with_the_input(served: dict[str, str]) -> None:
    told = subprocess.run(
        [str(PARLEY), "chat"],
        env=clean_environ() | served,
        input="first\n\nsecond\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert '"first"' in told.stdout
    assert "3 messages" in told.stdout


def test_ctrl_c_stops_the_answer_and_then_leaves(served: dict[str, str]) -> None:
    with subprocess.Popen(
        [str(PARLEY), "chat"],
        env=clean_environ() | served,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as terminal:
        assert terminal.stdin is not None
        assert terminal.stdout is not None
        terminal.stdin.write("/slow 50 ms /long 100000\n")
        terminal.stdin.flush()
        read_until(terminal, "demonstration")
        terminal.send_signal(signal.SIGINT)
        shown = read_until(terminal, "> ")
        assert "[cancelled]" in shown
        terminal.send_signal(signal.SIGINT)
        assert terminal.wait(15) == 0


def read_until(terminal: "subprocess.Popen[str]", words: str) -> str:
    assert terminal.stdout is not None
    shown = ""
    while not shown.endswith(words):
        piece = terminal.stdout.read(1)
        assert piece, f"the terminal ended after {shown!r}"
        shown += piece
    return shown


def test_chat_lets_the_model_use_tools(served: dict[str, str]) -> None:
    told = parley("chat", "--agent", "--", '/tool calculator {"expression": "6*7"}', environ=served)
    assert told.returncode == 0, told.stderr
    assert "calculator" in told.stdout
    assert '"result":"42"' in told.stdout


def test_chat_says_why_it_cannot(environ: dict[str, str]) -> None:
    nobody = parley_here("chat", "hi", environ=environ | {"PARLEY_PORT": "1"})
    assert nobody.returncode == 1
    assert "no server at ws://127.0.0.1:1/chat/ws" in nobody.stderr
    assert "connection lost" not in nobody.stdout
    stranger = parley_here("chat", "hi", "--user", "nobody", environ=environ)
    assert "no such user" in stranger.stderr


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "ws://", "ws://[::1"])
def test_chat_takes_no_address_that_is_none(environ: dict[str, str], url: str) -> None:
    told = parley_here("chat", "hi", "--url", url, "--token", "t", environ=environ)
    assert told.returncode == 2
    assert "is no address of a server" in told.stderr


def test_chat_takes_the_address_that_a_browser_takes(environ: dict[str, str]) -> None:
    url = "HTTP://127.0.0.1:1/"
    nobody = parley_here("chat", "hi", "--url", url, "--token", "t", environ=environ)
    assert "no server at ws://127.0.0.1:1/chat/ws" in nobody.stderr


def test_a_question_that_failed_is_told_to_scripts(served: dict[str, str]) -> None:
    told = parley("chat", "hi", "--model", "no-such-model", environ=served)
    assert told.returncode == 1
    assert "Unknown model" in told.stdout


def test_serve_knows_its_own_addresses(environ: dict[str, str]) -> None:
    told = parley_here("serve", environ=environ | {"PARLEY_HOST": "999.1.1.1"})
    assert told.returncode == 1
    assert "PARLEY_HOST: 999.1.1.1 is no address of this machine" in told.stderr


def test_a_refused_token_is_said(served: dict[str, str]) -> None:
    told = parley("chat", "hi", "--token", "forged", environ=served)
    assert told.returncode == 1
    assert told.stderr.startswith("Error: the server does not take this token")


def test_doctor_says_what_is_missing_and_shows_no_secret(
    environ: dict[str, str], simulator: OpenAISimulator
) -> None:
    told = parley_here("doctor", environ=environ)
    assert told.returncode == 0, told.stdout
    for name in ("OPENAI", "DEEPGRAM", "ELEVENLABS"):
        assert f"{name}_API_KEY is not set" in told.stdout
    assert "1 users" in told.stdout
    keys = {"OPENAI_API_KEY": "sk-very-secret", "OPENAI_BASE_URL": simulator.base_url}
    good = parley_here("doctor", environ=environ | keys | {"LOCAL_BASE_URL": simulator.base_url})
    assert "2 models" in good.stdout
    assert "local/llama-3:8b" in good.stdout
    assert "sk-very-secret" not in good.stdout + good.stderr
    simulator.script(failure(401, "Incorrect API key provided: sk-very-secret"))
    bad = parley_here("doctor", environ=environ | keys)
    assert bad.returncode == 1
    assert "FAILING  openai" in bad.stdout
    assert "sk-very-secret" not in bad.stdout + bad.stderr


def test_doctor_asks_every_provider_that_has_a_key_once_for_each_key(
    environ: dict[str, str], simulator: OpenAISimulator
) -> None:
    compatible = ("OPENAI", "XAI", "GROQ", "DEEPSEEK", "PERPLEXITY")
    keys = {f"{name}_API_KEY": "sk-very-secret" for name in compatible}
    addresses = {f"{name}_BASE_URL": simulator.base_url for name in compatible}
    speaks = Simulator(elevenlabs.refusal(401, "missing_permissions"))
    with (
        AnthropicSimulator() as anthropic,
        GoogleSimulator() as google,
        Simulator(json_reply({"api_key_id": "1", "scopes": ["usage:write"]})) as hears,
        speaks,
    ):
        keys |= {"ANTHROPIC_API_KEY": "sk-ant-one-secret,sk-ant-two-secret"}
        keys |= {"GOOGLE_API_KEY": "AIza-secret", "DEEPGRAM_API_KEY": "dg-secret"}
        keys |= {"ELEVENLABS_API_KEY": "xi-one-secret,xi-two-secret"}
        addresses |= {"DEEPGRAM_BASE_URL": hears.address, "ELEVENLABS_BASE_URL": speaks.address}
        speaks.script(elevenlabs.subscription())
        addresses |= {"ANTHROPIC_BASE_URL": anthropic.base_url}
        addresses |= {"GOOGLE_BASE_URL": google.base_url}
        anthropic.script(anthropic.default, anthropic_refusal(401, "invalid x-api-key"))
        told = parley_here("doctor", environ=environ | keys | addresses)
    lines = [" ".join(line.split()) for line in told.stdout.splitlines()]
    assert "ok anthropic, key 1 of 2 2 models on offer" in lines
    assert any(line.startswith("FAILING anthropic, key 2 of 2") for line in lines)
    assert "ok gemini 3 models on offer" in lines
    for name in compatible:
        assert f"ok {name.lower()} 2 models on offer" in lines
    assert "ok deepgram takes the key; hears" in lines
    assert "ok elevenlabs, key 1 of 2 speaks; 12345 of 100000 characters are used" in lines
    assert any(line.startswith("ok elevenlabs, key 2 of 2 speaks, but") for line in lines)
    (asked,) = hears.requests
    assert (asked.path, asked.headers["authorization"]) == ("/v1/auth/token", "Token dg-secret")
    assert told.returncode == 1, "one key is refused"
    assert [request.headers["x-api-key"] for request in anthropic.requests] == [
        "sk-ant-one-secret",
        "sk-ant-two-secret",
    ]
    assert google.requests[0].headers["x-goog-api-key"] == "AIza-secret"
    assert "secret" not in told.stdout + told.stderr


def test_models_lists_those_of_a_local_server_too(
    environ: dict[str, str], simulator: OpenAISimulator
) -> None:
    told = parley_here("models", environ=environ | {"LOCAL_BASE_URL": simulator.base_url})
    first_words = [line.split()[0] for line in told.stdout.splitlines() if line]
    assert {"demo", "gpt-4o-mini", "local/llama-3:8b"} <= set(first_words)


def test_models_tell_their_price_and_what_stands_in_the_way(environ: dict[str, str]) -> None:
    told = parley_here("models", environ=environ)
    chat, drawing = (
        {line.split()[0]: line for line in part.splitlines() if line}
        for part in told.stdout.split("Models that draw")
    )
    assert " 0.04 " in drawing["dall-e-3"]
    assert drawing["flux-2-pro"].endswith("[FLUX_API_KEY is not set]")
    assert " 2/8 " in chat["o3"]
    assert chat["o3"].endswith("[OPENAI_API_KEY is not set]")
    assert " unknown " in chat["sonar"]
    assert "[" not in chat["demo"]
    keyed = parley_here("models", environ=environ | {"OPENAI_API_KEY": "sk-1"})
    assert "OPENAI_API_KEY" not in keyed.stdout


def test_the_models_file_adds_and_changes(environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text(
        '[[model]]\nid = "house"\nprovider = "demo"\nmodel = "demo"\n'
        '[aliases]\nfast = "house"\nopenai = "house"\n'
    )
    # A server of somebody's may have the usual port.
    there = {"PARLEY_MODELS_FILE": str(file), "PARLEY_PORT": "0"}
    told = parley_here("models", environ=environ | there)
    assert any(line.startswith("house") for line in told.stdout.splitlines()), told.stderr
    file.write_text('[[model]]\nid = "house"\n')
    for command in ("models", "serve"):
        wrong = parley_here(command, environ=environ | there)
        assert wrong.returncode == 1
        assert "PARLEY_MODELS_FILE, model house" in wrong.stderr
        assert wrong.stderr.count("\n") == 1, wrong.stderr


def test_users_are_listed_and_their_passwords_set(environ: dict[str, str]) -> None:
    assert parley_here("user", "list", environ=environ).stdout == "1\tann\tann@example.org\n"
    assert parley_here("user", "password", "ann", "-p", "another", environ=environ).returncode == 0
    again = parley_here("user", "add", "ann@example.org", "-p", "x y z", environ=environ)
    assert again.returncode == 1
    assert "taken" in again.stderr
