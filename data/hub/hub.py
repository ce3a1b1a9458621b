# SPDX-License-Identifier: Apache-2.0
"""Speaks with the hub for kernel-builder, by huggingface_hub.

Requests come on standard input, one line of JSON each: {"do": NAME, ...}. To each there is an answer on standard
output: any number of lines {"note": TEXT}, then {"ok": {...}} or {"error": TEXT, "code": "config" or "net"}. The token
is huggingface_hub's affair: it is in no request and in no answer.
"""
import ast
import contextlib
import json
import logging
import os
import re
import signal
import sys

answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)  # what libraries print is no answer
secrets = []


def say(**what):
    text = json.dumps(what)
    for secret in secrets:
        text = text.replace(secret, "***")
    answers.write(text + "\n")
    answers.flush()


class Refused(Exception):
    """What the user can do something about."""


def no_queries(text):
    """Without what stands behind the ? of addresses: to some of them it lets anybody read or write."""
    return re.sub(r"""(https?://[^\s?'"<>]*)\?[^\s'"<>)]*""", r"\1", text)


def cut_queries(record):
    """A filter of what libraries log, as when they try again."""
    record.msg, record.args = no_queries(record.getMessage()), ()
    return True


def http_status(error):
    return getattr(getattr(error, "response", None), "status_code", None)


def line_of(error):
    text = str(error)
    if http_status(error.__cause__) and not http_status(error):  # "Error while uploading FILE to the Hub." has the answer behind it
        text += f" {error.__cause__}"
    text = no_queries(" ".join(text.split())) or type(error).__name__
    return text if len(text) <= 700 else text[:700] + "..."


def words_of(error):
    """What the hub says, without what the library puts around it."""
    return no_queries(" ".join(str(getattr(error, "server_message", None) or "").split())) or line_of(error)


def unreached(error, endpoint):
    """What to tell where the hub cannot be reached; None: that is not it."""
    kinds = {c.__name__ for c in type(error).__mro__}
    if not kinds & {"ConnectError", "ConnectTimeout", "ProxyError", "ConnectionError"} or "Connection aborted" in str(error):
        broke = kinds & {"TransportError", "RequestException"}
        return f"the connection to {endpoint} broke: {line_of(error).rstrip('.')}; run it again" if broke else None
    reasons = re.findall(r"\[Errno -?\d+\] ([^]()<>'\"]+)", str(error)) or [line_of(error)]
    if "certificate" in str(error).lower():
        return f"cannot reach {endpoint}: {reasons[-1]}"
    return f"cannot reach {endpoint}: {reasons[-1]}; look at the network, at https_proxy if it needs a proxy, and at HF_ENDPOINT if it is set"


def explain(error, endpoint):
    """What to tell of an exception, and its kind."""
    status = http_status(error)
    if isinstance(error, Refused):
        return str(error), "config"
    if type(error).__name__ == "OfflineModeIsEnabled":
        return "HF_HUB_OFFLINE is set, so the hub is not asked: unset it", "config"
    if not status and unreached(error, endpoint):
        return unreached(error, endpoint), "net"
    if status == 401 and secrets:
        cure = "correct HF_TOKEN" if os.environ.get("HF_TOKEN") else "run `hf auth login` with a new one"
        return f"{endpoint} does not take your token: {cure}", "config"
    if status == 401:
        return f"{endpoint} does not know who you are: run `hf auth login`, or set HF_TOKEN", "config"
    if status == 412:
        return f"somebody changed the repository in the meantime; upload again ({line_of(error)})", "net"
    if status and status >= 500:
        return f"{endpoint} failed (HTTP {status}): {words_of(error)}; run it again later", "net"
    if status in (400, 403, 404, 422) or isinstance(error, ValueError):
        return line_of(error), "config"
    return line_of(error), "net"


class Hub:
    def __init__(self):
        import huggingface_hub as library
        from huggingface_hub import constants

        self.library = library
        for handler in logging.getLogger("huggingface_hub").handlers:
            handler.addFilter(cut_queries)
        token = library.get_token()
        if token:
            secrets.append(token)
        self.api = library.HfApi(library_name="kernel-builder")
        self.types = getattr(constants, "REPO_TYPES_WITH_KERNEL", constants.REPO_TYPES)

    def check_type(self, wanted):
        if wanted not in self.types:
            raise Refused(
                f"huggingface_hub {self.library.__version__} knows no repositories of type {wanted}; "
                f"update it: {sys.executable} -m pip install -U huggingface_hub"
            )

    def create(self, r):
        try:
            url = self.api.create_repo(r["repo"], repo_type=r["type"], private=r["private"] or None, exist_ok=True)
        except self.library.errors.HFValidationError:
            raise Refused(
                f"\"{r['repo']}\" cannot be a repository: write OWNER/NAME after --repo-id, or in [general.hub] of build.toml; a "
                "name has letters, digits, -, _ and ., at most 96, and begins and ends with none of - and ."
            )
        except self.library.errors.HfHubHTTPError as error:
            if http_status(error) == 404:
                raise Refused(
                    f"{self.api.endpoint} makes no repository {r['repo']} (HTTP 404): correct the owner in --repo-id, and HF_ENDPOINT "
                    f"if it is set ({words_of(error)})"
                )
            if http_status(error) != 403:
                raise
            raise Refused(
                f"{r['repo']} is not there, and you may not create it: use a token that may write there (`hf auth login`), or "
                "--repo-id for another repository; who publishes kernels needs an approval, for which you ask at "
                f"https://huggingface.co/spaces/kernels-community/README/discussions/new ({words_of(error)})"
            )
        return url.repo_id

    @contextlib.contextmanager
    def reading(self, repo):
        """To who may not read a repository, the hub answers as if it were not there, or with 401 for both."""
        errors = self.library.errors
        try:
            yield
        except errors.GatedRepoError:
            raise
        except errors.HfHubHTTPError as error:
            bad_token = "Invalid credentials in Authorization header"
            hidden = http_status(error) == 401 and error.response.headers.get("X-Error-Message") != bad_token
            if hidden or isinstance(error, errors.RepositoryNotFoundError):
                raise Refused(
                    f"{repo} does not exist, or is private: correct the name, or run `hf auth login` as one who may read it"
                )
            raise

    def look(self, r):
        """Which branches there are, and the files of the branch, or, where there is none yet, of main."""
        self.check_type(r["type"])
        repo = self.create(r) if r["create"] else r["repo"]
        with self.reading(repo):
            refs = self.api.list_repo_refs(repo, repo_type=r["type"])
        heads = {b.name: b.target_commit for b in refs.branches}
        files = {}
        for branch in {r["branch"] if r["branch"] in heads else "main", "main"} & set(heads):
            files[branch] = [
                {"path": f.path, "size": f.size, "blob": f.blob_id, "sha256": f.lfs.sha256 if f.lfs else None}
                for f in self.api.list_repo_tree(repo, repo_type=r["type"], revision=heads[branch], recursive=True)
                if isinstance(f, self.library.hf_api.RepoFile)
            ]
        return {"repo": repo, "heads": heads, "files": files, "endpoint": self.api.endpoint}

    def preupload(self, r, revision, additions):
        """The bytes of large files; those that are there already are not sent again."""
        self.api.preupload_lfs_files(
            r["repo"], additions=additions, repo_type=r["type"], revision=revision, create_pr=r["pr"], free_memory=False
        )
        ignored = [a.path_in_repo for a in additions if getattr(a, "_should_ignore", False)]
        if ignored:
            raise Refused(f"the repository's .gitignore leaves out {ignored[0]}; change it there")

    def branch(self, r):
        try:
            self.api.create_branch(r["repo"], branch=r["branch"], repo_type=r["type"], revision=r["parent"])
        except self.library.errors.HfHubHTTPError as error:
            if not r["pr"]:
                raise
            raise Refused(
                f"a pull request needs the branch {r['branch']}, which {r['repo']} has not: ask who owns it to make that "
                f"branch ({line_of(error)})"
            )

    def commit(self, r):
        try:
            return self.commit_all(r)
        except self.library.errors.HfHubHTTPError as error:
            if http_status(error) != 403:
                raise
            other = "--repo-id for another repository" if r["pr"] else "--create-pr for a pull request"
            raise Refused(f"you may not write to {r['repo']}: use a token that may (`hf auth login`), or {other} ({words_of(error)})")

    def commit_all(self, r):
        """Sends what is large, then commits: nothing is changed before all bytes are there."""
        commits = []
        for c in r["commits"]:
            add = [self.library.CommitOperationAdd(f["path"], f.get("from") or f["text"].encode()) for f in c["add"]]
            commits.append((add, [self.library.CommitOperationDelete(path, is_folder=False) for path in c["delete"]]))
        if r["new"] and r["pr"]:
            self.branch(r)
        for add, _ in commits:
            self.preupload(r, "main" if r["new"] else r["branch"], add)
        if r["new"] and not r["pr"]:
            self.branch(r)
        parent, revision, opened = r["parent"], r["branch"], None
        for i, (add, delete) in enumerate(commits):
            of = f" (part {i + 1} of {len(commits)})" if len(commits) > 1 else ""
            opens = r["pr"] and not opened
            info = self.api.create_commit(
                r["repo"],
                operations=add + delete,
                repo_type=r["type"],
                revision=revision,
                commit_message=f"Uploaded with kernel-builder{of}",
                parent_commit=parent,
                create_pr=opens,
            )
            if opens:
                revision, opened = self.request(r, info)
            parent = info.oid
            say(note=f"committed to {revision}{of}: {len(add)} added or changed, {len(delete)} deleted")
        return {"pull_request": opened}

    def request(self, r, info):
        """The revision and the address of a pull request that was opened."""
        if info.pr_revision:
            return info.pr_revision, info.pr_url
        refs = self.api.list_repo_refs(r["repo"], repo_type=r["type"], include_pull_requests=True)
        for ref in refs.pull_requests or []:
            if ref.target_commit == info.oid:
                kind = "" if r["type"] == "model" else r["type"] + "s/"
                return ref.ref, f"{self.api.endpoint}/{kind}{r['repo']}/discussions/{ref.ref.rsplit('/', 1)[-1]}"
        raise RuntimeError(f"the hub does not say which pull request has commit {info.oid}")


    def commit_of(self, kernel):
        """The commit that a dependency means now."""
        repo = kernel["repo-id"]
        if "revision" in kernel:
            return self.api.repo_info(repo, repo_type="kernel", revision=kernel["revision"]).sha
        heads = {b.name: b.target_commit for b in self.api.list_repo_refs(repo, repo_type="kernel").branches}
        name = f"v{kernel['version']}"
        if name not in heads:
            has = ", ".join(sorted(h[1:] for h in heads if h[:1] == "v" and h[1:].isdigit())) or "none"
            raise Refused(f"{repo} has no version {kernel['version']}; its versions are: {has}")
        return heads[name]

    def fetch(self, repo, name, commit):
        errors = self.library.errors
        try:
            return self.api.hf_hub_download(repo, name, repo_type="kernel", revision=commit)
        except errors.LocalEntryNotFoundError as error:  # which is an EntryNotFoundError: the hub did not answer
            if (http_status(error.__cause__) or 500) < 500:
                raise error.__cause__
            raise RuntimeError(f"cannot fetch {name} of {repo}: {line_of(error.__cause__ or error)}")
        except errors.EntryNotFoundError as error:
            raise Refused(f"{repo} has no {name} at {commit}: {line_of(error)}")

    def depends_of(self, repo, commit):
        """What any variant of a kernel depends on."""
        depends = []
        for entry in self.api.list_repo_tree(repo, path_in_repo="build", repo_type="kernel", revision=commit):
            if isinstance(entry, self.library.hf_api.RepoFolder):
                path = self.fetch(repo, f"{entry.path}/metadata.json", commit)
                with open(path, encoding="utf-8") as f:
                    depends += [k for k in json.load(f).get("kernel-depends") or [] if k not in depends]
        return depends

    def lock_one(self, kernel, locks, above):
        key = json.dumps([kernel["repo-id"], "revision" in kernel, kernel.get("version"), kernel.get("revision")])
        if key in above:
            circle = [json.loads(k)[0] for k in above[above.index(key) :] + [key]]
            raise Refused(f"kernels depend on each other in a circle: {', '.join(circle)}")
        if key in locks:
            return
        try:
            with self.reading(kernel["repo-id"]):
                commit = self.commit_of(kernel)
                depends = self.depends_of(kernel["repo-id"], commit)
        except self.library.errors.EntryNotFoundError as error:
            raise Refused(f"{kernel['repo-id']} has no variants at {commit}: {line_of(error)}")
        except self.library.errors.HfHubHTTPError as error:
            raise Refused(f"{kernel['repo-id']}: {line_of(error)}") if http_status(error) == 404 else error
        for k in depends:
            self.lock_one(k, locks, above + [key])
        wanted = {k: kernel[k] for k in ("repo-id", "version", "revision") if k in kernel}
        locks[key] = {"dependency": wanted, "lock": {"commit": commit}}

    def lock(self, r):
        self.check_type("kernel")
        locks = {}
        for kernel in r["kernels"]:
            self.lock_one(kernel, locks, [])

        def order(k):
            return k["repo-id"], "revision" in k, k.get("version", 0), k.get("revision", "")

        return {"locks": sorted(locks.values(), key=lambda x: order(x["dependency"]))}


def assigned(tree, name):
    """The texts of a list that a module gives that name, as __all__."""
    for node in tree.body:
        named = isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets)
        if named and isinstance(node.value, ast.List):
            texts = [x.value for x in node.value.elts if isinstance(x, ast.Constant) and isinstance(x.value, str)]
            if texts:
                return texts
    return []


def parse(path):
    try:
        with open(path, "rb") as f:
            return ast.parse(f.read())
    except (OSError, SyntaxError, ValueError):
        return ast.parse("")


def layers_of(package):
    for path in (os.path.join(package, "layers", "__init__.py"), os.path.join(package, "layers.py")):
        if os.path.exists(path):
            return [node.name for node in parse(path).body if isinstance(node, ast.ClassDef)]
    return []


def plain(value):
    """As the original's templates print what is no text."""
    return "none" if value is None else "true" if value is True else "false" if value is False else value


def card(r):
    try:
        from jinja2 import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError as error:
        raise Refused(
            f"{sys.executable} has no jinja2, which fills cards; install it: {sys.executable} -m pip install jinja2 "
            f"({line_of(error)})"
        )
    public = assigned(parse(os.path.join(r["package"], "__init__.py")), "__all__")
    values = dict(r["values"])
    values["functions"] = [name for name in public if name != "layers"] or None
    values["layers"] = (layers_of(r["package"]) if "layers" in public else None) or None
    try:
        template = ImmutableSandboxedEnvironment(trim_blocks=True, finalize=plain).from_string(r["template"])
        return {"text": template.render(values)}
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise Refused(f"{r['file']}:{line or 1}:1: {line_of(error)}; correct the template")


hubs = []


def hub():
    if not hubs:
        try:
            hubs.append(Hub())
        except ImportError as error:
            raise Refused(
                f"{sys.executable} has no huggingface_hub, which speaks with the hub; install it: "
                f"{sys.executable} -m pip install huggingface_hub ({line_of(error)})"
            )
    return hubs[0]


DOES = {
    "card": card,
    "look": lambda r: hub().look(r),
    "commit": lambda r: hub().commit(r),
    "lock": lambda r: hub().lock(r),
}


def main():
    # Who started this one says when it ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for text in sys.stdin:
        request = json.loads(text)
        try:
            say(ok=DOES[request["do"]](request))
        except Exception as error:
            text, code = explain(error, hubs[0].api.endpoint if hubs else "the hub")
            say(error=text, code=code)


main()
