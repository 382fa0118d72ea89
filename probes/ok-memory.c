/* SPDX-License-Identifier: MIT */
/*
 * Code written into a mapping and run, as just-in-time compilers do; 64 KiB locked; a shared
 * mapping of a project file, read back through the file.
 * Remedy: The sandbox breaks an ordinary program here: run it by hand in the sandbox, and look at
 *   --dry-run and --list-syscalls.
 * See: mmap(2), mprotect(2), mlock(2)
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FAIL_IF(cond, step) \
	do { \
		if (cond) \
			return probe_denied(errno, step, "failed here"); \
	} while (0)

PROBE("ok-memory", "memory can be mapped, protected, locked and shared with a project file")
{
#if defined(__x86_64__)
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 }; /* mov $42,%eax; ret */
#else
	static const unsigned char code[] = {
		0x40, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6
	}; /* mov w0,#42; ret */
#endif
	const char *project = probe_input("CANARY_PROJECT");
	char path[4096], buf[8] = "", *map;
	int (*run)(void);
	void *p;
	int fd;

	if (project == NULL)
		return probe_na("needs CANARY_PROJECT");
	p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FAIL_IF(p == MAP_FAILED, "mmap");
	memcpy(p, code, sizeof(code));
	FAIL_IF(mprotect(p, 65536, PROT_READ | PROT_EXEC) < 0, "mprotect");
	__builtin___clear_cache(p, (char *)p + sizeof(code));
	memcpy(&run, &p, sizeof(run));
	FAIL_IF(run() != 42, "run");
	FAIL_IF(mlock(p, 65536) < 0, "mlock");
	FAIL_IF(madvise(p, 65536, MADV_NORMAL) < 0, "madvise");
	snprintf(path, sizeof(path), "%s/.cs-probe-map-XXXXXX", project);
	fd = mkstemp(path);
	FAIL_IF(fd < 0, "mkstemp");
	unlink(path);
	FAIL_IF(ftruncate(fd, 4096) < 0, "ftruncate");
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	FAIL_IF(map == MAP_FAILED, "mmap MAP_SHARED");
	memcpy(map, "probe", 5);
	FAIL_IF(msync(map, 4096, MS_SYNC) < 0 || pread(fd, buf, 5, 0) != 5 || memcmp(buf, "probe", 5) != 0,
		"read back");
	return probe_allowed("memory", "run, locked, shared");
}
