/* SPDX-License-Identifier: MIT */
#include "canary_cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "mem.h"
#include "path.h"
#include "util.h"

#define CANARY_CGROUP "cs-canary-"

/* A whole file of the kernel's. Owned; NULL: it can't be read. */
static char *canary_cgroup_read(const char *path)
{
	AUTO_FILE FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t n = 0;

	if (f == NULL || getdelim(&text, &n, '\0', f) < 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* What a suite that was killed could not remove: its process is no more. */
static void canary_cgroup_tidy(const char *above)
{
	DIR *d = opendir(above);
	const struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		int pid, n = 0;

		if (sscanf(e->d_name, CANARY_CGROUP "%d-%n", &pid, &n) == 1 && n > 0 && kill(pid, 0) < 0 &&
		    errno == ESRCH)
			unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	}
	if (d != NULL)
		closedir(d);
}

void canary_cgroup_plant(struct canary_site *s)
{
	AUTO_FREE char *text = canary_cgroup_read("/proc/self/cgroup");
	AUTO_FREE char *own = text != NULL ? cgroup_path(text) : NULL;
	AUTO_FREE char *mounts = canary_cgroup_read("/proc/self/mountinfo");
	bool v1;
	AUTO_FREE char *root = mounts != NULL ? cgroup_root(mounts, &v1) : NULL;
	AUTO_FREE char *above = NULL, *dir = NULL;

	if (own == NULL || root == NULL)
		return;
	above = xasprintf("%s%s", root, streq(own, "/") ? "" : own);
	canary_cgroup_tidy(above);
	dir = xasprintf("%s/" CANARY_CGROUP "%d-%.12s", above, (int)getpid(), s->token + 6);
	if (mkdir(dir, 0755) < 0)
		return;
	strv_add(&s->trash, dir);
	if (geteuid() != 0 || chown(dir, s->uid, s->gid) == 0)
		canary_input(s, "CANARY_CGROUP", dir);
}
