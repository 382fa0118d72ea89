/* SPDX-License-Identifier: MIT */
/*
 * The mounts of the stage "fd".
 *
 * What lies in a tree that the box may write to can be swapped for a symlink at
 * any time, also by another session. So each target is opened once, below the
 * box's root and without symlinks (openat2(2)), and everything after that goes
 * through the descriptor: open_tree(2), mount_setattr(2), move_mount(2). A
 * read-only mount becomes read-only before it is attached. Kernels before 5.12
 * have no mount_setattr: there the mount is bound and remounted through
 * /proc/self/fd; see attach_old.
 */
#include "fdmount.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/mount.h>
#include <linux/nsfs.h>

#include "log.h"
#include "mem.h"
#include "mountinfo.h"
#include "mounttable.h"
#include "oldkernel.h"
#include "path.h"
#include "usershare.h"
#include "util.h"

#define TRIES	 3 /* the host's mounts come and go */
#define MASK_DIR "run/claude-sandbox/mask/"

#define UNSEEN_NAME "pins"

static int open_beneath(int root, const char *path)
{
	while (*path == '/')
		path++;
	return oldkernel_open_beneath(root, path, O_PATH, false);
}

static bool is_link(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISLNK(st.st_mode);
}

/* From its beginning; NULL: it can't be read. Owned. */
static char *read_table(int fd)
{
	size_t len = 0, cap = 16384;
	char *text = xmalloc(cap);
	ssize_t n;

	while ((n = pread(fd, text + len, cap - len - 1, (off_t)len)) > 0) {
		len += (size_t)n;
		if (cap - len < 4096) {
			cap *= 2;
			text = xrealloc_array(text, cap, 1);
		}
	}
	text[len] = '\0';
	if (n == 0 && len > 0)
		return text;
	free(text);
	return NULL;
}

enum access { AS_IT_IS, READ_ONLY, WRITABLE };

/* Changed are three flags; those that the box's owner may not take away stay. */
static int remount(const struct fdmount_box *box, int fd, enum access access)
{
	unsigned long flags = MS_BIND | MS_REMOUNT | MS_NOSUID | MS_NODEV;
	char name[64];
	struct statvfs now;

	snprintf(name, sizeof(name), "self/fd/%d", fd);
	if (fstatvfs(fd, &now) < 0 || fchdir(box->proc) < 0)
		return -errno;
	if (access == READ_ONLY || (access == AS_IT_IS && (now.f_flag & ST_RDONLY) != 0))
		flags |= MS_RDONLY;
	if ((now.f_flag & ST_NOEXEC) != 0)
		flags |= MS_NOEXEC;
	return mount(NULL, name, NULL, flags, NULL) < 0 ? -errno : 0;
}

/* A remount is of one mount: those that came along below it one by one, but for what others of them hide. */
static int remount_below(const struct fdmount_box *box, const char *path, enum access access)
{
	AUTO_CLOSE int table = openat(box->proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	AUTO_FREE char *text = table >= 0 ? read_table(table) : NULL;
	const char *at = text;
	struct mountinfo m;
	int r = text != NULL ? 0 : -EIO;

	while (r == 0 && mountinfo_next(&at, &m)) {
		if (!streq(m.point, path) && path_is_under(m.point, path)) {
			AUTO_CLOSE int fd = open_beneath(box->root, m.point);
			unsigned long id = fd >= 0 ? oldkernel_mount_id(box->proc, fd) : 0;

			if (fd < 0)
				r = fd == -ENOENT || fd == -ENOTDIR ? 0 : fd;
			else if (id == 0)
				r = -ENOSYS;
			else if (id == m.id)
				r = remount(box, fd, access);
		}
		mountinfo_done(&m);
	}
	return r;
}

/*
 * Before 5.12: bound, then remounted. For a moment what is mounted can be written
 * to as what it covers can. The helper is in no process table of the box's, so
 * descriptors are named through the host's.
 */
static int attach_old(const struct fdmount_box *box, int from, int to, const char *path, enum access access)
{
	AUTO_CLOSE int top = -1;
	char src[64], dst[64];
	struct stat want, st;
	int r;

	snprintf(src, sizeof(src), "self/fd/%d", from);
	snprintf(dst, sizeof(dst), "self/fd/%d", to);
	if (fchdir(box->proc) < 0 || mount(src, dst, NULL, MS_BIND | MS_REC, NULL) < 0)
		return -errno;
	/* The descriptor still names what lies below the new mount. */
	top = open_beneath(box->root, path);
	if (top < 0 || fstat(top, &st) < 0 || fstat(from, &want) < 0)
		return top < 0 ? top : -errno;
	if (st.st_dev != want.st_dev || st.st_ino != want.st_ino)
		return -ENOENT;
	r = remount(box, top, access);
	/* No mount: something else stands there than what was covered. */
	if (r < 0)
		return r == -EINVAL ? -ENOENT : r;
	return S_ISDIR(st.st_mode) ? remount_below(box, path, access) : 0;
}

static int attach(const struct fdmount_box *box, int from, int to, const char *path, enum access access)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					       (access == READ_ONLY ? MOUNT_ATTR_RDONLY : 0),
				   .attr_clr = access == WRITABLE ? MOUNT_ATTR_RDONLY : 0 };
	AUTO_CLOSE int tree = (int)syscall(
	    SYS_open_tree, from, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);

	if (tree < 0)
		return errno == ENOSYS ? attach_old(box, from, to, path, access) : -errno;
	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return errno == ENOSYS ? attach_old(box, from, to, path, access) : -errno;
	if (syscall(SYS_move_mount, tree, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

/* --- pins in a box that runs */

/*
 * A pin that is seen is a mount of its own: what is held below it later would be held for whoever goes through it, and
 * not for a directory that was opened before. But a name can't be renamed away wherever in the namespace something
 * is mounted on it. So late pins are mounted in a copy of the box's tree, in a directory that nothing inside can enter.
 */
static int make_unseen(int root)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					       MOUNT_ATTR_NOEXEC };
	const unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
	AUTO_CLOSE int to = open_beneath(root, PLAN_COVERS);
	AUTO_CLOSE int copy = (int)syscall(
	    SYS_open_tree, root, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
	AUTO_CLOSE int fs = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
	AUTO_CLOSE int dir = -1;
	AUTO_CLOSE int at = -1;

	if (to < 0)
		return to;
	if (copy < 0 || fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "mode", "0", 0) < 0 ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	/* Read-only before it is seen: its mode can't be changed any more. */
	dir = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (dir < 0 || mkdirat(dir, UNSEEN_NAME, 0) < 0 ||
	    syscall(SYS_mount_setattr, dir, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0 ||
	    syscall(SYS_mount_setattr, copy, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0 ||
	    syscall(SYS_move_mount, dir, "", to, "", flags) < 0)
		return -errno;
	at = openat(dir, UNSEEN_NAME, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return at < 0 || syscall(SYS_move_mount, copy, "", at, "", flags) < 0 ? -errno : 0;
}

/* The first helper of a box makes it. Kernels before 5.12 have none: there late pins are seen. */
static int open_unseen(int root)
{
	int fd = open_beneath(root, PLAN_COVERS "/" UNSEEN_NAME), r;

	if (fd != -ENOENT)
		return fd;
	r = make_unseen(root);
	return r < 0 ? r : open_beneath(root, PLAN_COVERS "/" UNSEEN_NAME);
}

static int pin_unseen(const struct fdmount_box *box, const char *path)
{
	const struct fdmount_box copy = { box->unseen, box->proc, -1 };
	AUTO_CLOSE int fd = open_beneath(box->unseen, path);

	return fd < 0 ? fd : attach(&copy, fd, fd, path, AS_IT_IS);
}

/* This mount, and none below it. */
static int make_read_only(const struct fdmount_box *box, int fd)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0)
		return 0;
	return errno == ENOSYS ? remount(box, fd, READ_ONLY) : -errno;
}

static const char *mask_source(const struct plan_op *op)
{
	if (op->type == PLAN_MASK_DIR)
		return op->number == 0 ? MASK_DIR "closed-dir" : MASK_DIR "empty-dir";
	if (op->number == PLAN_MASK_COMMAND)
		return MASK_DIR "command";
	return op->number == 0 ? MASK_DIR "closed" : MASK_DIR "empty";
}

static bool in_writable_tree(const struct plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->op[i].type == PLAN_RW_BIND && path_is_under(path, plan->op[i].dst))
			return true;
	return false;
}

static int make_one(int root, const char *path, bool is_dir)
{
	AUTO_CLOSE int fd = -1;

	if (is_dir)
		return mkdirat(root, path, 0700) < 0 ? -errno : 0;
	fd = openat(root, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : 0;
}

/* A mount point in the fresh home, with what is missing above it. */
static int make_point(int root, const char *path, bool is_dir)
{
	int r = make_one(root, path + 1, is_dir);

	for (const char *s = strchr(path + 1, '/'); r == -ENOENT && s != NULL; s = strchr(s + 1, '/')) {
		AUTO_FREE char *dir = xstrndup(path + 1, (size_t)(s - path - 1));

		if (mkdirat(root, dir, 0700) < 0 && errno != EEXIST && errno != EROFS)
			return -errno;
		if (strchr(s + 1, '/') == NULL)
			r = make_one(root, path + 1, is_dir);
	}
	return r < 0 ? r : open_beneath(root, path);
}

/* From where bwrap put a directory of the host, or a generated file. Nothing runs inside yet. */
static int mount_staged(const struct fdmount_box *box, const struct plan_op *op)
{
	AUTO_CLOSE int from = open_beneath(box->root, op->via);
	AUTO_CLOSE int to = -1;
	struct stat st;

	if (from < 0 || fstat(from, &st) < 0)
		return from < 0 ? from : -errno;
	to = open_beneath(box->root, op->dst);
	if (to == -ENOENT)
		to = make_point(box->root, op->dst, S_ISDIR(st.st_mode));
	if (to >= 0 && is_link(to))
		return -ELOOP;
	return to < 0 ? to : attach(box, from, to, op->dst, op->type == PLAN_RW_BIND ? WRITABLE : READ_ONLY);
}

/*
 * The link itself, not what it leads to. A kernel that refuses (before 5.2, or a
 * filter of a container's) gets the file as it is, read-only: 1.
 */
static int mount_link(const struct fdmount_box *box, const struct plan_op *op, int to)
{
	AUTO_CLOSE int from = open_beneath(box->root, op->via);
	AUTO_CLOSE int tree = -1;
	AUTO_CLOSE int self = -1;
	int r;

	if (from < 0)
		return from;
	tree = (int)syscall(SYS_open_tree, from, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (tree >= 0 &&
	    syscall(SYS_move_mount, tree, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0)
		return 0;
	self = open_beneath(box->root, op->dst);
	r = self < 0 ? self : attach(box, self, to, op->dst, READ_ONLY);
	return r < 0 ? r : 1;
}

/* Of the tmpfs that `at` is the root of. One of the host's is not ours to change: the kernel refuses it. */
static int set_size(int at, long percent)
{
	unsigned long long pages;
	struct sysinfo info;
	struct statvfs fs;
	char options[64];

	if (sysinfo(&info) < 0 || fstatvfs(at, &fs) < 0 || fchdir(at) < 0)
		return -errno;
	pages = (unsigned long long)info.totalram * info.mem_unit /
		(unsigned long long)sysconf(_SC_PAGESIZE) * (unsigned long long)percent / 100;
	snprintf(options, sizeof(options), "nr_blocks=%llu,nr_inodes=%llu", pages, pages);
	/* The flags of a mount are set anew too; ST_ and MS_ have the same numbers here. */
	return mount(NULL, ".", NULL,
		     MS_REMOUNT | (fs.f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY)), options) < 0
		   ? -errno
		   : 0;
}

/* What is at `to`, which is where the operation says. */
static int mount_over(const struct fdmount_box *box, const struct plan_op *op, int to)
{
	bool mask = op->type == PLAN_MASK_FILE || op->type == PLAN_MASK_DIR;
	AUTO_CLOSE int from = -1;

	/* A pin is for a link too; nothing else is meant for one. */
	if (op->type != PLAN_PIN && is_link(to))
		return -ELOOP;
	if (op->type == PLAN_LINK)
		return mount_link(box, op, to);
	if (op->type == PLAN_SIZE)
		return set_size(to, op->number);
	if (op->type == PLAN_REMOUNT_RO)
		return make_read_only(box, to);
	if (op->type != PLAN_RO_BIND && op->type != PLAN_RW_BIND && op->type != PLAN_PIN && !mask)
		return -ENOTSUP;
	from = open_beneath(box->root, mask ? mask_source(op) : op->dst);
	if (from < 0)
		return from;
	return attach(box, from, to, op->dst,
		      mask || op->type == PLAN_RO_BIND ? READ_ONLY
		      : op->type == PLAN_PIN	       ? AS_IT_IS
						       : WRITABLE);
}

static int mount_one(const struct fdmount_box *box, const struct plan *plan, const struct plan_op *op)
{
	bool mask = op->type == PLAN_MASK_FILE || op->type == PLAN_MASK_DIR;
	AUTO_CLOSE int to = -1;

	if (op->type == PLAN_UNMOUNT)
		return umount2(op->dst, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 ? -errno : 0;
	if (op->via != NULL && op->type != PLAN_LINK)
		return mount_staged(box, op);
	if (op->type == PLAN_PIN && box->unseen >= 0)
		return pin_unseen(box, op->dst);
	to = open_beneath(box->root, op->dst);
	/*
	 * What a table names may be absent inside. What the scan found in a writable
	 * tree was there: somebody moved it since, to where it has no mask.
	 */
	if (to == -ENOENT && mask && !in_writable_tree(plan, op->dst))
		return 0;
	return to < 0 ? to : mount_over(box, op, to);
}

/* Result of the child: which operation failed, and how; or what the comparison missed. */
struct outcome {
	int error;	  /* -errno, 0 */
	size_t op;	  /* index; plan->n: entering */
	bool table;	  /* the mount tables can't be read */
	size_t read_only; /* links that the kernel did not take */
	int unshared;	  /* -errno: of what the kernel counts for each user, the box can use up all */
	struct record_report miss;
};

/* --- the comparison */

/* What is known of an operation from outside. */
struct fdmount_source {
	bool on_top; /* made by bwrap, and nothing that is mounted later hides it */
	char *path;  /* owned; of a bind, without symlinks; NULL: none, or it is gone */
	dev_t dev;
	ino_t ino;
};

static bool is_bwraps_bind(const struct plan_op *op)
{
	return op->stage == PLAN_STAGE_BWRAP && (op->type == PLAN_RO_BIND || op->type == PLAN_RW_BIND);
}

static const char *staged_source(const struct bwrap_staged *staged, size_t n, const char *src)
{
	for (size_t i = 0; i < n; i++)
		if (streq(staged[i].src, src))
			return staged[i].path;
	return src;
}

static void look_at_source(const char *path, struct fdmount_source *ret)
{
	AUTO_CLOSE int fd = open(path, O_PATH | O_CLOEXEC);
	char link[64], real[4096];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, real, sizeof(real));
	if (n > 0)
		*ret = (struct fdmount_source){ .path = xstrndup(real, (size_t)n),
						.dev = st.st_dev,
						.ino = st.st_ino };
}

static void plan_table(const struct plan *plan, const struct fdmount_source *source, const char *host,
		       struct mounttable *ret)
{
	AUTO_FREE const char **path = xcalloc(plan->n + 1, sizeof(*path));

	for (size_t i = 0; i < plan->n; i++)
		path[i] = source[i].path;
	mounttable_plan(plan, path, host, ret);
}

int fdmount_look(const struct plan *plan, const struct bwrap_staged *staged, size_t n, struct timespec start,
		 struct fdmount_host *ret, struct diag *d)
{
	AUTO_FREE char *text = NULL;

	*ret = (struct fdmount_host){ .proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC),
				      .table = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC),
				      .source = xcalloc(plan->n + 1, sizeof(*ret->source)),
				      .n = plan->n,
				      .start = start };
	text = ret->table >= 0 ? read_table(ret->table) : NULL;
	if (ret->proc < 0 || text == NULL)
		return diag_errno(d, -EIO, "reading /proc/self/mountinfo");
	for (size_t i = 0; i < plan->n; i++) {
		if (is_bwraps_bind(&plan->op[i]))
			look_at_source(staged_source(staged, n, plan->op[i].src), &ret->source[i]);
		ret->source[i].on_top = freshdirs_on_top(plan, i);
	}
	plan_table(plan, ret->source, text, &ret->allowed);
	freshdirs_plan(plan, &ret->fresh);
	return 0;
}

void fdmount_host_done(struct fdmount_host *h)
{
	for (size_t i = 0; i < h->n; i++)
		free(h->source[i].path);
	free(h->source);
	mounttable_done(&h->allowed);
	freshdirs_done(&h->fresh);
	mem_close_fd(&h->proc);
	mem_close_fd(&h->table);
	*h = (struct fdmount_host){ .proc = -1, .table = -1 };
}

struct inside {
	int root;
	struct timespec start;
};

/*
 * The host puts a file in the place of another (useradd(8) of /etc/passwd): what
 * was mounted over it is gone, at any time of a session. Where that was just now
 * it is no fault of bwrap's.
 */
static bool replaced(const struct inside *in, const char *point)
{
	struct stat st, own;

	/* bwrap's own files lie in the file system of the box's root, and are new too. */
	return fstatat(in->root, point + 1, &st, AT_SYMLINK_NOFOLLOW) == 0 && fstat(in->root, &own) == 0 &&
	       st.st_dev != own.st_dev && time_is_since(st.st_ctim, in->start);
}

static bool excuse(void *arg, enum check_id miss, const char *point)
{
	const struct inside *in = arg;
	AUTO_CLOSE int fd = -1;

	if (miss == CHECK_MOUNT_LESS)
		return replaced(in, point);
	fd = open_beneath(in->root, point);
	return fd == -EACCES;
}

/* Byte by byte: a file of another text and the same length could set up git, or the agent. */
static bool is_text(int root, const char *path, const struct plan_op *op)
{
	AUTO_FREE char *text = xcalloc(op->len + 1, 1);
	AUTO_CLOSE int fd = -1;

	if (op->len == 0)
		return true;
	fd = openat(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd >= 0 && read(fd, text, op->len) == (ssize_t)op->len && memcmp(text, op->data, op->len) == 0;
}

/* The text of a link; mode, length and text of what bwrap made. */
static bool is_made(int root, const char *path, const struct plan_op *op)
{
	bool file = op->type == PLAN_FILE || op->type == PLAN_DATA;
	char text[4096];
	struct stat st;
	ssize_t n;

	if (op->type == PLAN_SYMLINK) {
		n = readlinkat(root, path, text, sizeof(text));
		return n >= 0 && (size_t)n == strlen(op->src) && memcmp(text, op->src, (size_t)n) == 0;
	}
	if (!file && op->type != PLAN_DIR && op->type != PLAN_TMPFS)
		return true;
	return fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (st.st_mode & S_IFMT) == (file ? S_IFREG : S_IFDIR) &&
	       (st.st_mode & 07777) == (mode_t)op->number &&
	       (!file || (st.st_size == (off_t)op->len && is_text(root, path, op)));
}

/* By device and inode, so that names do not matter. */
static bool is_source(int root, const char *path, const struct fdmount_source *source)
{
	struct stat st;

	return source->path != NULL && fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_dev == source->dev && st.st_ino == source->ino;
}

static void missed(struct outcome *o, enum check_id check, const char *point)
{
	o->error = -EPERM;
	o->miss = (struct record_report){ .message = RECORD_MISSED, .check = check };
	snprintf(o->miss.text, sizeof(o->miss.text), "%s", point);
}

/* With the host's table of now, if it is not of before. */
static bool table_holds(const struct fdmount_job *job, bool again, int root, struct outcome *o)
{
	const struct fdmount_host *h = job->host;
	AUTO_CLOSE int fd = openat(h->proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	/* The box's first: what the host gets in between is then only more than the box may have. */
	AUTO_FREE char *box = fd >= 0 ? read_table(fd) : NULL;
	AUTO_FREE char *host = again ? read_table(h->table) : NULL;
	struct inside inside = { root, h->start };
	struct mounttable now;
	struct mounttable_miss miss;
	bool holds;

	o->miss.message = RECORD_NOTHING;
	o->error = 0;
	o->table = box == NULL || (again && host == NULL);
	if (o->table) {
		o->error = -EIO;
		return false;
	}
	if (again)
		plan_table(job->plan, h->source, host, &now);
	holds = mounttable_compare(again ? &now : &h->allowed, box, excuse, &inside, &miss);
	if (again)
		mounttable_done(&now);
	if (!holds)
		missed(o, miss.check, miss.point);
	free(miss.point);
	return holds;
}

/* What stands at each place of the plan that can be seen. */
static void compare_places(const struct fdmount_job *job, int root, struct outcome *o)
{
	const struct inside inside = { root, job->host->start };

	for (size_t i = 0; i < job->plan->n && o->error == 0; i++) {
		const struct fdmount_source *source = &job->host->source[i];
		const struct plan_op *op = &job->plan->op[i];

		if (!source->on_top || streq(op->dst, "/"))
			continue;
		if (is_bwraps_bind(op) && !is_source(root, op->dst + 1, source))
			missed(o, CHECK_MOUNT_SOURCE, op->dst);
		else if (!is_made(root, op->dst + 1, op) &&
			 !(op->type == PLAN_DATA && replaced(&inside, op->dst)))
			missed(o, CHECK_MADE, op->dst);
	}
}

/* A name that nobody put there; "": there is none, "?": the directory can't be read. */
static void look_for_more(const struct freshdirs *f, const char *dir, int fd, char name[256])
{
	/* As getdents(2) wants it aligned. One call has all of a fresh directory, another says that it was all. */
	_Alignas(struct dirent64) char buf[8192];
	long n;

	name[0] = '\0';
	while ((n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n && name[0] == '\0';) {
			const struct dirent64 *e = (const struct dirent64 *)(const void *)(buf + at);

			if (!streq(e->d_name, ".") && !streq(e->d_name, "..") &&
			    !freshdirs_has(f, dir, e->d_name))
				snprintf(name, 256, "%s", e->d_name);
			at += e->d_reclen;
		}
	}
	if (n < 0)
		snprintf(name, 256, "?");
}

/* What a bwrap copied, or linked, into a directory of its own making has no mount. */
static void compare_fresh(const struct fdmount_job *job, int root, struct outcome *o)
{
	const struct freshdirs *f = &job->host->fresh;

	for (size_t i = 0; i < f->n && o->error == 0; i++) {
		const char *dir = f->place[i].path;
		AUTO_FREE char *more = NULL;
		AUTO_CLOSE int fd = -1;
		char name[256];

		if (!f->place[i].dir)
			continue;
		fd = openat(root, streq(dir, "/") ? "." : dir + 1,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0) {
			missed(o, CHECK_MADE, dir);
			return;
		}
		look_for_more(f, dir, fd, name);
		if (name[0] == '\0')
			continue;
		more = path_join(dir, name);
		missed(o, CHECK_MADE_MORE, more);
	}
}

static void compare(const struct fdmount_job *job, int root, struct outcome *o)
{
	bool holds = false;

	for (int i = 0; i < TRIES && !holds; i++)
		holds = table_holds(job, i > 0, root, o);
	if (holds)
		compare_places(job, root, o);
	if (holds && o->error == 0)
		compare_fresh(job, root, o);
}

/* --- in the box */

int fdmount_enter(int mnt_fd, struct fdmount_box *ret)
{
	AUTO_CLOSE int user = ioctl(mnt_fd, NS_GET_USERNS);
	AUTO_CLOSE int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (proc < 0 || user < 0 || setns(user, CLONE_NEWUSER) < 0 || setns(mnt_fd, CLONE_NEWNS) < 0)
		return -errno;
	ret->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (ret->root < 0)
		return -errno;
	ret->proc = TAKE_FD(proc);
	ret->unseen = -1;
	return 0;
}

void fdmount_leave(struct fdmount_box *box)
{
	mem_close_fd(&box->root);
	mem_close_fd(&box->proc);
	mem_close_fd(&box->unseen);
}

int fdmount_again(const struct fdmount_box *box, const struct plan_op *op, const struct stat *want)
{
	AUTO_CLOSE int to = open_beneath(box->root, op->dst);
	struct stat st;
	int r;

	if (to < 0 || fstat(to, &st) < 0)
		return to == -ENOENT || to == -ENOTDIR || to == -ELOOP ? -ESTALE : to < 0 ? to : -errno;
	if (st.st_dev != want->st_dev || st.st_ino != want->st_ino)
		return -ESTALE;
	r = mount_over(box, op, to);
	/* By now the name is another's. */
	return r == -ENOENT ? -ESTALE : r < 0 ? r : 0;
}

static struct outcome mount_in_child(const struct fdmount_job *job, int mnt_fd, int ret_fd[FDMOUNT_KEEP])
{
	const struct plan *plan = job->plan;
	struct outcome o = { .op = plan->n };
	AUTO_BOX struct fdmount_box box = { -1, -1, -1 };
	struct usershare_outside outside;

	o.unshared = usershare_read(&outside);
	o.error = fdmount_enter(mnt_fd, &box);
	if (o.error < 0)
		return o;
	if (job->host != NULL)
		compare(job, box.root, &o);
	if (o.error == 0 && job->late) {
		box.unseen = open_unseen(box.root);
		o.error = box.unseen < 0 && box.unseen != -ENOSYS ? box.unseen : 0;
	}
	if (o.error < 0)
		return o;
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->op[i].stage != PLAN_STAGE_FD)
			continue;
		if (plan->op[i].type == PLAN_SHARE) {
			if (o.unshared == 0)
				o.unshared = usershare_set(box.proc, &outside, &plan->op[i]);
			continue;
		}
		o.error = mount_one(&box, plan, &plan->op[i]);
		o.op = i;
		if (job->late && (o.error == -ENOENT || o.error == -ENOTDIR || o.error == -ELOOP))
			o.error = 0;
		if (o.error < 0)
			return o;
		o.read_only += o.error > 0;
		o.error = 0;
	}
	o.op = plan->n;
	for (size_t i = 0; i < job->keep->n && o.error == 0; i++) {
		ret_fd[i] = open_beneath(box.root, job->keep->v[i]);
		o.error = ret_fd[i] < 0 ? ret_fd[i] : 0;
	}
	return o;
}

union control {
	char buf[CMSG_SPACE(FDMOUNT_KEEP * sizeof(int))];
	struct cmsghdr align;
};

/* The outcome, with the descriptors where it is good. */
static bool tell(int sock, struct outcome *o, const int *fd, size_t n)
{
	struct iovec iov = { o, sizeof(*o) };
	union control u = { 0 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (o->error == 0 && n > 0) {
		m.msg_control = u.buf;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		u.align = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
					    .cmsg_type = SCM_RIGHTS,
					    .cmsg_len = CMSG_LEN(n * sizeof(int)) };
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), fd, n * sizeof(int));
	}
	return sendmsg(sock, &m, MSG_NOSIGNAL) == sizeof(*o);
}

static bool hear(int sock, struct outcome *ret, int *ret_fd, size_t n)
{
	struct iovec iov = { ret, sizeof(*ret) };
	union control u = { 0 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.buf, .msg_controllen = sizeof(u.buf)
	};
	const struct cmsghdr *c;
	ssize_t got;

	do
		got = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got != sizeof(*ret))
		return false;
	c = CMSG_FIRSTHDR(&m);
	if (n == 0 || ret->error != 0)
		return true;
	if (c == NULL || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(n * sizeof(int)))
		return false;
	memcpy(ret_fd, CMSG_DATA(c), n * sizeof(int));
	return true;
}

/* Its owner's namespace may not take away what makes it read-only: the kernel says no more than EPERM. */
static int explain_read_only(const struct plan_op *op, struct diag *d)
{
	char word[DIAG_WORD];
	struct statvfs fs;

	if (op->type != PLAN_RW_BIND || statvfs(op->dst, &fs) < 0 || (fs.f_flag & ST_RDONLY) == 0)
		return 0;
	diag_set(d, -EROFS, "%s can't be writable in the sandbox: it lies on a read-only file system",
		 op->dst);
	if (strstr(op->dst, "/.claude/") != NULL)
		diag_try(d, "--claude-state ephemeral");
	else
		diag_try(d, "findmnt -T %s", diag_word(word, sizeof(word), op->dst));
	return d->code;
}

static int explain(const struct plan *plan, const struct outcome *o, struct diag *d)
{
	if (o->table)
		return diag_errno(d, o->error, "reading the tables of mounts");
	if (o->op >= plan->n)
		return diag_errno(d, o->error, "entering the sandbox's mount namespace");
	if (o->error == -ENOENT || o->error == -ENOTDIR || o->error == -ELOOP) {
		diag_set(d, o->error, "%s changed while the sandbox started", plan->op[o->op].dst);
		diag_try(d, "start again");
		return d->code;
	}
	if (o->error == -EPERM && explain_read_only(&plan->op[o->op], d) < 0)
		return d->code;
	return diag_errno(d, o->error, "%s %s in the sandbox", plan_type_name(plan->op[o->op].type),
			  plan->op[o->op].dst);
}

/* The box's mount namespace, or -1: there will be none. */
static int wait_for_box(int sock)
{
	struct outcome none;
	int fd = -1;

	return hear(sock, &none, &fd, 1) ? fd : -1;
}

int fdmount_start(const struct fdmount_job *job, struct fdmount_helper *ret, struct diag *d)
{
	struct fdmount_result done;
	struct outcome o = { 0 };
	int pair[2], box, e;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return diag_errno(d, -errno, "socketpair");
	/* A child shares our memory until it ends: vfork(2) would do, but it calls too much for that. */
	ret->pid = fork();
	e = errno;
	if (ret->pid == 0) {
		close(pair[0]);
		box = wait_for_box(pair[1]);
		if (box < 0)
			_exit(1);
		o = mount_in_child(job, box, done.kept);
		_exit(tell(pair[1], &o, done.kept, job->keep->n) ? 0 : 1);
	}
	close(pair[1]);
	ret->sock = pair[0];
	if (ret->pid > 0)
		return 0;
	mem_close_fd(&ret->sock);
	return diag_errno(d, -e, "fork");
}

int fdmount_all(const struct fdmount_helper *h, const struct fdmount_job *job, int mnt_fd,
		struct fdmount_result *ret, struct diag *d)
{
	struct outcome o = { .op = job->plan->n };

	*ret = (struct fdmount_result){ 0 };
	for (size_t i = 0; i < FDMOUNT_KEEP; i++)
		ret->kept[i] = -1;
	if (!tell(h->sock, &o, &mnt_fd, 1) || !hear(h->sock, &o, ret->kept, job->keep->n))
		return diag_set(d, -EPIPE, "making mounts in the sandbox: the helper died");
	ret->miss = o.miss;
	if (o.error == 0 && o.read_only > 0)
		log_security(
		    "weaker: %zu git config%s read-only inside, and commands that write them fail: this "
		    "kernel mounts no links",
		    o.read_only, o.read_only > 1 ? "s are" : " is");
	if (o.error == 0 && o.unshared < 0)
		log_security("weaker: what the kernel counts for each user (inotify) can be used up from "
			     "inside for your "
			     "programs outside: /proc/sys/user: %s",
			     strerror(-o.unshared));
	if (o.error == 0 || o.miss.message == RECORD_MISSED)
		return o.error;
	return explain(job->plan, &o, d);
}

void fdmount_end(struct fdmount_helper *h)
{
	int st;

	if (h->sock < 0)
		return;
	mem_close_fd(&h->sock);
	while (waitpid(h->pid, &st, 0) < 0 && errno == EINTR)
		;
}
