"""`s2sauth demo`: the whole road on one machine, in five acts.

::

    stage ── authorization server · payment service (Flask, gRPC) · order service
    acts  ── allowed · refused · one_fetch · rotation · outage   ──► rows
    table ── rows: what was expected, what was seen
"""
