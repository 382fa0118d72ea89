/* SPDX-License-Identifier: MIT */
/* Becoming the box's kernel identity when root started the launcher. */
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/mount.h>

#include "mem.h"
#include "path.h"
#include "util.h"

/* Shadowed in the private namespace only; every source below it is staged. */
#define STAGING	 "/tmp"
#define SOFTWARE "/opt"

static int write_file(const char *path, const char *text)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static void try_other_owner(const char *path, struct diag *d)
{
	char word[DIAG_WORD];

	diag_try(d, "start as an ordinary user, or give the project to one: chown -R USER %s",
		 diag_word(word, sizeof(word), path));
}

/*
 * A user namespace that maps the files' 0 to `uid` and everything else but uid
 * to itself, for mount_setattr(2). A child makes it and dies.
 */
static int idmap_userns(uid_t uid, gid_t gid, const char *project, struct diag *d)
{
	int ready[2], end[2], fd = -1, r = 0;
	char path[64], map[160], byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return diag_errno(d, -errno, "pipe2");
	if (pipe2(end, O_CLOEXEC) < 0) {
		r = diag_errno(d, -errno, "pipe2");
		close(ready[0]);
		close(ready[1]);
		return r;
	}
	pid = fork();
	if (pid == 0) {
		byte = unshare(CLONE_NEWUSER) == 0;
		/* Only the launcher holds the other end: its death, whenever it comes, is the end of file. */
		close(end[1]);
		if (write(ready[1], &byte, 1) == 1)
			_exit(read(end[0], &byte, 1) != 0);
		_exit(0);
	}
	close(ready[1]);
	close(end[0]);
	if (pid < 0 || read(ready[0], &byte, 1) != 1 || !byte)
		r = diag_set(d, -ECHILD, "making a user namespace for the project's files");
	close(ready[0]);
	if (r == 0) {
		snprintf(map, sizeof(map), "0 %u 1\n1 1 %u\n%u %u %u\n", uid, uid - 1, uid + 1, uid + 1,
			 4294967294u - uid);
		snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
		r = write_file(path, map);
		snprintf(map, sizeof(map), "0 %u 1\n1 1 %u\n%u %u %u\n", gid, gid - 1, gid + 1, gid + 1,
			 4294967294u - gid);
		snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
		if (r == 0)
			r = write_file(path, map);
		snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
		fd = r == 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		if (fd < 0) {
			r = diag_errno(d, r < 0 ? r : -errno, "mapping root's files to uid %u", uid);
			try_other_owner(project, d);
		}
	}
	if (pid > 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(end[1]);
	return r < 0 ? r : fd;
}

/* True when every directory above path lets anybody pass. */
static bool reachable(const char *path)
{
	AUTO_FREE char *dir = path_dirname(path);
	struct stat st;

	while (!streq(dir, "/")) {
		char *up;

		if (stat(dir, &st) < 0 || (st.st_mode & S_IXOTH) == 0)
			return false;
		up = path_dirname(dir);
		free(dir);
		dir = up;
	}
	return true;
}

/* The agent's state: what is in root's home belongs to root, whoever the box is. */
static bool is_state(const struct policy *policy, const struct plan_op *op)
{
	for (size_t i = 0; i < policy->nstage; i++)
		if (streq(policy->stage[i].dst, op->dst))
			return true;
	return false;
}

/* Software that is upgraded, or upgrades itself: held, since it may be gone when we can't plan anew. */
static bool may_vanish(const struct policy *policy, const struct plan_op *op)
{
	if (op->type != PLAN_RO_BIND)
		return false;
	for (size_t i = 0; i < policy->nentry; i++)
		if (policy->entry[i].part == POLICY_HOME && streq(policy->entry[i].path, op->dst))
			return true;
	return path_is_under(op->src, SOFTWARE);
}

static bool must_stage(const struct policy *policy, const struct plan_op *op)
{
	if (op->stage != PLAN_STAGE_BWRAP || (op->type != PLAN_RO_BIND && op->type != PLAN_RW_BIND))
		return false;
	if (path_is_under(op->src, STAGING) || !reachable(op->src))
		return true;
	if (is_state(policy, op) || may_vanish(policy, op))
		return true;
	if (policy->identity != POLICY_IDMAP)
		return false;
	/* What was asked for shows root's files as the box's own; the system's stay root's. */
	for (size_t i = 0; i < policy->nentry; i++)
		if (policy->entry[i].part >= POLICY_PROJECT && streq(policy->entry[i].path, op->dst))
			return true;
	return false;
}

/* In the home of the box's own uid nothing needs another owner, and mapped away it would lose its own. */
static bool is_roots(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_uid == 0;
}

static bool must_idmap(const struct policy *policy, const struct plan_op *op)
{
	for (size_t i = 0; i < policy->nentry; i++)
		if (policy->entry[i].part >= POLICY_PROJECT && streq(policy->entry[i].path, op->dst))
			return policy->identity == POLICY_IDMAP;
	return is_state(policy, op) && is_roots(op->src);
}

/* A detached copy of the source's mount, idmapped where userns >= 0. */
static int detach(const char *src, int userns, struct diag *d)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned)userns };
	AUTO_CLOSE int tree =
	    (int)syscall(SYS_open_tree, AT_FDCWD, src, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (tree < 0 && errno == ENOENT)
		return diag_set(d, -ENOENT, "%s vanished while the sandbox was started", src);
	if (tree < 0)
		return diag_errno(d, -errno, "detaching a mount of %s", src);
	if (userns >= 0 &&
	    syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0) {
		diag_errno(d, -errno,
			   "started by root on files of root's, and the file system of %s can't be idmapped",
			   src);
		try_other_owner(src, d);
		return d->code;
	}
	return TAKE_FD(tree);
}

static int attach(int tree, const char *path, bool is_dir)
{
	if (is_dir) {
		if (mkdir(path, 0755) < 0)
			return -errno;
	} else {
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

		if (fd < 0)
			return -errno;
		close(fd);
	}
	return syscall(SYS_move_mount, tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0 ? -errno : 0;
}

static int stage_sources(const struct policy *policy, const struct plan *plan, struct stage *s,
			 struct diag *d)
{
	bool idmap = policy->identity == POLICY_IDMAP || policy->nstage > 0;
	AUTO_CLOSE int userns =
	    idmap ? idmap_userns(policy->kernel_uid, policy->kernel_gid, policy->project, d) : -1;
	AUTO_FREE int *tree = xcalloc(plan->n + 1, sizeof(*tree));
	int r = 0;

	if (idmap && userns < 0)
		return userns;
	if (policy->claude.dir != NULL) {
		s->claude = detach(policy->claude.dir, is_roots(policy->claude.dir) ? userns : -1, d);
		if (s->claude < 0)
			return s->claude;
	}
	/* All sources first: the tmpfs may shadow some. */
	for (size_t i = 0; i < plan->n && r == 0; i++) {
		const struct plan_op *op = &plan->op[i];

		if (!must_stage(policy, op))
			continue;
		tree[s->n] = detach(op->src, must_idmap(policy, op) ? userns : -1, d);
		if (tree[s->n] < 0) {
			r = tree[s->n];
			break;
		}
		s->staged = xrealloc_array(s->staged, s->n + 1, sizeof(*s->staged));
		s->staged[s->n] =
		    (struct bwrap_staged){ .src = op->src, .path = xasprintf(STAGING "/%zu", s->n) };
		s->n++;
	}
	if (r == 0 &&
	    mount("claude-sandbox", STAGING, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64k") < 0)
		r = diag_errno(d, -errno, "mounting a private tmpfs on " STAGING);
	for (size_t i = 0; i < s->n; i++) {
		struct stat st;

		if (r == 0 && fstat(tree[i], &st) < 0)
			r = diag_errno(d, -errno, "%s", s->staged[i].src);
		if (r == 0) {
			r = attach(tree[i], s->staged[i].path, S_ISDIR(st.st_mode));
			if (r < 0)
				diag_errno(d, r, "staging %s", s->staged[i].src);
		}
		close(tree[i]);
	}
	return r;
}

static int become(const struct policy *policy, struct diag *d)
{
	uid_t r, e, s;

	if (setgroups(policy->ngroups, policy->groups) < 0 ||
	    setresgid(policy->kernel_gid, policy->kernel_gid, policy->kernel_gid) < 0 ||
	    setresuid(policy->kernel_uid, policy->kernel_uid, policy->kernel_uid) < 0)
		return diag_errno(d, -errno, "dropping root");
	if (getresuid(&r, &e, &s) < 0 || r != policy->kernel_uid || e != r || s != r || r == 0)
		return diag_set(d, -EPERM, "dropping root had no effect");
	/*
	 * A change of uid makes a process undumpable, and so it stays: the uid that it has now
	 * must not read root's environment and memory. An exec of bwrap makes bwrap dumpable.
	 */
	return 0;
}

int stage_enter(const struct policy *policy, const struct plan *plan, struct stage *ret, struct diag *d)
{
	int r;

	*ret = (struct stage){ .claude = -1 };
	if (policy->kernel_uid == 0)
		return diag_set(d, -EPERM, "the kernel's uid 0 must not enter a box");
	if (policy->identity == POLICY_SELF)
		return 0;
	if (unshare(CLONE_NEWNS) < 0)
		return diag_set(d, -ECHILD, "making a private mount namespace: %s", strerror(errno));
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return diag_errno(d, -errno, "making mounts private");
	r = stage_sources(policy, plan, ret, d);
	if (r < 0)
		return r;
	return become(policy, d);
}

void stage_done(struct stage *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->staged[i].path);
	free(s->staged);
	mem_close_fd(&s->claude);
	*s = (struct stage){ .claude = -1 };
}
