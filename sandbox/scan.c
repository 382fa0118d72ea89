/* SPDX-License-Identifier: MIT */
/* A walk of the writable trees for what must be masked in them. */
#include "scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"
#include "path.h"
#include "util.h"

#define CHECK_EVERY 256 /* entries between two looks at the clocks */
#define WALL_FACTOR 10

/* Looked into only when all else is done: large, generated, and made by tools. */
static const char *const last[] = { "node_modules", "objects", "target", ".venv", "__pycache__", "vendor" };

/* The directories still to visit, in order. */
struct queue {
	struct strv first, later;
	size_t next_first, next_later;
};

struct walk {
	const struct policy *policy;
	const char *tree; /* root of the writable tree */
	struct queue q;
	struct scan *res;
	struct timespec cpu_end, wall_end;
	bool limited;
};

static void found(struct walk *w, const char *path, bool is_dir, bool closed, char *why)
{
	struct compose_found *f = &w->res->found;

	f->mask = xrealloc_array(f->mask, f->n + 1, sizeof(*f->mask));
	f->mask[f->n++] =
	    (struct compose_mask){ .path = xstrdup(path), .is_dir = is_dir, .closed = closed, .why = why };
}

/* A glob with a slash speaks of the path below the tree, one without of the name at any depth. */
static const char *matching_mask(const struct walk *w, const char *path)
{
	const char *below = path + strlen(w->tree) + 1;

	for (size_t i = 0; i < w->policy->mask.n; i++) {
		const char *glob = w->policy->mask.v[i];
		bool whole = strchr(glob, '/') != NULL;

		if (*glob == '/')
			glob++;
		if (fnmatch(glob, whole ? below : path_basename(path), whole ? FNM_PATHNAME : 0) == 0)
			return w->policy->mask.v[i];
	}
	return NULL;
}

static void visit(struct walk *w, int dirfd, const char *dir, const struct dirent *e)
{
	AUTO_FREE char *path = path_join(dir, e->d_name);
	const char *mask = matching_mask(w, path);
	unsigned char type = e->d_type;

	if (type == DT_UNKNOWN) {
		struct stat st;

		if (fstatat(dirfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			type = IFTODT(st.st_mode);
	}
	if (mask != NULL && type != DT_LNK) {
		found(w, path, type == DT_DIR, false, xasprintf("mask %s", mask));
		return;
	}
	if (type == DT_SOCK || type == DT_FIFO) {
		found(w, path, false, true,
		      xasprintf("a %s of the host: a mount doesn't stop its use",
				type == DT_SOCK ? "socket" : "FIFO"));
		return;
	}
	if (type != DT_DIR)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(last); i++)
		if (streq(e->d_name, last[i])) {
			strv_take(&w->q.later, TAKE_PTR(path));
			return;
		}
	strv_take(&w->q.first, TAKE_PTR(path));
}

static bool after(clockid_t clock, const struct timespec *end)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec > end->tv_sec || (now.tv_sec == end->tv_sec && now.tv_nsec > end->tv_nsec);
}

/* Of processor time, so that a busy machine doesn't shorten the walk; cold disks are bounded by the wall clock. */
static bool out_of_time(struct walk *w)
{
	if (++w->res->entries % CHECK_EVERY != 0 || !w->limited)
		return false;
	return after(CLOCK_PROCESS_CPUTIME_ID, &w->cpu_end) || after(CLOCK_MONOTONIC, &w->wall_end);
}

/* False when the time is over. */
static bool read_dir(struct walk *w, const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO_DIR DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return true;
	}
	while ((e = readdir(d)) != NULL) {
		if (streq(e->d_name, ".") || streq(e->d_name, ".."))
			continue;
		visit(w, dirfd(d), dir, e);
		if (out_of_time(w))
			return false;
	}
	return true;
}

static void walk_tree(struct walk *w)
{
	bool going = true;

	strv_add(&w->q.first, w->tree);
	while (going) {
		struct queue *q = &w->q;

		if (q->next_first < q->first.n)
			going = read_dir(w, q->first.v[q->next_first++]);
		else if (q->next_later < q->later.n)
			going = read_dir(w, q->later.v[q->next_later++]);
		else
			break;
	}
	w->res->incomplete |= !going;
	strv_done(&w->q.first);
	strv_done(&w->q.later);
	w->q = (struct queue){ 0 };
}

static struct timespec in_future(clockid_t clock, unsigned milliseconds)
{
	struct timespec t;

	clock_gettime(clock, &t);
	t.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	t.tv_sec += milliseconds / 1000 + t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

void scan_trees(const struct policy *policy, unsigned milliseconds, struct scan *ret)
{
	struct walk w = { .policy = policy, .res = ret, .limited = milliseconds > 0 };

	*ret = (struct scan){ 0 };
	w.cpu_end = in_future(CLOCK_PROCESS_CPUTIME_ID, milliseconds);
	w.wall_end = in_future(CLOCK_MONOTONIC, milliseconds * WALL_FACTOR);
	for (size_t i = 0; i < policy->nentry; i++) {
		const struct policy_entry *e = &policy->entry[i];

		/* Read-only binds too: a read-only mount stops neither. */
		if (e->part < POLICY_PROJECT || !e->is_dir)
			continue;
		w.tree = e->path;
		walk_tree(&w);
	}
}

void scan_done(struct scan *s)
{
	for (size_t i = 0; i < s->found.n; i++) {
		free(s->found.mask[i].path);
		free(s->found.mask[i].why);
	}
	free(s->found.mask);
	*s = (struct scan){ 0 };
}
