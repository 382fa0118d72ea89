/* SPDX-License-Identifier: MIT */
/*
 * HC-02: tokens that lie in the home's toolchains, among the programs that the profile full shows.
 *
 * Remedy: name the file in the row's secrets in tools.def; leave the toolchain out meanwhile, with another profile.
 * See: https://docs.npmjs.com/cli/configuring-npm/npmrc
 */
#include "look.h"

PROBE("cred-toolchains", "tokens in the home's toolchains cannot be read")
{
	char path[LOOK_PATH];
	unsigned reached = 0, tried = 0;
	int err = 0, last = ENOENT;

	LOOK_NEED(list, "CANARY_TOOLCHAINS");
	for (const char *s = list; *s != '\0'; s += *s == ',') {
		size_t n = strcspn(s, ",");

		snprintf(path, sizeof(path), "%.*s", (int)n, s);
		s += n;
		tried++;
		if (probe_file_has_canary(path, &err))
			reached++;
		else if (err != 0)
			last = err;
	}
	if (reached > 0)
		return probe_allowed("openat", "%u of %u have the canary", reached, tried);
	return probe_denied(last, "openat", "%s", probe_errno_name(last));
}
