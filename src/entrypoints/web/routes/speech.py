"""Texts, spoken."""

from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import structlog
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Request, Response, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from msgspec import Struct

from application.ports.clock import Clock
from application.speech.made_up import SOUND
from application.speech.show_allowance import ShowAllowance
from application.speech.speak_text import SpeakText, Spoken
from application.speech.speak_to_file import SpeakToFile
from domain.errors import (
    AccessDenied,
    NotAuthenticated,
    ParleyError,
    SpendingCapReached,
    TooManyTurns,
)
from domain.ids import UserId
from domain.provider_errors import ProviderError
from entrypoints.web.documented import BEARER, errors
from entrypoints.web.errors import problem
from entrypoints.web.identity import SignedIn, check_customer, signed_in
from entrypoints.web.live import Live, Write
from entrypoints.web.wire.envelopes import ErrorEnvelope
from entrypoints.web.wire.tts import (
    ACTIONS,
    BILLING,
    WHOLE,
    Failure,
    TtsEnvelope,
    TtsRequest,
    billing_envelope,
    check_action,
    failure,
    made_up_envelope,
    order_headers,
    spoken_envelope,
)

log = structlog.get_logger("speech")

_AS_EVERYWHERE = (NotAuthenticated, AccessDenied, SpendingCapReached, TooManyTurns)


class _BrokeOff(OSError):
    """The voice broke off in the middle: so does the answer, whose status is already sent."""


class Voices(Struct, frozen=True):
    """Texts, spoken into a file or as they are heard, through whichever endpoint."""

    speech: SpeakToFile
    speak: SpeakText
    show: ShowAllowance
    clock: Clock

    async def generated(self, user: UserId, wanted: TtsRequest) -> TtsEnvelope:
        """Return where the sound is, or what an account has used.

        Raises:
            ParleyError: as `SpeakToFile` and `ShowAllowance`; or the action is another one.
        """
        check_action(wanted.action, (WHOLE, BILLING))
        if wanted.action == BILLING:
            return billing_envelope(await self.show(wanted.wish))
        if wanted.general.is_test:
            return made_up_envelope(wanted, user)
        keep = wanted.general.save_to_s3 is not False
        made = await self.speech(user, wanted.user_input.text, wanted.wish, keep=keep)
        return spoken_envelope(made)

    async def streamed(self, user: UserId, wanted: TtsRequest) -> Response[Any]:
        """Return the sound as it is made; nothing is stored.

        Raises:
            ParleyError: as `SpeakText`, up to the first sound; or the action is another one.
        """
        if wanted.action == BILLING:
            message = "Billing requests cannot be streamed"
            body = ErrorEnvelope(code=400, message=message, data={"action": BILLING})
            return Response(body, status_code=400)
        check_action(wanted.action, ACTIONS)
        if wanted.general.is_test:
            return Response(SOUND, media_type="audio/mpeg")
        spoken = await self.speak(user, wanted.user_input.text, wanted.wish)
        try:
            await spoken.begin()
        except BaseException:
            await spoken.aclose()
            raise
        kind, headers = spoken.order.format.media_type, order_headers(spoken.order)
        return Live(_sound(spoken), self.clock, media_type=kind, headers=headers)


def _failures(otherwise: Failure) -> dict[int | type[Exception], Any]:
    def failed(_: Request[Any, Any, Any], error: ParleyError) -> Response[ErrorEnvelope]:
        if isinstance(error, _AS_EVERYWHERE):
            found = problem(error)
            return Response(found.body, status_code=found.status, headers=dict(found.headers))
        body = failure(error, otherwise)
        if body.code >= 500:
            log.warning("speech failed", code=error.code, error=str(error))
        return Response(body, status_code=body.code)

    return {ParleyError: failed}


@post(
    "/api/v1/tts/generate",
    status_code=200,
    guards=[signed_in],
    exception_handlers=_failures("Failed to generate TTS audio"),
    tags=["Speech"],
    security=BEARER,
    responses=errors(401, 403, 422, 429, 502),
    summary="Speak a text into a file",
)
@inject
async def generate_speech(
    request: SignedIn,
    data: JSONBody[TtsRequest],
    speech: FromDishka[SpeakToFile],
    speak: FromDishka[SpeakText],
    show: FromDishka[ShowAllowance],
    clock: FromDishka[Clock],
) -> TtsEnvelope:
    """Speak a text and say where its sound is; or say what the account of a provider has used."""
    check_customer(data.customer_id, request.user)
    return await Voices(speech, speak, show, clock).generated(request.user, data)


@post(
    "/api/v1/tts/stream",
    status_code=200,
    guards=[signed_in],
    exception_handlers=_failures("Failed to stream TTS audio"),
    tags=["Speech"],
    security=BEARER,
    responses=errors(401, 403, 422, 429, 502)
    | {
        200: ResponseSpec(
            data_container=bytes,
            generate_examples=False,
            description="The sound as it is made; `X-TTS-…` headers say who speaks.",
            media_type="audio/mpeg",  # pyright: ignore[reportArgumentType] - any text works
        )
    },
    summary="Speak a text and listen as it is spoken",
)
@inject
async def stream_speech(
    request: SignedIn,
    data: JSONBody[TtsRequest],
    speech: FromDishka[SpeakToFile],
    speak: FromDishka[SpeakText],
    show: FromDishka[ShowAllowance],
    clock: FromDishka[Clock],
) -> Response[Any]:
    """Speak a text; what fails before the first sound has a status. Nothing is stored."""
    check_customer(data.customer_id, request.user)
    return await Voices(speech, speak, show, clock).streamed(request.user, data)


def _sound(spoken: Spoken) -> Callable[[Write], Any]:
    async def write_all(write: Write) -> None:
        try:
            async with aclosing(spoken.sound()) as chunks:
                async for chunk in chunks:
                    await write(chunk)
        except ProviderError as error:
            log.warning("speech broke off", code=error.code, error=str(error))
            raise _BrokeOff from error
        finally:
            await spoken.aclose()

    return write_all
