/* SPDX-License-Identifier: MIT */
/*
 * RS-03: what lies on a tmpfs is memory of the machine, and each tmpfs may take half of it unless it was made
 * smaller, or a third as many files as it has pages. Nothing is filled: the file system itself says what it takes.
 * Remedy: Every fresh directory has a size: look for `size` in --dry-run.
 * See: tmpfs(5) on size and nr_inodes
 */
#include "look.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>

#define THIRD 3

/* A tmpfs that takes what we write, and is not where the project lies. */
static bool is_fresh(const char *path, dev_t project, struct statfs *fs)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev != project && statfs(path, fs) == 0 &&
	       fs->f_type == TMPFS_MAGIC && probe_sys(SYS_faccessat, (long)AT_FDCWD, path, (long)W_OK) == 0;
}

PROBE("res-tmpfs-size", "no fresh directory takes a third of the machine's memory")
{
	const char *home = getenv("HOME");
	const char *const dirs[] = {
		"/tmp", "/var/tmp", "/dev", "/dev/shm", "/run", home != NULL ? home : "/"
	};
	unsigned long long memory;
	struct sysinfo info;
	struct stat project = { 0 };
	int seen = 0;

	if (probe_sys(SYS_sysinfo, &info) < 0)
		return probe_unknown(0, "sysinfo", "the memory of the machine is not known");
	memory = (unsigned long long)info.totalram * info.mem_unit;
	stat(".", &project);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		struct statfs fs;
		unsigned long long bytes, files;

		if (!is_fresh(dirs[i], project.st_dev, &fs))
			continue;
		seen++;
		bytes = (unsigned long long)fs.f_blocks * (unsigned long long)fs.f_bsize;
		files = (unsigned long long)fs.f_files;
		/* 0: without an end. */
		if (bytes == 0 || bytes > memory / THIRD)
			return probe_allowed("statfs", "%s takes %llu MB of %llu", dirs[i], bytes >> 20,
					     memory >> 20);
		if (files == 0 || files > memory / (unsigned long long)fs.f_bsize / THIRD)
			return probe_allowed("statfs", "%s takes %llu files", dirs[i], files);
	}
	if (look_open_arm())
		return probe_na("no tmpfs outside is larger");
	if (seen == 0)
		return probe_unknown(0, "statfs", "no fresh directory was found");
	return probe_denied(0, "statfs", "%d fresh directories, each smaller", seen);
}
