"""A prompt → how Claude Code is started, and what it is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.claude_code.catalog import CARDS
from adapters.claude_code.environment import child_environment
from adapters.claude_code.request import arguments, input_lines
from domain.errors import InvalidRequest, ModelCannot
from domain.turn.prompt import (
    AudioPart,
    CallMade,
    FilePart,
    ImagePart,
    Message,
    Part,
    Prompt,
    TextPart,
)

PNG = "data:image/png;base64,iVBORw0KGgo="
EARLIER = (
    Message("user", (TextPart("Hello"), ImagePart(PNG))),
    Message("assistant", (TextPart("Hi"),), (CallMade("c", "clock", "{}"),)),
    Message("tool", (TextPart("noon"),), answers_call="c"),
)


def prompt(*parts: Part, earlier: tuple[Message, ...] = ()) -> Prompt:
    return Prompt(card=CARDS[0], messages=(*earlier, Message("user", parts)))


def told(asked: Prompt, *, resumes: bool = False) -> list[dict[str, Any]]:
    body = input_lines(asked, resumes=resumes)
    assert body.count(b"\n") == 1
    assert body.endswith(b"\n")
    line = json.loads(body)
    assert (line["type"], line["message"]["role"]) == ("user", "user")
    return line["message"]["content"]


def test_the_question_is_one_line_whatever_is_in_it() -> None:
    assert told(prompt(TextPart('two\nlines "quoted"'))) == [
        {"type": "text", "text": 'two\nlines "quoted"'}
    ]


def test_the_line_is_ascii() -> None:
    body = input_lines(prompt(TextPart("☕ \u2028 \ud83d")), resumes=False)
    assert body.isascii()
    assert told(prompt(TextPart("☕ \u2028 \ud83d")))[0]["text"] == "☕ \u2028 \ud83d"


def test_a_picture_goes_in_itself() -> None:
    assert told(prompt(TextPart("What?"), ImagePart(PNG)))[1] == {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
    }


def test_a_new_session_is_told_what_was_said() -> None:
    history, question = told(prompt(TextPart("And now?"), earlier=EARLIER))
    assert history["text"] == (
        "<conversation_so_far>\n"
        "User: Hello [an image]\n\n"
        "Assistant: Hi [used the tool clock]\n\n"
        "Result of a tool: noon\n"
        "</conversation_so_far>"
    )
    assert question["text"] == "And now?"


def test_a_session_that_goes_on_is_told_the_question_only() -> None:
    assert told(prompt(TextPart("And now?"), earlier=EARLIER), resumes=True) == [
        {"type": "text", "text": "And now?"}
    ]


@pytest.mark.parametrize(
    ("part", "error"),
    [
        (ImagePart("https://pictures.example/a.png"), ModelCannot),
        (ImagePart("data:image/tiff;base64,AAAA"), ModelCannot),
        (ImagePart("data:nothing"), InvalidRequest),
        (FilePart("data:text/plain,x"), ModelCannot),
        (AudioPart("data:audio/wav;base64,AAAA"), ModelCannot),
    ],
)
def test_what_it_cannot_take_is_refused(part: Part, error: type[Exception]) -> None:
    with pytest.raises(error):
        input_lines(prompt(part), resumes=False)


def test_every_value_is_bound_to_its_option() -> None:
    found = arguments("opus", "s-1", Path("/data/x"))
    assert found[-3:] == ["--model=opus", "--resume=s-1", "--append-system-prompt-file=/data/x"]
    assert all(argument.startswith("--") for argument in found)


def test_the_agent_cannot_grant_itself_anything() -> None:
    found = arguments(None, None, None)
    assert "--setting-sources=user" in found
    assert "--strict-mcp-config" in found
    assert "--permission-mode=acceptEdits" in found
    assert not any("dangerously" in argument for argument in found)


def test_the_child_sees_no_secret_of_ours() -> None:
    environ = {
        "PATH": "/bin",
        "HOME": "/home/op",
        "LANG": "C.UTF-8",
        "ANTHROPIC_BASE_URL": "https://gateway.example",
        "CLAUDE_CONFIG_DIR": "/etc/claude",
        "CLAUDE_KEY": "sk-ours",
        "CLAUDECODE": "1",
        "OPENAI_API_KEY": "sk-ours",
        "PARLEY_AUTH_SECRET": "ours",
        "MAIN_DB_URL": "mysql+aiomysql://root:secret@db/x",
        "AWS_SECRET_ACCESS_KEY": "ours",
        "LD_PRELOAD": "x.so",
    }
    assert child_environment(environ) == {
        "PATH": "/bin",
        "HOME": "/home/op",
        "LANG": "C.UTF-8",
        "ANTHROPIC_BASE_URL": "https://gateway.example",
        "CLAUDE_CONFIG_DIR": "/etc/claude",
        "CLAUDE_CODE_SUBPROCESS_ENV_SCRUB": "1",
    }


def test_an_operator_may_say_otherwise() -> None:
    environ = {"CLAUDE_CODE_SUBPROCESS_ENV_SCRUB": "0"}
    assert child_environment(environ) == environ
