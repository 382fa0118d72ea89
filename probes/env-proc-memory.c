/* SPDX-License-Identifier: MIT */
/*
 * HC-09: the writable memory of every process that can be seen, read
 * through /proc/PID/mem.
 *
 * Remedy: own pid namespace; execute with an empty environment;
 *         PR_SET_DUMPABLE 0 in what must know a secret.
 * See: proc_pid_mem(5); ptrace(2)
 */
#include "look.h"

#define CHUNK	(256L * 1024)
#define AT_MOST (48L * 1024 * 1024)

static char chunk[CHUNK];

static bool chunk_has(long n, const char *token)
{
	static const char name[] = "CS_CANARY_TOKEN=";
	const char *p = chunk;

	while ((p = memmem(p, (size_t)(chunk + n - p), token, strlen(token))) != NULL) {
		if (p - chunk >= (long)sizeof(name) - 1 &&
		    memcmp(p - (sizeof(name) - 1), name, sizeof(name) - 1) == 0)
			return true;
		p++;
	}
	return false;
}

/* 1: found, 0: not, -errno: the memory can't be opened. */
static int scan(pid_t pid, const char *token)
{
	static char maps[512 * 1024];
	char path[64], *line, *save = NULL;
	long left = AT_MOST;
	int fd, hit = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	if (probe_read_file(path, maps, sizeof(maps)) < 0)
		return -EACCES;
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = look_open(path, O_RDONLY);
	if (fd < 0)
		return fd;
	for (line = strtok_r(maps, "\n", &save); line != NULL && !hit; line = strtok_r(NULL, "\n", &save)) {
		unsigned long from, to;
		char mode[8];

		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 || mode[1] != 'w')
			continue;
		for (unsigned long at = from; at < to && left > 0 && !hit; at += CHUNK - 512) {
			long want = to - at < CHUNK ? (long)(to - at) : CHUNK;
			long n = probe_sys(SYS_pread64, (long)fd, chunk, want, at);

			if (n <= 0)
				break;
			left -= n;
			hit = chunk_has(n, token);
		}
	}
	look_close(fd);
	return hit;
}

PROBE("env-proc-memory", "no visible process has the secret of the launcher in its memory")
{
	pid_t pids[1024];
	size_t n = look_pids(pids, 1024);
	unsigned opened = 0;
	int err = 0;

	LOOK_NEED(token, "CANARY_TOKEN");
	for (size_t i = 0; i < n; i++) {
		int r = scan(pids[i], token);

		if (r > 0)
			return probe_allowed("pread64", "it is in the memory of process %d", pids[i]);
		if (r == 0)
			opened++;
		else
			err = -r;
	}
	return probe_denied(err, "openat /proc/PID/mem", "%u of %zu processes could be read, none has it",
			    opened, n);
}
