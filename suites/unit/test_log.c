/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "unit.h"
#include "util.h"

static const struct {
	const char *text, *shown;
} escapes[] = {
	{ "plain ~ text", "plain ~ text" },
	{ "gr\303\274n \342\202\254 \360\237\230\200", "gr\303\274n \342\202\254 \360\237\230\200" },
	{ "\033[31m", "\\x1b[31m" },
	{ "a\nb\tc\rd", "a\\x0ab\\x09c\\x0dd" },
	{ "\177", "\\x7f" },
	{ "\302\233"
	  "31m",
	  "\\xc2\\x9b31m" }, /* CSI as one character */
	{ "\351", "\\xe9" },
	{ "\300\257", "\\xc0\\xaf" },			/* overlong */
	{ "\355\240\200", "\\xed\\xa0\\x80" },		/* surrogate */
	{ "\364\220\200\200", "\\xf4\\x90\\x80\\x80" }, /* beyond Unicode */
	{ "\342\202", "\\xe2\\x82" },			/* cut off */
	{ "\303\303\274", "\\xc3\303\274" },
	{ "a\342\200\256b", "a\\xe2\\x80\\xaeb" },	      /* right-to-left override */
	{ "\342\201\246", "\\xe2\\x81\\xa6" },		      /* isolate */
	{ "\342\200\250", "\\xe2\\x80\\xa8" },		      /* line separator */
	{ "src\342\200\213", "src\\xe2\\x80\\x8b" },	      /* a blank without width */
	{ "e\302\255vil", "e\\xc2\\xadvil" },		      /* a soft hyphen */
	{ "\363\240\201\241", "\\xf3\\xa0\\x81\\xa1" },	      /* a tag */
	{ "src\357\277\271", "src\\xef\\xbf\\xb9" },	      /* an anchor of an annotation */
	{ "src\360\223\220\260", "src\\xf0\\x93\\x90\\xb0" }, /* a joiner of hieroglyphs */
};

/* A reader who waits: a pipe that is full. */
START_TEST(no_reader_holds_who_says_something)
{
	AUTO_CLOSE int saved = dup(STDERR_FILENO);
	char buf[70000], all[200000] = "";
	size_t n = 0;
	ssize_t got;
	int p[2];

	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	ck_assert_int_eq(fcntl(p[1], F_SETPIPE_SZ, 4096), 4096);
	dup2(p[1], STDERR_FILENO);
	close(p[1]);
	memset(buf, 'x', sizeof(buf));
	ck_assert_int_eq(write(STDERR_FILENO, buf, 4096), 4096);
	alarm(60);
	log_without_waiting(true);
	log_security("%s", "the first");
	log_security("%.*s", 65000, buf);
	log_security("%s",
		     "one for which there is no room, as that is so long as this one here is, which has many "
		     "words and says nothing at all, in order to be longer than what is left: five hundred "
		     "and more bytes, of which there are as many as one likes to write in a test like this "
		     "one, where nobody reads them but who wonders why they are there; and as they are still "
		     "too few there are these, too, and these, and these, until there are enough of them; "
		     "which is so by now, or will be with the next words, or with those behind these");
	ck_assert_int_eq(read(p[0], buf, 4096), 4096);
	log_flush();
	got = read(p[0], all, sizeof(all) - 1);
	ck_assert_int_gt(got, 0);
	ck_assert_int_eq(strncmp(all, "claude-sandbox: the first\n", 26), 0);
	for (n = (size_t)got; n < 65000; n += (size_t)got) {
		log_flush();
		got = read(p[0], all + n, sizeof(all) - 1 - n);
		ck_assert_int_gt(got, 0);
	}
	log_without_waiting(false);
	got = read(p[0], all + n, sizeof(all) - 1 - n);
	alarm(0);
	dup2(saved, STDERR_FILENO);
	close(p[0]);
	ck_assert_ptr_nonnull(
	    strstr(all, "claude-sandbox: 1 messages were not written, as standard error took none\n"));
}
END_TEST

START_TEST(what_a_terminal_could_obey_is_escaped)
{
	AUTO_FREE char *buf = NULL;
	size_t len;
	FILE *f = open_memstream(&buf, &len);

	log_escape(f, escapes[_i].text);
	fclose(f);
	ck_assert_str_eq(buf, escapes[_i].shown);
	ck_assert_int_eq(log_is_plain(escapes[_i].text), strcmp(escapes[_i].text, escapes[_i].shown) == 0);
}
END_TEST

/* What `print` writes to stderr. */
static void capture(void (*print)(void), char *out, size_t size)
{
	AUTO_FILE FILE *f = tmpfile();
	AUTO_CLOSE int saved = dup(STDERR_FILENO);
	size_t n;

	ck_assert_ptr_nonnull(f);
	dup2(fileno(f), STDERR_FILENO);
	print();
	dup2(saved, STDERR_FILENO);
	rewind(f);
	n = fread(out, 1, size - 1, f);
	out[n] = '\0';
}

static void print_all(void)
{
	log_security("s%d", 1);
	log_note("n");
	log_detail("d");
}

static void print_error(void)
{
	struct diag d = { 0 };

	diag_set(&d, -EINVAL, "c.json:1:2: unknown key\n    {\"x\033\": 1}\n     ^");
	diag_try(&d, "y\n");
	log_error(&d);
}

static void print_forgery(void)
{
	log_security("no such directory: %s", "x\nclaude-sandbox: all is well\n\n");
}

/* One that a terminal breaks where the name wants it. */
static void print_indented(void)
{
	log_security("moved away: %s", "x\n    claude-sandbox: all is well\n    ^");
}

static void print_named(void)
{
	struct diag d = { 0 };

	diag_set(&d, -EINVAL, "x\n    y: unknown key\n    {}\n    ^");
	log_error(&d);
}

START_TEST(levels_choose_what_is_printed)
{
	char buf[256];

	log_set(LOG_QUIET);
	capture(print_all, buf, sizeof(buf));
	ck_assert_str_eq(buf, "claude-sandbox: s1\n");
	log_set(LOG_NORMAL);
	capture(print_all, buf, sizeof(buf));
	ck_assert_str_eq(buf, "claude-sandbox: s1\nclaude-sandbox: n\n");
	log_set(LOG_VERBOSE);
	ck_assert_int_eq(log_get(), LOG_VERBOSE);
	capture(print_all, buf, sizeof(buf));
	ck_assert_str_eq(buf, "claude-sandbox: s1\nclaude-sandbox: n\nclaude-sandbox: d\n");
}
END_TEST

START_TEST(advice_stands_before_the_excerpt)
{
	char buf[256];

	log_set(LOG_QUIET);
	capture(print_error, buf, sizeof(buf));
	ck_assert_str_eq(buf, "claude-sandbox: c.json:1:2: unknown key; try: y\\x0a\n"
			      "    {\"x\\x1b\": 1}\n     ^\n");
}
END_TEST

START_TEST(text_can_not_forge_a_line)
{
	char buf[256];

	capture(print_forgery, buf, sizeof(buf));
	ck_assert_str_eq(buf,
			 "claude-sandbox: no such directory: x\\x0aclaude-sandbox: all is well\\x0a\\x0a\n");
	capture(print_indented, buf, sizeof(buf));
	ck_assert_str_eq(buf,
			 "claude-sandbox: moved away: x\\x0a    claude-sandbox: all is well\\x0a    ^\n");
	capture(print_named, buf, sizeof(buf));
	ck_assert_str_eq(buf, "claude-sandbox: x\\x0a    y: unknown key\n    {}\n    ^\n");
}
END_TEST

static void print_shortened(void)
{
	AUTO_FREE char *flood = xcalloc(1, 4001);
	AUTO_FREE char *marks = xcalloc(1, 2 * 1000 + 1);
	AUTO_FREE char *a = NULL;
	AUTO_FREE char *b = NULL;
	AUTO_FREE char *c = NULL;

	memset(flood, 1, 4000);
	memcpy(flood, "begin", 5);
	memcpy(flood + 3997, "end", 3);
	for (size_t i = 0; i < 2000; i += 2)
		memcpy(marks + i, "\303\251", 2);
	a = log_shortened(flood, 200);
	b = log_shortened(marks, 200);
	c = log_shortened(marks, 2000);
	ck_assert_msg(str_starts(a, "begin\001") && strstr(a, "\001 ... \001") != NULL, "%s", a);
	ck_assert_str_eq(a + strlen(a) - 4, "\001end");
	ck_assert_msg(log_is_plain(b) && strstr(b, "\303\251 ... \303\251") != NULL, "%s", b);
	ck_assert_str_eq(c, marks);
	log_security("%s", a);
	log_security("%s", b);
}

START_TEST(a_line_that_is_too_long_is_cut_in_its_middle)
{
	char buf[2048], *second;

	capture(print_shortened, buf, sizeof(buf));
	second = strchr(buf, '\n') + 1;
	ck_assert_uint_le((size_t)(second - buf), 200 + strlen("claude-sandbox: \n"));
	ck_assert_uint_ge((size_t)(second - buf), 190);
	ck_assert_uint_le(strlen(second), 200 + strlen("claude-sandbox: \n"));
}
END_TEST

Suite *log_suite(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("log");

	tcase_add_loop_test(tc, what_a_terminal_could_obey_is_escaped, 0, (int)ARRAY_SIZE(escapes));
	tcase_add_test(tc, levels_choose_what_is_printed);
	tcase_add_test(tc, advice_stands_before_the_excerpt);
	tcase_add_test(tc, text_can_not_forge_a_line);
	tcase_add_test(tc, no_reader_holds_who_says_something);
	tcase_add_test(tc, a_line_that_is_too_long_is_cut_in_its_middle);
	suite_add_tcase(s, tc);
	return s;
}
