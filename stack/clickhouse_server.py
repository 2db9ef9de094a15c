"""``python -m stack.clickhouse_server``: the embedded ClickHouse engine, listening on loopback like a server.

The engine's C interface is ``clickhouse local``; a query that starts the listeners and then sleeps makes it serve.
Standard library only, so that the process holds the engine and little else.
"""

from __future__ import annotations

import argparse
import ctypes
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
SERVE = (
    "SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP; "
    "SELECT sleepEachRow(1) FROM numbers(1000000000000) FORMAT Null "
    "SETTINGS max_block_size = 1, max_threads = 1, function_sleep_max_microseconds_per_block = 0, log_queries = 0"
)


def arguments_for_engine(*, path: Path, config: Path, tcp_port: int, http_port: int) -> list[bytes]:
    """The engine's argv; its first word must be ``clickhouse``."""
    words = [
        "clickhouse",
        f"--path={path}",
        f"--config-file={config}",
        "--listen_host=127.0.0.1",
        f"--tcp_port={tcp_port}",
        f"--http_port={http_port}",
        "--query",
        SERVE,
    ]
    return [word.encode() for word in words]


def serve(library: Path, argv: list[bytes]) -> str:
    """Run the engine until it ends; returns what it said about its end."""
    engine = ctypes.CDLL(str(library))
    run = engine.chdb_query_cmdline
    run.restype, run.argtypes = ctypes.c_void_p, [ctypes.c_int, ctypes.POINTER(ctypes.c_char_p)]
    said = engine.chdb_result_error
    said.restype, said.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
    result = run(len(argv), (ctypes.c_char_p * len(argv))(*argv))
    message: bytes | None = said(result) if result else None
    return message.decode(errors="replace") if message else "the engine ended without a word"


def main() -> int:
    """Serve until a signal ends the process; 1 when the engine ends by itself."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    for name in ("library", "path", "config"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("tcp-port", "http-port"):
        parser.add_argument(f"--{name}", type=int, required=True)
    told = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The engine never returns to Python, so a Python-level reaction to TERM would never run.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    argv = arguments_for_engine(path=told.path, config=told.config, tcp_port=told.tcp_port, http_port=told.http_port)
    print(serve(told.library, argv), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
