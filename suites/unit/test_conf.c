/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "confdump.h"
#include "conffile.h"
#include "confkey.h"
#include "egress/hostrules.h"
#include "mem.h"
#include "unit.h"
#include "util.h"

#define TEXT(s)	  s, sizeof(s) - 1
#define MAX_WORDS 16

/* clang-format off */
static const struct {
	const char *name, *text;
	size_t len;
	const char *msg, *try;
} bad[] = {
	{ "not-an-object", TEXT("[]"),
	  "c.json:1:1: a config must be an object, not an array\n    []\n    ^",
	  "" },
	{ "unknown-key", TEXT("{\n  \"extra_bind\": [\"~/x\"]\n}"),
	  "c.json:2:3: unknown key \"extra_bind\"\n      \"extra_bind\": [\"~/x\"]\n      ^",
	  "extra_binds" },
	{ "wrong-case", TEXT("{\"Mask\": []}"),
	  "c.json:1:2: unknown key \"Mask\"\n    {\"Mask\": []}\n     ^",
	  "mask" },
	{ "far-key", TEXT("{\"colour\": 1}"),
	  "c.json:1:2: unknown key \"colour\"\n    {\"colour\": 1}\n     ^",
	  "removing it; claude-sandbox.config(5) lists the keys" },
	{ "later-key", TEXT("{\n\t\"protect\": true}"),
	  "c.json:2:2: \"protect\": not in this version\n     \"protect\": true}\n     ^",
	  "" },
	{ "flag-type", TEXT("{\"ssh_agent\": \"true\"}"),
	  "c.json:1:15: ssh_agent must be true or false, not a string\n    {\"ssh_agent\": \"true\"}\n                  ^",
	  "" },
	{ "limit-unit", TEXT("{\"limits\": {\"memory\": \"4GB\"}}"),
	  "c.json:1:25: memory is a number of bytes, or one with K, M, G or T behind it, such as 4G\n"
	  "    {\"limits\": {\"memory\": \"4GB\"}}\n                            ^",
	  "\"4G\"" },
	{ "limit-number", TEXT("{\"limits\": {\"tasks\": 512}}"),
	  "c.json:1:22: limits.tasks must be a string, not a number\n    {\"limits\": {\"tasks\": 512}}\n                         ^",
	  "" },
	{ "limit-unknown", TEXT("{\"limits\": {\"memroy\": \"4G\"}}"),
	  "c.json:1:13: unknown key \"memroy\" in \"limits\"\n    {\"limits\": {\"memroy\": \"4G\"}}\n                ^",
	  "memory" },
	{ "limit-zero", TEXT("{\"limits\": {\"cpu\": \"0%\"}}"),
	  "c.json:1:21: cpu is at least 5%\n    {\"limits\": {\"cpu\": \"0%\"}}\n                        ^",
	  "\"200%\"" },
	{ "nested-unknown", TEXT("{\"network\": {\"mod\": \"none\"}}"),
	  "c.json:1:14: unknown key \"mod\" in \"network\"\n    {\"network\": {\"mod\": \"none\"}}\n                 ^",
	  "mode" },
	{ "nested-outside", TEXT("{\"mode\": \"none\"}"),
	  "c.json:1:2: unknown key \"mode\"\n    {\"mode\": \"none\"}\n     ^",
	  "removing it; claude-sandbox.config(5) lists the keys" },
	{ "nested-dotted", TEXT("{\"network.mode\": \"none\"}"),
	  "c.json:1:2: unknown key \"network.mode\"\n    {\"network.mode\": \"none\"}\n     ^",
	  "network" },
	{ "nested-twice", TEXT("{\"network\": {\"mode\": \"none\",\n \"mode\": \"host\"}}"),
	  "c.json:2:2: duplicate key \"mode\"; the first is in line 1\n     \"mode\": \"host\"}}\n     ^",
	  "" },
	{ "nested-type", TEXT("{\"network\": \"none\"}"),
	  "c.json:1:13: network must be an object, not a string\n    {\"network\": \"none\"}\n                ^",
	  "" },
	{ "choice-type", TEXT("{\"network\": {\"mode\": true}}"),
	  "c.json:1:22: network.mode must be a string, not true\n    {\"network\": {\"mode\": true}}\n                         ^",
	  "" },
	{ "choice-unknown", TEXT("{\"network\": {\"mode\": \"None\"}}"),
	  "c.json:1:22: network.mode: unknown value \"None\"\n    {\"network\": {\"mode\": \"None\"}}\n                         ^",
	  "one of none|filtered|open|host" },
	{ "choice-bar", TEXT("{\"network\": {\"mode\": \"none|host\"}}"),
	  "c.json:1:22: network.mode: unknown value \"none|host\"\n    {\"network\": {\"mode\": \"none|host\"}}\n                         ^",
	  "one of none|filtered|open|host" },
	{ "choice-empty", TEXT("{\"network\": {\"mode\": \"\"}}"),
	  "c.json:1:22: network.mode: unknown value \"\"\n    {\"network\": {\"mode\": \"\"}}\n                         ^",
	  "one of none|filtered|open|host" },
	{ "choice-of-claude", TEXT("{\"claude\": {\"state\": \"keep\"}}"),
	  "c.json:1:22: claude.state: unknown value \"keep\"\n    {\"claude\": {\"state\": \"keep\"}}\n                         ^",
	  "one of ephemeral|persist" },
	{ "host", TEXT("{\"network\": {\"allow\": [\"good.test\",\n  \"a..b\"]}}"),
	  "c.json:2:6: a..b: an empty label\n      \"a..b\"]}}\n         ^",
	  "api.example.com, *.example.com, github.com:22, 10.1.2.3:5432" },
	{ "host-old-name", TEXT("{\"egress_blacklist\": [\"*.a.test\", \"https://a.test\"]}"),
	  "c.json:1:41: https://a.test: a URL: write the host alone, or HOST:PORT\n"
	  "    {\"egress_blacklist\": [\"*.a.test\", \"https://a.test\"]}\n"
	  "                                            ^",
	  "api.example.com, *.example.com, github.com:22, 10.1.2.3:5432" },
	{ "host-side", TEXT("{\"egress_whitelist\": [\"127.0.0.0/8\"]}"),
	  "c.json:1:24: 127.0.0.0/8: a network of addresses that only rules for the single address open\n"
	  "    {\"egress_whitelist\": [\"127.0.0.0/8\"]}\n"
	  "                           ^",
	  "api.example.com, *.example.com, github.com:22, 10.1.2.3:5432" },
	{ "host-escape", TEXT("{\"network\": {\"allow\": [\"\\u0061.test\\u002f\"]}}"),
	  "c.json:1:25: a.test/: a / that is not behind an IP address\n"
	  "    {\"network\": {\"allow\": [\"\\u0061.test\\u002f\"]}}\n"
	  "                            ^",
	  "api.example.com, *.example.com, github.com:22, 10.1.2.3:5432" },
	{ "host-type", TEXT("{\"network\": {\"deny\": [1]}}"),
	  "c.json:1:23: each element must be a string, not a number\n    {\"network\": {\"deny\": [1]}}\n                          ^",
	  "" },
	{ "origins-type", TEXT("{\"origins\": []}"),
	  "c.json:1:13: origins must be an object, not an array\n    {\"origins\": []}\n                ^",
	  "" },
	{ "origins-of-nothing", TEXT("{\"mask\": [\"a\"], \"origins\": {\"/mask/1\": \"x\"}}"),
	  "c.json:1:17: origins: 1 of 1 name no value of this file\n    {\"mask\": [\"a\"], \"origins\": {\"/mask/1\": \"x\"}}\n                    ^",
	  "" },
	{ "origins-two-lines", TEXT("{\"mask\": [\"a\"], \"origins\": {\"/mask/0\": \"x\\ny\"}}"),
	  "c.json:1:40: control character in an origin\n    {\"mask\": [\"a\"], \"origins\": {\"/mask/0\": \"x\\ny\"}}\n                                           ^",
	  "" },
	{ "origins-empty", TEXT("{\"mask\": [\"a\"], \"origins\": {\"/mask/0\": \"\"}}"),
	  "c.json:1:40: the origin is empty\n    {\"mask\": [\"a\"], \"origins\": {\"/mask/0\": \"\"}}\n                                           ^",
	  "" },
	{ "windows-lines", TEXT("{\r\n\t\"mask\": [\r\n\t\t1\r\n]}\r\n"),
	  "c.json:3:3: each element must be a string, not a number\n      1\n      ^",
	  "" },
	{ "line-of-controls", TEXT("{\"mask\": [\"\x1b[31m\"]}"),
	  "c.json:1:12: control character 0x1b in a string\n    {\"mask\": [\"?[31m\"]}\n               ^",
	  "" },
	{ "binds-string", TEXT("{\"extra_binds\": \"~/x\"}"),
	  "c.json:1:17: extra_binds must be an array, not a string\n    {\"extra_binds\": \"~/x\"}\n                    ^",
	  "" },
	{ "binds-number", TEXT("{\"extra_binds\": [1]}"),
	  "c.json:1:18: each element must be a string, not a number\n    {\"extra_binds\": [1]}\n                     ^",
	  "" },
	{ "bind-empty", TEXT("{\"extra_binds\": [\"\"]}"),
	  "c.json:1:18: the path is empty\n    {\"extra_binds\": [\"\"]}\n                     ^",
	  "" },
	{ "bind-tilde-user", TEXT("{\"extra_ro_binds\": [\"~root/x\"]}"),
	  "c.json:1:21: ~USER is not understood; write the whole path\n    {\"extra_ro_binds\": [\"~root/x\"]}\n                        ^",
	  "" },
	{ "env-array", TEXT("{\"env\": [\"A=1\"]}"),
	  "c.json:1:9: env must be an object, not an array\n    {\"env\": [\"A=1\"]}\n            ^",
	  "" },
	{ "env-number", TEXT("{\"env\": {\"A\": 1}}"),
	  "c.json:1:15: each variable must be a string, not a number\n    {\"env\": {\"A\": 1}}\n                  ^",
	  "" },
	{ "env-null", TEXT("{\"env\": {\"A\": null}}"),
	  "c.json:1:15: each variable must be a string, not null\n    {\"env\": {\"A\": null}}\n                  ^",
	  "" },
	{ "env-name", TEXT("{\"env\": {\"A-B\": \"1\"}}"),
	  "c.json:1:10: not the name of a variable (A-Z, a-z, 0-9, _)\n    {\"env\": {\"A-B\": \"1\"}}\n             ^",
	  "" },
	{ "env-name-empty", TEXT("{\"env\": {\"\": \"1\"}}"),
	  "c.json:1:10: not the name of a variable (A-Z, a-z, 0-9, _)\n    {\"env\": {\"\": \"1\"}}\n             ^",
	  "" },
	{ "env-name-digit", TEXT("{\"env\": {\"1A\": \"1\"}}"),
	  "c.json:1:10: not the name of a variable (A-Z, a-z, 0-9, _)\n    {\"env\": {\"1A\": \"1\"}}\n             ^",
	  "" },
	{ "env-name-equals", TEXT("{\"env\": {\"A=B\": \"1\"}}"),
	  "c.json:1:10: not the name of a variable (A-Z, a-z, 0-9, _)\n    {\"env\": {\"A=B\": \"1\"}}\n             ^",
	  "" },
	{ "env-duplicate", TEXT("{\"env\": {\"A\": \"1\", \"A\": \"2\"}}"),
	  "c.json:1:20: duplicate key \"A\"; the first is in line 1\n    {\"env\": {\"A\": \"1\", \"A\": \"2\"}}\n                       ^",
	  "" },
	{ "package-option", TEXT("{\"packages\": {\"full\": [\"--impure\"]}}"),
	  "c.json:1:24: not the name of a package (A-Z, a-z, 0-9, and ., _, - not at the beginning)\n    {\"packages\": {\"full\": [\"--impure\"]}}\n                           ^",
	  "" },
	{ "package-flake", TEXT("{\"packages\": {\"full\": [\"a#b\"]}}"),
	  "c.json:1:24: not the name of a package (A-Z, a-z, 0-9, and ., _, - not at the beginning)\n    {\"packages\": {\"full\": [\"a#b\"]}}\n                           ^",
	  "" },
	{ "package-profile", TEXT("{\"packages\": {\"all\": []}}"),
	  "c.json:1:15: unknown key \"all\" in \"packages\"\n    {\"packages\": {\"all\": []}}\n                  ^",
	  "full" },
	{ "extra-path-colon", TEXT("{\"extra_path\": [\"/a:/b\"]}"),
	  "c.json:1:17: a directory with a colon can't be in PATH\n    {\"extra_path\": [\"/a:/b\"]}\n                    ^",
	  "" },
	{ "syscall-case", TEXT("{\"blocked_syscalls\": [\"Ptrace\"]}"),
	  "c.json:1:23: not the name of a system call (a-z, 0-9, _)\n    {\"blocked_syscalls\": [\"Ptrace\"]}\n                          ^",
	  "" },
	{ "syscall-blank", TEXT("{\"blocked_syscalls\": [\"ptrace \"]}"),
	  "c.json:1:23: not the name of a system call (a-z, 0-9, _)\n    {\"blocked_syscalls\": [\"ptrace \"]}\n                          ^",
	  "" },
	{ "syscall-empty", TEXT("{\"blocked_syscalls\": [\"\"]}"),
	  "c.json:1:23: not the name of a system call (a-z, 0-9, _)\n    {\"blocked_syscalls\": [\"\"]}\n                          ^",
	  "" },
	{ "syscall-object", TEXT("{\"blocked_syscalls\": {}}"),
	  "c.json:1:22: blocked_syscalls must be an array, not an object\n    {\"blocked_syscalls\": {}}\n                         ^",
	  "" },
	{ "mask-absolute", TEXT("{\"mask\": [\"/etc/passwd\"]}"),
	  "c.json:1:11: globs are relative to the project\n    {\"mask\": [\"/etc/passwd\"]}\n              ^",
	  "" },
	{ "mask-home", TEXT("{\"mask\": [\"~/.ssh\"]}"),
	  "c.json:1:11: globs are relative to the project\n    {\"mask\": [\"~/.ssh\"]}\n              ^",
	  "" },
	{ "mask-up", TEXT("{\"mask\": [\"a/../b\"]}"),
	  "c.json:1:11: \"..\" in a glob matches nothing\n    {\"mask\": [\"a/../b\"]}\n              ^",
	  "" },
	{ "mask-dot", TEXT("{\"mask\": [\"./a\"]}"),
	  "c.json:1:11: \".\" in a glob matches nothing\n    {\"mask\": [\"./a\"]}\n              ^",
	  "" },
	{ "mask-double", TEXT("{\"mask\": [\"a//b\"]}"),
	  "c.json:1:11: \"//\" in a glob matches nothing\n    {\"mask\": [\"a//b\"]}\n              ^",
	  "" },
	{ "mask-empty", TEXT("{\"mask\": [\"a\", \"\"]}"),
	  "c.json:1:16: the glob is empty\n    {\"mask\": [\"a\", \"\"]}\n                   ^",
	  "" },
	{ "mask-bool", TEXT("{\"mask\": true}"),
	  "c.json:1:10: mask must be an array, not true\n    {\"mask\": true}\n             ^",
	  "" },
	{ "second-error-not-reached", TEXT("{\"mask\": [], \"masks\": [], \"env\": 1}"),
	  "c.json:1:14: unknown key \"masks\"\n    {\"mask\": [], \"masks\": [], \"env\": 1}\n                 ^",
	  "mask" },
	{ "nul-in-path", TEXT("{\"extra_binds\": [\"/home\\u0000/x\"]}"),
	  "c.json:1:24: \\u0000 is not allowed: it would end the text there\n    {\"extra_binds\": [\"/home\\u0000/x\"]}\n                           ^",
	  "" },
	{ "trailing-comma", TEXT("{\"mask\": [\"a\",]}"),
	  "c.json:1:14: comma before ]\n    {\"mask\": [\"a\",]}\n                 ^",
	  "" },
};
/* clang-format on */

START_TEST(bad_files_are_refused_with_their_place)
{
	struct conf c = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(conf_apply_text(&c, "c.json", bad[_i].text, bad[_i].len, "/home/u", &d), -EINVAL);
	ck_assert_int_eq(d.code, -EINVAL);
	ck_assert_str_eq(d.msg, bad[_i].msg);
	ck_assert_str_eq(d.try, bad[_i].try);
	conf_done(&c);
}
END_TEST

/* What is found wrong later, by the origin that the message begins with. */
static const struct {
	const char *text, *before, *after;
} shown[] = {
	{ "{\n\t\"mask\": [\"\u00e4\", \"b\"]}", "c.json:2:16: what",
	  "\n     \"mask\": [\"\u00e4\", \"b\"]}\n                   ^" },
	{ "{\"mask\": [\"a\"]}", "c.json:1:11: what\n    shown\n    ^", "" },
	{ "{\"mask\": [\"a\"]}", "d.json:1:11: what", "" },
	{ "{\"mask\": [\"a\"]}", "c.json: what", "" },
	{ "{\"mask\": [\"a\"]}", "c.json:7:99: what", "\n    {\"mask\": [\"a\"]}\n                   ^" },
	/* places in another file, or in an older text of this one */
	{ "{\"mask\": [\"a\"], \"origins\": {\"/mask/0\": \"c.json:9:9\"}}", "c.json:9:9: what", "" },
};

START_TEST(a_place_is_shown_with_its_line)
{
	AUTO_FREE char *want = xasprintf("%s%s", shown[_i].before, shown[_i].after);
	struct conf c = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(conf_apply_text(&c, "c.json", shown[_i].text, strlen(shown[_i].text), "/home/u", &d),
			 0);
	diag_set(&d, -EINVAL, "%s", shown[_i].before);
	diag_try(&d, "advice");
	conf_show(&c, &d);
	ck_assert_str_eq(d.msg, want);
	ck_assert_str_eq(d.try, "advice");
	conf_done(&c);
}
END_TEST

static void is_item(const struct conf_list *l, size_t i, const char *value, const char *origin)
{
	ck_assert_uint_lt(i, l->n);
	ck_assert_str_eq(l->item[i].value, value);
	ck_assert_str_eq(l->item[i].origin, origin);
}

START_TEST(values_remember_their_line)
{
	static const char text[] =
	    "{\n\"extra_binds\": [\"~/a/\",\n \"b/../c\", \"/d\"],\n\"env\": {\"A\": \"\",\n\"B\": "
	    "\"x=y\"},\n"
	    "\"mask\": [\".env\", \"s/*\"], \"blocked_syscalls\": [\"io_uring_setup\"]}";
	struct conf c = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(conf_apply_text(&c, "c.json", TEXT(text), "/home/u", &d), 0);
	ck_assert_uint_eq(c.extra_bind.n, 3);
	is_item(&c.extra_bind, 0, "/home/u/a", "c.json:2:17");
	is_item(&c.extra_bind, 1, "/home/u/c", "c.json:3:2");
	ck_assert_str_eq(c.extra_bind.item[2].value, "/d");
	is_item(&c.env, 0, "A=", "c.json:4:14");
	is_item(&c.env, 1, "B=x=y", "c.json:5:6");
	ck_assert_str_eq(c.mask.item[1].value, "s/*");
	ck_assert_str_eq(c.blocked_syscalls.item[0].value, "io_uring_setup");
	conf_done(&c);
}
END_TEST

START_TEST(nested_values_and_origins_are_taken)
{
	static const char text[] = "{\"network\": {\n\"mode\": \"host\"}, \"claude\": {}}";
	static const char dumped[] =
	    "{\"mask\": [\"a\", \"b\"], \"env\": {\"A\": \"1\"}, \"network\": {\"mode\": "
	    "\"none\"}, \"origins\": {\"/mask/1\": \"--mask\", \"/env/A\": \"x.json:1:2\", "
	    "\"/network/mode\": \"built-in\"}}";
	struct conf c = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(conf_apply_text(&c, "c.json", TEXT(text), "/home/u", &d), 0);
	ck_assert_int_eq(conf_net(&c), CONF_NET_HOST);
	ck_assert_str_eq(conf_net_origin(&c), "c.json:2:9");
	ck_assert_int_eq(conf_apply_text(&c, "c.json", TEXT(dumped), "/home/u", &d), 0);
	ck_assert_str_eq(c.mask.item[0].origin, "c.json:1:11");
	ck_assert_str_eq(c.mask.item[1].origin, "--mask");
	ck_assert_str_eq(c.env.item[0].origin, "x.json:1:2");
	ck_assert_int_eq(conf_net(&c), CONF_NET_NONE);
	ck_assert_str_eq(conf_net_origin(&c), "built-in");
	conf_done(&c);
}
END_TEST

START_TEST(a_value_given_twice_is_there_once)
{
	struct conf c = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(conf_apply_text(&c, "c.json", TEXT("{\"mask\": [\"a\", \"b\", \"a\"]}"), "", &d), 0);
	ck_assert_int_eq(conf_apply_text(&c, "d.json", TEXT("{\"mask\": [\"b\", \"c\"]}"), "", &d), 0);
	ck_assert_uint_eq(c.mask.n, 3);
	ck_assert_str_eq(c.mask.item[1].origin, "c.json:1:16");
	ck_assert_str_eq(c.mask.item[2].origin, "d.json:1:16");
	conf_done(&c);
}
END_TEST

/* Seconds for n hosts, twice each, in one line and over many; by the clock of this thread, which others do not slow down. */
static double cost_of_hosts(int n)
{
	AUTO_FREE char *text = NULL, *last = xasprintf("host%d.test", n - 1);
	struct timespec from, to;
	struct conf c = { 0 };
	struct diag d = { 0 };
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	fputs("{\"network\": {\"allow\": [\"host0.test\"", f);
	for (int i = 1; i < 2 * n; i++)
		fprintf(f, ",%s\"host%d.test\"", i < n ? "" : "\n", i % n);
	fputs("]}}", f);
	ck_assert_int_eq(fclose(f), 0);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	ck_assert_int_eq(conf_apply_text(&c, "c.json", text, len, "", &d), 0);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	ck_assert_uint_eq(c.allow_host.n, (size_t)n);
	ck_assert_str_eq(c.allow_host.item[n - 1].value, last);
	ck_assert_str_eq(c.allow_host.item[1].origin, "c.json:1:37");
	conf_done(&c);
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

/* Eight times as many cost some ten times as much, 26 with the allocator of ASan; to look at each for each, 64. */
START_TEST(many_hosts_cost_what_each_costs)
{
	double few = cost_of_hosts(1250), again = cost_of_hosts(1250), many = cost_of_hosts(10000);

	few = again < few ? again : few;
	ck_assert_msg(many < 40 * few, "10,000 hosts took %.3f s, 1,250 %.3f s", many, few);
}
END_TEST

START_TEST(the_old_names_of_the_lists_of_hosts_are_the_same_lists)
{
	struct conf c = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(
	    conf_apply_text(&c, "c.json",
			    TEXT("{\"network\": {\"allow\": [\"a.test\"]}, \"egress_whitelist\": "
				 "[\"b.test\", \"a.test\"], \"egress_blacklist\": [\"c.test\"]}"),
			    "", &d),
	    0);
	ck_assert_uint_eq(c.allow_host.n, 2);
	is_item(&c.allow_host, 1, "b.test", "c.json:1:57");
	ck_assert_uint_eq(c.deny_host.n, 1);
	ck_assert_str_eq(c.deny_host.item[0].value, "c.test");
	conf_done(&c);
}
END_TEST

START_TEST(a_long_line_is_shown_around_its_mistake)
{
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *blanks = xmalloc(100001);
	struct conf c = { 0 };
	struct diag d = { 0 };

	memset(blanks, ' ', 100000);
	blanks[100000] = '\0';
	text = xasprintf("{\"mask\": [\"a\"],%s\"maks\": []%s}", blanks, blanks);
	ck_assert_int_eq(conf_apply_text(&c, "c.json", text, strlen(text), "", &d), -EINVAL);
	ck_assert_ptr_nonnull(strstr(d.msg, "c.json:1:100016: unknown key \"maks\"\n    "));
	ck_assert_uint_lt(strlen(d.msg), 220);
	ck_assert_str_eq(d.msg + strlen(d.msg) - 2, " ^");
	conf_done(&c);
}
END_TEST

START_TEST(without_a_home_only_absolute_paths_mean_something)
{
	struct conf c = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(conf_apply_text(&c, "c.json", TEXT("{\"extra_binds\": [\"/x\"]}"), "", &d), 0);
	ck_assert_int_eq(conf_apply_text(&c, "c.json", TEXT("{\"extra_binds\": [\"x\"]}"), "", &d), -EINVAL);
	ck_assert_ptr_nonnull(strstr(d.msg, ": a relative path means nothing: HOME is not set\n"));
	ck_assert_int_eq(conf_apply_text(&c, "c.json", TEXT("{\"extra_binds\": [\"~/x\"]}"), "", &d),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(d.msg, ": ~ means nothing: HOME is not set\n"));
	conf_done(&c);
}
END_TEST

/* Run from the top of the tree: its name says what the answer to each file must be. */
START_TEST(files_are_answered_as_their_names_say)
{
	AUTO_DIR DIR *dir = opendir("fixtures/conf");
	const struct dirent *e;
	int good = 0, bad_files = 0;

	ck_assert_msg(dir != NULL, "fixtures/conf: run from the top of the tree");
	while ((e = readdir(dir)) != NULL) {
		AUTO_FREE char *path = xasprintf("fixtures/conf/%s", e->d_name);
		AUTO_FILE FILE *f = e->d_name[0] != '.' ? fopen(path, "re") : NULL;
		char text[4096];
		struct conf c = { 0 };
		struct diag d = { 0 };
		bool is_good = str_starts(e->d_name, "good-");
		size_t n;

		if (f == NULL)
			continue;
		n = fread(text, 1, sizeof(text), f);
		ck_assert_uint_lt(n, sizeof(text));
		ck_assert_msg(conf_apply_text(&c, e->d_name, text, n, "/home/u", &d) ==
				  (is_good ? 0 : -EINVAL),
			      "%s: %s", e->d_name, d.msg);
		conf_done(&c);
		good += is_good;
		bad_files += !is_good;
	}
	ck_assert_int_ge(good, 3);
	ck_assert_int_ge(bad_files, 14);
}
END_TEST

/* Run from the top of the tree, as above. */
START_TEST(the_example_names_every_key)
{
	AUTO_FILE FILE *f = fopen("sandbox/data/config.example.json", "re");
	char text[8192] = "";
	struct conf c = { 0 };
	struct diag d = { 0 };
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	ck_assert_msg(conf_apply_text(&c, "example", text, n, "/home/u", &d) == 0, "%s", d.msg);
	ck_assert(c.env.n > 0 && c.extra_bind.n > 0 && c.extra_ro.n > 0 && c.mask.n > 0 &&
		  c.blocked_syscalls.n > 0);
	for (enum confkey key = 0; key < CONFKEYS; key++) {
		AUTO_FREE char *quoted = xasprintf("\"%s\":", confkey_leaf(key));
		size_t there = 0, now = 0;

		for (const char *s = text; (s = strstr(s, quoted)) != NULL; s++)
			there++;
		/* Objects may have keys of the same name. */
		for (enum confkey other = 0; other < CONFKEYS; other++)
			now += streq(confkey_leaf(other), confkey_leaf(key)) && confkey_row(other)->now;
		ck_assert_msg(there == now, "%s", confkey_row(key)->name);
		ck_assert_msg(strstr(text, confkey_leaf(key)) != NULL, "%s", confkey_row(key)->name);
	}
	conf_done(&c);
}
END_TEST

/* --- conf_load, in a scratch directory that is home and working directory */

static char scratch[32];

static void make_scratch(void)
{
	strcpy(scratch, "/tmp/conf-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scratch));
	ck_assert_int_eq(chdir(scratch), 0);
}

static void remove_scratch(void)
{
	AUTO_FREE char *command = xasprintf("rm -rf %s", scratch);

	ck_assert_int_eq(system(command), 0);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	AUTO_FILE FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fchmod(fileno(f), mode), 0);
}

static void write_usual_config(const char *text)
{
	ck_assert_int_eq(mkdir(".config", 0700), 0);
	ck_assert_int_eq(mkdir(".config/claude-sandbox", 0700), 0);
	write_file(".config/claude-sandbox/config.json", text, 0600);
}

/* `words` and `env` are separated by blanks. */
static int load(const char *words, const char *env, struct conf *c, struct diag *d)
{
	AUTO_STRV struct strv argv = { 0 }, environment = { 0 };
	AUTO_FREE char *w = xstrdup(words), *e = xstrdup(env);
	char *save = NULL;

	memset(d, 0, sizeof(*d));
	strv_add(&argv, "claude-sandbox");
	strv_add(&environment, "PATH=/nowhere:/usr/bin:/bin");
	for (char *p = strtok_r(w, " ", &save); p != NULL; p = strtok_r(NULL, " ", &save))
		strv_add(&argv, p);
	for (char *p = strtok_r(e, " ", &save); p != NULL; p = strtok_r(NULL, " ", &save))
		strv_add(&environment, p);
	return conf_load((int)argv.n, argv.v, environment.v, scratch, scratch, c, d);
}

START_TEST(the_built_in_settings_are_the_safe_ones)
{
	struct conf c;
	struct diag d;

	ck_assert_int_eq(load("", "", &c, &d), 0);
	ck_assert_int_eq(c.mode, CONF_LAUNCH);
	ck_assert_str_eq(c.project, scratch);
	ck_assert(!c.project_given && !c.yolo && !c.verbose && !c.quiet && !c.no_seccomp &&
		  !c.no_seccomp_accept);
	ck_assert_int_eq(conf_net(&c), CONF_NET_OPEN);
	ck_assert_str_eq(conf_net_origin(&c), "built-in");
	ck_assert_int_eq(c.status_fd, -1);
	ck_assert_uint_eq(c.command.n, 0);
	ck_assert(c.config_missing);
	ck_assert_ptr_null(c.config_file);
	conf_done(&c);
}
END_TEST

START_TEST(layers_add_up_in_order)
{
	AUTO_FREE char *bind = NULL;
	struct conf c;
	struct diag d;

	write_usual_config("{ \"extra_binds\": [\"a\"] }");
	ck_assert_int_eq(load("--extra-bind ../x --net host -v", "CLAUDE_SANDBOX_NO_SECCOMP=1", &c, &d), 0);
	bind = xasprintf("%s/a", scratch);
	ck_assert_uint_eq(c.extra_bind.n, 2);
	is_item(&c.extra_bind, 0, bind, "~/.config/claude-sandbox/config.json:1:19");
	is_item(&c.extra_bind, 1, "/tmp/x", "--extra-bind");
	ck_assert_int_eq(conf_net(&c), CONF_NET_HOST);
	ck_assert_str_eq(conf_net_origin(&c), "--net");
	ck_assert(c.no_seccomp && !c.no_seccomp_accept && c.verbose && !c.config_missing);
	conf_done(&c);
}
END_TEST

static const char *limit_text(const struct conf *c, enum limit_id id)
{
	static char buf[LIMIT_TEXT];

	return limitset_text(id, c->limit[id].n, buf);
}

START_TEST(limits_are_layered)
{
	struct conf c;
	struct diag d;

	write_usual_config("{\"limits\": {\"memory\": \"4G\", \"cpu\": \"150%\", \"tasks\": \"100\"}}");
	ck_assert_int_eq(load("--limit cpu=200%,disk=1536K", "", &c, &d), 0);
	ck_assert_str_eq(limit_text(&c, LIMIT_MEMORY), "4G");
	ck_assert_uint_eq(c.limit[LIMIT_CPU].n, 200);
	ck_assert_str_eq(c.limit[LIMIT_CPU].origin, "--limit");
	ck_assert_str_eq(limit_text(&c, LIMIT_DISK), "1536K");
	conf_done(&c);
	/* A project's file makes them smaller, or adds one. */
	ck_assert_int_eq(mkdir("project", 0700), 0);
	write_file("project/.claude-sandbox.json",
		   "{\"limits\": {\"memory\": \"2G\", \"tasks\": \"100\", \"disk\": \"1G\"}}", 0600);
	ck_assert_msg(load("project", "", &c, &d) == 0, "%s", d.msg);
	ck_assert_str_eq(limit_text(&c, LIMIT_MEMORY), "2G");
	ck_assert_str_eq(limit_text(&c, LIMIT_DISK), "1G");
	ck_assert_str_eq(c.limit[LIMIT_TASKS].origin, "~/.config/claude-sandbox/config.json:1:53");
	conf_done(&c);
	write_file("project/.claude-sandbox.json", "{\"limits\": {\"memory\": \"5G\"}}", 0600);
	ck_assert_int_eq(load("project", "", &c, &d), -EINVAL);
	ck_assert_ptr_nonnull(strstr(d.msg, "this limits.memory would loosen the sandbox"));
	conf_done(&c);
}
END_TEST

START_TEST(a_limit_is_given_once)
{
	struct conf c;
	struct diag d;

	ck_assert_int_eq(load("--limit tasks=64 --limit tasks=64", "", &c, &d), 0);
	conf_done(&c);
	ck_assert_int_eq(load("--limit tasks=64 --limit cpu=10%,tasks=65", "", &c, &d), -EINVAL);
	ck_assert_str_eq(d.msg, "--limit cpu=10%,tasks=65: tasks is given twice, with different values "
				"(character 15)\n    cpu=10%,tasks=65\n                  ^");
	conf_done(&c);
}
END_TEST

START_TEST(the_config_file_is_found_by_its_rules)
{
	struct conf c;
	struct diag d;

	write_usual_config("broken");
	write_file("good", "{\"mask\": [\"m\"]}", 0600);
	ck_assert_int_eq(load("", "", &c, &d), -EINVAL);
	ck_assert_str_eq(d.msg,
			 "~/.config/claude-sandbox/config.json:1:1: expected a value\n    broken\n    ^");
	conf_done(&c);
	ck_assert_int_eq(load("--no-config", "CLAUDE_SANDBOX_CONFIG=good", &c, &d), 0);
	ck_assert(c.mask.n == 0 && !c.config_missing && c.config_file == NULL);
	conf_done(&c);
	ck_assert_int_eq(load("--config good", "CLAUDE_SANDBOX_CONFIG=absent", &c, &d), 0);
	ck_assert_str_eq(c.mask.item[0].origin, "~/good:1:11");
	conf_done(&c);
	ck_assert_int_eq(load("", "CLAUDE_SANDBOX_CONFIG=~/good", &c, &d), 0);
	ck_assert_str_eq(c.config_file + strlen(scratch), "/good");
	conf_done(&c);
	/* Empty is as unset; a relative base directory is ignored. */
	ck_assert_int_eq(load("", "CLAUDE_SANDBOX_CONFIG= XDG_CONFIG_HOME=rel", &c, &d), -EINVAL);
	conf_done(&c);
	ck_assert_int_eq(load("", "XDG_CONFIG_HOME=/nonexistent", &c, &d), 0);
	ck_assert(c.config_missing);
	conf_done(&c);
}
END_TEST

START_TEST(a_config_that_was_asked_for_must_be_there)
{
	struct conf c;
	struct diag d;

	ck_assert_int_eq(load("--config absent", "", &c, &d), -EINVAL);
	ck_assert_str_eq(d.msg, "~/absent: No such file or directory");
	ck_assert_str_eq(d.try, "another --config FILE, or --no-config");
	conf_done(&c);
	ck_assert_int_eq(load("--config .", "", &c, &d), -EINVAL);
	ck_assert_str_eq(d.msg, "~: is a directory");
	conf_done(&c);
	ck_assert_int_eq(load("--config /dev/null", "", &c, &d), -EINVAL);
	ck_assert_str_eq(d.msg, "/dev/null: neither a file nor a pipe");
	conf_done(&c);
}
END_TEST

START_TEST(a_config_that_others_may_write_is_refused)
{
	struct conf c;
	struct diag d;

	write_file("open", "{}", 0666);
	ck_assert_int_eq(load("--config open", "", &c, &d), -EINVAL);
	ck_assert_str_eq(d.msg, "~/open: everybody may write to it");
	ck_assert_str_eq(d.try, "chmod o-w ~/open");
	conf_done(&c);
}
END_TEST

START_TEST(a_usual_config_that_is_a_fifo_does_not_hang)
{
	struct conf c;
	struct diag d;

	ck_assert_int_eq(mkdir(".config", 0700), 0);
	ck_assert_int_eq(mkdir(".config/claude-sandbox", 0700), 0);
	ck_assert_int_eq(mkfifo(".config/claude-sandbox/config.json", 0600), 0);
	ck_assert_int_eq(load("", "", &c, &d), -EINVAL);
	ck_assert_ptr_nonnull(strstr(d.msg, "is a pipe in the file system"));
	conf_done(&c);
}
END_TEST

START_TEST(help_needs_no_good_config)
{
	struct conf c;
	struct diag d;

	write_usual_config("broken");
	ck_assert_int_eq(load("--help", "CLAUDE_SANDBOX_VERBOSE=x", &c, &d), 0);
	ck_assert_int_eq(c.mode, CONF_HELP);
	conf_done(&c);
	ck_assert_int_eq(load("--list-probes", "", &c, &d), 0);
	conf_done(&c);
	ck_assert_int_eq(load("--list-syscalls", "", &c, &d), -EINVAL);
	conf_done(&c);
}
END_TEST

START_TEST(the_mode_survives_every_failure)
{
	static const char *const words[] = { "--test --nett", "--test absent-dir", "--test --config absent",
					     "--test --extra-bind ~root", "--test --allow-host a..b" };
	struct conf c;
	struct diag d;

	ck_assert_int_eq(load(words[_i], "", &c, &d), -EINVAL);
	ck_assert_int_eq(c.mode, CONF_TEST);
	ck_assert(conf_is_test_mode(c.mode));
	conf_done(&c);
}
END_TEST

static const struct {
	const char *env, *msg;
} variables[] = {
	{ "CLAUDE_SANDBOX_PROFILE=0", "CLAUDE_SANDBOX_PROFILE: must be one of minimal|default|full, not 0" },
	{ "CLAUDE_SANDBOX_EXTRA_PATH=/x:y", "CLAUDE_SANDBOX_EXTRA_PATH: y: is not absolute" },
	{ "CLAUDE_SANDBOX_EXTRA_PATH=~root/x",
	  "CLAUDE_SANDBOX_EXTRA_PATH: ~root/x: ~USER is not understood; write the whole path" },
	{ "CLAUDE_SANDBOX_SSH_AGENT=yes", "CLAUDE_SANDBOX_SSH_AGENT: must be 1 or 0, not yes" },
	{ "CLAUDE_SANDBOX_NO_EGRESS_FILTER=yes", "CLAUDE_SANDBOX_NO_EGRESS_FILTER: must be 1 or 0, not yes" },
	{ "CLAUDE_SANDBOX_NO_NET_NS=yes", "CLAUDE_SANDBOX_NO_NET_NS: must be 1 or 0, not yes" },
	{ "CLAUDE_SANDBOX_NO_SECOMP=1", "CLAUDE_SANDBOX_NO_SECOMP: no such variable" },
	{ "CLAUDE_SANDBOX_=", "CLAUDE_SANDBOX_: no such variable" },
	{ "CLAUDE_SANDBOX_NO_SECCOMP=true", "CLAUDE_SANDBOX_NO_SECCOMP: must be 1 or 0, not true" },
	{ "CLAUDE_SANDBOX_NO_SECCOMP_ACCEPT=2", "CLAUDE_SANDBOX_NO_SECCOMP_ACCEPT: must be 1 or 0, not 2" },
	{ "CLAUDE_SANDBOX_VERBOSE=11", "CLAUDE_SANDBOX_VERBOSE: must be 1 or 0, not 11" },
	{ "CLAUDE_SANDBOX_CONFIG=~root/c",
	  "CLAUDE_SANDBOX_CONFIG: ~USER is not understood; write the whole path" },
};

START_TEST(variables_that_can_not_be_followed_are_refused)
{
	struct conf c;
	struct diag d;

	ck_assert_int_eq(load("", variables[_i].env, &c, &d), -EINVAL);
	ck_assert_str_eq(d.msg, variables[_i].msg);
	conf_done(&c);
}
END_TEST

START_TEST(variables_that_ask_for_nothing_are_fine)
{
	struct conf c;
	struct diag d;

	ck_assert_int_eq(
	    load("--quiet",
		 "CLAUDE_SANDBOX_PROFILE= CLAUDE_SANDBOX_EXTRA_PATH= CLAUDE_SANDBOX_SSH_AGENT=0 "
		 "CLAUDE_SANDBOX_NO_NET_NS=0 CLAUDE_SANDBOX_NO_EGRESS_FILTER= BUBBLE_CLAUDE_NO_PROXY=1 "
		 "CLAUDE_SANDBOX_NO_SECCOMP=0 CLAUDE_SANDBOX_VERBOSE=1",
		 &c, &d),
	    0);
	ck_assert(c.quiet && !c.verbose && !c.no_seccomp);
	conf_done(&c);
}
END_TEST

START_TEST(the_ssh_agent_comes_from_file_variable_and_option)
{
	static const struct {
		const char *words, *env;
		int n;
		const char *origin;
	} asked[] = {
		{ "", "", 1, "~/.config/claude-sandbox/config.json:1:15" },
		{ "", "CLAUDE_SANDBOX_SSH_AGENT=0", 0, "CLAUDE_SANDBOX_SSH_AGENT" },
		{ "--no-ssh-agent", "", 0, "--no-ssh-agent" },
		{ "--ssh-agent", "CLAUDE_SANDBOX_SSH_AGENT=0", 1, "--ssh-agent" },
		{ "--no-config", "", 0, NULL },
		{ "--no-config", "CLAUDE_SANDBOX_SSH_AGENT=1", 1, "CLAUDE_SANDBOX_SSH_AGENT" },
	};
	struct conf c;
	struct diag d;

	write_usual_config("{\"ssh_agent\": true}");
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		const struct conf_value *v = &c.value[CONFKEY_SSH_AGENT];

		ck_assert_int_eq(load(asked[i].words, asked[i].env, &c, &d), 0);
		ck_assert_int_eq(v->n, asked[i].n);
		if (asked[i].origin != NULL)
			ck_assert_str_eq(v->origin, asked[i].origin);
		else
			ck_assert_ptr_null(v->origin);
		conf_done(&c);
	}
	ck_assert_int_eq(load("--ssh-agent --no-ssh-agent", "", &c, &d), -EINVAL);
	conf_done(&c);
}
END_TEST

START_TEST(profile_and_path_come_from_file_variable_and_option)
{
	struct conf c;
	struct diag d;

	write_usual_config(
	    "{\"profile\": \"minimal\", \"extra_path\": [\"b\"], \"packages\": {\"full\": [\"gnu.x-1_y\"]}}");
	ck_assert_int_eq(load("", "", &c, &d), 0);
	ck_assert_int_eq(c.value[CONFKEY_PROFILE].n, CONF_PROFILE_MINIMAL);
	is_item(&c.packages[CONF_PROFILE_FULL], 0, "gnu.x-1_y", "~/.config/claude-sandbox/config.json:1:67");
	conf_done(&c);
	ck_assert_int_eq(load("", "CLAUDE_SANDBOX_PROFILE=full CLAUDE_SANDBOX_EXTRA_PATH=/x::~/y", &c, &d),
			 0);
	ck_assert_int_eq(c.value[CONFKEY_PROFILE].n, CONF_PROFILE_FULL);
	ck_assert_uint_eq(c.extra_path.n, 3);
	is_item(&c.extra_path, 1, "/x", "CLAUDE_SANDBOX_EXTRA_PATH");
	conf_done(&c);
	ck_assert_int_eq(load("--profile default", "CLAUDE_SANDBOX_PROFILE=full", &c, &d), 0);
	ck_assert_int_eq(c.value[CONFKEY_PROFILE].n, CONF_PROFILE_DEFAULT);
	ck_assert_str_eq(c.value[CONFKEY_PROFILE].origin, "--profile");
	conf_done(&c);
}
END_TEST

START_TEST(the_network_comes_from_the_last_that_names_it)
{
	struct conf c;
	struct diag d;

	write_usual_config("{\"network\": {\"mode\": \"host\"}}");
	ck_assert_int_eq(load("", "", &c, &d), 0);
	ck_assert_str_eq(conf_net_origin(&c), "~/.config/claude-sandbox/config.json:1:22");
	ck_assert_int_eq(conf_net(&c), CONF_NET_HOST);
	conf_done(&c);
	ck_assert_int_eq(load("", "CLAUDE_SANDBOX_NO_NET_NS=1", &c, &d), 0);
	ck_assert_str_eq(conf_net_origin(&c), "CLAUDE_SANDBOX_NO_NET_NS");
	conf_done(&c);
	ck_assert_int_eq(load("--net none", "CLAUDE_SANDBOX_NO_NET_NS=1", &c, &d), 0);
	ck_assert_str_eq(conf_net_origin(&c), "--net");
	ck_assert_int_eq(conf_net(&c), CONF_NET_NONE);
	conf_done(&c);
	ck_assert_int_eq(load("--no-network-isolation", "", &c, &d), 0);
	ck_assert_str_eq(conf_net_origin(&c), "--no-network-isolation");
	ck_assert_int_eq(conf_net(&c), CONF_NET_HOST);
	conf_done(&c);
	ck_assert_int_eq(load("--no-egress-filter --allow-host a.test", "", &c, &d), 0);
	ck_assert_str_eq(conf_net_origin(&c), "--no-egress-filter");
	ck_assert_int_eq(conf_net(&c), CONF_NET_OPEN);
	conf_done(&c);
	ck_assert_int_eq(load("--allow-host a.test", "CLAUDE_SANDBOX_NO_EGRESS_FILTER=1", &c, &d), 0);
	ck_assert_str_eq(conf_net_origin(&c), "CLAUDE_SANDBOX_NO_EGRESS_FILTER");
	ck_assert_int_eq(conf_net(&c), CONF_NET_OPEN);
	conf_done(&c);
	ck_assert_int_eq(load("--no-egress-filter", "CLAUDE_SANDBOX_NO_NET_NS=1", &c, &d), 0);
	ck_assert_int_eq(conf_net(&c), CONF_NET_OPEN);
	conf_done(&c);
	ck_assert_int_eq(load("--no-egress-filter --net none", "", &c, &d), -EINVAL);
	ck_assert_str_eq(d.msg, "--net and --no-egress-filter exclude each other");
	conf_done(&c);
	ck_assert_int_eq(load("--no-network-isolation --net none", "", &c, &d), -EINVAL);
	ck_assert_str_eq(d.msg, "--net and --no-network-isolation exclude each other");
	conf_done(&c);
}
END_TEST

/* --- the project's own file */

START_TEST(a_project_can_tighten)
{
	struct conf c;
	struct diag d;

	write_usual_config("{\"network\": {\"mode\": \"host\"}, \"mask\": [\"a\"]}");
	ck_assert_int_eq(mkdir("p", 0700), 0);
	write_file("p/.claude-sandbox.json",
		   "{\"network\": {\"mode\": \"none\"}, \"mask\": [\"a\", \"b\"],\n\"blocked_syscalls\": "
		   "[\"vmsplice\"], \"claude\": {\"state\": \"ephemeral\", \"credentials\": \"sync\", "
		   "\"memory\": \"drop\"}}",
		   0666);
	ck_assert_int_eq(load("p --mask c", "", &c, &d), 0);
	ck_assert_int_eq(conf_net(&c), CONF_NET_NONE);
	ck_assert_str_eq(conf_net_origin(&c), "~/p/.claude-sandbox.json:1:22");
	ck_assert_int_eq(c.value[CONFKEY_CLAUDE_STATE].n, CONF_STATE_EPHEMERAL);
	ck_assert_str_eq(c.value[CONFKEY_CLAUDE_STATE].origin, "~/p/.claude-sandbox.json:2:55");
	ck_assert_int_eq(c.value[CONFKEY_CLAUDE_MEMORY].n, CONF_MEMORY_DROP);
	/* The same as before: it remains who said so first. */
	ck_assert_int_eq(c.value[CONFKEY_CLAUDE_CREDENTIALS].n, CONF_LOGIN_SYNC);
	ck_assert_ptr_null(c.value[CONFKEY_CLAUDE_CREDENTIALS].origin);
	ck_assert_uint_eq(c.mask.n, 3);
	ck_assert_str_eq(c.mask.item[0].origin, "~/.config/claude-sandbox/config.json:1:40");
	ck_assert_str_eq(c.mask.item[1].origin, "~/p/.claude-sandbox.json:1:45");
	ck_assert_str_eq(c.mask.item[2].origin, "--mask");
	ck_assert_str_eq(c.blocked_syscalls.item[0].origin, "~/p/.claude-sandbox.json:2:22");
	ck_assert_str_eq(c.project_file + strlen(scratch), "/p/.claude-sandbox.json");
	conf_done(&c);
	/* What is said on the command line is the user's own word. */
	ck_assert_int_eq(load("p --net host", "", &c, &d), 0);
	ck_assert_int_eq(conf_net(&c), CONF_NET_HOST);
	conf_done(&c);
	ck_assert_int_eq(load("--no-config p", "", &c, &d), 0);
	ck_assert(c.no_config && c.mask.n == 0 && c.project_file == NULL);
	conf_done(&c);
}
END_TEST

static const struct {
	const char *text, *msg;
} loosening[] = {
	{ "{\"extra_binds\": []}", "1:2: \"extra_binds\" would loosen" },
	{ "{\"extra_ro_binds\": [\"/\"]}", "1:2: \"extra_ro_binds\" would loosen" },
	{ "{\"env\": {\"A\": \"1\"}}", "1:2: \"env\" would loosen" },
	{ "{\"ssh_agent\": true}", "1:2: \"ssh_agent\" would loosen" },
	{ "{\"ssh_agent\": false}", "1:2: \"ssh_agent\" would loosen" },
	{ "{\"allow_autorun\": []}", "1:2: \"allow_autorun\" would loosen" },
	{ "{\"allow_debug\": true}", "1:2: \"allow_debug\" would loosen" },
	{ "{\"waivers\": \"w\"}", "1:2: \"waivers\" would loosen" },
	{ "{\"packages\": {}}", "1:2: \"packages\" would loosen" },
	{ "{\"origins\": {}}", "1:2: \"origins\" would loosen" },
	{ "{\"network\": {\n\"upstream\": \"x\"}}", "2:1: \"network.upstream\" would loosen" },
	{ "{\"network\": {\"mode\": \"host\"}}", "1:22: this network.mode would loosen" },
	{ "{\"network\": {\"mode\": \"open\"}}", "1:22: this network.mode would loosen" },
	{ "{\"network\": {\"mode\": \"filtered\"}}", "1:22: this network.mode would loosen" },
	{ "{\"network\": {\"allow\": [\"a.*.test\"]}}", "1:27: a.*.test: " },
	{ "{\"network\": {\"ports\": [0]}}", "1:24: no port from 1 to 65535" },
	{ "{\"network\": {\"ports\": [\"80\"]}}", "1:24: each element must be a number, not a string" },
	{ "{\"network\": {\"ports\": 80}}", "1:23: network.ports must be an array, not a number" },
	{ "{\"masks\": []}", "1:2: unknown key \"masks\"" },
	{ "{\"mask\": [\"..\"]}", "1:11: \"..\" in a glob matches nothing" },
	{ "", "1:1: empty; the smallest file is {}" },
	{ "{", "1:1: { without }" },
};

static const struct {
	const char *args, *own, *project; /* own, project: NULL: no such file */
	enum conf_net net;
	const char *origin;
	size_t builtin, allowed; /* allowed: besides */
} implied[] = {
	{ "", NULL, NULL, CONF_NET_OPEN, "built-in", 0, 0 },
	{ "--allow-host a.test", NULL, NULL, CONF_NET_FILTERED, "--allow-host", 0, 1 },
	{ "--deny-host a.test", NULL, NULL, CONF_NET_OPEN, "built-in", 0, 0 },
	{ "", "{\"network\": {\"allow\": [\"a.test\"]}}", NULL, CONF_NET_FILTERED,
	  "~/.config/claude-sandbox/config.json:1:24", 0, 1 },
	{ "--net none --allow-host a.test", NULL, NULL, CONF_NET_NONE, "--net", 0, 1 },
	{ "--yolo", NULL, NULL, CONF_NET_FILTERED, "--yolo", 1, 0 },
	{ "--yolo --allow-host a.test", NULL, NULL, CONF_NET_FILTERED, "--yolo", 1, 1 },
	{ "--yolo --net open", NULL, NULL, CONF_NET_OPEN, "--net", 0, 0 },
	{ "--yolo --net filtered", NULL, NULL, CONF_NET_FILTERED, "--net", 0, 0 },
	/* the user's own list, and mode, say it all */
	{ "--yolo", "{\"egress_whitelist\": [\"a.test\"]}", NULL, CONF_NET_FILTERED,
	  "~/.config/claude-sandbox/config.json:1:23", 0, 1 },
	{ "--yolo", "{\"network\": {\"mode\": \"none\"}}", NULL, CONF_NET_NONE,
	  "~/.config/claude-sandbox/config.json:1:22", 0, 0 },
	/* a project that wants none has none, whatever rules the user has */
	{ "--yolo", NULL, "{\"network\": {\"mode\": \"none\"}}", CONF_NET_NONE, "~/.claude-sandbox.json:1:22",
	  0, 0 },
	{ "", "{\"network\": {\"allow\": [\"a.test\"]}}", "{\"network\": {\"mode\": \"none\"}}",
	  CONF_NET_NONE, "~/.claude-sandbox.json:1:22", 0, 1 },
	{ "--net open", NULL, "{\"network\": {\"mode\": \"none\"}}", CONF_NET_OPEN, "--net", 0, 0 },
	{ "", NULL, "{\"network\": {\"deny\": [\"a.test\"]}}", CONF_NET_OPEN, "built-in", 0, 0 },
	/* nor does a project that names the default keep what the rules of the user narrow */
	{ "", NULL, "{\"network\": {\"mode\": \"open\"}}", CONF_NET_OPEN, "built-in", 0, 0 },
	{ "--allow-host a.test", NULL, "{\"network\": {\"mode\": \"open\"}}", CONF_NET_FILTERED,
	  "--allow-host", 0, 1 },
	{ "--yolo", NULL, "{\"network\": {\"mode\": \"open\"}}", CONF_NET_FILTERED, "--yolo", 1, 0 },
	{ "--yolo", NULL, "{\"network\": {\"mode\": \"filtered\"}}", CONF_NET_FILTERED,
	  "~/.claude-sandbox.json:1:22", 0, 0 },
	/* what a project lists is what is left of it: of every host, of a list, of the built-in one, of nothing */
	{ "", NULL, "{\"network\": {\"allow\": [\"a.test\"]}}", CONF_NET_FILTERED,
	  "~/.claude-sandbox.json:1:24", 0, 1 },
	{ "", NULL, "{\"egress_whitelist\": [\"a.test\"]}", CONF_NET_FILTERED, "~/.claude-sandbox.json:1:23",
	  0, 1 },
	{ "", NULL, "{\"network\": {\"mode\": \"filtered\", \"allow\": [\"a.test\"]}}", CONF_NET_FILTERED,
	  "~/.claude-sandbox.json:1:44", 0, 1 },
	{ "", "{\"network\": {\"mode\": \"host\"}}", "{\"network\": {\"allow\": [\"a.test\"]}}",
	  CONF_NET_FILTERED, "~/.claude-sandbox.json:1:24", 0, 1 },
	{ "", "{\"network\": {\"mode\": \"filtered\"}}", "{\"network\": {\"allow\": [\"a.test\"]}}",
	  CONF_NET_FILTERED, "~/.config/claude-sandbox/config.json:1:22", 0, 0 },
	{ "", "{\"network\": {\"allow\": [\"a.test\"]}}", "{\"network\": {\"allow\": [\"b.test\"]}}",
	  CONF_NET_FILTERED, "~/.config/claude-sandbox/config.json:1:24", 0, 0 },
	{ "", "{\"network\": {\"allow\": [\"*.test\", \"10.0.0.0/8\"]}}",
	  "{\"network\": {\"allow\": [\"a.test\", \"*.a.test\", \"b.a.test\", \"10.1.0.0/16\"]}}",
	  CONF_NET_FILTERED, "~/.config/claude-sandbox/config.json:1:24", 0, 3 },
	{ "", "{\"network\": {\"allow\": [\"a.test\"]}}", "{\"network\": {\"allow\": []}}", CONF_NET_FILTERED,
	  "~/.config/claude-sandbox/config.json:1:24", 0, 1 },
	{ "", "{\"network\": {\"mode\": \"none\"}}", "{\"network\": {\"allow\": [\"a.test\"]}}",
	  CONF_NET_NONE, "~/.config/claude-sandbox/config.json:1:22", 0, 0 },
	{ "--yolo", NULL, "{\"network\": {\"allow\": [\"github.com\", \"a.test\"]}}", CONF_NET_FILTERED,
	  "--yolo", 0, 1 },
	/* what is said on the command line is the user's own word */
	{ "--allow-host b.test", NULL, "{\"network\": {\"allow\": [\"a.test\"]}}", CONF_NET_FILTERED,
	  "--allow-host", 0, 1 },
	{ "--allow-host b.test", "{\"network\": {\"allow\": [\"b.test\"]}}",
	  "{\"network\": {\"allow\": [\"a.test\"]}}", CONF_NET_FILTERED,
	  "~/.config/claude-sandbox/config.json:1:24", 0, 1 },
	{ "--net open", NULL, "{\"network\": {\"allow\": [\"a.test\"]}}", CONF_NET_OPEN, "--net", 0, 0 },
	{ "--net filtered", NULL, "{\"network\": {\"allow\": [\"a.test\"]}}", CONF_NET_FILTERED, "--net", 0,
	  0 },
	{ "--net filtered", "{\"network\": {\"mode\": \"open\"}}",
	  "{\"network\": {\"mode\": \"filtered\", \"allow\": [\"a.test\"]}}", CONF_NET_FILTERED, "--net", 0,
	  0 },
};

/* What of a project's list would open more than the user does, though he has it. */
static const struct {
	const char *args, *own, *project, *said; /* said: NULL: accepted */
} wider[] = {
	{ "", NULL, "10.1.2.3",
	  "~/.claude-sandbox.json:1:24: 10.1.2.3 would loosen the sandbox: your *:* (" },
	{ "", "10.0.0.0/8", "10.1.2.3",
	  "~/.claude-sandbox.json:1:24: 10.1.2.3 would loosen the sandbox: your 10.0.0.0/8 (~/.config/" },
	{ "", "10.1.2.3", "10.1.2.3", NULL },
	{ "--upstream http://p.test:3128", NULL, "a.test:3128",
	  "~/.claude-sandbox.json:1:24: a.test:3128 would loosen the sandbox: your *:* (" },
	{ "--upstream http://p.test:3128", "*.test:*", "a.test", NULL },
	{ "--upstream http://p.test:3128", "a.test:3128", "a.test:3128", NULL },
	{ "--upstream none", NULL, "a.test:3128", NULL },
};

START_TEST(what_would_open_more_than_the_user_is_refused)
{
	AUTO_FREE char *own = xasprintf("{\"network\": {\"allow\": [\"%s\"]}}", wider[_i].own);
	AUTO_FREE char *project = xasprintf("{\"network\": {\"allow\": [\"%s\"]}}", wider[_i].project);
	struct conf c;
	struct diag d;
	int r;

	if (wider[_i].own != NULL)
		write_usual_config(own);
	write_file(".claude-sandbox.json", project, 0644);
	r = load(wider[_i].args, "", &c, &d);
	ck_assert_int_eq(r, wider[_i].said != NULL ? -EINVAL : 0);
	if (wider[_i].said != NULL)
		ck_assert_msg(str_starts(d.msg, wider[_i].said), "%s", d.msg);
	else
		ck_assert_uint_eq(c.allow_host.n, 1);
	conf_done(&c);
}
END_TEST

static char *dump(struct conf *c)
{
	char *text = NULL;
	size_t len = 0;
	struct diag d = { 0 };
	FILE *f = open_memstream(&text, &len);

	ck_assert_msg(confdump_write(c, f, &d) == 0, "%s", d.msg);
	fclose(f);
	return text;
}

/* What is printed, given back, is the same: with the project's file and without. */
START_TEST(what_is_left_of_the_hosts_stays)
{
	struct conf c, again;
	struct diag d;

	write_usual_config("{\"network\": {\"allow\": [\"*.test:*\", \"x.example\", \"10.0.0.0/8\"]}}");
	write_file(
	    ".claude-sandbox.json",
	    "{\"network\": {\"allow\": [\"b.a.test\", \"*.a.test\", \"*.example:80\", \"10.0.0.0/8:*\"]}}",
	    0644);
	ck_assert_msg(load("", "", &c, &d) == 0, "%s", d.msg);
	AUTO_FREE char *first = dump(&c);
	write_file(".config/claude-sandbox/config.json", first, 0644);
	ck_assert_msg(load("", "", &again, &d) == 0, "%s", d.msg);
	AUTO_FREE char *second = dump(&again);
	ck_assert_str_eq(first, second);
	ck_assert_uint_eq(c.allow_host.n, 3);
	is_item(&c.allow_host, 0, "*.a.test", "~/.claude-sandbox.json:1:36");
	ck_assert_str_eq(c.allow_host.item[1].value, "x.example:80");
	is_item(&c.allow_host, 2, "10.0.0.0/8", "~/.config/claude-sandbox/config.json:1:49");
	conf_done(&c);
	conf_done(&again);
}
END_TEST

static char *many_hosts(size_t n)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	fputs("{\"network\": {\"allow\": [", f);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s\"h%zu.test\"", i > 0 ? "," : "", i);
	fputs("]}}", f);
	ck_assert_int_eq(fclose(f), 0);
	return text;
}

/* Each would be compared with each. */
START_TEST(a_project_does_not_make_a_start_take_minutes)
{
	AUTO_FREE char *own = many_hosts(4000), *few = many_hosts(60), *many = many_hosts(70);
	struct conf c;
	struct diag d;

	write_usual_config(own);
	write_file(".claude-sandbox.json", few, 0644);
	ck_assert_msg(load("", "", &c, &d) == 0, "%s", d.msg);
	ck_assert_uint_eq(c.allow_host.n, 60);
	conf_done(&c);
	write_file(".claude-sandbox.json", many, 0644);
	ck_assert_int_eq(load("", "", &c, &d), -EINVAL);
	ck_assert_str_eq(
	    d.msg, "~/.claude-sandbox.json:1:24: 70 hosts are too many to be met with the 4000 that you "
		   "allow");
	conf_done(&c);
}
END_TEST

START_TEST(rules_for_hosts_imply_a_network)
{
	size_t builtin;
	struct conf c;
	struct diag d;

	hostrules_builtin(&builtin);
	ck_assert_uint_gt(builtin, 20);
	if (implied[_i].own != NULL)
		write_usual_config(implied[_i].own);
	if (implied[_i].project != NULL)
		write_file(".claude-sandbox.json", implied[_i].project, 0644);
	ck_assert_msg(load(implied[_i].args, "", &c, &d) == 0, "%s", d.msg);
	ck_assert_int_eq(conf_net(&c), implied[_i].net);
	ck_assert_str_eq(conf_net_origin(&c), implied[_i].origin);
	ck_assert_uint_eq(c.allow_host.n, implied[_i].builtin * builtin + implied[_i].allowed);
	conf_done(&c);
}
END_TEST

static const struct {
	const char *args, *own, *project; /* the lists; NULL: no such file */
	const char *said;		  /* what is refused; NULL: */
	const char *ports;
} allowed_ports[] = {
	{ "", "[22, 443, 22]", NULL, NULL, "22 443" },
	{ "", "[]", NULL, NULL, "" },
	{ "", "[22, 443]", "[]", NULL, "22 443" },
	{ "", "[22, 443]", "[443]", NULL, "443" },
	{ "", "[22, 443]", "[443, 80]",
	  "~/.claude-sandbox.json:1:29: port 80, which your config does not have, would loosen", NULL },
	/* without a list of the user's every port of --net open is */
	{ "", NULL, "[22, 8443]", NULL, "22 8443" },
	{ "--net none --allow-host a.test", NULL, "[22]", NULL, "22" },
	{ "--allow-host a.test", NULL, "[443]", NULL, "443" },
	{ "--allow-host a.test", NULL, "[443, 8443]", "~/.claude-sandbox.json:1:29: port 8443 would loosen",
	  NULL },
	{ "--yolo", NULL, "[22]", "~/.claude-sandbox.json:1:24: port 22 would loosen", NULL },
	{ "--allow-host a.test", "[8443]", "[8443]", NULL, "8443" },
	/* an address of this machine is open at 80 and 443 alone */
	{ "--net open --allow-host 9.9.9.254", NULL, "[22]",
	  "~/.claude-sandbox.json:1:24: port 22 would loosen", NULL },
	{ "--net open --allow-host 9.9.9.254", NULL, "[443]", NULL, "443" },
	{ "--net host --allow-host 9.9.9.254", NULL, "[22]", NULL, "22" },
};

START_TEST(a_project_can_not_allow_a_port)
{
	AUTO_FREE char *got = xstrdup("");
	struct conf c;
	struct diag d;

	for (int i = 0; i < 2; i++) {
		const char *list = i == 0 ? allowed_ports[_i].own : allowed_ports[_i].project;
		AUTO_FREE char *text = xasprintf("{\"network\": {\"ports\": %s}}", list != NULL ? list : "");

		if (list != NULL && i == 0)
			write_usual_config(text);
		else if (list != NULL)
			write_file(".claude-sandbox.json", text, 0644);
	}
	if (allowed_ports[_i].said != NULL) {
		ck_assert_int_eq(load(allowed_ports[_i].args, "", &c, &d), -EINVAL);
		ck_assert_msg(str_starts(d.msg, allowed_ports[_i].said), "%s", d.msg);
		conf_done(&c);
		return;
	}
	ck_assert_msg(load(allowed_ports[_i].args, "", &c, &d) == 0, "%s", d.msg);
	for (size_t i = 0; i < c.port.n; i++) {
		AUTO_FREE char *before = got;

		got = xasprintf("%s%s%s", before, i > 0 ? " " : "", c.port.item[i].value);
	}
	ck_assert_str_eq(got, allowed_ports[_i].ports);
	conf_done(&c);
}
END_TEST

START_TEST(no_more_ports_are_allowed_than_there_is_room_for)
{
	char text[1024] = "{\"network\": {\"ports\": [1";
	struct conf c;
	struct diag d;
	size_t end;

	for (int i = 2; i <= HOSTRULES_WEB_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ",%d", i);
	end = strlen(text);
	strcpy(text + end, ",9]}}"); /* which is there */
	write_usual_config(text);
	ck_assert_msg(load("", "", &c, &d) == 0, "%s", d.msg);
	conf_done(&c);
	strcpy(text + end, ",\n99]}}");
	write_file(".config/claude-sandbox/config.json", text, 0600);
	ck_assert_int_eq(load("", "", &c, &d), -EINVAL);
	ck_assert_msg(
	    str_starts(d.msg, "~/.config/claude-sandbox/config.json:2:1: the 65th port; at most 64"), "%s",
	    d.msg);
	conf_done(&c);
}
END_TEST

START_TEST(a_project_can_not_choose_what_is_looser)
{
	struct conf c;
	struct diag d;

	write_usual_config("{\"claude\": {\"credentials\": \"none\"}}");
	write_file(".claude-sandbox.json", "{\"claude\": {\"credentials\": \"ro\"}}", 0644);
	ck_assert_int_eq(load("", "", &c, &d), -EINVAL);
	ck_assert_msg(str_starts(d.msg, "~/.claude-sandbox.json:1:28: this claude.credentials would loosen"),
		      "%s", d.msg);
	conf_done(&c);
	ck_assert_int_eq(load("--no-config --claude-credentials ro", "", &c, &d), 0);
	ck_assert_int_eq(c.value[CONFKEY_CLAUDE_CREDENTIALS].n, CONF_LOGIN_RO);
	ck_assert_str_eq(c.value[CONFKEY_CLAUDE_CREDENTIALS].origin, "--claude-credentials");
	conf_done(&c);
}
END_TEST

START_TEST(every_choice_has_a_default)
{
	struct conf c = { 0 };

	conf_defaults(&c);
	for (enum confkey key = 0; key < CONFKEYS; key++)
		ck_assert_msg(c.value[key].n >= 0, "%s", confkey_row(key)->name);
}
END_TEST

START_TEST(a_project_can_not_loosen)
{
	AUTO_FREE char *want = xasprintf("~/.claude-sandbox.json:%s", loosening[_i].msg);
	struct conf c;
	struct diag d;

	write_usual_config("{\"network\": {\"mode\": \"none\"}}");
	write_file(".claude-sandbox.json", loosening[_i].text, 0644);
	ck_assert_int_eq(load("", "", &c, &d), -EINVAL);
	ck_assert_msg(str_starts(d.msg, want), "%s", d.msg);
	ck_assert_str_ne(d.try, "");
	conf_done(&c);
	ck_assert_int_eq(load("--no-config", "", &c, &d), 0);
	conf_done(&c);
}
END_TEST

static void file_is_link(void)
{
	write_file("good", "{}", 0644);
	ck_assert_int_eq(symlink("good", ".claude-sandbox.json"), 0);
}

static void file_is_dangling(void)
{
	ck_assert_int_eq(symlink("/nonexistent", ".claude-sandbox.json"), 0);
}

static void file_is_fifo(void)
{
	ck_assert_int_eq(mkfifo(".claude-sandbox.json", 0666), 0);
}

static void file_is_directory(void)
{
	ck_assert_int_eq(mkdir(".claude-sandbox.json", 0777), 0);
}

static void file_is_large(void)
{
	write_file(".claude-sandbox.json", "{}", 0644);
	ck_assert_int_eq(truncate(".claude-sandbox.json", (64 << 10) + 1), 0);
}

static const struct {
	void (*make)(void);
	const char *msg;
} odd_files[] = {
	{ file_is_link, "is a link: a project's file is not followed" },
	{ file_is_dangling, "is a link: a project's file is not followed" },
	{ file_is_fifo, "is no regular file" },
	{ file_is_directory, "is no regular file" },
	{ file_is_large, "larger than 64 KiB" },
};

START_TEST(a_project_file_is_nothing_but_a_file)
{
	AUTO_FREE char *want = xasprintf("~/.claude-sandbox.json: %s", odd_files[_i].msg);
	struct conf c;
	struct diag d;

	odd_files[_i].make();
	ck_assert_int_eq(load("", "", &c, &d), -EINVAL);
	ck_assert_str_eq(d.msg, want);
	ck_assert_str_eq(d.try, "mend or remove it (the sandbox may have written it), or --no-config");
	conf_done(&c);
}
END_TEST

/* A lease makes a usual open wait for 45 seconds. */
START_TEST(a_lease_does_not_hold_the_launch_up)
{
	AUTO_CLOSE int fd = -1;
	struct conf c;
	struct diag d;

	write_file(".claude-sandbox.json", "{}", 0644);
	fd = open(".claude-sandbox.json", O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	signal(SIGIO, SIG_IGN);
	if (fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
		return;
	ck_assert_int_eq(load("", "", &c, &d), -EINVAL);
	ck_assert_str_eq(d.msg, "~/.claude-sandbox.json: Resource temporarily unavailable");
	conf_done(&c);
}
END_TEST

START_TEST(root_shows_only_files_of_the_projects_owner)
{
	struct conf c;
	struct diag d;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(mkdir("p", 0755), 0);
	write_file("p/.claude-sandbox.json", "secret", 0600);
	ck_assert_int_eq(chown("p", 12345, 12345), 0);
	ck_assert_int_eq(load("p", "", &c, &d), -EINVAL);
	ck_assert_str_eq(d.msg, "~/p/.claude-sandbox.json: belongs to uid 0, not to the project's owner");
	conf_done(&c);
}
END_TEST

/* --- the dump */

START_TEST(a_dump_is_its_own_dump)
{
	static const char *const words[] = { "", "--net host --mask q --mask r --extra-ro /x --yolo",
					     "--mask k --extra-bind x -v", "--no-config" };
	AUTO_FREE char *again = xasprintf("--config d.json %s", _i == 3 ? "" : words[_i]);
	AUTO_FREE char *first = NULL, *second = NULL, *third = NULL;
	struct conf c;
	struct diag d;

	write_usual_config("// mine\n{\"mask\": [\"k\", \"\\u00e9\\u007f\\n\"], \"env\": {\"A\": "
			   "\"\\\"\\\\\", \"B\": \"\"},\n"
			   "\"blocked_syscalls\": [\"vmsplice\"], \"extra_binds\": [\"y\"], \"packages\": "
			   "{\"full\": [\"a\", \"b\"]}, \"network\": "
			   "{\"mode\": \"none\"}}");
	if (_i < 3)
		write_file(".claude-sandbox.json", "{\"mask\": [\"p\", \"k\"], \"network\": {}}", 0644);
	ck_assert_int_eq(load(words[_i], "", &c, &d), 0);
	first = dump(&c);
	conf_done(&c);
	write_file("d.json", first, 0600);
	ck_assert_msg(load(again, "", &c, &d) == 0, "%s", d.msg);
	second = dump(&c);
	conf_done(&c);
	ck_assert_str_eq(first, second);
	ck_assert_int_eq(load("--config d.json", "", &c, &d), 0);
	third = dump(&c);
	conf_done(&c);
	ck_assert_str_eq(first, third);
	if (_i == 1)
		ck_assert_ptr_nonnull(strstr(first, "\"/mask/2\": \"~/.claude-sandbox.json:1:11\""));
	if (_i == 3)
		ck_assert_ptr_nonnull(strstr(first, "\"/network/mode\": \"built-in\""));
}
END_TEST

START_TEST(what_a_file_can_not_hold_is_not_dumped)
{
	AUTO_FREE char *text = NULL;
	struct conf c;
	struct diag d;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	ck_assert_int_eq(load("--extra-bind /a\xff", "CLAUDE_SANDBOX_NO_SECCOMP=1", &c, &d), 0);
	ck_assert_str_eq(c.unsaved.v[0], "CLAUDE_SANDBOX_NO_SECCOMP=1");
	ck_assert_int_eq(confdump_write(&c, f, &d), -EILSEQ);
	ck_assert_str_eq(d.msg, "--extra-bind: /a\xff is not UTF-8, which a config file can't hold");
	fclose(f);
	ck_assert_str_eq(text, "");
	conf_done(&c);
}
END_TEST

static const struct {
	const char *words, *msg;
} lines[] = {
	{ "ls", "no such directory: ls; to run a command: claude-sandbox -- ls" },
	{ "absent", "no such directory: absent" },
	{ "./absent", "no such directory: ./absent" },
	{ "run-me", "not a directory: run-me" },
	{ "./run-me", "not a directory: ./run-me; to run a command: claude-sandbox -- ./run-me" },
	{ "run-me/x", "no such directory: run-me/x" },
	{ "~root", "~root: ~USER is not understood; write the whole path" },
	{ "--extra-bind ~root", "--extra-bind ~root: ~USER is not understood; write the whole path" },
	{ "--extra-bind /x --extra-ro=/x/", "/x: writable by --extra-bind, but read-only by --extra-ro" },
	{ "--mask /etc", "--mask /etc: globs are relative to the project" },
	{ "--mask=a/../b", "--mask a/../b: \"..\" in a glob matches nothing" },
	{ "--config=~root/c", "--config: ~USER is not understood; write the whole path" },
};

START_TEST(bad_paths_are_refused)
{
	struct conf c;
	struct diag d;

	write_file("run-me", "#!/bin/sh\n", 0700);
	ck_assert_int_eq(load(lines[_i].words, "", &c, &d), -EINVAL);
	ck_assert_str_eq(d.msg, lines[_i].msg);
	conf_done(&c);
}
END_TEST

START_TEST(project_and_command_are_taken)
{
	AUTO_FREE char *project = NULL;
	struct conf c;
	struct diag d;

	ck_assert_int_eq(mkdir("p", 0700), 0);
	ck_assert_int_eq(load("./p/../p/ --yolo --status-fd 7 -- --resume -x", "", &c, &d), 0);
	project = xasprintf("%s/p", scratch);
	ck_assert_str_eq(c.project, project);
	ck_assert(c.project_given && c.yolo);
	ck_assert_int_eq(c.status_fd, 7);
	ck_assert_uint_eq(c.command.n, 3);
	ck_assert_str_eq(c.command.v[0], "claude");
	ck_assert_str_eq(c.command.v[1], "--resume");
	conf_done(&c);
	ck_assert_int_eq(load("-- ls -l", "", &c, &d), 0);
	ck_assert_str_eq(c.command.v[0], "ls");
	conf_done(&c);
}
END_TEST

#define USUAL ".config/claude-sandbox/config.json"
START_TEST(ports_are_numbers_and_leave_the_network)
{
	struct conf c;
	struct diag d;

	write_usual_config("{ \"network\": {\"host_ports\": [5432], \"publish\": [80]} }");
	ck_assert_int_eq(load("--publish 65535 --publish 80", "", &c, &d), 0);
	ck_assert_int_eq(conf_net(&c), CONF_NET_OPEN);
	ck_assert_str_eq(conf_net_origin(&c), "built-in");
	ck_assert_uint_eq(c.host_port.n, 1);
	ck_assert_uint_eq(c.publish.n, 2);
	ck_assert_str_eq(c.publish.item[0].origin, "~/.config/claude-sandbox/config.json:1:49");
	ck_assert_str_eq(c.publish.item[1].value, "65535");
	conf_done(&c);
	ck_assert_int_eq(load("--net none --host-port 1", "", &c, &d), 0);
	ck_assert_int_eq(conf_net(&c), CONF_NET_NONE);
	conf_done(&c);
	ck_assert_int_eq(load("--host-port 80", "", &c, &d), -EINVAL);
	ck_assert_str_eq(d.msg, "port 80 is the host's by --host-port, but the sandbox's own by "
				"~/.config/claude-sandbox/config.json:1:49");
	conf_done(&c);
	for (const char *const *no = (const char *const[]){ "0", "65536", "08", "+1", "1x", "100000", NULL };
	     *no != NULL; no++) {
		AUTO_FREE char *line = xasprintf("--publish %s", *no);

		ck_assert_int_eq(load(line, "", &c, &d), -EINVAL);
		ck_assert_ptr_nonnull(strstr(d.msg, "no port from 1 to 65535"));
		conf_done(&c);
	}
}
END_TEST

static void upstream_is(const char *args, const char *env, const char *url, const char *origin, bool found)
{
	struct conf c;
	struct diag d;

	ck_assert_int_eq(load(args, env, &c, &d), 0);
	ck_assert_pstr_eq(c.upstream, url);
	ck_assert_pstr_eq(c.upstream_origin, origin);
	ck_assert(c.upstream_found == found);
	conf_done(&c);
}

START_TEST(a_proxy_for_http_alone_is_known_and_not_taken)
{
	static const struct {
		const char *env;
		bool found;
	} of[] = { { "HTTP_PROXY=http://h:1", true },
		   { "http_proxy=http://h:1 HTTP_PROXY=", true },
		   { "HTTP_PROXY= http_proxy=", false },
		   { "HTTPS_PROXY=http://h:1", false } };

	for (size_t i = 0; i < ARRAY_SIZE(of); i++) {
		struct conf c;
		struct diag d;

		ck_assert_int_eq(load("", of[i].env, &c, &d), 0);
		ck_assert_msg(c.http_proxy == of[i].found, "%s", of[i].env);
		conf_done(&c);
	}
}
END_TEST

START_TEST(the_proxy_outside_is_the_nearest_that_says_so)
{
	struct conf c;
	struct diag d;

	upstream_is("", "", NULL, NULL, false);
	upstream_is("", "HTTP_PROXY=http://h:1 HTTPS_PROXY=", NULL, NULL, false);
	upstream_is("", "ALL_PROXY=http://a:1 HTTPS_PROXY=http://b:2", "http://b:2", "HTTPS_PROXY", true);
	upstream_is("", "all_proxy=http://a:1 ALL_PROXY=http://b:2", "http://a:1", "all_proxy", true);
	upstream_is("", "https_proxy=http://a:1 HTTPS_PROXY=http://b:2", "http://a:1", "https_proxy", true);
	upstream_is("--upstream http://c:3", "https_proxy=socks5://a:1", "http://c:3", "--upstream", false);
	upstream_is("--upstream none", "https_proxy=http://a:1", "none", "--upstream", false);
	write_usual_config("{ \"network\": {\"upstream\": \"http://u:secret@d:4\"} }");
	upstream_is("", "https_proxy=http://a:1", "http://u:secret@d:4",
		    "~/.config/claude-sandbox/config.json:1:27", false);
	upstream_is("--upstream http://c:3", "", "http://c:3", "--upstream", false);
	ck_assert_int_eq(load("--upstream http://u:secret@d:4/x", "", &c, &d), -EINVAL);
	ck_assert_ptr_nonnull(strstr(d.msg, "--upstream: a proxy has no path"));
	ck_assert_ptr_null(strstr(d.msg, "secret"));
	conf_done(&c);
	write_file(USUAL, "{ \"network\": {\"upstream\": \"http://u:secret@d:x\"} }", 0600);
	ck_assert_int_eq(load("", "", &c, &d), -EINVAL);
	ck_assert_ptr_nonnull(
	    strstr(d.msg, "network.upstream, ~/.config/claude-sandbox/config.json:1:27: not http"));
	conf_show(&c, &d);
	ck_assert_ptr_null(strstr(d.msg, "secret"));
	conf_done(&c);
	write_file(USUAL, "{ \"network\": {\"upstream\": \"http://u:secret@d:1\" x} }", 0600);
	ck_assert_int_eq(load("", "", &c, &d), -EINVAL);
	ck_assert_ptr_nonnull(strstr(d.msg, "@d:1"));
	ck_assert_ptr_null(strstr(d.msg, "secret"));
	conf_done(&c);
	ck_assert_int_eq(load("--no-config --upstream http://proxy:x", "", &c, &d), -EINVAL);
	ck_assert_str_eq(d.msg, "--upstream: not http://[USER:PASSWORD@]HOST[:PORT]");
	conf_done(&c);
	upstream_is("--no-config --upstream NONE", "https_proxy=http://a:1", "none", "--upstream", false);
	write_file(USUAL, "{ \"network\": {\"upstream\": \"None\"} }", 0600);
	upstream_is("", "https_proxy=http://a:1", "none", "~/.config/claude-sandbox/config.json:1:27", false);
}
END_TEST

/* Each with another fault in the line of the login. */
static const char *const shown_logins[] = {
	"{ \"network\": {\"upstream\": \"http://u:secret\\u0040d:1\" x} }",
	"{ \"network\": {\"upstream\": \"http://u:x secret@d:1\" x} }",
	"{ \"network\": {\"upstream\": \"http://u:x\"secret@d:1\"} }",
	"{ \"network\": {\"upstream\": \"http:\\/\\/u:x secret\\u0040d:1\" x} }",
	"{ \"network\": {\"upstream\": \"http://u:secret\n@d:1\"} }",
	"{ \"network\": {\"upstream\":\n  \"http://u:secret\\u0040d:1\" x} }",
	"{ \"network\": {\"upsteam\": \"http://u:secret@d:1\"} }",
	"{ \"upstream\": \"http://u:x secret@d:1\" }",
};

START_TEST(no_caret_stands_below_a_login)
{
	struct conf c;
	struct diag d;

	write_usual_config(shown_logins[_i]);
	ck_assert_int_eq(load("", "", &c, &d), -EINVAL);
	conf_show(&c, &d);
	ck_assert_msg(strstr(d.msg, "\n    ") != NULL && strstr(d.msg, "secret") == NULL, "%s", d.msg);
	conf_done(&c);
}
END_TEST

START_TEST(the_log_of_connections_is_found_by_its_rules)
{
	AUTO_FREE char *beside = NULL, *here = NULL;
	struct conf c;
	struct diag d;

	write_usual_config("{ \"network\": {\"log\": \"w.log\"} }");
	ck_assert_int_eq(load("", "", &c, &d), 0);
	beside = xasprintf("%s/.config/claude-sandbox/w.log", scratch);
	ck_assert_str_eq(c.egress_log, beside);
	ck_assert_str_eq(c.egress_log_origin, "~/.config/claude-sandbox/config.json:1:22");
	conf_done(&c);
	ck_assert_int_eq(load("", "BUBBLE_CLAUDE_NO_PROXY=1", &c, &d), 0);
	ck_assert_ptr_null(c.egress_log);
	ck_assert_str_eq(c.unlogged, "~/.config/claude-sandbox/config.json:1:22");
	conf_done(&c);
	ck_assert_int_eq(load("--egress-log x.log", "BUBBLE_CLAUDE_NO_PROXY=1", &c, &d), 0);
	here = xasprintf("%s/x.log", scratch);
	ck_assert_str_eq(c.egress_log, here);
	ck_assert_str_eq(c.egress_log_origin, "--egress-log");
	conf_done(&c);
	write_file(USUAL, "{ \"network\": {\"log\": \"auto\"} }", 0600);
	ck_assert_int_eq(load("", "", &c, &d), 0);
	ck_assert_str_eq(c.egress_log, "auto");
	conf_done(&c);
	write_file(USUAL, "{ \"network\": {\"log\": 1} }", 0600);
	ck_assert_int_eq(load("", "", &c, &d), -EINVAL);
	conf_done(&c);
	ck_assert_int_eq(load("", "BUBBLE_CLAUDE_NO_PROXY=yes", &c, &d), -EINVAL);
	conf_done(&c);
}
END_TEST

/* Beside the config file that names it; an option wins, and is relative to the caller. */
START_TEST(waivers_are_found_by_their_rules)
{
	AUTO_FREE char *beside = NULL, *here = NULL;
	struct conf c;
	struct diag d;

	write_usual_config("{ \"waivers\": \"w.json\" }");
	ck_assert_int_eq(load("--security-test", "", &c, &d), 0);
	beside = xasprintf("%s/.config/claude-sandbox/w.json", scratch);
	ck_assert_str_eq(c.waivers, beside);
	ck_assert_str_eq(c.waivers_origin, "~/.config/claude-sandbox/config.json:1:14");
	conf_done(&c);
	ck_assert_int_eq(load("--security-test --waivers x.json", "", &c, &d), 0);
	ck_assert_str_eq(c.waivers_origin, "--waivers");
	here = xasprintf("%s/x.json", scratch);
	ck_assert_str_eq(c.waivers, here);
	conf_done(&c);
	write_file(USUAL, "{ \"waivers\": \"~/v.json\" }", 0600);
	ck_assert_int_eq(load("--security-test", "", &c, &d), 0);
	ck_assert_ptr_null(strstr(c.waivers, ".config"));
	conf_done(&c);
	write_file(USUAL, "{ \"waivers\": \"\" }", 0600);
	ck_assert_int_eq(load("--security-test", "", &c, &d), -EINVAL);
	ck_assert_ptr_nonnull(strstr(d.msg, ":1:14: the path is empty"));
	conf_done(&c);
	write_file(USUAL, "{ \"waivers\": [] }", 0600);
	ck_assert_int_eq(load("--security-test", "", &c, &d), -EINVAL);
	ck_assert_ptr_nonnull(strstr(d.msg, "waivers must be a string, not an array"));
	conf_done(&c);
}
END_TEST

START_TEST(files_of_settings_that_others_may_write_are_refused)
{
	AUTO_FREE char *text = NULL;
	size_t n = 0;
	struct diag d = { 0 };

	write_file("w", "[]", 0600);
	ck_assert_int_eq(conffile_text("w", "w", &text, &n, &d), 0);
	ck_assert_uint_eq(n, 2);
	write_file("v", "[]", 0602);
	free(text);
	text = NULL;
	ck_assert_int_lt(conffile_text("v", "v", &text, &n, &d), 0);
	ck_assert_str_eq(d.msg, "v: everybody may write to it");
	ck_assert_int_lt(conffile_text("absent", "absent", &text, &n, &d), 0);
	ck_assert_int_lt(conffile_text(".", ".", &text, &n, &d), 0);
	ck_assert_str_eq(d.msg, ".: is a directory");
}
END_TEST

START_TEST(files_of_settings_lie_where_nobody_else_renames)
{
	AUTO_FREE char *text = NULL;
	size_t n = 0;
	struct diag d = { 0 };

	ck_assert_int_eq(mkdir("all", 0700), 0);
	ck_assert_int_eq(mkdir("all/own", 0700), 0);
	write_file("all/own/w", "[]", 0600);
	ck_assert_int_eq(chmod("all", 0777), 0);
	ck_assert_int_lt(conffile_text("all/own/w", "w", &text, &n, &d), 0);
	ck_assert_ptr_nonnull(strstr(d.msg, "/all, where everybody may put another in its place"));
	ck_assert_int_eq(symlink("all/own/w", "to"), 0);
	ck_assert_int_lt(conffile_text("to", "to", &text, &n, &d), 0);
	ck_assert_int_eq(chmod("all", 01777), 0);
	ck_assert_msg(conffile_text("all/own/w", "w", &text, &n, &d) == 0, "%s", d.msg);
	ck_assert_int_eq(chmod("all/own/w", 0660), 0);
	free(TAKE_PTR(text));
	ck_assert_msg(conffile_text("all/own/w", "w", &text, &n, &d) == 0, "%s", d.msg);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown("all/own/w", 0, 12345), 0);
		ck_assert_int_lt(conffile_text("all/own/w", "w", &text, &n, &d), 0);
		ck_assert_str_eq(d.msg, "w: another group may write to it (gid 12345)");
	}
}
END_TEST

START_TEST(a_pipe_is_read_only_when_the_caller_holds_it)
{
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *name = NULL;
	size_t n = 0;
	struct diag d = { 0 };
	struct conf c = { 0 };
	int ends[2];

	/* Without a writer: both would wait for ever. */
	ck_assert_int_eq(mkfifo("q", 0600), 0);
	ck_assert_int_lt(conffile_text("q", "q", &text, &n, &d), 0);
	ck_assert_ptr_nonnull(strstr(d.msg, "q: is a pipe in the file system"));
	ck_assert_int_lt(conffile_read(&c, "q", true, "/", &d), 0);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "[]", 2), 2);
	close(ends[1]);
	name = xasprintf("/dev/fd/%d", ends[0]);
	ck_assert_msg(conffile_text(name, name, &text, &n, &d) == 0, "%s", d.msg);
	ck_assert_uint_eq(n, 2);
	close(ends[0]);
	conf_done(&c);
}
END_TEST

START_TEST(test_options_arrive)
{
	AUTO_FREE char *output = NULL;
	struct conf c;
	struct diag d;

	ck_assert_int_eq(
	    load("--mutants --only fs-* --only=net-* --format markdown --output r.md --color never", "", &c,
		 &d),
	    0);
	output = xasprintf("%s/r.md", scratch);
	ck_assert_int_eq(c.mode, CONF_SECURITY_TEST);
	ck_assert(c.mutants);
	ck_assert_uint_eq(c.only.n, 2);
	ck_assert_str_eq(c.only.v[1], "net-*");
	ck_assert_int_eq(c.format, CONF_FORMAT_MARKDOWN);
	ck_assert_int_eq(c.color, CONF_COLOR_NEVER);
	ck_assert_str_eq(c.output, output);
	conf_done(&c);
	ck_assert_int_eq(load("--security-test --fail-on high,skip --require-all --jobs 64", "", &c, &d), 0);
	ck_assert_str_eq(c.fail_on, "high,skip");
	ck_assert(c.require_all && c.jobs == 64 && c.waivers == NULL);
	conf_done(&c);
	ck_assert_int_eq(load("--security-test", "", &c, &d), 0);
	ck_assert(!c.require_all && c.jobs == 0 && c.fail_on == NULL);
	conf_done(&c);
	ck_assert_int_eq(load("--test --output -", "", &c, &d), 0);
	ck_assert_ptr_null(c.output);
	conf_done(&c);
}
END_TEST

Suite *conf_suite(void)
{
	Suite *s = suite_create("conf");
	TCase *tc = tcase_create("text");

	tcase_add_test(tc, values_remember_their_line);
	tcase_add_test(tc, files_are_answered_as_their_names_say);
	tcase_add_test(tc, without_a_home_only_absolute_paths_mean_something);
	tcase_add_test(tc, the_example_names_every_key);
	tcase_add_test(tc, nested_values_and_origins_are_taken);
	tcase_add_loop_test(tc, a_place_is_shown_with_its_line, 0, ARRAY_SIZE(shown));
	tcase_add_test(tc, a_value_given_twice_is_there_once);
	tcase_add_test(tc, many_hosts_cost_what_each_costs);
	tcase_add_test(tc, the_old_names_of_the_lists_of_hosts_are_the_same_lists);
	tcase_add_test(tc, a_long_line_is_shown_around_its_mistake);
	suite_add_tcase(s, tc);
	tc = tcase_create("load");
	tcase_add_checked_fixture(tc, make_scratch, remove_scratch);
	tcase_add_test(tc, the_built_in_settings_are_the_safe_ones);
	tcase_add_test(tc, layers_add_up_in_order);
	tcase_add_test(tc, limits_are_layered);
	tcase_add_test(tc, a_limit_is_given_once);
	tcase_add_test(tc, the_config_file_is_found_by_its_rules);
	tcase_add_test(tc, a_config_that_was_asked_for_must_be_there);
	tcase_add_test(tc, a_config_that_others_may_write_is_refused);
	tcase_add_test(tc, a_usual_config_that_is_a_fifo_does_not_hang);
	tcase_add_test(tc, help_needs_no_good_config);
	tcase_add_loop_test(tc, the_mode_survives_every_failure, 0, 5);
	tcase_add_loop_test(tc, variables_that_can_not_be_followed_are_refused, 0,
			    (int)ARRAY_SIZE(variables));
	tcase_add_test(tc, variables_that_ask_for_nothing_are_fine);
	tcase_add_loop_test(tc, bad_paths_are_refused, 0, (int)ARRAY_SIZE(lines));
	tcase_add_test(tc, project_and_command_are_taken);
	tcase_add_test(tc, test_options_arrive);
	tcase_add_test(tc, the_network_comes_from_the_last_that_names_it);
	tcase_add_test(tc, the_ssh_agent_comes_from_file_variable_and_option);
	tcase_add_test(tc, profile_and_path_come_from_file_variable_and_option);
	tcase_add_test(tc, a_project_can_tighten);
	tcase_add_loop_test(tc, a_project_can_not_allow_a_port, 0, (int)ARRAY_SIZE(allowed_ports));
	tcase_add_test(tc, no_more_ports_are_allowed_than_there_is_room_for);
	tcase_add_loop_test(tc, rules_for_hosts_imply_a_network, 0, (int)ARRAY_SIZE(implied));
	tcase_add_loop_test(tc, what_would_open_more_than_the_user_is_refused, 0, (int)ARRAY_SIZE(wider));
	tcase_add_test(tc, what_is_left_of_the_hosts_stays);
	tcase_add_test(tc, a_project_does_not_make_a_start_take_minutes);
	tcase_add_test(tc, a_project_can_not_choose_what_is_looser);
	tcase_add_test(tc, every_choice_has_a_default);
	tcase_add_loop_test(tc, a_project_can_not_loosen, 0, (int)ARRAY_SIZE(loosening));
	tcase_add_loop_test(tc, a_project_file_is_nothing_but_a_file, 0, (int)ARRAY_SIZE(odd_files));
	tcase_add_loop_test(tc, a_dump_is_its_own_dump, 0, 4);
	tcase_add_test(tc, what_a_file_can_not_hold_is_not_dumped);
	tcase_add_test(tc, a_lease_does_not_hold_the_launch_up);
	tcase_add_test(tc, root_shows_only_files_of_the_projects_owner);
	tcase_add_test(tc, the_log_of_connections_is_found_by_its_rules);
	tcase_add_test(tc, a_proxy_for_http_alone_is_known_and_not_taken);
	tcase_add_test(tc, the_proxy_outside_is_the_nearest_that_says_so);
	tcase_add_loop_test(tc, no_caret_stands_below_a_login, 0, (int)ARRAY_SIZE(shown_logins));
	tcase_add_test(tc, ports_are_numbers_and_leave_the_network);
	tcase_add_test(tc, waivers_are_found_by_their_rules);
	tcase_add_test(tc, files_of_settings_that_others_may_write_are_refused);
	tcase_add_test(tc, files_of_settings_lie_where_nobody_else_renames);
	tcase_add_test(tc, a_pipe_is_read_only_when_the_caller_holds_it);
	suite_add_tcase(s, tc);
	/* One case for each row: the report then names the row. */
	for (int i = 0; i < (int)ARRAY_SIZE(bad); i++) {
		tc = tcase_create(bad[i].name);
		tcase_add_loop_test(tc, bad_files_are_refused_with_their_place, i, i + 1);
		suite_add_tcase(s, tc);
	}
	return s;
}
