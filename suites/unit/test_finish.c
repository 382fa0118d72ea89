/* SPDX-License-Identifier: MIT */
/* The process that searches on while the command runs, without a box: it finds nothing to mount. */
#include "finish.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "inodetime.h"
#include "mem.h"
#include "path.h"
#include "tmptree.h"
#include "unit.h"

#define MANY 500 /* more than is held at the start */

static void name_of(int i, char *buf, size_t size)
{
	snprintf(buf, size, "d%03d/.envrc", i);
}

static const char *weaker(const struct account *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->fact[i].kind == ACCOUNT_WEAKER)
			return a->fact[i].text;
	return NULL;
}

/* What it says at its end, when it leaves its notes there. */
static char *said_with(int notes)
{
	char *root = tmptree_make(), *text;
	AUTO_CLOSE int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int tree = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct policy_entry entry = {
		.access = POLICY_WRITE, .part = POLICY_PROJECT, .path = root, .is_dir = true
	};
	struct policy policy = { .project = root, .entry = &entry, .nentry = 1 };
	struct timespec since = inodetime_after((struct timespec){ 0 });
	struct scan scan = { 0 };
	struct finish_work work = { .policy = &policy, .scan = &scan, .since = &since, .notes = notes };
	struct account account = { 0 };
	struct pollfd p = { .events = POLLIN };
	struct finish f;
	struct diag d = { 0 };
	char name[32];

	for (int i = 0; i < MANY; i++) {
		name_of(i, name, sizeof(name));
		tmptree_put(root, name, "", 0600);
	}
	ck_assert_int_eq(scan_trees(&policy, top, "", 60000, &scan, &d), 0);
	ck_assert(scan.incomplete);
	for (int i = 0; i < MANY; i++) {
		name_of(i, name, sizeof(name));
		ck_assert_int_eq(unlinkat(tree, name, 0), 0);
	}
	finish_start(&work, top, &f);
	p.fd = f.fd;
	ck_assert_int_eq(poll(&p, 1, 60000), 1);
	finish_told(&account, &f);
	finish_done(&f);
	text = weaker(&account) != NULL ? xstrdup(weaker(&account)) : NULL;
	account_done(&account);
	scan_done(&scan);
	tmptree_remove(root);
	return text;
}

START_TEST(notes_that_are_not_whole_are_said)
{
	AUTO_CLOSE int notes = finish_notes();
	AUTO_CLOSE int full = open("/dev/full", O_RDWR | O_CLOEXEC);
	AUTO_FREE char *good = said_with(notes);
	AUTO_FREE char *bad = said_with(full);

	ck_assert_pstr_eq(good, NULL);
	ck_assert_pstr_eq(bad,
			  "weaker: what was removed or moved before it was protected may not be named at the "
			  "end: the notes of the search can't be written: No space left on device");
}
END_TEST

Suite *finish_suite(void)
{
	Suite *s = suite_create("finish");
	TCase *t = tcase_create("finish");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, notes_that_are_not_whole_are_said);
	suite_add_tcase(s, t);
	return s;
}
