"""Why a socket is closed, in the contract's numbers."""

GOODBYE = 1000
"""The client asked for it."""
IDLE = 1001
NOT_INIT = 1002
"""Of the voice socket: it did not begin as it must."""
NOT_JSON = 1003
"""The first frame was not JSON; later ones are answered by an error."""
BAD_SETTINGS = 1003
"""Of the voice socket: nobody speaks as it is wanted."""
NOT_UTF8 = 1007
"""A text frame was no text."""
POLICY = 1008
"""Nothing was ever said, or a mode was asked for that is not here."""
TOO_BIG = 1009
INTERNAL = 1011
"""Whose socket it is could not be told."""
UNAUTHORIZED = 4401
