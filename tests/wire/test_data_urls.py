"""Data URLs, and what their content shows itself to be."""

import pytest

from adapters.transport.data_urls import Inline, read_data_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("data:image/png;base64,iVBORw0KGgo=", Inline("image/png", "iVBORw0KGgo=")),
        ("DATA:Image/PNG;BASE64,iVBORw0KGgo=", Inline("image/png", "iVBORw0KGgo=")),
        ("data:image/png;base64,/9j/4A==", Inline("image/jpeg", "/9j/4A==")),
        ("data:;base64,R0lGODlh", Inline("image/gif", "R0lGODlh")),
        ("data:a/b;base64,UklGRgAAAABXRUJQ", Inline("image/webp", "UklGRgAAAABXRUJQ")),
        ("data:a/b;base64,JVBERi0", Inline("application/pdf", "JVBERi0=")),
        ("data:a/b;base64,JVBE%0ARi0%3D", Inline("application/pdf", "JVBERi0=")),
        ("data:a/b;base64,_9j_4A==", Inline("image/jpeg", "/9j/4A==")),
        ("data:text/csv;charset=utf-8,a%2Cb", Inline("text/csv", "YSxi")),
        ("data:,hi", Inline("text/plain", "aGk=")),
    ],
)
def test_what_they_hold(url: str, expected: Inline) -> None:
    assert read_data_url(url) == expected


def test_text() -> None:
    assert read_data_url("data:text/plain;base64,77u/R3LDvMOfZQ==").text() == "Grüße"


@pytest.mark.parametrize(
    "url", ["https://x/y", "data:image/png", "data:a/b;base64,%%%", "data:a/b;base64,A", "data"]
)
def test_what_is_none(url: str) -> None:
    with pytest.raises(ValueError, match="not"):
        read_data_url(url)
