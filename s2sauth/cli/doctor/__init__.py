"""`s2sauth doctor`: walks the road to a token and back, and stops where it's broken.

::

    configured ── configuration · secret
    network    ── DNS · TCP · TLS
    answering  ── HTTP · clock · discovery · token
    road       ── all of them, and the judge's: claims … scopes, in one order
"""
