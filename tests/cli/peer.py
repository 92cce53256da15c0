"""A WebSocket server that nobody here wrote (python3-websockets), and that a test directs."""

import asyncio
import threading

import websockets


class Peer:
    """Accepts connections; `sockets` has them in the order they came. Keeps what they send."""

    def __init__(self, port=0, **options):
        self.loop = asyncio.new_event_loop()
        self.arrived = threading.Condition()
        self.sockets = []
        self.received = []
        self.closed = []
        self.port = port
        self.options = {"compression": None, "max_size": 1 << 26, **options}
        self.ready = threading.Event()
        self.ending = None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        self.ready.wait(20)

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.serve())
        self.loop.close()

    async def serve(self):
        self.ending = asyncio.Event()
        async with websockets.serve(self.talk, "127.0.0.1", self.port, **self.options) as server:
            self.port = server.sockets[0].getsockname()[1]
            self.ready.set()
            await self.ending.wait()

    async def talk(self, socket, *_):
        self.tell(self.sockets, socket)
        try:
            async for message in socket:
                self.tell(self.received, message)
        except websockets.ConnectionClosed:
            pass
        self.tell(self.closed, (socket.close_code, socket.close_reason))

    def tell(self, things, thing):
        with self.arrived:
            things.append(thing)
            self.arrived.notify_all()

    def wait_for(self, things, count, seconds=30):
        with self.arrived:
            if not self.arrived.wait_for(lambda: len(things) >= count, seconds):
                raise AssertionError(f"{len(things)} of {count} came: {things}")
            return things[count - 1]

    def do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def send(self, message, which=1):
        self.do(self.wait_for(self.sockets, which).send(message))

    def close(self, code=1000, reason="", which=1):
        self.do(self.wait_for(self.sockets, which).close(code, reason))

    def url(self, path="/"):
        return f"ws://127.0.0.1:{self.port}{path}"

    def stop(self):
        self.loop.call_soon_threadsafe(self.ending.set)
        self.thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
