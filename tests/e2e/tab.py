#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Types a line and Tab into an interactive shell and prints the line as the shell completes it.

Usage: tab.py PREFIX bash|zsh LINE

PREFIX is where kernel-builder was installed. The shell runs in a terminal of its own, without anybody's settings.
"""
import os
import pty
import re
import select
import sys
import time

prefix, shell, line = sys.argv[1:]
SETUP = {
    "bash": f"source {prefix}/share/bash-completion/completions/kernel-builder; bind 'set bell-style none'",
    "zsh": f"fpath=({prefix}/share/zsh/site-functions $fpath); autoload -Uz compinit; compinit -D -u; unsetopt beep prompt_sp",
}
COMMAND = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}


def read(fd, done, seconds):
    """What comes until done says so, or nothing did for that long."""
    text = b""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not done(text):
        if select.select([fd], [], [], 0.1)[0]:
            text += os.read(fd, 65536)
    return text


pid, fd = pty.fork()
if pid == 0:
    env = {"PATH": f"{prefix}/bin:{os.environ['PATH']}", "TERM": "dumb", "PS1": "> ", "HOME": os.environ["HOME"], "COLUMNS": "200",
           "KERNEL_BUILDER_HOME": os.environ["KERNEL_BUILDER_HOME"]}
    os.execvpe(COMMAND[shell][0], COMMAND[shell], env)
os.write(fd, (SETUP[shell] + "; stty cols 200; PS1='READY> '\n").encode())
read(fd, lambda t: re.search(rb"[\r\n]READY> ", t), 20)
# Ctrl-A and "echo" make of the completed line one that prints itself, whatever the shell draws meanwhile.
os.write(fd, line.encode() + b"\t")
read(fd, lambda t: False, 1.5)
os.write(fd, b"\x01printf '<%s>\\n' \"\x05\"\n")
text = read(fd, lambda t: re.search(rb"\n<[^\n]*>\r", t), 20)
os.close(fd)
found = re.findall(rb"\n<([^\n]*)>\r", text)
# zsh takes back what it has put behind a word.
print(found[-1].decode().rstrip(" /") if found else text)
