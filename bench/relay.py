"""A TCP relay between whoever polls and the driver, which counts what the driver sends: head and body of each answer,
as they are on the wire (gzip and chunk framing included). One request at a time in each connection."""
import socket
import threading
from dataclasses import asdict, dataclass


@dataclass
class Exchange:
    target: str
    status: int = 0
    request_bytes: int = 0
    head_bytes: int = 0
    body_bytes: int = 0

    def as_dict(self):
        return asdict(self)


class Relay:
    def __init__(self, port):
        self._driver = ("127.0.0.1", port)
        self._lock = threading.Lock()
        self._exchanges = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def mark(self):
        """A point in time, for since()."""
        with self._lock:
            return len(self._exchanges)

    def since(self, mark):
        with self._lock:
            return list(self._exchanges[mark:])

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            driver = socket.create_connection(self._driver)
        except OSError:
            client.close()
            return
        for end in (client, driver):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = _Connection(self)
        threading.Thread(target=_pump, args=(driver, client, connection.answered), daemon=True).start()
        _pump(client, driver, connection.asked)

    def begin(self, target):
        exchange = Exchange(target)
        with self._lock:
            self._exchanges.append(exchange)
        return exchange


class _Connection:
    def __init__(self, relay):
        self._relay = relay
        self._request = b""
        self._head = b""
        self._exchange = None

    def asked(self, data):
        self._request += data
        if b"\r\n\r\n" not in self._request:
            return
        target = self._request.split(b" ", 2)[1].decode("ascii", "replace")
        self._exchange = self._relay.begin(target)
        self._exchange.request_bytes = len(self._request)
        self._request = self._head = b""

    def answered(self, data):
        exchange = self._exchange
        if exchange is None:
            return
        if exchange.head_bytes:
            exchange.body_bytes += len(data)
            return
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            return
        exchange.head_bytes = end + 4
        exchange.status = int(self._head.split(b" ", 2)[1])
        exchange.body_bytes = len(self._head) - exchange.head_bytes


def _pump(source, sink, count):
    try:
        while data := source.recv(256 * 1024):
            count(data)
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
    source.close()
