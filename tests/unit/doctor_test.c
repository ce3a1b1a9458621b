/* SPDX-License-Identifier: Apache-2.0 */
/* What facts about a machine mean for builds, and what is to be done. */
#include "base/arena.h"
#include "doctor/doctor.h"
#include "elf/target.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena a;
static struct doctor_facts f;
static struct doctor_points points;
static struct host host;

static int
set_up(void **state)
{
	(void)state;
	f = (struct doctor_facts){ .system = "Linux 6.1",
		.cpu = "x86_64",
		.installer = INSTALLER_APT,
		.sandbox_mode = "auto",
		.has_bwrap = true,
		.has_sandbox = true,
		.store = "/store",
		.store_free = (uint64_t)100 << 30,
		.memory = (uint64_t)16 << 30,
		.jobs = 4,
		.has_pip = true,
		.python = "/usr/bin/python3",
		.python_version = "3.11.2",
		.has_venv = true };
	host = (struct host){ .target = &targets[0],
		.release = "2.11.0+cu130",
		.cxx11 = true,
		.torch = { { 2, 11 }, 2 },
		.cuda = { { 13 }, 2 } };
	points = (struct doctor_points){ 0 };
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static const struct doctor_point *
judge(const char *about)
{
	points.n = 0;
	doctor_judge(&a, &f, &points);
	for (size_t i = 0; i < points.n; i++) {
		if (streq(points.v[i].about, about))
			return &points.v[i];
	}
	return NULL;
}

static void
expect(const char *about, enum doctor_level level, const char *cure)
{
	const struct doctor_point *p = judge(about);

	assert_non_null(p);
	assert_int_equal(p->level, level);
	if (cure)
		assert_string_equal(p->cure, cure);
	else
		assert_null(p->cure);
	assert_int_equal(doctor_can_build(&points), level != DOCTOR_STOPS);
}

static void
test_fine(void **state)
{
	(void)state;
	judge("machine");
	for (size_t i = 0; i < points.n; i++) {
		assert_int_equal(points.v[i].level, DOCTOR_FINE);
		assert_null(points.v[i].cure);
	}
	assert_true(doctor_can_build(&points));
	f.cpu = "aarch64";
	expect("machine", DOCTOR_FINE, NULL);
	f.cpu = "riscv64";
	expect("machine", DOCTOR_STOPS, "build on one of these");
}

static void
test_sandbox(void **state)
{
	(void)state;
	f.has_sandbox = f.has_bwrap = false;
	f.sandbox_why = "bwrap is not in PATH";
	expect("sandbox", DOCTOR_LACKING, "sudo apt-get install bubblewrap");
	f.installer = INSTALLER_DNF;
	expect("sandbox", DOCTOR_LACKING, "sudo dnf install bubblewrap");
	f.installer = INSTALLER_OTHER;
	expect("sandbox", DOCTOR_LACKING, "install bubblewrap, as this system does");
	f.has_bwrap = true;
	f.closed = SWITCH_APPARMOR;
	expect("sandbox", DOCTOR_LACKING,
		"sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
	f.closed = SWITCH_COUNT;
	expect("sandbox", DOCTOR_LACKING, "sudo sysctl -w user.max_user_namespaces=15000");
	f.sandbox_mode = "on";
	f.closed = SWITCH_CLONE;
	expect("sandbox", DOCTOR_STOPS, "sudo sysctl -w kernel.unprivileged_userns_clone=1");
	f.sandbox_mode = "off";
	expect("sandbox", DOCTOR_FINE, NULL);
}

static void
test_store(void **state)
{
	(void)state;
	f.store_free = (uint64_t)2 << 30;
	expect("store", DOCTOR_LACKING, "set a bound: export KERNEL_BUILDER_CACHE_SIZE=2G");
	f.store_free = 1000;
	expect("store", DOCTOR_STOPS,
		"kernel-builder store gc --keep 1G, or another disk: export KERNEL_BUILDER_HOME=DIR");
	f.store_fault = "cannot write";
	expect("store", DOCTOR_STOPS, "name another directory: export KERNEL_BUILDER_HOME=DIR");
}

/* Without a network, what was fetched can be built. */
static void
test_sources(void **state)
{
	(void)state;
	f.wheels_fault = "no answer";
	expect("package index", DOCTOR_STOPS,
		"look at the network and https_proxy, or name another index: python3 -m pip config set global.index-url URL, or export KERNEL_BUILDER_WHEEL_INDEX=URL");
	f.has_pip = false;
	expect("package index", DOCTOR_STOPS, "sudo apt-get install python3-pip");
	f.has_trees = true;
	expect("package index", DOCTOR_LACKING, "sudo apt-get install python3-pip");
	f.debian_fault = "no answer";
	expect("Debian mirror", DOCTOR_LACKING,
		"look at the network and https_proxy, or name another mirror: export KERNEL_BUILDER_DEBIAN_MIRROR=URL");
}

static void
test_python(void **state)
{
	(void)state;
	assert_non_null(strstr(judge("torch")->text, "none in that Python"));
	f.host = &host;
	assert_string_equal(judge("torch")->text,
		"2.11.0+cu130, which loads torch211-cxx11-cu130-x86_64-linux");
	host.other = "ROCm";
	expect("torch", DOCTOR_LACKING,
		"kernel-builder testshell, which makes an environment of its own");
	f.has_venv = false;
	expect("Python", DOCTOR_LACKING, "sudo apt-get install python3-venv");
	f.host = NULL;
	f.torch_fault = "it is for ROCm";
	assert_int_equal(judge("torch")->level, DOCTOR_LACKING);
	f.python = NULL;
	expect("Python", DOCTOR_LACKING, "sudo apt-get install python3 python3-venv python3-pip");
	assert_null(judge("torch"));
}

static void
test_gpu(void **state)
{
	(void)state;
	vec_push(&a, &f.gpus, "9.0");
	vec_push(&a, &f.gpus, "10.0");
	f.driver = (struct version){ { 12, 8 }, 2 };
	assert_string_equal(judge("GPU")->text,
		"capability 9.0, 10.0, driver for CUDA 12.8: runs variants up to CUDA 12");
	f.host = &host;
	expect("GPU", DOCTOR_LACKING, "install a driver for CUDA 13, or a torch for CUDA 12");
	f.driver.v[0] = 13;
	expect("GPU", DOCTOR_FINE, NULL);
}

static void
test_memory(void **state)
{
	(void)state;
	assert_string_equal(judge("memory")->text, "16.0 GiB for 4 jobs");
	f.jobs = 16;
	assert_string_equal(
		judge("memory")->text, "16.0 GiB for 16 jobs; large steps wait for each other");
	f.memory = (uint64_t)1 << 30;
	assert_int_equal(judge("memory")->level, DOCTOR_LACKING);
	f.memory = UINT64_MAX;
	assert_null(judge("memory"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fine, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sandbox, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_store, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sources, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_python, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gpu, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_memory, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
