"""Threads that start together, results that are errors too."""

import threading
from collections.abc import Callable

from s2sauth.errors import AccessError, S2SAuthError

__all__ = ["PATIENCE", "at_the_same_time"]

PATIENCE = 20.0  # seconds before a test gives up; none comes near


def at_the_same_time(count: int, work: Callable[[int], object]) -> list[object]:
    """Run `work` in `count` threads that start together.

    Returns what each gave; an error of ours in its place, a refusal as its reason.
    """
    barrier = threading.Barrier(count)
    results: list[object] = [None] * count

    def run(number: int) -> None:
        barrier.wait(PATIENCE)
        try:
            results[number] = work(number)
        except AccessError as error:
            results[number] = error.reason
        except S2SAuthError as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    return results
