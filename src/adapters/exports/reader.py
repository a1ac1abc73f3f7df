"""Reads whatever archive it is given."""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from adapters.exports import chatgpt, claude
from adapters.exports.elements import elements
from adapters.exports.limits import Limits, Meter
from adapters.exports.lines import lines
from adapters.exports.packages import Document, documents
from application.ports.archives import Archives
from application.ports.clock import Clock
from domain.transfer import archive
from domain.transfer.errors import ArchiveRefused
from domain.transfer.fit import Fit
from domain.transfer.records import ArchivedConversation, Record

_BLANKS = b" \t\r\n"
_SURROGATES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\.",
    re.DOTALL,
)
_RECORD = msgspec.json.Decoder(Record)


class _Kind(msgspec.Struct, frozen=True):
    """By what a conversation is told from those of others."""

    mapping: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    chat_messages: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_KIND = msgspec.json.Decoder(_Kind)
_CHATGPT = msgspec.json.Decoder(chatgpt.ChatGptConversation)
_CLAUDE = msgspec.json.Decoder(claude.ClaudeConversation)


class ExportReader(Archives):
    """Our own archives and others' exports, plain or packed."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits

    def read(self, file: BinaryIO) -> Iterator[Record]:
        """Yield the records of an archive from its beginning, each checked."""
        meter, fit, known = Meter(self._limits), Fit(self._clock.now()), set[str]()
        ours = 0
        for document in documents(file, meter):
            if document.text.peek(_PEEKED).lstrip(_BLANKS).startswith(b"["):
                found = _foreign(document, meter, fit, known)
            else:
                ours += 1
                found = archive.records(lines(document, meter), fit)
            if ours > 1:
                raise ArchiveRefused("there is more than one archive in the zip")
            for record in found:
                meter.record()
                yield record


_PEEKED = 1024


def _foreign(document: Document, meter: Meter, fit: Fit, known: set[str]) -> Iterator[Record]:
    for text, place in elements(document, meter):
        try:
            for record in _conversation(text):
                # What others wrote passes the same gate as what we did.
                checked = _RECORD.decode(archive.encoded(record))
                fit.check(checked)
                _check_new(checked, known)
                yield checked
        except msgspec.ValidationError as error:
            raise ArchiveRefused(str(error)[:200], place) from None
        except (msgspec.MsgspecError, RecursionError):
            raise ArchiveRefused("this is no valid JSON", place) from None
        except UnicodeError:
            raise ArchiveRefused("this is no valid UTF-8", place) from None
        except ArchiveRefused as error:
            raise ArchiveRefused(error.why, place) from None


def _conversation(text: bytes) -> Iterator[Record]:
    kind = _decoded(_KIND, text)
    if kind.mapping is not msgspec.UNSET:
        return chatgpt.records(_decoded(_CHATGPT, text))
    if kind.chat_messages is not msgspec.UNSET:
        return claude.records(_decoded(_CLAUDE, text))
    raise ArchiveRefused("this is a conversation neither of ChatGPT nor of Claude")


def _decoded(decoder: "msgspec.json.Decoder[Any]", text: bytes) -> Any:
    try:
        return decoder.decode(text)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        # Others cut texts in the middle of an emoji; half of one is no reason to refuse the rest.
        return decoder.decode(_SURROGATES.sub(_whole, text))


def _whole(found: "re.Match[bytes]") -> bytes:
    lone = len(found[0]) == len(rb"\ud800")
    return rb"\ufffd" if lone else found[0]


def _check_new(record: Record, known: set[str]) -> None:
    if isinstance(record, ArchivedConversation):
        if record.id in known:
            raise ArchiveRefused("the conversation is there twice")
        known.add(record.id)
