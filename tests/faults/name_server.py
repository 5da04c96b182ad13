"""A DNS server that knows one name, and can be told to keep silent."""
import asyncio
import socket
import struct

NAME = "driver.faults.test"


class NameServer(asyncio.DatagramProtocol):
    def __init__(self, host, address):
        self.host, self.address, self.silent, self.asked = host, address, False, 0

    async def open(self):
        """False: port 53 is not ours to take."""
        try:
            await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, (self.host, 53))
        except OSError:
            return False
        return True

    def connection_made(self, transport):
        self.transport = transport

    def close(self):
        self.transport.close()

    def datagram_received(self, data, peer):
        self.asked += 1
        if self.silent or len(data) < 17:
            return
        end = data.index(b"\0", 12) + 5
        kind = struct.unpack(">H", data[end - 4:end - 2])[0]
        answers = b""
        if kind == 1:
            answers = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton(self.address)
        count = 1 if answers else 0
        self.transport.sendto(data[:2] + b"\x81\x80" + struct.pack(">HHHH", 1, count, 0, 0) + data[12:end] + answers,
                              peer)
