/* SPDX-License-Identifier: MIT */
/*
 * CF-04: a command that is blocked with words, with so many before them that who looks may give up; and one that is
 * blocked as a whole without any word, also without argv[0].
 *
 * Remedy: What can't be looked at is to be refused: the launcher is of another build, or the filter is not in force.
 * See: seccomp_unotify(2), execve(2)
 */
#include "cmd.h"

#define MANY 20000

PROBE("cmd-edges", "a blocked command cannot be started with too many words, or none")
{
	static char name[] = "cs-words", delete[] = "delete", xf[] = "-xf", vm[] = "vm";
	static char *many[MANY + 1];
	char *const none[] = { NULL };
	struct cmd c = { .fd = -1, .argv = many };
	struct probe_result r;

	CMD_NEED(whole, "CANARY_OUT_BLOCKED");
	CMD_NEED(path, "CANARY_OUT_WORDS");
	for (size_t i = 0; i < MANY; i++)
		many[i] = vm;
	many[0] = name;
	many[MANY - 2] = delete;
	many[MANY - 1] = xf;
	c.path = path;
	r = cmd_try(&c, "execve with many words");
	c.path = whole;
	c.argv = none;
	return r.seen == PROBE_DENIED ? cmd_try(&c, "execve without words") : r;
}
