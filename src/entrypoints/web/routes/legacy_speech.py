"""Speech for the old mobile client: what the newer endpoints do, in the shapes that it reads."""

from typing import Any, cast

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response, post
from litestar.datastructures import UploadFile

from application.speech.transcribe_recording import TranscribeRecording
from domain.errors import InvalidRequest
from domain.ids import UserId
from domain.speech.orders import Recording
from entrypoints.web.identity import SignedIn, signed_in
from entrypoints.web.routes.legacy_replies import FAILURES, Reply, reply
from entrypoints.web.routes.speech import Voices
from entrypoints.web.routes.transcriptions import uploaded
from entrypoints.web.wire.legacy import completed, deep_snake_keys
from entrypoints.web.wire.names import Json, snake_keys
from entrypoints.web.wire.transcriptions import (
    InvalidPayload,
    TranscriptionForm,
    made_up,
    read_form,
)
from entrypoints.web.wire.tts import STREAM, TtsRequest
from entrypoints.wiring.settings import Settings


@post(
    "/chat_audio2text",
    status_code=200,
    guards=[signed_in],
    exception_handlers=FAILURES,
    include_in_schema=False,
)
@inject
async def legacy_transcript(
    request: SignedIn, use_case: FromDishka[TranscribeRecording], settings: FromDishka[Settings]
) -> Reply:
    """Write down a recording. This client says that it is customer 1, whoever it is."""
    said = snake_keys(dict(await request.form()))
    file = said.get("file")
    if not isinstance(file, UploadFile):
        raise InvalidRequest("A recording is needed", "file")
    try:
        wanted = read_form(_form(file, said, request.user))
        content = await uploaded(file, settings.recording_bytes)
        if wanted.is_test:
            return reply(completed(made_up(wanted, request.user).data.result))
        recording = Recording(content, file.content_type, wanted.label)
        return reply(completed((await use_case(request.user, recording, wanted.wish)).text))
    except InvalidPayload as error:
        place = ".".join(error.place)
        raise InvalidRequest(f"{place}: {error}", place) from error
    finally:
        await file.close()


async def spoken(user: UserId, body: Json, voices: Voices) -> Response[Any]:
    """Return a text's sound, where it is, or what an account has used, as the action says.

    Raises:
        InvalidRequest: the body has a wrong shape.
    """
    found = cast("Json", deep_snake_keys(body))
    try:
        wanted = msgspec.convert({**found, "customer_id": user}, TtsRequest)
    except msgspec.ValidationError as error:
        raise InvalidRequest(str(error)) from error
    if wanted.action == STREAM:
        return await voices.streamed(user, wanted)
    return Response(await voices.generated(user, wanted))


def _form(file: UploadFile, said: Json, user: UserId) -> TranscriptionForm:
    texts = {
        name: value
        for name in ("action", "category", "user_input", "user_settings")
        if isinstance(value := said.get(name), str)
    }
    return TranscriptionForm(
        file=file, customer_id=user, **({"action": "chat", "category": "speech"} | texts)
    )
