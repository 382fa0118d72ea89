/* SPDX-License-Identifier: MIT */
/*
 * CF-03: a command that is blocked with words, with these words in other orders, options apart and behind others, and
 * with another argv[0].
 *
 * Remedy: `claude-sandbox --dry-run` names each pattern of blocked_commands.
 * See: seccomp_unotify(2), execve(2)
 */
#include "cmd.h"

PROBE("cmd-words", "a blocked command cannot be started with other spellings of its words")
{
	char name[] = "cs-words", other[] = "other", delete[] = "delete", vm[] = "vm", xf[] = "-xf",
	     fx[] = "-vfx", f[] = "-f", x[] = "-x", set[] = "--set=1", end[] = "--";
	char *const words[][8] = { { name, vm, delete, xf, NULL },
				   { name, fx, delete, vm, NULL },
				   { other, f, set, vm, delete, x, NULL },
				   { name, x, f, end, delete, NULL } };

	CMD_NEED(path, "CANARY_OUT_WORDS");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct cmd c = { .path = path, .fd = -1, .argv = words[i] };
		struct probe_result r = cmd_try(&c, "execve");

		if (r.seen != PROBE_DENIED)
			return r;
		if (i + 1 == sizeof(words) / sizeof(words[0]))
			return r;
	}
	return probe_unknown(0, "execve", "no words");
}
