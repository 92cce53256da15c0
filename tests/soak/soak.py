"""Channels under churn: clients come, subscribe, publish and leave at random, with a seed, by
WebSocket, EventSource, long poll and POST, cleanly and not. In the end every received sequence is
without a gap and a repeat (or was said to have one), every channel and presence list is empty, and
the server has the memory that it had."""

import argparse
import asyncio
import base64
import hashlib
import hmac
import http.client
import json
import os
import random
import re
import socket
import sys
import tempfile
import time

import websockets

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
from exposition import figures_of  # noqa: E402
from serving import Serving  # noqa: E402

CHANNELS = [f"c{number}" for number in range(20)]
USERS = [f"u{number}" for number in range(30)]
SECRET = "a secret of more than thirty-two bytes"
RULES = """
token_secret = "{secret}"
[[channels]]
pattern = "*"
publish = "everyone"
keeps_presence = true
history = "everyone"
history_count = 2000
history_age = "5s"
presence = "everyone"
"""


def token_of(user):
    part = lambda value: base64.urlsafe_b64encode(value).rstrip(b"=")  # noqa: E731
    body = part(b'{"alg":"HS256"}') + b"." + part(json.dumps({"sub": user}).encode())
    return (body + b"." + part(hmac.new(SECRET.encode(), body, hashlib.sha256).digest())).decode()


class Ledger:
    """What is known of each channel: which text stands where."""

    def __init__(self):
        self.texts = {}
        self.keys = 0  # under which something was published
        self.counts = {"received": 0, "published": 0, "sessions": 0, "recovered": 0, "missed": 0}

    def note(self, channel, position, text):
        known = self.texts.setdefault((channel, position), text)
        assert known == text, f"{channel} {position}: {known!r} and {text!r}"

    def forget(self):
        """Of long runs the oldest half."""
        if len(self.texts) > 400_000:
            self.texts = dict(list(self.texts.items())[200_000:])


class Reader:
    """One who reads a channel, over several connections: checks that nothing is missing."""

    def __init__(self, ledger, channel):
        self.ledger = ledger
        self.channel = channel
        self.position = None

    def joined(self, position, recovered):
        if self.position is not None:
            self.ledger.counts["recovered" if recovered else "missed"] += 1
            if recovered:
                assert position == self.position, f"{self.channel}: {position}, not {self.position}"
        self.position = position

    def got(self, position, text):
        epoch, offset = position.split("-")
        before, last = self.position.split("-")
        # (Whoever joins a channel that is not there yet is told of its epoch by the first message.)
        assert int(offset) == int(last) + 1, f"{self.channel}: {position} after {self.position}"
        assert epoch == before or last == "0", f"{self.channel}: {position} after {self.position}"
        self.position = position
        self.ledger.note(self.channel, position, text)
        self.ledger.counts["received"] += 1


class Churn:
    def __init__(self, port, seed, seconds):
        self.port = port
        self.seed = seed
        self.until = time.monotonic() + seconds
        self.ledger = Ledger()

    def over(self):
        return time.monotonic() > self.until

    async def open(self):
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def worker(self, number):
        chance = random.Random(f"{self.seed}/{number}")
        while not self.over():
            channel = chance.choice(CHANNELS)
            query = f"token={token_of(chance.choice(USERS))}" if chance.random() < 0.7 else "x=1"
            reader = Reader(self.ledger, channel)
            session = chance.choice([self.websocket, self.events, self.poll, self.post, self.half])
            for _ in range(chance.randint(1, 3)):
                self.ledger.counts["sessions"] += 1
                await session(chance, reader, f"/channels/{channel}", query)
                if self.over():
                    break
            self.ledger.forget()

    def text(self, chance):
        return f"{chance.getrandbits(64):x}" + "." * chance.choice([0, 0, 10, 100, 3000])

    async def websocket(self, chance, reader, path, query):
        since = f"&since={reader.position}" if reader.position else ""
        url = f"ws://127.0.0.1:{self.port}{path}?format=json&echo=1&{query}{since}"
        one = await websockets.connect(url, compression=chance.choice([None, "deflate"]),
                                       ping_interval=None, close_timeout=10)
        ends = time.monotonic() + chance.random()
        to_send = chance.choice([0, 0, 1, 5, 20])
        while time.monotonic() < ends or to_send > 0:
            if to_send > 0:
                await one.send(self.text(chance))
                self.ledger.counts["published"] += 1
                to_send -= 1
            try:
                self.take_json(reader, json.loads(await asyncio.wait_for(one.recv(), 0.05)))
            except asyncio.TimeoutError:
                pass
        if chance.random() < 0.3:
            one.transport.abort()
            await one.wait_closed()
            return
        await one.close()

    @staticmethod
    def take_json(reader, event):
        if "joined" in event:
            reader.joined(**event["joined"])
        elif "text" in event:
            reader.got(event["position"], event["text"])
        else:
            assert "presence" in event, event

    async def events(self, chance, reader, path, query):
        source, sink = await self.open()
        last = f"Last-Event-ID: {reader.position}\r\n" if reader.position else ""
        sink.write(f"GET {path}?{query} HTTP/1.0\r\nHost: x\r\nAccept: text/event-stream\r\n"
                   f"{last}\r\n".encode())
        ends = time.monotonic() + chance.random()
        head = await source.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200") or head.startswith(b"HTTP/1.0 200"), head
        while time.monotonic() < ends:
            try:
                event = (await asyncio.wait_for(source.readuntil(b"\n\n"), 0.1)).decode()
            except asyncio.TimeoutError:
                continue
            fields = re.findall(r"^(id|event|data): ?(.*)$", event, re.M)
            data = "\n".join(value for name, value in fields if name == "data")
            fields = dict(fields)
            if fields.get("event") == "joined":
                reader.joined(**json.loads(data)["joined"])
            elif "id" in fields:
                reader.got(fields["id"], data)
        sink.transport.abort()

    async def ask(self, head, body=b"", field=""):
        source, sink = await self.open()
        sink.write(f"{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{field}"
                   f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await source.read()
        sink.close()
        assert b" 200 " in answer.split(b"\r\n")[0], answer
        return json.loads(answer.split(b"\r\n\r\n", 1)[1])

    async def poll(self, chance, reader, path, query):
        if reader.position is None:
            reader.position = (await self.ask(f"GET {path}?history=0&{query}"))["position"]
        for _ in range(chance.randint(1, 4)):
            if chance.random() < 0.1:
                # One that goes away while it waits.
                _, sink = await self.open()
                sink.write(f"GET {path}?since={reader.position}&wait=9&{query} HTTP/1.1\r\n"
                           "Host: x\r\n\r\n".encode())
                await sink.drain()
                await asyncio.sleep(chance.random() / 10)
                sink.transport.abort()
                continue
            answer = await self.ask(f"GET {path}?since={reader.position}&wait=1&{query}")
            messages = answer["messages"]
            if not answer["recovered"]:
                self.ledger.counts["missed"] += 1
                reader.position = None
                for message in messages:
                    self.ledger.note(reader.channel, message["position"], message["text"])
            else:
                for message in messages:
                    reader.got(message["position"], message["text"])
            reader.position = answer["position"]

    async def post(self, chance, reader, path, query):
        self.ledger.keys += 1
        key = f"Idempotency-Key: {chance.getrandbits(64):x}\r\n"
        text = self.text(chance)
        # Once, or once more as whoever has lost the answer does.
        positions = {(await self.ask(f"POST {path}?{query}", text.encode(), key))["position"]
                     for _ in range(chance.randint(1, 2))}
        assert len(positions) == 1, positions
        self.ledger.counts["published"] += 1
        self.ledger.note(reader.channel, positions.pop(), text)

    async def half(self, chance, reader, path, query):
        """A handshake that is never finished, or finished and forgotten."""
        _, sink = await self.open()
        request = (f"GET {path}?{query} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                   "Sec-WebSocket-Version: 13\r\n\r\n")
        sink.write(request[:chance.randint(1, len(request))].encode())
        await sink.drain()
        await asyncio.sleep(chance.random() / 20)
        sink.transport.abort()

    async def run(self, workers):
        await asyncio.gather(*(self.worker(number) for number in range(workers)))


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert answer.status == 200, text
    return text


EMPTY = ("longwire_channels", "longwire_subscriptions", "longwire_websockets", "longwire_held_bytes",
         *(f'longwire_dialect_connections{{dialect="{dialect}"}}'
           for dialect in ("raw", "sse", "poll", "http")))
# Idempotency keys are known for five minutes, which is longer than this waits.
MOST_BYTES_OF_A_KEY = 192
MOST_BYTES_OF_A_CHANNEL = 2048


def left_of(figures, keys):
    left = {name: figures[name] for name in EMPTY if figures[name] != 0}
    kept = figures["longwire_history_bytes"]
    if kept > len(CHANNELS) * MOST_BYTES_OF_A_CHANNEL + keys * MOST_BYTES_OF_A_KEY:
        left["longwire_history_bytes"] = kept
    return left


def await_quiet(admin, keys):
    """Until nobody is there and nothing is kept; what is left otherwise."""
    deadline = time.monotonic() + 30
    while True:
        figures = figures_of(get(admin, "/metrics"))
        left = left_of(figures, keys)
        if not left or time.monotonic() > deadline:
            return left, figures
        time.sleep(0.1)


def soak(seconds, seed, workers, any_memory):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        admin = probe.getsockname()[1]
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as rules:
        rules.write(RULES.format(secret=SECRET))
        rules.flush()
        serving = Serving("--config", rules.name, "--threads", "2", "--admin", f"127.0.0.1:{admin}")
    try:
        # What a load needs once stays; what it leaves behind each time would grow.
        warm_up = max(2.0, seconds / 10)
        warming = Churn(serving.port, f"{seed}/0", warm_up)
        asyncio.run(warming.run(workers))
        left, figures = await_quiet(admin, warming.ledger.keys)
        assert not left, left
        before = figures["longwire_resident_bytes"]
        churn = Churn(serving.port, seed, seconds)
        asyncio.run(churn.run(workers))
        left, figures = await_quiet(admin, warming.ledger.keys + churn.ledger.keys)
        after = figures["longwire_resident_bytes"]
        present = {channel: users for channel in CHANNELS if (users := json.loads(
            get(serving.port, f"/channels/{channel}/presence"))["present"])}
        print(f"seed {seed}: {seconds} s, {workers} workers, {churn.ledger.counts}, "
              f"{before / 2**20:.1f} MiB before, {after / 2**20:.1f} MiB after, "
              f"{figures['longwire_delivery_seconds_count']:.0f} deliveries")
        assert not left, left
        assert not present, present
        assert any_memory or after <= before * 1.15 + 8 * 2**20, (before, after)
        for name in ("received", "published", "recovered"):
            assert churn.ledger.counts[name] > 0, churn.ledger.counts
    finally:
        status = serving.stop()
    assert status == 0, status


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, help="how long to go on (otherwise 10 seconds)")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seed", default=None, help="what a run printed, to have it again")
    parser.add_argument("--workers", type=int, default=40, help="clients at a time")
    parser.add_argument("--any-memory", action="store_true",
                        help="do not judge it: a sanitizer keeps what is freed")
    given = parser.parse_args()
    seed = given.seed or str(random.SystemRandom().randrange(10**9))
    try:
        soak(60 * given.minutes if given.minutes else given.seconds, seed, given.workers,
             given.any_memory)
    except BaseException:
        print(f"The seed was {seed}: soak --seed {seed}", file=sys.stderr)
        raise


if __name__ == "__main__":
    main()
