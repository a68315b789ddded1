from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor
SERVICE_AUTH_FIELD_NUMBER: _ClassVar[int]
service_auth: _descriptor.FieldDescriptor
METHOD_AUTH_FIELD_NUMBER: _ClassVar[int]
method_auth: _descriptor.FieldDescriptor

class AuthRule(_message.Message):
    __slots__ = ("public", "all_scopes", "any_scopes", "audiences", "clients")
    PUBLIC_FIELD_NUMBER: _ClassVar[int]
    ALL_SCOPES_FIELD_NUMBER: _ClassVar[int]
    ANY_SCOPES_FIELD_NUMBER: _ClassVar[int]
    AUDIENCES_FIELD_NUMBER: _ClassVar[int]
    CLIENTS_FIELD_NUMBER: _ClassVar[int]
    public: bool
    all_scopes: _containers.RepeatedScalarFieldContainer[str]
    any_scopes: _containers.RepeatedScalarFieldContainer[str]
    audiences: _containers.RepeatedScalarFieldContainer[str]
    clients: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, public: bool = ..., all_scopes: _Optional[_Iterable[str]] = ..., any_scopes: _Optional[_Iterable[str]] = ..., audiences: _Optional[_Iterable[str]] = ..., clients: _Optional[_Iterable[str]] = ...) -> None: ...
