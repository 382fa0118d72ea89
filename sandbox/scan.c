/* SPDX-License-Identifier: MIT */
/* A walk of the bound trees for what must not be shown as it is. */
#include "scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"
#include "mountinfo.h"
#include "path.h"
#include "util.h"

#define CHECK_EVERY  256 /* entries between two looks at the clocks */
#define WALL_FACTOR  10
/*
 * Longest path of a directory that is searched: any name in it still makes a path
 * that can be mounted on. Deeper ones are masked as a whole.
 */
#define PATH_LIMIT   3800
#define SETUID_SHARE 3 /* of the time while names are left: a stat(2) costs four times what a name does */

/* Shows or changes what the kernel and other programs do, wherever it is mounted. */
static const char *const kernel_types[] = { "proc",	"sysfs",       "devtmpfs", "devpts",	 "cgroup",
					    "cgroup2",	"securityfs",  "debugfs",  "tracefs",	 "bpf",
					    "configfs", "binfmt_misc", "mqueue",   "pstore",	 "efivarfs",
					    "fusectl",	"selinuxfs",   "nsfs",	   "rpc_pipefs", "resctrl" };

/* Looked into only when all else is done: large, generated, and made by tools. */
static const char *const last[] = { "node_modules", "objects", "target", ".venv", "__pycache__", "vendor" };

/* The directories still to visit, in order. */
struct queue {
	struct strv first, later;
	size_t next_first, next_later;
};

struct walk {
	const struct policy *policy;
	const char *tree; /* root of the tree */
	bool writable;	  /* the tree */
	struct queue q;
	struct scan *res;
	struct diag *d;
	size_t nkernel;	   /* so many of res->found are mounts of the kernel's: not walked */
	struct strv later; /* files to look at once all names are known */
	struct timespec cpu_end, wall_end, setuid_end;
	bool limited, setuid_over;
	int conflict; /* -errno: a mask hides what was asked for */
};

static void found(struct walk *w, struct compose_mask m)
{
	struct compose_found *f = &w->res->found;

	f->mask = xrealloc_array(f->mask, f->n + 1, sizeof(*f->mask));
	f->mask[f->n++] = m;
}

/*
 * A glob with a slash speaks of the path below the tree, one without of the name
 * at any depth. What matched before the start, and was then renamed by somebody
 * who may, is another name: only what is found is held where it is, by pins.
 */
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

/* The entry of project or requested binds whose tree holds path, or NULL. */
static const struct policy_entry *bound(const struct policy *policy, const char *path)
{
	for (size_t i = 0; i < policy->nentry; i++)
		if (policy->entry[i].part >= POLICY_PROJECT && path_is_under(path, policy->entry[i].path))
			return &policy->entry[i];
	return NULL;
}

/* One of them that is path or lies below it: covering path would cover that. Or NULL. */
static const struct policy_entry *holds_bound(const struct policy *policy, const char *path)
{
	for (size_t i = 0; i < policy->nentry; i++)
		if (policy->entry[i].part >= POLICY_PROJECT && path_is_under(policy->entry[i].path, path))
			return &policy->entry[i];
	return NULL;
}

/*
 * Nothing can be mounted on a link, and what it leads to has a name of its own:
 * that is masked. Outside of the bound trees it is not visible, or the system's.
 */
static void mask_target(struct walk *w, const char *link, const char *mask)
{
	AUTO_FREE char *path = realpath(link, NULL);
	struct stat st;

	if (path == NULL || bound(w->policy, path) == NULL || holds_bound(w->policy, path) != NULL ||
	    lstat(path, &st) < 0)
		return;
	found(w, (struct compose_mask){ .path = TAKE_PTR(path),
					.is_dir = S_ISDIR(st.st_mode),
					.closed = S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode),
					.pinned = true,
					.why = xasprintf("mask %s: %s leads here", mask, link) });
}

static void mask_match(struct walk *w, const char *path, unsigned char type, const char *mask)
{
	const struct policy_entry *shown = holds_bound(w->policy, path);

	if (type == DT_LNK) {
		mask_target(w, path, mask);
		return;
	}
	if (shown != NULL && w->conflict == 0) {
		w->conflict = -EINVAL;
		diag_set(w->d, w->conflict, "mask %s: hides %s, and %s was asked for", mask, path,
			 shown->path);
		diag_try(w->d, "a mask that leaves it, or do without the bind");
	}
	found(w, (struct compose_mask){ .path = xstrdup(path),
					.is_dir = type == DT_DIR,
					.closed = type == DT_SOCK || type == DT_FIFO,
					.pinned = strchr(mask, '/') != NULL,
					.why = xasprintf("mask %s", mask) });
}

/* What a program gets from its file beyond what its caller has, or NULL. Nobody gives it to what can't be run. */
static const char *privilege(const char *path, mode_t mode)
{
	if (!S_ISREG(mode))
		return NULL;
	if ((mode & S_ISUID) != 0)
		return "a setuid file: what is written into it keeps the bit";
	if ((mode & S_ISGID) != 0)
		return "a setgid file: what is written into it keeps the bit";
	/* EOVERFLOW: for root of a user namespace that is not ours */
	if ((mode & 0111) != 0 &&
	    (lgetxattr(path, "security.capability", NULL, 0) >= 0 || errno == EOVERFLOW))
		return "a file with capabilities: what is written into it keeps them";
	return NULL;
}

/*
 * The kernel takes bits and capabilities away from a file that is written to, but
 * not when the writing is done through a shared mapping. In a box of an ordinary
 * user only for a part of the time, and then for what the names leave: what gets the
 * bit of a file of their own runs with what they have anyway, and capabilities are rare.
 * Takes path.
 */
static void visit_file(struct walk *w, int dirfd, char *path, const char *name)
{
	AUTO_FREE char *p = path;
	struct stat st;
	const char *why;

	if (!w->writable)
		return;
	if (w->setuid_over) {
		strv_take(&w->later, TAKE_PTR(p));
		return;
	}
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	why = privilege(p, st.st_mode);
	if (why != NULL)
		found(w,
		      (struct compose_mask){ .path = TAKE_PTR(p), .read_only = true, .why = xstrdup(why) });
}

static void close_dir(struct walk *w, const char *path, const char *why)
{
	found(w, (struct compose_mask){
		     .path = xstrdup(path), .is_dir = true, .closed = true, .why = xstrdup(why) });
}

static void enqueue(struct walk *w, char *path)
{
	for (size_t i = 0; i < w->nkernel; i++)
		if (streq(w->res->found.mask[i].path, path)) {
			free(path);
			return;
		}
	if (strlen(path) > PATH_LIMIT) {
		close_dir(w, path, "too deep to be searched for sockets and masked names");
		free(path);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(last); i++)
		if (streq(path_basename(path), last[i])) {
			strv_take(&w->q.later, path);
			return;
		}
	strv_take(&w->q.first, path);
}

static void visit(struct walk *w, int dirfd, const char *dir, const struct dirent *e)
{
	AUTO_FREE char *path = xasprintf("%s/%s", dir, e->d_name);
	const char *mask = matching_mask(w, path);
	unsigned char type = e->d_type;

	if (type == DT_UNKNOWN) {
		struct stat st;

		if (fstatat(dirfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			type = IFTODT(st.st_mode);
	}
	if (mask != NULL)
		mask_match(w, path, type, mask);
	else if (type == DT_SOCK || type == DT_FIFO)
		found(w, (struct compose_mask){
			     .path = xstrdup(path),
			     .closed = true,
			     .why = xasprintf("a %s of the host: a mount doesn't stop its use",
					      type == DT_SOCK ? "socket" : "FIFO") });
	else if (type == DT_REG)
		visit_file(w, dirfd, TAKE_PTR(path), e->d_name);
	else if (type == DT_DIR)
		enqueue(w, TAKE_PTR(path));
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
	w->setuid_over = w->setuid_over || after(CLOCK_PROCESS_CPUTIME_ID, &w->setuid_end);
	return after(CLOCK_PROCESS_CPUTIME_ID, &w->cpu_end) || after(CLOCK_MONOTONIC, &w->wall_end);
}

/* The files that were left for the end, in their order. */
static void visit_later(struct walk *w)
{
	struct strv *later = &w->later;

	w->setuid_over = false;
	w->writable = true;
	for (size_t i = 0; i < later->n; i++) {
		if (i % CHECK_EVERY == 0 &&
		    (after(CLOCK_PROCESS_CPUTIME_ID, &w->cpu_end) || after(CLOCK_MONOTONIC, &w->wall_end)))
			break;
		visit_file(w, AT_FDCWD, xstrdup(later->v[i]), later->v[i]);
	}
	strv_done(later);
}

/*
 * Its owner, who the box is, could make it searchable again: nothing in it may be
 * reachable then. 0, or -errno with the diagnosis.
 */
static int unsearchable(struct walk *w, const char *dir, int e)
{
	if (w->policy->mask.n == 0 && !holds_bound(w->policy, dir)) {
		close_dir(w, dir, "can't be searched for sockets and masked names");
		return 0;
	}
	diag_errno(w->d, e, "%s can't be searched for %s", dir,
		   w->policy->mask.n > 0 ? "masked names" : "sockets");
	if (e == -EACCES)
		diag_try(w->d, "chmod u+rx %s", diag_word((char[DIAG_WORD]){ 0 }, DIAG_WORD, dir));
	return w->d->code;
}

/* What neither we nor the box may open or change: it is somebody else's. */
static bool out_of_reach(const struct walk *w, const char *dir)
{
	struct stat st;

	if (geteuid() == 0)
		return false;
	return !w->writable || lstat(dir, &st) < 0 || st.st_uid != geteuid();
}

/* 0; 1 when the time is over; -errno with the diagnosis. */
static int read_dir(struct walk *w, const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), e = -errno;
	AUTO_DIR DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	struct stat st;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		if (e == -ENOENT || e == -ELOOP || e == -ENOTDIR || (e == -EACCES && out_of_reach(w, dir)))
			return 0;
		return unsearchable(w, dir, e);
	}
	/* Names alone, without x: neither files nor directories in it can be looked at. */
	if (geteuid() != 0 && w->writable && fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    (st.st_mode & S_IXUSR) == 0)
		return unsearchable(w, dir, -EACCES);
	while ((entry = readdir(d)) != NULL) {
		if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
			continue;
		visit(w, dirfd(d), dir, entry);
		if (out_of_time(w))
			return 1;
	}
	return 0;
}

static int walk_tree(struct walk *w)
{
	int r = 0;

	strv_add(&w->q.first, w->tree);
	while (r == 0) {
		struct queue *q = &w->q;

		if (q->next_first < q->first.n)
			r = read_dir(w, q->first.v[q->next_first++]);
		else if (q->next_later < q->later.n)
			r = read_dir(w, q->later.v[q->next_later++]);
		else
			break;
	}
	w->res->incomplete |= r > 0;
	strv_done(&w->q.first);
	strv_done(&w->q.later);
	w->q = (struct queue){ 0 };
	return r < 0 ? r : 0;
}

/* Binds are recursive: what the host mounted below the project comes along. */
static void kernel_mounts(struct walk *w, const char *mounts)
{
	struct mountinfo m = { 0 };

	while (mountinfo_next(&mounts, &m)) {
		struct stat st = { .st_mode = S_IFDIR };
		bool kernels = false;

		for (size_t i = 0; i < ARRAY_SIZE(kernel_types); i++)
			kernels |= streq(m.type, kernel_types[i]);
		/* Absent: covered by another mount. Any other failure: most are directories. */
		if (kernels && bound(w->policy, m.point) != NULL && !holds_bound(w->policy, m.point) &&
		    (lstat(m.point, &st) == 0 || errno != ENOENT))
			found(w, (struct compose_mask){ .path = xstrdup(m.point),
							.is_dir = S_ISDIR(st.st_mode),
							.closed = true,
							.why = xasprintf("%s of the host", m.type) });
		mountinfo_done(&m);
	}
	w->nkernel = w->res->found.n;
}

static int strength(const struct compose_mask *m)
{
	return m->closed ? 0 : m->read_only ? 2 : 1;
}

/* Parents before children: "/" sorts before every other byte. The stronger of two first. */
static int by_path(const void *pa, const void *pb)
{
	const struct compose_mask *a = pa, *b = pb;
	const unsigned char *x = (const unsigned char *)a->path, *y = (const unsigned char *)b->path;

	while (*x != '\0' && *x == *y) {
		x++;
		y++;
	}
	if (*x == *y)
		return strength(a) - strength(b);
	if (*x == '\0' || *y == '\0')
		return *x == '\0' ? -1 : 1;
	if (*x == '/' || *y == '/')
		return *x == '/' ? -1 : 1;
	return (int)*x - (int)*y;
}

/* Each once, and none below a masked directory, where its path leads nowhere. */
static void tidy(struct compose_found *f)
{
	size_t n = 0;

	if (f->n > 1)
		qsort(f->mask, f->n, sizeof(*f->mask), by_path);
	for (size_t i = 0; i < f->n; i++) {
		if (n > 0 && path_is_under(f->mask[i].path, f->mask[n - 1].path)) {
			f->mask[n - 1].pinned |=
			    streq(f->mask[i].path, f->mask[n - 1].path) && f->mask[i].pinned;
			free(f->mask[i].path);
			free(f->mask[i].why);
			continue;
		}
		f->mask[n++] = f->mask[i];
	}
	f->n = n;
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

int scan_trees(const struct policy *policy, const char *mounts, unsigned milliseconds, struct scan *ret,
	       struct diag *d)
{
	struct walk w = { .policy = policy, .res = ret, .d = d, .limited = milliseconds > 0 };
	int r = 0;

	*ret = (struct scan){ 0 };
	w.cpu_end = in_future(CLOCK_PROCESS_CPUTIME_ID, milliseconds);
	w.setuid_end = in_future(CLOCK_PROCESS_CPUTIME_ID, milliseconds / SETUID_SHARE);
	w.wall_end = in_future(CLOCK_MONOTONIC, milliseconds * WALL_FACTOR);
	kernel_mounts(&w, mounts);
	for (size_t i = 0; i < policy->nentry && r == 0; i++) {
		const struct policy_entry *e = &policy->entry[i];

		/* Read-only binds too: a read-only mount stops neither. */
		if (e->part < POLICY_PROJECT || !e->is_dir)
			continue;
		w.tree = e->path;
		w.writable = e->access == POLICY_WRITE;
		r = walk_tree(&w);
	}
	visit_later(&w);
	tidy(&ret->found);
	return r == 0 ? w.conflict : r;
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
