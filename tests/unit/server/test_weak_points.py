"""The Ed25519 points of small order, found by the curve's own arithmetic."""

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from s2sauth.server.weak_points import is_weak_point
from support.tokens import ed_key

PRIME = 2**255 - 19
D = -121665 * pow(121666, -1, PRIME) % PRIME
Point = tuple[int, int]


def add(one: Point, other: Point) -> Point:
    """Add two points (RFC 8032 §5.1.4, in plain coordinates)."""
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2 % PRIME
    x3 = (x1 * y2 + x2 * y1) * pow(1 + product, -1, PRIME) % PRIME
    y3 = (y1 * y2 + x1 * x2) * pow(1 - product, -1, PRIME) % PRIME
    return x3, y3


def encoded(point: Point) -> bytes:
    """Encode a point (RFC 8032 §5.1.2)."""
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def square_root(value: int) -> int:
    """Return a square root modulo the prime; there must be one."""
    root = pow(value, (PRIME + 3) // 8, PRIME)
    if root * root % PRIME != value % PRIME:
        root = root * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    assert root * root % PRIME == value % PRIME
    return root


def of_order_8() -> Point:
    """Return a point whose eighth multiple is the neutral one, and no fewer."""
    # Its double has y = 0, hence y² = -x² on the curve: d·y⁴ + 2·y² - 1 = 0.
    root = square_root(1 + D)
    squares = [(sign * root - 1) * pow(D, -1, PRIME) % PRIME for sign in (1, -1)]
    square = next(y2 for y2 in squares if pow(y2, (PRIME - 1) // 2, PRIME) == 1)
    return square_root(-square % PRIME), square_root(square)


def test_all_eight_are_weak():
    """Every multiple of a point of order eight is recognised; there are eight."""
    multiples: list[Point] = [(0, 1)]
    for _ in range(7):
        multiples.append(add(multiples[-1], of_order_8()))

    assert (0, 1) == add(multiples[-1], of_order_8())
    assert 8 == len(set(multiples))
    assert [] == [one for one in multiples if not is_weak_point(encoded(one))]


def test_other_spellings_are_weak():
    """The same y beyond the field, or with the other sign, is the same point."""
    for y in (0, 1):
        assert is_weak_point((PRIME + y).to_bytes(32, "little"))
        assert is_weak_point((y | 1 << 255).to_bytes(32, "little"))


def test_real_keys_are_not():
    """A key that was generated isn't weak."""
    public = ed_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    assert not is_weak_point(public)
