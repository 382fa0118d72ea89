/* SPDX-License-Identifier: MIT */
/* What is told of files that the host may replace, on a real directory; without a box: nothing is held again. */
#include "hostsave.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "inodetime.h"
#include "mem.h"
#include "path.h"
#include "tmptree.h"
#include "unit.h"

#define FLOOD 2000 /* names: fewer than the kernel keeps for us, more than are read at once */

static bool is_ready(const struct hostsave *h, int ms)
{
	struct pollfd p = { hostsave_fd(h), POLLIN, 0 };

	return poll(&p, 1, ms) == 1;
}

/* As appear.c: the supervisor has other work than the names that somebody inside makes without end. */
START_TEST(a_step_takes_a_part_of_a_flood)
{
	char *root = tmptree_make();
	AUTO_CLOSE int tree = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct policy_entry entry = {
		.access = POLICY_WRITE, .part = POLICY_PROJECT, .path = root, .is_dir = true
	};
	struct policy policy = { .project = root, .entry = &entry, .nentry = 1 };
	AUTO_PLAN struct plan plan = { 0 };
	char *env[] = { NULL };
	struct quarantine quarantine;
	struct account account = { 0 };
	struct hostsave *h;
	struct diag d = { 0 };

	/* It is not there: there is nothing to hold. */
	plan_add(&plan, (struct plan_op){ .type = PLAN_RO_BIND,
					  .stage = PLAN_STAGE_FD,
					  .dst = path_join(root, ".envrc"),
					  .why = xstrdup("held") });
	quarantine_begin(&quarantine, &policy, env);
	h = hostsave_start(&(struct hostsave_opts){ .plan = &plan,
						    .policy = &policy,
						    .quarantine = &quarantine,
						    .tree = &tree,
						    .ntree = 1,
						    .since = inodetime_after((struct timespec){ 0 }),
						    .mnt = -1,
						    .init = getpid(),
						    .later = true });
	ck_assert_ptr_nonnull(h);
	/* The watch begins with the first step that its timer asks for. */
	ck_assert(is_ready(h, 60000));
	ck_assert_int_eq(hostsave_step(h, &d), 0);
	tmptree_flood(tree, FLOOD);
	ck_assert_int_eq(hostsave_step(h, &d), 0);
	ck_assert_msg(is_ready(h, 0), "one step read all of it");
	while (is_ready(h, 0))
		ck_assert_int_eq(hostsave_step(h, &d), 0);
	ck_assert(!hostsave_stopped(h));
	hostsave_end(&account, h);
	hostsave_done(h);
	account_done(&account);
	quarantine_done(&quarantine);
	tmptree_remove(root);
}
END_TEST

Suite *hostsave_suite(void)
{
	Suite *s = suite_create("hostsave");
	TCase *t = tcase_create("hostsave");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_step_takes_a_part_of_a_flood);
	suite_add_tcase(s, t);
	return s;
}
