/* SPDX-License-Identifier: MIT */
#include "mitmrun.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "egressmsg.h"
#include "log.h"
#include "mem.h"
#include "oldkernel.h"
#include "path.h"
#include "proxyurl.h"
#include "strv.h"
#include "util.h"

#define EXIT_OURS 125
#define END_MS	  20000 /* to write what stands; then it is killed */
#define LINES	  5	/* of its last words */
#define WORDS_MAX 4096
#define SECRET	  16	     /* bytes of the password */
#define MEMORY	  (1u << 30) /* it keeps a head, however long: it begins with some 60 MB */

/* Its descriptors: mitmkeep.py has the first two. */
enum { FD_CONTROL = 3, FD_FLOWS, FD_CONFIG, FD_SCRIPT, FD_END };

/* In its own /tmp. */
#define CONF   "/tmp/mitm"
#define SCRIPT "/tmp/mitmkeep.py"

static int make_text(const char *text, struct diag *d)
{
	AUTO_CLOSE int fd = memfd_create("claude-sandbox-mitmdump", MFD_CLOEXEC);
	size_t n = strlen(text);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) < 0)
		return diag_errno(d, fd < 0 ? -errno : -EIO, "memfd_create");
	return TAKE_FD(fd);
}

/* Nobody else on this machine goes by it. */
static int make_login(struct mitmrun *m, int *ret_config, struct diag *d)
{
	AUTO_FREE char *url = NULL, *config = NULL;
	unsigned char bytes[SECRET];
	char hex[2 * SECRET + 1];
	struct proxyurl u;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return diag_errno(d, -errno, "getrandom");
	for (size_t i = 0; i < SECRET; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	url = xasprintf("http://egress:%s@127.0.0.1:1", hex);
	if (proxyurl_parse(url, &u) != NULL)
		return diag_set(d, -EINVAL, "the login for mitmdump");
	m->auth = xstrdup(u.auth);
	config = xasprintf("mode: regular\n"
			   "listen_host: 127.0.0.1\n"
			   "listen_port: 0\n"
			   "proxyauth: egress:%s\n"
			   "stream_large_bodies: 1m\n"
			   "onboarding: false\n"
			   "http2: false\n"
			   "websocket: false\n", /* it would keep each message: passed as bytes */
			   hex);
	*ret_config = make_text(config, d);
	return *ret_config < 0 ? *ret_config : 0;
}

static void add_words(struct strv *ret, const char *words)
{
	AUTO_FREE char *copy = xstrdup(words);

	for (char *save = NULL, *s = strtok_r(copy, " ", &save); s != NULL; s = strtok_r(NULL, " ", &save))
		strv_add(ret, s);
}

/* All is read-only, no home, no process but its own, the network of the host. */
static void make_words(const struct policy *p, struct strv *ret)
{
	static const char box[] =
	    "--ro-bind / / --dev /dev --proc /proc --tmpfs /tmp --unshare-all --share-net --new-session "
	    "--die-with-parent --cap-drop ALL "
	    "--dir " CONF " --file 5 " CONF "/config.yaml --file 6 " SCRIPT;
	static const char program[] = "-q --set confdir=" CONF " -s " SCRIPT;

	strv_add(ret, p->bwrap);
	add_words(ret, box);
	/* Unless it is installed there. */
	if (!path_is_under(p->mitmdump, p->home) && !path_is_under(p->home, "/tmp") &&
	    access(p->home, F_OK) == 0) {
		strv_add(ret, "--tmpfs");
		strv_add(ret, p->home);
	}
	strv_add(ret, "--");
	strv_add(ret, p->mitmdump);
	add_words(ret, program);
}

static void exec_it(char *const argv[], const int fds[FD_END]) __attribute__((noreturn));
static void exec_it(char *const argv[], const int fds[FD_END])
{
	char *const environment[] = { (char[]){ "PATH=/usr/local/bin:/usr/bin:/bin" },
				      (char[]){ "HOME=/tmp" }, (char[]){ "LANG=C.UTF-8" },
				      (char[]){ "PYTHONDONTWRITEBYTECODE=1" }, NULL };
	const struct rlimit room = { EGRESS_LOG_MAX, EGRESS_LOG_MAX }, memory = { MEMORY, MEMORY };
	int from[FD_END];
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	setsid();
	umask(077);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setrlimit(RLIMIT_FSIZE, &room);
	setrlimit(RLIMIT_DATA, &memory);
	/* Out of the way of the fixed numbers, then onto them. */
	for (int fd = 0; fd < FD_END; fd++)
		from[fd] = fcntl(fds[fd], F_DUPFD_CLOEXEC, FD_END);
	for (int fd = 0; fd < FD_END; fd++)
		if (dup2(from[fd], fd) < 0)
			_exit(EXIT_OURS);
	oldkernel_close_range(FD_END, ~0u, false);
	execve(argv[0], argv, environment);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(EXIT_OURS);
}

int mitmrun_start(const struct policy *policy, int flows, struct mitmrun *ret, struct diag *d)
{
	AUTO_CLOSE int config = -1, script = make_text(mitmrun_script, d),
		       null = open("/dev/null", O_RDWR | O_CLOEXEC);
	AUTO_STRV struct strv words = { 0 };
	int pair[2], r;

	*ret = (struct mitmrun){ .control = -1, .words = -1, .name = xstrdup(policy->mitmdump) };
	if (script < 0)
		return script;
	r = make_login(ret, &config, d);
	if (r < 0)
		return r;
	ret->words = memfd_create("claude-sandbox-mitmdump", MFD_CLOEXEC);
	if (null < 0 || ret->words < 0 || fcntl(ret->words, F_SETFL, O_APPEND) < 0)
		return diag_errno(d, -errno, "memfd_create");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return diag_errno(d, -errno, "socketpair");
	ret->control = pair[0];
	make_words(policy, &words);
	ret->pid = fork();
	if (ret->pid == 0)
		exec_it(words.v,
			(int[FD_END]){ null, ret->words, ret->words, pair[1], flows, config, script });
	close(pair[1]);
	if (ret->pid > 0)
		return 0;
	ret->pid = 0;
	return diag_errno(d, -errno, "fork");
}

/* True: it has ended as it should. */
static bool reap(struct mitmrun *m, int ms, char *buf, size_t size)
{
	AUTO_CLOSE int fd = m->pid > 0 ? (int)syscall(SYS_pidfd_open, m->pid, 0) : -1;
	struct pollfd p = { fd, POLLIN, 0 };
	int st = 0, n = 0;

	snprintf(buf, size, "it is gone");
	if (m->pid <= 0)
		return false;
	while (fd >= 0 && (n = poll(&p, 1, ms)) < 0 && errno == EINTR)
		;
	if (n <= 0)
		kill(m->pid, SIGKILL);
	while (waitpid(m->pid, &st, 0) < 0)
		if (errno != EINTR)
			return false;
	m->pid = 0;
	if (WIFEXITED(st))
		snprintf(buf, size, "it exited with %d", WEXITSTATUS(st));
	else
		snprintf(buf, size, "signal %d", WTERMSIG(st));
	return WIFEXITED(st) && WEXITSTATUS(st) == 0;
}

/* The end of what it printed. */
static void say_words(const struct mitmrun *m)
{
	char buf[WORDS_MAX + 1];
	off_t end = lseek(m->words, 0, SEEK_END), from = end > WORDS_MAX ? end - WORDS_MAX : 0;
	ssize_t n = pread(m->words, buf, WORDS_MAX, from);
	char *line = buf + (n > 0 ? n : 0);
	int lines = 0;

	*line = '\0';
	while (line > buf && lines <= LINES)
		if (*--line == '\n' && line[1] != '\0')
			lines++;
	if (line > buf)
		line++;
	for (char *save = NULL, *s = strtok_r(line, "\n", &save); s != NULL; s = strtok_r(NULL, "\n", &save))
		log_note("mitmdump: %s", s);
}

/* What it says: the number behind the word, -1: something else; *ret_end: it has ended. */
static long next_number(struct mitmrun *m, const char *word, bool *ret_end)
{
	char buf[64];
	ssize_t n;

	do
		n = recv(m->control, buf, sizeof(buf) - 1, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	*ret_end = n == 0 || (n < 0 && errno != EAGAIN);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0 && str_starts(buf, word) ? strtol(buf + strlen(word), NULL, 10) : -1;
}

int mitmrun_ready(struct mitmrun *m, struct diag *d)
{
	char how[40], word[DIAG_WORD];
	bool end;
	long port = next_number(m, "port ", &end);

	if (port > 0 && port <= UINT16_MAX) {
		m->tap = xasprintf("127.0.0.1:%ld\t%s", port, m->auth);
		log_note("network: mitmdump is at 127.0.0.1:%ld", port);
		return 0;
	}
	if (!end)
		return 0;
	reap(m, END_MS, how, sizeof(how));
	mem_close_fd(&m->control);
	say_words(m);
	diag_set(d, -ECHILD, "%s did not start: %s", m->name, how);
	diag_try(d, "%s --version, or without --mitmproxy", diag_word(word, sizeof(word), m->name));
	/* Of bwrap's, ECHILD asks for a reason in the kernel. */
	return d->code = -EPIPE;
}

void mitmrun_told(struct mitmrun *m, struct account *facts)
{
	char how[40];
	bool end;

	next_number(m, "", &end);
	if (!end)
		return;
	reap(m, END_MS, how, sizeof(how));
	mem_close_fd(&m->control);
	account_tell(facts, ACCOUNT_NETWORK, ACCOUNT_SECURITY, NULL,
		     "network: mitmdump has ended (%s): nothing goes out any more, and not all may be kept",
		     how);
	say_words(m);
}

void mitmrun_done(struct mitmrun *m, struct account *facts)
{
	struct pollfd p = { m->control, POLLIN, 0 };
	char how[40];
	bool runs = m->control >= 0, end = !runs;

	if (runs)
		shutdown(m->control, SHUT_WR);
	while (!end && poll(&p, 1, END_MS) > 0) {
		long lost = next_number(m, "lost ", &end);

		if (lost > 0)
			account_tell(
			    facts, ACCOUNT_NETWORK, ACCOUNT_SECURITY, NULL,
			    "network: %ld flows were not kept: their file is full, or can't be written",
			    lost);
	}
	/* It may have ended just before it was told to. */
	if (!reap(m, END_MS, how, sizeof(how)) && runs) {
		account_tell(facts, ACCOUNT_NETWORK, ACCOUNT_SECURITY, NULL,
			     "network: mitmdump has ended (%s): not all may be kept", how);
		say_words(m);
	}
	mem_close_fd(&m->control);
	mem_close_fd(&m->words);
	if (m->auth != NULL)
		explicit_bzero(m->auth, strlen(m->auth));
	if (m->tap != NULL)
		explicit_bzero(m->tap, strlen(m->tap));
	free(TAKE_PTR(m->auth));
	free(TAKE_PTR(m->tap));
	free(TAKE_PTR(m->name));
}
