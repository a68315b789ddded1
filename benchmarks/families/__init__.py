"""One module for each family of rows; each has `measure(scale) -> Result`."""

NAMES = (
    "cached_get",
    "adapter",
    "stampede",
    "refresh",
    "fetch",
    "first_sight",
    "second_sight",
    "throughput",
    "flood",
    "grpc_client",
    "grpc_server",
    "imports",
    "sources",
    "cached_tokens",
)
