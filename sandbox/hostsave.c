/* SPDX-License-Identifier: MIT */
#include "hostsave.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "appeargit.h"
#include "deadline.h"
#include "hostsavefile.h"
#include "mem.h"
#include "path.h"
#include "util.h"

#define LATER_MS  200	  /* as appear.c: a short command has no watch, and a look at its end */
#define AGAIN_MS  50	  /* between looks for a directory that the host took away */
#define TEXTS_MAX 2097152 /* of all files, at the start */

#define EVENTS \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE_SELF | \
	 IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK)

/* The git config that a private copy is mounted over, as the launcher read it. */
static const char *config_at_start(const struct hostsave *h, const struct hostsave_file *f)
{
	const struct policy_git *git = &h->o.policy->git;

	for (size_t i = 0; i < git->n; i++)
		if (streq(git->config[i].path, f->op->dst))
			return git->config[i].host;
	return NULL;
}

/* Who has the old file open when the host replaces it writes to its other names. */
static void keep_first(struct hostsave *h, struct hostsave_file *f, int dir, const char *name,
		       const struct stat *st)
{
	struct stat now;

	if (st->st_nlink < 2 || f->text == NULL || f->doubt || h->nfirst++ >= HOSTSAVE_FIRSTS)
		return;
	f->first = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (f->first >= 0 &&
	    (fstat(f->first, &now) < 0 || now.st_ino != st->st_ino || now.st_dev != st->st_dev))
		mem_close_fd(&f->first);
	if (f->first >= 0)
		f->first_text = xstrdup(f->text);
}

/* What the end of the session that may have made it would leave there (appear.h). Owned; NULL: nothing, as of most. */
static char *what_stays(const struct hostsave *h, const struct hostsave_file *f, const char *text)
{
	const char *tree = hostsavefile_tree_path(&h->o, f->tree);
	AUTO_FREE char *dir = path_dirname(f->op->dst);
	AUTO_STRV struct strv bad = { 0 };
	AUTO_STRV struct strv held = { 0 };
	AUTO_FREE char *clean = NULL;

	if (text != NULL && (streq(f->name, "config") || streq(f->name, "config.worktree"))) {
		beside_held(h->o.beside, h->o.policy, &held);
		clean = appeargit_config(text, dir, h->o.tree[f->tree], tree, &held, &bad);
	}
	return clean != NULL && clean[strspn(clean, " \t\r\n")] != '\0' ? TAKE_PTR(clean) : NULL;
}

static void learn_text(const struct hostsave *h, struct hostsave_file *f, const char *text)
{
	AUTO_FREE char *stays = f->doubt ? what_stays(h, f, text) : NULL;

	hostsavefile_set_text(f, f->doubt ? stays : text);
}

/* The host's own content, before anybody inside could write to it. */
static void learn(struct hostsave *h, struct hostsave_file *f, size_t *texts)
{
	AUTO_CLOSE int dir = hostsavefile_open_dir(h, f);
	AUTO_FREE char *text = NULL;
	struct stat st, same;
	int covered = dir >= 0 ? hostsavefile_is_covered(dir, f->name, &st) : -ENOENT;

	f->look = covered != 1;
	f->doubt = h->o.beside != NULL && strv_has_sorted(&h->o.beside->doubt, f->op->dst);
	if (hostsavefile_is_config(f)) {
		learn_text(h, f, config_at_start(h, f));
		/* Below the link; who was root may not get there any more. */
		f->was = lstat(f->op->dst, &st) == 0;
		if (f->was)
			hostsavefile_remember(f, &st, hostsavefile_born(AT_FDCWD, f->op->dst));
		if (f->was)
			keep_first(h, f, AT_FDCWD, f->op->dst, &st);
		return;
	}
	f->was = !hostsavefile_is_nothing(covered, &st);
	if (covered < 0 || hostsavefile_is_mask(f) || !S_ISREG(st.st_mode))
		return;
	/* What is not mounted over was replaced since it was: by the host alone, if that was before the command ran. */
	if (covered == 0 && time_is_since(st.st_ctim, h->o.since))
		return;
	text = hostsavefile_read(dir, f->name, &same);
	if (text != NULL && *texts + (size_t)same.st_size <= TEXTS_MAX) {
		*texts += (size_t)same.st_size;
		learn_text(h, f, text);
	}
	hostsavefile_remember(f, &st, hostsavefile_born(dir, f->name));
	keep_first(h, f, dir, f->name, &st);
}

/* --- while it runs */

/* By its own name nobody inside can write to it; by another one, which no mount is over, he can. */
static void adopt(struct hostsave_file *f, const char *text, const struct stat *st)
{
	struct stat first;

	f->mode = st->st_mode & 07777;
	/* Nor does who wrote to it by its name make it the host's: for the other session it has no mount over it. */
	if (f->doubt)
		return;
	if (!f->wrote && (st->st_nlink > 1 || (f->text != NULL && !f->unseen)))
		return;
	hostsavefile_set_text(f, text);
	if (f->first >= 0 && fstat(f->first, &first) == 0 && first.st_ino == st->st_ino &&
	    first.st_dev == st->st_dev) {
		free(f->first_text);
		f->first_text = xstrdup(text);
	}
}

/* Something stands there that is not mounted over. What is, may have been written to on the host: that is the host's. */
static bool is_open(struct hostsave *h, struct hostsave_file *f)
{
	AUTO_CLOSE int dir = hostsavefile_open_dir(h, f);
	AUTO_FREE char *text = NULL;
	struct stat st, same;
	int r = dir >= 0 ? hostsavefile_is_covered(dir, f->name, &st) : dir;

	if (hostsavefile_is_nothing(r, &st)) {
		hostsavefile_gone(f);
		return false;
	}
	if (r != 1 || hostsavefile_is_mask(f) || hostsavefile_is_config(f))
		return r != 1;
	text = hostsavefile_read(dir, f->name, &same);
	if (text != NULL && hostsavefile_is_same(f, dir, &same))
		adopt(f, text, &same);
	return false;
}

static void watch(struct hostsave *h, struct hostsave_file *f)
{
	AUTO_CLOSE int dir = hostsavefile_open_dir(h, f);
	char proc[64];

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", dir);
	f->wd = dir >= 0 ? inotify_add_watch(h->notify, proc, EVENTS) : -1;
	/* It may have gone at this moment. */
	h->blind = h->blind || (dir >= 0 && f->wd < 0 && errno != ENOENT);
}

static void watch_all(struct hostsave *h)
{
	struct epoll_event e = { .events = EPOLLIN };

	h->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (h->notify < 0 || epoll_ctl(h->poll, EPOLL_CTL_ADD, h->notify, &e) < 0) {
		mem_close_fd(&h->notify);
		h->blind = true;
		return;
	}
	for (size_t i = 0; i < h->n; i++) {
		watch(h, &h->file[i]);
		/* What was told of before that is not told again. */
		h->file[i].look = h->file[i].unseen = true;
	}
}

/* In directories that the host took away, and may make again. */
static void watch_again(struct hostsave *h)
{
	struct itimerspec again = { .it_value = deadline_in(CLOCK_MONOTONIC, AGAIN_MS) };
	bool missing = false;

	for (size_t i = 0; i < h->n && h->notify >= 0 && !h->blind; i++) {
		struct hostsave_file *f = &h->file[i];

		if (f->wd >= 0)
			continue;
		watch(h, f);
		f->look = f->unseen = true;
		missing = missing || f->wd < 0;
	}
	if (missing)
		timerfd_settime(h->timer, TFD_TIMER_ABSTIME, &again, NULL);
}

static void heard(struct hostsave *h, const struct inotify_event *e)
{
	for (size_t i = 0; i < h->n; i++) {
		struct hostsave_file *f = &h->file[i];

		if ((e->mask & IN_Q_OVERFLOW) != 0 ||
		    (f->wd == e->wd && e->len > 0 && streq(e->name, f->name))) {
			f->look = true;
			f->wrote = f->wrote || (e->mask & (IN_Q_OVERFLOW | IN_CLOSE_WRITE)) != 0;
		}
		if (f->wd == e->wd && (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0)
			f->wd = -1;
	}
	if ((e->mask & IN_MOVE_SELF) != 0)
		inotify_rm_watch(h->notify, e->wd);
}

static bool hear(struct hostsave *h)
{
	_Alignas(struct inotify_event) char buf[16384];
	ssize_t n;

	/* Once: who makes names without end holds up nothing else that the supervisor waits for. */
	n = h->notify >= 0 ? read(h->notify, buf, sizeof(buf)) : 0;
	for (char *s = buf; n > 0 && s < buf + n;) {
		const struct inotify_event *e = (const struct inotify_event *)(void *)s;

		heard(h, e);
		s += sizeof(*e) + e->len;
	}
	return n > 0;
}

/* True: one of those of which something was told is not held. */
static bool look(struct hostsave *h)
{
	bool open = false;

	for (size_t i = 0; i < h->n; i++) {
		struct hostsave_file *f = &h->file[i];

		if (!f->look)
			continue;
		open = is_open(h, f) || open;
		f->unseen = f->unseen && f->wd < 0;
		f->look = f->wrote = false;
	}
	return open;
}

int hostsave_step(struct hostsave *h, struct diag *d)
{
	uint64_t times;

	if (read(h->timer, &times, sizeof(times)) == sizeof(times) && h->notify < 0 && !h->blind)
		watch_all(h);
	hear(h);
	watch_again(h);
	return look(h) ? hostsavehold_again(h, d) : 0;
}

int hostsave_fd(const struct hostsave *h)
{
	return h->poll;
}

bool hostsave_stopped(struct hostsave *h)
{
	bool was = h->stopped;

	h->stopped = false;
	return was;
}

static void add(struct hostsave *h, const struct plan_op *op)
{
	struct hostsave_file f = { .op = op, .wd = -1, .mode = 0644, .first = -1, .unseen = true };
	const char *below;
	struct stat st;

	f.tree = hostsavefile_tree_of(&h->o, op->dst);
	if (f.tree == SIZE_MAX)
		return;
	below = op->dst + strlen(hostsavefile_tree_path(&h->o, f.tree)) + 1;
	f.name = path_basename(op->dst);
	f.dir = f.name > below ? xstrndup(below, (size_t)(f.name - below) - 1) : xstrdup(".");
	if (op->type == PLAN_RO_BIND) {
		AUTO_CLOSE int dir = hostsavefile_open_dir(h, &f);

		/* Directories are read-only as a whole, whatever the host does in them. */
		if (dir >= 0 && fstatat(dir, f.name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)) {
			free(f.dir);
			return;
		}
	}
	h->file = xrealloc_array(h->file, h->n + 1, sizeof(*h->file));
	h->file[h->n++] = f;
}

struct hostsave *hostsave_start(const struct hostsave_opts *opts)
{
	struct hostsave *h = xcalloc(1, sizeof(*h));
	struct epoll_event e = { .events = EPOLLIN };
	struct itimerspec later = { .it_value = deadline_in(CLOCK_MONOTONIC, LATER_MS) };
	size_t texts = 0;

	*h = (struct hostsave){ .o = *opts, .poll = -1, .notify = -1, .timer = -1 };
	h->init = (int)syscall(SYS_pidfd_open, opts->init, 0);
	for (size_t i = 0; i < opts->plan->n; i++) {
		const struct plan_op *op = &opts->plan->op[i];

		if (op->stage == PLAN_STAGE_FD && (op->type == PLAN_LINK || op->type == PLAN_MASK_FILE ||
						   (op->type == PLAN_RO_BIND && op->via == NULL)))
			add(h, op);
	}
	if (h->n == 0) {
		hostsave_done(h);
		return NULL;
	}
	for (size_t i = 0; i < h->n; i++) {
		learn(h, &h->file[i], &texts);
		if (h->file[i].look)
			later.it_value = deadline_in(CLOCK_MONOTONIC, 0);
	}
	h->poll = epoll_create1(EPOLL_CLOEXEC);
	h->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (h->poll < 0 || h->timer < 0 || epoll_ctl(h->poll, EPOLL_CTL_ADD, h->timer, &e) < 0 ||
	    timerfd_settime(h->timer, TFD_TIMER_ABSTIME, &later, NULL) < 0)
		h->blind = true;
	return h;
}

/* --- at the end */

void hostsave_end(struct account *account, struct hostsave *h)
{
	const struct hostsave_file *f = NULL;
	int e;

	if (h == NULL)
		return;
	/* Nobody makes events without end any more. */
	while (hear(h))
		;
	for (size_t i = 0; i < h->n; i++)
		h->file[i].look = h->file[i].look || h->file[i].unseen;
	look(h);
	hostsavehold_wait(h);
	e = hostsavehold_all(h, NULL, &f);
	if (e < 0)
		account_add(
		    account, ACCOUNT_LEFT, ACCOUNT_SECURITY, f->op->dst,
		    "%s was replaced on the host, and what the sandbox may have written to it is there: %s; "
		    "look at it",
		    f->op->dst, strerror(-e));
	hostsaveend_tell(account, h);
}

void hostsave_done(struct hostsave *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < h->n; i++) {
		struct hostsave_file *f = &h->file[i];

		for (size_t k = 0; k < HOSTSAVE_ASIDES; k++)
			hostsavejudge_forget(&f->aside[k]);
		free(f->dir);
		free(f->text);
		free(f->line);
		strv_done(&f->where);
		free(f->first_text);
		mem_close_fd(&f->first);
	}
	free(h->file);
	mem_close_fd(&h->notify);
	mem_close_fd(&h->timer);
	mem_close_fd(&h->poll);
	mem_close_fd(&h->init);
	free(h);
}
