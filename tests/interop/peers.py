"""Proxies that nobody here wrote, each on a port of this machine for the length of a test."""

import os
import shutil
import socket
import subprocess
import tempfile
import time

PEERS = os.environ.get("PEERS", "build/peers")


def program(name):
    """The path of a program: of those unpacked for the tests, or of this system."""
    for folder in ("usr/sbin", "usr/bin"):
        path = os.path.join(PEERS, folder, name)
        if os.access(path, os.X_OK):
            return path
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    assert path, f"{name} is missing; tools/install-dependencies --tests brings it"
    return path


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Peer:
    """A program that listens on `self.port`, with a folder of its own for what it writes."""

    def __init__(self):
        self.folder = tempfile.mkdtemp()
        self.port = free_port()
        self.process = None

    def file(self, name, content=None):
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        return path

    def command(self):
        raise NotImplementedError

    def start(self):
        with open(self.file("output"), "ab") as output:
            self.process = subprocess.Popen(self.command(), stdout=output, stderr=output,
                                            stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, "it does not listen: " + self.said()
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def said(self):
        """All that it wrote."""
        texts = []
        for name in sorted(os.listdir(self.folder)):
            path = self.file(name)
            if name in ("output", "log") and os.path.isfile(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    texts.append(file.read())
        return "\n".join(texts)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder)


class Tinyproxy(Peer):
    """An HTTP proxy; `settings` are further lines of its configuration."""

    def __init__(self, *settings):
        super().__init__()
        self.settings = settings

    def command(self):
        lines = [f"Port {self.port}", "Listen 127.0.0.1", f'LogFile "{self.file("log")}"',
                 "LogLevel Connect", "Timeout 30", *self.settings]
        return [program("tinyproxy"), "-d", "-c",
                self.file("configuration", "\n".join(lines) + "\n")]

    def url(self, user=""):
        return f"http://{user}{'@' if user else ''}127.0.0.1:{self.port}"


class Microsocks(Peer):
    """A SOCKS5 proxy; with a user and a password, if given."""

    def __init__(self, user=None, password=None):
        super().__init__()
        self.credentials = ["-u", user, "-P", password] if user else []

    def command(self):
        return [program("microsocks"), "-i", "127.0.0.1", "-p", str(self.port),
                *self.credentials]

    def url(self, user=""):
        return f"socks5://{user}{'@' if user else ''}127.0.0.1:{self.port}"


class Nginx(Peer):
    """nginx with `site` inside its http block; PORT in it stands for its own port."""

    def __init__(self, site):
        super().__init__()
        self.site = site

    def command(self):
        scratch = "".join(f"  {kind}_temp_path {self.folder};\n" for kind in
                          ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        configuration = (
            f"daemon off;\nuser root;\npid {self.file('pid')};\nerror_log {self.file('log')};\n"
            f"worker_processes 1;\nevents {{}}\nhttp {{\n{scratch}  access_log off;\n"
            + self.site.replace("PORT", str(self.port)) + "\n}\n")
        if os.geteuid() != 0:
            configuration = configuration.replace("user root;\n", "")
        return [program("nginx"), "-p", self.folder, "-e", self.file("log"), "-c",
                self.file("nginx.conf", configuration)]


class Haproxy(Peer):
    """HAProxy with `configuration`; PORT in it stands for its own port."""

    def __init__(self, configuration):
        super().__init__()
        self.configuration = configuration

    def command(self):
        text = self.configuration.replace("PORT", str(self.port))
        return [program("haproxy"), "-db", "-f", self.file("haproxy.cfg", text)]
