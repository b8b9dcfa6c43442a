"""``lsp-search serve``: the language server on standard streams, TCP or WebSocket.

Sockets listen on loopback unless told otherwise, and beyond it only with a token. Nothing here or below
loads what the server does not need: an editor waits for this start.
"""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import ipaddress
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from lsp_search.telemetry.heap import set_up_heap

if TYPE_CHECKING:
    from lsp_search.server.host import Host

Address = tuple[str, int]


class AddressType(click.ParamType[Address]):
    """``HOST:PORT``, ``[HOST]:PORT``, ``:PORT`` or ``PORT``; without a host the loopback."""

    name = "host:port"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        host, _, port = str(value).rpartition(":")
        host = host.strip("[]")
        if not port.isdecimal() or int(port) > 65535:
            self.fail(f"{value!r} is no HOST:PORT, such as 127.0.0.1:7777", param, ctx)
        return ("127.0.0.1" if host in ("", "localhost") else host, int(port))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name may mean any address
        return False


@click.command(short_help="Run the language server.")
@click.option("--stdio", is_flag=True, help="Serve one client on standard input and output (the default).")
@click.option(
    "--tcp",
    type=AddressType(),
    metavar="HOST:PORT",
    help="Serve many clients over TCP; port 0 takes a free one.",
)
@click.option("--ws", type=AddressType(), metavar="HOST:PORT", help="Serve many clients over WebSocket.")
@click.option(
    "--prometheus",
    type=AddressType(),
    metavar="HOST:PORT",
    help="Answer Prometheus there, at /metrics; port 0 takes a free one.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Clients on a socket must send this file's content as initializationOptions.token, Prometheus as its bearer"
    " token (also: LSP_SEARCH_TOKEN).",
)
@click.option(
    "--store",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where indexes live (also: LSP_SEARCH_STORE).",
)
@click.option(
    "--log-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the log there, not to standard error.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
    default="warning",
    show_default=True,
)
def command(
    stdio: bool,
    tcp: Address | None,
    ws: Address | None,
    prometheus: Address | None,
    token_file: Path | None,
    store: Path | None,
    log_file: Path | None,
    log_level: str,
) -> None:
    """Run the language server.

    Editors start `lsp-search serve --stdio`. With --tcp or --ws one process serves many clients from one
    index and prints `listening on HOST:PORT` on standard error; with --prometheus also `metrics on HOST:PORT`.
    """
    if sum((stdio, tcp is not None, ws is not None)) > 1:
        raise click.UsageError("--stdio, --tcp and --ws exclude each other: give one of them")
    address = tcp or ws
    token = read_token(token_file) if address or prometheus else None
    for host, _ in filter(None, (address, prometheus)):
        if not _is_loopback(host) and token is None:
            raise click.UsageError(
                f"{host} can be reached from other machines: give --token-file FILE, or listen on 127.0.0.1"
            )
    if ws and not importlib.util.find_spec("websockets"):
        raise click.UsageError("--ws needs the package websockets: install lsp-search[ws]")
    set_up_heap()
    streams = None if address else take_standard_streams()
    _log_to(log_file, log_level.upper())
    _end(asyncio.run(_serve(streams, tcp, ws, prometheus, store, token)))


async def _serve(
    streams: tuple[int, int] | None,
    tcp: Address | None,
    ws: Address | None,
    prometheus: Address | None,
    store: Path | None,
    token: str | None,
) -> int:
    # Imported after the streams are safe; half a second of CPU.
    from lsp_search.server import transport  # noqa: PLC0415
    from lsp_search.server.host import Host  # noqa: PLC0415

    # What is loaded now stays: the collector need not look at it again with every thousand results.
    gc.collect()
    gc.freeze()
    host = Host(store_dir=store, token=None if streams else token)
    if prometheus is not None:
        _serve_metrics(host, prometheus, token)
    if tcp is not None:
        return await transport.serve_tcp(host, tcp)
    if ws is not None:
        return await transport.serve_ws(host, ws)
    assert streams is not None  # noqa: S101
    return await transport.serve_stdio(host, *streams)


def _serve_metrics(host: Host, address: Address, token: str | None) -> None:
    from lsp_search.insight.prometheus import serve  # noqa: PLC0415 - a tenth of a second, for those who want it

    name, port = serve(host.workspaces, address, token)
    sys.stderr.write(f"metrics on {f'[{name}]' if ':' in name else name}:{port}\n")
    sys.stderr.flush()


def take_standard_streams() -> tuple[int, int]:
    """File descriptors of the protocol's input and output, taken away from everybody else.

    A stray ``print`` or a child process would break the stream: from here on descriptor 1 is standard
    error, and descriptor 0 is empty.
    """
    source, sink = os.dup(0), os.dup(1)
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415

        for descriptor in (source, sink):
            msvcrt.setmode(descriptor, os.O_BINARY)
    os.dup2(2, 1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return source, sink


def read_token(file: Path | None) -> str | None:
    """The token in *file*, else that of the environment, if any. Raises UsageError for an empty file."""
    if file is None:
        return os.environ.get("LSP_SEARCH_TOKEN") or None
    token = file.read_text("utf-8").strip()
    if not token:
        raise click.UsageError(f"{file} is empty: put a long random word into it")
    return token


def _log_to(file: Path | None, level: str) -> None:
    logging.basicConfig(
        filename=file,
        level=level,
        encoding="utf-8" if file else None,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # pygls tells of every message it handles, which is of use to those who work on the protocol only.
    if level != "DEBUG":
        logging.getLogger("pygls").setLevel(logging.ERROR)


def _end(status: int) -> NoReturn:
    """Ends the process now: everything is closed, and threads in a blocking call must not hold it up."""
    logging.shutdown()
    sys.stderr.flush()
    os._exit(status)
