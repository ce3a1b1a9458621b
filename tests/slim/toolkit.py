#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""toolkit.py KERNEL VARIANT WORK: options of names.py for the CUDA and the torch of a variant, from the store of KERNEL_BUILDER_HOME, in which it
was built: --cuda with a toolkit in WORK whose programs run here (bench/plain.py), and -I for torch's headers."""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT + "/bench")
import builder  # noqa: E402
import plain  # noqa: E402


def main():
    kernel, variant, work = sys.argv[1:]
    b = builder.Builder(ROOT, work)
    b.store = b.env["KERNEL_BUILDER_HOME"] = os.environ["KERNEL_BUILDER_HOME"]
    steps = [s for s in b.plan(kernel, variant)["steps"] if s["kind"] != "link"]
    cuda = next((s for s in steps if "cuda" in s["mounts"]), None)
    words = ["--cuda", plain.toolkit(b, cuda["mounts"]["cuda"], os.path.abspath(work))] if cuda else []
    one = cuda or steps[0]
    for a, w in zip(one["argv"], one["argv"][1:]):
        name, _, rest = w.partition("/")
        if a == "-isystem" and name in one["mounts"] and name != "cuda" and not rest.startswith("usr/"):
            words.append("-I%s/%s" % (b.tree(one["mounts"][name]), rest))
    words += ["-D" + w[2:] for w in one["argv"] if w.startswith("-D_GLIBCXX_USE_CXX11_ABI")]
    print(" ".join(words))


main()
