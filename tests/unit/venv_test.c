/* SPDX-License-Identifier: Apache-2.0 */
/* Environments with the torch of a variant: made once, by a Python and a pip of ours that write
 * down what they are asked for. */
#include "fake_machine.h"
#include "local/venv.h"
#include "store/store.h"

/* `-m venv DIR` gives DIR a Python, whose `-m pip` does what T/pip says, and which has the torch of
 * T/torch. */
static const char base_python[] =
	"case \"$2 $3\" in\n"
	"'-m venv') echo venv >>\"$T/log\"; [ -e \"$T/no-venv\" ] && { echo no ensurepip; exit 1; }\n"
	"	mkdir -p \"$4/bin\" && cp \"$T/inner\" \"$4/bin/python3\" ;;\n"
	"*) exit 2 ;;\n"
	"esac";
static const char inner_python[] =
	"case \"$2 $3\" in\n"
	"'-m pip') shift 7; echo \"pip $*\" >>\"$T/log\"; . \"$T/pip\" ;;\n"
	"-c*) cat \"$T/torch\" ;;\n"
	"*) exit 2 ;;\n"
	"esac";

static struct store *S;
static struct catalog_torch torch;
static struct variant variant;
static struct project project;
static struct host_python base;
static struct venv_wish wish;

static int
new_store(void **state)
{
	struct err e;

	new_machine(state);
	good(store_open(in_t("store"), false, &S, &e), &e);
	script("python", base_python);
	script("inner", inner_python);
	put("pip", "", 0644);
	put("torch", PROBE("2.6.0", "true", ""), 0644);
	torch = (struct catalog_torch){ 0 };
	assert_true(version_parse(STR("2.6.0"), &torch.version));
	variant = (struct variant){
		.name = "v", .backend = BACKEND_CPU, .torch = &torch, .cxx11 = true
	};
	project = (struct project){ 0 };
	base = (struct host_python){ .program = in_t("python"), .version = "3.11.2" };
	wish = (struct venv_wish){ &base, &project, &variant, &torch, false };
	return 0;
}

static int
old_store(void **state)
{
	store_close(S);
	return old_machine(state);
}

static struct str
strip(const char *dir, const char *text)
{
	struct str rest = str_of(text), part = { "", 0 };
	const char *out = "";

	/* The environment's directory has a digest in its name. */
	while (rest.n) {
		const char *at = strstr(rest.p, dir);

		part = at ? (struct str){ rest.p, (size_t)(at - rest.p) } : rest;
		out = arena_printf(&A, "%s%.*s%s", out, (int)part.n, part.p, at ? "DIR" : "");
		rest.n -= part.n + (at ? strlen(dir) : 0);
		rest.p += part.n + (at ? strlen(dir) : 0);
	}
	return str_of(out);
}

/* What was run for it. */
static void
made(const char *want)
{
	const struct host *h = NULL;
	struct err e;

	put("log", "", 0644);
	good(venv_find(&A, S, &wish, &h, &e), &e);
	assert_string_equal(h->release, "2.6.0");
	assert_int_equal(
		strncmp(h->python, in_t("store/shells/venv-"), strlen(in_t("store/shells/venv-"))),
		0);
	assert_true(fs_exists(h->python));
	assert_string_equal(strip(path_dir(&A, path_dir(&A, h->python)), got("log")).p, want);
}

/* left: environments that are there afterwards. */
static void
refused(enum err_code code, const char *text, size_t left)
{
	const struct host *h = NULL;
	struct strs names = { 0 };
	struct err e = { 0 };

	put("log", "", 0644);
	bad(venv_find(&A, S, &wish, &h, &e), &e, code, text);
	good(fs_list(&A, in_t("store/shells"), &names, &e), &e);
	assert_int_equal(names.n, left);
}

#define NO_PACKAGE "echo 'ERROR: No matching distribution found for torch==2.6.0+cpu'; exit 1"

static void
test_once(void **state)
{
	(void)state;
	made("venv\npip --no-deps torch==2.6.0+cpu\npip torch==2.6.0+cpu pytest numpy\n");
	made("");
	wish.with_cmake = true;
	made("pip cmake ninja\n");
}

/* Where there is no torch of the local name, one without will do. */
static void
test_plain_name(void **state)
{
	(void)state;
	put("pip", "case $* in *+cpu*) " NO_PACKAGE " ;; esac", 0644);
	made("venv\npip --no-deps torch==2.6.0+cpu\npip --no-deps torch==2.6.0\npip torch==2.6.0 pytest numpy\n");
}

/* The wheel that is pinned is the one that pip may take, if it is for that Python. */
static void
test_hash(void **state)
{
	char hex[65];

	(void)state;
	put("pip", "case $* in *+cpu*) " NO_PACKAGE " ;; -*-r*) cp \"$3\" \"$T/asked\" ;; esac",
		0644);
	torch.headers.has_sha256 = true;
	torch.headers.sha256 = sha256_of("wheel", 5);
	torch.headers.file = "torch-2.6.0-cp311-cp311-manylinux1_x86_64.whl";
	made("venv\npip --no-deps torch==2.6.0+cpu\npip --no-deps -r DIR/torch.txt\npip torch==2.6.0 pytest numpy\n");
	assert_string_equal(got("asked"), arena_printf(&A, "torch==2.6.0 --hash=sha256:%s\n",
						  digest_hex(&torch.headers.sha256, hex)));
	torch.headers.file = "torch-2.6.0-cp312-cp312-manylinux1_x86_64.whl";
	base.version = "3.11.3";
	made("venv\npip --no-deps torch==2.6.0+cpu\npip --no-deps torch==2.6.0\npip torch==2.6.0 pytest numpy\n");
	put("pip",
		"case $* in *+cpu*) " NO_PACKAGE
		" ;; *) echo THESE PACKAGES DO NOT MATCH THE HASHES; exit 1 ;; esac",
		0644);
	base.version = "3.12.1";
	refused(ERR_HASH, "pip's torch==2.6.0 is not the pinned file torch-2.6.0-cp312-", 2);
}

static void
test_refused(void **state)
{
	struct err e;

	(void)state;
	put("no-venv", "", 0644);
	refused(ERR_SYS, "python -m venv failed; see above", 0);
	good(fs_remove(in_t("no-venv"), &e), &e);
	put("pip", "echo no network; exit 1", 0644);
	refused(ERR_NET, "pip failed; see above", 0);
	put("pip", "echo 'ERROR: No matching distribution found for torch==2.6.0'; exit 1", 0644);
	refused(ERR_RESOLVE, "pip has no torch 2.6.0", 0);
	put("pip", "case $* in --no-deps*) ;; *) exit 1 ;; esac", 0644);
	refused(ERR_NET, "pip failed", 0);
	put("pip", "", 0644);
	put("torch", PROBE("2.7.0", "true", ""), 0644);
	refused(ERR_RESOLVE,
		"v needs torch 2.6.0, new C++ ABI; pip has torch 2.7.0, CPU, new C++ ABI", 0);
	/* It is seen before the libraries come. */
	assert_null(strstr(got("log"), "pytest"));
	variant.backend = BACKEND_ROCM;
	refused(ERR_RESOLVE, "v: there is a torch for CPUs and CUDA only", 0);
}

/* One whose Python does not work any more. */
static void
test_broken(void **state)
{
	struct strs names = { 0 };
	struct err e;

	(void)state;
	made("venv\npip --no-deps torch==2.6.0+cpu\npip torch==2.6.0+cpu pytest numpy\n");
	good(fs_list(&A, in_t("store/shells"), &names, &e), &e);
	assert_int_equal(names.n, 1);
	script(arena_printf(&A, "store/shells/%s/bin/python3", names.v[0]), "exit 1");
	made("venv\npip --no-deps torch==2.6.0+cpu\npip torch==2.6.0+cpu pytest numpy\n");
}

static void
test_packages(void **state)
{
	const struct host *h;
	struct err e;

	(void)state;
	good(project_parse(&A,
		     STR("[general]\nname = \"relu\"\nversion = 1\nedition = 5\nlicense = \"MIT\"\n"
			 "backends = [\"cpu\"]\npython-depends = [\"einops\"]\n[torch]\nsrc = [\"b.cpp\"]\n"
			 "[kernel.cpu]\nbackend = \"cpu\"\ndepends = [\"torch\"]\nsrc = [\"a.cpp\"]\n"),
		     "/k", false, &project, &e),
		&e);
	put("pip", "case $* in *einops*) cp \"$T/after\" \"$T/torch\" ;; esac", 0644);
	put("after", PROBE("2.6.0", "true", "\"einops\""), 0644);
	made("venv\npip --no-deps torch==2.6.0+cpu\npip torch==2.6.0+cpu pytest numpy\npip torch==2.6.0 einops\n");
	made("");
	/* pip says that it did, and it is not there. */
	put("torch", PROBE("2.6.0", "true", ""), 0644);
	put("after", PROBE("2.6.0", "true", ""), 0644);
	bad(venv_find(&A, S, &wish, &h, &e), &e, ERR_RESOLVE,
		"has no einops, which build.toml lists in python-depends; install it: ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_once, new_store, old_store),
		cmocka_unit_test_setup_teardown(test_plain_name, new_store, old_store),
		cmocka_unit_test_setup_teardown(test_hash, new_store, old_store),
		cmocka_unit_test_setup_teardown(test_refused, new_store, old_store),
		cmocka_unit_test_setup_teardown(test_broken, new_store, old_store),
		cmocka_unit_test_setup_teardown(test_packages, new_store, old_store),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
