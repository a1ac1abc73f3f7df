"""What decoding raises where bytes are not the JSON that was hoped for."""

import msgspec

NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Not its grammar or not the shape asked for; texts in it that are no UTF-8; nested without end."""
