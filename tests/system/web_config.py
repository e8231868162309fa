# SPDX-License-Identifier: MIT
"""TLS, passwords and headers of the HTTP front, as exporters of Prometheus have them: -web.config.file."""
import base64
import contextlib
import json
import os
import socket
import ssl
import subprocess

from lib.certificates import HASH, PASSWORD, Certificates
from lib.collectd import Daemon, want_collectd
from lib.endings import shut_down
from lib.http_client import request
from lib.program import Program, free_port, run
from lib.prometheus import JOB, Prometheus, need
from lib.scenario import Skip, main, scenario
from lib.wait import wait_for

SUCCESSFUL = "tcp_echo_config_last_reload_successful"
TLS = "tls_server_config:\n  cert_file: server.pem\n  key_file: server-key.pem\n"
USERS = f"basic_auth_users:\n  alice: {HASH}\n"


def basic(name="alice", password=PASSWORD):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def want_web_config():
    _, _, err = run("-check", "-web.config.file=/dev/null")
    if "was built without" in err:
        raise Skip("built without libyaml or GnuTLS")


@contextlib.contextmanager
def certificates():
    """The usual ones: two authorities, and a server's."""
    want_web_config()
    with Certificates() as folder:
        folder.authority("ca")
        folder.authority("other-ca")
        folder.issue("server", "ca")
        yield folder


def trusting(folder, client=None):
    """How a client sees it that trusts the authority, and perhaps has a certificate itself."""
    context = ssl.create_default_context(cafile=folder.path("ca"))
    context.check_hostname = False
    if client:
        context.load_cert_chain(folder.path(client), folder.path(client, key=True))
    return context


def refused(call):
    """Whether a request gets no answer, as TLS has ended first."""
    try:
        call()
    except (ssl.SSLError, ConnectionError, socket.timeout):
        return True
    return False


# Each with what its message names. {folder} has good files.
BAD = [
    ("not YAML", "tls_server_config: [", "is not valid YAML"),
    ("a tab", "tls_server_config:\n\tcert_file: x\n", "web.yml:2: is not valid YAML"),
    ("an unclosed quote", 'tls_server_config:\n  cert_file: "x\n', "is not valid YAML"),
    ("not UTF-8", "a: \ud800", "is not valid YAML"),
    ("an anchor that is not there", "tls_server_config: *x\n", "is not valid YAML"),
    ("a list", "- a\n- b\n", "web.yml:1: is not a mapping"),
    ("a word", "hello\n", "web.yml:1: is not a mapping"),
    ("a second document", TLS + "---\na: b\n", "web.yml:5: a second document"),
    ("an unknown section", "tls: {}\n", "web.yml:1: tls: unknown key; allowed: tls_server_config, http_server_config"),
    ("a misspelt section", "tls_sever_config: {}\n", "did you mean tls_server_config?"),
    ("a section twice", TLS + TLS, "web.yml:4: tls_server_config: is given twice"),
    ("a section that is a list", "tls_server_config: []\n", "tls_server_config: is not a mapping"),
    ("a section that is a word", "tls_server_config: on\n", "tls_server_config: is not a mapping"),
    ("users as a list", "basic_auth_users: [a]\n", "basic_auth_users: is not a mapping"),
    ("a limit by rate", "rate_limit:\n  interval: 1s\n", "web.yml:1: rate_limit: requests cannot be limited"),
    ("nothing of TLS", "tls_server_config: {}\n", "web.yml:1: tls_server_config: cert_file is missing"),
    ("no key", "tls_server_config:\n  cert_file: server.pem\n", "tls_server_config: key_file is missing"),
    ("no certificate", "tls_server_config:\n  key_file: server-key.pem\n", "cert_file is missing"),
    ("an unknown key of TLS", TLS + "  certfile: x\n", "web.yml:4: tls_server_config.certfile: unknown key; allowed: cert_file"),
    ("a misspelt key of TLS", TLS + "  client_auth_typ: x\n", "did you mean client_auth_type?"),
    ("a key twice", TLS + "  key_file: server-key.pem\n", "web.yml:4: tls_server_config.key_file: is given twice"),
    ("a key that is not text", TLS + "  [a]: b\n", "web.yml:4: tls_server_config: is not a string"),
    ("an empty name of a file", "tls_server_config:\n  cert_file:\n  key_file: x\n", "web.yml:2: tls_server_config.cert_file: is empty"),
    ("a list of files", "tls_server_config:\n  cert_file: [a]\n", "tls_server_config.cert_file: is not a string"),
    ("a certificate that is not there", "tls_server_config:\n  cert_file: none.pem\n  key_file: server-key.pem\n", "none.pem: cannot be read"),
    ("a key that is not there", "tls_server_config:\n  cert_file: server.pem\n  key_file: none.pem\n", "none.pem: cannot be read"),
    ("a folder as certificate", "tls_server_config:\n  cert_file: .\n  key_file: server-key.pem\n", "cannot be read"),
    ("a certificate that is none", "tls_server_config:\n  cert_file: web.yml\n  key_file: server-key.pem\n", "web.yml: is not a certificate in PEM"),
    ("an empty certificate", "tls_server_config:\n  cert_file: empty\n  key_file: server-key.pem\n", "empty: is not a certificate in PEM"),
    ("a key as certificate", "tls_server_config:\n  cert_file: server-key.pem\n  key_file: server-key.pem\n", "server-key.pem: is not a certificate"),
    ("a certificate as key", "tls_server_config:\n  cert_file: server.pem\n  key_file: server.pem\n", "server.pem: is not a private key"),
    ("a key with a password", "tls_server_config:\n  cert_file: server.pem\n  key_file: locked.pem\n", "locked.pem: is not a private key"),
    ("a key of another certificate", "tls_server_config:\n  cert_file: server.pem\n  key_file: ca-key.pem\n", "certificate and key do not go together"),
    ("a certificate twice", TLS + "  cert: x\n", "web.yml:4: tls_server_config.cert: is given twice, by file and as text"),
    ("a text that is no certificate", "tls_server_config:\n  cert: hello\n  key_file: server-key.pem\n", "cert: is not a certificate in PEM"),
    ("an unknown kind of clients", TLS + "  client_auth_type: Sometimes\n", 'client_auth_type: "Sometimes" is not one of these: NoClientCert, '),
    ("clients without authority", TLS + "  client_auth_type: RequireAndVerifyClientCert\n", "client_ca_file is missing"),
    ("an authority without clients", TLS + "  client_ca_file: ca.pem\n", "client_ca_file has no effect"),
    ("a header with a value that browsers do not know", "http_server_config:\n  headers:\n    X-Frame-Options: never\n", 'X-Frame-Options: "never" is not one of these: deny, sameorigin'),
    ("a merged mapping", "x: &x {a: b}\n<<: *x\n", "web.yml:1: x: unknown key"),
    ("an authority that is none", TLS + "  client_ca_file: web.yml\n  client_auth_type: RequireAndVerifyClientCert\n", "web.yml: has no certificate in PEM"),
    ("an authority that is not there", TLS + "  client_ca_file: none.pem\n", "none.pem: cannot be read"),
    ("names without clients", TLS + "  client_allowed_sans: [a]\n", "client_allowed_sans has no effect"),
    ("names that are no list", TLS + "  client_allowed_sans: a\n", "client_allowed_sans: is not a list"),
    ("a name that is a list", TLS + "  client_allowed_sans: [[a]]\n", "client_allowed_sans: is not a string"),
    ("TLS 1.0", TLS + "  min_version: TLS10\n", "min_version: TLS10 is too old to be safe; allowed: TLS12, TLS13"),
    ("TLS 1.1", TLS + "  max_version: TLS11\n", "max_version: TLS11 is too old"),
    ("a version of no such name", TLS + "  min_version: 1.2\n", 'min_version: "1.2" is not one of these: TLS12, TLS13'),
    ("versions the wrong way round", TLS + "  min_version: TLS13\n  max_version: TLS12\n", "min_version is above max_version"),
    ("cipher suites", TLS + "  cipher_suites: [TLS_AES_128_GCM_SHA256]\n", "cipher_suites: single cipher suites cannot be chosen"),
    ("an unknown curve", TLS + "  curve_preferences: [CurveP224]\n", 'curve_preferences: "CurveP224" is not one of these: CurveP256'),
    ("curves that are no list", TLS + "  curve_preferences: X25519\n", "curve_preferences: is not a list"),
    ("a preference that is no boolean", TLS + "  prefer_server_cipher_suites: perhaps\n", 'prefer_server_cipher_suites: "perhaps" is not one of these: false, true'),
    ("HTTP/2", "http_server_config:\n  http2: true\n", "web.yml:2: http_server_config.http2: HTTP/2 is not spoken here; allowed: false"),
    ("an unknown key of HTTP", "http_server_config:\n  http3: true\n", "http_server_config.http3: unknown key; allowed: http2, headers"),
    ("an unknown header", "http_server_config:\n  headers:\n    Server: x\n", "http_server_config.headers.Server: unknown key; allowed: Content-Security-Policy"),
    ("a header with a line break", 'http_server_config:\n  headers:\n    X-Frame-Options: "a\\r\\nb"\n', "X-Frame-Options: has a control character"),
    ("an empty header", "http_server_config:\n  headers:\n    X-Frame-Options:\n", "X-Frame-Options: is empty"),
    ("headers that are a list", "http_server_config:\n  headers: [a]\n", "headers: is not a mapping"),
    ("a password in the clear", "basic_auth_users:\n  alice: geheim\n", "web.yml:2: basic_auth_users.alice: is not a hash of bcrypt"),
    ("another hash", "basic_auth_users:\n  alice: $6$salt$hash\n", "alice: is not a hash of bcrypt"),
    ("a hash that is cut", f"basic_auth_users:\n  alice: {HASH[:-1]}\n", "alice: is a hash of bcrypt that is cut"),
    ("a hash with a stray character", f"basic_auth_users:\n  alice: '{HASH[:-1]}!'\n", "stray characters"),
    ("a hash that takes hours", "basic_auth_users:\n  alice: $2y$31$" + HASH[7:] + "\n", "of a cost that is not 4 to 14"),
    ("no password", "basic_auth_users:\n  alice:\n", "basic_auth_users.alice: is empty"),
    ("a colon in a name", f"basic_auth_users:\n  'a:b': {HASH}\n", "a:b: a user's name cannot contain a colon"),
    ("a user twice", USERS + f"  alice: {HASH}\n", "web.yml:3: basic_auth_users.alice: is given twice"),
]


@scenario
def each_bad_configuration_is_one_line_and_starts_nothing():
    with certificates() as folder:
        folder.write("", "empty")
        folder.make("ec", "-in", folder.path("server", key=True), "-aes128", "-passout", "pass:x", "-out", folder.path("locked"))
        for says, text, fault in BAD:
            path = os.path.join(folder.folder.name, "web.yml")
            with open(path, "wb") as file:
                file.write(text.encode("utf-8", "surrogatepass"))
            listen = free_port()
            for action in ([], ["-check"]):
                status, out, err = run(f"-web.config.file={path}", f"-listen=127.0.0.1:{listen}", "-metrics=127.0.0.1:0", *action)
                assert status == 1 and out == "", (says, status, out)
                assert err.count("\n") == 1 and fault in err and "web.yml" in err, f"{says}: {err}"
    for path, fault in (("/nonexistent/web.yml", "No such file"), ("/dev", "directory"), ("/dev/zero", "not a regular file")):
        status, _, err = run(f"-web.config.file={path}", "-check")
        assert status == 1 and f"{path}: " in err and err.count("\n") == 1 and fault in err, err
    status, _, err = run("-web.config.file=", "-check")
    assert status == 2 and "-web.config.file" in err, err


@scenario
def an_empty_configuration_asks_for_nothing():
    with certificates() as folder:
        for text in ("", "# nothing\n", "tls_server_config:\n", "basic_auth_users: {}\n", "http_server_config:\n  http2: false\n"):
            with Program("server", f"-web.config.file={folder.write(text)}") as program:
                assert program.http().status == 200, text


@scenario
def tls_has_its_versions():
    with certificates() as folder:
        for settings, versions in (("", {"1.2", "1.3"}), ("  min_version: TLS13\n", {"1.3"}), ("  max_version: TLS12\n", {"1.2"})):
            path = folder.write(TLS + settings)
            with Program("both", f"-web.config.file={path}", tls=trusting(folder)) as program:
                assert program.wait_line("metrics on https://")
                got = set()
                for version in ("1", "1_1", "1_2", "1_3"):
                    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{program.metrics_port}", f"-tls{version}",
                               "-cipher", "ALL:@SECLEVEL=0", "-CAfile", folder.path("ca"), "-verify_return_error"]
                    done = subprocess.run(command, input=b"", capture_output=True, check=False, timeout=60)
                    if done.returncode == 0 and b"Verify return code: 0 (ok)" in done.stdout:
                        got.add(version.replace("_", "."))
                assert got == versions, (settings, got)


@scenario
def curves_and_preferences_are_honoured():
    with certificates() as folder:
        path = folder.write(TLS + "  curve_preferences: [CurveP384]\n  prefer_server_cipher_suites: no\n")
        with Program("server", f"-web.config.file={path}", tls=trusting(folder)) as program:
            for group, is_spoken in (("P-384", True), ("X25519", False), ("P-256", False)):
                command = ["openssl", "s_client", "-connect", f"127.0.0.1:{program.metrics_port}", "-groups", group, "-tls1_3"]
                done = subprocess.run(command, input=b"", capture_output=True, check=False, timeout=60)
                assert (done.returncode == 0) == is_spoken, (group, done.stdout[-500:], done.stderr)


@scenario
def who_speaks_plain_http_is_told():
    with certificates() as folder:
        with Program("server", f"-web.config.file={folder.write(TLS)}", tls=trusting(folder)) as program:
            response = program.http(tls=None)
            assert response.status == 400 and b"HTTPS" in response.body, response.body
            # And who speaks neither does no harm.
            for nonsense in (b"\x16\x03\x01\x00\x05hello", b"\x16" * 1000, b"\x00", b"\x80\x2e\x01"):
                with socket.create_connection(("127.0.0.1", program.metrics_port), 5) as client:
                    client.sendall(nonsense)
                    shut_down(client)
                    client.settimeout(20)
                    with contextlib.suppress(ConnectionError):
                        while client.recv(4096):
                            pass
            assert program.http().status == 200


@scenario
def half_a_handshake_delays_nobody():
    with certificates() as folder:
        with Program("server", f"-web.config.file={folder.write(TLS)}", tls=trusting(folder)) as program:
            silent = [socket.create_connection(("127.0.0.1", program.metrics_port)) for _ in range(100)]
            for client in silent[:50]:
                client.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
            for _ in range(5):
                assert program.http().status == 200
            for client in silent:
                client.close()


@scenario
def large_answers_and_slow_readers_are_served():
    with certificates() as folder:
        targets = {f"target number {i:05}": "127.0.0.1:1" for i in range(1500)}
        path = folder.write(TLS)
        with Program("client", "-interval=1h", f"-web.config.file={path}", targets=targets, tls=trusting(folder)) as program:
            body = program.http().body
            assert len(body) > 2_000_000 and body.count(b"tcp_echo_connected{") == 1500
            with socket.create_connection(("127.0.0.1", program.metrics_port), 60) as plain:
                with trusting(folder).wrap_socket(plain) as client:
                    # Several requests in one piece; the answers are read in small ones.
                    client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 3 + b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    got = b""
                    while piece := client.recv(20000):
                        got += piece
            assert got.count(b"HTTP/1.1 200 OK") == 4, got.count(b"HTTP/1.1 ")
            assert got.count(b"tcp_echo_connected{") == 4500 and got.endswith(b"OK\n"), got[-100:]


# What a client may have, and whether it gets an answer, by kind of configuration.
CLIENTS = {
    "NoClientCert": {None, "good", "foreign", "expired", "other-name", "for-servers"},
    "RequestClientCert": {None, "good", "foreign", "expired", "other-name", "for-servers"},
    "RequireAnyClientCert": {"good", "foreign", "expired", "other-name", "for-servers"},
    "RequireClientCert": {"good", "foreign", "expired", "other-name", "for-servers"},
    "VerifyClientCertIfGiven": {None, "good", "other-name"},
    "RequireAndVerifyClientCert": {"good", "other-name"},
}


@scenario
def clients_with_certificates_come_in_as_configured():
    with certificates() as folder:
        folder.issue("good", "ca", names="DNS:scraper.example,IP:192.0.2.7")
        folder.issue("other-name", "ca", names="DNS:another.example")
        folder.issue("foreign", "other-ca", names="DNS:scraper.example")
        folder.issue("expired", "ca", names="DNS:scraper.example", days=-1)
        folder.issue("for-servers", "ca", names="DNS:scraper.example", usage="serverAuth")
        cases = [(f"  client_auth_type: {kind}\n" + ("  client_ca_file: ca.pem\n" if "Verify" in kind else ""), welcome)
                 for kind, welcome in CLIENTS.items()]
        names = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n  client_allowed_sans: "
        cases += [(names + "[x, scraper.example]\n", {"good"}), (names + "[192.0.2.7]\n", {"good"}), (names + "[scraper]\n", set())]
        for settings, welcome in cases:
            path = folder.write(TLS + settings)
            ready = next(iter(welcome & {"good", None}), "good")
            if not welcome:
                continue
            with Program("server", f"-web.config.file={path}", tls=trusting(folder, ready)) as program:
                for client in (None, "good", "foreign", "expired", "other-name", "for-servers"):
                    context = trusting(folder, client)
                    comes_in = not refused(lambda: program.http(tls=context))
                    assert comes_in == (client in welcome), (settings, client, comes_in)


@scenario
def passwords_are_asked_for_everywhere():
    with certificates() as folder:
        path = folder.write(USERS + f"  'b\u00f6b \\ \"x\"': {HASH}\n")
        with Program("both", "-web.enable-lifecycle", f"-web.config.file={path}", headers=basic()) as program:
            for page in ("/metrics", "/", "/config", "/favicon.ico", "/page.js", "/page.css",
                         "/api/v1/targets", "/api/v1/target?name=default", "/api/v1/peers", "/-/healthy", "/-/ready", "/nowhere", "/-/reload"):
                response = request(program.metrics_port, page)
                assert response.status == 401 and response.headers["WWW-Authenticate"].startswith("Basic realm="), page
                assert b"tcp_echo" not in response.body.replace(b"tcp-echo", b""), page
            good = [basic(), basic("b\u00f6b \\ \"x\""), {"Authorization": basic()["Authorization"].replace("Basic", "bASIC")},
                    {"Authorization": basic()["Authorization"].replace("Basic ", "Basic   ")}]
            for headers in good:
                assert program.http(headers=headers).status == 200, headers
            bad = [basic("alice", "anders"), basic("bob"), basic("Alice"), basic("alice", PASSWORD + "x"), basic("alice", ""), basic("", ""),
                   {"Authorization": ""}, {"Authorization": "Basic"}, {"Authorization": "Basic "}, {"Authorization": "Basic !!!"},
                   {"Authorization": "Bearer " + base64.b64encode(b"alice:geheim").decode()},
                   {"Authorization": "Basic " + base64.b64encode(b"alicegeheim").decode()},
                   {"Authorization": "Basic " + base64.b64encode(b"alice:geheim\0").decode()},
                   {"Authorization": "Basic " + base64.b64encode(b"alice\0:geheim").decode()},
                   {"Authorization": "Basic " + base64.b64encode(b"a" * 5000 + b":geheim").decode()},
                   {"Authorization": basic()["Authorization"][:-4]}]
            for headers in bad:
                assert request(program.metrics_port, headers=headers).status == 401, headers
            twice = f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: x\r\nAuthorization: {basic()['Authorization']}\r\n\r\n"
            with socket.create_connection(("127.0.0.1", program.metrics_port), 20) as client:
                client.sendall(twice.encode())
                assert client.recv(4096).startswith(b"HTTP/1.1 400 ")


@scenario
def a_password_is_computed_once():
    with certificates() as folder:
        # One hash takes long to compute, the other hardly any time.
        path = folder.write(f"basic_auth_users:\n  alice: {HASH.replace('$04$', '$12$')}\n  eve: {HASH}\n")
        with Program("server", f"-web.config.file={path}", headers=basic("eve")) as program:
            def cpu():
                return program.metrics().value("process_cpu_seconds_total")

            before = cpu()
            assert request(program.metrics_port, headers=basic("alice", "wrong")).status == 401
            first = cpu() - before
            before = cpu()
            for _ in range(10):
                assert request(program.metrics_port, headers=basic("alice", "wrong")).status == 401
            assert cpu() - before < first, f"{cpu() - before} s for ten, {first} s for the first"


@scenario
def headers_are_on_every_answer():
    wanted = {
        "X-Frame-Options": "deny",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-XSS-Protection": "1",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'self'",
    }
    lines = "".join(f'    {name}: "{value}"\n' for name, value in wanted.items())
    with certificates() as folder:
        path = folder.write(USERS + "http_server_config:\n  headers:\n" + lines)
        with Program("both", f"-web.config.file={path}", headers=basic()) as program:
            answers = [program.http(page) for page in ("/metrics", "/", "/nowhere")]
            answers += [program.http(method="PUT"), request(program.metrics_port), program.http(headers={"Host": "a b"})]
            assert [one.status for one in answers] == [200, 200, 404, 405, 401, 400], [one.status for one in answers]
            for answer in answers:
                for name, value in wanted.items():
                    assert answer.headers.get_all(name) == [value], (answer.status, name, answer.headers.get_all(name))


@scenario
def certificates_and_passwords_are_followed():
    with certificates() as folder:
        folder.issue("renewed", "other-ca")
        path = folder.write(TLS + USERS)
        with Program("server", f"-web.config.file={path}", tls=trusting(folder), headers=basic()) as program:
            old, new = trusting(folder), ssl.create_default_context(cafile=folder.path("other-ca"))
            new.check_hostname = False
            assert refused(lambda: program.http(tls=new)) and program.http(tls=old).status == 200
            # A renewed certificate under the same name.
            for key in (False, True):
                os.replace(folder.path("renewed", key), folder.path("server", key))
            wait_for(lambda: not refused(lambda: program.http(tls=new)), "the new certificate")
            assert refused(lambda: program.http(tls=old))
            program.tls = new
            # Another password; the old one, which is remembered, no longer counts.
            folder.write(TLS + f"basic_auth_users:\n  bob: {HASH}\n")
            assert program.http().status == 401 and program.http(headers=basic("bob")).status == 200
            program.headers = basic("bob")
            assert program.metrics().value(SUCCESSFUL) == 1
            program.wait_line("web.yml reloaded")


@scenario
def a_bad_file_keeps_what_was_there_and_is_told():
    with certificates() as folder:
        path = folder.write(TLS + USERS)
        with Program("server", f"-web.config.file={path}", tls=trusting(folder), headers=basic()) as program:
            good = open(folder.path("server"), encoding="utf-8").read()
            faults = [
                ("a bad configuration", path, "tls_server_config: [", TLS + USERS),
                ("a configuration that is gone", path, None, TLS + USERS),
                ("a bad certificate", folder.path("server"), "hello", good),
                ("a certificate that is gone", folder.path("server"), None, good),
            ]
            for says, broken, content, restored in faults:
                lines = len(program.lines)
                if content is None:
                    os.unlink(broken)
                else:
                    with open(broken, "w", encoding="utf-8") as file:
                        file.write(content)
                wait_for(lambda: program.metrics().value(SUCCESSFUL) == 0, says)

                def complaints(lines=lines):
                    return [one for one in program.lines[lines:] if "keeping the previous web configuration" in one]

                wait_for(complaints, f"a line about {says}")
                for _ in range(3):
                    assert program.http().status == 200 and request(program.metrics_port, tls=program.tls).status == 401, says
                assert len(complaints()) == 1, program.lines[lines:]
                with open(broken, "w", encoding="utf-8") as file:
                    file.write(restored)
                wait_for(lambda: program.metrics().value(SUCCESSFUL) == 1, f"{says} is mended")


@scenario
def prometheus_scrapes_with_tls_a_password_and_a_certificate():
    need("prometheus")
    with certificates() as folder:
        folder.issue("good", "ca", names="DNS:scraper.example")
        path = folder.write(TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n" + USERS)
        with Program("both", f"-web.config.file={path}", tls=trusting(folder, "good"), headers=basic()) as program:
            job = {"job_name": JOB, "scheme": "https", "static_configs": [{"targets": [f"127.0.0.1:{program.metrics_port}"]}],
                   "tls_config": {"ca_file": folder.path("ca"), "cert_file": folder.path("good"), "key_file": folder.path("good", True)},
                   "basic_auth": {"username": "alice", "password": PASSWORD}}
            wrong = {**job, "job_name": "wrong", "basic_auth": {"username": "alice", "password": "anders"}}
            bare = {**job, "job_name": "bare", "tls_config": {"ca_file": folder.path("ca")}}
            configuration = json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": [job, wrong, bare]})
            with Prometheus(configuration) as prometheus:
                wait_for(lambda: prometheus.scrapes() >= 2, "scrapes", 60)
                ups = {labels["job"]: value for labels, value in prometheus.query("up")}
                assert ups == {JOB: 1, "wrong": 0, "bare": 0}, ups
                assert prometheus.query("tcp_echo_sent_total")


@scenario
def the_check_tells_what_is_asked_for():
    with certificates() as folder:
        for text, said in ((TLS + USERS, ": HTTPS, 1 user with a password"), (TLS, ": HTTPS"), (USERS + f"  bob: {HASH}\n", ": HTTP, 2 users with a password")):
            path = folder.write(text)
            status, out, err = run("-config.check", f"-web.config.file={path}")
            assert status == 0 and err == "" and f"web       {path}{said}\n" in out, (out, err)


@scenario
def the_plugin_in_collectd_has_it_too():
    want_collectd()
    with certificates() as folder:
        os.chmod(folder.path("server", True), 0o644)
        path = folder.write(TLS + USERS)
        daemon = Daemon(f'WebConfigFile "{path}"\n')
        daemon.tls, daemon.headers = trusting(folder), basic()
        with daemon:
            assert request(daemon.metrics_port, tls=daemon.tls).status == 401
            assert request(daemon.metrics_port).status == 400
            assert daemon.metrics().value(SUCCESSFUL) == 1


main()
