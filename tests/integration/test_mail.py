"""The mail adapter against a server that really speaks SMTP on a loopback port."""

import socketserver
import threading
from collections.abc import Iterator

import pytest

from tre.core.errors import Invalid, Temporary
from tre.core.settings import Settings
from tre.platform.mail import Mailer

pytestmark = pytest.mark.integration


class _Smtp(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as one mail needs."""

    def handle(self) -> None:
        self._say("220 tests")
        while line := self.rfile.readline().decode().strip():
            verb = line.split(" ", 1)[0].upper()
            if verb == "DATA":
                self._say("354 go on")
                lines = iter(lambda: self.rfile.readline().decode(), ".\r\n")
                self.server.mails.append("".join(lines))  # type: ignore[attr-defined]
            self._say("221 bye" if verb == "QUIT" else "250 ok")
            if verb == "QUIT":
                return

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def server() -> Iterator[socketserver.TCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Smtp) as running:
        running.mails = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()


def mailer(port: int, host: str = "127.0.0.1") -> Mailer:
    return Mailer(Settings(smtp_host=host, smtp_port=port, mail_from="tre@example.org"))


def test_a_mail_arrives_with_its_words(server: socketserver.TCPServer) -> None:
    assert mailer(server.server_address[1]).send("a@example.org", "Une étape", "Une demande vous attend.\n")
    (mail,) = server.mails  # type: ignore[attr-defined]
    assert "To: a@example.org" in mail
    assert "Une demande vous attend." in mail


@pytest.mark.parametrize("field", ["recipient", "subject"])
def test_a_line_break_in_a_header_is_refused(server: socketserver.TCPServer, field: str) -> None:
    values = {"recipient": "a@example.org", "subject": "s", field: "x\r\nBcc: b@example.org"}
    with pytest.raises(Invalid):
        mailer(server.server_address[1]).send(values["recipient"], values["subject"], "t")
    assert server.mails == []  # type: ignore[attr-defined]


def test_a_server_that_is_down_is_tried_again_and_none_means_switched_off() -> None:
    with pytest.raises(Temporary):
        mailer(1).send("a@example.org", "s", "t")
    assert not mailer(25, "").send("a@example.org", "s", "t")
