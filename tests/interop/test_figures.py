"""The figures of `longwire serve`: what each way of speaking adds to them."""

import asyncio
import http.client
import json
import socket
import time
import unittest

import websockets

from exposition import figures_of
from serving import Serving
from test_channels import EventStream


class TheFormat(unittest.TestCase):
    GOOD = ("# HELP longwire_a_total A.\n# TYPE longwire_a_total counter\n"
            'longwire_a_total{b="c",d="e"} 1\n')

    def test_reads_what_is_right(self):
        self.assertEqual(figures_of(self.GOOD), {'longwire_a_total{b="c",d="e"}': 1})

    def test_refuses_what_is_wrong(self):
        histogram = ("# HELP longwire_h_seconds H.\n# TYPE longwire_h_seconds histogram\n"
                     'longwire_h_seconds_bucket{le="1"} 2\nlongwire_h_seconds_bucket{le="+Inf"} 3\n'
                     "longwire_h_seconds_sum 4\nlongwire_h_seconds_count 3\n")
        figures_of(histogram)
        for wrong in (
            self.GOOD[:-1], self.GOOD + self.GOOD, self.GOOD.replace("a_total counter", "a_total gauge"),
            self.GOOD.replace(" 1\n", " x\n"), self.GOOD.replace(" 1\n", " -1\n"),
            self.GOOD.replace('d="e"', 'b="e"'), self.GOOD.replace('"c"', '"c\\x"'),
            self.GOOD.replace("# TYPE", "# TIPE"), self.GOOD + 'longwire_a_total{b="c",d="e"} 2\n',
            self.GOOD + "longwire_b 2\n", histogram.replace("+Inf\"} 3", "+Inf\"} 1"),
            histogram.replace("count 3", "count 4"), histogram.replace('le="1"', 'le="+Inf"'),
            histogram.replace("longwire_h_seconds_sum 4\n", ""),
        ):
            with self.assertRaises(AssertionError, msg=wrong):
                figures_of(wrong)


class Figures(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.admin = probe.getsockname()[1]
        self.serving = Serving("--threads", "2", "--admin", f"127.0.0.1:{self.admin}")

    def tearDown(self):
        self.assertEqual(self.serving.stop(), 0)

    def ask(self, method, path, body=None, headers=None, port=None):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.serving.port, timeout=20)
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def figures(self):
        status, text = self.ask("GET", "/metrics", port=self.admin)
        self.assertEqual(status, 200)
        return figures_of(text)

    def until(self, key, value, at_least=False):
        deadline = time.monotonic() + 20
        while not (at_least and self.figures()[key] >= value or self.figures()[key] == value):
            self.assertLess(time.monotonic(), deadline, (key, value, self.figures()[key]))

    async def test_messages_count_by_dialect_and_direction(self):
        async with websockets.connect(self.serving.url("/channels/a?echo=1")) as one, \
                websockets.connect(self.serving.url("/channels/a?format=json")) as other:
            await other.recv()
            stream = EventStream(self.serving.port, "/channels/a")
            stream.next()
            poll = asyncio.create_task(asyncio.to_thread(self.ask, "GET", "/channels/a?wait=20"))
            await asyncio.to_thread(self.until, "longwire_subscriptions", 4)
            figures = self.figures()
            self.assertEqual(figures['longwire_dialect_connections{dialect="raw"}'], 2)
            self.assertEqual(figures['longwire_dialect_connections{dialect="sse"}'], 1)
            self.assertEqual(figures['longwire_dialect_connections{dialect="poll"}'], 1)
            await one.send("hello")
            self.assertEqual(await one.recv(), "hello")
            await other.recv()
            self.assertEqual(stream.message(), "hello")
            await poll
            self.assertEqual(self.ask("POST", "/channels/a", b"four")[0], 200)
            self.assertEqual(await one.recv(), "four")
            self.assertEqual(stream.message(), "four")
            self.assertEqual(len(json.loads(self.ask("GET", "/channels/a?history=1")[1])["messages"]), 1)
            figures = self.figures()
            for dialect, direction, messages, size in (
                ("raw", "in", 1, 5), ("raw", "out", 4, 18),
                ("sse", "in", 0, 0), ("sse", "out", 2, 9),
                ("poll", "in", 0, 0), ("poll", "out", 1, 5),
                ("http", "in", 1, 4), ("http", "out", 1, 4),
            ):
                labels = f'{{dialect="{dialect}",direction="{direction}"}}'
                self.assertEqual(figures["longwire_dialect_messages_total" + labels], messages, labels)
                self.assertEqual(figures["longwire_dialect_message_bytes_total" + labels], size, labels)
            self.assertEqual(figures["longwire_delivery_seconds_count"],
                             figures["longwire_delivery_seconds_bucket{le=\"+Inf\"}"])
            self.assertGreaterEqual(figures["longwire_delivery_seconds_count"], 2)
            self.assertEqual(figures["longwire_channels"], 1)
            self.assertEqual(figures["longwire_gaps_total"], 0)
            self.assertEqual(figures["longwire_interruptions_total"], 0)
            self.assertGreater(figures["longwire_history_bytes"], 0)
            self.assertGreater(figures["longwire_resident_bytes"], 1e6)
            stream.close()
        self.until('longwire_dialect_connections{dialect="raw"}', 0)
        self.until('longwire_dialect_connections{dialect="sse"}', 0)
        self.until("longwire_channels", 0)
        self.assertEqual(self.figures()['longwire_dialect_connections{dialect="poll"}'], 0)
        self.until('longwire_websockets_closed_total{code="1000"}', 2)
        lag = "longwire_loop_lag_seconds_count"
        self.until(lag, self.figures()[lag] + 2, at_least=True)

    async def test_handshakes_that_fail_count_by_cause(self):
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                   "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
        for changed, path in (({"Sec-WebSocket-Key": "x"}, "/channels/a"),
                              ({"Sec-WebSocket-Version": "7"}, "/channels/a"),
                              ({"Origin": "http://evil.example"}, "/channels/a"),
                              ({}, "/channels/a?since=x"),
                              ({}, "/nothing")):
            self.ask("GET", path, headers={**upgrade, **changed})
        figures = self.figures()
        for cause in ("malformed", "version", "origin", "program", "no_route"):
            self.assertEqual(figures[f'longwire_handshake_failures_total{{cause="{cause}"}}'], 1, cause)
        self.assertEqual(figures["longwire_handshakes_refused_total"], 4)


if __name__ == "__main__":
    unittest.main()
