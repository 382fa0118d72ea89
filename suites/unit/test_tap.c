/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "sha.h"
#include "tap.h"
#include "unit.h"
#include "util.h"

#define HEAD "TAP version 14\n1..1\n"
#define TEST(head, observed, step, detail) \
	head "\n  ---\n  observed: " observed "\n  errno: EPERM\n  step: \"" step "\"\n  detail: \"" detail \
	     "\"\n  seconds: 0.0100\n  status: exit 0\n  ...\n"

static void parse(const char *text, struct tap *t)
{
	tap_parse(text, strlen(text), t);
}

static bool is_refused(const char *text)
{
	AUTO_TAP struct tap t = { 0 };

	parse(text, &t);
	return !t.complete && t.wrong[0] != '\0';
}

START_TEST(a_stream_of_the_driver_is_read)
{
	AUTO_TAP struct tap t = { 0 };

	parse("TAP version 14\n1..2\n" TEST("ok 1 - sys-a", "denied", "open", "no")
		  TEST("not ok 2 - sys-b", "timeout", "", ""),
	      &t);
	ck_assert(t.complete);
	ck_assert_uint_eq(t.n, 2);
	ck_assert_str_eq(t.test[0].id, "sys-a");
	ck_assert_int_eq(t.test[0].seen, TAP_DENIED);
	ck_assert_str_eq(t.test[0].err, "EPERM");
	ck_assert_str_eq(t.test[0].step, "open");
	ck_assert(t.test[0].seconds > 0.009 && t.test[0].seconds < 0.011);
	ck_assert_int_eq(t.test[1].seen, TAP_TIMEOUT);
}
END_TEST

START_TEST(escapes_are_undone_but_control_characters_never_come_out)
{
	AUTO_TAP struct tap t = { 0 };

	parse(HEAD TEST("ok 1 - sys-a", "denied", "a\\\"b\\\\c", "\\x41\\x1b\\x0a"), &t);
	ck_assert(t.complete);
	ck_assert_str_eq(t.test[0].step, "a\"b\\c");
	ck_assert_str_eq(t.test[0].detail, "A??");
}
END_TEST

START_TEST(long_texts_are_cut)
{
	AUTO_TAP struct tap t = { 0 };
	char text[4096], detail[2001];

	memset(detail, 'y', sizeof(detail) - 1);
	detail[sizeof(detail) - 1] = '\0';
	snprintf(text, sizeof(text), HEAD TEST("ok 1 - sys-a", "denied", "", "%s"), detail);
	parse(text, &t);
	ck_assert(t.complete);
	ck_assert_uint_eq(strlen(t.test[0].detail), sizeof(t.test[0].detail) - 1);
}
END_TEST

START_TEST(what_was_read_before_the_end_stays)
{
	AUTO_TAP struct tap t = { 0 };

	parse("TAP version 14\n1..2\n" TEST("ok 1 - sys-a", "denied", "", ""), &t);
	ck_assert(!t.complete);
	ck_assert_uint_eq(t.n, 1);
	ck_assert_ptr_nonnull(strstr(t.wrong, "ends"));
}
END_TEST

START_TEST(forged_streams_are_refused)
{
	static const char *const bad[] = {
		"",
		"TAP version 13\n1..0\n",
		"TAP version 14\n",
		"TAP version 14\n1..x\n",
		"TAP version 14\n1..100000\n",
		HEAD TEST("ok 2 - sys-a", "denied", "", ""),
		HEAD TEST("ok 1 - ../sys", "denied", "", ""),
		HEAD TEST("ok 1 - sys-a", "contained", "", ""),
		HEAD TEST("ok 1 - sys-a", "unknown", "", ""),
		HEAD TEST("not ok 1 - sys-a", "denied", "", ""),
		HEAD TEST("ok 1 - sys-a", "denied", "a\"b", ""),
		HEAD TEST("ok 1 - sys-a", "denied", "a\\", ""),
		HEAD TEST("ok 1 - sys-a", "denied", "\\x4", ""),
		HEAD TEST("ok 1 - sys-a", "denied", "", "") "ok 2 - more\n",
		"TAP version 14\n1..2\n" TEST("ok 1 - sys-a", "denied", "", "")
		    TEST("ok 2 - sys-a", "denied", "", ""),
		HEAD "ok 1 - sys-a\n",
		HEAD "ok 1 - sys-a\n  ---\n  observed: denied\n  ...\n",
		HEAD "ok 1 - sys-a\n  ---\n  observed: denied\n  observed: denied\n  ...\n",
		HEAD "Bail out!\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(is_refused(bad[i]), "taken: %s", bad[i]);
}
END_TEST

START_TEST(a_nul_byte_is_refused)
{
	static const char text[] = HEAD "ok 1 - sys\0-a\n";
	AUTO_TAP struct tap t = { 0 };

	tap_parse(text, sizeof(text) - 1, &t);
	ck_assert(!t.complete);
}
END_TEST

START_TEST(sha256_is_the_standards)
{
	char hex[SHA256_HEX];
	struct sha s;

	sha256_init(&s);
	sha_end(&s, hex);
	ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256_init(&s);
	for (int i = 0; i < 1000000 / 50; i++)
		sha_add(&s, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 50);
	sha_end(&s, hex);
	ck_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
END_TEST

START_TEST(sha1_is_the_standards)
{
	static const unsigned char nothing[] = "\xda\x39\xa3\xee\x5e\x6b\x4b\x0d\x32\x55"
					       "\xbf\xef\x95\x60\x18\x90\xaf\xd8\x07\x09";
	static const unsigned char million[] = "\x34\xaa\x97\x3c\xd4\xc4\xda\xa4\xf6\x1e"
					       "\xeb\x2b\xdb\xad\x27\x31\x65\x34\x01\x6f";
	unsigned char got[SHA1_BYTES];
	struct sha s;

	sha1_init(&s);
	sha_end_bytes(&s, got);
	ck_assert_mem_eq(got, nothing, sizeof(got));
	sha1_init(&s);
	for (int i = 0; i < 1000000 / 50; i++)
		sha_add(&s, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 50);
	sha_end_bytes(&s, got);
	ck_assert_mem_eq(got, million, sizeof(got));
}
END_TEST

Suite *tap_suite(void)
{
	Suite *s = suite_create("tap");
	TCase *tc = tcase_create("tap");

	tcase_add_test(tc, a_stream_of_the_driver_is_read);
	tcase_add_test(tc, escapes_are_undone_but_control_characters_never_come_out);
	tcase_add_test(tc, long_texts_are_cut);
	tcase_add_test(tc, what_was_read_before_the_end_stays);
	tcase_add_test(tc, forged_streams_are_refused);
	tcase_add_test(tc, a_nul_byte_is_refused);
	tcase_add_test(tc, sha256_is_the_standards);
	tcase_add_test(tc, sha1_is_the_standards);
	suite_add_tcase(s, tc);
	return s;
}
