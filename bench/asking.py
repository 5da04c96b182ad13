"""An HTTP/1.1 client, as a scraper is one, with little cost of its own. It keeps the connection where the server does,
else each question's time has a new connection in it."""
import gzip
import socket
import time
from dataclasses import dataclass


@dataclass
class Answer:
    status: int
    head: bytes
    body: bytes  # as it came: still gzip where that was asked for
    seconds: float

    def text(self):
        """The decoded body."""
        if self.body[:2] == b"\x1f\x8b":
            return gzip.decompress(self.body).decode()
        return self.body.decode()


class Connection:
    def __init__(self, port, use_gzip=True, accept="*/*", timeout=60.0):
        """`accept` "application/json": the very request that the exporter sends."""
        self._port, self._timeout = port, timeout
        encoding = "Accept-Encoding: gzip\r\n" if use_gzip else ""
        self._rest = (f" HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: spark_exporter/bench\r\n"
                      f"{encoding}Accept: {accept}\r\n\r\n")
        self._socket = None
        self._buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self._socket:
            self._socket.close()
        self._socket = None
        self._buffer = b""

    def get(self, target):
        start = time.perf_counter()
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=self._timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(f"GET {target}{self._rest}".encode())
        head = self._until(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        fields = _fields(head)
        body = self._body(fields)
        seconds = time.perf_counter() - start
        if fields.get(b"connection") == b"close":
            self.close()
        return Answer(status, head, body, seconds)

    def _body(self, fields):
        if fields.get(b"transfer-encoding") == b"chunked":
            parts = []
            while size := int(self._until(b"\r\n"), 16):
                parts.append(self._exactly(size + 2)[:-2])
            self._until(b"\r\n")
            return b"".join(parts)
        return self._exactly(int(fields.get(b"content-length", b"0")))

    def _receive(self):
        data = self._socket.recv(512 * 1024)
        if not data:
            raise ConnectionError("closed in the middle of an answer")
        return data

    def _until(self, mark):
        while (end := self._buffer.find(mark)) < 0:
            self._buffer += self._receive()
        found, self._buffer = self._buffer[: end + len(mark)], self._buffer[end + len(mark) :]
        return found

    def _exactly(self, size):
        parts, have = [self._buffer], len(self._buffer)
        while have < size:
            parts.append(self._receive())
            have += len(parts[-1])
        data = b"".join(parts)
        self._buffer = data[size:]
        return data[:size]


def _fields(head):
    fields = {}
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        fields[name.strip().lower()] = value.strip().lower()
    return fields


def series(text):
    return sum(1 for line in text.splitlines() if line and not line.startswith("#"))
