/* SPDX-License-Identifier: MIT */
/*
 * Every number from 428 to 520 with bad arguments, without those that the sandbox permits and
 * those that would act on the caller; a filter that lists what it refuses lets tomorrow's calls
 * through. One child does them all and goes on after a kill.
 * Remedy: The filter must be a list of permitted calls with ENOSYS for the rest (the built-in one
 *   is): unset CLAUDE_SANDBOX_NO_SECCOMP.
 * See: seccomp(2), syscalls(2)
 */
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define FIRST  428
#define LAST   520
#define KILLED 0x7fff

struct shared {
	volatile long next;
	long result[LAST - FIRST + 1];
};

/*
 * Not tried: what the sandbox permits (pidfd_open, close_range, faccessat2,
 * epoll_pwait2, landlock, futex_waitv, map_shadow_stack, mseal), and clone3,
 * which returns twice.
 */
static bool tried(long nr)
{
	static const short skip[] = { 434, 435, 436, 439, 441, 444, 445, 446, 449, 453, 462 };

	for (size_t i = 0; i < sizeof(skip) / sizeof(skip[0]); i++)
		if (skip[i] == nr)
			return false;
	return true;
}

static struct probe_result try_numbers(void *arg)
{
	struct shared *s = arg;

	for (; s->next <= LAST; s->next++) {
		long *r = &s->result[s->next - FIRST];

		*r = KILLED;
		if (tried(s->next))
			*r = probe_sys(s->next, -1L, 1L, 1L, -1L, 1L, -1L);
	}
	return probe_na("done");
}

PROBE("sys-unknown-numbers", "calls that the filter does not name do not reach the kernel")
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char got[200] = "";
	int n = 0, err = 0;

	if (s == MAP_FAILED)
		return probe_unknown(errno, "mmap", "no memory");
	for (s->next = FIRST; s->next <= LAST;) {
		probe_in_child(try_numbers, s, 2);
		s->next++; /* the one that ended the child is not tried again */
	}
	for (long nr = FIRST; nr <= LAST; nr++) {
		long r = s->result[nr - FIRST];

		if (!tried(nr) || r == KILLED)
			continue;
		if (r < 0 && (r == -ENOSYS || r == -EPERM)) {
			err = (int)-r;
			continue;
		}
		n++;
		if (strlen(got) < sizeof(got) - 8)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), " %ld", nr);
	}
	if (n > 0)
		return probe_allowed("syscall", "%d numbers reached the kernel:%s", n, got);
	return probe_denied(err, "syscall", "none of the numbers %d to %d reached the kernel", FIRST, LAST);
}
