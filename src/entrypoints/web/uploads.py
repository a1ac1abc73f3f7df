"""Uploads, whichever door they come through."""

import json
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, cast

from msgspec import Struct

from application.files.upload_file import UploadFile
from application.files.upload_log import UploadLog
from domain.errors import FileRefused, InvalidRequest
from domain.files.stored import StoredFile
from domain.ids import UserId
from entrypoints.web.identity import SignedIn, check_customer
from entrypoints.web.upload_form import UploadForm
from entrypoints.web.wire.names import snake, snake_keys

_JSON_FIELDS = frozenset({"user_input", "user_settings", "asset_input"})


class Received(Struct, frozen=True):
    """A stored upload, and the plain fields that came with it, their names in snake_case."""

    file: StoredFile
    said: Mapping[str, str]


class _Said:
    """The fields of one form."""

    def __init__(self, user: UserId, needed: tuple[str, ...]) -> None:
        self._user = user
        self._needed = needed
        self._input: Mapping[str, Any] = {}
        self.plain: dict[str, str] = {}

    def check(self, name: str, text: str) -> None:
        name = snake(name)
        if name == "customer_id":
            text = text.strip()
            if not text.isdecimal():
                raise InvalidRequest("customer_id must be a whole number", name)
            check_customer(text, self._user)
        if name not in _JSON_FIELDS:
            self.plain[name] = text
            return
        found = _json(name, text)
        if name == "user_input":
            self._input = found

    def complete(self) -> None:
        for name in self._needed:
            if name not in self.plain:
                raise InvalidRequest(f"{name} is missing", name)

    def chosen_name(self) -> str | None:
        name = self._input.get("force_filename")
        if name is not None and not isinstance(name, str):
            raise FileRefused("force_filename must be text", "user_input")
        return name or None


async def receive(request: SignedIn, upload: UploadFile, needed: tuple[str, ...] = ()) -> Received:
    """Store the file of a form for the customer of the token.

    Args:
        request: of which nothing was read.
        upload: the use case.
        needed: fields that have to be in the form.

    Raises:
        AccessDenied: the form names another customer.
        InvalidRequest: a field or the file is missing.
        FileRefused: a field that is to hold JSON does not, or the file is not taken.
        ParleyError: as `UploadFile`.
    """
    said = _Said(request.user, needed)
    form = UploadForm(request, upload.most_bytes, said.check, said.complete)
    async with aclosing(form), aclosing(form.chunks()) as chunks:
        name = await form.file_name()
        try:
            stored = await upload(request.user, name, chunks, said.chosen_name)
        except FileRefused as refused:
            if refused.extension is not None:
                # What is wrong with the fields behind the file is to be told first.
                await form.rest()
            raise
    return Received(stored, said.plain)


async def receive_log(request: SignedIn, upload: UploadLog) -> StoredFile:
    """Store the log of a form for the customer of the token; raises as `receive` does."""
    said = _Said(request.user, ())
    form = UploadForm(request, upload.most_bytes, said.check, said.complete)
    async with aclosing(form), aclosing(form.chunks()) as chunks:
        return await upload(request.user, await form.file_name(), chunks)


def _json(name: str, text: str) -> Mapping[str, Any]:
    """Return the object; anything else that is JSON counts as an empty one."""
    try:
        found: object = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        raise FileRefused(f"Invalid JSON payload for {name}", name) from error
    return snake_keys(cast("Mapping[str, Any]", found)) if isinstance(found, dict) else {}
