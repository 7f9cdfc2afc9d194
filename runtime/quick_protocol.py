"""The HTTP protocol of the server, with a short way for answers that need nothing awaited.

Between the socket and the ASGI application. A small POST is held until its body is whole, then shown to `answer`; when
that knows the reply at once (a list of tools, made once and the same for everybody who may see it), the reply is
written here, without a task, a scope and their messages, which cost more than the reply. Everything else, and every
refusal, goes on to the application as if it had not been held.
"""

from __future__ import annotations

from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from runtime.mcp_server.endpoint import PREFIX
from runtime.mcp_server.replies import Field, Reply

Answer = Callable[[str, list[Field], bytes], Reply | None]
"""From path, header lines (names in lower case) and body to a reply with all its fields; None to go the usual way."""

LARGEST_HELD = 1024
START = PREFIX.encode()


def quick_protocol(answer: Answer) -> type[HttpToolsProtocol]:
    """The protocol class for one application."""

    class QuickProtocol(HttpToolsProtocol):
        """Holds what may be answered at once."""

        _held: list[bytes] | None = None

        def on_headers_complete(self) -> None:
            """Hold a request whose answer may be known, or begin it the usual way."""
            self._held = [] if self._is_small_post() else None
            if self._held is None:
                super().on_headers_complete()

        def on_body(self, body: bytes) -> None:
            """Keep a part of a held body, or hand it on."""
            if self._held is None:
                super().on_body(body)
            else:
                self._held.append(body)

        def on_message_complete(self) -> None:
            """Answer a held request, or begin it now."""
            held, self._held = self._held, None
            if held is None:
                super().on_message_complete()
                return
            body = b"".join(held)
            reply = answer(self.url.decode("ascii"), self.headers, body)
            if reply is not None:
                self._write(reply)
                return
            super().on_headers_complete()
            super().on_body(body)
            super().on_message_complete()

        def _is_small_post(self) -> bool:
            if (
                not self.url.startswith(START)
                or b"%" in self.url
                or b"?" in self.url
                or not self.url.isascii()
            ):
                return False
            is_idle = self.cycle is None or self.cycle.response_complete
            if not is_idle or self.pipeline or self.flow.write_paused or self.expect_100_continue:
                return False
            parser = self.parser
            if (
                parser.get_method() != b"POST"
                or parser.get_http_version() != "1.1"
                or parser.should_upgrade()
            ):
                return False
            length = next((value for name, value in self.headers if name == b"content-length"), b"")
            return length.isdigit() and 0 < int(length) <= LARGEST_HELD and bool(parser.should_keep_alive())

        def _write(self, reply: Reply) -> None:
            lines = [b"HTTP/1.1 %d OK\r\n" % reply.status]
            lines += [b"%b: %b\r\n" % field for field in (*self.server_state.default_headers, *reply.fields)]
            lines += (b"\r\n", reply.body)
            self.transport.writelines(
                (b"".join(lines), reply.rest)
            )  # one system call; the list is not copied
            self.on_response_complete()

    return QuickProtocol
