/* SPDX-License-Identifier: MIT */
/*
 * Runs the suites of all modules, or those named as arguments; TAP on stdout; 0 all passed, 1 not. Each suite has a
 * process of its own: every test is a fork of it, and with the sanitizers each of those looks at its end for leaks
 * among all that the suites before have left.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mem.h"
#include "unit.h"
#include "util.h"

static const struct {
	const char *name;
	Suite *(*make)(void);
} suites[] = {
#define SUITE(name) { #name, name##_suite },
#include "unit_suites.h"
#undef SUITE
};

static bool is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (streq(argv[i], name))
			return true;
	}
	return argc < 2;
}

static bool is_suite(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		if (streq(suites[i].name, name))
			return true;
	}
	return false;
}

/* In the child; its exit code. */
static int run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

struct total {
	unsigned run;
	bool failed;
};

/* The tests of a suite's TAP, with the numbers that they have among all; false: it is not whole. */
static bool tell(FILE *tap, struct total *t)
{
	AUTO_FREE char *line = NULL;
	size_t size = 0;
	unsigned ran = 0, planned = 0, n;
	int at;

	while (getline(&line, &size, tap) >= 0) {
		const char *ok = str_starts(line, "not ok ") ? "not ok" : "ok";

		if (sscanf(line, "1..%u", &n) == 1) {
			planned += n;
		} else if (str_starts(line, ok) && sscanf(line + strlen(ok), " %u%n", &n, &at) == 1) {
			ran++;
			printf("%s %u%s", ok, ++t->run, line + strlen(ok) + at);
		} else {
			fputs(line, stdout);
		}
	}
	return ran == planned && ran > 0;
}

/* What it prints goes to a file: a process that a test left behind keeps no pipe open. */
static void run_apart(const char *name, Suite *(*make)(void), struct total *t)
{
	AUTO_CLOSE int fd = memfd_create("tap", MFD_CLOEXEC);
	FILE *tap = fd >= 0 ? fdopen(dup(fd), "r") : NULL;
	pid_t pid = tap != NULL ? fork() : -1;
	int status = -1;
	bool whole;

	if (pid == 0)
		exit(dup2(fd, STDOUT_FILENO) < 0 ? EXIT_FAILURE : run_suite(make()));
	if (pid > 0)
		waitpid(pid, &status, 0);
	if (tap != NULL)
		rewind(tap);
	whole = tap != NULL && tell(tap, t);
	t->failed |= status != 0;
	if (!whole || (status != 0 && status != EXIT_FAILURE << 8)) {
		t->failed = true;
		printf("not ok %u - the suite %s: %s, wait status %d\n", ++t->run, name,
		       whole ? "whole" : "not whole", status);
	}
	if (tap != NULL)
		fclose(tap);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct total t = { 0 };

	/* A deadline for what hangs: check's own, 4 s, ends what only waits for the processor. */
	setenv("CK_DEFAULT_TIMEOUT", "60", 0);
	for (int i = 1; i < argc; i++) {
		if (!is_suite(argv[i])) {
			fprintf(stderr, "unit: no suite %s\n", argv[i]);
			return 2;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		if (is_wanted(suites[i].name, argc, argv))
			run_apart(suites[i].name, suites[i].make, &t);
	}
	printf("1..%u\n", t.run);
	/* A run without a test shows nothing. */
	return t.run > 0 && !t.failed ? EXIT_SUCCESS : EXIT_FAILURE;
}
