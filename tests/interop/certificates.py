"""Makes certificates for one test, with Debian's openssl."""

import os
import shutil
import subprocess
import tempfile


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Certificates:
    """A folder with a root (root.pem) and certificates that it has signed (NAME.pem, NAME.key)."""

    def __init__(self):
        self.folder = tempfile.mkdtemp()
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", self.file("root.key"), "-out", self.file("root.pem"), "-days", "30",
                "-subj", "/CN=Test Root", "-addext", "basicConstraints=critical,CA:TRUE")

    def file(self, name):
        return os.path.join(self.folder, name)

    def issue(self, name, names="DNS:localhost,IP:127.0.0.1", days="30"):
        """Gives the paths of the certificate and of its key."""
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", self.file(name + ".key"), "-out", self.file(name + ".csr"),
                "-subj", "/CN=" + name)
        with open(self.file(name + ".ext"), "w", encoding="ascii") as extensions:
            extensions.write("subjectAltName=" + names + "\n")
        openssl("x509", "-req", "-in", self.file(name + ".csr"), "-CA", self.file("root.pem"),
                "-CAkey", self.file("root.key"), "-CAcreateserial", "-days", days,
                "-extfile", self.file(name + ".ext"), "-out", self.file(name + ".pem"))
        return self.file(name + ".pem"), self.file(name + ".key")

    @property
    def root(self):
        return self.file("root.pem")

    def remove(self):
        shutil.rmtree(self.folder)
