"""Serves the demo: `python -m swell.demo.serve --port 0 --fault slow` prints the URL and waits for callers.

Rules: the first line on stdout is the URL. The data lives in a temporary folder that goes with the service.
How it starts and ends is `demo.server`'s business.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from swell.demo.app import make_app
from swell.demo.database import BoxOffice
from swell.demo.faults import FAULTS
from swell.demo.server import run_app

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["main", "serve"]


def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    fault: str = "",
    ready: Callable[[str], None] | None = None,
    *,
    exit_with_parent: bool = False,
) -> None:
    """Serve until a signal, or the parent's end, says stop. Needs the main thread of a process of its own.

    `port` 0 takes a free one; `ready` gets the URL once requests are answered. OSError if the address
    cannot be used, ValueError for an unknown fault (`faults.FAULTS`).
    """
    with (
        tempfile.TemporaryDirectory(prefix="swell-demo-", ignore_cleanup_errors=True) as folder,
        ThreadPoolExecutor(4, thread_name_prefix="booking") as threads,
    ):
        office = BoxOffice(Path(folder))
        try:
            app = make_app(office, threads, fault)
            run_app(app, host, port, ready=ready, on_stop=app.stop, exit_with_parent=exit_with_parent)
        finally:
            threads.shutdown(wait=True)
            office.close()


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit code: 0 after a signal, 2 if the address cannot be used."""
    faults = "; ".join(f"{name}: {text}" for name, text in FAULTS.items())
    parser = argparse.ArgumentParser(prog="python -m swell.demo.serve", description="Serve Swell's demo target.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port; 0 takes a free one (default: %(default)s)")
    parser.add_argument("--fault", default="", choices=["", *FAULTS], metavar="NAME", help=faults)
    parser.add_argument(
        "--exit-with-parent", action="store_true", help="end when the parent process ends or closes our stdin"
    )
    options = parser.parse_args(arguments)
    try:
        serve(options.host, options.port, options.fault, _announce, exit_with_parent=options.exit_with_parent)
    except (OSError, OverflowError) as error:
        from swell.web.attach import listen_trouble  # noqa: PLC0415 - only for the message

        print(listen_trouble(options.host, options.port, error), file=sys.stderr)  # noqa: T201
        return 2
    return 0


def _announce(url: str) -> None:
    print(url, flush=True)  # noqa: T201 - the one line that callers read


if __name__ == "__main__":
    sys.exit(main())
