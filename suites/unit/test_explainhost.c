/* SPDX-License-Identifier: MIT */
/* What --explain says of hosts: the answer of the rules, and what the tables know. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explainhost.h"
#include "mem.h"
#include "util.h"

static const struct {
	enum policy_egress egress;
	const char *host, *has, *hasnt; /* hasnt: NULL: nothing to look for */
} rows[] = {
	{ POLICY_EGRESS_NONE, "a.example", "out of reach: there is no network", "ports:" },
	{ POLICY_EGRESS_NONE, "pypi.org", "built-in list (--yolo): pypi.org, registry: pip, uv", NULL },
	{ POLICY_EGRESS_NONE, "10.0.0.1", "a private network (RFC 1918)", "built-in" },
	{ POLICY_EGRESS_FILTERED, "a.example", "reachable: allowed by a.example (here)", "opened by" },
	{ POLICY_EGRESS_FILTERED, "A.example.", "ports: 80, 443\n", NULL },
	{ POLICY_EGRESS_FILTERED, "a.example:443", "at no address that is private", "ports:" },
	{ POLICY_EGRESS_FILTERED, "a.example:22", "opened by: --allow-host 'a.example:22'", "  reachable" },
	{ POLICY_EGRESS_FILTERED, "b.example", "out of reach: no rule allows it", "  reachable" },
	{ POLICY_EGRESS_FILTERED, "c.example", "out of reach: denied by c.example (there)", "opened by" },
	{ POLICY_EGRESS_FILTERED, "10.0.0.1:5432", "reachable: allowed by 10.0.0.0/8:5432 (here)", NULL },
	{ POLICY_EGRESS_FILTERED, "[2001:db8::1]", "opened by: --allow-host '[2001:db8::1]'", NULL },
	{ POLICY_EGRESS_FILTERED, "2001:db8::1", "a range for examples", NULL },
	{ POLICY_EGRESS_FILTERED, "169.254.169.254", "hands out credentials", NULL },
	{ POLICY_EGRESS_FILTERED, "169.254.169.254", "a rule for 169.254.169.254, not by one for a network",
	  NULL },
	{ POLICY_EGRESS_FILTERED, "224.0.0.1", "no rule opens it", "--allow-host" },
	{ POLICY_EGRESS_FILTERED, "127.0.0.1:80", "the sandbox's own loopback, not the host's", "opened" },
	{ POLICY_EGRESS_FILTERED, "localhost", "the sandbox's own loopback, not the host's", "opened" },
	{ POLICY_EGRESS_FILTERED, "127.1", "no host: a number at the end", NULL },
	{ POLICY_EGRESS_FILTERED, "a..b", "no host: an empty label (character 3)", NULL },
	{ POLICY_EGRESS_FILTERED, "a.example:0", "no port from 1 to 65535", NULL },
	{ POLICY_EGRESS_OPEN, "b.example", "ports: 1-65535\n", NULL },
	{ POLICY_EGRESS_OPEN, "c.example", "out of reach: denied by c.example (there)", NULL },
	{ POLICY_EGRESS_OPEN, "192.168.1.1", "its address is of a private network", "  reachable" },
};

START_TEST(a_host_is_explained)
{
	struct conf conf = { .value[CONFKEY_NETWORK_MODE].origin = (char[]){ "--net" } };
	struct policy p = { .egress = rows[_i].egress };
	AUTO_FREE char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (p.egress != POLICY_EGRESS_NONE) {
		strv_add(&p.allow, "a.example");
		strv_add(&p.allow, "10.0.0.0/8:5432");
		strv_add(&p.allow_from, "here");
		strv_add(&p.allow_from, "here");
		strv_add(&p.deny, "c.example");
		strv_add(&p.deny_from, "there");
	}
	explainhost(&conf, &p, rows[_i].host, f);
	fclose(f);
	ck_assert_msg(strstr(text, rows[_i].has) != NULL, "%s", text);
	ck_assert_msg(rows[_i].hasnt == NULL || strstr(text, rows[_i].hasnt) == NULL, "%s", text);
	policy_done(&p);
}
END_TEST

/* What is left out by a file that the user may not have looked at. */
START_TEST(a_project_that_leaves_hosts_out_is_named)
{
	static const struct {
		const char *host;
		bool named;
	} hosts[] = { { "a.example", false }, { "b.example", true }, { "a.example:22", true } };

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		struct conf conf = { .value[CONFKEY_NETWORK_MODE].origin = (char[]){ "c.json:1:2" } };
		struct policy p = { .egress = POLICY_EGRESS_FILTERED };
		AUTO_FREE char *text = NULL;
		size_t len;
		FILE *f = open_memstream(&text, &len);

		conf_add(&conf.narrow, "a.example", "p.json:1:24");
		strv_add(&p.allow, "a.example");
		strv_add(&p.allow_from, "here");
		explainhost(&conf, &p, hosts[i].host, f);
		fclose(f);
		ck_assert_msg((strstr(text, "  of what you allow the project's file leaves only what it "
					    "lists: p.json:1:24\n") != NULL) == hosts[i].named,
			      "%s", text);
		conf_list_done(&conf.narrow);
		policy_done(&p);
	}
}
END_TEST

Suite *explainhost_suite(void)
{
	Suite *s = suite_create("explainhost");
	TCase *tc = tcase_create("explainhost");

	tcase_add_loop_test(tc, a_host_is_explained, 0, (int)ARRAY_SIZE(rows));
	tcase_add_test(tc, a_project_that_leaves_hosts_out_is_named);
	suite_add_tcase(s, tc);
	return s;
}
