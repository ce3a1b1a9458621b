#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A hub for tests: what huggingface_hub asks of one for repositories, as its client asks it. usage: server.py DIRECTORY

Prints its port, and serves until stdin is closed. Who writes must send the token that stands in DIRECTORY/token; the organization
"closed" takes nobody's repositories, and "nowhere" is not there. Below DIRECTORY are

  repos/TYPE/OWNER/NAME/refs.json           branch -> commit; refs/pr/N are pull requests
  repos/TYPE/OWNER/NAME/commits/OID.json    parent, message, adds, deletes, and the files: path -> size, sha256, git's name, lfs
  blobs/SHA256                              all bytes
  log                                       a line for each request: METHOD PATH STATUS

DIRECTORY/fault, if it is there, has what goes wrong, a word a line:

  stall-put:N  N large files are taken, counted from the start of this server; of the next one, half of the bytes, then nothing
               happens, and "stalled" appears in DIRECTORY
  cut-commit   a commit is made, and the connection is closed before the answer
  fail-commit  a commit is refused with 500           conflict   and with 412
  no-write     and with 403
  hide         what is not there is answered with 401, as to one without a token
  signed       addresses for large files have a signature behind a ?, and take nothing: 403
  fail-file    files are refused with 500
  echo-token   errors have the token that was sent    ignore     preupload says that .gitignore leaves out all
"""
import base64
import hashlib
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

ROOT = Path(sys.argv[1])
LFS_FROM = 1 << 20
taken = [0]
lock = threading.RLock()


def faults():
    try:
        return (ROOT / "fault").read_text().split()
    except FileNotFoundError:
        return []


def git_blob(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def keep(data):
    name = hashlib.sha256(data).hexdigest()
    (ROOT / "blobs").mkdir(exist_ok=True)
    (ROOT / "blobs" / name).write_bytes(data)
    return name


def is_large(path, size):
    return path.endswith(".so") or size > LFS_FROM


class Refused(Exception):
    def __init__(self, status, text, code=None):
        super().__init__(text)
        self.status, self.code = status, code


class Repo:
    def __init__(self, kind, name):
        self.kind, self.name = kind, name
        self.dir = ROOT / "repos" / kind / name

    def need(self):
        if not self.dir.is_dir() and "hide" in faults():
            raise Refused(401, "Invalid username or password.")
        if not self.dir.is_dir():
            raise Refused(404, "Repository not found", "RepoNotFound")
        return self

    @property
    def refs(self):
        return json.loads((self.dir / "refs.json").read_text())

    def set_ref(self, name, oid):
        refs = {**self.refs, name: oid} if (self.dir / "refs.json").exists() else {name: oid}
        (self.dir / "refs.json").write_text(json.dumps(refs, indent=1))

    def make(self):
        (self.dir / "commits").mkdir(parents=True)
        text = b"*.so filter=lfs diff=lfs merge=lfs -text\n"
        self.commit("main", None, "initial commit", {".gitattributes": text}, {}, [])

    def resolve(self, revision):
        revision = unquote(revision)
        oid = self.refs.get(revision, revision)
        path = self.dir / "commits" / f"{oid}.json"
        if not path.exists():
            raise Refused(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return oid, json.loads(path.read_text())

    def commit(self, ref, parent, message, files, large, deleted):
        tree = dict(self.resolve(parent)[1]["files"]) if parent else {}
        for path in deleted:
            if path not in tree:
                raise Refused(404, "A file with this name doesn't exist", "EntryNotFound")
            del tree[path]
        for path, data in files.items():
            tree[path] = {"size": len(data), "sha256": keep(data), "oid": git_blob(data), "lfs": False}
        for path, (oid, size) in large.items():
            if not (ROOT / "blobs" / oid).exists():
                raise Refused(400, f"LFS object {oid} is not there")
            tree[path] = {"size": size, "sha256": oid, "oid": git_blob(oid.encode()), "lfs": True}
        text = json.dumps({"parent": parent, "message": message, "adds": sorted([*files, *large]), "deletes": sorted(deleted), "files": tree}, indent=1)
        oid = hashlib.sha1(f"{time.time_ns()} {text}".encode()).hexdigest()
        (self.dir / "commits" / f"{oid}.json").write_text(text)
        self.set_ref(ref, oid)
        return oid


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self, status):
        with lock, open(ROOT / "log", "a") as f:
            f.write(f"{self.command} {self.path} {status}\n")

    def reply(self, status, body=b"", headers=()):
        self.note(status)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name == "Content-Length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def json(self, what, status=200, headers=()):
        self.reply(status, json.dumps(what).encode(), [("Content-Type", "application/json"), *headers])

    def token(self):
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def need_token(self):
        if self.token() != (ROOT / "token").read_text().strip():
            raise Refused(401, "Invalid username or password.")

    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            data = b""
            while n := int(self.rfile.readline(), 16):
                data += self.rfile.read(n)
                self.rfile.readline()
            self.rfile.readline()
            return data
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_GET(self):
        url = urlsplit(self.path)
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        self.here = f"http://{self.headers['Host']}"
        try:
            self.answer(url.path.strip("/").split("/"), query)
        except Refused as error:
            if self.command == "POST" and not getattr(self, "has_read", False):
                self.body()
            text = str(error) + (f" (you sent {self.token()})" if "echo-token" in faults() else "")
            self.json({"error": text}, error.status, [("X-Error-Message", text)] + ([("X-Error-Code", error.code)] if error.code else []))

    do_POST = do_HEAD = do_PUT = do_GET

    def answer(self, path, query):
        self.has_read = False
        if path[:2] == ["api", "whoami-v2"]:
            self.need_token()
            return self.json({"name": "tester", "type": "user", "orgs": []})
        if path[:2] == ["api", "validate-yaml"]:
            self.body()
            return self.json({"warnings": [], "errors": []})
        if path[:3] == ["api", "repos", "create"]:
            return self.create()
        if path[:2] == ["api", "organizations"]:
            return self.json({"name": path[2], "fullname": path[2], "avatarUrl": "", "isVerified": True, "trustedKernelPublisher": path[2] != "nobody"})
        if path[0] == "lfs":
            return self.put(path[1])
        if path[0] == "api":
            repo = Repo(path[1][:-1], "/".join(path[2:4])).need()
            return getattr(self, "api_" + (path[4].replace("-", "_") if len(path) > 4 else "info"), self.unknown)(repo, path[5:], query)
        kind = path.pop(0)[:-1] if path[0] in ("kernels", "datasets", "spaces") else "model"
        repo = Repo(kind, "/".join(path[:2]).removesuffix(".git")).need()
        if path[2:] == ["info", "lfs", "objects", "batch"]:
            return self.batch()
        if path[2] == "resolve":
            return self.file(repo, path[3], unquote("/".join(path[4:])))
        return self.unknown(repo, path, query)

    def unknown(self, *_):
        raise Refused(404, f"no such request: {self.command} {self.path}")

    def create(self):
        self.need_token()
        r = json.loads(self.body())
        self.has_read = True
        name = f"{r.get('organization') or 'tester'}/{r['name']}"
        repo = Repo(r.get("type") or "model", name)
        if r.get("organization") == "closed":
            raise Refused(403, "You don't have the rights to create a kernel under this namespace")
        if r.get("organization") == "nowhere":
            raise Refused(404, "There is no such namespace")
        with lock:
            there = repo.dir.is_dir()
            if not there:
                repo.make()
                (repo.dir / "visibility").write_text(r.get("visibility") or ("private" if r.get("private") else "public"))
        where = f"{self.here}/{'' if repo.kind == 'model' else repo.kind + 's/'}{name}"
        self.json({"url": where, "name": name, "error": "You already created this repo"} if there else {"url": where, "name": name}, 409 if there else 200)

    def api_refs(self, repo, rest, query):
        refs = repo.refs
        branches = [{"name": n, "ref": f"refs/heads/{n}", "targetCommit": o} for n, o in refs.items() if not n.startswith("refs/")]
        pulls = [{"name": n, "ref": n, "targetCommit": o} for n, o in refs.items() if n.startswith("refs/pr/")]
        self.json({"branches": branches, "converts": [], "tags": [], **({"pullRequests": pulls} if "include_prs" in query else {})})

    def api_branch(self, repo, rest, query):
        self.need_token()
        r = json.loads(self.body() or b"{}")
        self.has_read = True
        with lock:
            name = unquote(rest[0])
            if name in repo.refs:
                raise Refused(409, "Reference already exists")
            repo.set_ref(name, repo.resolve(r.get("startingPoint") or "main")[0])
        self.json({})

    def api_info(self, repo, rest, query, revision="main"):
        oid, commit = repo.resolve(revision)
        self.json({"id": repo.name, "_id": "0", "author": repo.name.split("/")[0], "sha": oid, "private": False, "gated": False, "downloads": 0,
            "likes": 0, "tags": [], "siblings": [{"rfilename": p} for p in commit["files"]]})

    def api_revision(self, repo, rest, query):
        self.api_info(repo, rest, query, "/".join(rest))

    def api_tree(self, repo, rest, query):
        files = repo.resolve(rest[0])[1]["files"]
        below = unquote("/".join(rest[1:]))
        prefix = below + "/" if below else ""
        out, seen = [], set()
        for path, f in sorted(files.items()):
            if not path.startswith(prefix):
                continue
            parts = path[len(prefix) :].split("/")
            deep = query.get("recursive", "").lower() in ("1", "true")
            for i in range(1, len(parts)):
                name = prefix + "/".join(parts[:i])
                if name not in seen and (deep or i == 1):
                    seen.add(name)
                    out.append({"type": "directory", "path": name, "size": 0, "oid": hashlib.sha1(name.encode()).hexdigest()})
            if deep or len(parts) == 1:
                lfs = {"lfs": {"oid": f["sha256"], "size": f["size"], "pointerSize": 130}} if f["lfs"] else {}
                out.append({"type": "file", "path": path, "size": f["size"], "oid": f["oid"], **lfs})
        if prefix and not out:
            raise Refused(404, f"{below} does not exist", "EntryNotFound")
        # In pages, as the hub's.
        at, size = int(query.get("cursor", 0)), 50
        more = [("Link", f'<{self.here}{urlsplit(self.path).path}?recursive={query.get("recursive", "false")}&cursor={at + size}>; rel="next"')]
        self.json(out[at : at + size], 200, more if len(out) > at + size else [])

    def api_preupload(self, repo, rest, query):
        self.need_token()
        r = json.loads(self.body())
        self.has_read = True
        files = repo.resolve(rest[0])[1]["files"]
        ignored = "ignore" in faults()
        self.json({"files": [{"path": f["path"], "uploadMode": "lfs" if is_large(f["path"], f["size"]) else "regular", "shouldIgnore": ignored,
            "oid": (files[f["path"]]["sha256" if files[f["path"]]["lfs"] else "oid"] if f["path"] in files else None)} for f in r["files"]]})

    def batch(self):
        self.need_token()
        r = json.loads(self.body())
        self.has_read = True
        out = []
        signature = "?X-Amz-Signature=OfTheTests&x-id=1" if "signed" in faults() else ""
        for o in r["objects"]:
            there = (ROOT / "blobs" / o["oid"]).exists()
            out.append({**o, **({} if there else {"actions": {"upload": {"href": f"{self.here}/lfs/{o['oid']}{signature}"}}})})
        self.json({"transfer": "basic", "objects": out})

    def put(self, oid):
        size = int(self.headers["Content-Length"])
        if "signed" in faults():
            self.rfile.read(size)
            raise Refused(403, "Request has expired")
        with lock:
            stalls = f"stall-put:{taken[0]}" in faults()
            taken[0] += not stalls
        if stalls:
            self.rfile.read(size // 2)
            (ROOT / "stalled").write_text(oid)
            while faults():
                time.sleep(0.05)
            self.close_connection = True
            return None
        data = self.rfile.read(size)
        if len(data) != size or keep(data) != oid:
            raise Refused(400, "these are not the bytes")
        return self.reply(200, b"")

    def api_commit(self, repo, rest, query):
        self.need_token()
        lines = [json.loads(text) for text in self.body().splitlines()]
        self.has_read = True
        if "fail-commit" in faults():
            raise Refused(500, "Internal error")
        if "no-write" in faults():
            raise Refused(403, "Forbidden: pass create_pr=1 as a query parameter to create a Pull Request")
        if "conflict" in faults():
            raise Refused(412, "A commit has happened since. Please refresh and try again.")
        header, files, large, deleted = {}, {}, {}, []
        for line in lines:
            key, v = line["key"], line["value"]
            if key == "header":
                header = v
            elif key == "file":
                files[v["path"]] = base64.b64decode(v["content"])
            elif key == "lfsFile":
                large[v["path"]] = v["oid"], v["size"]
            elif key == "deletedFile":
                deleted.append(v["path"])
        with lock:
            ref = unquote(rest[0])
            head, _ = repo.resolve(ref)
            opens = "create_pr" in query
            if header.get("parentCommit") not in (None, head) and not opens:
                raise Refused(412, "A commit has happened since. Please refresh and try again.")
            number = 1 + sum(n.startswith("refs/pr/") for n in repo.refs)
            oid = repo.commit(f"refs/pr/{number}" if opens else ref, head, header["summary"], files, large, deleted)
        if "cut-commit" in faults():
            self.note("cut")
            self.close_connection = True
            return
        where = f"{self.here}/{'' if repo.kind == 'model' else repo.kind + 's/'}{repo.name}"
        self.json({"success": True, "commitOid": oid, "commitUrl": f"{where}/commit/{oid}", **({"pullRequestUrl": f"{where}/discussions/{number}"} if opens else {})})

    def file(self, repo, revision, path):
        if "fail-file" in faults():
            raise Refused(500, "Internal error")
        oid, commit = repo.resolve(revision)
        f = commit["files"].get(path)
        if not f:
            raise Refused(404, f"{path} does not exist", "EntryNotFound")
        data = (ROOT / "blobs" / f["sha256"]).read_bytes()
        etag = f'"{f["sha256"] if f["lfs"] else f["oid"]}"'
        self.reply(200, data, [("ETag", etag), ("X-Repo-Commit", oid), ("Content-Length", str(len(data))), ("X-Linked-Etag", etag), ("X-Linked-Size", str(len(data)))])


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


main()
