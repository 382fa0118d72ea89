/* SPDX-License-Identifier: MIT */
/*
 * CF-01: a command that is blocked as a whole, by the ways around its name: the root of /proc, a link, a descriptor, a
 * shell that is told to start it, or given it as a script.
 *
 * Remedy: `claude-sandbox --dry-run` names each pattern of blocked_commands, and the mask over its file.
 * See: seccomp_unotify(2), execveat(2)
 */
#include "cmd.h"

static struct probe_result by_link(const char *path, char *const *argv)
{
	struct cmd c = { .fd = -1, .argv = argv };
	struct probe_result r;
	char link[64];

	snprintf(link, sizeof(link), "/tmp/cmd-detour.%ld", probe_sys(SYS_getpid));
	unlink(link);
	if (symlink(path, link) < 0)
		return probe_unknown(errno, "symlink", "no link in /tmp");
	c.path = link;
	r = cmd_try(&c, "execve of a link");
	unlink(link);
	return r;
}

static struct probe_result by_fd(const char *path, char *const *argv)
{
	/* Left open: the script's interpreter reads it by that number. */
	int fd = (int)probe_sys(SYS_openat, (long)AT_FDCWD, path, (long)O_PATH, 0L);
	struct cmd c = { .fd = fd, .argv = argv };
	struct probe_result r;

	if (fd < 0)
		return probe_denied(-fd, "open", "no descriptor of the command");
	r = cmd_try(&c, "execveat");
	look_close(fd);
	return r;
}

PROBE("cmd-detour", "a blocked command cannot be started by a detour")
{
	char name[] = "sh", option[] = "-c", start[LOOK_PATH], root[LOOK_PATH], file[LOOK_PATH];
	char *const told[] = { name, option, start, NULL }, *const given[] = { name, file, NULL };
	struct cmd c = { .fd = -1, .argv = given };
	struct probe_result r;

	CMD_NEED(path, "CANARY_OUT_BLOCKED");
	snprintf(file, sizeof(file), "%.4000s", path);
	snprintf(start, sizeof(start), "exec '%.4000s'", path);
	c.path = look_join(root, "/proc/self/root", path);
	r = cmd_try(&c, "execve by /proc/self/root");
	if (r.seen == PROBE_DENIED)
		r = by_link(path, given);
	if (r.seen == PROBE_DENIED)
		r = by_fd(path, given);
	c.path = "/bin/sh";
	c.argv = told;
	if (r.seen == PROBE_DENIED)
		r = cmd_try(&c, "sh -c");
	c.argv = given;
	return r.seen == PROBE_DENIED ? cmd_try(&c, "a script for sh") : r;
}
