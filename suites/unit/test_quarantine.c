/* SPDX-License-Identifier: MIT */
/* What is moved away, on a real directory. */
#include "quarantine.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "path.h"
#include "tmptree.h"
#include "unit.h"
#include "util.h"

#define LARGE (1 << 30)
#define FEW   (1 << 16)

/* Bytes that this process has written so far. */
static unsigned long long written(void)
{
	AUTO_FILE FILE *f = fopen("/proc/self/io", "re");
	unsigned long long n = 0;
	char line[128];
	bool found = false;

	ck_assert_ptr_nonnull(f);
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = sscanf(line, "wchar: %llu", &n) == 1;
	ck_assert(found);
	return n;
}

struct scene {
	char *root, *project, *home;
	char *env[2];
	struct policy policy;
	struct quarantine quarantine;
	int dir;
};

static void begin(struct scene *s)
{
	s->root = tmptree_make();
	s->project = path_join(s->root, "project");
	s->home = path_join(s->root, "home");
	s->env[0] = xasprintf("HOME=%s", s->home);
	s->env[1] = NULL;
	s->policy = (struct policy){
		.project = s->project, .home = s->home, .kernel_uid = geteuid(), .identity = POLICY_SELF
	};
	ck_assert_int_eq(mkdir(s->project, 0700), 0);
	ck_assert_int_eq(mkdir(s->home, 0700), 0);
	s->dir = open(s->project, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(s->dir, 0);
	quarantine_begin(&s->quarantine, &s->policy, s->env);
}

static void end(struct scene *s)
{
	quarantine_done(&s->quarantine);
	mem_close_fd(&s->dir);
	tmptree_remove(s->root);
	free(s->project);
	free(s->home);
	free(s->env[0]);
}

/* Who makes a thousand of them keeps nobody busy with bytes that are thrown away. */
START_TEST(nothing_is_copied_of_what_is_too_large)
{
	struct scene s = { .dir = -1 };
	AUTO_FREE char *place = NULL;
	AUTO_FREE char *large = NULL;
	unsigned long long before;
	struct stat st;
	const char *why;

	begin(&s);
	tmptree_put(s.project, ".mcp.json", "x", 0600);
	tmptree_put(s.project, "large", "x", 0600);
	ck_assert_int_eq(quarantine_take(&s.quarantine, s.dir, s.project, ".mcp.json", NULL, &place, &why),
			 0);
	ck_assert_msg(why == NULL, "%s", why);
	ck_assert_int_eq(stat(place, &st), 0);
	mem_free_ptr(&place);

	large = path_join(s.project, "large");
	ck_assert_int_eq(truncate(large, LARGE), 0);
	before = written();
	ck_assert_int_eq(quarantine_take(&s.quarantine, s.dir, s.project, "large", NULL, &place, &why), 0);
	ck_assert_uint_lt(written() - before, FEW);
	ck_assert_ptr_nonnull(why);
	ck_assert_str_eq(why, "File too large");
	ck_assert(str_starts(place, s.project));
	ck_assert_int_eq(stat(place, &st), 0);
	ck_assert_int_eq(st.st_size, LARGE);
	ck_assert_int_lt(faccessat(s.dir, "large", F_OK, AT_SYMLINK_NOFOLLOW), 0);
	end(&s);
}
END_TEST

Suite *quarantine_suite(void)
{
	Suite *s = suite_create("quarantine");
	TCase *t = tcase_create("quarantine");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, nothing_is_copied_of_what_is_too_large);
	suite_add_tcase(s, t);
	return s;
}
