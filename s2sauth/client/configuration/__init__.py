"""What a client's configuration says, wherever it's said, and what's made of it."""

from s2sauth.client.configuration.file import read_file
from s2sauth.client.configuration.kinds import (
    CREDENTIALS,
    PROVIDERS,
    SECRET_SOURCES,
    Catalog,
)
from s2sauth.client.configuration.making import Maker
from s2sauth.client.configuration.settings import Setting, Settings

__all__ = [
    "CREDENTIALS",
    "PROVIDERS",
    "SECRET_SOURCES",
    "Catalog",
    "Maker",
    "Setting",
    "Settings",
    "read_file",
]
