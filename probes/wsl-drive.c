/* SPDX-License-Identifier: MIT */
/*
 * WS-01: a drive lies below /mnt, or wherever wsl.conf puts it, or in a
 * tree that is shown: so a planted one is read, mounts of the kinds that
 * drives have are looked for and opened, and /mnt itself must be absent, or
 * empty and private.
 *
 * Remedy: leave /mnt out; mask drives that are mounted in what is shown.
 * See: https://learn.microsoft.com/windows/wsl/wsl-config
 */
#include "look.h"

#include <sys/vfs.h>

/* A mount on which the system itself is, as virtual machines have it, is no drive; nor is the project's. */
static bool is_own(const char *point, const char *project)
{
	static const char *const own[] = { "/",	   "/usr",   "/etc",	   "/bin", "/sbin",
					   "/lib", "/lib64", "/nix/store", NULL };

	for (int i = 0; own[i] != NULL; i++)
		if (strcmp(point, own[i]) == 0)
			return true;
	return look_under(project, point);
}

/* A mount stays in the table when another one covers it: what counts is what its directory answers. */
static bool is_drive(const struct look_mount *m, void *arg)
{
	const char *project = probe_input("CANARY_PROJECT");
	const char *type = strncmp(m->type, "fuse.", 5) == 0 ? m->type + 5 : m->type;
	char buf[4096];
	long n;
	int fd;

	if (strcmp(type, "9p") != 0 && strcmp(type, "drvfs") != 0 && strcmp(type, "virtiofs") != 0)
		return false;
	if (project == NULL || is_own(m->point, project))
		return false;
	fd = look_open(m->point, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return false;
	n = probe_sys(SYS_getdents64, (long)fd, buf, (long)sizeof(buf));
	look_close(fd);
	if (n < 0)
		return false;
	snprintf(arg, 128, "%s at %.90s", m->type, m->point);
	return true;
}

PROBE("wsl-drive", "no Windows drive and nothing else below /mnt is visible")
{
	const char *drive = probe_input("CANARY_DRIVE");
	char path[LOOK_PATH], seen[128] = "", buf[4096];
	struct probe_result r;
	struct statfs fs = { 0 };
	long n;
	int fd;

	if (drive != NULL) {
		r = look_canary(look_join(path, drive, "canary"));
		if (r.seen != PROBE_DENIED)
			return r;
	}
	if (look_mounts(is_drive, seen) == 1)
		return probe_allowed("mountinfo", "%s", seen);
	fd = look_open("/mnt", O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return probe_denied(-fd, "openat /mnt", "%s", probe_errno_name(-fd));
	n = probe_sys(SYS_getdents64, (long)fd, buf, (long)sizeof(buf));
	probe_sys(SYS_fstatfs, (long)fd, &fs);
	look_close(fd);
	if (n > 48)
		return probe_allowed("getdents64 /mnt", "it has entries");
	return fs.f_type == 0x01021994 ? probe_denied(0, "getdents64 /mnt", "it is empty and private")
				       : probe_allowed("openat /mnt", "it is the host's");
}
