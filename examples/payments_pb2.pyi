from s2sauth.v1 import auth_pb2 as _auth_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class ChargeRequest(_message.Message):
    __slots__ = ("order_id", "cents")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    CENTS_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    cents: int
    def __init__(self, order_id: _Optional[str] = ..., cents: _Optional[int] = ...) -> None: ...

class ChargeReply(_message.Message):
    __slots__ = ("order_id", "charged_by")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    CHARGED_BY_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    charged_by: str
    def __init__(self, order_id: _Optional[str] = ..., charged_by: _Optional[str] = ...) -> None: ...

class RefundRequest(_message.Message):
    __slots__ = ("order_id",)
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    def __init__(self, order_id: _Optional[str] = ...) -> None: ...

class RefundReply(_message.Message):
    __slots__ = ("order_id",)
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    def __init__(self, order_id: _Optional[str] = ...) -> None: ...

class RatesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RatesReply(_message.Message):
    __slots__ = ("per_cent",)
    PER_CENT_FIELD_NUMBER: _ClassVar[int]
    per_cent: float
    def __init__(self, per_cent: _Optional[float] = ...) -> None: ...
