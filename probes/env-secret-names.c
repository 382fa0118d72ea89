/* SPDX-License-Identifier: MIT */
/*
 * EF-01: names that end in _TOKEN, _KEY, _SECRET and the like, and the
 * prefixes of cloud tools. Names are printed, values never. What the agent
 * itself needs is exempt.
 *
 * Remedy: build the environment from a keep-list; pass a single one on with
 *         the env setting.
 * See: https://attack.mitre.org/techniques/T1552/
 */
#include "look.h"

static bool name_is_secret(const char *s, size_t n)
{
	static const char *const ends[] = {
		"_TOKEN", "_KEY", "_SECRET", "_PAT", "_PASS", "_CREDENTIALS", NULL
	};
	static const char *const parts[] = { "PASSWORD", "PASSWD", "SECRET", "APIKEY", NULL };
	static const char *const starts[] = { "AWS_",	"GITHUB_", "GITLAB_", "OP_SESSION",
					      "AZURE_", "VAULT_",  NULL };

	for (int i = 0; ends[i] != NULL; i++)
		if (n > strlen(ends[i]) && memcmp(s + n - strlen(ends[i]), ends[i], strlen(ends[i])) == 0)
			return true;
	for (int i = 0; parts[i] != NULL; i++)
		if (memmem(s, n, parts[i], strlen(parts[i])) != NULL)
			return true;
	for (int i = 0; starts[i] != NULL; i++)
		if (strncmp(s, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

PROBE("env-secret-names", "no variable whose name says secret is in the environment")
{
	static const char *const keep[] = { "ANTHROPIC_", "CLAUDE_", "CANARY_", NULL };
	char names[160] = "";
	unsigned found = 0;

	LOOK_NEED(token, "CANARY_TOKEN");
	for (char **e = environ; *e != NULL; e++) {
		size_t n = strcspn(*e, "=");
		bool kept = false;

		for (int i = 0; keep[i] != NULL; i++)
			kept |= strncmp(*e, keep[i], strlen(keep[i])) == 0;
		if (kept || !name_is_secret(*e, n))
			continue;
		found++;
		if (strlen(names) + n + 2 < sizeof(names))
			snprintf(names + strlen(names), sizeof(names) - strlen(names), " %.*s", (int)n, *e);
	}
	return found > 0 ? probe_allowed("environ", "%u:%s", found, names)
			 : probe_denied(0, "environ", "no such name");
}
