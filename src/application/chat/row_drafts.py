"""What of a question and its answer goes into their rows."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import structs

from domain.conversation.conversation import AnswerState, MessageDraft
from domain.turn.ask import AUDIO_DIRECT, Ask, Record, brings_results
from domain.turn.events import ModelChosen
from domain.turn.prompt import AudioPart, FilePart, ImagePart
from domain.turn.transcript import Transcript


def question_draft(ask: Ask, record: Record) -> MessageDraft:
    """Return the question's row: what the client says of it, and else what was asked."""
    draft = record.question
    changes: dict[str, Any] = {}
    if not draft.message:
        # A recording that the model hears itself has no words of its own.
        changes["message"] = "" if ask.kind == AUDIO_DIRECT else ask.text or _results(ask)
    # A client that sends no message object still sees its attachments in the history. Without any,
    # nothing is stated: an edit then leaves the stored lists alone.
    if draft.image_locations is None:
        changes["image_locations"] = _places(ask, ImagePart) or None
    if draft.file_locations is None:
        changes["file_locations"] = _places(ask, FilePart, AudioPart) or None
    return structs.replace(draft, **changes)


def _results(ask: Ask) -> str:
    """Return words for a question that is nothing but results of the client's tools."""
    if ask.question or not brings_results(ask.history):
        return ""
    called = {call.id: call.name for message in ask.history for call in message.calls}
    answered = [message.answers_call or "" for message in ask.history if message.role == "tool"]
    return f"[result of {called.get(answered[-1], 'a tool')}]"


def _places(ask: Ask, *kinds: type[ImagePart | FilePart | AudioPart]) -> tuple[str, ...]:
    return tuple(
        part.url
        for part in ask.question
        if isinstance(part, kinds) and not part.url.startswith("data:")
    )


def answer_draft(
    record: Record, transcript: Transcript, chosen: ModelChosen | None, state: AnswerState
) -> MessageDraft:
    """Return the answer's row as far as it has come."""
    draft = record.answer
    changes: dict[str, Any] = {}
    if text := transcript.text:
        changes["message"] = text
    if thinking := transcript.thinking:
        changes["ai_reasoning"] = draft.ai_reasoning or thinking
    if chosen is not None:
        changes["api_text_gen_model_name"] = chosen.model
    if transcript.charts:
        changes["chart_data"] = msgspec.to_builtins(tuple(transcript.charts))
    changes |= _illustrations(draft, transcript)
    if (voice := transcript.voice) is not None:
        changes["is_tts"] = True
        changes["api_tts_gen_model_name"] = voice.model
        files = changes.get("file_locations") or draft.file_locations or ()
        changes["file_locations"] = (voice.address, *files)
    if state is AnswerState.CANCELLED and transcript.has_answer:
        data: Mapping[str, Any] = draft.claude_code_data or {}
        changes["claude_code_data"] = {**data, "cancelled": True}
    return structs.replace(draft, **changes)


def _illustrations(draft: MessageDraft, transcript: Transcript) -> dict[str, Any]:
    """Return what a message says of what was drawn for it."""
    changes: dict[str, Any] = {}
    if pictures := transcript.pictures:
        places = (picture.url for picture in pictures)
        changes["image_locations"] = (*(draft.image_locations or ()), *places)
        ordered = [picture for picture in pictures if picture.settings]
        if ordered:
            changes["api_image_gen_settings"] = ordered[-1].settings
            changes["image_generation_request"] = ordered[-1].request
    if transcript.media:
        places = (kept.url for kept in transcript.media)
        changes["file_locations"] = (*(draft.file_locations or ()), *places)
    return changes
