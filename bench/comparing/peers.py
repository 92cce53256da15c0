"""The servers that are compared, and how they are had."""

import glob
import os
import shutil
import subprocess
import sys

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PEERS = os.path.join(BENCH, "peers")

# What Debian has to have installed for each.
PACKAGES = {
    "Beast": ["g++", "libboost-dev", "libssl-dev"],
    "websocketpp": ["g++", "libboost-dev", "libboost-system-dev", "libwebsocketpp-dev"],
    "libwebsockets": ["gcc", "libwebsockets-dev"],
    "ws": ["nodejs", "npm"],
    "Bun": ["nodejs", "npm"],
    "Socket.IO": ["nodejs", "npm"],
    "websockets": ["python3-websockets"],
}
LOAD_PACKAGES = ["g++", "libssl-dev", "zlib1g-dev", "openssl", "util-linux"]

ALL_KINDS = frozenset({"echo", "fan", "idle", "handshakes"})
# Fan-outs by dialects of ours. Whoever fans out takes part in each of these rows, by its own.
DIALECTS = ("events", "pusher", "socketio")
WITHOUT_CHANNELS = ALL_KINDS - {"fan"}


class Peer:
    """A server: its command, with {port}, and the kinds of load that it takes so; and how it is
    started for compression and for TLS ({cert} and {key} are files), where it has them."""

    def __init__(self, name, command, kinds=ALL_KINDS, deflate=None, tls=None):
        self.name = name
        self.commands = {kind: command for kind in kinds if command}
        self.commands.update({"deflate": deflate} if deflate else {})
        self.commands.update({"tls": tls} if tls else {})

    def own(self, kind):
        """As what kind it takes part in rows of this one; nothing where it does not."""
        if kind in self.commands:
            return kind
        if kind in ("fan", *DIALECTS):
            return next((own for own in ("fan", *DIALECTS) if own in self.commands), None)
        return None

    def takes(self, kind):
        return self.own(kind) is not None


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def apt_line(packages):
    return "apt-get install " + " ".join(packages)


class Workshop:
    """Builds into one folder, and only what is newer than what was built."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def compiled(self, name, compiler, sources, *flags):
        target = self.path(name)
        newest = max(os.path.getmtime(source) for source in sources)
        if not os.path.exists(target) or os.path.getmtime(target) < newest:
            units = [source for source in sources if not source.endswith(".hpp")]
            subprocess.run([compiler, "-O3", "-o", target, *units, *flags], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return target

    def peer(self, name, compiler, source, *flags):
        return self.compiled(name, compiler, [os.path.join(PEERS, name, source)], *flags)

    def load(self):
        sources = glob.glob(os.path.join(BENCH, "load", "*.[ch]pp"))
        return self.compiled("load", "g++", sources, "-std=c++20", "-lssl", "-lcrypto", "-lz")

    def certificate(self):
        """(certificate, key) for 127.0.0.1: the same for every server."""
        files = self.path("certificate.pem"), self.path("key.pem")
        if not all(os.path.exists(file) for file in files):
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650", "-subj",
                 "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out",
                 files[0], "-keyout", files[1]], check=True, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE)
        return files

    def node_modules(self):
        folder = self.path("npm")
        os.makedirs(folder, exist_ok=True)
        for file in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(PEERS, file), folder)
        for peer in ("ws", "bun", "socketio"):
            shutil.copy(os.path.join(PEERS, peer, "server.mjs"),
                        os.path.join(folder, f"{peer}.mjs"))
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder,
                       check=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        return folder


def beast(shop):
    path = shop.peer("beast", "g++", "server.cpp", "-std=c++20", "-lpthread", "-lssl", "-lcrypto")
    return Peer("Beast", f"{path} {{port}}", WITHOUT_CHANNELS, f"{path} {{port}} deflate",
                f"{path} {{port}} tls {{cert}} {{key}}")


def websocketpp(shop):
    path = shop.peer("websocketpp", "g++", "server.cpp", "-std=c++14", "-lpthread")
    return Peer("websocketpp", f"{path} {{port}}", WITHOUT_CHANNELS)


def libwebsockets(shop):
    path = shop.peer("libwebsockets", "gcc", "server.c", "-lwebsockets")
    return Peer("libwebsockets", f"{path} {{port}}", WITHOUT_CHANNELS)


def ws(shop):
    command = f"node {os.path.join(shop.node_modules(), 'ws.mjs')} {{port}}"
    return Peer("npm ws", command, ALL_KINDS, f"{command} deflate",
                f"{command} tls {{cert}} {{key}}")


def bun(shop):
    folder = shop.node_modules()
    program = os.path.join(folder, "node_modules", "@oven", "bun-linux-x64", "bin", "bun")
    subprocess.run([program, "--version"], check=True, stdout=subprocess.DEVNULL)
    command = f"{program} {os.path.join(folder, 'bun.mjs')} {{port}}"
    return Peer("Bun", command, ALL_KINDS, f"{command} deflate", f"{command} tls {{cert}} {{key}}")


def socketio(shop):
    folder = shop.node_modules()
    return Peer("Socket.IO", f"node {os.path.join(folder, 'socketio.mjs')} {{port}}", {"socketio"})


def websockets(_):
    subprocess.run(["/usr/bin/python3", "-c", "import websockets"], check=True,
                   stderr=subprocess.PIPE)
    command = f"/usr/bin/python3 {os.path.join(PEERS, 'websockets', 'server.py')} {{port}}"
    return Peer("websockets", command, WITHOUT_CHANNELS, f"{command} deflate")


USUAL = {"Beast": beast, "websocketpp": websocketpp, "libwebsockets": libwebsockets, "ws": ws,
         "Bun": bun, "websockets": websockets, "Socket.IO": socketio}


def usual_peers(shop, wanted):
    """Those of Debian and npm that are wanted, built. One that cannot be had is told of, with what
    brings it, and left out."""
    found = []
    for name in wanted:
        try:
            found.append(USUAL[name](shop))
        except (OSError, subprocess.CalledProcessError) as failure:
            said = (getattr(failure, "stderr", None) or b"").decode(errors="replace").strip()
            why = next((line for line in said.splitlines() if "rror" in line), str(failure))
            say(f"  {name} is left out: {why[:200]}\n"
                f"    it wants: {apt_line(PACKAGES[name])}")
    return found


def own_peer(shop, longwire):
    """Longwire itself, on one thread as all others are."""
    pages = shop.path("no-pages")
    os.makedirs(pages, exist_ok=True)
    command = (f"{longwire} serve --listen 127.0.0.1:{{port}} --threads 1 --max-message 64MiB "
               f"--max-backlog 64MiB --web {pages}")
    command += " --socketio-recovery 0s"
    peer = Peer("Longwire", command + " --compress off", ALL_KINDS | {"events", "socketio"},
                command + " --compress shared --compress-threshold 1",
                command + " --compress off --tls-cert {cert} --tls-key {key}")
    peer.commands["pusher"] = f"{command} --compress off --config {pusher_app(shop)}"
    return peer


def pusher_app(shop):
    """A configuration with an app, whose clients may publish as fast as they like."""
    file = shop.path("pusher.toml")
    with open(file, "w", encoding="utf-8") as written:
        written.write('[[apps]]\nid = "1"\nkey = "bench-key"\nsecret = "bench-secret"\n'
                      "client_events = true\nclient_event_rate = 0\nmessage_rate = 0\n")
    return file


def raw_tcp(shop):
    return Peer("raw TCP", shop.peer("raw", "g++", "echo.cpp", "-std=c++20") + " {port}", {"echo"})
