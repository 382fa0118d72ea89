/* SPDX-License-Identifier: MIT */
/* Runs the suites of all modules, or those named as arguments; TAP on stdout; 0 all passed, 1 not. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

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

int main(int argc, char **argv)
{
	SRunner *runner = srunner_create(NULL);
	int run, failed;

	/* A deadline for what hangs: check's own, 4 s, ends what only waits for the processor. */
	setenv("CK_DEFAULT_TIMEOUT", "60", 0);
	for (int i = 1; i < argc; i++) {
		if (!is_suite(argv[i])) {
			fprintf(stderr, "unit: no suite %s\n", argv[i]);
			srunner_free(runner);
			return 2;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		if (is_wanted(suites[i].name, argc, argv))
			srunner_add_suite(runner, suites[i].make());
	}
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	run = srunner_ntests_run(runner);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	/* A run without a test shows nothing. */
	return run > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
