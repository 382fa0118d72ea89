/* SPDX-License-Identifier: MIT */
/* What is said where nothing can be made new; what is: suites/e2e/autorun. */
#include "latehold.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "unit.h"
#include "util.h"

static const struct {
	bool hold;
	unsigned stops; /* so far */
	bool written, unread;
	const char *says;
} rows[] = {
	{ false, 0, true, false,
	  "weaker: /p/f was open for writing before it was held, inside or on the host: what is written to "
	  "it "
	  "so, the host acts on; the end of the session says whether it was (it can't be made new: none is "
	  "held)" },
	{ true, 64, true, false,
	  "weaker: /p/f was open for writing before it was held, inside or on the host: what is written to "
	  "it "
	  "so, the host acts on; the end of the session says whether it was (it can't be made new: too many "
	  "were)" },
	{ true, 64, false, true,
	  "weaker: /p/f may have been open before it was held, inside or on the host: what is written to it "
	  "so, the host acts on; the end of the session says whether it was (it can't be made new: too many "
	  "were)" },
	{ true, 64, false, false, NULL },
};

static void tell(int sock, const char *path, bool written, bool unread)
{
	struct finish_opened o = { .written = written, .unread = unread, .noted = true };
	size_t n = offsetof(struct finish_opened, path) + strlen(path) + 1;

	snprintf(o.path, sizeof(o.path), "%s", path);
	ck_assert_int_eq(send(sock, &o, n, 0), (ssize_t)n);
}

static void step(struct latehold *l, int sock[2], const char *path, bool written, bool unread)
{
	struct finish f = { .fd = -1, .opened = sock[0] };
	struct diag d = { 0 };
	bool stopped = false;

	tell(sock[1], path, written, unread);
	ck_assert_int_eq(latehold_step(l, &f, &stopped, &d), 0);
	ck_assert(!stopped);
}

START_TEST(what_is_not_made_new_is_said_with_its_reason)
{
	struct account account = { 0 };
	struct latehold l = {
		.account = &account, .init_fd = -1, .hold = rows[_i].hold, .stops = rows[_i].stops
	};
	int sock[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock), 0);
	log_set(LOG_QUIET);
	step(&l, sock, "/p/f", rows[_i].written, rows[_i].unread);
	latehold_done(&l);
	ck_assert_uint_eq(account.n, rows[_i].says != NULL);
	if (rows[_i].says != NULL)
		ck_assert_str_eq(account.fact[0].text, rows[_i].says);
	account_done(&account);
	close(sock[0]);
	close(sock[1]);
}
END_TEST

/* -v has named them by then. */
START_TEST(of_many_some_are_said)
{
	struct account account = { 0 };
	struct latehold l = { .account = &account, .init_fd = -1 };
	char path[32];
	int sock[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock), 0);
	log_set(_i == 1 ? LOG_VERBOSE : LOG_NORMAL);
	for (int i = 0; i < 18; i++) {
		snprintf(path, sizeof(path), "/p/f%d", i);
		step(&l, sock, path, true, false);
	}
	ck_assert_uint_eq(account.n, 18);
	ck_assert_int_eq(account.fact[15].severity, ACCOUNT_SECURITY);
	ck_assert_int_eq(account.fact[16].severity, ACCOUNT_DETAIL);
	latehold_done(&l);
	ck_assert_str_eq(account.fact[18].text,
			 _i == 1 ? "weaker: 2 more were open before they were held"
				 : "weaker: 2 more were open before they were held (-v names them)");
	account_done(&account);
	close(sock[0]);
	close(sock[1]);
}
END_TEST

Suite *latehold_suite(void)
{
	Suite *s = suite_create("latehold");
	TCase *t = tcase_create("latehold");

	tcase_add_loop_test(t, what_is_not_made_new_is_said_with_its_reason, 0, (int)ARRAY_SIZE(rows));
	tcase_add_loop_test(t, of_many_some_are_said, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
