"""JSON-RPC on top of pygls: how a message's bytes become a call, and a result becomes bytes.

pygls brings the bookkeeping of requests, the types of LSP and their converter. This subclass decides
what pygls leaves open or does in a way that does not suit a server of many results:

- every request is answered, also one that cannot be understood (pygls only logs those);
- params listed in :data:`~lsp_search.server.messages.PARAMS` are read by msgspec, so that a custom
  request without params is legal and a wrong one is answered with the field's name;
- a result that is :class:`msgspec.Raw` is written as it stands (0.3 ms for a thousand symbols, not 12);
- errors carry no tracebacks, and failures of notifications are logged and counted, never popped up;
- of pygls' built-in handlers only three stay; its text documents split lines where LSP does not.

It overrides some underscore methods: pygls is pinned below 3, and ``tests/protocol`` is the contract.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol

import cattrs
import msgspec
from lsprotocol import types
from pygls.protocol import JsonRPCNotification, JsonRPCRequestMessage, LanguageServerProtocol, lsp_method

from lsp_search.server import errors, messages
from lsp_search.server.errors import RequestError

if TYPE_CHECKING:
    from lsp_search.server.app import Session

log = logging.getLogger(__name__)


class Writer(Protocol):
    """Where whole messages go, without their framing. Never blocks."""

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class SearchProtocol(LanguageServerProtocol):
    """One connection's protocol state. All methods run on the event loop's thread."""

    _server: Session

    def __init__(self, server: Session, converter: cattrs.Converter) -> None:
        super().__init__(server, converter)
        self.exit_code: int | None = None
        """Set when the conversation is over; the transport stops reading then."""
        self._stage = "new"
        self._methods: dict[Any, str] = {}

    def _register_builtin_features(self) -> None:
        super()._register_builtin_features()  # type: ignore[no-untyped-call]
        ours = {types.INITIALIZE, types.SHUTDOWN, types.EXIT, types.SET_TRACE}
        for method in set(self.fm.builtin_features) - ours:
            del self.fm.builtin_features[method]

    # Reading

    def receive(self, body: bytes) -> None:
        """Handles one message. Never raises for what a client sends."""
        try:
            data = decode(body)
        except ValueError as error:
            self._send_error(None, RequestError(errors.PARSE_ERROR, f"the message is not JSON: {error}"))
            return
        if not isinstance(data, dict) or data.get("jsonrpc") != "2.0":
            self._send_error(None, RequestError(errors.INVALID_REQUEST, "not a JSON-RPC 2.0 message"))
            return
        method, msg_id = data.get("method"), data.get("id")
        try:
            if method is not None:
                self._admit(method, msg_id)
            message = self.structure_message(data)
        except RequestError as error:
            if method is not None and msg_id is not None:
                self._send_error(msg_id, error)
            else:
                log.warning("ignored %s: %s", method or "an answer", error.message)
            return
        if msg_id is not None and method is not None:
            self._methods[msg_id] = method
        self.handle_message(message)

    def _admit(self, method: Any, msg_id: Any) -> None:
        """Raises for what may not come at this stage of the conversation."""
        if not isinstance(method, str) or not isinstance(msg_id, int | str | None):
            raise RequestError(errors.INVALID_REQUEST, "`method` must be a string, `id` a number or a string")
        if method == types.EXIT:
            return
        if self._stage == "new" and method != types.INITIALIZE:
            raise RequestError(errors.SERVER_NOT_INITIALIZED, f"{method} came before initialize")
        if self._stage != "new" and method == types.INITIALIZE:
            raise RequestError(errors.INVALID_REQUEST, "initialize came a second time")
        if self._shutdown:
            raise RequestError(errors.INVALID_REQUEST, f"{method} came after shutdown")

    def structure_message(self, data: dict[str, Any]) -> Any:
        """A typed message from raw JSON. Raises RequestError that names the wrong field."""
        method = data.get("method")
        params_type = messages.PARAMS.get(method) if method is not None else None
        try:
            if params_type is not None:
                params = msgspec.convert(without_nothing(data.get("params")) or {}, params_type)
                if "id" in data:
                    return JsonRPCRequestMessage(data["id"], method, "2.0", params)  # type: ignore[arg-type]
                return JsonRPCNotification(method, "2.0", params)  # type: ignore[arg-type]
            if method is not None and self.get_message_type(method) is None:
                # Unknown to us: pygls answers or ignores it, whatever its params are.
                if "id" in data:
                    return JsonRPCRequestMessage(data["id"], method, "2.0", None)
                return JsonRPCNotification(method, "2.0", None)
            return self._structure_standard(data, method)
        except msgspec.ValidationError as error:
            raise errors.invalid_params(f"{method}: {_field_first(str(error))}") from error
        except Exception as error:
            said = "; ".join(_camel_field_first(one) for one in cattrs.transform_error(error))
            raise errors.invalid_params(f"{method or 'an answer'}: {said}") from error

    def _structure_standard(self, data: dict[str, Any], method: str | None) -> Any:
        if method is not None:
            return self._converter.structure(data, self.get_message_type(method))  # type: ignore[arg-type]
        kind = self._result_types.pop(data.get("id"), None)  # type: ignore[arg-type]
        if "error" in data:
            return self._converter.structure(data, types.ResponseErrorMessage)
        return super().structure_message(data) if kind is None else self._converter.structure(data, kind)

    # Overridden without pygls' lru_cache, which would keep every closed connection alive.

    def get_message_type(self, method: str) -> type[Any] | None:  # type: ignore[override]
        return types.METHOD_TO_TYPES.get(method, (None,))[0]

    def get_result_type(self, method: str) -> type[Any] | None:  # type: ignore[override]
        return types.METHOD_TO_TYPES.get(method, (None, None))[1]

    # Writing

    def _send_handler_result(self, future: Future[Any], *, msg_id: Any) -> None:
        self._request_futures.pop(msg_id, None)
        method = self._methods.pop(msg_id, "a request")
        if future.cancelled():
            cancelled = RequestError(errors.REQUEST_CANCELLED, f"{method} was cancelled")
            self._send_error(msg_id, cancelled)
        elif (error := future.exception()) is not None:
            self._send_error(msg_id, errors.as_request_error(error, method))
        else:
            self._send_response(msg_id, future.result())

    def _send_response(
        self, msg_id: Any, result: Any = None, error: types.ResponseError | None = None
    ) -> None:
        if error is not None:
            self._methods.pop(msg_id, None)
            self._send_error(msg_id, RequestError(error.code, error.message))
            return
        if not isinstance(result, msgspec.Raw):
            result = self._converter.unstructure(result)
        self._write({"jsonrpc": "2.0", "id": msg_id, "result": result})

    def _send_error(self, msg_id: Any, error: RequestError) -> None:
        self._write({"jsonrpc": "2.0", "id": msg_id, "error": error.body()})

    def _send_data(self, data: Any) -> None:
        self._write(self._converter.unstructure(data))

    def tell(self, method: str, params: Any) -> None:
        """Sends a notification whose params msgspec can encode (structs, plain values, Raw)."""
        self._write({"jsonrpc": "2.0", "method": method, "params": params})

    def _write(self, message: dict[str, Any]) -> None:
        if self.writer is not None:
            self.writer.write(msgspec.json.encode(message))

    # The conversation's beginning and end

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> types.InitializeResult:  # type: ignore[override]
        try:
            result = self._server.initialize(params)
        except RequestError:
            self.exit_code = 1  # refused: the answer is the last thing said
            raise
        self._stage = "initialized"
        return result

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *_: Any) -> None:  # type: ignore[override]
        self._shutdown = True

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: Any) -> None:  # type: ignore[override]
        self.exit_code = self.code_at_end()

    def code_at_end(self) -> int:
        """The exit status: 0 only where the client said ``shutdown`` first."""
        return 0 if self._shutdown else 1

    def on(self, method: str, handler: Callable[..., Any]) -> None:
        """Registers *handler* (sync: ordered and at once; async: a task that may be cancelled)."""
        self.fm.features[method] = handler


def decode(body: bytes) -> Any:
    """JSON as msgspec reads it; text with half a surrogate pair (some editors send it while an emoji is typed)
    is read too, each half as U+FFFD, which keeps UTF-16 columns right. Raises ValueError."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return _mended(json.loads(body))
    except UnicodeDecodeError:
        raise
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


_HALF_PAIR = re.compile("[\ud800-\udfff]")


def _mended(value: Any) -> Any:
    match value:
        case str():
            return _HALF_PAIR.sub("\ufffd", value)
        case list():
            return [_mended(one) for one in value]
        case dict():
            return {key: _mended(one) for key, one in value.items()}
    return value


def without_nothing(value: Any) -> Any:
    """*value* without members that are null or an empty list, which say what a missing member says."""
    if isinstance(value, dict):
        return {key: without_nothing(one) for key, one in value.items() if one is not None and one != []}
    return value


def _field_first(said: str) -> str:
    """msgspec's "Expected `int`, got `str` - at `$.limit`" as "`limit`: expected `int`, got `str`"."""
    what, at, where = said.rpartition(" - at `$")
    if not at:
        return said
    return f"`{where.rstrip('`').lstrip('.')}`: {what[0].lower()}{what[1:]}"


def _camel_field_first(said: str) -> str:
    """cattrs' "required field missing @ $.params.text_document" as "`textDocument`: required field missing"."""
    what, at, where = said.rpartition(" @ $.params")
    if not at:
        return said
    field = re.sub("_([a-z])", lambda found: found[1].upper(), where.lstrip("."))
    return f"`{field or 'params'}`: {what}"
