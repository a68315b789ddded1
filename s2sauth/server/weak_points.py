"""Recognises the Ed25519 points of small order: anyone can sign for such a key.

They are what's left of the curve when its large prime factor is taken away (RFC 8032
§5.1): eight points, with five values of y. For y = 1 the signature of everything is
known without any private key; RFC 8032's verification accepts it.
"""

__all__ = ["is_weak_point"]

_PRIME = 2**255 - 19
_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDERS = frozenset({0, 1, _PRIME - 1, _ORDER_8, _PRIME - _ORDER_8})


def is_weak_point(encoded: bytes) -> bool:
    """Tell whether an encoded point is of small order, or not spelt canonically."""
    y = int.from_bytes(encoded, "little") & (2**255 - 1)  # the sign of x is left out
    return y >= _PRIME or y in _SMALL_ORDERS
