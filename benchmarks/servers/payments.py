"""A gRPC server over TLS that checks nothing; prints its port.

Its certificate and key come in the files named; it ends with its standard input.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

METHOD = "/bench.Payments/Charge"


class Payments(grpc.GenericRpcHandler):
    """Gives every request back."""

    def __init__(self) -> None:
        self._handler = grpc.unary_unary_rpc_method_handler(lambda request, _: request)

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler | None:
        return self._handler if handler_call_details.method == METHOD else None


def main(certificate: str, key: str) -> None:
    pair = Path(key).read_bytes(), Path(certificate).read_bytes()
    server = grpc.server(ThreadPoolExecutor(4), handlers=[Payments()])
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(None).wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
