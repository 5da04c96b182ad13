"""Stands before an API server with the server's own certificate and breaks things: refuses, goes dumb, holds a request.
It writes down what passes: connections, requests, and the status of each answer."""
import collections
import os
import select
import socket
import ssl
import struct
import threading
import time
import urllib.parse

Exchange = collections.namedtuple("Exchange", "at target status")


class Proxy:
    """A context manager. `hold(target)`, if set, is called before a request goes on, and may take its time; if it says
    True, the server was another one before, and is connected to anew."""

    def __init__(self, url, pki):
        address = urllib.parse.urlsplit(url)
        self.upstream = (address.hostname, address.port)
        self.server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server_tls.load_cert_chain(os.path.join(pki, "apiserver.crt"), os.path.join(pki, "apiserver.key"))
        self.client_tls = ssl.create_default_context(cafile=os.path.join(pki, "ca.crt"))
        self.hold = None
        self.passing = threading.Event()  # while it is not set new connections wait, and are not told
        self.passing.set()
        self.connections = []  # when each came, reset ones included
        self.exchanges = []
        self.gone_events = 0  # ERROR events of watches with code 410
        self.resetting = False
        self.pairs = set()
        self.lock = threading.Lock()
        self.listener = None
        self.port = 0

    def __enter__(self):
        self.listen()
        return self

    def __exit__(self, kind, error, trace):
        self.refuse()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    # --- what it does to the peer ---------------------------------------------------------------

    def listen(self):
        """Connections pass (again)."""
        self.resetting = False
        if self.listener:
            return
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        self.listener.listen(16)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def refuse(self):
        """No connection is taken; those that are there break."""
        listener, self.listener = self.listener, None
        if listener:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()

    def reset(self):
        """Each connection is reset as soon as it is there, so that it can be counted."""
        self.resetting = True
        self.cut()

    def cut(self):
        """Breaks the connections that are there."""
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            pair.broken = True

    def go_dumb(self):
        """What is connected now stays so, and no byte passes any more in either direction."""
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            pair.dumb = True

    # --- what it saw ----------------------------------------------------------------------------

    def answers(self, since, text, status):
        return [one for one in self.exchanges if one.at >= since and text in one.target and one.status == status]

    def dial(self):
        return self.client_tls.wrap_socket(socket.create_connection(self.upstream, 10),
                                           server_hostname=self.upstream[0])

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections.append(time.monotonic())
            if self.resetting:
                _break(connection)
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            connection.settimeout(10)
            peer = self.server_tls.wrap_socket(connection, server_side=True)
            self.passing.wait(60)
            server = self.dial()
        except OSError:  # the upstream is down: so are we
            _break(connection)
            return
        pair = _Pair(self, peer, server)
        with self.lock:
            self.pairs.add(pair)
        pair.run()
        with self.lock:
            self.pairs.discard(pair)


class _Pair:
    """Two connections, served by one thread. A request has no body, so its head is all of it."""

    def __init__(self, proxy, peer, server):
        self.proxy, self.peer, self.server = proxy, peer, server
        self.asked = None  # the target whose answer has not begun
        self.dumb = self.broken = False
        self.request, self.tail = b"", b""

    def run(self):
        try:
            while not self.broken:
                self._step()
        except (OSError, ValueError):
            pass
        _break(self.peer)
        _break(self.server)

    def _step(self):
        both = {self.peer: self._take_request, self.server: self._take_answer}
        ready = [side for side in both if side.pending()] or select.select(list(both), [], [], 0.05)[0]
        for side in ready:
            chunk = side.recv(65536)
            if not chunk:
                self.broken = True
            elif not self.dumb:
                both[side](chunk)
                return  # there may be another server now

    def _take_request(self, chunk):
        self.request += chunk
        while b"\r\n\r\n" in self.request:
            head, _, self.request = self.request.partition(b"\r\n\r\n")
            self.asked = head.split(b" ", 2)[1].decode()
            if self.proxy.hold and self.proxy.hold(self.asked):
                _break(self.server)
                self.server = self.proxy.dial()
            self.server.sendall(head + b"\r\n\r\n")

    def _take_answer(self, chunk):
        if self.asked:  # one request at a time: these are the first bytes of its answer
            self.proxy.exchanges.append(Exchange(time.monotonic(), self.asked, int(chunk.split(b" ", 2)[1])))
            self.asked, self.tail = None, b""
        self.tail = self.tail[-400:] + chunk
        if b'"type":"ERROR"' in self.tail and b'"code":410' in self.tail:
            self.proxy.gone_events += 1
            self.tail = b""
        self.peer.sendall(chunk)


def _break(connection):
    """A reset, not an orderly end."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    except OSError:
        pass
