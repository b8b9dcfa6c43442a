"""What a failure looks like on the wire.

Errors that a user can mend keep their words. Anything else is a fault of ours: the client learns its
kind, the log gets the traceback, and no local path leaves the process.
"""

from __future__ import annotations

import logging
from typing import Any

from pygls.exceptions import JsonRpcException

from lsp_search.model import Cancelled, InvalidQuery, LspSearchError

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
SERVER_NOT_INITIALIZED = -32002
REQUEST_FAILED = -32803
SERVER_CANCELLED = -32802
REQUEST_CANCELLED = -32800
"""Only ever the answer to a client's ``$/cancelRequest``: Neovim forgets its callback otherwise."""

log = logging.getLogger(__name__)


class RequestError(Exception):
    """An error answer, ready to be sent."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def body(self) -> dict[str, Any]:
        """The ``error`` member of a response."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.data is not None:
            error["data"] = self.data
        return error


def invalid_params(message: str, data: Any = None) -> RequestError:
    return RequestError(INVALID_PARAMS, message, data)


def as_request_error(error: BaseException, method: str = "a request") -> RequestError:
    """The error to send for whatever a handler raised."""
    match error:
        case RequestError():
            found = error
        case InvalidQuery():
            found = invalid_params(str(error), {"position": error.position})
        case Cancelled():
            found = RequestError(SERVER_CANCELLED, "the server gave this request up; ask again")
        case LspSearchError():
            found = RequestError(REQUEST_FAILED, str(error))
        case TimeoutError():
            found = RequestError(REQUEST_FAILED, f"{method} took too long and was given up")
        case JsonRpcException():
            found = RequestError(error.code, error.message)
        case _:
            log.error("%s failed", method, exc_info=error)
            what = f"{method} failed inside the server ({type(error).__name__}); the server's log says where"
            found = RequestError(INTERNAL_ERROR, what)
    return found


def plain(error: BaseException) -> str:
    """One line about *error* for a person: its words where they are meant for users, its kind elsewhere."""
    return (
        str(error)
        if isinstance(error, LspSearchError)
        else f"{type(error).__name__}; the server's log says more"
    )
