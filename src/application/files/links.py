"""Links to stored files: what a page can load without a token, for a while."""

import base64
import hashlib
import hmac
import re
from datetime import timedelta

from application.ports.clock import Clock
from domain.errors import FileNotFound
from domain.files.keys import PATH, address_of, key_in, owner_of, read_key
from domain.ids import FileKey, UserId

PURPOSE = b"links to files"
_STEP_S = 3600
"""Links end on the hour (short ones at multiples of their lifetime), so that reading a history
again gives the same ones: browsers keep what they have loaded by its URL."""
_OURS = re.compile(r"(?:https?://[^\s/()<>\"']+)?/files/[1-9]\d*/assets/[\w./-]*\w(?:\?[\w=&-]*)?")


class FileLinks:
    """Signs addresses of files, and says which links are good.

    Whoever has a link has the file until the link ends. The signature is over the whole key, so a
    link opens one file of one owner.
    """

    def __init__(self, secret: str, place: str, lifetime_s: float, clock: Clock) -> None:
        """Make the links of one server.

        Args:
            secret: of the server; what signs links is derived from it.
            place: scheme and host under which clients reach the server, without a slash.
            lifetime_s: how long a link is good, at least.
            clock: says when that is over.
        """
        self._secret = hmac.digest(secret.encode(), PURPOSE, hashlib.sha256)
        self._place = place
        self._lifetime = timedelta(seconds=lifetime_s)
        self._step = max(1, min(_STEP_S, int(lifetime_s)))
        self._clock = clock

    def link(self, key: FileKey) -> str:
        """Return a URL that opens the file."""
        until = (self._clock.now() + self._lifetime).timestamp()
        expires = (int(until) // self._step + 1) * self._step
        signature = self._signature(key, expires)
        return f"{self._place}{address_of(key)}?expires={expires}&signature={signature}"

    def kept(self, address: str) -> str:
        """Return a link to a file by the address that this server itself has just given it.

        Whatever else may have written the address down wants `renewed`.
        """
        key = key_in(address)
        return address if key is None else self.link(key)

    def renewed(self, url: str, owner: UserId) -> str:
        """Return a fresh link where this is an address or link of the owner's, else what was given.

        Anybody can write down the address of somebody else's file; that must open nothing.
        """
        key = key_in(url)
        return url if key is None or owner_of(key) != owner else self.link(key)

    def renewed_in(self, text: str, owner: UserId) -> str:
        """Return the text with every address or link of the owner's in it made fresh."""
        if PATH not in text:
            return text
        return _OURS.sub(lambda found: self.renewed(found[0], owner), text)

    def opened(self, path: str, expires: int, signature: str) -> tuple[FileKey, int]:
        """Return the key that a link opens, and for how many seconds it still does.

        Args:
            path: the key as it stands in the link.
            expires: as it stands there.
            signature: as it stands there.

        Raises:
            FileNotFound: the link has ended, or was never made here; which of them, nobody is told.
        """
        key = read_key(path)
        left = expires - int(self._clock.now().timestamp())
        good = key is not None and hmac.compare_digest(
            self._signature(key, expires).encode(), signature.encode()
        )
        if key is None or not good or left <= 0:
            raise FileNotFound(FileKey(path))
        return key, left

    def _signature(self, key: FileKey, expires: int) -> str:
        signed = hmac.digest(self._secret, f"{expires}:{key}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(signed[:16]).rstrip(b"=").decode()
