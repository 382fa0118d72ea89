/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "mem.h"
#include "unit.h"
#include "util.h"

#define TEXT(s) s, sizeof(s) - 1

/* Whole messages: position, words, excerpt and caret are all part of the promise. */
/* clang-format off */
static const struct {
	const char *name, *text;
	size_t len;
	const char *msg;
} bad[] = {
	{ "empty", TEXT(""),
	  "t:1:1: empty; the smallest file is {}\n    \n    ^" },
	{ "blank", TEXT(" \n\n"),
	  "t:2:1: empty; the smallest file is {}\n    \n    ^" },
	{ "comment-only", TEXT("// nothing\n"),
	  "t:1:11: empty; the smallest file is {}\n    // nothing\n              ^" },
	{ "comment-without-end", TEXT("{ /* x }"),
	  "t:1:3: comment without end\n    { /* x }\n      ^" },
	{ "garbage-after", TEXT("{} x"),
	  "t:1:4: text after the end of the document\n    {} x\n       ^" },
	{ "two-values", TEXT("{}{}"),
	  "t:1:3: text after the end of the document\n    {}{}\n      ^" },
	{ "raw-nul", TEXT("{\"a\": \"b\000c\"}"),
	  "t:1:9: NUL byte\n    {\"a\": \"b?c\"}\n            ^" },
	{ "escaped-nul", TEXT("{\"a\": \"/home\\u0000/x\"}"),
	  "t:1:13: \\u0000 is not allowed: it would end the text there\n    {\"a\": \"/home\\u0000/x\"}\n                ^" },
	{ "byte-order-mark", TEXT("\357\273\277{}"),
	  "t:1:1: byte order mark; save the file as UTF-8 without one\n    \357\273\277{}\n    ^" },
	{ "latin-1", TEXT("{\"a\": \"\351\"}"),
	  "t:1:8: not UTF-8\n    {\"a\": \"\351\"}\n           ^" },
	{ "overlong-utf8", TEXT("{\"a\": \"\300\257\"}"),
	  "t:1:8: not UTF-8\n    {\"a\": \"\300\257\"}\n           ^" },
	{ "utf8-surrogate", TEXT("{\"a\": \"\355\240\200\"}"),
	  "t:1:8: not UTF-8\n    {\"a\": \"\355\240\200\"}\n           ^" },
	{ "utf8-cut", TEXT("{\"a\": \"\342\202"),
	  "t:1:8: not UTF-8\n    {\"a\": \"\342\202\n           ^" },
	{ "half-surrogate", TEXT("[\"\\ud83d\"]"),
	  "t:1:3: half a surrogate pair\n    [\"\\ud83d\"]\n      ^" },
	{ "low-surrogate-first", TEXT("[\"\\ude00\\ud83d\"]"),
	  "t:1:3: half a surrogate pair\n    [\"\\ude00\\ud83d\"]\n      ^" },
	{ "bad-hex", TEXT("[\"\\u12g4\"]"),
	  "t:1:3: \\u needs four hex digits\n    [\"\\u12g4\"]\n      ^" },
	{ "bad-escape", TEXT("[\"C:\\dir\"]"),
	  "t:1:5: unknown escape; a backslash is written \\\\\n    [\"C:\\dir\"]\n        ^" },
	{ "raw-tab-in-string", TEXT("[\"a\tb\"]"),
	  "t:1:4: control character 0x09 in a string\n    [\"a b\"]\n       ^" },
	{ "newline-in-string", TEXT("{\"a\": \"b\n}"),
	  "t:1:7: string without end\n    {\"a\": \"b\n          ^" },
	{ "string-without-end", TEXT("[\"abc"),
	  "t:1:2: string without end\n    [\"abc\n     ^" },
	{ "escape-at-end", TEXT("[\"abc\\"),
	  "t:1:6: unknown escape; a backslash is written \\\\\n    [\"abc\\\n         ^" },
	{ "single-quotes", TEXT("{'a': 1}"),
	  "t:1:2: expected a key in double quotes\n    {'a': 1}\n     ^" },
	{ "single-quoted-value", TEXT("{\"a\": 'b'}"),
	  "t:1:7: strings need double quotes\n    {\"a\": 'b'}\n          ^" },
	{ "bare-key", TEXT("{a: 1}"),
	  "t:1:2: expected a key in double quotes\n    {a: 1}\n     ^" },
	{ "missing-colon", TEXT("{\"a\" 1}"),
	  "t:1:6: expected : after the key\n    {\"a\" 1}\n         ^" },
	{ "missing-value", TEXT("{\"a\": }"),
	  "t:1:7: expected a value\n    {\"a\": }\n          ^" },
	{ "missing-comma", TEXT("{\"a\": 1\n \"b\": 2}"),
	  "t:2:2: expected , or }\n     \"b\": 2}\n     ^" },
	{ "trailing-comma-object", TEXT("{\"a\": 1,}"),
	  "t:1:8: comma before }\n    {\"a\": 1,}\n           ^" },
	{ "trailing-comma-array", TEXT("[\"a\", ]"),
	  "t:1:5: comma before ]\n    [\"a\", ]\n        ^" },
	{ "comma-first", TEXT("[,1]"),
	  "t:1:2: expected a value\n    [,1]\n     ^" },
	{ "open-object", TEXT("{\"a\": 1"),
	  "t:1:1: { without }\n    {\"a\": 1\n    ^" },
	{ "open-array", TEXT("[1, 2\n"),
	  "t:1:1: [ without ]\n    [1, 2\n    ^" },
	{ "wrong-bracket", TEXT("[1}"),
	  "t:1:3: expected , or ]\n    [1}\n      ^" },
	{ "leading-zero", TEXT("[01]"),
	  "t:1:2: number with a leading zero\n    [01]\n     ^" },
	{ "plus-sign", TEXT("[+1]"),
	  "t:1:2: expected a value\n    [+1]\n     ^" },
	{ "bare-minus", TEXT("[-]"),
	  "t:1:2: not a number\n    [-]\n     ^" },
	{ "no-fraction", TEXT("[1.]"),
	  "t:1:2: not a number\n    [1.]\n     ^" },
	{ "no-exponent", TEXT("[1e]"),
	  "t:1:2: not a number\n    [1e]\n     ^" },
	{ "hex-number", TEXT("[0x10]"),
	  "t:1:3: expected , or ]\n    [0x10]\n      ^" },
	{ "nan", TEXT("[NaN]"),
	  "t:1:2: expected a value\n    [NaN]\n     ^" },
	{ "infinity", TEXT("[-Infinity]"),
	  "t:1:2: not a number\n    [-Infinity]\n     ^" },
	{ "long-number", TEXT("[111111111111111111111111111111111]"),
	  "t:1:2: number of more than 32 characters\n    [111111111111111111111111111111111]\n     ^" },
	{ "capital-true", TEXT("[True]"),
	  "t:1:2: expected a value\n    [True]\n     ^" },
	{ "duplicate-key", TEXT("{\"a\": 1,\n \"b\": {\"a\": 2},\n \"a\": 3}"),
	  "t:3:2: duplicate key \"a\"; the first is in line 1\n     \"a\": 3}\n     ^" },
	{ "duplicate-nested", TEXT("{\"x\": [{\"k\": 1, \"k\": 1}]}"),
	  "t:1:17: duplicate key \"k\"; the first is in line 1\n    {\"x\": [{\"k\": 1, \"k\": 1}]}\n                    ^" },
	{ "duplicate-by-escape", TEXT("{\"a\": 1, \"\\u0061\": 2}"),
	  "t:1:10: duplicate key \"a\"; the first is in line 1\n    {\"a\": 1, \"\\u0061\": 2}\n             ^" },
	{ "too-deep", TEXT("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
	  "t:1:33: nested deeper than 32\n    [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n                                    ^" },
	{ "tabs-before-caret", TEXT("\t\t\"a\" x"),
	  "t:1:7: text after the end of the document\n      \"a\" x\n          ^" },
	{ "wide-characters", TEXT("{\"\303\251\": \"\303\274\", x}"),
	  "t:1:12: expected a key in double quotes\n    {\"\303\251\": \"\303\274\", x}\n               ^" },
	{ "long-line", TEXT("{\"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\": \"vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv\" x, \"wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww\": 1}"),
	  "t:1:129: expected , or }\n    vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv\" x, \"wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww\n                                            ^" },
	{ "control-before-caret", TEXT("\033[3m"),
	  "t:1:1: expected a value\n    ?[3m\n    ^" },
};
/* clang-format on */

START_TEST(bad_text_is_refused_with_its_place)
{
	struct json_doc doc;
	struct diag d = { 0 };
	/* A copy of exactly its length, so that reading past the end is seen. */
	AUTO_FREE char *text = xmalloc(bad[_i].len > 0 ? bad[_i].len : 1);

	memcpy(text, bad[_i].text, bad[_i].len);
	ck_assert_int_eq(json_parse("t", text, bad[_i].len, JSON_COMMENTS, &doc, &d), -EINVAL);
	ck_assert_int_eq(d.code, -EINVAL);
	ck_assert_str_eq(d.msg, bad[_i].msg);
	json_done(&doc);
}
END_TEST

static void parse(struct json_doc *doc, const char *text)
{
	struct diag d = { 0 };
	int r = json_parse("t", text, strlen(text), JSON_COMMENTS, doc, &d);

	ck_assert_msg(r == 0, "%s", d.msg);
}

START_TEST(values_keep_type_order_and_place)
{
	static const char text[] =
	    "// head\n{ \"b\": [1, -2, 1.5, 1e2],\n  \"a\": {\"x\": null, \"y\": true, \"z\": false},\n"
	    "  /* c */ \"s\": \"t\" }\n";
	struct json_doc doc;
	const struct json *b, *a, *s;
	struct json_place place;

	parse(&doc, text);
	ck_assert_int_eq(doc.root.type, JSON_OBJECT);
	ck_assert_uint_eq(doc.root.n, 3);
	b = &doc.root.item[0];
	a = json_get(&doc.root, "a");
	s = json_get(&doc.root, "s");
	ck_assert_str_eq(b->key, "b");
	ck_assert_uint_eq(json_line(&doc, b->at), 2);
	ck_assert_uint_eq(json_line(&doc, a->key_at), 3);
	ck_assert_uint_eq(json_line(&doc, s->at), 4);
	place = JSON_START;
	for (size_t i = 0; i < 2 * doc.len; i++) {
		size_t at = i < doc.len ? i : i * 7 % doc.len; /* then to and fro */

		json_find(&doc, &place, at);
		ck_assert_uint_eq(place.line, json_line(&doc, at));
		ck_assert_uint_eq(place.column, json_column(&doc, at));
	}
	ck_assert_int_eq(text[b->at], '[');
	ck_assert_int_eq(text[s->key_at], '"');
	ck_assert(b->item[0].is_integer && b->item[0].integer == 1);
	ck_assert(b->item[1].is_integer && b->item[1].integer == -2);
	ck_assert(!b->item[2].is_integer && !b->item[3].is_integer);
	ck_assert_int_eq(json_get(a, "x")->type, JSON_NULL);
	ck_assert_int_eq(json_get(a, "y")->type, JSON_TRUE);
	ck_assert_int_eq(json_get(a, "z")->type, JSON_FALSE);
	ck_assert_str_eq(s->string, "t");
	json_done(&doc);
}
END_TEST

START_TEST(integers_are_exact_or_none)
{
	struct json_doc doc;

	parse(&doc,
	      "[9007199254740993, 9223372036854775807, -9223372036854775808, 9223372036854775808, -0, 0]");
	ck_assert(doc.root.item[0].is_integer && doc.root.item[0].integer == 9007199254740993);
	ck_assert(doc.root.item[1].is_integer && doc.root.item[1].integer == INT64_MAX);
	ck_assert(doc.root.item[2].is_integer && doc.root.item[2].integer == INT64_MIN);
	ck_assert(!doc.root.item[3].is_integer);
	ck_assert(doc.root.item[4].is_integer && doc.root.item[4].integer == 0);
	json_done(&doc);
}
END_TEST

START_TEST(strings_are_decoded)
{
	struct json_doc doc;

	parse(&doc,
	      "[\"\\u00e9\\n\\t\\\"\\\\\\/\", \"\\ud83d\\ude00\", \"gr\303\274n\", \"// no /* comment\"]");
	ck_assert_str_eq(doc.root.item[0].string, "\303\251\n\t\"\\/");
	ck_assert_str_eq(doc.root.item[1].string, "\360\237\230\200");
	ck_assert_str_eq(doc.root.item[2].string, "gr\303\274n");
	ck_assert_str_eq(doc.root.item[3].string, "// no /* comment");
	json_done(&doc);
}
END_TEST

START_TEST(keys_are_compared_with_case)
{
	struct json_doc doc;

	parse(&doc, "{\"Net\": \"host\", \"net\": \"none\"}");
	ck_assert_str_eq(json_get(&doc.root, "net")->string, "none");
	ck_assert_str_eq(json_get(&doc.root, "Net")->string, "host");
	ck_assert_ptr_null(json_get(&doc.root, "NET"));
	ck_assert_ptr_null(json_get(&doc.root.item[0], "x"));
	json_done(&doc);
}
END_TEST

START_TEST(plain_json_has_no_comments)
{
	struct json_doc doc;
	struct diag d = { 0 };

	ck_assert_int_eq(json_parse("t", TEXT("{} // x"), JSON_PLAIN, &doc, &d), -EINVAL);
	ck_assert_str_eq(d.msg, "t:1:4: comments are not allowed here\n    {} // x\n       ^");
	json_done(&doc);
	ck_assert_int_eq(json_parse("t", TEXT("{}"), JSON_PLAIN, &doc, &d), 0);
	json_done(&doc);
}
END_TEST

START_TEST(size_is_capped)
{
	AUTO_FREE char *text = xmalloc(JSON_MAX_BYTES + 1);
	struct json_doc doc;
	struct diag d = { 0 };

	memset(text, ' ', JSON_MAX_BYTES + 1);
	text[0] = '1';
	ck_assert_int_eq(json_parse("t", text, JSON_MAX_BYTES, JSON_PLAIN, &doc, &d), 0);
	json_done(&doc);
	ck_assert_int_eq(json_parse("t", text, JSON_MAX_BYTES + 1, JSON_PLAIN, &doc, &d), -EINVAL);
	ck_assert_str_eq(d.msg, "t: larger than 1 MiB");
	json_done(&doc);
}
END_TEST

START_TEST(the_number_of_values_is_capped)
{
	size_t n = 65536;
	AUTO_FREE char *text = xmalloc(2 * n + 1);
	struct json_doc doc;
	struct diag d = { 0 };

	for (size_t i = 0; i < n; i++)
		memcpy(text + 2 * i, i == 0 ? "[1" : ",1", 2);
	text[2 * n] = ']';
	ck_assert_int_eq(json_parse("t", text, 2 * n + 1, JSON_PLAIN, &doc, &d), -EINVAL);
	ck_assert_ptr_nonnull(strstr(d.msg, ": more than 65536 values\n"));
	json_done(&doc);
}
END_TEST

START_TEST(long_names_are_cut_on_the_left)
{
	char name[400];
	struct json_doc doc;
	struct diag d = { 0 };

	memset(name, 'n', sizeof(name));
	memcpy(name + sizeof(name) - 8, "/c.json", 8);
	ck_assert_int_eq(json_parse(name, TEXT("x"), JSON_PLAIN, &doc, &d), -EINVAL);
	ck_assert_int_eq(strncmp(d.msg, "...nnn", 6), 0);
	ck_assert_ptr_nonnull(strstr(d.msg, "/c.json:1:1: expected a value\n    x\n    ^"));
	json_done(&doc);
}
END_TEST

Suite *json_suite(void)
{
	Suite *s = suite_create("json");
	TCase *tc = tcase_create("json");

	tcase_add_test(tc, values_keep_type_order_and_place);
	tcase_add_test(tc, integers_are_exact_or_none);
	tcase_add_test(tc, strings_are_decoded);
	tcase_add_test(tc, keys_are_compared_with_case);
	tcase_add_test(tc, plain_json_has_no_comments);
	tcase_add_test(tc, size_is_capped);
	tcase_add_test(tc, the_number_of_values_is_capped);
	tcase_add_test(tc, long_names_are_cut_on_the_left);
	suite_add_tcase(s, tc);
	/* One case for each row: the report then names the row. */
	for (int i = 0; i < (int)ARRAY_SIZE(bad); i++) {
		tc = tcase_create(bad[i].name);
		tcase_add_loop_test(tc, bad_text_is_refused_with_its_place, i, i + 1);
		suite_add_tcase(s, tc);
	}
	return s;
}
