#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A long cable to a server on this machine, for measurements where tc has no netem: what comes on one port of 127.0.0.1 goes to another, and
back, each way so many milliseconds later; the bytes per second are not limited. delay.py PORT MILLISECONDS prints the port to connect to."""
import asyncio
import sys


async def carry(reader, writer, delay):
    """Hands on what is read, in its order, a delay after it came."""
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue()

    async def deliver():
        while True:
            when, data = await queue.get()
            await asyncio.sleep(max(0, when - loop.time()))
            if not data:
                break
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    delivery = asyncio.create_task(deliver())
    try:
        while data := await reader.read(1 << 16):
            queue.put_nowait((loop.time() + delay, data))
    except ConnectionError:
        pass
    queue.put_nowait((loop.time() + delay, b""))
    try:
        await delivery
    except ConnectionError:
        pass


async def main(port, delay):
    async def connected(reader, writer):
        try:
            far = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionError:
            writer.close()
            return
        await asyncio.gather(carry(reader, far[1], delay), carry(far[0], writer, delay))
        writer.close()
        far[1].close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if len(sys.argv) != 3 or not sys.argv[1].isdigit() or not sys.argv[2].replace(".", "", 1).isdigit():
    sys.exit("usage: delay.py PORT MILLISECONDS")
asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) / 1000))
