/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of Python modules that a kernel must not take. A variant's directory on Python's path makes
 * `import NAME` the kernel; with the name of a module of the library, that hides the module from
 * everything in the process, torch included.
 *
 * Sources: sys.stdlib_module_names of CPython 3.11, and what 3.9, 3.10, 3.13 and 3.14 have beside it
 * (binhex, formatter, parser, symbol; annotationlib, compression), those that a kernel's name can
 * spell; what torch's wheels install or depend on (Requires-Dist of torch 2.11); and the client.
 */
#include "base/str.h"
#include "config/project.h"
#include <stdlib.h>

static const char *const library[] = {
	"abc", "aifc", "annotationlib", "antigravity", "argparse", "array", "ast", "asynchat",
	"asyncio", "asyncore", "atexit", "audioop", "base64", "bdb", "binascii", "binhex", "bisect",
	"builtins", "bz2", "calendar", "cgi", "cgitb", "chunk", "cmath", "cmd", "code", "codecs",
	"codeop", "collections", "colorsys", "compileall", "compression", "concurrent",
	"configparser", "contextlib", "contextvars", "copy", "copyreg", "crypt", "csv", "ctypes",
	"curses", "dataclasses", "datetime", "dbm", "decimal", "difflib", "dis", "distutils",
	"doctest", "email", "encodings", "ensurepip", "enum", "errno", "faulthandler", "fcntl",
	"filecmp", "fileinput", "fnmatch", "formatter", "fractions", "ftplib", "functools", "gc",
	"genericpath", "getopt", "getpass", "gettext", "glob", "graphlib", "grp", "gzip", "hashlib",
	"heapq", "hmac", "html", "http", "idlelib", "imaplib", "imghdr", "imp", "importlib",
	"inspect", "io", "ipaddress", "itertools", "json", "keyword", "lib2to3", "linecache",
	"locale", "logging", "lzma", "mailbox", "mailcap", "marshal", "math", "mimetypes", "mmap",
	"modulefinder", "msilib", "msvcrt", "multiprocessing", "netrc", "nis", "nntplib", "nt",
	"ntpath", "nturl2path", "numbers", "opcode", "operator", "optparse", "os", "ossaudiodev",
	"parser", "pathlib", "pdb", "pickle", "pickletools", "pipes", "pkgutil", "platform",
	"plistlib", "poplib", "posix", "posixpath", "pprint", "profile", "pstats", "pty", "pwd",
	"py_compile", "pyclbr", "pydoc", "pydoc_data", "pyexpat", "queue", "quopri", "random", "re",
	"readline", "reprlib", "resource", "rlcompleter", "runpy", "sched", "secrets", "select",
	"selectors", "shelve", "shlex", "shutil", "signal", "site", "smtpd", "smtplib", "sndhdr",
	"socket", "socketserver", "spwd", "sqlite3", "sre_compile", "sre_constants", "sre_parse",
	"ssl", "stat", "statistics", "string", "stringprep", "struct", "subprocess", "sunau",
	"symbol", "symtable", "sys", "sysconfig", "syslog", "tabnanny", "tarfile", "telnetlib",
	"tempfile", "termios", "textwrap", "this", "threading", "time", "timeit", "tkinter",
	"token", "tokenize", "tomllib", "trace", "traceback", "tracemalloc", "tty", "turtle",
	"turtledemo", "types", "typing", "unicodedata", "unittest", "urllib", "uu", "uuid", "venv",
	"warnings", "wave", "weakref", "webbrowser", "winreg", "winsound", "wsgiref", "xdrlib",
	"xml", "xmlrpc", "zipapp", "zipfile", "zipimport", "zlib", "zoneinfo",
};
static const char *const torch[] = { "filelock", "fsspec", "functorch", "jinja2", "kernels",
	"markupsafe", "mpmath", "networkx", "numpy", "nvidia", "packaging", "pip", "pkg_resources",
	"setuptools", "sympy", "torch", "torchaudio", "torchgen", "torchvision", "triton",
	"typing_extensions" };

static int
compare(const void *x, const void *y)
{
	return strcmp(x, *(const char *const *)y);
}

#define IS_IN(name, list) \
	bsearch(name, list, sizeof(list) / sizeof(*(list)), sizeof(*(list)), compare)

const char *
python_module_owner(const char *module)
{
	if (IS_IN(module, library))
		return "Python's library";
	return IS_IN(module, torch) ? "torch or what it needs" : NULL;
}
