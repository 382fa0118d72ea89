/* SPDX-License-Identifier: MIT */
/* The state folder and files that replace others, on real directories. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "path.h"
#include "publish.h"
#include "state.h"
#include "strv.h"
#include "tmptree.h"
#include "unfinished.h"
#include "unit.h"
#include "util.h"

static char *root;

static void make_root(void)
{
	root = tmptree_make();
}

static void remove_root(void)
{
	tmptree_remove(root);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	tmptree_put(root, name, text, mode);
}

START_TEST(the_folder_follows_the_specification)
{
	static const struct {
		const char *env[3], *dir;
	} rows[] = {
		{ { "HOME=/h", NULL }, "/h/.local/state/claude-sandbox" },
		{ { "HOME=/h", "XDG_STATE_HOME=/x/", NULL }, "/x/claude-sandbox" },
		{ { "HOME=/h", "XDG_STATE_HOME=x", NULL }, "/h/.local/state/claude-sandbox" },
		{ { "HOME=/h", "XDG_STATE_HOME=", NULL }, "/h/.local/state/claude-sandbox" },
		{ { "HOME=h", NULL }, NULL },
		{ { NULL }, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_STRV struct strv env = { 0 };
		AUTO_FREE char *dir = NULL;

		strv_add(&env, "A=b");
		for (size_t k = 0; rows[i].env[k] != NULL; k++)
			strv_add(&env, rows[i].env[k]);
		dir = state_dir(env.v);
		ck_assert(rows[i].dir == NULL ? dir == NULL : dir != NULL && streq(dir, rows[i].dir));
	}
}
END_TEST

START_TEST(each_project_has_its_baseline)
{
	AUTO_FREE char *a = state_baseline("/home/a/my proj");
	AUTO_FREE char *b = state_baseline("/home/b/my proj");

	ck_assert_ptr_nonnull(strstr(a, "baseline-my_proj-"));
	ck_assert_uint_eq(strlen(a), strlen("baseline-my_proj-0123456789abcdef.json"));
	ck_assert_str_ne(a, b);
}
END_TEST

START_TEST(the_folder_is_made_for_the_user_alone)
{
	AUTO_FREE char *dir = path_join(root, "a/b/claude-sandbox");
	AUTO_FREE char *above = path_join(root, "a");
	AUTO_CLOSE int fd = -1;
	struct diag d = { 0 };
	struct stat st;

	ck_assert_int_eq(state_open(dir, false, &d), -ENOENT);
	fd = state_open(dir, true, &d);
	ck_assert_msg(fd >= 0, "%s", d.msg);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(stat(above, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
}
END_TEST

START_TEST(a_folder_that_others_may_write_to_is_refused)
{
	AUTO_FREE char *link = path_join(root, "link");
	struct diag d = { 0 };

	ck_assert_int_eq(chmod(root, 0770), 0);
	ck_assert_int_eq(state_open(root, true, &d), -EPERM);
	ck_assert_ptr_nonnull(strstr(d.msg, "others may write"));
	ck_assert_int_eq(chmod(root, 0702), 0);
	ck_assert_int_eq(state_open(root, true, &d), -EPERM);
	ck_assert_int_eq(chmod(root, 0755), 0);
	ck_assert_int_eq(symlink(root, link), 0);
	ck_assert_int_eq(state_open(link, false, &d), -EPERM);
	ck_assert_ptr_nonnull(strstr(d.msg, "is a link"));
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(root, 12345, 0), 0);
		ck_assert_int_eq(state_open(root, false, &d), -EPERM);
		ck_assert_ptr_nonnull(strstr(d.msg, "another user"));
		ck_assert_int_eq(chown(root, 0, 0), 0);
	}
}
END_TEST

START_TEST(a_folder_that_anybody_may_rename_is_refused)
{
	AUTO_FREE char *dir = path_join(root, "claude-sandbox");
	struct diag d = { 0 };
	int fd;

	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_assert_int_eq(chmod(root, 0777), 0);
	ck_assert_int_eq(state_open(dir, false, &d), -EPERM);
	ck_assert_ptr_nonnull(strstr(d.msg, "where everybody may put another in its place"));
	ck_assert_int_eq(chmod(root, 01777), 0);
	fd = state_open(dir, false, &d);
	ck_assert_int_ge(fd, 0);
	close(fd);
}
END_TEST

START_TEST(a_file_is_read_whole_or_not_at_all)
{
	AUTO_CLOSE int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_FREE char *link = path_join(root, "link");
	AUTO_FREE char *fifo = path_join(root, "fifo");
	AUTO_FREE char *text = NULL;
	struct diag d = { 0 };
	size_t n = 0;

	write_file("f", "four", 0600);
	ck_assert_int_eq(state_read(dir, "f", "f", 4, &text, &n, &d), 0);
	ck_assert_uint_eq(n, 4);
	ck_assert_str_eq(text, "four");
	ck_assert_int_eq(state_read(dir, "f", "f", 3, &text, &n, &d), -EFBIG);
	ck_assert_int_eq(state_read(dir, "none", "f", 4, &text, &n, &d), -ENOENT);
	ck_assert_int_eq(symlink("f", link), 0);
	ck_assert_int_eq(state_read(dir, "link", "f", 4, &text, &n, &d), -EPERM);
	/* It would wait for a writer. */
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_int_eq(state_read(dir, "fifo", "f", 4, &text, &n, &d), -EINVAL);
	write_file("open", "four", 0602);
	ck_assert_int_eq(state_read(dir, "open", "f", 4, &text, &n, &d), -EPERM);
	if (geteuid() == 0) {
		ck_assert_int_eq(fchmodat(dir, "open", 0660, 0), 0);
		ck_assert_int_eq(fchownat(dir, "open", 0, 12345, 0), 0);
		ck_assert_int_eq(state_read(dir, "open", "f", 4, &text, &n, &d), -EPERM);
	}
}
END_TEST

START_TEST(a_published_file_replaces_a_link_and_leaves_its_target)
{
	AUTO_CLOSE int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_FREE char *link = path_join(root, "link");
	AUTO_FREE char *text = NULL;
	struct diag d = { 0 };
	struct stat st;
	size_t n = 0;

	write_file("target", "old", 0600);
	ck_assert_int_eq(symlink("target", link), 0);
	ck_assert_int_eq(publish_text(dir, "link", "new", 3, 0600), 0);
	ck_assert_int_eq(lstat(link, &st), 0);
	ck_assert(S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0600 && st.st_nlink == 1);
	ck_assert_int_eq(state_read(dir, "link", "f", 9, &text, &n, &d), 0);
	ck_assert_str_eq(text, "new");
	free(TAKE_PTR(text));
	ck_assert_int_eq(state_read(dir, "target", "f", 9, &text, &n, &d), 0);
	ck_assert_str_eq(text, "old");
	ck_assert_int_eq(publish_text(dir, "no/file", "new", 3, 0600), -ENOENT);
}
END_TEST

/* Whether the mark of this process is of the policy's project; -1: there is none that somebody holds. */
static int running(const struct policy *p, char *const *env, struct timespec began)
{
	AUTO_FREE struct unfinished_mark *mark = NULL;
	size_t n = unfinished_running(p, env, &mark);

	for (size_t i = 0; i < n; i++)
		if (mark[i].pid == getpid() && time_is_same(mark[i].since, began))
			return mark[i].project;
	return -1;
}

/* The lock of a mark goes with its owner, by whatever end. In the state folder, and in memory. */
START_TEST(a_mark_is_found_once_nobody_holds_it)
{
	bool notes = _i == 0;
	AUTO_FREE char *xdg = xasprintf("XDG_STATE_HOME=%s", root);
	char *env[] = { xdg, NULL };
	AUTO_FREE char *elsewhere = path_join("/q", path_basename(root));
	struct policy p = { .project = root, .kernel_uid = geteuid() };
	struct policy other = { .project = elsewhere, .kernel_uid = geteuid() };
	struct unfinished mark, found, again;
	struct timespec began = { .tv_sec = 1234567890, .tv_nsec = 5 }, since;
	struct diag d = { 0 };

	ck_assert(!unfinished_find(&p, env, &found, &since));
	ck_assert_int_ge(unfinished_begin(&p, env, began, notes, &mark, &d), 0);
	ck_assert(!unfinished_find(&p, env, &found, &since));
	ck_assert_int_eq(running(&p, env, began), true);
	ck_assert_int_eq(running(&other, env, began), false);
	mem_close_fd(&mark.fd);
	ck_assert_int_eq(running(&p, env, began), -1);
	ck_assert(!unfinished_find(&other, env, &found, &since));
	ck_assert(unfinished_find(&p, env, &found, &since));
	ck_assert(since.tv_sec == began.tv_sec && since.tv_nsec == began.tv_nsec);
	ck_assert(!unfinished_find(&p, env, &again, &since));
	ck_assert_int_eq(unfinished_end(&found), 0);
	ck_assert(!unfinished_find(&p, env, &found, &since));
	ck_assert_int_eq(unfinished_end(&mark), 0);
	/* One that was told by its own end. */
	ck_assert_int_ge(unfinished_begin(&p, env, began, notes, &mark, &d), 0);
	ck_assert_int_eq(unfinished_end(&mark), 0);
	ck_assert(!unfinished_find(&p, env, &found, &since));
}
END_TEST

/* And what it is in: both are the next session's too, which may have another umask. */
START_TEST(a_mark_can_be_opened_whatever_the_umask_takes)
{
	bool notes = _i == 0;
	AUTO_FREE char *xdg = xasprintf("XDG_STATE_HOME=%s", root);
	char *env[] = { xdg, NULL };
	struct policy p = { .project = root, .kernel_uid = geteuid() };
	struct timespec since = { .tv_sec = 1 };
	struct unfinished mark;
	struct diag d = { 0 };
	struct stat dir, file;
	mode_t mask;
	int e, same;

	mask = umask(0777);
	e = unfinished_begin(&p, env, since, notes, &mark, &d);
	same = umask(mask) == 0777;
	ck_assert_msg(e >= 0, "%s", d.msg);
	ck_assert(same);
	ck_assert_int_eq(fstat(mark.dir, &dir), 0);
	ck_assert_int_eq(fstat(mark.fd, &file), 0);
	ck_assert_int_eq(unfinished_end(&mark), 0);
	/* One that was there for another mark has been made as it must be. */
	ck_assert_int_eq(dir.st_mode & 07777, 0700);
	ck_assert_int_eq(file.st_mode & 07777, 0600);
}
END_TEST

/* Anybody may make one there by that name. The uids are nobody's, and no other process has them here. */
START_TEST(a_directory_in_memory_of_another_user_is_refused)
{
	struct policy p = { .project = root, .kernel_uid = 4000000000u + (uid_t)getpid() };
	AUTO_FREE char *place = xasprintf("/dev/shm/claude-sandbox-%u", (unsigned)p.kernel_uid);
	struct timespec since = { .tv_sec = 1 };
	struct unfinished mark;
	struct diag d = { 0 };

	ck_assert_int_eq(mkdir(place, 0700), 0);
	ck_assert_int_eq(unfinished_begin(&p, NULL, since, false, &mark, &d), -EPERM);
	ck_assert_ptr_nonnull(strstr(d.msg, "belongs to another user"));
	ck_assert(!unfinished_find(&p, NULL, &mark, &since));
	ck_assert_int_eq(rmdir(place), 0);
	ck_assert_int_eq(symlink(root, place), 0);
	ck_assert_int_eq(unfinished_begin(&p, NULL, since, false, &mark, &d), -EPERM);
	ck_assert_ptr_nonnull(strstr(d.msg, "is a link"));
	ck_assert(!unfinished_find(&p, NULL, &mark, &since));
	ck_assert_int_eq(unlink(place), 0);
}
END_TEST

Suite *state_suite(void)
{
	Suite *s = suite_create("state");
	TCase *tc = tcase_create("state");

	tcase_add_checked_fixture(tc, make_root, remove_root);
	tcase_add_test(tc, the_folder_follows_the_specification);
	tcase_add_test(tc, each_project_has_its_baseline);
	tcase_add_test(tc, the_folder_is_made_for_the_user_alone);
	tcase_add_test(tc, a_folder_that_others_may_write_to_is_refused);
	tcase_add_test(tc, a_folder_that_anybody_may_rename_is_refused);
	tcase_add_test(tc, a_file_is_read_whole_or_not_at_all);
	tcase_add_test(tc, a_published_file_replaces_a_link_and_leaves_its_target);
	tcase_add_loop_test(tc, a_mark_is_found_once_nobody_holds_it, 0, 2);
	tcase_add_loop_test(tc, a_mark_can_be_opened_whatever_the_umask_takes, 0, 2);
	tcase_add_test(tc, a_directory_in_memory_of_another_user_is_refused);
	suite_add_tcase(s, tc);
	return s;
}
