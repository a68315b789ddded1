"""What .proto files declare of their methods, read from the generated modules.

protobuf is imported only when something is read: a policy in code or in a TOML file
needs none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from s2sauth.errors import ConfigurationError
from s2sauth.policy.rules import Rule

__all__ = ["HEALTH_SERVICE", "Declaration", "declarations", "is_health"]

HEALTH_SERVICE = "grpc.health.v1.Health"


def is_health(operation: str) -> bool:
    """Tell whether it's a method of gRPC's health checking, which needs no rule."""
    return operation.startswith(f"/{HEALTH_SERVICE}/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """The options that hold for one method, in the order they're declared.

    Args:
        all_scopes: See `Rule`.
        any_scopes: See `Rule`; a caller requests the first.
        clients: See `Rule`.
        audiences: See `Rule`; a caller requests the first.
        public: See `Rule`.
    """

    all_scopes: tuple[str, ...] = ()
    any_scopes: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    public: bool = False

    def rule(self) -> Rule:
        """Return it as a rule.

        Raises:
            ConfigurationError: Its options contradict each other.
        """
        return Rule(
            all_scopes=self.all_scopes,
            any_scopes=self.any_scopes,
            clients=self.clients,
            audiences=self.audiences,
            public=self.public,
        )


def declarations(services: Any) -> dict[str, Declaration | None]:
    """Return what's declared for every method, None where nothing is.

    Args:
        services: Generated modules (`payments_pb2`), file or service descriptors,
            or full names of services (`shop.v1.Payments`) whose module is imported;
            one, or several.

    Raises:
        ConfigurationError: Something else, or options that contradict each other.
        ImportError: The extra `grpc` is missing.
    """
    found: dict[str, Declaration | None] = {}
    for service in _each_service(services):
        inherited = _service_option(service)
        for method in service.methods:
            operation = f"/{service.full_name}/{method.name}"
            found[operation] = _checked(operation, _declared(method, inherited))
    return found


def _checked(operation: str, declared: Declaration | None) -> Declaration | None:
    problem = None
    try:
        if declared is not None:
            declared.rule()
    except ConfigurationError as error:
        problem = f"the options of {operation}: {error}"
    if problem is not None:
        raise ConfigurationError(problem)
    return declared


def _declared(method: Any, inherited: Declaration) -> Declaration | None:
    own = _method_option(method)
    if own is None:
        return _whole_service(inherited)
    if own.public or own.audiences:
        return own
    return _with_audiences(own, inherited.audiences)


def _whole_service(option: Declaration) -> Declaration | None:
    """Return a service's option as its methods' rule, if it is one."""
    if option.public:
        # Its audiences are for the methods that have an option of their own.
        return _with_audiences(option, ())
    rules = (option.all_scopes, option.any_scopes, option.clients)
    return option if any(rules) else None


def _with_audiences(option: Declaration, audiences: tuple[str, ...]) -> Declaration:
    return Declaration(
        all_scopes=option.all_scopes,
        any_scopes=option.any_scopes,
        clients=option.clients,
        audiences=audiences,
        public=option.public,
    )


def _method_option(method: Any) -> Declaration | None:
    from google.protobuf.descriptor_pb2 import MethodOptions

    from s2sauth.v1 import auth_pb2

    return _option(method, MethodOptions, auth_pb2.method_auth)


def _service_option(service: Any) -> Declaration:
    from google.protobuf.descriptor_pb2 import ServiceOptions

    from s2sauth.v1 import auth_pb2

    return _option(service, ServiceOptions, auth_pb2.service_auth) or Declaration()


def _option(described: Any, options: Any, extension: Any) -> Declaration | None:
    # Read anew: the descriptor may come from another pool, or from before auth_pb2.
    read = options.FromString(described.GetOptions().SerializeToString())
    return (
        _from_message(read.Extensions[extension])
        if read.HasExtension(extension)
        else None
    )


def _from_message(option: Any) -> Declaration:
    return Declaration(
        all_scopes=tuple(option.all_scopes),
        any_scopes=tuple(option.any_scopes),
        clients=tuple(option.clients),
        audiences=tuple(option.audiences),
        public=option.public,
    )


def _each_service(given: Any) -> list[Any]:
    _check_extra()
    several = given if _is_several(given) else [given]
    found = [service for one in several for service in _services_of(one)]
    if not found:
        message = "no service was given: pass the _pb2 modules that define some"
        raise ConfigurationError(message)
    return found


def _check_extra() -> None:
    try:
        import google.protobuf  # noqa: F401 - only whether it's there
    except ImportError as error:
        message = "reading .proto options needs protobuf: pip install 's2sauth[grpc]'"
        raise ImportError(message) from error


def _is_several(given: Any) -> bool:
    return isinstance(given, Iterable) and not isinstance(given, str)


def _services_of(given: Any) -> list[Any]:
    """Return the service descriptors in one module, descriptor or name."""
    if isinstance(given, str):
        return [_service_named(given)]
    descriptor = getattr(given, "DESCRIPTOR", given)
    if hasattr(descriptor, "services_by_name"):
        return list(descriptor.services_by_name.values())
    if hasattr(descriptor, "methods_by_name"):
        return [descriptor]
    name = getattr(given, "__name__", type(given).__name__)
    message = (
        f"{name} describes no service: pass a generated _pb2 module (not _pb2_grpc), "
        "a descriptor, or a service's full name"
    )
    raise ConfigurationError(message)


def _service_named(name: str) -> Any:
    from google.protobuf import descriptor_pool

    try:
        return descriptor_pool.Default().FindServiceByName(name)
    except KeyError:
        message = f"no service is named {name!r}: import its _pb2 module first"
    raise ConfigurationError(message)
