"""JSON as clients send it."""

import json

import msgspec


def decoded(text: str | bytes) -> object:
    """Return what the JSON says; half a character in it becomes a question mark.

    Browsers escape such a half, which is left where a text is cut in the middle of an emoji.

    Raises:
        ValueError, RecursionError: it is no JSON.
    """
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        sent = text.encode() if isinstance(text, str) else text
        if rb"\ud" not in sent.lower():
            raise
        whole = json.dumps(json.loads(text), ensure_ascii=False)
        return msgspec.json.decode(whole.encode(errors="replace"))
