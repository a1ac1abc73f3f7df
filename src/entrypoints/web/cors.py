"""Which pages of other origins may call the API."""

from collections.abc import Sequence

from litestar.config.cors import CORSConfig

from entrypoints.web.identity import origin_pattern

READABLE = ["X-Request-ID", "X-Turn-ID", "Retry-After"]


def cors(origins: Sequence[str]) -> CORSConfig:
    """Return the rules for these origins: any method and header, never credentials.

    Tokens travel in a header that no browser adds by itself, so cookies have no part in this.
    """
    return CORSConfig(
        allow_origins=[],
        allow_origin_regex=origin_pattern(origins).pattern,
        allow_credentials=False,
        expose_headers=READABLE,
    )
