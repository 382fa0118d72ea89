/* SPDX-License-Identifier: MIT */
/* From pipe to pipe: all of it, in order, to its end; and what was not read stays with the caller. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mem.h"
#include "relaypipe.h"
#include "unit.h"
#include "util.h"

#define DEADLINE 20000 /* ms */

static unsigned char byte_at(size_t i)
{
	return (unsigned char)(i * 2654435761u >> 13);
}

/* A child that writes `all` bytes to fd, in pieces of up to `piece`. */
static pid_t writes(int fd, int other, size_t all, unsigned piece, unsigned seed)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	close(other);
	srand(seed);
	for (size_t at = 0; at < all;) {
		unsigned char buf[8192];
		size_t n = (size_t)rand() % piece + 1;

		n = n < all - at ? n : all - at;
		for (size_t i = 0; i < n; i++)
			buf[i] = byte_at(at + i);
		if (write(fd, buf, n) != (ssize_t)n)
			_exit(1);
		at += n;
	}
	_exit(0);
}

/* A child that reads `all` bytes of fd, or to its end; 0: they are those. */
static pid_t reads(int fd, int other, size_t all, bool to_end, unsigned piece, unsigned seed)
{
	size_t at = 0;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	close(other);
	srand(seed);
	while (at < all || to_end) {
		unsigned char buf[131072];
		size_t n = (size_t)rand() % piece + 1;
		ssize_t m = read(fd, buf, to_end || n < all - at ? n : all - at);

		if (m <= 0)
			break;
		for (ssize_t i = 0; i < m; i++)
			if (buf[i] != byte_at(at + (size_t)i))
				_exit(2);
		at += (size_t)m;
	}
	_exit(at == all ? 0 : 3);
}

static int status_of(pid_t pid)
{
	int st;

	ck_assert_int_eq(waitpid(pid, &st, 0), pid);
	return st;
}

static const struct {
	int size;	 /* of the caller's pipe */
	size_t all;	 /* that is written */
	size_t taken;	 /* that is read inside; the rest is the caller's */
	unsigned piece;	 /* of a write, at most */
	unsigned reader; /* of a read, at most */
} rows[] = {
	{ 4096, 300000, 300000, 8192, 100 },
	{ 4096, 300000, 1000, 10, 8192 },
	{ 8192, 3000000, 3000000, 8192, 131072 },
	{ 65536, 4000000, 4000000, 8192, 131072 },
	{ 65536, 4000000, 3990000, 4096, 131072 },
	{ 65536, 3000000, 1, 8192, 1 },
	{ 65536, 60000, 0, 1, 1 },
	{ 1048576, 4000000, 3000000, 8192, 5000 },
	{ 1048576, 500000, 500000, 10, 10 },
	{ 65536, 0, 0, 1, 1 },
};

START_TEST(input_that_is_not_read_stays_with_the_caller)
{
	const size_t i = (size_t)_i;
	int outer[2], inner[2], r = 1, io;
	struct signalfd_siginfo told;
	struct relaypipe p;
	pid_t writer, reader, after;
	sigset_t set;

	ck_assert_int_eq(pipe2(outer, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(inner, O_CLOEXEC), 0);
	ck_assert_int_ge(fcntl(outer[0], F_SETPIPE_SZ, rows[i].size), rows[i].size);
	ck_assert_int_ge(fcntl(inner[1], F_SETFL, O_NONBLOCK), 0);
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigprocmask(SIG_BLOCK, &set, NULL);
	io = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	ck_assert_int_eq(relaypipe_open(&p, outer[0], inner[1]), 0);
	writer = writes(outer[1], outer[0], rows[i].all, rows[i].piece, 1);
	close(outer[1]);
	reader = reads(inner[0], inner[1], rows[i].taken, false, rows[i].reader, 2);
	/* As the launcher: until who is inside ends. */
	for (int st; waitpid(reader, &st, WNOHANG) == 0;) {
		struct pollfd f[2] = { { .fd = -1 }, { io, POLLIN, 0 } };
		bool ends = rows[i].taken < rows[i].all || r == 0;

		while (read(io, &told, sizeof(told)) > 0)
			;
		if (r != 0) {
			r = relaypipe_give(&p, outer[0], inner[1]);
			f[0].fd = relaypipe_waits(&p, inner[1], &f[0].events);
		}
		ck_assert_msg(poll(f, 2, ends ? 10 : DEADLINE) != 0 || ends || r == 0,
			      "row %zu waits for ever", i);
	}
	relaypipe_done(&p, outer[0], inner[0]);
	after = fork();
	if (after == 0) {
		for (size_t at = rows[i].taken;; at++) {
			unsigned char c;
			ssize_t n = read(outer[0], &c, 1);

			if (n <= 0)
				_exit(at == rows[i].all ? 0 : 4);
			if (c != byte_at(at))
				_exit(5);
		}
	}
	close(outer[0]);
	ck_assert_int_eq(status_of(after), 0);
	ck_assert_int_eq(status_of(writer), 0);
	close(inner[0]);
	close(inner[1]);
}
END_TEST

START_TEST(output_comes_whole)
{
	const size_t i = (size_t)_i;
	int inner[2], outer[2];
	bool full = false;
	pid_t writer, reader;
	ssize_t n;

	ck_assert_int_eq(pipe2(outer, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(inner, O_CLOEXEC), 0);
	ck_assert_int_ge(fcntl(outer[0], F_SETPIPE_SZ, rows[i].size), rows[i].size);
	writer = writes(inner[1], inner[0], rows[i].all, rows[i].piece, 3);
	close(inner[1]);
	reader = reads(outer[0], outer[1], rows[i].all, true, rows[i].reader, 4);
	close(outer[0]);
	while ((n = relaypipe_move(inner[0], outer[1], &full)) != 0) {
		struct pollfd f = { full ? outer[1] : inner[0], full ? POLLOUT : POLLIN, 0 };

		ck_assert_msg(n > 0 || errno == EAGAIN, "%s", strerror(errno));
		ck_assert_msg(n > 0 || poll(&f, 1, DEADLINE) != 0, "row %zu waits for ever", i);
	}
	close(outer[1]);
	ck_assert_int_eq(status_of(writer), 0);
	ck_assert_int_eq(status_of(reader), 0);
	close(inner[0]);
}
END_TEST

/* The writer inside gets the signal that it would get of the caller's pipe. */
START_TEST(output_that_nobody_reads_ends)
{
	int inner[2], outer[2];
	bool full;

	ck_assert_int_eq(pipe2(outer, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(inner, O_CLOEXEC), 0);
	signal(SIGPIPE, SIG_IGN);
	close(outer[0]);
	ck_assert_int_eq(write(inner[1], "x", 1), 1);
	ck_assert_int_eq(relaypipe_move(inner[0], outer[1], &full), -1);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

Suite *relaypipe_suite(void)
{
	Suite *s = suite_create("relaypipe");
	TCase *t = tcase_create("relaypipe");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, input_that_is_not_read_stays_with_the_caller, 0, (int)ARRAY_SIZE(rows));
	tcase_add_loop_test(t, output_comes_whole, 0, (int)ARRAY_SIZE(rows));
	tcase_add_test(t, output_that_nobody_reads_ends);
	suite_add_tcase(s, t);
	return s;
}
