/* SPDX-License-Identifier: MIT */
#include "egress/pump.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mem.h"
#include "unit.h"
#include "util.h"

#define MANY 300000

static struct pump_pipes pipes;

/* A connection over the loopback: what the pump is for. ours does not block. */
static void connection(int *ret_ours, int *ret_theirs)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	AUTO_CLOSE int listener = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(a);

	ck_assert(bind(listener, (const struct sockaddr *)&a, sizeof(a)) == 0 && listen(listener, 1) == 0);
	ck_assert(getsockname(listener, (struct sockaddr *)&a, &len) == 0);
	*ret_theirs = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert(connect(*ret_theirs, (const struct sockaddr *)&a, sizeof(a)) == 0);
	*ret_ours = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	ck_assert_int_ge(*ret_ours, 0);
}

struct ends {
	int from, to;	  /* ours */
	int source, sink; /* theirs */
};

static struct ends make_ends(void)
{
	struct ends e;

	signal(SIGPIPE, SIG_IGN);
	connection(&e.from, &e.source);
	connection(&e.to, &e.sink);
	return e;
}

/* Without pipes everything is copied. */
static void no_pipes(void)
{
	pipes.nfree = 0;
}

static void pump_all(struct pump *p, const struct ends *e)
{
	enum pump_result r;

	do
		r = pump_move(&pipes, p, e->from, e->to);
	while (r == PUMP_MORE || r == PUMP_READ);
	ck_assert_int_eq(r, PUMP_END);
}

START_TEST(bytes_go_through_and_the_end_too)
{
	struct pump p = { .pipe = -1, .allow = PUMP_UNLIMITED };
	struct ends e = make_ends();
	AUTO_FREE char *buf = malloc(MANY);
	size_t got = 0;
	ssize_t n;

	pump_init(&pipes);
	if (_i == 1)
		no_pipes();
	for (int i = 0; i < MANY; i++)
		buf[i] = (char)(i * 7 >> 3);
	if (fork() == 0) {
		for (size_t done = 0; done < MANY; done += (size_t)n)
			n = write(e.source, buf + done, MANY - done);
		_exit(0);
	}
	close(e.source);
	if (fork() == 0) {
		char back[5000];

		close(e.to);
		while ((n = read(e.sink, back, sizeof(back))) > 0) {
			if (memcmp(back, buf + got, (size_t)n) != 0)
				_exit(1);
			got += (size_t)n;
		}
		_exit(got == MANY ? 0 : 2);
	}
	for (enum pump_result r = PUMP_MORE; r != PUMP_END;) {
		r = pump_move(&pipes, &p, e.from, e.to);
		ck_assert_int_ne(r, PUMP_ERROR);
	}
	ck_assert_uint_eq(p.moved, MANY);
	ck_assert_int_eq(p.pipe, -1);
	ck_assert(p.ended);
	for (int i = 0; i < 2; i++) {
		int st;

		ck_assert_int_gt(wait(&st), 0);
		ck_assert_int_eq(st, 0);
	}
}
END_TEST

START_TEST(what_is_not_allowed_stays)
{
	struct pump p = { .pipe = -1, .allow = 3 };
	struct ends e = make_ends();
	char buf[10];

	pump_init(&pipes);
	if (_i == 1)
		no_pipes();
	ck_assert_int_eq(write(e.source, "abcdef", 6), 6);
	ck_assert_int_eq(pump_move(&pipes, &p, e.from, e.to), PUMP_SPENT);
	ck_assert_uint_eq(p.allow, 0);
	ck_assert_int_eq(read(e.sink, buf, sizeof(buf)), 3);
	ck_assert(memcmp(buf, "abc", 3) == 0);
	ck_assert_int_eq(recv(e.sink, buf, sizeof(buf), MSG_DONTWAIT), -1);
	p.allow = 2;
	ck_assert_int_eq(pump_move(&pipes, &p, e.from, e.to), PUMP_SPENT);
	ck_assert_int_eq(read(e.sink, buf, sizeof(buf)), 2);
	ck_assert(memcmp(buf, "de", 2) == 0);
	close(e.source);
	p.allow = PUMP_UNLIMITED;
	pump_all(&p, &e);
	ck_assert_int_eq(read(e.sink, buf, sizeof(buf)), 1);
	ck_assert_int_eq(read(e.sink, buf, sizeof(buf)), 0);
}
END_TEST

/* A reader who takes nothing: it holds one pipe, and nothing of it is lost or given to another. */
START_TEST(a_stalled_reader_holds_its_pipe)
{
	struct pump p = { .pipe = -1, .allow = PUMP_UNLIMITED }, other = p;
	struct ends e = make_ends(), o = make_ends();
	static char buf[1 << 20];
	enum pump_result r = PUMP_READ;
	size_t in = 0, out = 0;
	ssize_t n;

	pump_init(&pipes);
	fcntl(e.source, F_SETFL, O_NONBLOCK);
	while (r != PUMP_WRITE) {
		n = write(e.source, buf, sizeof(buf));
		in += n > 0 ? (size_t)n : 0;
		r = pump_move(&pipes, &p, e.from, e.to);
		ck_assert_int_ne(r, PUMP_ERROR);
	}
	if (p.held > 0)
		ck_assert_int_ge(p.pipe, 0);
	ck_assert_int_eq(write(o.source, "x", 1), 1);
	ck_assert_int_eq(pump_move(&pipes, &other, o.from, o.to), PUMP_READ);
	ck_assert_int_eq(read(o.sink, buf, sizeof(buf)), 1);
	ck_assert_int_eq(buf[0], 'x');
	/* The rest of it comes. */
	shutdown(e.source, SHUT_WR);
	fcntl(e.sink, F_SETFL, O_NONBLOCK);
	for (;;) {
		r = pump_move(&pipes, &p, e.from, e.to);
		ck_assert_int_ne(r, PUMP_ERROR);
		n = read(e.sink, buf, sizeof(buf));
		if (n == 0)
			break;
		out += n > 0 ? (size_t)n : 0;
	}
	ck_assert_uint_eq(out, in);
	ck_assert_uint_eq(pipes.nfree, PUMP_PIPES);
}
END_TEST

START_TEST(a_pipe_that_is_given_up_keeps_its_bytes_from_the_next)
{
	struct pump p = { .pipe = -1, .allow = PUMP_UNLIMITED }, next = p;
	struct ends e = make_ends(), o = make_ends();
	static char buf[1 << 20];

	pump_init(&pipes);
	memset(buf, 's', sizeof(buf));
	fcntl(e.source, F_SETFL, O_NONBLOCK);
	/* Bytes in the pipe, by hand: how far a socket takes them is the kernel's affair. */
	ck_assert_int_eq(write(e.source, "old", 3), 3);
	ck_assert_int_eq(pump_move(&pipes, &p, e.from, e.to), PUMP_READ);
	p.pipe = pipes.free[--pipes.nfree];
	ck_assert_int_eq(write(pipes.fd[p.pipe][1], "secret", 6), 6);
	p.held = 6;
	pump_stop(&pipes, &p);
	ck_assert_uint_eq(pipes.nfree, PUMP_PIPES);
	ck_assert_int_eq(write(o.source, "new", 3), 3);
	ck_assert_int_eq(pump_move(&pipes, &next, o.from, o.to), PUMP_READ);
	ck_assert_int_eq(read(o.sink, buf, sizeof(buf)), 3);
	ck_assert(memcmp(buf, "new", 3) == 0);
}
END_TEST

START_TEST(a_reset_is_an_error)
{
	struct pump p = { .pipe = -1, .allow = PUMP_UNLIMITED };
	struct linger now = { 1, 0 };
	struct ends e = make_ends();

	pump_init(&pipes);
	if (_i == 1)
		no_pipes();
	setsockopt(e.source, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(e.source);
	ck_assert_int_eq(pump_move(&pipes, &p, e.from, e.to), PUMP_ERROR);
	ck_assert_int_eq(errno, ECONNRESET);
}
END_TEST

Suite *pump_suite(void)
{
	Suite *s = suite_create("pump");
	TCase *tc = tcase_create("pump");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, bytes_go_through_and_the_end_too, 0, 2);
	tcase_add_loop_test(tc, what_is_not_allowed_stays, 0, 2);
	tcase_add_test(tc, a_stalled_reader_holds_its_pipe);
	tcase_add_test(tc, a_pipe_that_is_given_up_keeps_its_bytes_from_the_next);
	tcase_add_loop_test(tc, a_reset_is_an_error, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
