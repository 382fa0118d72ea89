/* SPDX-License-Identifier: MIT */
/* The filter of escape sequences: what passes, what does not, wherever the reads cut it. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "mem.h"
#include "util.h"

static const struct {
	const char *in, *out; /* NULL: as it came */
} rows[] = {
	{ "plain text\r\n\ttab\b\a", NULL },
	{ "\x1b[1;31mred\x1b[0m", NULL },
	{ "\x1b[38;2;1;2;3mtrue\x1b[38:2::1:2:3mcolour", NULL },
	{ "\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?1006h", NULL },
	{ "\x1b[6n\x1b[c\x1b[>c\x1b[>q\x1b[?u\x1b[18t\x1b[22;0t\x1b[23;0t", NULL },
	{ "\x1b(0\x1b)B\x1b"
	  "7\x1b"
	  "8\x1b=\x1b>\x1bM\x1b"
	  "c\x1b#8\x1b%G",
	  NULL },
	{ "\x1b]0;title\a\x1b]2;title\x1b\\", NULL },
	{ "\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", NULL },
	{ "\x1b]11;?\a\x1b]10;?\x1b\\\x1b]4;1;?\a", NULL },
	{ "\xc3\xa9 \xe2\x80\x94 \xe6\x98\xaf \xf0\x9f\x98\x80 \xe4\xbd\x9b \xc2\xa0", NULL },
	{ "\x1b]0;\xe6\x9c\xac\xc5\x93\a", NULL }, /* bytes of text that are ST alone */
	{ "\x1bPq#0;2;0;0;0#0~~@@\x1b\\", NULL },
	{ "\x1bP=1s\x1b\\\x1bP=2s\x1b\\", NULL },
	{ "a\x1b]52;c;aGk=\ab", "ab" },
	{ "a\x1b]52;c;aGk=\x1b\\b", "ab" },
	{ "a\x1b]052;c;?\ab", "ab" },
	{ "a\x9d"
	  "52;c;aGk=\x9c"
	  "b",
	  "ab" },
	{ "a\xc2\x9d"
	  "52;c;aGk=\xc2\x9c"
	  "b",
	  "ab" },
	{ "a\xe0\x82\x9d"
	  "52;c;aGk=\ab",
	  "ab" }, /* too long a form of C1 */
	{ "a\xc2\x1b]52;c;aGk=\ab", "a\xc2"
				    "b" },
	{ "a\x1b]5\n2;c;aGk=\ab", "ab" },
	{ "a\x1b]4294967348;c;aGk=\ab", "ab" },
	{ "a\x1b]52;c;\x1b]52;c;x\ab", "ab" },
	{ "a\x1b]0;t\x1b[1mb", "a\x1b[1mb" },
	{ "a\x1b]0;t\x18"
	  "b",
	  "a\x18"
	  "b" },
	{ "a\x1b]1337;File=name=eA==:eA==\ab", "ab" },
	{ "a\x1b]99999;x\ab", "ab" },
	{ "\x1b]9;4;1;50\x1b\\\x1b]9;hello\a\x1b]9;5 files\a\x1b]9;\a", NULL },
	{ "a\x1b]9;6;\"x\"\ab", "ab" },
	{ "a\x1b]9;7;x\x1b\\b", "ab" },
	{ "a\x1b]9;06;x\x1b\\b\x1b]9;5\a", "ab" },
	{ "a\x1b]09;66666;x\ab", "ab" },
	{ "a\x1b]x\ab", "ab" },
	{ "a\x1b Gb\x1b[61\"pc", "abc" },
	{ "a\x1b[?40;3hb\x1b[?3;4l", "ab\x1b[?3;4l" },
	{ "a\x1b[?2lb\x1b[?25;2lc\x1b[?2h", "abc\x1b[?2h" },
	{ "a\x1b[8]b\x1b[12;3]c", "abc" },
	{ "a\x1b]P0ff0000b", "ab" },
	{ "a\x1b]Rb", "ab" },
	{ "a\x1b[21tb\x1b[20t\x1b[021t\x1b[21;1t", "ab" },
	{ "a\x1b[2\n1tb", "a\nb" },
	{ "a\x1b[4294967317tb", "ab" },
	{ "a\x1b[8;1;1tb", "ab" },
	{ "a\x1b[30tb\x1b[5*|c\x1b[132$|d", "abcd" },
	{ "a\x1b[2$~\x1b[1$}b\x1b[2 Pc\x1b[Ud\x1b[1Ve", "abcde" },
	{ "a\x1bVb\x1b]9;9;/tmp\x1b\\c", "abc" },
	{ "a\x1b[?21$tb", NULL },
	{ "a\x9b"
	  "21tb",
	  "ab" },
	{ "a\x1b[1;1;1;1;9;9*yb", "ab" },
	{ "a\x1b[5ib\x1b[?4i", "ab" },
	{ "a\x1b[1?tb", "ab" },
	{ "a\x1b[\x1b[1mb", "a\x1b[1mb" },
	{ "a\x1bP$qm\x1b\\b", "ab" },
	{ "a\x1bP+q544e\x1b\\b", "ab" },
	{ "a\x1bP0;1|17/6c73\x1b\\b", "ab" },
	{ "a\x1bPtmux;\x1b\x1b]52;c;aGk=\a\x1b\\b", "a\x1b\\b" },
	{ "a\x1b_Gf=100,t=f;L2V0Yy9wYXNzd2Q=\x1b\\b", "ab" },
	{ "a\x1b^x\x1b\\b\x1bXx\x1b\\c", "abc" },
	{ "a\x05"
	  "b",
	  "ab" },
	{ "a\x1b%@b", "ab" },
};

static size_t filter(struct escape *e, const char *in, size_t n, size_t step, char *out)
{
	size_t got = 0;

	for (size_t i = 0; i < n; i += step)
		got += escape_filter(e, in + i, n - i < step ? n - i : step, out + got);
	return got;
}

START_TEST(what_passes)
{
	const char *in = rows[_i].in, *want = rows[_i].out != NULL ? rows[_i].out : in;
	AUTO_FREE char *out = xcalloc(1, strlen(in) + ESCAPE_MORE + 1);

	for (size_t step = 1; step <= strlen(in); step++) {
		AUTO_FREE struct escape *e = xcalloc(1, sizeof(*e));
		size_t n;

		e->utf8 = true;
		n = filter(e, in, strlen(in), step, out);
		out[n] = '\0';
		ck_assert_msg(streq(out, want), "%zu at a time", step);
	}
}
END_TEST

/* Where the terminal may take each byte by itself: what passes, and what is a sequence there alone. */
static const struct {
	const char *in, *out;
} bytes[] = {
	{ "\xc3\xa9 \xe2\x94\x80 \xf0\x9f\x98\x80", "\xc3\xa9 \xe2\x94\x80 \xf0??\x80" },
	{ "a\xc3\x9d"
	  "52;c;aGk=\ab",
	  "a\xc3?52;c;aGk=\ab" },
	{ "a\xe2\x95\x9d"
	  "52;c;aGk=\ab",
	  "a\xe2\x95?52;c;aGk=\ab" },
	{ "a\xf0\xa0\x9b"
	  "21tb",
	  "a\xf0\xa0?21tb" },
	{ "a\xe0\xa0\x90$qm\x1b\\b", "a\xe0\xa0?$qm\x1b\\b" },
	{ "a\xc5\x9f"
	  "Gx\x1b\\b",
	  "a\xc5?Gx\x1b\\b" },
	{ "a\x9d"
	  "52;c;aGk=\x9c"
	  "b\x9b"
	  "21tc\x9b"
	  "1md",
	  "abc\x9b"
	  "1md" },
	{ "a\xc2\x9d"
	  "52;c;aGk=\xc2\x9c"
	  "b",
	  "ab" },
	{ "a\x1b]0;x\xc3\x9cy\ab", "a\x1b]0;x\xc3?y\ab" },
};

START_TEST(where_a_byte_is_a_character_no_character_hides_a_control)
{
	const char *in = bytes[_i].in, *want = bytes[_i].out;
	AUTO_FREE char *out = xcalloc(1, strlen(in) + ESCAPE_MORE + 1);

	for (size_t step = 1; step <= strlen(in); step++) {
		AUTO_FREE struct escape *e = xcalloc(1, sizeof(*e));
		size_t n = filter(e, in, strlen(in), step, out);

		out[n] = '\0';
		ck_assert_msg(streq(out, want), "%zu at a time: %s", step, out);
		ck_assert(e->masked == 0 || strchr(out, '?') != NULL);
	}
}
END_TEST

static const struct {
	const char *locale;
	enum escape_charset set;
} locales[] = {
	{ NULL, ESCAPE_ASK },		{ "C", ESCAPE_ASK },
	{ "POSIX", ESCAPE_ASK },	{ "C.UTF-8", ESCAPE_UTF8 },
	{ "en_US.utf8", ESCAPE_UTF8 },	{ "sr_RS.UTF-8@latin", ESCAPE_UTF8 },
	{ "UTF-8", ESCAPE_UTF8 },	{ "de_DE", ESCAPE_BYTES },
	{ "de_DE@euro", ESCAPE_BYTES }, { "ru_RU.KOI8-R", ESCAPE_BYTES },
	{ "x.UTF-8x", ESCAPE_BYTES },	{ "x.UTF-", ESCAPE_BYTES },
};

START_TEST(a_locale_says_what_a_character_is)
{
	ck_assert_int_eq(escape_charset_of(locales[_i].locale), locales[_i].set);
}
END_TEST

START_TEST(what_is_allowed_passes)
{
	static const char text[] = "\x1b]52;c;aGk=\a\x1b[21t\x1b_Gx\x1b\\\x05";
	AUTO_FREE struct escape *e = xcalloc(1, sizeof(*e));
	char out[sizeof(text) + ESCAPE_MORE];

	e->allow = 1u << escape_class_of("clipboard") | 1u << escape_class_of("reports") |
		   1u << escape_class_of("files");
	ck_assert_uint_eq(escape_filter(e, text, sizeof(text) - 1, out), sizeof(text) - 1);
	ck_assert(memcmp(out, text, sizeof(text) - 1) == 0);
	ck_assert_int_eq(escape_class_of("nothing"), ESCAPE_PASS);
}
END_TEST

START_TEST(an_endless_string_ends)
{
	AUTO_FREE struct escape *e = xcalloc(1, sizeof(*e));
	static char block[65536], out[sizeof(block) + ESCAPE_MORE];
	size_t n = escape_filter(e, "\x1b]0;", 4, out);

	memset(block, 'x', sizeof(block));
	for (size_t i = 0; i < ESCAPE_DROP_MAX / sizeof(block) + 2; i++)
		n = escape_filter(e, block, sizeof(block), out);
	ck_assert_uint_eq(n, sizeof(block));
	n = escape_filter(e, "\x1b[", 2, out);
	for (size_t i = 0; i < 4; i++)
		n +=
		    escape_filter(e, "111111111111111111111111111111111111111111111111111111111111", 60, out);
	n += escape_filter(e, "mok", 3, out);
	ck_assert_uint_eq(n, 2);
}
END_TEST

START_TEST(modes_that_were_left_are_reset)
{
	AUTO_FREE struct escape *e = xcalloc(1, sizeof(*e));
	static const char text[] = "\x1b[?1049;1000h\x1b[?25l\x1b[?2004h\x1b[?2004l\x1bPq~";
	char out[sizeof(text) + ESCAPE_MORE], end[ESCAPE_END_MAX + 1];
	size_t n;

	escape_filter(e, text, sizeof(text) - 1, out);
	n = escape_end(e, end);
	end[n] = '\0';
	ck_assert_str_eq(end, "\x1b\\\x1b[?25h\x1b[?1000l\x1b[?1049l\x1b[m");
	ck_assert_uint_eq(escape_end(e, end), 0);
	ck_assert_uint_lt(escape_reset(~0ull, end), ESCAPE_END_MAX);
}
END_TEST

#define PALETTE "\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\"
#define OTHERS \
	"\x1b]113\x1b\\\x1b]114\x1b\\\x1b]115\x1b\\\x1b]116\x1b\\\x1b]117\x1b\\\x1b]118\x1b\\\x1b]119\x1b\\"
#define LINK "\x1b]8;;\x1b\\"
#define MARGINS \
	"\x1b" \
	"7\x1b[r\x1b" \
	"8"

/* What is said behind it is to be seen, and keys are to be what they were. */
static const struct {
	const char *sent, *undone;
} left[] = {
	{ "\x1b[3g", "\x1b[?5W" },
	{ "\x1bH", "\x1b[?5W" },
	{ "\x1b[4 q", "\x1b[0 q" },
	{ "\x1b[1\"q", "\x1b[0\"q" },
	{ "\x1b[?64l", "\x1b[?64h\x1b[m" },
	{ "\x1b]9;4;1;50\x1b\\", "\x1b]9;4;0\x1b\\" },
	{ "\x1b]9;4;1;50\a\x1b]9;4;0;\a", "" },
	{ "\x1b]9;hello\a", "" },
	{ "\x1b[?2048h\x1b[?5522h", "\x1b[?2048l\x1b[?5522l\x1b[m" },
	{ "\x1b[8mx", "\x1b[m" },
	{ "\x1b[31;1mx\x1b[m", "" },
	{ "\x1b[31mx\x1b[0m", "" },
	{ "\x1b[0;8mx", "\x1b[m" },
	{ "\x1b(0x", "\x1b(B\x1b)B\x0f" },
	{ "\x0ex", "\x1b(B\x1b)B\x0f" },
	{ "\x1bnx", "\x1b(B\x1b)B\x0f" },
	{ "\x1b[4\x0e"
	  "C",
	  "\x1b(B\x1b)B\x0f" },
	{ "\x1b[4h", "\x1b[4l\x1b[m" },
	{ "\x1b[4h\x1b[4l", "" },
	{ "\x1b[2h", "\x1b[2l\x1b[m" },
	{ "\x1b[12l\x1b[3;20h", "\x1b[3l\x1b[12h\x1b[20l\x1b[m" },
	{ "\x1b[?12l\x1b[?20h", "" },
	{ "\x1b[?2h\x1b[?67h\x1b[?8l\x1b[?9001h", "\x1b[?8h\x1b[?67l\x1b[?9001l\x1b[m" },
	{ "\x1b[?1003h\x1b[?1003s\x1b[?1003l\x1b[?1003r", "\x1b[?1003l\x1b[m" },
	{ "\x1b[8m\x1b"
	  "7\x1b[m\x1b"
	  "8",
	  "\x1b[m" },
	{ "\x1b[8m\x1b[s\x1b[m\x1b[u", "\x1b[m" MARGINS },
	{ "\x1b[8m\x1b[?1049h\x1b[m\x1b[?1049l", "\x1b[m" },
	{ "\x1b[8m\x1b[#{\x1b[m\x1b[#}", "\x1b[m" },
	{ "\x1b]8;;https://evil.example/\x1b\\click", LINK },
	{ "\x1b]8;id=1;file:///x\aclick", LINK },
	/* VTE brings it back with the cursor that was saved meanwhile. */
	{ "\x1b]8;;https://x/\x1b\\\x1b"
	  "7\x1b]8;;\x1b\\\x1b"
	  "8",
	  "\x1b[m" LINK },
	{ "\x1b]8;;\x1b\\", "" },
	{ "\x1b]8;;https://x/\x1b\\\x1b"
	  "c",
	  "" },
	{ "\x1b[11;12r", "\x1b"
			 "7\x1b[r\x1b"
			 "8" },
	{ "\x1b[?69h\x1b[3;5s", "\x1b[?69l\x1b[m\x1b"
				"7\x1b[r\x1b"
				"8" },
	{ "\x1b[?7l", "\x1b[?7h\x1b[m" },
	{ "\x1b[?5h\x1b[?6h", "\x1b[?5l\x1b[?6l\x1b[m" },
	{ "\x1b=", "\x1b>" },
	{ "\x1b=\x1b>", "" },
	{ "\x1b[>4;2m", "\x1b[>4m" },
	{ "\x1b[>31u", "\x1b[<99u" },
	{ "\x1b[=31;1u", "\x1b[=0u" },
	{ "\x1b]10;#000\x1b\\", PALETTE },
	{ "\x1b]4;1;red\a\x1b]12;blue\a", PALETTE },
	{ "\x1b]5;0;red\a", "\x1b]105\x1b\\" },
	/* Queries: the colours may be the user's own, set in the same way. */
	{ "\x1b]11;?\a\x1b]4;1;?;2;?\a\x1b]5;0;?\a", "" },
	{ "\x1b]11;?;#000\a", PALETTE },
	{ "\x1b]13;red\a", OTHERS },
	{ "\x1b]17;red\a\x1b]19;red\a", OTHERS },
	/* Counted on from the first: that of the marked text is the eighth. */
	{ "\x1b]10;?;?;?;?;?;?;?;red\a", OTHERS },
	{ "\x1b]7;file://x/y\x1b\\", "\x1b]7;\x1b\\" },
	{ "\x1b]22;wait\x1b\\", "\x1b]22;\x1b\\" },
	{ "\x1b[8m\x1b[4h\x1b"
	  "c",
	  "" },
	{ "text\r\n\x1b[2K\x1b[1A\x1b]0;title\x1b\\", "" },
};

START_TEST(what_else_was_left_is_undone)
{
	AUTO_FREE struct escape *e = xcalloc(1, sizeof(*e));
	char out[256], end[ESCAPE_END_MAX + 1];
	size_t n = strlen(left[_i].sent);

	ck_assert_uint_eq(escape_filter(e, left[_i].sent, n, out), n);
	n = escape_end(e, end);
	end[n] = '\0';
	ck_assert_str_eq(end, left[_i].undone);
}
END_TEST

Suite *escape_suite(void)
{
	Suite *s = suite_create("escape");
	TCase *tc = tcase_create("escape");

	tcase_add_loop_test(tc, what_passes, 0, (int)ARRAY_SIZE(rows));
	tcase_add_loop_test(tc, where_a_byte_is_a_character_no_character_hides_a_control, 0,
			    (int)ARRAY_SIZE(bytes));
	tcase_add_loop_test(tc, a_locale_says_what_a_character_is, 0, (int)ARRAY_SIZE(locales));
	tcase_add_test(tc, what_is_allowed_passes);
	tcase_add_test(tc, an_endless_string_ends);
	tcase_add_test(tc, modes_that_were_left_are_reset);
	tcase_add_loop_test(tc, what_else_was_left_is_undone, 0, (int)ARRAY_SIZE(left));
	suite_add_tcase(s, tc);
	return s;
}
