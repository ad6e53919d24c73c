"""Clients of the service that do not behave."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from harness import FRONTDESK, ROOT, Suite, limited, waited

BODY = 8 << 20
SENTENCE = "the proof shows the wrong blue and the press has been waiting for an answer since monday "


class Service:
    """A service of its own port."""

    def __init__(self, *more: str) -> None:
        command = [str(FRONTDESK), "serve", "--listen", "127.0.0.1:0", *more]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, cwd=ROOT, preexec_fn=limited)
        assert self.process.stderr is not None
        self.log: list[str] = []
        for line in self.process.stderr:
            self.log.append(line.decode(errors="replace"))
            found = re.search(r"127\.0\.0\.1:(\d+)", self.log[-1])
            if found:
                self.port = int(found[1])
                break
        else:
            raise AssertionError("".join(self.log))
        threading.Thread(target=lambda: self.log.extend(map(str, self.process.stderr or [])), daemon=True).start()

    def connection(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def sent(self, request: bytes) -> bytes:
        """What comes back on a connection of its own."""
        with self.connection() as connection:
            try:
                connection.sendall(request)
            except OSError:
                pass
            return read_all(connection)

    def resident(self) -> float:
        """MiB now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


def read_all(connection: socket.socket) -> bytes:
    parts = []
    try:
        while part := connection.recv(1 << 16):
            parts.append(part)
    except OSError:
        pass
    return b"".join(parts)


def post(body: bytes, path: str = "/api/v1/support/analyze") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body


def status(answer: bytes) -> int:
    found = re.match(rb"HTTP/1\.1 (\d+)", answer)
    return int(found[1]) if found else 0


def all_cases(suite: Suite, folder: Path) -> None:
    service = Service()
    protocol(suite, service)
    bodies(suite, service)
    batches(suite, service)
    ended(suite, service)


def protocol(suite: Suite, service: Service) -> None:
    """Requests that are not HTTP's, or not the service's."""
    long = b"a" * (100 << 10)
    for name, request, expected in [
        ("no Host", b"GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        ("two Hosts", b"GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n", 400),
        ("no HTTP", b"hello\r\n\r\n", 400),
        ("a header of 100 KiB", b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: " + long + b"\r\n\r\n", 431),
        ("a path of 100 KiB", b"GET /" + long + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ("a length that is none", post(b"{}").replace(b"Length: 2", b"Length: x"), 400),
        ("an array for a ticket", post(b'["proof"]'), 400),
        ("JSON nested deep", post(b"[" * 100_000), 400),
        ("no such path", b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
    ]:
        start = time.monotonic()
        answer = service.sent(request)
        suite.note(f"HTTP: {name}", str(status(answer)), time.monotonic() - start, service.resident())
        # Servers of HTTP refuse a long path by either.
        if status(answer) != expected and {status(answer), expected} != {414, 431}:
            suite.fault(name, f"{answer[:200]!r}, not {expected}")
    name = b"n" * (BODY - 100)
    answer = service.sent(post(b'{"text": "proof", "' + name + b'": 1}'))
    suite.note("HTTP: an unknown field of 8 MiB", str(status(answer)), 0, service.resident())
    if len(answer) > 16 << 10 or status(answer) != 400:
        suite.fault("an unknown field of 8 MiB", f"{status(answer)}, {len(answer)} bytes of answer")


def bodies(suite: Suite, service: Service) -> None:
    """150 bodies that are sent but for their last byte."""
    before = service.resident()
    request = post(b'{"text": "' + b"a" * (BODY - 12) + b'"}')[:-1]
    connections = []
    for _ in range(150):
        connection = service.connection()
        connection.settimeout(2)
        try:
            connection.sendall(request)
        except OSError:
            pass
        connections.append(connection)
    peak = service.resident()
    alive = service.sent(b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    for connection in connections:
        connection.close()
    end = time.monotonic() + 10
    while service.resident() > before + 200 and time.monotonic() < end:
        time.sleep(0.1)
    after = service.resident()
    suite.note("HTTP: 150 half-sent bodies of 8 MiB", f"{after:.0f} MiB after", 0, peak)
    if peak > before + 600 or after > before + 300 or status(alive) != 200:
        suite.fault("half-sent bodies", f"{before:.0f} MiB before, {peak:.0f}, {after:.0f} after; alive: {alive[:50]!r}")


def batches(suite: Suite, service: Service) -> None:
    """Eight clients whose batches do not all fit into the time that a request has."""
    body = json.dumps({"tickets": [{"text": SENTENCE * 9} for _ in range(100)]}).encode()
    request, codes, waits = post(body, "/api/v1/support/analyze/batch"), [], []
    end = time.monotonic() + 40

    def client() -> None:
        while time.monotonic() < end:
            answer = service.sent(request)
            codes.append(status(answer))
            after = re.search(rb"retry-after: (\d+)", answer, re.IGNORECASE)
            if codes[-1] == 429:
                waits.append(int(after[1]) if after else 0)
                time.sleep(min(waits[-1], max(0.0, end - time.monotonic())))

    clients = [threading.Thread(target=client) for _ in range(8)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    counts = {code: codes.count(code) for code in sorted(set(codes))}
    suite.note("HTTP: 8 clients of 100 texts", f"{counts}, Retry-After {sorted(set(waits))}", 40, service.resident())
    # How many are answered is the machine's; that some are, and that the others hear when to come back, is not.
    if not counts.get(200) or 0 in waits or set(counts) - {200, 429, 504}:
        suite.fault("8 clients of 100 texts", f"{counts}, Retry-After {sorted(set(waits))}")


def ended(suite: Suite, service: Service) -> None:
    """The terminal is closed while an answer is under way."""
    answers: list[bytes] = []
    body = json.dumps({"tickets": [{"text": SENTENCE * 9} for _ in range(20)]}).encode()
    request = post(body, "/api/v1/support/analyze/batch")
    caller = threading.Thread(target=lambda: answers.append(service.sent(request)))
    caller.start()
    time.sleep(0.3)
    os.kill(service.process.pid, signal.SIGHUP)
    caller.join()
    code, mib = waited(service.process, 40)
    suite.note("HTTP: SIGHUP under way", f"{status(answers[0])}, exit {code}", 0, mib)
    if status(answers[0]) != 200 or code != 0:
        suite.fault("SIGHUP", f"{status(answers[0])}, exit {code}")
