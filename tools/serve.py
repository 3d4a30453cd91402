"""Serves a folder on this machine alone and prints its address: `python tools/serve.py FOLDER`."""

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PORT = 8000


class Quiet(SimpleHTTPRequestHandler):
    """Serves without a line per request."""

    def log_message(self, *_) -> None:
        pass


def server(folder: str | Path, port: int = PORT) -> ThreadingHTTPServer:
    """A server for the folder, on the port if it is free, else on any free one."""
    handler = partial(Quiet, directory=str(folder))
    ThreadingHTTPServer.allow_reuse_address = sys.platform != "win32"
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError:
        return ThreadingHTTPServer(("127.0.0.1", 0), handler)


def main(folder: str) -> None:
    if not (Path(folder) / "index.html").exists():
        sys.exit(f"{folder} holds no built book: run make book")
    with server(folder) as served:
        print(f"Read the book at http://127.0.0.1:{served.server_port}/ (stop with Ctrl+C)", flush=True)
        try:
            served.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main(*sys.argv[1:])
