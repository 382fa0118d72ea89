/* SPDX-License-Identifier: MIT */
/* Patterns of commands: what they are, and which calls they are about. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blocked.h"
#include "foreign.h"
#include "mem.h"
#include "unit.h"
#include "util.h"

/* A pattern and a command line, its words apart by one blank; '_' is a blank in a word. */
static const struct {
	const char *pattern, *line;
	bool fits;
} lines[] = {
	{ "az", "az", true },
	{ "az", "az login --x", true },
	{ "az", "azure", false },
	{ "az", "xaz", false },
	{ "az *", "az", true },
	{ "az * *", "az x", true },
	{ "kube*", "kubectl get", true },
	{ "kube?tl", "kubctl", false },
	{ "kube?tl", "kubextl x", true },
	{ "'kube*'", "kubectl", false },
	{ "'kube*'", "kube* x", true },
	{ "kube\\*", "kube*", true },
	{ "az * delete *", "az vm delete x", true },
	{ "az * delete *", "az delete", true },
	{ "az * delete *", "az a b c delete", true },
	{ "az * delete *", "az undelete", false },
	{ "az * delete *", "az a_delete_b", false },
	{ "az * delete *", "az vm list --query delete", true },
	{ "az * \"a b\"", "az x a_b", true },
	{ "az * a\\ b", "az a_b", true },
	{ "az * 'a b'", "az a b", false },
	{ "kubectl delete namespace *", "kubectl delete namespace", true },
	{ "kubectl delete namespace *", "kubectl delete namespace a b", true },
	{ "kubectl delete namespace *", "kubectl delete -f namespace x", true },
	{ "kubectl delete namespace *", "kubectl delete pod namespace", false },
	{ "kubectl delete namespace *", "kubectl -n x delete namespace y", false },
	{ "kubectl * delete namespace *", "kubectl -n x delete namespace y", true },
	{ "rm -rf /", "rm -rf /", true },
	{ "rm -rf /", "rm -fr /", true },
	{ "rm -rf /", "rm -r -f /", true },
	{ "rm -rf /", "rm / -f -vr", true },
	{ "rm -rf /", "rm -rf -- /", true },
	{ "rm -rf /", "rm -rf --no-preserve-root //", true },
	{ "rm -rf /", "rm -rf /.", true },
	{ "rm -rf /", "rm -rf /usr/..", true },
	{ "rm -rf /", "rm -r /", false },
	{ "rm -rf /", "rm --recursive --force /", false },
	{ "rm -rf /", "rm -rf /home", false },
	{ "rm -rf /", "rm -rf / /home", false },
	{ "rm -rf /", "rm -- -rf /", false },
	{ "rm -rf * / *", "rm -rf a / b", true },
	{ "rm -rf .git", "rm -rf ./.git/", true },
	{ "rm -rf .git", "rm -rf ../.git", false },
	{ "curl * --upload-file *", "curl --upload-file f u", true },
	{ "curl * --upload-file *", "curl u --upload-file=f", true },
	{ "curl * --upload-file *", "curl u -T f", false },
	{ "curl * --upload-file *", "curl -- --upload-file", false },
	{ "curl * --up* *", "curl --upload f u", true },
	{ "find * -delete", "find -type d -empty -links 1 -lname t", false },
	{ "find * -delete *", "find x -delete", true },
	{ "x --out=*", "x --out=a", true },
	{ "x --out=*", "x --out", false },
	{ "x -n=1", "x -n=1", true },
	{ "x -- a", "x a", true },
	{ "x -", "x -", true },
	{ "x -", "x", false },
	{ "x ''", "x ", true },
	{ "x ''", "x", false },
	{ "x a?c", "x abc", true },
	{ "x a?c", "x a/c", true },
	{ "x *a*", "x a b", false },
	{ "x * *a* *", "x 1 2 bab 3", true },
};

static struct strv words_of(const char *line)
{
	struct strv v = { 0 };

	for (const char *s = line;; s++) {
		size_t n = strcspn(s, " ");
		char *word = xstrndup(s, n);

		for (char *c = word; *c != '\0'; c++)
			if (*c == '_')
				*c = ' ';
		strv_take(&v, word);
		s += n;
		if (*s == '\0')
			return v;
	}
}

/* Whether the pattern is about the call; its file and what its name leads to as given. */
static bool fits(const char *pattern, const struct blocked_file *f, size_t nf, struct blocked_call c,
		 const char *line)
{
	struct blocked_pattern p;
	struct strv argv = words_of(line);
	const char *why = blocked_parse(pattern, &p);
	bool found;

	ck_assert_msg(why == NULL, "%s: %s", pattern, why);
	c.argv = argv.v;
	c.argc = argv.n;
	if (c.called == NULL)
		c.called = argv.v[0];
	found = blocked_find(&p, 1, f, nf, &c) == 0;
	/* Who says that arguments can't decide must be right. */
	if (!blocked_asks(&p, 1, f, nf, &c)) {
		c.argc = 0;
		ck_assert_int_eq(found, blocked_find(&p, 1, f, nf, &c) == 0);
	}
	blocked_done(&p);
	strv_done(&argv);
	return found;
}

START_TEST(words_are_compared_as_documented)
{
	const char *pattern = lines[_i].pattern, *line = lines[_i].line;

	ck_assert_msg(fits(pattern, NULL, 0, (struct blocked_call){ 0 }, line) == lines[_i].fits,
		      "[%s] of [%s]: not %d", pattern, line, lines[_i].fits);
}
END_TEST

static const struct {
	const char *pattern, *why;
} refused[] = {
	{ "", "the pattern is empty" },		  { "  ", "the pattern is empty" },
	{ "'' x", "the pattern is empty" },	  { "/usr/bin/az", "a command is named without a directory" },
	{ "-x", "does not begin with" },	  { "*", "would block every command" },
	{ "?* rm", "would block every command" }, { "az 'x", "a quote without its end" },
	{ "\"az", "a quote without its end" },	  { "az \\", "a backslash at the end" },
	{ "az\nrm", "a control character" },
};

START_TEST(what_is_no_pattern_is_said)
{
	struct blocked_pattern p;
	const char *why = blocked_parse(refused[_i].pattern, &p);

	ck_assert_msg(why != NULL && strstr(why, refused[_i].why) != NULL, "[%s]: %s", refused[_i].pattern,
		      why);
	blocked_done(&p);
}
END_TEST

START_TEST(a_long_pattern_is_refused)
{
	struct blocked_pattern p;
	char text[1100];

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	ck_assert_ptr_nonnull(blocked_parse(text, &p));
	blocked_done(&p);
	text[1024] = '\0';
	ck_assert_ptr_null(blocked_parse(text, &p));
	blocked_done(&p);
}
END_TEST

START_TEST(a_file_is_known_by_its_inode_and_its_path)
{
	char at[] = "/opt/az/az.bin", elsewhere[] = "/srv/az.bin";
	const struct blocked_file f = { .path = at, .dev = 1, .ino = 7 };
	struct blocked_call same = { .called = "x", .path = elsewhere, .dev = 1, .ino = 7 };
	struct blocked_call other = { .called = "x", .path = elsewhere, .dev = 2, .ino = 7 };
	struct blocked_call masked = { .called = "x", .path = at, .dev = 9, .ino = 9 };

	ck_assert(fits("az", &f, 1, same, "x y"));
	ck_assert(!fits("az", &f, 1, other, "x y"));
	ck_assert(fits("az", &f, 1, masked, "x y"));
	ck_assert(fits("az y", &f, 1, same, "x y"));
	ck_assert(!fits("az z", &f, 1, same, "x y"));
	/* The name that it has, not only that it is called by. */
	ck_assert(fits("az.bin", NULL, 0, same, "x y"));
	/* An unknown inode is none. */
	same.ino = 0;
	ck_assert(!fits("az", &(const struct blocked_file){ .path = at, .dev = 1 }, 1, same, "x y"));
	same.path = NULL;
	ck_assert(!fits("az", &f, 1, same, "x y"));
}
END_TEST

START_TEST(a_file_that_is_given_to_another_program_counts_by_its_words)
{
	char at[] = "/usr/bin/az";
	const struct blocked_file f = { .path = at, .dev = 1, .ino = 7 };
	struct blocked_call c = { .called = "az", .path = at, .dev = 1, .ino = 7, .indirect = true };

	ck_assert(fits("az * delete *", &f, 1, c, "az vm delete"));
	ck_assert(!fits("az * delete *", &f, 1, c, "az"));
	ck_assert(!fits("az", &f, 1, c, "az"));
}
END_TEST

START_TEST(one_of_many_is_told_by_its_name)
{
	char box[] = "/bin/busybox";
	const struct blocked_file f = { .path = box, .dev = 1, .ino = 7 };
	struct blocked_call c = { .path = box, .dev = 1, .ino = 7 };

	c.called = "rm";
	ck_assert(fits("rm", &f, 1, c, "rm x"));
	ck_assert(fits("rm -rf /", &f, 1, c, "rm -fr /"));
	c.called = "ls";
	ck_assert(!fits("rm", &f, 1, c, "ls x"));
	ck_assert(fits("rm", &f, 1, c, "rm x"));
	c.called = "busybox";
	ck_assert(fits("rm", &f, 1, c, "busybox rm x"));
	ck_assert(fits("rm x", &f, 1, c, "/bin/busybox rm x"));
	ck_assert(!fits("rm x", &f, 1, c, "busybox rm"));
	ck_assert(!fits("rm", &f, 1, c, "busybox ls rm"));
	ck_assert(!fits("rm", &f, 1, c, "busybox"));
	ck_assert(fits("busybox", &f, 1, c, "busybox ls"));
	ck_assert(fits("rm x", &f, 1, c, "busybox busybox rm x"));
	ck_assert(fits("rm x", &f, 1, c, "busyboxx rm x"));
	ck_assert(fits("rm x", &f, 1, c, "-busybox /x/busybox.old rm x"));
	ck_assert(!fits("rm", &f, 1, c, "busybox busybox"));
	ck_assert(fits("rm x", &f, 1, c, "-rm x"));
	c.path = (char[]){ "/usr/bin/coreutils" };
	c.called = "coreutils";
	ck_assert(fits("rm", &f, 1, c, "coreutils --coreutils-prog=rm x"));
	ck_assert(fits("rm x", &f, 1, c, "coreutils --coreutils-prog-shebang=rm script x"));
	ck_assert(!fits("rm script", &f, 1, c, "coreutils --coreutils-prog-shebang=rm script x"));
	ck_assert(fits("rm x", &f, 1, c, "my-rm x"));
	ck_assert(!fits("rm", &f, 1, c, "farm x"));
}
END_TEST

START_TEST(a_joined_name_is_the_first_word)
{
	char at[] = "/usr/bin/git";
	const struct blocked_file f = { .path = at, .dev = 1, .ino = 7 };
	struct blocked_call c = { .called = "git-push", .path = at, .dev = 1, .ino = 7 };

	ck_assert(fits("git push *", &f, 1, c, "/usr/lib/git-core/git-push origin"));
	ck_assert(!fits("git push *", &f, 1, c, "git-pull origin"));
	/* git's own directory has a file of its own, of which that is a link: Debian 12. */
	ck_assert(fits("git push *", &f, 1,
		       (struct blocked_call){
			   .called = "git", .path = (char[]){ "/usr/lib/git-core/git" }, .dev = 1, .ino = 8 },
		       "/usr/lib/git-core/git-push origin"));
	/* Of another file that is its own name. */
	ck_assert(!fits("git push *", NULL, 0, (struct blocked_call){ .called = "git-push" }, "git-push x"));
}
END_TEST

/* Else its last close would be ours, and wait as long as its owner has set. */
START_TEST(what_a_descriptor_is_of_holds_no_socket)
{
	int pair[2], fd, gone;
	struct stat own, seen;
	char c;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	fd = foreign_file(getpid(), pair[0]);
	ck_assert_msg(fd >= 0, "foreign_file: %s", strerror(-fd));
	ck_assert_int_eq(fstat(pair[0], &own), 0);
	ck_assert_int_eq(fstat(fd, &seen), 0);
	ck_assert(own.st_dev == seen.st_dev && own.st_ino == seen.st_ino);
	gone = pair[0];
	close(gone);
	/* Its peer has the end of it now: who held the socket open would have kept that from it. */
	ck_assert_int_eq(recv(pair[1], &c, 1, MSG_DONTWAIT), 0);
	close(fd);
	close(pair[1]);
	ck_assert_int_eq(foreign_file(getpid(), gone), -EBADF);
}
END_TEST

/* What can't be known is not taken for our own namespace: /proc/self of the box is another one's there. */
START_TEST(a_level_that_can_not_be_known_is_an_error)
{
	size_t level = 99;
	struct rlimit before, none;
	int r;

	ck_assert_int_eq(foreign_level(getpid(), &level), 0);
	ck_assert_uint_lt(level, 99);
	ck_assert_int_eq(foreign_level(-1, &level), -ENOENT);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ 0, before.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	r = foreign_level(getpid(), &level);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(r, -EMFILE);
}
END_TEST

/* A chain of links that the kernel itself would follow: who looks it up from outside gives up in time. */
START_TEST(a_name_that_takes_long_is_given_up)
{
	char dir[] = "/tmp/cs-blocked.XXXXXX", path[64], target[4000];
	unsigned few = 64, many = 4096, enough = 64;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/d", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	for (int i = 0; i < 38; i++) {
		size_t n = 0;

		while (n < 3900)
			n += (size_t)snprintf(target + n, sizeof(target) - n, "d/../");
		snprintf(target + n, sizeof(target) - n, i == 0 ? "d" : "l%d", i - 1);
		snprintf(path, sizeof(path), "%s/l%d", dir, i);
		ck_assert_int_eq(symlink(target, path), 0);
	}
	ck_assert_int_eq(foreign_open(getpid(), 0, -1, path, false, &many), -EDQUOT);
	ck_assert_uint_eq(many, 0);
	snprintf(path, sizeof(path), "%s/d/../d/../d", dir);
	fd = foreign_open(getpid(), 0, -1, path, false, &few);
	ck_assert_int_ge(fd, 0);
	ck_assert_uint_lt(few, 64);
	close(fd);
	/* A link costs what it leads to. */
	snprintf(path, sizeof(path), "%s/l", dir);
	ck_assert_int_eq(symlink("d/../d", path), 0);
	fd = foreign_open(getpid(), 0, -1, path, false, &enough);
	ck_assert_int_ge(fd, 0);
	ck_assert_uint_lt(enough, 60);
	close(fd);
	snprintf(path, sizeof(path), "rm -r %s", dir);
	ck_assert_int_eq(system(path), 0);
}
END_TEST

Suite *blocked_suite(void)
{
	Suite *s = suite_create("blocked");
	TCase *tc = tcase_create("blocked");

	tcase_add_loop_test(tc, words_are_compared_as_documented, 0, ARRAY_SIZE(lines));
	tcase_add_loop_test(tc, what_is_no_pattern_is_said, 0, ARRAY_SIZE(refused));
	tcase_add_test(tc, a_long_pattern_is_refused);
	tcase_add_test(tc, a_file_is_known_by_its_inode_and_its_path);
	tcase_add_test(tc, a_file_that_is_given_to_another_program_counts_by_its_words);
	tcase_add_test(tc, one_of_many_is_told_by_its_name);
	tcase_add_test(tc, a_joined_name_is_the_first_word);
	tcase_add_test(tc, what_a_descriptor_is_of_holds_no_socket);
	tcase_add_test(tc, a_level_that_can_not_be_known_is_an_error);
	tcase_add_test(tc, a_name_that_takes_long_is_given_up);
	suite_add_tcase(s, tc);
	return s;
}
