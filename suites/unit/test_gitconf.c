/* SPDX-License-Identifier: MIT */
/* git's config syntax: read as git reads it (git itself is the oracle), edited without touching the rest. */
#include "unit.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gitconf.h"
#include "mem.h"
#include "util.h"

/* Each is read by both: good or bad, git decides. */
static const char *const texts[] = {
	"",
	"\n\n# only\n; comments\n",
	"[core]\n\tbare = false\n\tfilemode=true\n",
	"[CORE]\n\tBare = False\n",
	"\xef\xbb\xbf[a]\nb = c\n",
	"[a]\r\nb = c\r\nd = \"e\"\r\n",
	"[a] b = c # comment\n",
	"[a] b\n",
	"[a]\nb\nc =\nd=\"\"\n",
	"[a \"Sub.With.Dots\"]\n x = 1\n",
	"[a \"q\\\"uo\\\\te\"]\n x = 1\n",
	"[a.Sub.B]\n x = 1\n",
	"[a \t \"s\"]\nx=1\n",
	"[a \"\"]\nx=1\n",
	"[a]\nx = one two  three \\\n four ; not this\ny = \"; this # too\" and\n",
	"[a]\nx = \"in \\\" quotes\\n\\t\\b\\\\\"\n",
	"[a]\nx = a\\\n",
	"[a]\nx = a\\",
	"[a]\nx = \"unclosed\n",
	"[a]\nx = bad\\q\n",
	"[a]\nx y = 1\n",
	"[a]\n1x = 1\n",
	"[a]\nx_y = 1\n",
	"[a\nx = 1\n",
	"[a \"b]\nx = 1\n",
	"[a \"b\" ]\nx = 1\n",
	"[a b]\nx = 1\n",
	"[a_b]\nx = 1\n",
	"[]\nx = 1\n",
	"[]\n",
	"[ \"s\"]\nx = 1\n",
	"[.a]\nx = 1\n",
	"[a.]\nx = 1\n",
	"x = 1\n",
	"[a]\nx = 1\n[b]\ny = 2\n[a]\nx = 3\nz",
	"[a]\nx = 1\nx = 2\n=\n",
	"[remote \"o\"]\n\turl = ext::sh -c evil\n\tfetch = +refs/heads/*:refs/remotes/o/*\n",
	"[a]\nx = \"a\"b\"c\"\n",
	"[a]\nx = a\"b;c\"d;e\n",
	"[a]\n\tx = \xff\xfe\n",
	"[a]x=1",
	"[a]\nx=1\n[b",
	"garbage\x01",
};

/* What git makes of a file: "key\nvalue\0" each; -1: it refuses. */
static ssize_t ask_git(const char *text, char *buf, size_t size)
{
	char path[] = "/tmp/gitconf-XXXXXX", cmd[200];
	int fd = mkstemp(path), st;
	size_t n;
	FILE *f;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	snprintf(cmd, sizeof(cmd),
		 "env -i PATH=/usr/bin:/bin git config --no-includes -z --list -f %s 2>/dev/null", path);
	f = popen(cmd, "r");
	ck_assert_ptr_nonnull(f);
	n = fread(buf, 1, size, f);
	st = pclose(f);
	unlink(path);
	return WIFEXITED(st) && WEXITSTATUS(st) == 0 ? (ssize_t)n : -1;
}

static size_t as_list(const struct gitconf *c, char *buf, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		n += (size_t)snprintf(buf + n, size - n, "%s", c->item[i].key);
		if (c->item[i].value != NULL)
			n += (size_t)snprintf(buf + n, size - n, "\n%s", c->item[i].value);
		buf[n++] = '\0';
	}
	return n;
}

START_TEST(reads_as_git_does)
{
	const char *text = texts[_i];
	char want[4096], got[4096];
	ssize_t n = ask_git(text, want, sizeof(want));
	AUTO_GITCONF struct gitconf c = { 0 };
	int r = gitconf_parse(text, strlen(text), &c, NULL);

	ck_assert_msg((r == 0) == (n >= 0), "git %s it: %s", n >= 0 ? "takes" : "refuses", text);
	if (r < 0)
		return;
	ck_assert_int_eq((ssize_t)as_list(&c, got, sizeof(got)), n);
	ck_assert_mem_eq(got, want, (size_t)n);
}
END_TEST

START_TEST(bounds)
{
	AUTO_FREE char *big = xmalloc(GITCONF_MAX + 2);
	AUTO_GITCONF struct gitconf c = { 0 };
	unsigned line = 0;

	memset(big, '\n', GITCONF_MAX + 1);
	big[GITCONF_MAX + 1] = '\0';
	ck_assert_int_eq(gitconf_parse(big, GITCONF_MAX + 1, &c, NULL), -E2BIG);
	ck_assert_int_eq(gitconf_parse(big, GITCONF_MAX, &c, NULL), 0);
	gitconf_done(&c);
	ck_assert_int_eq(gitconf_parse("[a]\nb\0c\n", 8, &c, NULL), -EILSEQ);
	ck_assert_int_eq(gitconf_parse("[a]\nb = 1\n?\n", 12, &c, &line), -EILSEQ);
	ck_assert_uint_eq(line, 3);
	for (size_t i = 0; i < 2 * (size_t)GITCONF_ITEMS_MAX; i++)
		memcpy(big + 2 * i,
		       i == 0 ? " "
				"\n"
			      : "a\n",
		       2);
	ck_assert_int_eq(gitconf_parse(big, 4 * (size_t)GITCONF_ITEMS_MAX, &c, NULL), -E2BIG);
}
END_TEST

static const struct {
	const char *text, *key, *values; /* separated by '|'; NULL: none */
	const char *want;
} edits[] = {
	{ "[a]\n\tx = 1 # why\n\ty = 2\n", "a.x", "3", "[a]\n\tx = 3\n\ty = 2\n" },
	{ "# top\n[a]\n\tx = 1\n\n# end\n", "a.y", "2", "# top\n[a]\n\tx = 1\n\n# end\n\ty = 2\n" },
	{ "[a]\n\tx = 1\n", "a.x", NULL, "" },
	{ "[a]\n\t# kept\n\tx = 1\n", "a.x", NULL, "[a]\n\t# kept\n" },
	{ "[a]\n\tx = 1\n\tx = 2\n[b]\n\ty\n", "a.x", "5|6", "[a]\n\tx = 5\n\tx = 6\n[b]\n\ty\n" },
	{ "[a]\n\tx = 1\n", "b.s.T.y", "v", "[a]\n\tx = 1\n[b \"s.T\"]\n\ty = v\n" },
	{ "[a]\n\tx = 1", "b.y", "v;w", "[a]\n\tx = 1\n[b]\n\ty = \"v;w\"\n" },
	{ "[a] x = 1\n\ty = 2\n", "a.x", "7", "[a] \n\tx = 7\n\ty = 2\n" },
	{ "[a] x = 1\n", "a.x", NULL, "" },
	{ "[a]\r\n\tx = 1\r\n\ty = 2\r\n", "a.x", NULL, "[a]\r\n\ty = 2\r\n" },
	{ "[branch \"m\"]\n\tremote = o\n\tmerge = m\n[c]\n\tz\n", "branch.m.remote", NULL,
	  "[branch \"m\"]\n\tmerge = m\n[c]\n\tz\n" },
	{ "", "a.x", " lead", "[a]\n\tx = \" lead\"\n" },
	{ "", "a.q\"\\.x", "b\\\"", "[a \"q\\\"\\\\\"]\n\tx = b\\\\\\\"\n" },
	{ "[a]\n", "a.x", "1", "[a]\n\tx = 1\n" },
	{ "[a]\n[a]\n\tx = 1\n", "a.y", NULL, "[a]\n[a]\n\tx = 1\n" },
	{ "[a]\n\tx = 1\\\n2\n\ty = 3\n", "a.x", NULL, "[a]\n\ty = 3\n" },
	{ "[a]\n\tx = 1\\\n", "b.y", "2", "[a]\n\tx = 1\\\n\n[b]\n\ty = 2\n" },
	{ "[a]\n\tx = 1\\\n", "a.y", "2", "[a]\n\tx = 1\\\n\n\ty = 2" },
	{ "[a][b]\n\tx = 1\n", "a.y", "2", "[a]\n\ty = 2\n[b]\n\tx = 1\n" },
	{ "bad!", "a.x", "1", NULL },
};

START_TEST(edits_leave_the_rest)
{
	AUTO_STRV struct strv values = { 0 };
	AUTO_FREE char *list = edits[_i].values != NULL ? xstrdup(edits[_i].values) : NULL;
	AUTO_FREE char *got = NULL;
	char *save = NULL;

	for (char *s = list != NULL ? strtok_r(list, "|", &save) : NULL; s != NULL;
	     s = strtok_r(NULL, "|", &save))
		strv_add(&values, s);
	got = gitconf_set(edits[_i].text, edits[_i].key, &values);
	if (edits[_i].want == NULL) {
		ck_assert_ptr_null(got);
		return;
	}
	ck_assert_str_eq(got, edits[_i].want);
}
END_TEST

static const struct {
	const char *pattern, *text;
	bool fold, want;
} globs[] = {
	{ "/home/u/work/**", "/home/u/work/p/.git", false, true },
	{ "/home/u/work/**", "/home/u/other/.git", false, false },
	{ "**/work/**", "/home/u/work/p/.git", false, true },
	{ "**/p/.git", "/p/.git", false, true },
	{ "/home/*/p/.git", "/home/a/b/p/.git", false, false },
	{ "/HOME/u/**", "/home/u/x", true, true },
	{ "/HOME/u/**", "/home/u/x", false, false },
	{ "feature/**", "feature/a/b", false, true },
	{ "feature/*", "feature/a/b", false, false },
	{ "r[a-c]?", "rbx", false, true },
	{ "r[!a-c]x", "rbx", false, false },
	{ "r[a", "ra", false, false },
	{ "https://*.example/**", "https://git.example/a/b", false, true },
	{ "a\\*b", "a*b", false, true },
	{ "", "", false, true },
};

START_TEST(patterns)
{
	ck_assert_int_eq(gitconf_match(globs[_i].pattern, globs[_i].text, globs[_i].fold), globs[_i].want);
}
END_TEST

START_TEST(patterns_end)
{
	char text[600];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert(!gitconf_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text, false));
}
END_TEST

Suite *gitconf_suite(void)
{
	Suite *s = suite_create("gitconf");
	TCase *t = tcase_create("gitconf");

	tcase_add_loop_test(t, reads_as_git_does, 0, (int)ARRAY_SIZE(texts));
	tcase_add_test(t, bounds);
	tcase_add_loop_test(t, edits_leave_the_rest, 0, (int)ARRAY_SIZE(edits));
	tcase_add_loop_test(t, patterns, 0, (int)ARRAY_SIZE(globs));
	tcase_add_test(t, patterns_end);
	suite_add_tcase(s, t);
	return s;
}
