"""What all the credentials have in common."""

import hashlib
import os
from typing import NoReturn

__all__ = ["Unpicklable", "fingerprint"]

_KEY = os.urandom(16)  # versions mean nothing outside this process


class Unpicklable:
    """A credential that stays in its process."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = (
            "a credential can't be pickled: have the other process read its "
            "secret itself, with FileSecret, EnvSecret or a key file"
        )
        raise TypeError(message)


def fingerprint(*parts: bytes) -> str:
    """Name a secret by a digest that only this process knows.

    Args:
        parts: What it's made of; the split counts.
    """
    digest = hashlib.blake2b(key=_KEY, digest_size=8)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
