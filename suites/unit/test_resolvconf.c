/* SPDX-License-Identifier: MIT */
/* The name servers of a machine, as they change: written in place, replaced, another target of a link. */
#include "resolvconf.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "unit.h"
#include "util.h"

static char dir[32], path[64], other[64], far[64];

static void make(void)
{
	strcpy(dir, "/tmp/resolvconf.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/resolv.conf", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	snprintf(far, sizeof(far), "%s/far", dir);
	ck_assert_int_eq(mkdir(far, 0700), 0);
	strcat(far, "/stub");
}

static void clean(void)
{
	unlink(path);
	unlink(other);
	unlink(far);
	*strrchr(far, '/') = '\0';
	rmdir(far);
	rmdir(dir);
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(name, "we");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

/* Waits until there are others: the first of them. */
static const char *changed(struct resolvconf *r)
{
	static char text[IPADDR_TEXT];
	struct pollfd p = { r->fd, POLLIN, 0 };

	while (poll(&p, 1, 60000) > 0)
		if (resolvconf_changed(r))
			return ipaddr_text(&r->now.server[0], text);
	return "nothing has changed";
}

START_TEST(a_change_is_seen_however_it_is_made)
{
	struct resolvconf r;

	put(path, "# x\nnameserver 192.0.2.1\nsearch a.test\nnameserver\t2001:db8::1 # y\noptions edns0\n");
	resolvconf_begin(&r, path);
	ck_assert_uint_eq(r.now.n, 2);
	ck_assert_int_eq(r.now.server[1].bytes, 16);
	put(path, "nameserver 192.0.2.2\n");
	resolvconf_watch(&r);
	/* What came before it was watched. */
	ck_assert(resolvconf_changed(&r));
	ck_assert(!resolvconf_changed(&r));
	put(path, "nameserver 192.0.2.3\n");
	ck_assert_str_eq(changed(&r), "192.0.2.3");
	put(other, "nameserver 192.0.2.4\n");
	ck_assert_int_eq(rename(other, path), 0);
	ck_assert_str_eq(changed(&r), "192.0.2.4");
	/* None at all for a while: what is known stays. */
	ck_assert_int_eq(unlink(path), 0);
	ck_assert(!resolvconf_changed(&r));
	put(far, "nameserver 192.0.2.5\n");
	ck_assert_int_eq(symlink("far/stub", path), 0);
	ck_assert_str_eq(changed(&r), "192.0.2.5");
	put(far, "nameserver 192.0.2.6\n");
	ck_assert_str_eq(changed(&r), "192.0.2.6");
	put(path, "nameserver fe80::1%lo\nnameserver 192.0.2.300\n");
	ck_assert(!resolvconf_changed(&r));
	ck_assert_uint_eq(r.skipped.zones, 1);
	ck_assert_uint_eq(r.skipped.wrong, 1);
	ck_assert_str_eq(r.skipped.word, "192.0.2.300");
	put(path, "nameserver fe80::1%lo\nnameserver 192.0.2.7\n");
	ck_assert_str_eq(changed(&r), "192.0.2.7");
	resolvconf_done(&r);
}
END_TEST

START_TEST(more_than_there_is_room_for_are_left_out)
{
	struct resolvconf r;

	put(path, "");
	resolvconf_begin(&r, path);
	ck_assert_uint_eq(r.now.n, 0);
	for (int i = 0; i < 20; i++) {
		FILE *f = fopen(path, "ae");

		ck_assert_ptr_nonnull(f);
		fprintf(f, "nameserver 192.0.2.%d\n", i);
		ck_assert_int_eq(fclose(f), 0);
	}
	ck_assert(resolvconf_changed(&r));
	ck_assert_uint_eq(r.now.n, EGRESS_SERVERS);
	resolvconf_done(&r);
}
END_TEST

Suite *resolvconf_suite(void)
{
	Suite *s = suite_create("resolvconf");
	TCase *tc = tcase_create("resolvconf");

	tcase_add_checked_fixture(tc, make, clean);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, a_change_is_seen_however_it_is_made);
	tcase_add_test(tc, more_than_there_is_room_for_are_left_out);
	suite_add_tcase(s, tc);
	return s;
}
