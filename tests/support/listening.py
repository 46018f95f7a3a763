"""Small servers on loopback that take what is sent to them: HTTP, and mail."""

import base64
import datetime as dt
import ipaddress
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What to answer: nothing at all with ``status`` 0, the line simply ends."""

    status: int = 201
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Listener:
    """An HTTP server: ``got`` is what came, ``answer`` decides on each."""

    port: int = 0
    got: list[Request] = field(default_factory=list)
    answer: Callable[[Request], Answer] = lambda _request: Answer()

    @property
    def host(self) -> str:
        """Its host and port, as XINLU_INTERNAL_HOSTS names them."""
        return f"127.0.0.1:{self.port}"


@contextmanager
def listening() -> Iterator[Listener]:
    """Serve HTTP on a free port of loopback."""
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, body)
            listener.got.append(request)
            answer = listener.answer(request)
            if answer.status == 0:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = _take  # noqa: N815 - the server's own names

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.port = server.server_port
    with _running(server):
        yield listener


@dataclass
class Mailbox:
    """A mail server: ``letters`` are what it took; ``say`` gives other answers, by the command's first word.

    ``drop_at`` ends the line when this command has come ("DATA" once the whole letter has).
    """

    port: int = 0
    letters: list[tuple[str, bytes]] = field(default_factory=list)
    protected: list[bool] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    say: dict[str, str] = field(default_factory=dict)
    drop_at: str = ""


@contextmanager
def mail_server(folder: Path, *, tls: str = "starttls") -> Iterator[Mailbox]:
    """Serve SMTP on a free port of loopback; its certificate, for localhost, is ``folder / "server.pem"``."""
    box = Mailbox()
    context = _context(folder)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            connection = self.request
            if tls == "tls":
                connection = context.wrap_socket(connection, server_side=True)
            _Conversation(connection, box, context, protected=tls == "tls").run()

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    box.port = server.server_address[1]
    with _running(server):
        yield box


class _Conversation:
    def __init__(self, connection: ssl.SSLSocket, box: Mailbox, context: ssl.SSLContext, *, protected: bool) -> None:
        self.connection, self.box, self.context, self.protected = connection, box, context, protected
        self.lines = connection.makefile("rb")
        self.to = ""

    def run(self) -> None:
        try:
            self.reply("220 loopback")
            while (line := self.lines.readline()) and self.step(line.decode().strip()):
                pass
        except OSError:
            pass
        finally:
            self.lines.close()
            self.connection.close()

    def reply(self, words: str) -> None:
        self.connection.sendall(words.encode() + b"\r\n")

    def step(self, line: str) -> bool:
        word = line.split(" ", maxsplit=1)[0].upper()
        if self.box.drop_at == word and word != "DATA":
            return False
        if word in self.box.say and word != "DATA":
            self.reply(self.box.say[word])
            return True
        if word == "EHLO":
            offers = ["250-loopback", "250 AUTH PLAIN"] if self.protected else ["250-loopback", "250 STARTTLS"]
            self.reply("\r\n".join(offers))
        elif word == "STARTTLS":
            self.reply("220 go ahead")
            self.lines.close()
            self.connection = self.context.wrap_socket(self.connection, server_side=True)
            self.lines, self.protected = self.connection.makefile("rb"), True
        elif word == "AUTH":
            self.box.signed_in.append(base64.b64decode(line.split(" ")[2]).decode())
            self.reply("235 welcome")
        elif word == "RCPT":
            self.to = line
            self.reply("250 fine")
        elif word == "DATA":
            return self.letter()
        elif word == "QUIT":
            self.reply("221 goodbye")
            return False
        else:
            self.reply("250 fine")
        return True

    def letter(self) -> bool:
        self.reply("354 go on")
        body = b""
        while (line := self.lines.readline()) not in (b".\r\n", b""):
            body += line
        if self.box.drop_at == "DATA":
            return False
        if "DATA" in self.box.say:
            self.reply(self.box.say["DATA"])
            return True
        self.box.letters.append((self.to, body))
        self.box.protected.append(self.protected)
        self.reply("250 taken")
        return True


@contextmanager
def _running(server: socketserver.TCPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _context(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = dt.datetime.now(dt.UTC)
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "server.pem", folder / "server.key"
    pem.write_bytes(certificate.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return context
