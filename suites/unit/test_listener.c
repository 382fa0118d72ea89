/* SPDX-License-Identifier: MIT */
/* What is said of a command that was refused: whoever starts it makes its words, and how long they are. */
#include "listener.h"

#include <string.h>

#include "mem.h"
#include "unit.h"

/* Around the limit: one byte more has no room for the dots behind it. */
START_TEST(words_end_at_their_limit)
{
	size_t n = LISTENER_WORDS - 4 + (size_t)_i;
	AUTO_STRV struct strv argv = { 0 };
	AUTO_FREE char *text = NULL;
	char word[LISTENER_WORDS + 8];

	memset(word, 'x', n);
	word[n] = '\0';
	strv_add(&argv, word);
	text = listener_words(&argv, "/bin/tool");
	if (n <= LISTENER_WORDS) {
		ck_assert_str_eq(text, word);
		return;
	}
	ck_assert_uint_eq(strlen(text), LISTENER_WORDS);
	ck_assert_int_eq(strncmp(text, word, LISTENER_WORDS - 3), 0);
	ck_assert_str_eq(text + LISTENER_WORDS - 3, "...");
}
END_TEST

START_TEST(words_are_escaped_before_they_are_cut)
{
	AUTO_STRV struct strv argv = { 0 };
	AUTO_FREE char *text = NULL;
	char word[LISTENER_WORDS];

	memset(word, '\x1b', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	strv_add(&argv, "tool");
	strv_add(&argv, word);
	strv_add(&argv, "never looked at");
	text = listener_words(&argv, "/bin/tool");
	ck_assert_uint_eq(strlen(text), LISTENER_WORDS);
	ck_assert_int_eq(strncmp(text, "tool \\x1b\\x1b", 13), 0);
	ck_assert_ptr_null(strchr(text, '\x1b'));
}
END_TEST

START_TEST(a_command_without_words_is_its_path)
{
	const struct strv none = { 0 };
	AUTO_FREE char *text = listener_words(&none, "/bin/tool\n");

	ck_assert_str_eq(text, "/bin/tool\\x0a");
}
END_TEST

Suite *listener_suite(void)
{
	Suite *s = suite_create("listener");
	TCase *t = tcase_create("listener");

	tcase_add_loop_test(t, words_end_at_their_limit, 0, 10);
	tcase_add_test(t, words_are_escaped_before_they_are_cut);
	tcase_add_test(t, a_command_without_words_is_its_path);
	suite_add_tcase(s, t);
	return s;
}
