/* SPDX-License-Identifier: MIT */
/* A held file's place, by its name on the host. */
#include "hostsavefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "deadline.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "textfile.h"
#include "util.h"

#define AWAY_MS 10000 /* an editor takes the old one away before it writes the new one */

size_t hostsavefile_tree_of(const struct hostsave_opts *o, const char *path)
{
	const struct policy *p = o->policy;
	size_t found = SIZE_MAX, len = 0;

	for (size_t i = 0, k = 0; i < p->nentry; i++) {
		if (!policy_is_tree(&p->entry[i]))
			continue;
		if (k < o->ntree && o->tree[k] >= 0 && path_is_under(path, p->entry[i].path) &&
		    strlen(p->entry[i].path) >= len && !streq(path, p->entry[i].path)) {
			found = k;
			len = strlen(p->entry[i].path);
		}
		k++;
	}
	return found;
}

const char *hostsavefile_tree_path(const struct hostsave_opts *o, size_t tree)
{
	const struct policy *p = o->policy;

	for (size_t i = 0, k = 0; i < p->nentry; i++)
		if (policy_is_tree(&p->entry[i]) && k++ == tree)
			return p->entry[i].path;
	return NULL;
}

bool hostsavefile_is_mask(const struct hostsave_file *f)
{
	return f->op->type == PLAN_MASK_FILE;
}

bool hostsavefile_is_config(const struct hostsave_file *f)
{
	return f->op->type == PLAN_LINK;
}

int hostsavefile_open_dir(const struct hostsave *h, const struct hostsave_file *f)
{
	return oldkernel_open_beneath(h->o.tree[f->tree], f->dir, O_PATH | O_DIRECTORY, false);
}

int hostsavefile_is_covered(int dir, const char *name, struct stat *st)
{
	AUTO_CLOSE int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	AUTO_CLOSE int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	unsigned long at, above;

	if (fd < 0 || fstat(fd, st) < 0)
		return -errno;
	at = oldkernel_mount_id(proc, fd);
	above = oldkernel_mount_id(proc, dir);
	return at == 0 || above == 0 ? -ENOSYS : at != above;
}

bool hostsavefile_is_nothing(int covered, const struct stat *st)
{
	if (covered < 0)
		return covered == -ENOENT || covered == -ENOTDIR || covered == -ELOOP;
	return !S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode);
}

struct timespec hostsavefile_born(int dir, const char *name)
{
	struct statx x;

	if (statx(dir, name, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &x) < 0 || (x.stx_mask & STATX_BTIME) == 0)
		return (struct timespec){ 0 };
	return (struct timespec){ x.stx_btime.tv_sec, x.stx_btime.tv_nsec };
}

bool hostsavefile_is_same(const struct hostsave_file *f, int dir, const struct stat *st)
{
	struct timespec born = hostsavefile_born(dir, f->name);

	return f->ino == st->st_ino && f->dev == st->st_dev && time_is_same(f->born, born);
}

void hostsavefile_set_text(struct hostsave_file *f, const char *text)
{
	char *copy = text != NULL ? xstrdup(text) : NULL;

	free(f->text);
	f->text = copy;
}

void hostsavefile_remember(struct hostsave_file *f, const struct stat *st, struct timespec born)
{
	f->dev = st->st_dev;
	f->ino = st->st_ino;
	f->born = born;
	f->mode = st->st_mode & 07777;
	f->gone = false;
}

void hostsavefile_made(const struct hostsave *h, struct hostsave_file *f, int dir, const struct stat *made)
{
	struct timespec born = hostsavefile_born(dir, f->name);

	hostsavefile_remember(f, made, born);
	f->stop = h->stops;
}

void hostsavefile_gone(struct hostsave_file *f)
{
	if (!f->gone)
		f->away = deadline_in(CLOCK_MONOTONIC, AWAY_MS);
	f->gone = true;
}

char *hostsavefile_read(int dir, const char *name, struct stat *st)
{
	AUTO_CLOSE int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return textfile_read(fd, HOSTSAVE_TEXT_MAX, st);
}
