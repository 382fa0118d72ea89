/* SPDX-License-Identifier: MIT */
/* The terminal that stands for the caller's: what is done to it is noticed, and what is written to it is understood. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "canary_tty.h"
#include "unit.h"

static struct canary_site site;
static int fd;

static void make_site(void)
{
	struct diag d = { 0 };

	site = (struct canary_site){ .text = "CANARY-x", .uid = getuid(), .gid = getgid(), .stderr_fd = -1 };
	oracle_init(&site.oracle, site.text, site.uid, site.gid);
	canary_tty_plant(&site);
	fd = canary_tty_fd(&site);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(oracle_start(&site.oracle, &d), 0);
	canary_tty_seal(&site);
}

static void remove_site(void)
{
	canary_done(&site);
}

START_TEST(a_terminal_left_alone_has_not_changed)
{
	ck_assert_int_eq(write(fd, "text", 4), 4);
	ck_assert(!canary_tty_changed(&site));
}
END_TEST

START_TEST(its_settings_are_compared)
{
	struct termios t;

	ck_assert_int_eq(tcgetattr(fd, &t), 0);
	t.c_lflag &= ~(tcflag_t)ECHO;
	ck_assert_int_eq(tcsetattr(fd, TCSANOW, &t), 0);
	ck_assert(canary_tty_changed(&site));
	t.c_lflag |= ECHO;
	ck_assert_int_eq(tcsetattr(fd, TCSANOW, &t), 0);
	ck_assert(!canary_tty_changed(&site));
}
END_TEST

START_TEST(its_size_is_compared)
{
	struct winsize w;

	ck_assert_int_eq(ioctl(fd, TIOCGWINSZ, &w), 0);
	w.ws_row++;
	ck_assert_int_eq(ioctl(fd, TIOCSWINSZ, &w), 0);
	ck_assert(canary_tty_changed(&site));
}
END_TEST

START_TEST(the_flags_of_the_open_file_are_compared)
{
	ck_assert_int_eq(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
	ck_assert(canary_tty_changed(&site));
}
END_TEST

/* The hits after these pieces were written. */
static unsigned hits(const char *one, const char *two)
{
	ck_assert_int_eq(write(fd, one, strlen(one)), (ssize_t)strlen(one));
	ck_assert(oracle_sync(&site.oracle));
	ck_assert_int_eq(write(fd, two, strlen(two)), (ssize_t)strlen(two));
	ck_assert(oracle_sync(&site.oracle));
	return oracle_hits(&site.oracle, "CANARY_ANSWER");
}

START_TEST(text_and_colours_and_a_title_are_no_hit)
{
	ck_assert_uint_eq(hits("text \033[31mred\033[0m\r\n", "\033]0;title\a\033[?1049h\033[?1049l"), 0);
}
END_TEST

START_TEST(a_sequence_that_acts_is_a_hit_also_in_two_pieces)
{
	char answer[64] = "";

	ck_assert_uint_eq(hits("\033]5", "2;c;YQ==\a"), 1);
	ck_assert_int_gt(read(fd, answer, sizeof(answer) - 1), 0);
	ck_assert_str_eq(answer, "CANARY-x\n");
	ck_assert_uint_eq(hits("\033[21t", "\033P$qm\033\\"), 3);
}
END_TEST

START_TEST(what_must_be_shown_counts_whole_only)
{
	ck_assert(oracle_must_come(&site.oracle, "CANARY_SHOWN"));
	ck_assert(!oracle_must_come(&site.oracle, "CANARY_ANSWER"));
	hits("CANARY-x-shown", "\033[m");
	ck_assert_uint_eq(oracle_hits(&site.oracle, "CANARY_SHOWN"), 0);
	hits("\033]2;CANARY-x-shown\a", "CANARY-x-shown\033]2;CANARY-x-shown\a");
	ck_assert_uint_eq(oracle_hits(&site.oracle, "CANARY_SHOWN"), 1);
	ck_assert_uint_eq(oracle_hits(&site.oracle, "CANARY_ANSWER"), 0);
}
END_TEST

START_TEST(a_sequence_behind_much_text_is_a_hit)
{
	char much[1000];

	memset(much, 'x', sizeof(much));
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(write(fd, much, sizeof(much)), (ssize_t)sizeof(much));
		ck_assert(oracle_sync(&site.oracle));
	}
	ck_assert_uint_eq(hits("", "\033_Ga=t\033\\"), 1);
}
END_TEST

Suite *canarytty_suite(void)
{
	Suite *s = suite_create("canarytty");
	TCase *tc = tcase_create("canarytty");

	tcase_add_checked_fixture(tc, make_site, remove_site);
	tcase_add_test(tc, a_terminal_left_alone_has_not_changed);
	tcase_add_test(tc, its_settings_are_compared);
	tcase_add_test(tc, its_size_is_compared);
	tcase_add_test(tc, the_flags_of_the_open_file_are_compared);
	tcase_add_test(tc, text_and_colours_and_a_title_are_no_hit);
	tcase_add_test(tc, a_sequence_that_acts_is_a_hit_also_in_two_pieces);
	tcase_add_test(tc, what_must_be_shown_counts_whole_only);
	tcase_add_test(tc, a_sequence_behind_much_text_is_a_hit);
	suite_add_tcase(s, tc);
	return s;
}
