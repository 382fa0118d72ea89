/* SPDX-License-Identifier: MIT */
/*
 * A plain main for a fuzz target: runs it once over every file named, and over
 * every file of every directory named. 0; 2 when something can't be read or
 * there was nothing to run. A finding ends the program.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "mem.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fail(const char *path)
{
	fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
	return -1;
}

static int run_file(const char *path)
{
	AUTO_FILE FILE *f = fopen(path, "re");
	AUTO_FREE uint8_t *data = NULL;
	struct stat st;
	size_t size;

	if (f == NULL || fstat(fileno(f), &st) < 0)
		return fail(path);
	size = (size_t)st.st_size;
	data = xmalloc(size > 0 ? size : 1);
	if (fread(data, 1, size, f) != size)
		return fail(path);
	/* Before the run, so that a crash names its input. */
	fprintf(stderr, "replay: %s\n", path);
	LLVMFuzzerTestOneInput(data, size);
	return 1;
}

/* The number of inputs run, or -1. */
static int run_path(const char *path)
{
	AUTO_DIR DIR *dir = opendir(path);
	const struct dirent *e;
	int n = 0;

	if (dir == NULL && errno == ENOTDIR)
		return run_file(path);
	if (dir == NULL)
		return fail(path);
	while ((e = readdir(dir)) != NULL) {
		AUTO_FREE char *file = NULL;

		if (e->d_name[0] == '.')
			continue;
		file = xasprintf("%s/%s", path, e->d_name);
		if (run_file(file) < 0)
			return -1;
		n++;
	}
	return n;
}

int main(int argc, char **argv)
{
	int total = 0;

	for (int i = 1; i < argc; i++) {
		int n = run_path(argv[i]);

		if (n < 0)
			return 2;
		total += n;
	}
	if (total == 0) {
		fprintf(stderr, "usage: replay FILE|DIRECTORY...; nothing was run\n");
		return 2;
	}
	printf("%d inputs\n", total);
	return 0;
}
