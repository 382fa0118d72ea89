/* SPDX-License-Identifier: MIT */
/*
 * GT-10: what git would log in with: a credential helper, a header with a token, a password in
 * a URL, all in the user's own config.
 *
 * Remedy: write the config inside from a list of keys that are known to be harmless.
 * See: gitcredentials(7), git-config(1)
 */
#include "look.h"

PROBE("git-credentials", "the user's git config inside has no credentials in it")
{
	static const char *const names[] = { ".gitconfig", ".config/git/config" };
	char path[LOOK_PATH];
	int err = 0, last = ENOENT;

	LOOK_NEED(home, "CANARY_HOME");
	LOOK_NEED(text, "CANARY_TEXT");
	(void)text;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (probe_file_has_canary(look_join(path, home, names[i]), &err))
			return probe_allowed("read", "the canary was read through %.180s", path);
		last = err != 0 ? err : last;
	}
	return probe_denied(last, "openat", "%s", probe_errno_name(last));
}
