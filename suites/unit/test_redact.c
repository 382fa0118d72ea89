/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "report/redact.h"
#include "unit.h"

struct machine {
	const char *user, *host, *home, *project;
};

static const struct machine usual = { "alice", "workhorse", "/home/alice", "/home/alice/w/acme" };
static const struct machine tiny = { "a", "kernel", "/a", "/a/a" };
static const struct machine admin = { "root", "localhost", "/root", "/root/p" };

static const struct {
	const struct machine *machine;
	const char *text, *redacted;
} rows[] = {
	{ &usual, "", "" },
	{ &usual, "open /home/alice/w/acme/x: EACCES", "open <project>/x: EACCES" },
	{ &usual, "/home/alice/w/acme2", "<home>/w/acme2" },
	{ &usual, "/home/alice/w/acme.", "<project>." },
	{ &usual, "/home/alice/w/acme.old", "<home>/w/acme.old" },
	{ &usual, "/home/alice-2/x and /home/alice.bak", "/home/<user>/x and /home/<user>" },
	{ &usual, "/data/home/alice/x", "/data/home/<user>/x" },
	{ &usual, "/home/bob, /Users/Carol: /mnt/c/Users/dave/x",
	  "/home/<user>, /Users/<user>: /mnt/c/Users/<user>/x" },
	{ &usual, "C:\\Users\\alice\\x", "C:\\Users\\<user>\\x" },
	{ &usual, "/var/spool/mail/bob /run/media/bob/usb", "/var/spool/mail/<user> /run/media/<user>/usb" },
	{ &usual, "alice@workhorse: alice's malice", "<user>@<host>: <user>'s malice" },
	{ &usual, "workhorses workhorse.lan", "workhorses <host>.lan" },
	{ &usual, "/home/ and /home", "/home/ and /home" },
	{ &usual, "id 0123456789abcdef0123456789abcdefx", "id <machine-id>x" },
	{ &tiny, "on a terminal a box has a kernel of a host", "on a terminal a box has a kernel of a host" },
	{ &tiny, "/a/a/x /a/b /ab /b/a /a /a/a.", "<project>/x <home>/b /ab /b/a <home> <project>." },
	{ &tiny, "a@kernel user=a host 'kernel' \"a\"",
	  "<user>@<host> user=<user> host '<host>' \"<user>\"" },
	{ &tiny, "kernel", "<host>" },
	{ &tiny, "/home/a/x", "/home/<user>/x" },
	{ &admin, "root of localhost: /root/p/x /root/.ssh /proc/self/root",
	  "root of localhost: <project>/x <home>/.ssh /proc/self/root" },
};

START_TEST(names_are_left_out_and_words_stay)
{
	const struct machine *m = rows[_i].machine;
	struct redact_names names = { 0 };
	AUTO_FREE char *clean = NULL;

	redact_add(&names, REDACT_WORD, "<user>", m->user);
	redact_add(&names, REDACT_WORD, "<host>", m->host);
	redact_add(&names, REDACT_PATH, "<home>", m->home);
	redact_add(&names, REDACT_PATH, "<project>", m->project);
	redact_add(&names, REDACT_ID, "<machine-id>", "0123456789abcdef0123456789abcdef");
	redact_vocabulary(&names, "the kernel is not there");
	clean = redact_text(&names, rows[_i].text);
	ck_assert_str_eq(clean, rows[_i].redacted);
	redact_done(&names);
}
END_TEST

/* "/" as a home, a name that is not set: nothing may vanish for them. */
START_TEST(names_that_are_none_are_not_taken)
{
	struct redact_names names = { 0 };

	redact_add(&names, REDACT_PATH, "<home>", "/");
	redact_add(&names, REDACT_PATH, "<home>", "");
	redact_add(&names, REDACT_PATH, "<home>", "relative");
	redact_add(&names, REDACT_WORD, "<user>", "");
	redact_add(&names, REDACT_WORD, "<user>", NULL);
	redact_add(&names, REDACT_ID, "<machine-id>", "");
	ck_assert_uint_eq(names.n, 0);
	redact_add(&names, REDACT_PATH, "<home>", "/srv/h/");
	redact_add(&names, REDACT_PATH, "<home>", "/srv/h");
	ck_assert_uint_eq(names.n, 1);
	redact_done(&names);
}
END_TEST

Suite *redact_suite(void)
{
	Suite *s = suite_create("redact");
	TCase *tc = tcase_create("redact");

	tcase_add_loop_test(tc, names_are_left_out_and_words_stay, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(tc, names_that_are_none_are_not_taken);
	suite_add_tcase(s, tc);
	return s;
}
