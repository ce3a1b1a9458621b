#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A web server that misbehaves on request. usage: httpd.py DIRECTORY

Prints its port and serves until stdin is closed. The first component of a path is a list of faults joined
by "+", the rest a file below DIRECTORY; "ok" is no fault. A fault is NAME[:ARGUMENT[:TIMES]]: with
TIMES, only the first so many requests for that very path suffer it.

  truncate:N   the connection is cut after N bytes of body    stall:N     no byte follows after N
  norange      ranges are ignored (200)                       shift       Content-Range is one byte off
  total:N      Content-Range names N as the size              longer:N    Content-Length promises N more
  flip:N       byte N of the file is changed                  changing    another ETag for each answer
  status:N     that status, with Retry-After: 0 for 429       after:N     status 429 with Retry-After: N
  redirect     to the same path without the fault             loop        redirects to itself
  short:N      a range is answered with at most N bytes of it
  unsatisfied  a request for a range is answered with 416
  endless      no length is promised, and zeros follow the file (200)

Below simple/PROJECT/ lies a wheel index over DIRECTORY/wheels, which suffers only these:

  html (HTML, not JSON)  badhash  nohash  badsize  badjson  empty  status:N (with TIMES)

/_sent answers how many bytes of body were sent since it was last asked (its own left out), and how many requests came.
"""
import hashlib
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = sys.argv[1]
lock = threading.Lock()
seen = {}
sent = [0, 0]
under_way = [0]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def faults(self, spec):
        found = {}
        for fault in spec.split("+"):
            name, _, rest = fault.partition(":")
            arg, _, times = rest.partition(":")
            with lock:
                key = (self.path, fault)
                seen[key] = seen.get(key, 0) + 1
                if times and seen[key] > int(times):
                    continue
            found[name] = int(arg) if arg else 0
        return found

    def answer(self, status, body=b"", headers=(), promise=0):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + promise))
        self.end_headers()
        self.send_body(body)

    def send_body(self, body):
        for at in range(0, len(body), 65536):
            piece = body[at:at + 65536]
            with lock:  # first: the client may ask for the sum as soon as it has the bytes
                sent[0] += len(piece)
            self.wfile.write(piece)

    def do_GET(self):
        counted = self.path != "/_sent"
        with lock:
            under_way[0] += counted
        try:
            self.serve()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with lock:
                under_way[0] -= counted

    def serve(self):
        if self.path == "/_sent":
            for _ in range(400):  # answers that nobody reads any more count as well
                with lock:
                    if under_way[0] == 0:
                        break
                time.sleep(0.005)
            with lock:
                text = "%d %d\n" % tuple(sent)
                sent[:] = [-len(text), 0]
            self.answer(200, text.encode())
            return
        with lock:
            sent[1] += 1
        spec, _, path = self.path[1:].partition("/")
        faults = self.faults(spec)
        if path.startswith("simple/"):
            self.index(faults)
        else:
            self.file(faults, path)

    def index(self, faults):
        files = []
        if "status" in faults:
            return self.answer(faults["status"], b"no\n", [("Retry-After", "0")])
        for name in sorted(os.listdir(os.path.join(ROOT, "wheels"))):
            with open(os.path.join(ROOT, "wheels", name), "rb") as f:
                data = f.read()
            sha = hashlib.sha256(data).hexdigest()
            if "badhash" in faults:
                sha = "0" * 64
            files.append((name, "../../wheels/" + name, sha, len(data) + ("badsize" in faults)))
        if "empty" in faults:
            files = []
        if "html" in faults:
            links = "".join('<a href="%s#sha256=%s">%s</a><br/>\n' % (u, s, n) for n, u, s, _ in files)
            return self.answer(200, ("<!DOCTYPE html><html><body>%s</body></html>" % links).encode(),
                               [("Content-Type", "text/html; charset=utf-8")])
        page = {"meta": {"api-version": "1.1"}, "name": "x", "files": [
            {"filename": n, "url": u, "hashes": {} if "nohash" in faults else {"sha256": s}, "size": z}
            for n, u, s, z in files]}
        text = json.dumps(page).encode()
        self.answer(200, text[:-3] if "badjson" in faults else text,
                    [("Content-Type", "application/vnd.pypi.simple.v1+json")])

    def file(self, faults, path):
        if "redirect" in faults:
            return self.answer(302, b"", [("Location", "/ok/" + path)])
        if "loop" in faults:
            return self.answer(302, b"", [("Location", self.path)])
        if "status" in faults:
            return self.answer(faults["status"], b"no\n", [("Retry-After", "0")])
        if "after" in faults:
            return self.answer(429, b"no\n", [("Retry-After", str(faults["after"]))])
        try:
            with open(os.path.join(ROOT, path), "rb") as f:
                data = bytearray(f.read())
        except OSError:
            return self.answer(404, b"not here\n")
        if "flip" in faults:
            data[faults["flip"]] ^= 1
        self.body(faults, bytes(data))

    def body(self, faults, data):
        etag = '"%s"' % hashlib.sha256(data).hexdigest()[:16]
        if "changing" in faults:
            etag = '"%d"' % time.monotonic_ns()
        headers = [("ETag", etag), ("Accept-Ranges", "bytes")]
        want = self.headers.get("Range")
        since = self.headers.get("If-Range")
        status, size = 200, len(data)
        if want and "unsatisfied" in faults:
            return self.answer(416, b"", [("Content-Range", "bytes */%d" % size)])
        if "endless" in faults:
            self.close_connection = True
            self.send_response(200)
            self.end_headers()
            self.send_body(data)
            for _ in range(1024):
                self.send_body(bytes(65536))
            return
        if want and "norange" not in faults and (since is None or since == etag):
            first, _, last = want.removeprefix("bytes=").partition("-")
            start = int(first) if first else max(0, size - int(last))
            stop = min(size, int(last) + 1) if first and last else size
            if start >= size:
                return self.answer(416, b"", [("Content-Range", "bytes */%d" % size)])
            if "short" in faults:
                stop = min(stop, start + faults["short"])
            status, data = 206, data[start:stop]
            shift = 1 if "shift" in faults else 0
            headers.append(("Content-Range", "bytes %d-%d/%d" % (
                start + shift, stop - 1 + shift, faults.get("total", size))))
        if "longer" in faults:
            self.close_connection = True
            return self.answer(status, data, headers, faults["longer"])
        cut = faults.get("truncate", faults.get("stall"))
        if cut is None or cut >= len(data):
            return self.answer(status, data, headers)
        self.close_connection = True
        self.answer(status, data[:cut], headers, len(data) - cut)
        if "stall" in faults:
            self.wfile.flush()
            with lock:
                under_way[0] -= 1
            time.sleep(30)
            with lock:
                under_way[0] += 1


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that went away


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
