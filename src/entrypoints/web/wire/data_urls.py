"""Content that carries itself."""

import base64


def data_url(content: bytes, mime_type: str) -> str:
    """Return content as a data URL (RFC 2397)."""
    return f"data:{mime_type};base64,{base64.b64encode(content).decode()}"
