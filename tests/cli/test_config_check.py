"""`longwire config check` finds what `longwire serve` would refuse, and what can hardly be meant."""

import os
import subprocess
import unittest

from certificates import Certificates
from serving import LONGWIRE, Serving
from test_serving import SECRET, Configured, run

LOCAL = 'listen = ["127.0.0.1:0"]\n'


class Check(Configured):
    def assert_found(self, text, words, refused=True, environment=None):
        """It is found; and where it is said that `serve` refuses it, that is so."""
        path = self.write(text)
        checked = run("config", "check", path, environment=environment)
        self.assertEqual(checked.returncode, 1, checked.stdout)
        self.assertIn(words, checked.stderr)
        self.assertNotIn("all well", checked.stdout)
        if not refused:
            return
        with subprocess.Popen([LONGWIRE, "serve", "--config", path], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True,
                              env={**os.environ, **(environment or {})}) as serving:
            _, errors = serving.communicate(timeout=60)
        self.assertIn(serving.returncode, (1, 2))
        self.assertNotEqual(errors, "")

    def test_secrets_and_keys_that_cannot_be_used(self):
        for text, words in (
                ('token_secret = "short"', "32 bytes"),
                ('token_secret = "env:NO_SUCH_VARIABLE"', "NO_SUCH_VARIABLE"),
                ('token_secret = "@/no/such"', "/no/such"),
                ('token_key = ["/no/such.pem"]', "/no/such.pem"),
                ('token_jwks = "/no/such.json"', "/no/such.json"),
                (f'hook_url = "http://127.0.0.1:1/"\nhook_secret = "@/no/such"', "/no/such")):
            with self.subTest(text):
                self.assert_found(LOCAL + text + "\n", words)

    def test_certificates_that_cannot_be_used(self):
        certificates = Certificates()
        self.addCleanup(certificates.remove)
        chain, key = certificates.issue("localhost")
        _, other = certificates.issue("other")
        good = f'tls_cert = ["{chain}"]\ntls_key = ["{key}"]\n'
        for text, words in (
                ('tls_cert = ["/no.pem"]\ntls_key = ["/no.key"]\n', "/no.pem"),
                (f'tls_cert = ["{chain}"]\ntls_key = ["{other}"]\n', chain),
                (f'tls_cert = ["{chain}"]\n', "tls-key"),
                (good + 'tls_client_ca = "/no/such.pem"\n', "/no/such.pem"),
                (f'tls_client_ca = "{chain}"\n', "--tls-client-ca needs")):
            with self.subTest(text):
                self.assert_found(LOCAL + text, words)
        self.assertEqual(run("config", "check", self.write(LOCAL + good)).returncode, 0)

    def test_rules_and_addresses(self):
        for text, words in (
                (LOCAL + '[[channels]]\npattern = "*"\nsubscribe = "webhook"\n', "--hook-url"),
                ('listen = [":0"]\n', "no rule says who may publish"),
                ('listen = ["nowhere"]\n', "listen: "),
                ('listen = ["unix:/no/such/socket"]\n', "unix:/no/such/socket"),
                (LOCAL + 'admin = "nowhere"\n', "admin: "),
                (LOCAL + 'access_log = "/no/such/log"\n', "/no/such/log"),
                (LOCAL + 'web = "/no/such"\n', "web ")):
            with self.subTest(text):
                self.assert_found(text, words)

    def test_rules_that_are_never_reached(self):
        rules = [f'[[channels]]\npattern = "{pattern}"\n' for pattern in
                 ("news", "chat.*", "chat.a*", "*", "other")]
        self.assert_found(LOCAL + "".join(rules), "the rule for chat.a* is never used", False)
        self.assert_found(LOCAL + "".join(rules), "the rule for other is never used", False)
        good = "".join([rules[0], rules[2], rules[1], rules[3]])
        self.assertEqual(run("config", "check", self.write(LOCAL + good)).returncode, 0)

    def test_tokens_that_nobody_can_check(self):
        rule = '[[channels]]\npattern = "*"\npublish = "user"\n'
        self.assert_found(LOCAL + rule, "there is no key to verify one", False)
        checked = run("config", "check", self.write(f'{LOCAL}token_secret = "{SECRET}"\n{rule}'))
        self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_variables_of_no_option(self):
        self.assert_found(LOCAL, "LONGWIRE_MAX_MESAGE: this variable belongs to no option; did you mean "
                                 "LONGWIRE_MAX_MESSAGE?", False, {"LONGWIRE_MAX_MESAGE": "1"})
        # What a cluster makes of a service's name is none of ours.
        checked = run("config", "check", self.write(LOCAL), environment={
            "LONGWIRE_SERVICE_HOST": "10.0.0.1", "LONGWIRE_PORT": "tcp://10.0.0.1:80",
            "LONGWIRE_PORT_80_TCP_ADDR": "10.0.0.1", "LONGWIRE_CONFIG": self.path})
        self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_what_can_hardly_be_meant_is_in_the_log_of_serve(self):
        rules = '[[channels]]\npattern = "*"\n[[channels]]\npattern = "a"\n'
        with Serving("--config", self.write(rules)) as serving:
            serving.told("the rule for a is never used, because the rule for * comes first")

    def test_no_secret_is_shown(self):
        path = self.write(f'hook_url = "http://127.0.0.1:1/"\nhook_secret = "{SECRET}"\n')
        self.assertNotIn(SECRET, run("config", "show", path).stdout)


if __name__ == "__main__":
    unittest.main()
