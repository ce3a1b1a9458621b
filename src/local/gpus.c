/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the driver of NVIDIA, and without one nvidia-smi, for the GPUs of this machine. */
#include "local/gpus.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/signal.h"
#include "config/capability.h"
#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

/* Of the driver's interface (cuda.h): what it has always been called, and what the numbers mean. */
enum { CU_OK = 0, CU_NO_DEVICE = 100, CU_MAJOR = 75, CU_MINOR = 76 };
enum { NO_DRIVER = 3 }; /* exit status of the child */

#ifdef KB_STATIC
/* A static program cannot load the driver's library. */
static int
print_gpus(void *arg)
{
	(void)arg;
	return NO_DRIVER;
}

static int
print_driver(void *arg)
{
	(void)arg;
	return NO_DRIVER;
}
#else
/* Prints a line for each GPU, as nvidia-smi does. In a child: the driver's library stays loaded. */
static int
print_gpus(void *arg)
{
	void *lib = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
	int (*init)(unsigned), (*count)(int *), (*device)(int *, int),
		(*attribute)(int *, int, int);
	int n = 0, r;

	(void)arg;
	if (!lib)
		return NO_DRIVER;
	*(void **)&init = dlsym(lib, "cuInit");
	*(void **)&count = dlsym(lib, "cuDeviceGetCount");
	*(void **)&device = dlsym(lib, "cuDeviceGet");
	*(void **)&attribute = dlsym(lib, "cuDeviceGetAttribute");
	if (!init || !count || !device || !attribute)
		return NO_DRIVER;
	r = init(0);
	if (r == CU_NO_DEVICE)
		return 0;
	if (r != CU_OK || count(&n) != CU_OK)
		return NO_DRIVER;
	for (int i = 0; i < n; i++) {
		int d, major, minor;

		if (device(&d, i) != CU_OK || attribute(&major, CU_MAJOR, d) != CU_OK ||
			attribute(&minor, CU_MINOR, d) != CU_OK)
			return NO_DRIVER;
		dprintf(STDOUT_FILENO, "%d.%d\n", major, minor);
	}
	return 0;
}

/* Prints 12080 for 12.8. */
static int
print_driver(void *arg)
{
	void *lib = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
	int (*version)(int *), n = 0;

	(void)arg;
	if (!lib)
		return NO_DRIVER;
	*(void **)&version = dlsym(lib, "cuDriverGetVersion");
	if (!version || version(&n) != CU_OK || n <= 0)
		return NO_DRIVER;
	dprintf(STDOUT_FILENO, "%d\n", n);
	return 0;
}
#endif

static int
wait_for(struct proc *p, struct proc_end *end, struct err *e)
{
	int r = 0;

	while (r == 0 && p->out >= 0) {
		struct pollfd fd = { .fd = p->out, .events = POLLIN };

		poll(&fd, 1, 1000);
		r = proc_read(p, e);
		if (r == 0)
			r = signals_check(e);
	}
	if (r < 0)
		proc_kill(p);
	return proc_finish(p, end, e) < 0 ? -1 : r;
}

/* What the driver says by one of these functions. 0: there is no driver. */
static int
ask_driver(struct arena *a, int (*fn)(void *arg), struct str *text, struct err *e)
{
	struct proc p = { 0 };
	struct proc_end end = { 0 };
	int r;

	TRY(proc_call(&p, "/", fn, NULL, e));
	r = wait_for(&p, &end, e);
	if (r == 0)
		*text = (struct str){ arena_strndup(a, p.text.p ? p.text.p : "", p.text.n),
			p.text.n };
	proc_free(&p);
	TRY(r);
	return end.exit_status == 0;
}

static int
ask_smi(struct arena *a, struct str *text, struct err *e)
{
	static const char *const words[] = { "nvidia-smi", "--query-gpu=compute_cap",
		"--format=csv,noheader" };
	struct strs argv = { 0 };
	int status;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		vec_push(a, &argv, words[i]);
	TRY(proc_run(a, &(struct proc_command){ .dir = "/", .argv = &argv }, text, &status, e));
	return status == 0;
}

int
gpus_find(struct arena *a, struct strs *out, struct err *e)
{
	struct str text = { 0 }, line;
	struct strs here = { 0 };
	int found;

	/* Which heeds CUDA_VISIBLE_DEVICES. */
	TRY(found = ask_driver(a, print_gpus, &text, e));
	if (!found)
		TRY(found = ask_smi(a, &text, e));
	while (found && str_cut(&text, '\n', &line)) {
		line = str_trim(line);
		if (capability_is_valid(line))
			strs_add(a, &here, arena_strndup(a, line.p, line.n));
	}
	for (size_t i = 0; i < here.n; i++) {
		log_debug("a GPU here has capability %s", here.v[i]);
		strs_add(a, out, here.v[i]);
	}
	return (int)here.n;
}

int
gpus_driver(struct arena *a, struct version *out, struct err *e)
{
	struct str text = { 0 };
	uint64_t n;
	int found;

	*out = (struct version){ 0 };
	TRY(found = ask_driver(a, print_driver, &text, e));
	if (found && str_to_u64(str_trim(text), &n))
		*out = (struct version){ .v = { (unsigned)(n / 1000), (unsigned)(n % 1000 / 10) },
			.n = 2 };
	return 0;
}
