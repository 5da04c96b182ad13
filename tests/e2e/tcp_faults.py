"""A relay of TCP connections that breaks on demand: refuses, cuts, delays, or takes everything and passes nothing on. What
is inside, TLS as a rule, goes through untouched."""
import asyncio
import random
import threading
import urllib.parse


class Relay:
    """A context manager. All its methods may be called from any thread; faults hold until the next call."""

    def __init__(self, url, seed=1):
        address = urllib.parse.urlsplit(url)
        self.upstream = (address.hostname, address.port)
        self.scheme, self.port = address.scheme, 0
        self.random = random.Random(seed)
        self.delay = 0.0    # seconds that a piece of data is held at most
        self.pairs = set()  # (writer, writer) of the connections there are
        self.silent = set()
        self.server = None
        self.loop = asyncio.new_event_loop()

    def __enter__(self):
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self._await(self._listen())
        return self

    def __exit__(self, kind, error, trace):
        self._await(self._refuse())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def heal(self):
        self.delay = 0.0
        self._await(self._listen())

    def refuse(self):
        """ECONNREFUSED for new connections, a reset for those there are."""
        self._await(self._refuse())

    def cut(self):
        self._await(self._cut())

    def slow(self, seconds):
        self.delay = seconds

    def go_silent(self):
        """The connections there are stay open and carry nothing any more."""
        self._await(self._go_silent())

    def _await(self, coroutine):
        asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    async def _listen(self):
        if self.server is None:
            self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.port = self.server.sockets[0].getsockname()[1]

    async def _refuse(self):
        server, self.server = self.server, None
        if server:
            server.close()
        await self._cut()

    async def _cut(self):
        for pair in list(self.pairs):
            for writer in pair:
                writer.transport.abort()

    async def _go_silent(self):
        self.silent |= self.pairs

    async def _serve(self, reader, writer):
        try:
            up_reader, up_writer = await asyncio.open_connection(*self.upstream)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, up_writer)
        self.pairs.add(pair)
        pumps = [asyncio.ensure_future(self._pump(pair, reader, up_writer)),
                 asyncio.ensure_future(self._pump(pair, up_reader, writer))]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        self.pairs.discard(pair)
        self.silent.discard(pair)
        for pump in pumps:
            pump.cancel()
        for one in pair:
            one.transport.abort()

    async def _pump(self, pair, reader, writer):
        try:
            while True:
                data = await reader.read(65536)
                if not data:
                    return
                if pair in self.silent:
                    continue
                if self.delay:
                    await asyncio.sleep(self.random.uniform(0, self.delay))
                writer.write(data)
                await writer.drain()
        except OSError:
            return
