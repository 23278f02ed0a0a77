"""The ping server as one writes it with Python's asyncio: python3 asyncio_ping.py PORT (0: the system chooses)."""

import asyncio
import re
import sys

PING = re.compile(rb"ping \d{1,18} \d{1,18}\n")
LINE_LIMIT = 128


async def serve(reader, writer):
    try:
        while line := await reader.readline():
            if len(line) > LINE_LIMIT or not PING.fullmatch(line):
                writer.write(b"ERROR: expected 'ping <client> <n>', each number of 1 to 18 digits\n")
                break
            writer.write(b"po" + line[2:])
            await writer.drain()
    except (ConnectionError, ValueError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    host, port = server.sockets[0].getsockname()
    print(f"Listening on {host}:{port}", flush=True)
    await server.serve_forever()


asyncio.run(main())
