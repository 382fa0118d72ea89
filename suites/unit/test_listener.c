/* SPDX-License-Identifier: MIT */
/*
 * What is said of a command that was refused: whoever starts it makes its words, and how long they are. And what becomes
 * of a real one that can't be looked at.
 */
#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mem.h"
#include "path.h"
#include "tmptree.h"
#include "unit.h"
#include "util.h"

#define WAIT_MS 60000
#define NOBODY	65534

/* Around the limit: one byte more has no room for the dots behind it. */
START_TEST(words_end_at_their_limit)
{
	size_t n = LISTENER_WORDS - 4 + (size_t)_i;
	AUTO_STRV struct strv argv = { 0 };
	AUTO_FREE char *text = NULL;
	char word[LISTENER_WORDS + 8];

	memset(word, 'x', n);
	word[n] = '\0';
	strv_add(&argv, word);
	text = listener_words(&argv, "/bin/tool");
	if (n <= LISTENER_WORDS) {
		ck_assert_str_eq(text, word);
		return;
	}
	ck_assert_uint_eq(strlen(text), LISTENER_WORDS);
	ck_assert_int_eq(strncmp(text, word, LISTENER_WORDS - 3), 0);
	ck_assert_str_eq(text + LISTENER_WORDS - 3, "...");
}
END_TEST

START_TEST(words_are_escaped_before_they_are_cut)
{
	AUTO_STRV struct strv argv = { 0 };
	AUTO_FREE char *text = NULL;
	char word[LISTENER_WORDS];

	memset(word, '\x1b', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	strv_add(&argv, "tool");
	strv_add(&argv, word);
	strv_add(&argv, "never looked at");
	text = listener_words(&argv, "/bin/tool");
	ck_assert_uint_eq(strlen(text), LISTENER_WORDS);
	ck_assert_int_eq(strncmp(text, "tool \\x1b\\x1b", 13), 0);
	ck_assert_ptr_null(strchr(text, '\x1b'));
}
END_TEST

START_TEST(a_command_without_words_is_its_path)
{
	const struct strv none = { 0 };
	AUTO_FREE char *text = listener_words(&none, "/bin/tool\n");

	ck_assert_str_eq(text, "/bin/tool\\x0a");
}
END_TEST

/* --- a command that is about to be started */

/* What the supervisor can't have any more: as where memory, or all files of the machine, are used up. */
enum fault { NO_FAULT, NO_MEMORY_FOR_NAMES, NO_FILE_FOR_SCRIPTS, NO_FILE_FOR_NUMBERS };

static void load(struct sock_filter *insn, size_t n)
{
	const struct sock_fprog prog = { .len = (unsigned short)n, .filter = insn };

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog), 0);
}

#define NR     BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define FLAGS  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]))
#define RET(k) BPF_STMT(BPF_RET | BPF_K, (k))

/* openat(2) with these flags is refused, and openat2(2) where it is about names. */
static void load_fault(enum fault fault)
{
	struct sock_filter names[] = {
		NR,
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
		FLAGS,
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0, 1),
		RET(SECCOMP_RET_ERRNO | ENOMEM),
		RET(SECCOMP_RET_ALLOW),
	};
	const unsigned how =
	    fault == NO_FILE_FOR_SCRIPTS ? O_RDONLY | O_NONBLOCK | O_CLOEXEC : O_RDONLY | O_CLOEXEC;
	struct sock_filter files[] = {
		NR,
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
		FLAGS,
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, how, 0, 1),
		RET(SECCOMP_RET_ERRNO | ENFILE),
		RET(SECCOMP_RET_ALLOW),
	};

	if (fault == NO_MEMORY_FOR_NAMES)
		load(names, ARRAY_SIZE(names));
	else if (fault != NO_FAULT)
		load(files, ARRAY_SIZE(files));
}

/* In the child: tells its listener's number; then the errno of an exec that fails. */
static void start(int to, int file, char *const argv[]) __attribute__((noreturn));
static void start(int to, int file, char *const argv[])
{
	struct sock_filter insn[] = {
		NR,
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execveat, 0, 1),
		RET(SECCOMP_RET_USER_NOTIF),
		RET(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = ARRAY_SIZE(insn), .filter = insn };
	char *const env[] = { NULL };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), fd, e;

	dup2(null, STDERR_FILENO);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
	e = fd < 0 ? -errno : fd;
	if (write(to, &e, sizeof(e)) != sizeof(e) || fd < 0)
		_exit(1);
	syscall(SYS_execveat, file, "", argv, env, AT_EMPTY_PATH);
	e = errno;
	_exit(write(to, &e, sizeof(e)) == sizeof(e) ? 0 : 1);
}

/* The errno that the start of argv gets, by the file of *file; 0: none. *l has what was noted of it. */
static int try_start(const char *file, char *const argv[], enum fault fault, struct listener *l)
{
	AUTO_CLOSE int fd = open(file, O_PATH | O_CLOEXEC);
	AUTO_CLOSE int from = -1;
	struct pollfd p = { .events = POLLIN };
	int pair[2], e = 0, number = -1;
	pid_t pid;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pipe2(pair, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		start(pair[1], fd, argv);
	close(pair[1]);
	from = pair[0];
	ck_assert_int_eq(read(from, &number, sizeof(number)), sizeof(number));
	ck_assert_msg(number >= 0, "no listener: %s", strerror(-number));
	p.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	l->fd = (int)syscall(SYS_pidfd_getfd, p.fd, number, 0);
	ck_assert_msg(l->fd >= 0, "pidfd_getfd: %s", strerror(errno));
	close(p.fd);
	p.fd = l->fd;
	ck_assert_int_eq(poll(&p, 1, WAIT_MS), 1);
	load_fault(fault);
	listener_answer(l);
	/* Its end is that of the pipe where the command runs. */
	if (read(from, &e, sizeof(e)) != sizeof(e))
		e = 0;
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	return e;
}

static const struct start_case {
	const char *name;
	enum fault fault;
	enum {
		OTHER,
		GIVEN,
		BY_SELF
	} what; /* than a blocked file; that file, by its name, or through /proc/self */
	int error;
	size_t nact;
	unsigned long unknown;
} starts[] = {
	{ "another command passes", NO_FAULT, OTHER, 0, 0, 0 },
	{ "a blocked file that is given to another", NO_FAULT, GIVEN, EACCES, 1, 0 },
	{ "... through /proc/self", NO_FAULT, BY_SELF, EACCES, 1, 0 },
	{ "one that there is no memory to look for", NO_MEMORY_FOR_NAMES, GIVEN, EACCES, 0, 1 },
	{ "a file of somebody else's that may be a script", NO_FILE_FOR_SCRIPTS, OTHER, EACCES, 0, 1 },
	{ "one whose /proc/self can't be looked up", NO_FILE_FOR_NUMBERS, BY_SELF, EACCES, 0, 1 },
};

START_TEST(what_can_not_be_looked_at_is_refused)
{
	const struct start_case *c = &starts[_i];
	char *root = tmptree_make();
	AUTO_FREE char *tool = path_join(root, "tool");
	AUTO_FREE char *self = path_join("/proc/self/root", tool);
	char sh[] = "sh", push[] = "push", option[] = "-c", nothing[] = ":";
	char *const given[] = { sh, c->what == BY_SELF ? self : tool, push, NULL }, *const plain[] = {
		sh, option, nothing, NULL
	};
	AUTO_PLAN struct plan plan = { 0 };
	struct blocked_file blocked = { .path = tool };
	const struct policy policy = { .blocked_file = &blocked, .nblocked_file = 1 };
	const char *file = "/bin/sh";
	struct listener l;
	struct stat st;
	int e;

	tmptree_put(root, "tool", "exit 0\n", 0755);
	ck_assert_int_eq(stat(tool, &st), 0);
	blocked.dev = st.st_dev;
	blocked.ino = st.st_ino;
	/* The shell is root's, and to root somebody else's is another file. */
	if (c->fault == NO_FILE_FOR_SCRIPTS && geteuid() == 0) {
		ck_assert_int_eq(chown(tool, NOBODY, NOBODY), 0);
		file = tool;
	}
	plan_add(&plan, (struct plan_op){ .type = PLAN_BLOCKED,
					  .dst = xstrdup("tool push"),
					  .src = xstrdup("a test"),
					  .why = xstrdup("blocked") });
	listener_init(&l, &plan, &policy);
	e = try_start(file, c->what == OTHER ? plain : given, c->fault, &l);
	ck_assert_msg(e == c->error, "%s: %s", c->name, strerror(e));
	ck_assert_msg(l.nact == c->nact && l.unknown == c->unknown, "%s: %zu, %lu", c->name, l.nact,
		      l.unknown);
	listener_done(&l);
	tmptree_remove(root);
}
END_TEST

Suite *listener_suite(void)
{
	Suite *s = suite_create("listener");
	TCase *t = tcase_create("listener");

	tcase_add_loop_test(t, words_end_at_their_limit, 0, 10);
	tcase_add_test(t, words_are_escaped_before_they_are_cut);
	tcase_add_test(t, a_command_without_words_is_its_path);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, what_can_not_be_looked_at_is_refused, 0, ARRAY_SIZE(starts));
	suite_add_tcase(s, t);
	return s;
}
