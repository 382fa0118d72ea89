/* SPDX-License-Identifier: MIT */
/* What is moved away, on a real directory. */
#include "quarantine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"
#include "path.h"
#include "textfile.h"
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

static int open_file(const struct scene *s, const char *name, struct stat *st)
{
	int fd = openat(s->dir, name, O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, st), 0);
	return fd;
}

static void is_text(const struct scene *s, const char *name, const char *want)
{
	struct stat st;
	AUTO_CLOSE int fd = open_file(s, name, &st);
	AUTO_FREE char *text = textfile_read(fd, 4096, &st);

	ck_assert_str_eq(text != NULL ? text : "none", want);
}

/* Nothing stays beside it. */
static void has_only(const struct scene *s, const char *name)
{
	AUTO_DIR DIR *d = opendir(s->project);
	const struct dirent *e;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		ck_assert_msg(streq(e->d_name, ".") || streq(e->d_name, "..") || streq(e->d_name, name), "%s",
			      e->d_name);
}

/* Version 2: the owner rw, user 4711 r, the group r, at most r, others nothing (acl(5), linux/posix_acl_xattr.h). */
static const unsigned char acl[] = {
	2, 0, 0,   0,	1,   0,	  6,  0, 255, 255, 255, 255, 2,	  0,   4,  0, 0x67, 0x12, 0,   0,   4,	 0,
	4, 0, 255, 255, 255, 255, 16, 0, 4,   0,   255, 255, 255, 255, 32, 0, 0,    0,	  255, 255, 255, 255,
};

/* It came there after the one that was judged: its owner goes on with it. */
START_TEST(a_directory_stays_where_it_is)
{
	struct quarantine_instead instead = { .text = "text\n" };
	struct scene s = { .dir = -1 };
	AUTO_FREE char *place = NULL;
	const char *why;
	struct stat st;

	begin(&s);
	tmptree_put(s.project, ".envrc/below", "", 0600);
	ck_assert_int_eq(quarantine_take(&s.quarantine, s.dir, s.project, ".envrc", &instead, &place, &why),
			 -ENOENT);
	has_only(&s, ".envrc");
	ck_assert_int_eq(fstatat(s.dir, ".envrc/below", &st, 0), 0);
	ck_assert_uint_eq(instead.made.st_ino, 0);
	ck_assert_int_eq(quarantine_take(&s.quarantine, s.dir, s.project, ".envrc", NULL, &place, &why),
			 -ENOENT);
	has_only(&s, ".envrc");
	end(&s);
}
END_TEST

START_TEST(a_renewed_file_is_as_before)
{
	static const char *const attribute[] = { "user.note", "system.posix_acl_access" };
	const struct timespec times[2] = { { 1000000000, 123456789 }, { 1100000000, 987654321 } };
	struct scene s = { .dir = -1 };
	char is[256];
	struct stat st, made, now;
	AUTO_CLOSE int fd = -1;
	AUTO_CLOSE int new = -1;
	bool noted, listed;

	begin(&s);
	tmptree_put(s.project, ".envrc", "text\n", 0600);
	fd = open_file(&s, ".envrc", &st);
	noted = fsetxattr(fd, attribute[0], "here", 4, 0) == 0;
	listed = fsetxattr(fd, attribute[1], acl, sizeof(acl), 0) == 0;
	ck_assert_int_eq(fchmod(fd, 0640), 0);
	ck_assert_int_eq(futimens(fd, times), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);

	ck_assert_int_eq(quarantine_renew(s.dir, ".envrc", fd, &st, &made, NULL), 0);
	new = open_file(&s, ".envrc", &now);
	ck_assert_uint_eq(now.st_ino, made.st_ino);
	ck_assert_uint_ne(now.st_ino, st.st_ino);
	ck_assert_uint_eq(now.st_mode, st.st_mode);
	ck_assert_uint_eq(now.st_uid, st.st_uid);
	ck_assert_uint_eq(now.st_gid, st.st_gid);
	ck_assert_int_eq(now.st_mtim.tv_sec, times[1].tv_sec);
	ck_assert_int_eq(now.st_mtim.tv_nsec, times[1].tv_nsec);
	is_text(&s, ".envrc", "text\n");
	has_only(&s, ".envrc");
	ck_assert_int_eq(fgetxattr(new, attribute[0], is, sizeof(is)), noted ? 4 : -1);
	ck_assert_int_eq(fgetxattr(new, attribute[1], is, sizeof(is)), listed ? (int)sizeof(acl) : -1);
	ck_assert(!listed || memcmp(is, acl, sizeof(acl)) == 0);
	end(&s);
}
END_TEST

/* The host saves once more before the new one is there, writes to it, or takes it away. */
START_TEST(what_the_host_saves_meanwhile_is_not_lost)
{
	struct scene s = { .dir = -1 };
	struct stat st, made;
	AUTO_CLOSE int fd = -1;
	AUTO_CLOSE int writes = -1;

	begin(&s);
	tmptree_put(s.project, ".envrc", "first\n", 0600);
	fd = open_file(&s, ".envrc", &st);
	tmptree_put(s.project, "new", "second\n", 0600);
	ck_assert_int_eq(renameat(s.dir, "new", s.dir, ".envrc"), 0);
	ck_assert_int_eq(quarantine_renew(s.dir, ".envrc", fd, &st, &made, NULL), -EAGAIN);
	is_text(&s, ".envrc", "second\n");
	has_only(&s, ".envrc");

	close(fd);
	fd = open_file(&s, ".envrc", &st);
	writes = openat(s.dir, ".envrc", O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(futimens(writes, (struct timespec[2]){ { 1, 0 }, { 1, 0 } }), 0);
	ck_assert_int_eq(pwrite(writes, "third.\n", 7, 0), 7);
	ck_assert_int_eq(quarantine_renew(s.dir, ".envrc", fd, &st, &made, NULL), -EAGAIN);
	is_text(&s, ".envrc", "third.\n");
	has_only(&s, ".envrc");

	close(fd);
	fd = open_file(&s, ".envrc", &st);
	ck_assert_int_eq(unlinkat(s.dir, ".envrc", 0), 0);
	ck_assert_int_eq(quarantine_renew(s.dir, ".envrc", fd, &st, &made, NULL), -ENOENT);
	has_only(&s, "");
	end(&s);
}
END_TEST

/* One of a project that is SIZE long, and DAYS old. */
static void lay(const struct scene *s, const char *project, const char *name, off_t size, int days)
{
	AUTO_FREE char *dir = xasprintf("%s/.local/state/claude-sandbox/quarantine/%s", s->home, project);
	AUTO_FREE char *path = path_join(dir, name);
	const struct timespec old = { .tv_sec = time(NULL) - (time_t)days * 24 * 60 * 60 };
	AUTO_CLOSE int fd = -1;

	for (char *c = strchr(dir + strlen(s->home) + 1, '/'); c != NULL; c = strchr(c + 1, '/')) {
		*c = '\0';
		mkdir(dir, 0700);
		*c = '/';
	}
	mkdir(dir, 0700);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, size), 0);
	ck_assert_int_eq(futimens(fd, (const struct timespec[]){ old, old }), 0);
}

/* By size and by age; of all projects together. */
START_TEST(what_lies_there_for_long_is_said)
{
	AUTO_FREE char *none = NULL;
	AUTO_FREE char *few = NULL;
	AUTO_FREE char *many = NULL;
	AUTO_FREE char *old = NULL;
	struct scene s;

	begin(&s);
	none = quarantine_lies(s.env);
	ck_assert_ptr_null(none);
	lay(&s, "a", "x", 60000000, 29);
	few = quarantine_lies(s.env);
	ck_assert_ptr_null(few);
	lay(&s, "b", "y", 40000000, 0);
	many = quarantine_lies(s.env);
	ck_assert_ptr_nonnull(many);
	ck_assert_ptr_nonnull(strstr(many, "2 files (100.0 MB, the oldest of "));
	ck_assert_ptr_nonnull(strstr(many, "/.local/state/claude-sandbox/quarantine: "));
	lay(&s, "a", "x", 1, 31);
	lay(&s, "b", "y", 1, 0);
	old = quarantine_lies(s.env);
	ck_assert_ptr_nonnull(old);
	ck_assert_ptr_nonnull(strstr(old, "2 files (0.0 MB, the oldest of "));
	end(&s);
}
END_TEST

Suite *quarantine_suite(void)
{
	Suite *s = suite_create("quarantine");
	TCase *t = tcase_create("quarantine");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, nothing_is_copied_of_what_is_too_large);
	tcase_add_test(t, a_directory_stays_where_it_is);
	tcase_add_test(t, a_renewed_file_is_as_before);
	tcase_add_test(t, what_the_host_saves_meanwhile_is_not_lost);
	tcase_add_test(t, what_lies_there_for_long_is_said);
	suite_add_tcase(s, t);
	return s;
}
