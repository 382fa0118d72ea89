/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "policytext.h"
#include "replayed.h"
#include "unit.h"

START_TEST(it_says_what_holds_and_which_option_opens_it)
{
	static const char *const parts[] = {
		"/home/ann/proj (the project; kept)",
		"/home/ann (the home: fresh, gone at the end)",
		"Network: none.",
		"The user opens it with --net filtered,\n",
		"  and a --allow-host HOST for each host, or with --net open.\n",
		"--extra-bind DIR",
		" .git/hooks ",
		" .vscode",
		"--allow-autorun PATH",
		"\"tty\": {\"escapes\"",
		"gdb, strace, ltrace and LeakSanitizer don't work",
		"\"allow_debug\": true",
	};
	struct replayed r = { 0 };

	replayed_open(&r, "debian-merged-usr", NULL);
	r.conf.value[CONFKEY_NETWORK_MODE].n = CONF_NET_NONE;
	ck_assert_int_eq(replayed_policy(&r), 0);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		ck_assert_msg(strstr(r.policy.text, parts[i]) != NULL, "%s", parts[i]);
	ck_assert_ptr_null(strstr(r.policy.text, "Opened on"));
	ck_assert_ptr_null(strstr(r.policy.text, "Hidden"));
	ck_assert_ptr_null(strstr(r.policy.text, "CLAUDE.md"));
	ck_assert_ptr_null(strstr(r.policy.text, "Opened of these"));
	ck_assert_ptr_null(strstr(r.policy.text, "canary"));
	replayed_done(&r);
}
END_TEST

/* By a host that is allowed alone no network comes to be that was asked away. */
START_TEST(what_opens_the_network_does)
{
	static const enum conf_net modes[] = { CONF_NET_NONE, CONF_NET_FILTERED };

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct replayed r = { 0 };

		replayed_open(&r, "debian-merged-usr", NULL);
		r.conf.value[CONFKEY_NETWORK_MODE].n = modes[i];
		conf_add(&r.conf.allow_host, "example.com", "--allow-host");
		ck_assert_int_eq(replayed_policy(&r), 0);
		ck_assert((strstr(r.policy.text, "Network: none.") == NULL) ==
			  (modes[i] == CONF_NET_FILTERED));
		replayed_done(&r);
	}
}
END_TEST

START_TEST(it_says_what_was_asked_for)
{
	struct replayed r = { 0 };

	replayed_open(&r, "debian-merged-usr", NULL);
	conf_set(&r.conf, CONFKEY_ALLOW_DEBUG, 1, "c.json:1:2");
	r.conf.value[CONFKEY_NETWORK_MODE].n = CONF_NET_HOST;
	conf_add(&r.conf.mask, "a\nNetwork: x", "--mask");
	conf_add(&r.conf.blocked_syscalls, "vmsplice", "--");
	conf_add(&r.conf.allow_autorun, ".vscode", "--");
	ck_assert_int_eq(replayed_policy(&r), 0);
	ck_assert_uint_eq(r.policy.filter, FILTER_DEBUG | FILTER_TELL);
	ck_assert_ptr_nonnull(strstr(r.policy.text, "Network: the host's"));
	ck_assert_ptr_nonnull(strstr(r.policy.text, "gdb, strace and sanitizers work"));
	ck_assert_ptr_nonnull(strstr(r.policy.text, "asked for by c.json:1:2"));
	ck_assert_ptr_nonnull(strstr(r.policy.text, "  a?Network: x\n"));
	ck_assert_ptr_nonnull(strstr(r.policy.text, "blocked_syscalls: vmsplice\n"));
	ck_assert_ptr_nonnull(strstr(r.policy.text, "Opened of these: /home/ann/proj/.vscode\n"));
	for (size_t i = 0; i < r.policy.nenv; i++)
		ck_assert_str_ne(r.policy.env[i].name, "ASAN_OPTIONS");
	replayed_done(&r);
}
END_TEST

START_TEST(it_does_not_refuse_what_was_opened)
{
	static const char *const refused[] = { "unshare\n", "flatpak, chroot" };

	for (int asked = 0; asked < 2; asked++) {
		struct replayed r = { 0 };

		replayed_open(&r, "debian-merged-usr", NULL);
		if (asked)
			conf_set(&r.conf, CONFKEY_ALLOW_NESTED_USERNS, 1, "c.json:1:2");
		ck_assert_int_eq(replayed_policy(&r), 0);
		for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
			ck_assert_msg((strstr(r.policy.text, refused[i]) != NULL) == !asked, "%s",
				      refused[i]);
		ck_assert((strstr(r.policy.text, "unshare makes user namespaces") != NULL) == asked);
		ck_assert_ptr_nonnull(strstr(r.policy.text, "bpf, perf, io_uring,\n  keyrings"));
		ck_assert_ptr_nonnull(strstr(r.policy.text, "docker, podman, bwrap"));
		replayed_done(&r);
	}
}
END_TEST

Suite *policytext_suite(void)
{
	Suite *s = suite_create("policytext");
	TCase *tc = tcase_create("text");

	tcase_add_test(tc, it_says_what_holds_and_which_option_opens_it);
	tcase_add_test(tc, what_opens_the_network_does);
	tcase_add_test(tc, it_says_what_was_asked_for);
	tcase_add_test(tc, it_does_not_refuse_what_was_opened);
	suite_add_tcase(s, tc);
	return s;
}
