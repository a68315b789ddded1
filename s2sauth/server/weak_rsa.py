"""Recognises RSA moduli of the faulty generator known as ROCA (CVE-2017-15361).

Its primes are k·M + (65537^a mod M), so that a modulus, taken modulo any of the
small primes in M, is a power of 65537. One in 2^27 sound moduli is, by chance.
"""

__all__ = ["is_roca"]

_SMALL_PRIMES = (
    *(3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73),
    *(79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157),
    *(163, 167),
)


def _powers(prime: int) -> frozenset[int]:
    return frozenset(pow(65537, exponent, prime) for exponent in range(prime))


_FINGERPRINT = {prime: _powers(prime) for prime in _SMALL_PRIMES}


def is_roca(modulus: int) -> bool:
    """Tell whether `modulus` bears the generator's fingerprint."""
    return all(modulus % prime in powers for prime, powers in _FINGERPRINT.items())
