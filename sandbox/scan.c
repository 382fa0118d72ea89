/* SPDX-License-Identifier: MIT */
/* A walk of the bound trees for what must not be shown as it is. */
#include "scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>
#include <linux/openat2.h>

#include "deadline.h"
#include "mem.h"
#include "mountinfo.h"
#include "oldkernel.h"
#include "path.h"
#include "scanwalk.h"
#include "util.h"

#define AGAIN_MAX      1000
#define CHECK_EVERY    256 /* entries between two looks at the clocks */
#define WALL_FACTOR    10
/*
 * Longest path of a directory that is searched: any name in it still makes a path
 * that can be mounted on. Deeper ones are masked as a whole.
 */
#define PATH_LIMIT     3800
#define SETUID_SHARE   3   /* of the time while names are left: a stat(2) costs four times what a name does */
#define MAX_AT_START   300 /* mounts for autorun.def: a millisecond or two */
#define PASSABLE_NAMED 8
#define UNREAD_NAMED   8
#define URGENT_MAX     4096 /* entries of the directories that time does not stop */

/* Shows or changes what the kernel and other programs do, wherever it is mounted. */
static const char *const kernel_types[] = { "proc",	"sysfs",       "devtmpfs", "devpts",	 "cgroup",
					    "cgroup2",	"securityfs",  "debugfs",  "tracefs",	 "bpf",
					    "configfs", "binfmt_misc", "mqueue",   "pstore",	 "efivarfs",
					    "fusectl",	"selinuxfs",   "nsfs",	   "rpc_pipefs", "resctrl" };

/* Looked into only when all else is done: large, generated, and made by tools. */
static const char *const last[] = { "node_modules", "objects", "target", ".venv", "__pycache__", "vendor" };

/* In them only repositories count: what tools put there is theirs to change. */
static const char *const dependencies[] = { "node_modules", "bower_components", "site-packages", ".venv",
					    "venv",	    "vendor",		"target" };

static void found(struct scan_walk *w, struct compose_mask m)
{
	struct compose_found *f = &w->res->found;

	f->mask = xrealloc_array(f->mask, f->n + 1, sizeof(*f->mask));
	f->mask[f->n++] = m;
}

const char *scan_below(const struct scan_walk *w, const char *path)
{
	size_t n = strlen(w->tree[w->at.tree].path);

	return path[n] == '/' ? path + n + 1 : ".";
}

/*
 * What matched before the start, and was then renamed by somebody who may, is another name: only what is found is held
 * where it is, by pins.
 */
const char *scan_masked(const struct scan_walk *w, const char *path)
{
	/* Of another tree: found there. */
	return path_is_under(path, w->tree[w->at.tree].path) ? policy_mask(w->policy, scan_below(w, path))
							     : NULL;
}

const struct policy_entry *scan_bound(const struct policy *policy, const char *path)
{
	for (size_t i = 0; i < policy->nentry; i++)
		if (policy->entry[i].part >= POLICY_PROJECT && path_is_under(path, policy->entry[i].path))
			return &policy->entry[i];
	return NULL;
}

const struct policy_entry *scan_holds_bound(const struct policy *policy, const char *path)
{
	for (size_t i = 0; i < policy->nentry; i++)
		if (policy->entry[i].part >= POLICY_PROJECT && path_is_under(policy->entry[i].path, path))
			return &policy->entry[i];
	return NULL;
}

bool scan_is_written(const struct scan_walk *w, const char *path)
{
	const struct scan_tree *in = NULL;

	for (size_t i = 0; i < w->ntree; i++)
		if (path_is_under(path, w->tree[i].path) &&
		    (in == NULL || path_is_under(w->tree[i].path, in->path)))
			in = &w->tree[i];
	return in != NULL && in->writable;
}

bool scan_in_dependencies(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(dependencies); i++) {
		AUTO_FREE char *part = xasprintf("/%s/", dependencies[i]);
		AUTO_FREE char *whole = xasprintf("%s/", path);

		if (strstr(whole, part) != NULL)
			return true;
	}
	return false;
}

/* Through links; a recorded root (see host.h) needs a kernel that keeps them below it. */
static int open_in_root(const struct scan_walk *w, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	int fd = -1;

	/* A rename anywhere on the machine, while ".." is walked: the kernel can't tell, and says so (openat2(2)). */
	for (int tries = 0; fd < 0 && tries < AGAIN_MAX; tries++) {
		fd = (int)syscall(SYS_openat2, w->rootfd, path + 1, &how, sizeof(how));
		if (fd < 0 && errno != EAGAIN)
			break;
	}
	if (fd < 0 && *w->root == '\0' && (errno == EAGAIN || oldkernel_lacks_openat2(errno)))
		fd = openat(w->rootfd, path + 1, O_PATH | O_CLOEXEC);
	return fd;
}

/* What the kernel says that a descriptor is of, owned. */
static char *name_of(int fd)
{
	char proc[64], path[4096];
	ssize_t n;

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	n = readlink(proc, path, sizeof(path) - 1);
	return n > 0 ? xstrndup(path, (size_t)n) : NULL;
}

char *scan_real(const struct scan_walk *w, const char *path)
{
	AUTO_CLOSE int fd = open_in_root(w, path);
	AUTO_FREE char *real = fd >= 0 ? name_of(fd) : NULL;

	if (real == NULL || !str_starts(real, w->root))
		return NULL;
	return xstrdup(real + strlen(w->root));
}

/*
 * Nothing can be mounted on what a link leads to by its own name, and that has a name of its own:
 * that is masked. Outside of the bound trees it is not visible, or the system's.
 */
static void mask_target(struct scan_walk *w, const char *link, const char *mask)
{
	AUTO_FREE char *path = scan_real(w, link);
	struct stat st;

	if (path == NULL || scan_bound(w->policy, path) == NULL ||
	    scan_holds_bound(w->policy, path) != NULL ||
	    fstatat(w->rootfd, path + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	found(w, (struct compose_mask){ .path = TAKE_PTR(path),
					.is_dir = S_ISDIR(st.st_mode),
					.closed = S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode),
					.pinned = true,
					.why = xasprintf("mask %s: %s leads here", mask, link) });
}

static void mask_match(struct scan_walk *w, const char *path, unsigned char type, const char *mask)
{
	const struct policy_entry *shown = scan_holds_bound(w->policy, path);

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

static char *path_of(const struct scan_walk *w, const char *name)
{
	return xasprintf("%s/%s", w->at.path, name);
}

/* What a program gets from its file beyond what its caller has, or NULL. Nobody gives it to what can't be run. */
static const char *privilege(const struct scan_walk *w, const char *name, mode_t mode)
{
	AUTO_FREE char *path = NULL;

	if (!S_ISREG(mode))
		return NULL;
	if ((mode & S_ISUID) != 0)
		return "a setuid file: what is written into it keeps the bit";
	if ((mode & S_ISGID) != 0)
		return "a setgid file: what is written into it keeps the bit";
	if ((mode & 0111) == 0)
		return NULL;
	path = path_of(w, name);
	/* EOVERFLOW: for root of a user namespace that is not ours */
	if (lgetxattr(path, "security.capability", NULL, 0) >= 0 || errno == EOVERFLOW)
		return "a file with capabilities: what is written into it keeps them";
	return NULL;
}

static void push(struct scan_queue *q, struct scan_item item)
{
	if (q->n == q->cap) {
		q->cap = q->cap * 2 + 64;
		q->item = xrealloc_array(q->item, q->cap, sizeof(*q->item));
	}
	q->item[q->n++] = item;
}

/* The directory that is read, to be read once more for its files. */
static void files_later(struct scan_walk *w)
{
	if (!w->files_noted)
		push(&w->files, (struct scan_item){ .path = xstrdup(w->at.path), .tree = w->at.tree });
	w->files_noted = true;
}

/*
 * The kernel takes bits and capabilities away from a file that is written to, but
 * not when the writing is done through a shared mapping. In a box of an ordinary
 * user only for a part of the time, and then for what the names leave: what gets the
 * bit of a file of their own runs with what they have anyway, and capabilities are rare.
 */
static void visit_file(struct scan_walk *w, const char *name)
{
	struct stat st;
	const char *why;

	if (!w->writable || w->again)
		return;
	if (w->setuid_over && !w->only_files) {
		files_later(w);
		return;
	}
	if (fstatat(w->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	why = privilege(w, name, st.st_mode);
	if (why != NULL)
		found(w, (struct compose_mask){
			     .path = path_of(w, name), .read_only = true, .why = xstrdup(why) });
}

static void close_dir(struct scan_walk *w, const char *path, const char *why)
{
	found(w, (struct compose_mask){
		     .path = xstrdup(path), .is_dir = true, .closed = true, .why = xstrdup(why) });
}

void scan_enqueue(struct scan_walk *w, char *path, unsigned flags, ino_t ino)
{
	const char *name = path_basename(path);
	bool late = strv_has(&w->mounts, path);

	if (strv_has(&w->kernels, path)) {
		free(path);
		return;
	}
	if (strlen(path) > PATH_LIMIT) {
		close_dir(w, path, "too deep to be searched for sockets and masked names");
		free(path);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(last) && !late; i++)
		late = streq(name, last[i]);
	for (size_t i = 0; i < ARRAY_SIZE(dependencies) && (flags & SCAN_DEPENDENCIES) == 0; i++)
		flags |= streq(name, dependencies[i]) ? SCAN_DEPENDENCIES : 0;
	push(late			  ? &w->later
	     : (flags & SCAN_URGENT) != 0 ? &w->urgent
					  : &w->first,
	     (struct scan_item){
		 .path = path, .ino = ino, .tree = w->at.tree, .flags = (unsigned short)flags });
}

void scan_follow(struct scan_walk *w, const char *path, unsigned flags)
{
	unsigned short tree = w->at.tree;

	if (strv_has(&w->followed, path))
		return;
	for (size_t i = 0; i < w->ntree; i++)
		if (path_is_under(path, w->tree[i].path) && w->tree[i].writable) {
			strv_add(&w->followed, path);
			w->at.tree = (unsigned short)i;
			scan_enqueue(w, xstrdup(path),
				     flags | SCAN_PROTECTED | SCAN_HELD | (w->at.flags & SCAN_URGENT), 0);
			break;
		}
	w->at.tree = tree;
}

static unsigned char type_of(int dirfd, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type;
	return fstatat(dirfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? IFTODT(st.st_mode) : DT_UNKNOWN;
}

static void visit(struct scan_walk *w, const struct dirent *e)
{
	unsigned char type = type_of(w->dirfd, e);
	unsigned flags = w->at.flags & (SCAN_DEPENDENCIES | SCAN_PROTECTED | SCAN_HELD);

	if (w->policy->mask.n > 0) {
		AUTO_FREE char *path = path_of(w, e->d_name);
		const char *mask = scan_masked(w, path);

		if (mask != NULL) {
			mask_match(w, path, type, mask);
			return;
		}
	}
	if (w->writable && (type == DT_REG || type == DT_DIR || type == DT_LNK))
		scanauto_visit(w, e->d_name, type, &flags);
	if (type == DT_SOCK || type == DT_FIFO)
		found(w, (struct compose_mask){
			     .path = path_of(w, e->d_name),
			     .closed = true,
			     .why = xasprintf("a %s of the host: a mount doesn't stop its use",
					      type == DT_SOCK ? "socket" : "FIFO") });
	else if (type == DT_REG)
		visit_file(w, e->d_name);
	else if (type == DT_DIR)
		scan_enqueue(w, path_of(w, e->d_name), flags, e->d_ino);
}

/*
 * Of processor time, so that a busy machine doesn't shorten the walk; cold disks are bounded by the wall clock.
 * What is urgent has a number instead: nothing of it may depend on how busy the machine is.
 */
static bool out_of_time(struct scan_walk *w, bool urgent, bool look)
{
	if (!w->limited)
		return false;
	if (w->again)
		return w->over = w->over || (look && deadline_over(CLOCK_MONOTONIC, &w->wall_end));
	if (w->res->autorun.n >= w->listed + MAX_AT_START)
		return true;
	if (urgent)
		return w->urgent_entries > URGENT_MAX;
	if (!look)
		return w->over;
	w->setuid_over = w->setuid_over || deadline_over(CLOCK_PROCESS_CPUTIME_ID, &w->setuid_end);
	w->over = w->over || deadline_over(CLOCK_PROCESS_CPUTIME_ID, &w->cpu_end) ||
		  deadline_over(CLOCK_MONOTONIC, &w->wall_end);
	return w->over;
}

/*
 * Its owner, who the box is, could make it searchable again: nothing in it may be
 * reachable then. 0, or -errno with the diagnosis.
 */
static int unsearchable(struct scan_walk *w, const char *dir, int e)
{
	if (w->policy->mask.n == 0 && !scan_holds_bound(w->policy, dir)) {
		close_dir(w, dir, "can't be searched for sockets and masked names");
		return 0;
	}
	diag_errno(w->d, e, "%s can't be searched for %s", dir,
		   w->policy->mask.n > 0 ? "masked names" : "sockets");
	if (e == -EACCES)
		diag_try(w->d, "chmod u+rx %s", diag_word((char[DIAG_WORD]){ 0 }, DIAG_WORD, dir));
	return w->d->code;
}

/* What neither we nor the box may read or change: it is somebody else's. */
static bool out_of_reach(const struct scan_walk *w, const char *dir)
{
	struct stat st;

	if (geteuid() == 0)
		return false;
	return !w->writable ||
	       fstatat(w->tree[w->at.tree].fd, scan_below(w, dir), &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	       st.st_uid != geteuid();
}

/* Who knows a name in it gets to that, though the names can't be read. */
static bool leads_on(const struct scan_walk *w, const char *dir)
{
	AUTO_CLOSE int fd =
	    oldkernel_open_beneath(w->tree[w->at.tree].fd, scan_below(w, dir), O_PATH | O_DIRECTORY, false);
	char proc[64];

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	return fd >= 0 && faccessat(AT_FDCWD, proc, X_OK, AT_EACCESS) == 0;
}

static void name_passable(struct scan_walk *w, const char *dir)
{
	if (w->passable++ < PASSABLE_NAMED)
		strv_addf(&w->res->weaker,
			  "%s can be entered, but not searched: sockets, masked names and what the host runs "
			  "are not protected in it; try, as its owner: chmod a+r %s, or a-x",
			  dir, diag_word((char[DIAG_WORD]){ 0 }, DIAG_WORD, dir));
	else if (w->passable == PASSABLE_NAMED + 1)
		strv_add(&w->res->weaker, "more directories can be entered, but not searched");
}

static int open_dir(struct scan_walk *w)
{
	const struct scan_tree *t = &w->tree[w->at.tree];

	if (t->fd < 0)
		return t->fd;
	/* Others, the box among them once it runs, may put a link in the place of any directory. */
	return oldkernel_open_beneath(t->fd, scan_below(w, w->at.path), O_RDONLY | O_DIRECTORY | O_NONBLOCK,
				      false);
}

/* A disk, or memory, that fails: what has the names behind is not known. 0, or -errno with the diagnosis. */
static int unread(struct scan_walk *w, int e)
{
	const char *dir = w->at.path;

	if (w->again) {
		if (w->writable)
			strv_add(&w->res->unsearched, dir);
		return 0;
	}
	if (w->policy->mask.n > 0)
		return diag_errno(w->d, e, "%s can't be searched to its end for masked names", dir);
	if (w->unread++ < UNREAD_NAMED)
		strv_addf(&w->res->weaker,
			  "%s can't be searched to its end (%s): sockets and what the host runs are not "
			  "protected in all of it",
			  dir, strerror(-e));
	else if (w->unread == UNREAD_NAMED + 1)
		strv_add(&w->res->weaker, "more directories can't be searched to their end");
	return 0;
}

/* 0; 1 when the time is over and much is left of it; -errno with the diagnosis. */
static int read_names(struct scan_walk *w, DIR *d)
{
	bool urgent = (w->at.flags & SCAN_URGENT) != 0, over = false;
	const struct dirent *entry;
	size_t settled = 0;

	while ((errno = 0, entry = readdir(d)) != NULL) {
		if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
			continue;
		if (w->only_files) {
			if (type_of(w->dirfd, entry) == DT_REG)
				visit_file(w, entry->d_name);
			continue;
		}
		visit(w, entry);
		w->urgent_entries += urgent;
		w->res->entries++;
		over = over || out_of_time(w, urgent, w->res->entries % CHECK_EVERY == 0);
		/* Small ones to their end, not to read them twice. */
		if (over && ++settled > (urgent ? 0 : CHECK_EVERY))
			return 1;
	}
	/* ENOENT: it was removed meanwhile. */
	return errno == 0 || errno == ENOENT ? 0 : unread(w, -errno);
}

static int read_dir(struct scan_walk *w, const struct scan_item *item)
{
	int fd, r;
	DIR *d;
	struct stat st;
	bool known;

	w->at = *item;
	w->writable = w->tree[item->tree].writable;
	w->files_noted = false;
	w->head = w->objects = w->refs = w->commondir = false;
	fd = open_dir(w);
	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (d == NULL) {
		if (fd >= 0) {
			r = -errno;
			close(fd);
			fd = r;
		}
		if (fd == -ENOENT || fd == -ELOOP || fd == -ENOTDIR || fd == -EXDEV) {
			scanagain_opened(w, NULL);
			return 0;
		}
		if (fd == -EACCES && out_of_reach(w, item->path)) {
			if (leads_on(w, item->path))
				name_passable(w, item->path);
			return 0;
		}
		return unsearchable(w, item->path, fd);
	}
	w->dirfd = fd;
	known = w->writable && (geteuid() != 0 || w->res->since != NULL) && fstat(fd, &st) == 0;
	/* Names alone, without x: neither files nor directories in it can be looked at. */
	if (geteuid() != 0 && known && st.st_uid == geteuid() && (st.st_mode & S_IXUSR) == 0) {
		r = unsearchable(w, item->path, -EACCES);
	} else {
		if (known && !w->only_files)
			scanagain_opened(w, &st);
		if (w->writable && !w->only_files)
			scanauto_opened(w);
		if (w->writable && (item->flags & SCAN_ROOT) != 0)
			scannamed_by_user(w);
		r = read_names(w, d);
		if (r > 0 && w->writable && (item->flags & SCAN_ROOT) != 0)
			scanauto_top(w);
		else if (r == 0 && w->writable && !w->only_files)
			scanauto_read(w);
	}
	closedir(d);
	return r;
}

static void queue_done(struct scan_queue *q)
{
	for (size_t i = 0; i < q->n; i++)
		free(q->item[i].path);
	free(q->item);
	*q = (struct scan_queue){ 0 };
}

/* The next directory, or NULL; what is urgent first. *ret: its queue. */
static const struct scan_item *next_item(struct scan_walk *w, struct scan_queue **ret)
{
	struct scan_queue *const q[] = { &w->urgent, &w->first, &w->later, &w->files };

	for (size_t i = 0; i < ARRAY_SIZE(q); i++) {
		*ret = q[i];
		w->only_files = q[i] == &w->files;
		if (q[i]->next < q[i]->n)
			return &q[i]->item[q[i]->next];
	}
	return NULL;
}

int scan_go_on(struct scan_walk *w, size_t batch)
{
	const struct scan_item *next;
	struct scan_queue *q;
	int r = 0;

	while (r >= 0 && (next = next_item(w, &q)) != NULL) {
		struct scan_item item = *next;

		if (out_of_time(w, q == &w->urgent, w->only_files) ||
		    (batch > 0 && w->res->autorun.n + w->res->found.n >= batch))
			return 1;
		/* What the names tell is protected before the files are looked at, which takes longer. */
		if (w->only_files && !w->res->names_known) {
			w->res->names_known = true;
			if (batch > 0)
				return 1;
		}
		r = read_dir(w, &item);
		if (r > 0)
			return 1;
		/* What the start has read is remembered: see scan_know. */
		if (!w->limited || w->again)
			mem_free_ptr(&q->item[q->next].path);
		q->next++;
	}
	return r;
}

/* Binds are recursive: what the host mounted below the project comes along. */
static void find_mounts(struct scan_walk *w, const char *mounts)
{
	struct mountinfo m = { 0 };

	while (mountinfo_next(&mounts, &m)) {
		struct stat st = { .st_mode = S_IFDIR };
		bool kernels = false, inside = scan_bound(w->policy, m.point) != NULL;

		for (size_t i = 0; i < ARRAY_SIZE(kernel_types); i++)
			kernels |= streq(m.type, kernel_types[i]);
		/* Absent: covered by another mount. Any other failure: most are directories. */
		if (kernels && inside && !scan_holds_bound(w->policy, m.point) &&
		    (lstat(m.point, &st) == 0 || errno != ENOENT)) {
			found(w, (struct compose_mask){ .path = xstrdup(m.point),
							.is_dir = S_ISDIR(st.st_mode),
							.closed = true,
							.why = xasprintf("%s of the host", m.type) });
			strv_add(&w->kernels, m.point);
		} else if (inside && !strv_has(&w->mounts, m.point))
			strv_add(&w->mounts, m.point);
		mountinfo_done(&m);
	}
}

static int strength(const struct compose_mask *m)
{
	return m->closed ? 0 : m->read_only ? 2 : 1;
}

/* Parents before children. The stronger of two first. */
static int by_path(const void *pa, const void *pb)
{
	const struct compose_mask *a = pa, *b = pb;
	int r = path_compare(a->path, b->path);

	return r != 0 ? r : strength(a) - strength(b);
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

static int by_known_path(const void *pa, const void *pb)
{
	return strcmp(((const struct scan_known *)pa)->path, ((const struct scan_known *)pb)->path);
}

void scan_know(struct scan_walk *w)
{
	const struct scan_queue *const q[] = { &w->urgent, &w->first, &w->later };

	if (w->knows)
		return;
	w->knows = true;
	for (size_t i = 0; i < ARRAY_SIZE(q); i++) {
		w->known = xrealloc_array(w->known, w->nknown + q[i]->n + 1, sizeof(*w->known));
		for (size_t k = 0; k < q[i]->n; k++)
			w->known[w->nknown++] = (struct scan_known){ .path = xstrdup(q[i]->item[k].path),
								     .ino = q[i]->item[k].ino,
								     .read = k < q[i]->next };
	}
	qsort(w->known, w->nknown, sizeof(*w->known), by_known_path);
}

const struct scan_known *scan_known(const struct scan_walk *w, const char *path)
{
	const struct scan_known key = { .path = (char *)(uintptr_t)path };

	return w->nknown > 0 ? bsearch(&key, w->known, w->nknown, sizeof(key), by_known_path) : NULL;
}

void scan_from_the_top(struct scan_walk *w)
{
	struct scan_queue *const q[] = { &w->urgent, &w->first, &w->later, &w->files };

	for (size_t i = 0; i < ARRAY_SIZE(q); i++)
		queue_done(q[i]);
	for (size_t i = 0; i < w->ntree; i++)
		push(&w->urgent, (struct scan_item){ .path = xstrdup(w->tree[i].path),
						     .tree = (unsigned short)i,
						     .flags = SCAN_ROOT | SCAN_URGENT });
}

/* Read-only binds too: a read-only mount stops neither sockets nor FIFOs. */
static void add_trees(struct scan_walk *w)
{
	for (size_t i = 0; i < w->policy->nentry; i++) {
		const struct policy_entry *e = &w->policy->entry[i];
		int fd;

		if (e->part < POLICY_PROJECT || !e->is_dir || w->ntree == UINT16_MAX)
			continue;
		fd = oldkernel_open_beneath(w->rootfd, e->path + 1, O_PATH | O_DIRECTORY, false);
		w->tree = xrealloc_array(w->tree, w->ntree + 1, sizeof(*w->tree));
		w->tree[w->ntree] = (struct scan_tree){ .path = xstrdup(e->path),
							.writable = e->access == POLICY_WRITE,
							.fd = fd };
		w->ntree++;
	}
	scan_from_the_top(w);
}

static void walk_done(struct scan_walk *w)
{
	queue_done(&w->urgent);
	queue_done(&w->first);
	queue_done(&w->later);
	queue_done(&w->files);
	for (size_t i = 0; i < w->nknown; i++)
		free(w->known[i].path);
	free(w->known);
	for (size_t i = 0; i < w->ntree; i++) {
		mem_close_fd(&w->tree[i].fd);
		free(w->tree[i].path);
	}
	free(w->tree);
	free(w->root);
	strv_done(&w->mounts);
	strv_done(&w->kernels);
	strv_done(&w->followed);
	scanlink_done(w);
	mem_close_fd(&w->rootfd);
	free(w);
}

int scan_begin(const struct policy *policy, int rootfd, const char *mounts, struct scan *ret, struct diag *d)
{
	struct scan_walk *w = xcalloc(1, sizeof(*w));
	AUTO_FREE char *root = name_of(rootfd);

	*ret = (struct scan){ .walk = w };
	*w = (struct scan_walk){ .policy = policy,
				 .res = ret,
				 .d = d,
				 .rootfd = fcntl(rootfd, F_DUPFD_CLOEXEC, 3),
				 .root = xstrdup(root == NULL || streq(root, "/") ? "" : root) };
	if (w->rootfd < 0)
		return diag_errno(d, -errno, "the root directory");
	find_mounts(w, mounts);
	add_trees(w);
	return 0;
}

int scan_trees(const struct policy *policy, int rootfd, const char *mounts, unsigned milliseconds,
	       struct scan *ret, struct diag *d)
{
	struct scan_walk *w;
	int r = scan_begin(policy, rootfd, mounts, ret, d);

	if (r < 0)
		return r;
	w = ret->walk;
	w->limited = milliseconds > 0;
	w->cpu_end = deadline_in(CLOCK_PROCESS_CPUTIME_ID, milliseconds);
	w->setuid_end = deadline_in(CLOCK_PROCESS_CPUTIME_ID, milliseconds / SETUID_SHARE);
	w->wall_end = deadline_in(CLOCK_MONOTONIC, milliseconds * WALL_FACTOR);
	scannamed_by_home(w);
	scanabove_all(w);
	if (w->limited)
		scanauto_listed(w);
	r = scan_go_on(w, 0);
	ret->incomplete = r > 0;
	if (r >= 0)
		scanlink_search(w, r == 0);
	if (ret->incomplete && (policy->git.more || w->links_left))
		strv_addf(&ret->weaker,
			  "%s has too many git directories: what git on the host runs of some can be changed "
			  "for a moment after the start; what was is named at exit",
			  policy->project);
	scanauto_tidy(w);
	tidy(&ret->found);
	if (r >= 0)
		r = w->conflict;
	if (!ret->incomplete || r < 0) {
		walk_done(w);
		ret->walk = NULL;
	}
	return r;
}

void scan_forget(struct scan *s)
{
	for (size_t i = 0; i < s->found.n; i++) {
		free(s->found.mask[i].path);
		free(s->found.mask[i].why);
	}
	free(s->found.mask);
	s->found = (struct compose_found){ 0 };
	autorun_found_done(&s->autorun);
	strv_done(&s->notes);
	strv_done(&s->weaker);
	strv_done(&s->unsearched);
}

int scan_rest(struct scan *s, size_t batch, struct diag *d)
{
	struct scan_walk *w = s->walk;
	int r;

	scan_forget(s);
	if (w == NULL)
		return 0;
	scan_know(w);
	w->d = d;
	w->limited = false;
	/* All names first. */
	w->setuid_over = true;
	r = scan_go_on(w, batch);
	if (r == 0)
		scanlink_search(w, true);
	scanauto_tidy(w);
	tidy(&s->found);
	return r;
}

int *scan_fds(const struct scan *s, size_t more, size_t *n)
{
	const struct scan_walk *w = s->walk;
	int *fds = xcalloc((w != NULL ? w->ntree + 1 : 0) + more, sizeof(*fds));

	*n = 0;
	if (w == NULL)
		return fds;
	fds[(*n)++] = w->rootfd;
	for (size_t i = 0; i < w->ntree; i++)
		if (w->tree[i].fd >= 0)
			fds[(*n)++] = w->tree[i].fd;
	return fds;
}

void scan_done(struct scan *s)
{
	scan_forget(s);
	scanstart_done(s);
	strv_done(&s->touched);
	if (s->walk != NULL)
		walk_done(s->walk);
	*s = (struct scan){ 0 };
}
