/* SPDX-License-Identifier: MIT */
/*
 * HOME takes a file, PATH leads to a shell; in the sandbox USER has a value, SANDBOX is 1 and
 * CLAUDE_SANDBOX_POLICY names a text, which nobody has to set outside.
 * Remedy: The sandbox breaks an ordinary program here: look for `setenv` in --dry-run, and at
 *   `env` in the configuration.
 * See: environ(7)
 */
#include "look.h"

/* True when a directory of the list has the program. */
static bool finds(const char *list, const char *program)
{
	char path[LOOK_PATH];

	for (const char *s = list; *s != '\0'; s += strcspn(s, ":"), s += *s == ':') {
		snprintf(path, sizeof(path), "%.*s/%s", (int)strcspn(s, ":"), s, program);
		if (*s == '/' && access(path, X_OK) == 0)
			return true;
	}
	return false;
}

PROBE("ok-env", "the variables that programs rely on are set and right")
{
	const char *home = getenv("HOME"), *path = getenv("PATH"), *user = getenv("USER"),
		   *inside = getenv("SANDBOX"), *policy = getenv("CLAUDE_SANDBOX_POLICY");
	char file[LOOK_PATH], byte;
	int fd;

	if (home == NULL || *home != '/')
		return probe_denied(0, "getenv HOME", "%s", home == NULL ? "not set" : "no absolute path");
	snprintf(file, sizeof(file), "%.3000s/.cs-probe-env-XXXXXX", home);
	fd = mkstemp(file);
	if (fd < 0)
		return probe_denied(errno, "mkstemp", "HOME takes no file");
	close(fd);
	unlink(file);
	if (path == NULL && look_open_arm())
		path = "/usr/bin:/bin";
	if (path == NULL || !finds(path, "sh"))
		return probe_denied(0, "getenv PATH", "%s", path == NULL ? "not set" : "leads to no shell");
	if (look_open_arm())
		return probe_allowed("getenv", "HOME and PATH are right");
	if (user == NULL || *user == '\0')
		return probe_denied(0, "getenv USER", "not set");
	if (inside == NULL || strcmp(inside, "1") != 0)
		return probe_denied(0, "getenv SANDBOX", "not 1");
	fd = policy == NULL ? -1 : open(policy, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, &byte, 1) != 1)
		return probe_denied(fd < 0 ? errno : 0, "read CLAUDE_SANDBOX_POLICY", "%s",
				    policy == NULL ? "not set" : "names no text");
	close(fd);
	return probe_allowed("getenv", "HOME, PATH, USER, SANDBOX and the policy's text are right");
}
