"""An HTTP server whose answers are right and whose ways are not: it stands where a driver, an API server, a Pushgateway,
an Alertmanager or an observer is, and for as long as a fault is set, breaks what passes, down to the bytes of HTTP and
the state of the connection."""
import asyncio
import gzip
import socket
import struct
import zlib

BOMB_BYTES = 64 << 20
PIECE = 64 * 1024
# Lists without end: how they begin, and an element that tells nothing, of Spark's and of Kubernetes' kind.
SPARK_LIST = b"[", b'{"id":"7","jobId":7,"stageId":7,"attemptId":0,"status":"RUNNING","name":"flood"},'
KUBERNETES_LIST = b'{"kind":"List","metadata":{"resourceVersion":"7"},"items":[', b'{"metadata":{"name":"flood","uid":"u"}},'
_bombs = []


def bomb():
    """64 MiB of blanks in a list, as some 64 KiB of gzip."""
    if not _bombs:
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        blanks = b" " * (1 << 20)
        parts = [packer.compress(b"[")] + [packer.compress(blanks) for _ in range(BOMB_BYTES >> 20)]
        _bombs.append(b"".join(parts) + packer.flush())
    return _bombs[0]


class Answer:
    """`stream(send)`, in place of a body, sends pieces until it returns."""

    def __init__(self, status=200, kind="application/json", body=b"", stream=None):
        self.status, self.kind, self.body, self.stream = status, kind, body, stream


def head(answer, *lines):
    return "\r\n".join([f"HTTP/1.1 {answer.status} X", f"Content-Type: {answer.kind}", *lines, "", ""]).encode()


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def with_length(answer, length=None):
    return head(answer, f"Content-Length: {len(answer.body) if length is None else length}")


def reset(writer):
    """RST, whatever is still to be sent."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        try:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
    writer.transport.abort()


class Gate:
    """`answer(method, target, headers, body)` returns an Answer. One fault at a time; see FAULTS."""

    def __init__(self, host, answer, chance):
        self.host, self.port, self.answer, self.random = host, 0, answer, chance
        self.server = None
        self.writers = set()
        self.fault, self.share = None, 1.0
        self.over = asyncio.Event()
        self.hit = 0
        self.requests = 0
        self.endless = SPARK_LIST

    async def open(self):
        for _ in range(50):
            try:
                self.server = await asyncio.start_server(self._serve, self.host, self.port, limit=1 << 20)
                break
            except OSError:  # somebody's outgoing connection has the port now
                await asyncio.sleep(0.02)
        self.port = self.server.sockets[0].getsockname()[1]

    async def close(self):
        server, self.server = self.server, None
        if server:
            server.close()
        self.break_all()

    def break_all(self):
        for writer in list(self.writers):
            reset(writer)

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"

    # --- faults ---------------------------------------------------------------------------------

    async def begin(self, fault, share=1.0):
        """From now on it hits this share of what passes; connections there are break, or go dead with those to come."""
        self.over = asyncio.Event()
        self.fault, self.share = fault, share
        if fault == "refuse":
            self.hit += 1
            await self.close()
        elif fault not in ("silent", "half_open", "latency", "slow"):
            self.break_all()

    async def end(self):
        self.fault = None
        self.over.set()
        if self.server is None:
            await self.open()

    async def _lasts(self, seconds=None):
        """Until the fault is over, or so long on the machine's clock; whether it is over."""
        try:
            await asyncio.wait_for(self.over.wait(), seconds)
            return True
        except asyncio.TimeoutError:
            return False

    def _strikes(self, among=None):
        fault = self.fault
        if fault is None or (among and fault not in among) or self.random.random() >= self.share:
            return None
        self.hit += 1
        return fault

    # --- serving --------------------------------------------------------------------------------

    async def _serve(self, reader, writer):
        if self._strikes(("accept_reset",)):
            reset(writer)
            return
        self.writers.add(writer)
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # cancelled: the test is over
        finally:
            self.writers.discard(writer)
            writer.close()

    async def _one(self, reader, writer):
        """One request; whether the connection may have another."""
        raw = await reader.readuntil(b"\r\n\r\n")
        lines = raw.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.requests += 1
        fault = self._strikes()
        if fault in BEFORE and fault not in TAKEN:
            return await BEFORE[fault](self, reader, writer)
        answer = self.answer(method, target, headers, body)
        if asyncio.iscoroutine(answer):
            answer = await answer
        if fault in TAKEN:
            return await BEFORE[fault](self, reader, writer)
        if answer.stream:
            return await self._stream(writer, answer, fault)
        if fault in AFTER:
            return await AFTER[fault](self, writer, answer)
        self._send(writer, answer, "gzip" in headers.get("accept-encoding", ""))
        await writer.drain()
        return True

    def _send(self, writer, answer, may_zip):
        """Rightly, in one of the ways that HTTP has."""
        way = self.random.random()
        if may_zip and way < 0.3:
            body = gzip.compress(answer.body, 1)
            writer.write(head(answer, "Content-Encoding: gzip", f"Content-Length: {len(body)}") + body)
        elif way < 0.6:
            middle = len(answer.body) // 2
            pieces = [piece for piece in (answer.body[:middle], answer.body[middle:]) if piece]
            writer.write(head(answer, "Transfer-Encoding: chunked") + b"".join(map(chunk, pieces)) + b"0\r\n\r\n")
        else:
            writer.write(with_length(answer) + answer.body)

    async def _stream(self, writer, answer, fault):
        """A watch: faults strike it in its course, too."""
        if fault in AFTER and fault not in STREAMED:
            return await AFTER[fault](self, writer, Answer(body=b'{"type":"BOOKMARK","object":{}}\n'))
        writer.write(head(answer, "Transfer-Encoding: chunked"))
        await writer.drain()

        async def send(piece):
            """Of nothing: asks whether the connection is there."""
            if writer.transport.is_closing():
                raise ConnectionResetError
            if not piece:
                return
            struck = self._strikes()
            if struck in ("silent", "half_open"):
                await self._lasts()
                raise ConnectionResetError
            if struck == "latency":
                await self._lasts(self.random.uniform(0.05, 0.3))
            elif struck == "slow":
                for at in range(0, len(piece), 40):
                    writer.write(chunk(piece[at:at + 40]))
                    await writer.drain()
                    await self._lasts(0.005)
                return
            elif struck in ("garbage_body", "garbage_head"):
                piece = self._noise(80) + b"\n"
            elif struck == "bad_chunk":
                writer.write(b"zz\r\n" + piece)
                raise ConnectionResetError
            elif struck:
                writer.write(chunk(piece[:len(piece) // 2]))
                await writer.drain()
                raise ConnectionResetError
            writer.write(chunk(piece))
            await writer.drain()
        try:
            await answer.stream(send)
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        except ConnectionResetError:
            reset(writer)
            return False
        return True

    def _noise(self, length):
        """Bytes that are in no JSON."""
        return bytes(self.random.randrange(0, 32) for _ in range(length))

    async def _until_gone(self, reader):
        """Dead for good: what comes is taken, nothing is said."""
        while await reader.read(PIECE):
            pass
        return False

    # --- before there is an answer --------------------------------------------------------------

    async def _silent(self, reader, writer):
        await self._lasts()
        reset(writer)
        return False

    async def _half_open(self, reader, writer):
        return await self._until_gone(reader)

    async def _request_reset(self, reader, writer):
        reset(writer)
        return False

    async def _garbage_head(self, reader, writer):
        writer.write(self._noise(300) + b"\r\n\r\n" + self._noise(300))
        await writer.drain()
        return False

    async def _head_reset(self, reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: appli")
        await writer.drain()
        await self._lasts(0.01)
        reset(writer)
        return False

    async def _head_flood(self, reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n")
        return await self._pour(writer, b"X-Fill: %s\r\n" % (b"f" * 4000), 0.001)

    async def _interim_flood(self, reader, writer):
        return await self._pour(writer, b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.001)

    async def _body_flood(self, reader, writer):
        """Blanks without end."""
        return await self._flood(writer, b" " * PIECE)

    async def _list_flood(self, reader, writer):
        """A list without end, of elements that tell nothing."""
        begin, row = self.endless
        return await self._flood(writer, row * (PIECE // len(row)), begin)

    async def _flood(self, writer, piece, begin=b"["):
        writer.write(head(Answer(), "Transfer-Encoding: chunked") + chunk(begin))
        return await self._pour(writer, chunk(piece), 0.002)

    async def _pour(self, writer, piece, pause):
        """The same again and again for as long as the fault lasts."""
        while not self.over.is_set():
            writer.write(piece)
            await writer.drain()
            await self._lasts(pause)
        reset(writer)
        return False

    async def _gzip_bomb(self, reader, writer):
        body = bomb()
        writer.write(head(Answer(), "Content-Encoding: gzip", f"Content-Length: {len(body)}") + body)
        await writer.drain()
        return False

    async def _status(self, reader, writer):
        status = self.random.choice((500, 502, 503, 429, 302))
        lines = {429: ["Retry-After: 1"], 302: ["Location: http://127.0.0.1:1/login"]}.get(status, [])
        answer = Answer(status, "text/html", b"<html>not now</html>")
        writer.write(head(answer, *lines, f"Content-Length: {len(answer.body)}") + answer.body)
        await writer.drain()
        return True

    # --- what becomes of an answer --------------------------------------------------------------

    async def _latency(self, writer, answer):
        if await self._lasts(self.random.uniform(0.01, 0.3)):
            reset(writer)
            return False
        self._send(writer, answer, False)
        await writer.drain()
        return True

    async def _slow(self, writer, answer):
        data = with_length(answer) + answer.body
        for at in range(0, len(data), 20):
            writer.write(data[at:at + 20])
            await writer.drain()
            if await self._lasts(0.01):
                reset(writer)
                return False
        return True

    async def _body_reset(self, writer, answer):
        writer.write(with_length(answer) + answer.body[:len(answer.body) // 2])
        await writer.drain()
        await self._lasts(0.01)
        reset(writer)
        return False

    async def _body_cut(self, writer, answer):
        """Half of it, and an orderly end."""
        writer.write(with_length(answer) + answer.body[:len(answer.body) // 2])
        await writer.drain()
        return False

    async def _garbage_body(self, writer, answer):
        cut = self.random.randrange(0, len(answer.body) + 1)
        body = answer.body[:cut] + self._noise(200) + answer.body[cut:]
        writer.write(with_length(Answer(kind=answer.kind, body=body)) + body)
        await writer.drain()
        return True

    async def _length_short(self, writer, answer):
        """More comes than was announced."""
        writer.write(with_length(answer, max(0, len(answer.body) - self.random.randrange(1, 40))) + answer.body)
        await writer.drain()
        return True

    async def _length_long(self, writer, answer):
        writer.write(with_length(answer, len(answer.body) + 10) + answer.body)
        await writer.drain()
        await self._lasts()
        reset(writer)
        return False

    async def _length_absurd(self, writer, answer):
        length = self.random.choice(("-5", "99999999999999999999", "12, 13", "0x10", ""))
        writer.write(head(answer, f"Content-Length: {length}") + answer.body)
        await writer.drain()
        return False

    async def _bad_chunk(self, writer, answer):
        size = self.random.choice((b"zz", b"-1", b"ffffffffffffffffff", b"", b"5"))
        writer.write(head(answer, "Transfer-Encoding: chunked") + size + b"\r\n" + answer.body + b"\r\n0\r\n\r\n")
        await writer.drain()
        await self._lasts(0.01)
        return False

    async def _chunk_cut(self, writer, answer):
        """No last chunk."""
        writer.write(head(answer, "Transfer-Encoding: chunked") + chunk(answer.body or b" "))
        await writer.drain()
        return False

    async def _gzip_cut(self, writer, answer):
        body = gzip.compress(answer.body + b" " * 2000, 1)
        body = body[:len(body) // 2]
        writer.write(head(answer, "Content-Encoding: gzip", f"Content-Length: {len(body)}") + body)
        await writer.drain()
        return True

    async def _gzip_garbage(self, writer, answer):
        body = b"\x1f\x8b\x08\x00" + self._noise(400)
        writer.write(head(answer, "Content-Encoding: gzip", f"Content-Length: {len(body)}") + body)
        await writer.drain()
        return True


BEFORE = {"silent": Gate._silent, "half_open": Gate._half_open, "request_reset": Gate._request_reset,
          "garbage_head": Gate._garbage_head, "head_reset": Gate._head_reset, "head_flood": Gate._head_flood,
          "interim_flood": Gate._interim_flood, "body_flood": Gate._body_flood, "list_flood": Gate._list_flood, "gzip_bomb": Gate._gzip_bomb,
          "status": Gate._status}
AFTER = {"latency": Gate._latency, "slow": Gate._slow, "body_reset": Gate._body_reset, "body_cut": Gate._body_cut,
         "garbage_body": Gate._garbage_body, "length_short": Gate._length_short, "length_long": Gate._length_long,
         "length_absurd": Gate._length_absurd, "bad_chunk": Gate._bad_chunk, "chunk_cut": Gate._chunk_cut,
         "gzip_cut": Gate._gzip_cut, "gzip_garbage": Gate._gzip_garbage}
# Their status is 200, which nobody says who has not taken what was sent.
TAKEN = ("body_flood", "list_flood", "gzip_bomb")
STREAMED = ("latency", "slow", "garbage_body", "bad_chunk", "body_reset", "body_cut", "chunk_cut")
FAULTS = ("refuse", "accept_reset", *BEFORE, *AFTER)
