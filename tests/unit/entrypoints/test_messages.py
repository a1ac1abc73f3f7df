"""What a client sends → `Ask`: complete, minimal, camelCase, and every wrong shape."""

import copy
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.conversation import ConversationDraft, MessageDraft, Sender
from domain.errors import AccessDenied, FeatureUnavailable, InvalidRequest, ParleyError
from domain.ids import ConversationId, MessageId, UserId
from domain.media_wishes import ImageWish
from domain.speech.orders import DictationWish, VoiceWish
from domain.turn.ask import Ask, Record
from domain.turn.prompt import AudioPart, FilePart, ImagePart, Message, TextPart
from domain.turn.settings import PictureWanted, TurnSettings
from entrypoints.web.wire.client_message import ClientMessage
from entrypoints.web.wire.messages import ask_from

SEVEN = UserId(7)
PHOTO = "https://files.example/7/a.png"
LOCAL_ID = "5d3a1a52-0f1c-4d53-9f43-1c3b2a190001"

COMPLETE: dict[str, Any] = {
    "request_type": "text",
    "customer_id": 7,
    "asset_input": [],
    "user_input": {
        "prompt": [
            {"type": "text", "text": "What is on this photo?"},
            {"type": "image_url", "image_url": {"url": PHOTO}},
            {"type": "file_url", "file_url": {"url": "https://files.example/7/b.pdf"}},
            {"type": "audio_url", "audio_url": {"url": "https://files.example/7/c.mp3"}},
            {"type": "image_mode", "image_mode": "default"},
        ],
        "chat_history": [
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
            {"role": "assistant", "content": "Hello! How can I help?"},
        ],
        "session_id": "",
        "user_message": {
            "message": "What is on this photo?",
            "is_user_message": True,
            "local_id": LOCAL_ID,
            "created_at": "2026-02-03 10:11",
            "ai_character_name": "",
            "image_locations": [PHOTO],
            "file_locations": [],
            "favorite": False,
            "is_tts": False,
            "show_transcribe_button": False,
            "is_gps_location_message": False,
            "offline_data_id": 0,
            "additional_info_before_post": "",
            "additional_info_after_post": "",
        },
        "ai_response": {
            "message": "",
            "is_user_message": False,
            "local_id": "another",
            "created_at": "2026-02-03T10:11:12.000Z",
            "ai_character_name": "assistant",
            "api_text_gen_model_name": "GPT-4o-mini",
            "image_locations": [],
            "file_locations": [],
            "favorite": False,
            "is_tts": False,
            "show_transcribe_button": False,
            "is_gps_location_message": False,
            "offline_data_id": 0,
            "additional_info_before_post": "",
            "additional_info_after_post": "",
        },
        "auto_trigger_tts": False,
        "ai_text_gen_model": "GPT-4o-mini",
        "new_ai_character_name": "assistant",
        "customer_id": 7,
        "is_edited_message": False,
        "audio_file_name": "",
    },
    "user_settings": {
        "text": {"temperature": 0.5, "max_tokens": 100.0, "reasoning_effort": 2.0},
        "tts": {},
        "speech": {},
        "image": {},
        "general": {},
    },
}


def asked(found: dict[str, Any]) -> Ask:
    return ask_from(ClientMessage(found), SEVEN)


def camel(value: Any) -> Any:
    """Spell the keys of objects, however deep, in camelCase."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        re.sub(r"_([a-z])", lambda found: found.group(1).upper(), name): camel(item)
        for name, item in value.items()
    }


def changed(**changes: Any) -> dict[str, Any]:
    """Return the complete message with `a__b=value` set at `a.b`; `...` leaves the key out."""
    found = copy.deepcopy(COMPLETE)
    for path, value in changes.items():
        *outer, last = path.split("__")
        place = found
        for name in outer:
            place = place[name]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return found


def test_the_complete_form() -> None:
    text = {"temperature": 0.5, "max_tokens": 100.0, "reasoning_effort": 2.0}
    stub: dict[str, Any] = {"favorite": False, "is_tts": False, "show_transcribe_button": False}
    assert asked(COMPLETE) == Ask(
        user=SEVEN,
        question=(
            TextPart("What is on this photo?"),
            ImagePart(PHOTO),
            FilePart("https://files.example/7/b.pdf"),
            AudioPart("https://files.example/7/c.mp3"),
        ),
        history=(
            Message("user", (TextPart("Hi"),)),
            Message("assistant", (TextPart("Hello! How can I help?"),)),
        ),
        settings=TurnSettings(
            "GPT-4o-mini",
            temperature=0.5,
            max_tokens=100,
            effort_index=2,
            picture=PictureWanted(ImageWish(prompt="")),
        ),
        key=LOCAL_ID,
        record=Record(
            conversation=ConversationDraft(
                character="assistant", model="GPT-4o-mini", auto_trigger_tts=False
            ),
            question=MessageDraft(
                message="What is on this photo?",
                ai_character_name="",
                image_locations=(PHOTO,),
                file_locations=(),
                is_gps_location_message=False,
                **stub,
            ),
            answer=MessageDraft(
                message="",
                ai_character_name="assistant",
                api_text_gen_model_name="GPT-4o-mini",
                api_text_gen_settings=text,
                image_locations=(),
                file_locations=(),
                is_gps_location_message=False,
                **stub,
            ),
        ),
    )


MINIMAL: list[dict[str, Any]] = [
    {"prompt": "Hello", "settings": {"text": {"model": "gpt-4o-mini"}}},
    {
        "request_type": "text",
        "user_input": {"prompt": [{"type": "text", "text": "Hello"}]},
        "user_settings": {"text": {"model": "gpt-4o-mini"}},
    },
    {
        "request_type": "text",
        "user_input": {
            "prompt": [{"type": "text", "text": "Say hi"}],
            "chat_history": [],
            "session_id": "",
        },
        "user_settings": {"text": {"model": "gpt-4o-mini"}, "tts": {"tts_auto_execute": False}},
        "customer_id": 7,
    },
]


@pytest.mark.parametrize("found", [COMPLETE, *MINIMAL, changed(user_input__session_id="9f")])
def test_the_camel_case_twin_asks_the_same(found: dict[str, Any]) -> None:
    assert asked(camel(found)) == asked(found)


def test_snake_case_wins_over_camel_case() -> None:
    found = {"userInput": {"prompt": "camel"}, "user_input": {"prompt": "snake"}}
    assert asked(found).text == "snake"


def test_the_smallest_form_is_not_kept() -> None:
    ask = asked(MINIMAL[0])
    assert (ask.text, ask.record, ask.key) == ("Hello", None, None)
    assert ask.settings == TurnSettings("gpt-4o-mini")


def test_a_user_input_is_kept() -> None:
    assert asked(MINIMAL[1]).record is not None


def test_history_and_session_may_stand_at_the_top() -> None:
    history = [{"role": "user", "content": "Hi"}]
    ask = asked({"prompt": "Hello", "session_id": " 9f ", "chat_history": history})
    assert ask.history == (Message("user", (TextPart("Hi"),)),)
    assert ask.record is not None
    assert ask.record.conversation.id == ConversationId("9f")


@pytest.mark.parametrize(
    ("found", "model"),
    [
        ({"model": "a"}, "a"),
        ({"model": "a", "user_input": {"model": "b"}}, "b"),
        ({"user_input": {"model": "b", "ai_text_gen_model": "c"}}, "c"),
        ({"model": "a", "settings": {"text": {"model": "d"}}}, "d"),
    ],
)
def test_a_model_that_is_named_is_never_passed_over(found: dict[str, Any], model: str) -> None:
    assert ask_from(ClientMessage({"prompt": "Hi", **found}), SEVEN).settings.model == model


def test_user_settings_win_over_settings() -> None:
    found = {
        "prompt": "Hello",
        "settings": {"text": {"model": "a"}},
        "user_settings": {"text": {"model": "b"}},
    }
    assert asked(found).settings.model == "b"


PLACES: list[tuple[str, dict[str, Any]]] = [
    ("top", {"prompt": "top"}),
    ("inner", {"user_input": {"prompt": "inner"}}),
    ("text", {"user_input": {"text": "text"}}),
    ("stored", {"user_input": {"user_message": {"message": "stored"}}}),
    ("object", {"message": {"message": "object"}}),
    ("plain", {"message": "plain"}),
]


@pytest.mark.parametrize(("text", "found"), PLACES)
def test_a_prompt_is_found_in_each_place(text: str, found: dict[str, Any]) -> None:
    assert asked(found).text == text


def test_the_earlier_place_wins() -> None:
    found = {
        "prompt": "top",
        "message": "plain",
        "user_input": {"prompt": "inner", "text": "t", "user_message": {"message": "m"}},
    }
    assert asked(found).text == "top"
    for name, text in (("prompt", "inner"), ("user_input", "plain")):
        del found[name]
        assert asked(found).text == text


@pytest.mark.parametrize("blank", ["", "  \n", [], [{"type": "text", "text": " "}], None])
def test_a_blank_prompt_does_not_hide_the_next_one(blank: object) -> None:
    assert asked({"prompt": blank, "user_input": {"prompt": "inner"}}).text == "inner"


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"user_input": {}},
        {"prompt": "", "user_input": {"prompt": []}},
        {"user_input": {"prompt": [{"type": "image_mode", "image_mode": "default"}]}},
    ],
)
def test_without_a_prompt_there_is_no_turn(found: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="Prompt required"):
        asked(found)


def test_attachments_alone_are_a_prompt() -> None:
    assert asked({"prompt": [{"type": "image_url", "image_url": PHOTO}]}).question == (
        ImagePart(PHOTO),
    )


@pytest.mark.parametrize("claimed", [8, 0, -7, "8", "", "x", True, [7], {"id": 7}, 7.5, 10**400])
def test_another_customer_is_refused(claimed: object) -> None:
    with pytest.raises(AccessDenied, match="Access denied: customer ID mismatch"):
        asked(changed(customer_id=claimed))
    with pytest.raises(AccessDenied):
        asked(changed(user_input__customer_id=claimed))


@pytest.mark.parametrize("claimed", [7, 7.0, "7", None])
def test_the_customer_of_the_token_is_fine(claimed: object) -> None:
    assert asked(changed(customer_id=claimed)).user == SEVEN


@pytest.mark.parametrize("kind", ["realtime", "real-time", "text-realtime"])
def test_what_is_not_offered_says_so(kind: str) -> None:
    with pytest.raises(FeatureUnavailable):
        asked(changed(request_type=kind))


def test_a_spoken_question_may_have_no_words_yet() -> None:
    speech = {"model": "deepgram_stt-nova-3", "recording_sample_rate": 16000.0, "mode": "x"}
    found = asked(
        {
            "request_type": "Audio",
            "user_input": {"prompt": [{"type": "text", "text": ""}], "recording_id": "r"},
            "user_settings": {
                "speech": speech | {"numerals": "false", "sample_rate": "fast"},
                "text": {"bugReport": "true"},
            },
        }
    )
    assert (found.kind, found.question) == ("audio", ())
    assert found.dictation == DictationWish(
        model="deepgram_stt-nova-3",
        recording_hz=16_000,
        numerals=False,
        is_told=False,
        is_answered=False,
        is_bug_report=True,
        recording="r",
    )
    assert asked(changed(request_type="audio_direct")).kind == "audio_direct"
    for settings in ({"speech": {"send_full_audio_to_llm": 1}}, {"sendFullAudioToLlm": "yes"}):
        direct = asked(changed(request_type="audio", user_settings=settings))
        assert direct.kind == "audio_direct"
        assert (direct.settings.temperature, direct.settings.max_tokens) == (0.7, 4096)


def test_a_text_that_is_to_be_attached_nowhere_may_be_spoken_for_a_trial() -> None:
    general = {"returnTestData": "true"}
    unkept = {"request_type": "tts", "prompt": "Hi", "user_settings": {"general": general}}
    found = asked(unkept)
    assert (found.voiced, found.wants_voiced, found.settings.tries_voice) == (None, False, True)


def test_a_text_that_is_only_to_be_spoken_names_its_message() -> None:
    found = asked(
        {
            "request_type": "tts",
            "user_input": {"message_id": 42.0, "text": "Hello"},
            "user_settings": {"tts": {"voice": "nova", "streaming": False}},
        }
    )
    assert (found.kind, found.text, found.voiced, found.record) == ("tts", "Hello", 42, None)
    assert (found.wants_voiced, found.settings.tries_voice) == (True, False)
    assert (found.settings.speech_wanted, found.settings.voice) == (True, VoiceWish(voice="nova"))
    with pytest.raises(InvalidRequest, match="Prompt required"):
        asked({"request_type": "tts", "user_input": {"message_id": 42, "text": " "}})


def test_group_chat_says_so_too() -> None:
    with pytest.raises(FeatureUnavailable, match="Group chat"):
        asked(changed(group_id="g"))


@pytest.mark.parametrize("kind", ["text", "TEXT", "image", "", None, 5])
def test_any_other_kind_is_a_text_turn(kind: object) -> None:
    assert asked(changed(request_type=kind)).kind == "text"


WRONG: list[dict[str, Any]] = [
    {"user_input": []},
    {"user_input": "text"},
    {"user_settings": []},
    {"user_settings__text": "x"},
    {"user_settings__text": {"model": 5}},
    {"user_settings__text": {"temperature": "hot"}},
    {"user_settings__text": {"temperature": [1]}},
    {"user_settings__text": {"tools": [1]}},
    {"user_input__prompt": 5},
    {"user_input__prompt": {"text": "x"}},
    {"user_input__prompt": [5]},
    {"user_input__prompt": [{"type": "text"}]},
    {"user_input__prompt": [{"type": "text", "text": 5}]},
    {"user_input__prompt": [{"type": "hologram"}]},
    {"user_input__prompt": [{"text": "no type"}]},
    {"user_input__prompt": [{"type": "image_url"}]},
    {"user_input__prompt": [{"type": "image_url", "image_url": {"url": 5}}]},
    {"user_input__prompt": [{"type": "image_url", "image_url": "file:///etc/passwd"}]},
    {"user_input__prompt": [{"type": "file_url", "file_url": "/etc/passwd"}]},
    {"user_input__prompt": [{"type": "input_audio", "input_audio": {}}]},
    {"user_input__chat_history": "x"},
    {"user_input__chat_history": [{"role": "wizard", "content": "x"}]},
    {"user_input__chat_history": [{"content": "x"}]},
    {"user_input__chat_history": [{"role": "user", "content": 5}]},
    {"user_input__chat_history": [{"role": "assistant", "tool_calls": [5]}]},
    {"user_input__chat_history": [{"role": "assistant", "tool_calls": {"a": 1}}]},
    {"user_input__session_id": 5},
    {"user_input__tags": "x"},
    {"user_input__user_message": []},
    {"user_input__user_message__message": 5},
    {"user_input__user_message__message_id": "x"},
    {"user_input__ai_response": "x"},
    {"user_input__ai_response__image_locations": "x"},
    {"user_input__user_message__local_id": "x" * 201},
]


@pytest.mark.parametrize("changes", WRONG, ids=str)
def test_every_wrong_shape_is_told(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as told:
        asked(changed(**changes))
    assert str(told.value)


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30, 0.0, None])
def test_a_message_id_that_names_no_message_is_none(number: object) -> None:
    record = asked(changed(user_input__user_message__message_id=number)).record
    assert record is not None
    assert record.question.message_id is None


def test_an_edit_names_the_messages_it_replaces() -> None:
    found = changed(user_input__is_edited_message=True, user_input__user_message__message_id=41)
    found["user_input"]["ai_response"]["message_id"] = 42.0
    record = asked(found).record
    assert record is not None
    assert record.edits
    assert record.question.message_id == MessageId(41)
    assert record.answer.message_id == MessageId(42)


def test_an_edit_is_one_question_per_content() -> None:
    edit = changed(user_input__is_edited_message=True)
    other = changed(user_input__is_edited_message=True, user_input__prompt="Something else")
    keys = [asked(found).key for found in (COMPLETE, edit, copy.deepcopy(edit), other)]
    assert keys[1] == keys[2]
    assert len(set(keys)) == 3
    assert all(key is not None and key.startswith(LOCAL_ID) for key in keys)


@pytest.mark.parametrize(
    "found",
    [
        {"prompt": "x", "local_id": "k"},
        {"prompt": "x", "localId": "k"},
        {"user_input": {"prompt": "x", "local_id": "k"}, "local_id": "other"},
        {"user_input": {"prompt": "x", "user_message": {"local_id": "k"}, "local_id": "other"}},
        {"userInput": {"prompt": "x", "userMessage": {"localId": "k"}}},
    ],
)
def test_the_key_of_a_question(found: dict[str, Any]) -> None:
    assert asked(found).key == "k"


@pytest.mark.parametrize("key", ["", 5, None, ["k"]])
def test_a_key_that_is_no_text_is_none(key: object) -> None:
    assert asked({"prompt": "x", "local_id": key}).key is None


def test_what_the_conversation_is_told() -> None:
    found = changed(
        user_input__session_name=" Trip ",
        user_input__tags=["a", "", "b"],
        user_input__claude_session_id="c",
        user_input__update_last_mod_time=False,
        user_input__auto_trigger_tts=...,
        user_input__new_ai_character_name=...,
        user_input__ai_text_gen_model=...,
        user_settings__general={"tts_auto_execute": True},
        user_settings__text={"ai_character": "bugsy", "model": "gpt-4o"},
    )
    record = asked(found).record
    assert record is not None
    assert record.conversation == ConversationDraft(
        name="Trip",
        character="bugsy",
        model="gpt-4o",
        auto_trigger_tts=True,
        claude_session_id="c",
        tags=("a", "b"),
        touch=False,
    )


def test_what_is_not_said_of_the_conversation_is_left_alone() -> None:
    record = asked({"user_input": {"prompt": "x"}}).record
    assert record is not None
    assert record.conversation == ConversationDraft()
    assert record.question == MessageDraft()
    assert record.answer == MessageDraft(api_text_gen_settings={})


def test_an_uploaded_recording_comes_first_among_the_files() -> None:
    found = changed(user_input__audio_file_name="a.wav")
    found["user_input"]["user_message"]["file_locations"] = ["b.pdf"]
    record = asked(found).record
    assert record is not None
    assert record.question.file_locations == ("a.wav", "b.pdf")


def test_a_control_word_may_stand_between_blanks() -> None:
    assert ClientMessage({"type": " Ping "}).control == "ping"


def test_numbers_and_texts_of_control_messages() -> None:
    message = ClientMessage({"type": "Follow", "turnId": "t", "after": 3.0, "odd": True})
    assert (message.control, message.text("turn_id"), message.number("after")) == ("follow", "t", 3)
    assert message.number("odd", "missing") is None
    assert message.text("after", "missing") is None
    assert ClientMessage({"type": 5}).control == ""


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
NAMES = [
    "prompt", "message", "user_input", "userInput", "user_settings", "settings", "customer_id",
    "chat_history", "session_id", "local_id", "group_id", "request_type", "type",
    "is_edited_message",
]  # fmt: skip
INNER = [*COMPLETE["user_input"], "tags", "text", "update_last_mod_time", "claude_session_id"]
sections = st.dictionaries(
    st.sampled_from(["text", "tts", "general"]),
    json_values
    | st.dictionaries(
        st.sampled_from(["model", "temperature", "max_tokens", "reasoning_effort", "tools"]),
        json_values,
    ),
)
inputs = st.dictionaries(
    st.sampled_from(INNER),
    json_values
    | st.dictionaries(st.sampled_from(list(COMPLETE["user_input"]["ai_response"])), json_values)
    | st.lists(
        st.fixed_dictionaries(
            {"type": st.sampled_from(["text", "image_url", "file_url", "input_audio"])},
            optional={"text": json_values, "image_url": json_values, "input_audio": json_values},
        )
        | st.fixed_dictionaries({"role": st.sampled_from(["user", "tool"]), "content": json_values})
    ),
)


@given(st.dictionaries(st.sampled_from(NAMES), json_values | sections | inputs) | json_values)
def test_whatever_a_client_sends_only_typed_errors_come_of_it(found: Any) -> None:
    if not isinstance(found, dict):
        return
    try:
        ask = asked(found)
    except ParleyError:
        return
    assert ask.question
    assert len(ask.fingerprint) == 64


def forked(*items: Any, **said: Any) -> Record:
    """Return the record of a question that forks with these messages."""
    inner = {"prompt": "x", "new_session_from_here_full_chat_history": list(items), **said}
    record = ask_from(ClientMessage({"user_input": inner}), SEVEN).record
    assert record is not None
    return record


def test_a_fork_is_a_new_conversation_with_the_copies_in_it() -> None:
    record = forked(
        {"message": "a", "message_id": 5, "favorite": True, "created_at": "1999"},
        {"message": "b", "isUserMessage": False, "apiTextGenModelName": "m"},
        {"message": "c", "sender": "AI"},
        {"message": "d", "sender": "System", "is_user_message": True},
        {"message": ""},
        session_id="0b5c8a52-6f5d-4f0e-9a3e-3c1f6f0f2b11",
        new_ai_character_name="captain",
        is_edited_message=True,
    )
    draft = record.conversation
    assert (draft.id, draft.name, draft.character) == (None, "New session from here", "captain")
    assert not record.edits
    senders = [copy.sender for copy in record.copied]
    assert senders == [Sender.USER, Sender.AI, Sender.AI, Sender.USER]
    assert record.copied[0].draft == MessageDraft(message="a")
    assert record.copied[1].draft == MessageDraft(message="b", api_text_gen_model_name="m")


def test_an_empty_list_forks_nothing() -> None:
    record = forked(session_id="s-1")
    assert (record.copied, record.conversation.id) == ((), "s-1")


@pytest.mark.parametrize("items", ["all", [5], [{"message": 5}], [{"message": "x"}] * 2001])
def test_a_fork_of_a_wrong_shape_is_refused(items: Any) -> None:
    said = {"prompt": "x", "new_session_from_here_full_chat_history": items}
    with pytest.raises(InvalidRequest, match="new_session_from_here"):
        ask_from(ClientMessage({"user_input": said}), SEVEN)
