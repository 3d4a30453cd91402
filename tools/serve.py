"""Serves a folder on this machine alone and prints its address: `python tools/serve.py FOLDER`."""

import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

PORT = 8000
HOSTS = {"127.0.0.1", "localhost"}


class Quiet(SimpleHTTPRequestHandler):
    """Serves the folder's own files, under this machine's own names, without a line per request."""

    def log_message(self, *_) -> None:
        pass

    def send_head(self):
        if not self._asks_this_machine():
            # against DNS rebinding: another site's name could point here, and its page read the files
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, f"Ask for {' or '.join(sorted(HOSTS))}")
        elif not self._is_inside():
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            return super().send_head()
        return None

    def list_directory(self, path) -> None:
        """No listings: a folder without an index page is not found."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def _asks_this_machine(self) -> bool:
        try:
            return urlsplit(f"//{self.headers.get('Host', 'localhost')}").hostname in HOSTS
        except ValueError:
            return False

    def _is_inside(self) -> bool:
        """Whether an address resolves to a place in the folder, symbolic links followed."""
        try:
            return (
                Path(self.translate_path(self.path)).resolve().is_relative_to(Path(self.directory).resolve())
            )
        except (ValueError, OSError):  # not a valid file name
            return False


class Server(ThreadingHTTPServer):
    """A server that does not log connections closed by the browser."""

    allow_reuse_address = sys.platform != "win32"

    def handle_error(self, request, client_address) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def server(folder: str | Path, port: int = PORT) -> Server:
    """A server for the folder, on the port if it is free, else on any free one."""
    handler = partial(Quiet, directory=str(folder))
    try:
        return Server(("127.0.0.1", port), handler)
    except OSError:
        return Server(("127.0.0.1", 0), handler)


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
