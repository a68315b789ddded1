"""Calls gRPC servers in turn: for each number on standard input, so many times each.

Arguments: the token, then the servers' addresses. Prints a line when it has begun,
and one after each number.
"""

import sys

import grpc

METHOD = "/bench.Payments/Charge"


def main(token: str, *targets: str) -> None:
    metadata = (("authorization", f"Bearer {token}"),)
    calls = [grpc.insecure_channel(one).unary_unary(METHOD) for one in targets]
    print("ready", flush=True)
    for line in sys.stdin:
        for _ in range(int(line)):
            for call in calls:
                call(b"request", metadata=metadata)
        print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
