"""Channels of `longwire serve`, by every transport: WebSocket, EventSource, long poll, POST."""

import asyncio
import http.client
import json
import unittest

import websockets

from serving import Serving


class EventStream:
    """text/event-stream as a browser reads it (WHATWG HTML, section 9.2.6)."""

    def __init__(self, port, path, last_id=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        headers = {"Accept": "text/event-stream"}
        if last_id:
            headers["Last-Event-ID"] = last_id
        self.connection.request("GET", path, headers=headers)
        self.answer = self.connection.getresponse()
        self.last_id = last_id

    def next(self):
        """(type, data) of the next event; comments are passed over."""
        kind, data = "message", []
        while True:
            line = self.answer.readline().decode().rstrip("\n")
            if not line:
                if data:
                    return kind, "\n".join(data)
                kind = "message"
                continue
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                data.append(value)
            elif field == "event":
                kind = value
            elif field == "id":
                self.last_id = value

    def message(self):
        """The data of the next message, whatever else comes before."""
        while True:
            kind, data = self.next()
            if kind == "message":
                return data

    def close(self):
        self.answer.close()
        self.connection.close()


class Channels(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.serving = Serving("--threads", "2")
        self.streams = []

    def tearDown(self):
        for stream in self.streams:
            stream.close()
        self.assertEqual(self.serving.stop(), 0)

    def ask(self, method, path, body=None, headers=None):
        """(status, headers, body) of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.serving.port, timeout=20)
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text

    def publish(self, channel, text, **headers):
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        status, _, body = self.ask("POST", f"/channels/{channel}", text.encode(), fields)
        self.assertEqual(status, 200, body)
        return json.loads(body)["position"]

    def stream(self, path, last_id=None):
        stream = EventStream(self.serving.port, path, last_id)
        self.streams.append(stream)
        return stream

    # ---- history -----------------------------------------------------------------------------

    async def test_a_new_member_gets_the_latest_if_it_asks(self):
        for text in ("one", "two", "three"):
            self.publish("h", text)
        async with websockets.connect(self.serving.url("/channels/h?history=2")) as socket:
            self.assertEqual([await socket.recv(), await socket.recv()], ["two", "three"])
            self.publish("h", "four")
            self.assertEqual(await socket.recv(), "four")
        async with websockets.connect(self.serving.url("/channels/h")) as socket:
            self.publish("h", "five")
            self.assertEqual(await socket.recv(), "five")
        stream = self.stream("/channels/h?history=2")
        self.assertEqual(stream.next()[0], "joined")
        self.assertEqual([stream.next(), stream.next()], [("message", "four"), ("message", "five")])

    async def test_json_tells_positions_and_recovers(self):
        url = self.serving.url("/channels/j?format=json")
        async with websockets.connect(url) as socket:
            joined = json.loads(await socket.recv())["joined"]
            self.assertTrue(joined["recovered"])
            self.publish("j", "one")
            first = json.loads(await socket.recv())
            self.assertEqual(first["text"], "one")
        self.publish("j", "two")
        self.publish("j", "three")
        async with websockets.connect(url + "&since=" + first["position"]) as socket:
            self.assertTrue(json.loads(await socket.recv())["joined"]["recovered"])
            texts = [json.loads(await socket.recv())["text"] for _ in range(2)]
            self.assertEqual(texts, ["two", "three"])
        async with websockets.connect(url + "&since=1-1") as socket:
            self.assertFalse(json.loads(await socket.recv())["joined"]["recovered"])

    async def test_history_is_read_without_waiting(self):
        self.publish("r", "one")
        self.publish("r", "\x00two", Content_Type="application/octet-stream")
        status, headers, body = self.ask("GET", "/channels/r?history=9")
        self.assertEqual(status, 200)
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertEqual(headers["Cache-Control"], "no-store")
        messages = json.loads(body)["messages"]
        self.assertEqual(messages[0]["text"], "one")
        self.assertEqual(messages[1]["binary"], "AHR3bw==")

    # ---- EventSource ---------------------------------------------------------------------------

    async def test_an_event_stream_goes_on_where_it_was_cut(self):
        stream = self.stream("/channels/e")
        self.assertEqual(stream.answer.headers["Content-Type"], "text/event-stream")
        self.assertEqual(stream.next()[0], "joined")
        self.publish("e", "one\nwith two lines")
        self.assertEqual(stream.next(), ("message", "one\nwith two lines"))
        stream.close()
        self.publish("e", "two")
        self.publish("e", "three")
        again = self.stream("/channels/e", stream.last_id)
        self.assertTrue(json.loads(again.next()[1])["joined"]["recovered"])
        self.assertEqual([again.message(), again.message()], ["two", "three"])
        self.publish("e", "four")
        self.assertEqual(again.message(), "four")

    async def test_an_event_stream_that_has_heard_nothing_misses_nothing(self):
        stream = self.stream("/channels/quiet")
        stream.next()
        stream.close()
        self.publish("quiet", "meanwhile")
        again = self.stream("/channels/quiet", stream.last_id)
        self.assertEqual(again.message(), "meanwhile")

    # ---- long poll -----------------------------------------------------------------------------

    async def test_a_long_poll_waits_for_what_comes(self):
        position = self.publish("p", "zero")
        path = f"/channels/p?since={position}&wait=20"
        waiting = asyncio.create_task(asyncio.to_thread(self.ask, "GET", path))
        while True:  # until it is a member
            _, _, body = self.ask("GET", "/channels/p?history=0")
            if json.loads(body)["position"] == position:
                break
        self.publish("p", "one")
        status, _, body = await waiting
        self.assertEqual(status, 200)
        answer = json.loads(body)
        self.assertEqual([message["text"] for message in answer["messages"]], ["one"])
        self.assertTrue(answer["recovered"])
        path = f"/channels/p?since={answer['position']}&wait=1"
        status, _, body = self.ask("GET", path)
        self.assertEqual((status, json.loads(body)["messages"]), (200, []))
        self.assertEqual(json.loads(body)["position"], answer["position"])

    # ---- publishing ----------------------------------------------------------------------------

    async def test_the_same_key_publishes_once(self):
        async with websockets.connect(self.serving.url("/channels/k")) as socket:
            first = self.publish("k", "once", Idempotency_Key="a")
            self.assertEqual(self.publish("k", "once", Idempotency_Key="a"), first)
            self.publish("k", "twice", Idempotency_Key="b")
            self.assertEqual([await socket.recv(), await socket.recv()], ["once", "twice"])

    async def test_what_is_not_text_has_to_say_so(self):
        status, _, body = self.ask("POST", "/channels/b", b"\xff")
        self.assertEqual(status, 415)
        self.assertIn("application/octet-stream", body)
        async with websockets.connect(self.serving.url("/channels/b")) as socket:
            status, _, _ = self.ask(
                "POST", "/channels/b", b"\xff", {"Content-Type": "application/octet-stream"}
            )
            self.assertEqual(status, 200)
            self.assertEqual(await socket.recv(), b"\xff")

    # ---- presence ------------------------------------------------------------------------------

    async def test_presence_lists_each_user_once_and_tells_who_comes_and_goes(self):
        url = self.serving.url("/channels/who?format=json&user=")
        async with websockets.connect(url + "ann") as ann:
            await ann.recv()
            self.assertEqual(
                json.loads(await ann.recv()), {"presence": {"joined": "ann"}}
            )
            async with websockets.connect(url + "bob") as bob:
                stream = self.stream("/channels/who?user=bob")
                stream.next()
                self.assertEqual(
                    json.loads(await ann.recv()), {"presence": {"joined": "bob"}}
                )
                status, _, body = self.ask("GET", "/channels/who/presence")
                self.assertEqual(status, 200)
                users = sorted(one["user"] for one in json.loads(body)["present"])
                self.assertEqual(users, ["ann", "bob"])
                await bob.close()
            stream.close()
            self.assertEqual(
                json.loads(await asyncio.wait_for(ann.recv(), 20)), {"presence": {"left": "bob"}}
            )

    # ---- other pages ---------------------------------------------------------------------------

    async def test_only_pages_of_the_same_origin_may(self):
        own = f"http://127.0.0.1:{self.serving.port}"
        for method in ("GET", "POST", "OPTIONS"):
            status, headers, _ = self.ask(method, "/channels/o", b"", {"Origin": own})
            self.assertIn(status, (200, 204))
            self.assertEqual(headers["Access-Control-Allow-Origin"], own)
            status, headers, _ = self.ask(method, "/channels/o", b"", {"Origin": "http://evil"})
            self.assertEqual(status, 403)
            self.assertNotIn("Access-Control-Allow-Origin", headers)

    async def test_refuses_what_it_does_not_understand(self):
        for path in ("?since=x", "?history=x", "?since=1-1&wait=x", "?history=-1"):
            self.assertEqual(self.ask("GET", "/channels/x" + path)[0], 400, path)
        self.assertEqual(self.ask("GET", "/channels/%0a")[0], 400)
        self.assertEqual(self.ask("PUT", "/channels/x")[0], 405)

    # ---- all of them ---------------------------------------------------------------------------

    async def test_every_transport_sees_every_message_once_and_in_order_while_it_is_cut(self):
        count = 300
        expected = [str(number) for number in range(count)]
        start = self.publish("all", "start")
        progress = [[], [], []]

        async def by_websocket():
            seen, position = progress[0], start
            while len(seen) < count:
                url = self.serving.url(f"/channels/all?format=json&since={position}")
                async with websockets.connect(url) as socket:
                    self.assertTrue(json.loads(await socket.recv())["joined"]["recovered"])
                    for _ in range(40):
                        message = json.loads(await socket.recv())
                        seen.append(message["text"])
                        position = message["position"]
                        if len(seen) == count:
                            break
            return seen

        def by_event_stream():
            seen, last_id = progress[1], start
            while len(seen) < count:
                stream = EventStream(self.serving.port, "/channels/all", last_id)
                for _ in range(40):
                    seen.append(stream.message())
                    if len(seen) == count:
                        break
                last_id = stream.last_id
                stream.close()
            return seen

        def by_long_poll():
            seen, position = progress[2], start
            while len(seen) < count:
                _, _, body = self.ask("GET", f"/channels/all?since={position}&wait=10")
                answer = json.loads(body)
                self.assertTrue(answer["recovered"])
                seen += [message["text"] for message in answer["messages"]]
                position = answer["position"]
            return seen

        readers = [
            asyncio.create_task(by_websocket()),
            asyncio.create_task(asyncio.to_thread(by_event_stream)),
            asyncio.create_task(asyncio.to_thread(by_long_poll)),
        ]
        for number in range(count):
            # History holds the latest 100: whoever is slow should not be outrun.
            while min(len(seen) for seen in progress) < number - 80:
                await asyncio.sleep(0.001)
            await asyncio.to_thread(self.publish, "all", str(number))
        for reader in readers:
            self.assertEqual(await asyncio.wait_for(reader, 60), expected)


if __name__ == "__main__":
    unittest.main()
