/* SPDX-License-Identifier: MIT */
#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "foreign.h"
#include "log.h"
#include "mem.h"
#include "path.h"
#include "util.h"
#include "writenow.h"

#define WRITER_MS    100 /* for which an answer waits for the line that says it */
#define AT_ONCE	     16	 /* calls that are answered before others are looked at */
#define FEW	     8 /* arguments that are read while nothing is about them, and that may be blocked files */
#define MANY	     65536	/* arguments of a command that a pattern is about */
#define MANY_BYTES   (6u << 20) /* ... and their bytes: as the kernel */
#define NAMES_MAX    4096	/* looked up for one call */
#define PLACES	     8		/* of one command in PATH */
#define WORDS_A_NAME 16		/* compared for what the look-up of one name takes */
#define SCRIPTS	     5		/* one started by another, as the kernel */
#define EXECVE_CHECK 0x10000	/* AT_EXECVE_CHECK */

/* Linux 6.6: who asks and who answers take turns, on one processor. An older kernel answers EINVAL. */
#define NOTIF_SET_FLAGS	   _IOW('!', 4, uint64_t)
#define NOTIF_SYNC_WAKE_UP 1UL

#ifndef SECCOMP_USER_NOTIF_FLAG_CONTINUE
#define SECCOMP_USER_NOTIF_FLAG_CONTINUE 1
#endif

/* What a call is, for the architecture that it was made in. */
static const struct {
	uint32_t arch;
	int execve, execveat;
	size_t width;
} abis[] = {
	{ AUDIT_ARCH_X86_64, 59, 322, 8 },
	{ AUDIT_ARCH_AARCH64, 221, 281, 8 },
	{ AUDIT_ARCH_I386, 11, 358, 4 },
};

/* One command that is about to be started. */
struct start {
	pid_t pid; /* of the thread */
	size_t level;
	int at; /* owned; what its name is relative to, -1: nothing, or it is not needed */
	char path[PATH_MAX];
	bool empty, nofollow;
	bool cut;	/* it has more arguments than were read */
	unsigned names; /* that may still be looked up */
	uint64_t id, argv;
	size_t width;
};

/* A file as it is now. */
struct found {
	int fd; /* owned */
	struct stat st;
	char path[PATH_MAX]; /* "": none */
};

/* The answer: 0, or an errno; for EACCES of ours the pattern. */
struct verdict {
	int error;
	size_t pattern;
	char *what; /* owned; the command in words, when a pattern is about it */
	char *file; /* owned; what it would start; NULL: not known */
};

static void verdict_done(struct verdict *v)
{
	mem_free_ptr(&v->what);
	mem_free_ptr(&v->file);
}

static void found_done(struct found *f)
{
	mem_close_fd(&f->fd);
}
#define AUTO_FOUND __attribute__((cleanup(found_done)))

void listener_init(struct listener *ret, const struct plan *plan, const struct policy *policy)
{
	const struct plan_op *filter = plan_find(plan, PLAN_SECCOMP, NULL);

	*ret = (struct listener){ .fd = -1, .file = policy->blocked_file, .nfile = policy->nblocked_file };
	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_op *op = &plan->op[i];
		size_t n = ret->npattern;

		if (op->type != PLAN_BLOCKED)
			continue;
		ret->pattern = xrealloc_array(ret->pattern, n + 1, sizeof(*ret->pattern));
		ret->text = xrealloc_array(ret->text, n + 1, sizeof(*ret->text));
		ret->from = xrealloc_array(ret->from, n + 1, sizeof(*ret->from));
		/* The config was judged when it was read. */
		if (blocked_parse(op->dst, &ret->pattern[n]) != NULL)
			abort();
		ret->text[n] = op->dst;
		ret->from[n] = op->src;
		ret->npattern++;
	}
	ret->denied.flags = policy->filter;
	if (filter != NULL) {
		ret->denied.insn = (const struct sock_filter *)(const void *)filter->data;
		ret->denied.n = filter->len / sizeof(*ret->denied.insn);
	}
}

static size_t count_writers(struct listener *l);

void listener_done(struct listener *l)
{
	mem_close_fd(&l->fd);
	for (size_t i = 0; i < l->npattern; i++)
		blocked_done(&l->pattern[i]);
	for (size_t i = 0; i < l->nact; i++)
		free(l->act[i].text);
	free(l->pattern);
	free(l->text);
	free(l->from);
	free(l->act);
	free(l->told);
	strv_done(&l->told_paths);
	denied_done(&l->denied);
	/* Ours, and not waited for: as numbers they are nobody else's. */
	for (size_t i = 0; i < count_writers(l); i++)
		kill(l->writer[i], SIGKILL);
	*l = (struct listener){ .fd = -1 };
}

/* --- what is to be started */

/* Why we can't look, and no answer to whether the file is there: a process of the box would get another one. */
static bool is_ours(int error)
{
	return error == EDQUOT || error == EMFILE || error == ENFILE || error == ENOMEM;
}

/* What ret->fd is of. */
static int look(struct found *ret)
{
	char link[64];
	ssize_t n;

	if (fstat(ret->fd, &ret->st) < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", ret->fd);
	n = readlink(link, ret->path, sizeof(ret->path) - 1);
	/* One that is longer than a path may be has none. */
	if (n < 0 && errno != ENAMETOOLONG)
		return -errno;
	ret->path[n > 0 ? n : 0] = '\0';
	return 0;
}

static int find(struct start *s, const char *path, bool nofollow, struct found *ret)
{
	if (s->at < 0 && path[0] != '/')
		s->at = foreign_cwd(s->pid);
	if (s->at < 0 && path[0] != '/')
		return s->at;
	ret->fd = foreign_open(s->pid, s->level, s->at, path, nofollow, &s->names);
	return ret->fd < 0 ? ret->fd : look(ret);
}

/* As find, of what the call itself names: a name, or a descriptor. */
static int find_first(struct start *s, struct found *ret)
{
	if (!s->empty)
		return find(s, s->path, s->nofollow, ret);
	ret->fd = fcntl(s->at, F_DUPFD_CLOEXEC, 0);
	return ret->fd < 0 ? -errno : look(ret);
}

/* The name and the arguments' place. */
static int read_start(const struct seccomp_notif *req, struct start *s)
{
	size_t i = 0;
	uint64_t mask, at, path;
	bool has_dir;
	unsigned flags;
	ssize_t len;

	while (i < ARRAY_SIZE(abis) && abis[i].arch != req->data.arch)
		i++;
	if (i == ARRAY_SIZE(abis) || (req->data.nr != abis[i].execve && req->data.nr != abis[i].execveat))
		return -ENOSYS;
	mask = abis[i].width == 4 ? UINT32_MAX : UINT64_MAX;
	has_dir = req->data.nr == abis[i].execveat;
	at = req->data.args[0];
	path = req->data.args[has_dir ? 1 : 0] & mask;
	s->pid = (pid_t)req->pid;
	s->width = abis[i].width;
	s->argv = req->data.args[has_dir ? 2 : 1] & mask;
	flags = has_dir ? (unsigned)req->data.args[4] : 0;
	if ((flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | EXECVE_CHECK)) != 0)
		return -EINVAL;
	s->nofollow = (flags & AT_SYMLINK_NOFOLLOW) != 0;
	len = foreign_text(s->pid, path, s->path, sizeof(s->path));
	if (len < 0)
		return (int)len;
	s->empty = len == 0;
	if (s->empty && (flags & AT_EMPTY_PATH) == 0)
		return -ENOENT;
	/* A script's interpreter, and arguments that are files, are relative to the directory even so. */
	if (has_dir && (int)at != AT_FDCWD && s->path[0] != '/')
		s->at = foreign_file(s->pid, (int)at);
	else if (s->path[0] != '/')
		s->at = foreign_cwd(s->pid);
	else
		return 0;
	return s->at < 0 ? s->at : 0;
}

/* --- what is said of it */

char *listener_words(const struct strv *argv, const char *path)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		mem_oom();
	log_escape(f, argv->n > 0 ? argv->v[0] : path);
	for (size_t i = 1; i < argv->n && ftell(f) < LISTENER_WORDS; i++) {
		fputc(' ', f);
		log_escape(f, argv->v[i]);
	}
	if (fclose(f) != 0)
		mem_oom();
	if (len > LISTENER_WORDS)
		strcpy(text + LISTENER_WORDS - strlen("..."), "...");
	return text;
}

/* f: the file that the pattern is about, NULL: nobody could look. */
static struct verdict refuse(size_t pattern, const struct strv *argv, const char *path, const struct found *f)
{
	return (struct verdict){ .error = EACCES,
				 .pattern = pattern,
				 .what = listener_words(argv, path),
				 .file = f != NULL && f->path[0] == '/' ? xstrdup(f->path) : NULL };
}

/* --- judging */

/* What the kernel itself starts for a file that begins with "#!": its words, in front of the script's name. */
static int read_script(const struct found *f, struct strv *ret)
{
	char link[64], head[257];
	AUTO_CLOSE int fd = -1;
	ssize_t n;
	char *end, *word;

	if (!S_ISREG(f->st.st_mode))
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", f->fd);
	fd = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		/* Its owner can start what he has made unreadable; nobody else's file is a script by his will. */
		return f->st.st_uid == geteuid() || is_ours(errno) ? -EPERM : 0;
	n = pread(fd, head, sizeof(head) - 1, 0);
	if (n < 2 || memcmp(head, "#!", 2) != 0)
		return n < 0 ? -EPERM : 0;
	head[n] = '\0';
	head[strcspn(head, "\n")] = '\0';
	word = head + 2 + strspn(head + 2, " \t");
	end = word + strcspn(word, " \t");
	if (end == word)
		return 0;
	strv_take(ret, xstrndup(word, (size_t)(end - word)));
	end += strspn(end, " \t");
	for (n = (ssize_t)strlen(end); n > 0 && (end[n - 1] == ' ' || end[n - 1] == '\t'); n--)
		end[n - 1] = '\0';
	if (*end != '\0')
		strv_add(ret, end);
	return 0;
}

static bool is_loader(const char *path)
{
	const char *name = path_basename(path);

	return str_starts(name, "ld-") || str_starts(name, "ld.so") || str_starts(name, "libc.so") ||
	       str_starts(name, "libc.musl-");
}

static struct blocked_call call_of(const struct found *f, const char *called, const struct strv *argv,
				   size_t from)
{
	return (struct blocked_call){ .called = path_basename(called),
				      .path = f->path[0] == '/' ? f->path : NULL,
				      .dev = f->st.st_dev,
				      .ino = f->st.st_ino,
				      .argv = argv->v + from,
				      .argc = argv->n - from };
}

static bool is_valid(const struct listener *l, uint64_t id)
{
	return ioctl(l->fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static bool asks(const struct listener *l, const struct blocked_call *c)
{
	return blocked_asks(l->pattern, l->npattern, l->file, l->nfile, c);
}

/* One word of a program that is given a blocked file. */
static struct verdict judge_word(const struct listener *l, struct start *s, const struct found *by,
				 const struct strv *argv, size_t i)
{
	struct found f AUTO_FOUND = { .fd = -1 };
	int r = find(s, argv->v[i], false, &f);
	struct blocked_call c;
	size_t k;

	if (is_ours(-r) || !is_valid(l, s->id))
		return (struct verdict){ .error = EDQUOT };
	if (r < 0)
		return (struct verdict){ 0 };
	c = call_of(&f, argv->v[i], argv, i);
	c.indirect = !is_loader(by->path);
	if (asks(l, &c)) {
		unsigned cost = (unsigned)(c.argc / WORDS_A_NAME);

		if (s->cut || cost > s->names)
			return (struct verdict){ .error = s->cut ? E2BIG : EDQUOT };
		s->names -= cost;
	}
	k = blocked_find(l->pattern, l->npattern, l->file, l->nfile, &c);
	return k < l->npattern ? refuse(k, argv, by->path, &f) : (struct verdict){ 0 };
}

/* A program that is given a blocked file, to load it or to run it as a script. */
static struct verdict judge_given(const struct listener *l, struct start *s, const struct found *by,
				  const struct strv *argv)
{
	size_t n = argv->n > FEW && !is_loader(by->path) ? FEW : argv->n;
	struct verdict v = { 0 };

	for (size_t i = 1; i < n && v.error == 0; i++)
		if (strchr(argv->v[i], '/') != NULL)
			v = judge_word(l, s, by, argv, i);
	return v;
}

/* E2BIG: a pattern is about it, and more of its arguments are to be read. */
static struct verdict judge_file(const struct listener *l, struct start *s, const struct found *f,
				 const char *called, const struct strv *argv)
{
	struct blocked_call c = call_of(f, called, argv, 0);
	size_t k;

	if (s->cut && (asks(l, &c) || is_loader(f->path)))
		return (struct verdict){ .error = E2BIG };
	k = blocked_find(l->pattern, l->npattern, l->file, l->nfile, &c);
	if (k < l->npattern)
		return refuse(k, argv, f->path, f);
	return judge_given(l, s, f, argv);
}

/* A script, and what the kernel starts for it, and for that. */
static struct verdict judge_scripts(const struct listener *l, struct start *s, const struct found *first,
				    const struct strv *argv)
{
	struct strv words = { 0 }, next = { 0 };
	struct verdict v = { 0 };
	char *name = xstrdup(s->path);

	for (size_t i = 0; i < argv->n; i++)
		strv_add(&words, argv->v[i]);
	v.error = -read_script(first, &next);
	for (int depth = 0; v.error == 0 && next.n > 0; depth++) {
		struct found f AUTO_FOUND = { .fd = -1 };
		int r = depth < SCRIPTS ? find(s, next.v[0], false, &f) : -ELOOP;

		strv_add(&next, name);
		for (size_t i = 1; i < words.n; i++)
			strv_add(&next, words.v[i]);
		free(name);
		name = xstrdup(next.v[0]);
		strv_done(&words);
		words = next;
		next = (struct strv){ 0 };
		if (r < 0)
			v.error = -r;
		else
			v = judge_file(l, s, &f, name, &words);
		if (v.error == 0)
			v.error = -read_script(&f, &next);
	}
	free(name);
	strv_done(&words);
	strv_done(&next);
	return v;
}

static struct verdict judge(struct listener *l, struct start *s)
{
	struct found f AUTO_FOUND = { .fd = -1 };
	int r = find_first(s, &f);
	struct verdict v;

	/* An interpreter, and words that are files, are relative to where the process is. */
	mem_close_fd(&s->at);
	if (r == 0 && streq(f.path, PLAN_INIT))
		return (struct verdict){ .error = EACCES, .pattern = l->npattern };
	if (r < 0)
		return (struct verdict){ .error = -r };
	/* Who is given a blocked file, or which interpreter is one, is known when it has been found. */
	for (size_t max = FEW;; max = MANY) {
		AUTO_STRV struct strv argv = { 0 };

		r = foreign_vector(s->pid, s->argv, s->width, max, max == FEW ? 2 * PATH_MAX : MANY_BYTES,
				   &argv);
		if (r < 0)
			return (struct verdict){ .error = -r };
		s->cut = r > 0;
		v = judge_file(l, s, &f, s->path, &argv);
		if (v.error == 0)
			v = judge_scripts(l, s, &f, &argv);
		if (v.error != E2BIG || max == MANY)
			return v;
	}
}

/* --- telling */

static void remember(struct listener *l, const struct verdict *v)
{
	for (size_t i = 0; i < l->nact; i++)
		if (l->act[i].pattern == v->pattern) {
			l->act[i].times++;
			return;
		}
	l->act = xrealloc_array(l->act, l->nact + 1, sizeof(*l->act));
	l->act[l->nact++] =
	    (struct listener_act){ .pattern = v->pattern, .text = xstrdup(v->what), .times = 1 };
}

/* Those that have ended leave their place. How many are still at it. */
static size_t count_writers(struct listener *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->nwriter; i++)
		if (waitpid(l->writer[i], NULL, WNOHANG) == 0)
			l->writer[n++] = l->writer[i];
	return l->nwriter = n;
}

/* Not longer than WRITER_MS, and not while another one keeps us waiting already. */
static void wait_for_writer(struct listener *l, pid_t pid, bool alone)
{
	struct pollfd p = { (int)syscall(SYS_pidfd_open, pid, 0), POLLIN, 0 };

	if (p.fd >= 0 && alone)
		poll(&p, 1, WRITER_MS);
	mem_close_fd(&p.fd);
	l->writer[l->nwriter++] = pid;
	count_writers(l);
}

/*
 * By a process of its own. A regular file takes what is written when nobody else inside writes to it (its inode is locked),
 * and the last close of a socket may take as long as the box likes (SO_LINGER), and this may become the last one: the
 * end of a process waits for none.
 */
static void write_apart(struct listener *l, uint64_t id, pid_t to, const char *text, size_t n)
{
	size_t others = count_writers(l);
	pid_t pid = others < ARRAY_SIZE(l->writer) ? fork() : -1;

	if (pid == 0) {
		int fd = foreign_take(to, 2);

		/* What a reader does not take is lost. */
		if (fd >= 0 && is_valid(l, id) && writenow(fd, text, n) < 0)
			_exit(1);
		_exit(0);
	}
	if (pid > 0)
		wait_for_writer(l, pid, others == 0);
}

/* The pattern and the file first: who tries makes the words, and as many as fit. */
static void tell(struct listener *l, uint64_t id, pid_t to, const struct verdict *v)
{
	char line[PIPE_BUF];
	AUTO_FREE char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int n;

	if (f == NULL)
		mem_oom();
	if (v->pattern < l->npattern) {
		fputc('"', f);
		log_escape(f, l->text[v->pattern]);
		fputs("\" (blocked_commands: ", f);
		log_escape(f, l->from[v->pattern]);
		fputc(')', f);
	} else {
		fputs("(blocked_commands: it could not be looked at)", f);
	}
	if (v->file != NULL) {
		fputs(", ", f);
		log_escape(f, v->file);
	}
	if (fclose(f) != 0)
		mem_oom();
	n = snprintf(line, sizeof(line), "[claude-sandbox] BLOCKED: %s: %s\n", text, v->what);
	if (n >= (int)sizeof(line)) {
		n = sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	write_apart(l, id, to, line, (size_t)n);
}

/* --- answering */

static void answer(const struct listener *l, uint64_t id, int error)
{
	struct seccomp_notif_resp resp = { .id = id,
					   .error = -error,
					   .flags = error == 0 ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0 };

	/* ENOENT: it was killed meanwhile. */
	if (ioctl(l->fd, SECCOMP_IOCTL_NOTIF_SEND, &resp) == 0 || errno == ENOENT || error != 0)
		return;
	resp.error = -EACCES;
	resp.flags = 0;
	ioctl(l->fd, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

/* A call that the table refuses: with its errno, whatever can be found out about who made it. */
static void deny(struct listener *l, const struct seccomp_notif *req, uint32_t action)
{
	struct seccomp_notif_resp resp = { .id = req->id, .error = -(int)(action & SECCOMP_RET_DATA) };
	char path[64], name[64] = "?";
	AUTO_CLOSE int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%u/comm", req->pid);
	fd = l->denied.counts ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	n = fd >= 0 ? read(fd, name, sizeof(name) - 1) : 0;
	name[n > 0 ? n - 1 : 1] = '\0';
	if (!is_valid(l, req->id))
		return;
	ioctl(l->fd, SECCOMP_IOCTL_NOTIF_SEND, &resp);
	denied_note(&l->denied, &req->data, action, name);
}

/* A search in PATH tries the same words at one place after the other, each once and in few of them, and is one try. */
static bool goes_on(const struct listener *l, const struct start *s, const struct verdict *v)
{
	return v->pattern < l->npattern && l->last == s->pid && l->told != NULL && streq(l->told, v->what) &&
	       l->told_pattern == v->pattern && l->told_paths.n < PLACES &&
	       !strv_has(&l->told_paths, s->path) &&
	       streq(path_basename(l->told_paths.v[0]), path_basename(s->path));
}

/* Before the answer: who waits for it is there. */
static void note(struct listener *l, uint64_t id, const struct start *s, struct verdict *v)
{
	if (goes_on(l, s, v)) {
		strv_add(&l->told_paths, s->path);
		verdict_done(v);
		return;
	}
	if (v->pattern < l->npattern)
		remember(l, v);
	else
		l->unknown++;
	tell(l, id, s->pid, v);
	free(l->told);
	strv_done(&l->told_paths);
	l->told = TAKE_PTR(v->what);
	strv_add(&l->told_paths, s->path);
	l->told_pattern = v->pattern;
	verdict_done(v);
	l->last = s->pid;
}

static void answer_one(struct listener *l, const struct seccomp_notif *req)
{
	uint32_t action = denied_action(&l->denied, &req->data);
	struct start s = { .level = l->level, .at = -1, .names = NAMES_MAX, .id = req->id };
	struct verdict v = { 0 };
	int r;

	if (action != SECCOMP_RET_ALLOW) {
		deny(l, req, action);
		return;
	}
	r = read_start(req, &s);
	v = r < 0 ? (struct verdict){ .error = -r } : judge(l, &s);
	mem_close_fd(&s.at);
	/* What was read may have been another process's, which has got this one's number. */
	if (!is_valid(l, req->id)) {
		verdict_done(&v);
		return;
	}
	/* "May not be looked at" is a refusal of ours, whatever it is called. */
	if (v.error == EPERM || v.error == ESRCH || v.error == E2BIG || is_ours(v.error)) {
		const struct strv none = { 0 };

		v = refuse(l->npattern, &none, r < 0 ? "?" : s.path, NULL);
	}
	if (v.what != NULL)
		note(l, req->id, &s, &v);
	answer(l, req->id, v.error);
}

void listener_answer(struct listener *l)
{
	union {
		struct seccomp_notif req;
		char room[512]; /* a newer kernel's may be larger */
	} u;
	struct pollfd p = { l->fd, POLLIN, 0 };

	if (!l->wakes)
		ioctl(l->fd, NOTIF_SET_FLAGS, NOTIF_SYNC_WAKE_UP);
	l->wakes = true;
	for (int i = 0; i < AT_ONCE && poll(&p, 1, 0) > 0 && (p.revents & POLLIN) != 0; i++) {
		memset(&u, 0, sizeof(u));
		if (ioctl(l->fd, SECCOMP_IOCTL_NOTIF_RECV, &u.req) == 0)
			answer_one(l, &u.req);
	}
	/* Nobody is left who could ask. */
	if ((p.revents & POLLIN) == 0 && (p.revents & (POLLHUP | POLLERR)) != 0)
		mem_close_fd(&l->fd);
}

void listener_account(const struct listener *l, struct account *a)
{
	denied_account(&l->denied, a);
	for (size_t i = 0; i < l->nact; i++) {
		const struct listener_act *act = &l->act[i];
		char times[40] = "";

		if (act->times > 1)
			snprintf(times, sizeof(times), " (%lu times), first", act->times);
		account_add(a, ACCOUNT_COMMAND, ACCOUNT_SECURITY, l->text[act->pattern],
			    "blocked command tried: \"%s\"%s: %s", l->text[act->pattern], times, act->text);
	}
	if (l->unknown > 0)
		account_add(a, ACCOUNT_COMMAND, ACCOUNT_SECURITY, NULL,
			    "commands that were refused because they could not be looked at: %lu", l->unknown)
		    ->others = l->unknown - 1;
}
