/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "opt.h"
#include "unit.h"
#include "util.h"

#define MAX_WORDS 16

/* clang-format off */
static const struct {
	const char *name;
	const char *words[MAX_WORDS];
	const char *msg, *try;
} bad[] = {
	{ "unknown", { "--nett", NULL },
	  "unknown option --nett",
	  "--net" },
	{ "unknown-value", { "--nett=host", NULL },
	  "unknown option --nett",
	  "--net" },
	{ "unknown-dash", { "-net", NULL },
	  "unknown option -net",
	  "--net" },
	{ "unknown-far", { "--qqqqqqqq", NULL },
	  "unknown option --qqqqqqqq",
	  "claude-sandbox --help" },
	{ "unknown-later", { "--as-roo", NULL },
	  "unknown option --as-roo",
	  "--as-root (not in this version)" },
	{ "unknown-beginning", { "--sec", NULL },
	  "unknown option --sec",
	  "--security-test" },
	{ "unknown-underscore", { "--extra_bind=x", NULL },
	  "unknown option --extra_bind",
	  "--extra-bind" },
	{ "unknown-letter", { "-x", NULL },
	  "unknown option -x",
	  "claude-sandbox --help" },
	{ "bundle", { "-vh", NULL },
	  "unknown option -vh",
	  "claude-sandbox --help" },
	{ "unknown-after-word", { "ls", "-la", NULL },
	  "unknown option -la",
	  "claude-sandbox -- ls -la, to run a command" },
	{ "unknown-case", { "--Yolo", NULL },
	  "unknown option --Yolo",
	  "--yolo" },
	{ "later", { "--as-root", NULL },
	  "--as-root: not in this version",
	  "" },
	{ "later-with-value", { "--audit", "true %", NULL },
	  "--audit: not in this version",
	  "" },
	{ "later-equals", { "--audit=x", NULL },
	  "--audit: not in this version",
	  "" },
	{ "later-after-dir", { "P", "--as-root", NULL },
	  "--as-root: not in this version",
	  "" },
	{ "net-bogus", { "--net=wifi", NULL },
	  "--net: unknown value wifi",
	  "one of none, filtered, open, host" },
	{ "net-case", { "--net=Host", NULL },
	  "--net: unknown value Host",
	  "one of none, filtered, open, host" },
	{ "net-prefix", { "--net=h", NULL },
	  "--net: unknown value h",
	  "one of none, filtered, open, host" },
	{ "format-sarif", { "--test", "--format", "sarif", NULL },
	  "--format sarif: not in this version",
	  "one of terminal, tap, json, markdown, junit" },
	{ "format-junit", { "--test", "--format", "junit", NULL },
	  "--format junit: only for a security test",
	  "--security-test" },
	{ "mutants", { "--test", "--mutants", NULL },
	  "--mutants: only for a security test",
	  "--security-test" },
	{ "layers", { "--layers", "--test", NULL },
	  "--layers: only for a security test",
	  "--security-test" },
	{ "redact", { "--test", "--redact", NULL },
	  "--redact: only for a security test",
	  "--security-test" },
	{ "redact-launch", { "--redact", NULL },
	  "--redact: only for a security test",
	  "--security-test" },
	{ "no-value", { "--extra-bind", NULL },
	  "--extra-bind needs a value",
	  "--extra-bind=DIR" },
	{ "no-value-option-next", { "--extra-bind", "--yolo", NULL },
	  "--extra-bind needs a value",
	  "--extra-bind=DIR" },
	{ "no-value-dashdash", { "--net", "--", NULL },
	  "--net needs a value",
	  "--net=none|filtered|open|host" },
	{ "empty-value", { "--extra-bind=", NULL },
	  "--extra-bind: the value is empty",
	  "" },
	{ "empty-value-word", { "--config", "", NULL },
	  "--config: the value is empty",
	  "" },
	{ "empty-choice", { "--net=", NULL },
	  "--net: the value is empty",
	  "" },
	{ "flag-with-value", { "--yolo=1", NULL },
	  "--yolo takes no value",
	  "" },
	{ "flag-with-empty-value", { "--quiet=", NULL },
	  "--quiet takes no value",
	  "" },
	{ "dry-run-xml", { "--dry-run=xml", NULL },
	  "--dry-run: unknown value xml",
	  "--dry-run=json, or --dry-run alone" },
	{ "dry-run-empty", { "--dry-run=", NULL },
	  "--dry-run: the value is empty",
	  "" },
	{ "jobs-0", { "--security-test", "--jobs=0", NULL },
	  "--jobs: 0 is not a number from 1 to 64",
	  "--jobs 4" },
	{ "jobs-65", { "--security-test", "--jobs=65", NULL },
	  "--jobs: 65 is not a number from 1 to 64",
	  "--jobs 4" },
	{ "jobs-zero-padded", { "--security-test", "--jobs=04", NULL },
	  "--jobs: 04 is not a number from 1 to 64",
	  "--jobs 4" },
	{ "jobs-negative", { "--security-test", "--jobs=-1", NULL },
	  "--jobs: -1 is not a number from 1 to 64",
	  "--jobs 4" },
	{ "jobs-text", { "--security-test", "--jobs=4x", NULL },
	  "--jobs: 4x is not a number from 1 to 64",
	  "--jobs 4" },
	{ "jobs-blank", { "--security-test", "--jobs= 4", NULL },
	  "--jobs:  4 is not a number from 1 to 64",
	  "--jobs 4" },
	{ "jobs-huge", { "--security-test", "--jobs=99999999999999999999", NULL },
	  "--jobs: 99999999999999999999 is not a number from 1 to 64",
	  "--jobs 4" },
	{ "fail-on-with-test", { "--test", "--fail-on", "high", NULL },
	  "--fail-on: only for a security test",
	  "--security-test" },
	{ "fail-on-with-list-probes", { "--list-probes", "--fail-on", "high", NULL },
	  "--fail-on: only for a security test",
	  "--security-test" },
	{ "waivers-with-test", { "--test", "--waivers", "w", NULL },
	  "--waivers: only for a security test",
	  "--security-test" },
	{ "waivers-with-list-probes", { "--list-probes", "--waivers", "w", NULL },
	  "--waivers: only for a security test",
	  "--security-test" },
	{ "jobs-with-test", { "--test", "--jobs", "4", NULL },
	  "--jobs: only for a security test",
	  "--security-test" },
	{ "jobs-with-list-probes", { "--list-probes", "--jobs", "4", NULL },
	  "--jobs: only for a security test",
	  "--security-test" },
	{ "require-all-in-launch", { "--require-all", NULL },
	  "--require-all: only for a security test",
	  "--security-test" },
	{ "fd-2", { "--status-fd", "2", NULL },
	  "--status-fd: 2 is not a number from 3 to 2147483647",
	  "--status-fd 3 3>FILE" },
	{ "fd-negative", { "--status-fd=-1", NULL },
	  "--status-fd: -1 is not a number from 3 to 2147483647",
	  "--status-fd 3 3>FILE" },
	{ "fd-text", { "--status-fd", "3x", NULL },
	  "--status-fd: 3x is not a number from 3 to 2147483647",
	  "--status-fd 3 3>FILE" },
	{ "fd-huge", { "--status-fd=2147483648", NULL },
	  "--status-fd: 2147483648 is not a number from 3 to 2147483647",
	  "--status-fd 3 3>FILE" },
	{ "fd-huger", { "--status-fd=99999999999999999999", NULL },
	  "--status-fd: 99999999999999999999 is not a number from 3 to 2147483647",
	  "--status-fd 3 3>FILE" },
	{ "fd-zero-padded", { "--status-fd=03", NULL },
	  "--status-fd: 03 is not a number from 3 to 2147483647",
	  "--status-fd 3 3>FILE" },
	{ "fd-plus", { "--status-fd=+3", NULL },
	  "--status-fd: +3 is not a number from 3 to 2147483647",
	  "--status-fd 3 3>FILE" },
	{ "fd-blank", { "--status-fd= 3", NULL },
	  "--status-fd:  3 is not a number from 3 to 2147483647",
	  "--status-fd 3 3>FILE" },
	{ "twice", { "--net=none", "--net=host", NULL },
	  "--net is given twice, with different values",
	  "" },
	{ "twice-dry-run", { "--dry-run", "--dry-run=json", NULL },
	  "--dry-run is given twice, with different values",
	  "" },
	{ "verbose-quiet", { "-v", "--quiet", NULL },
	  "--verbose and --quiet exclude each other",
	  "" },
	{ "config-no-config", { "--no-config", "--config", "x", NULL },
	  "--config and --no-config exclude each other",
	  "" },
	{ "modes", { "--dry-run", "--test", NULL },
	  "--dry-run and --test exclude each other",
	  "" },
	{ "modes-list", { "--list-probes", "--list-syscalls", NULL },
	  "--list-syscalls and --list-probes exclude each other",
	  "" },
	{ "status-dry-run", { "--status", "--dry-run", NULL },
	  "--dry-run and --status exclude each other",
	  "" },
	{ "status-word", { "--status=xml", NULL },
	  "--status: unknown value xml",
	  "--status=json, or --status alone" },
	{ "status-project", { "--status", "P", NULL },
	  "--status lists the sandboxes of all projects: no P",
	  "claude-sandbox --status" },
	{ "status-command", { "--status", "--", "ls", NULL },
	  "nothing is run here, so no command can be given",
	  "leaving out -- and what follows" },
	{ "mutants-dry-run", { "--mutants", "--dry-run", NULL },
	  "--dry-run and --mutants exclude each other",
	  "" },
	{ "only-without-test", { "--only", "fs-*", NULL },
	  "--only: only for a test",
	  "adding --security-test" },
	{ "format-without-test", { "--format=tap", NULL },
	  "--format: only for a test",
	  "adding --security-test" },
	{ "output-without-test", { "--output", "f", NULL },
	  "--output: only for a test",
	  "adding --security-test" },
	{ "baseline-without-test", { "--baseline", NULL },
	  "--baseline: only for a security test",
	  "--security-test" },
	{ "accept-without-test", { "--accept-baseline=f", NULL },
	  "--accept-baseline: only for a security test",
	  "--security-test" },
	{ "compare-and-accept", { "--security-test", "--baseline", "--accept-baseline=f", NULL },
	  "--baseline and --accept-baseline exclude each other",
	  "" },
	{ "accept-only", { "--security-test", "--only=fs-*", "--accept-baseline", NULL },
	  "--only and --accept-baseline exclude each other",
	  "" },
	{ "baseline-empty", { "--security-test", "--baseline=", NULL },
	  "--baseline: the value is empty",
	  "" },
	{ "command-in-test", { "--test", "--", "ls", NULL },
	  "nothing is run here, so no command can be given",
	  "leaving out -- and what follows" },
	{ "command-in-list", { "--list-probes", "--", "ls", NULL },
	  "nothing is run here, so no command can be given",
	  "leaving out -- and what follows" },
	{ "two-dirs", { "a", "b", NULL },
	  "more than one project directory: a and b",
	  "claude-sandbox -- a b, to run a command" },
	{ "dirs-around-option", { "a", "-v", "b", NULL },
	  "more than one project directory: a and b",
	  "claude-sandbox -- a b, to run a command" },
	{ "empty-dir", { "", NULL },
	  "the project directory is empty (\"\")",
	  "" },
	{ "nothing-after-dashes", { "--", NULL },
	  "no command after --",
	  "leave -- out to start claude" },
	{ "empty-command", { "--", "", NULL },
	  "the command after -- is an empty word (\"\")",
	  "leave -- out to start claude" },
	{ "yolo-other", { "--yolo", "--", "bash", NULL },
	  "--yolo: only for claude; the command is bash",
	  "leaving out --yolo" },
	{ "yolo-like", { "--yolo", "--", "claude-code", NULL },
	  "--yolo: only for claude; the command is claude-code",
	  "leaving out --yolo" },
};
/* clang-format on */

/* Parses copies of the words, as a real argv is writable memory. */
static int parse(const char *const *words, struct opt_line *line, struct strv *argv, struct diag *d)
{
	strv_add(argv, "claude-sandbox");
	for (size_t i = 0; i < MAX_WORDS && words[i] != NULL; i++)
		strv_add(argv, words[i]);
	return opt_parse((int)argv->n, argv->v, line, d);
}

START_TEST(bad_lines_are_refused_by_name)
{
	AUTO_STRV struct strv argv = { 0 };
	AUTO_OPT_LINE struct opt_line line = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(parse(bad[_i].words, &line, &argv, &d), -EINVAL);
	ck_assert_int_eq(d.code, -EINVAL);
	ck_assert_str_eq(d.msg, bad[_i].msg);
	ck_assert_str_eq(d.try, bad[_i].try);
}
END_TEST

static const struct {
	const char *words[MAX_WORDS];
	enum conf_mode mode;
	bool good;
} modes[] = {
	{ { NULL }, CONF_LAUNCH, true },
	{ { "--dry-run", NULL }, CONF_DRY_RUN, true },
	{ { "--dry-run=json", NULL }, CONF_DRY_RUN_JSON, true },
	{ { "--dry-run", "--dry-run", NULL }, CONF_DRY_RUN, true },
	{ { "--test", "--test", NULL }, CONF_TEST, true },
	{ { "--security-test", "P", NULL }, CONF_SECURITY_TEST, true },
	{ { "--mutants", NULL }, CONF_SECURITY_TEST, true },
	{ { "--mutants", "--test", NULL }, CONF_TEST, false },
	{ { "--list-syscalls", NULL }, CONF_LIST_SYSCALLS, true },
	{ { "--list-probes", NULL }, CONF_LIST_PROBES, true },
	{ { "--status", NULL }, CONF_STATUS, true },
	{ { "--status=json", NULL }, CONF_STATUS_JSON, true },
	{ { "--status=json", "--help", NULL }, CONF_HELP, true },
	{ { "--status", "--test", NULL }, CONF_TEST, false },
	{ { "-h", NULL }, CONF_HELP, true },
	{ { "--version", NULL }, CONF_VERSION, true },
	{ { "-V", "--help", NULL }, CONF_HELP, true },
	{ { "--test", "--help", NULL }, CONF_HELP, true },
	{ { "--", "--test", NULL }, CONF_LAUNCH, true },
	{ { "--", "ls", "--help", NULL }, CONF_LAUNCH, true },
	{ { "--nett", "--test", NULL }, CONF_TEST, false },
	{ { "--nett", "--security-test", NULL }, CONF_SECURITY_TEST, false },
	{ { "--security-test=P", NULL }, CONF_SECURITY_TEST, false },
	{ { "--audit", "firejail %", NULL }, CONF_SECURITY_TEST, false },
	{ { "--layers", "--mutants", NULL }, CONF_SECURITY_TEST, true },
	{ { "--layers", NULL }, CONF_SECURITY_TEST, true },
	{ { "--layers", "--list-probes", NULL }, CONF_SECURITY_TEST, false },
	{ { "--only", "--test", NULL }, CONF_TEST, false },
	{ { "--test", "--dry-run", NULL }, CONF_TEST, false },
	{ { "--testing", NULL }, CONF_LAUNCH, false },
	{ { "--nett", "--", "--test", NULL }, CONF_LAUNCH, false },
};

START_TEST(the_mode_is_right_also_when_the_line_is_wrong)
{
	AUTO_STRV struct strv argv = { 0 };
	AUTO_OPT_LINE struct opt_line line = { 0 };
	struct diag d = { 0 };
	int r = parse(modes[_i].words, &line, &argv, &d);

	ck_assert_int_eq(r, modes[_i].good ? 0 : -EINVAL);
	ck_assert_int_eq(line.mode, modes[_i].mode);
}
END_TEST

START_TEST(options_stand_on_both_sides_of_the_project)
{
	static const char *const words[] = { "--net=host",  "P",	  "--extra-ro", "a",  "--extra-ro=-b",
					     "--status-fd", "2147483647", "--",		"ls", "--net",
					     "--",	    NULL };
	AUTO_STRV struct strv argv = { 0 };
	AUTO_OPT_LINE struct opt_line line = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(parse(words, &line, &argv, &d), 0);
	ck_assert_str_eq(line.project, "P");
	ck_assert_uint_eq(line.n, 4);
	ck_assert_int_eq(opt_find(&line, OPT_NET)->number, CONF_NET_HOST);
	ck_assert_str_eq(line.given[1].value, "a");
	ck_assert_str_eq(opt_find(&line, OPT_EXTRA_RO)->value, "-b");
	ck_assert_int_eq(opt_find(&line, OPT_STATUS_FD)->number, 2147483647);
	ck_assert_ptr_null(opt_find(&line, OPT_YOLO));
	ck_assert_uint_eq(line.n_command, 3);
	ck_assert_str_eq(line.command[0], "ls");
	ck_assert_str_eq(line.command[2], "--");
}
END_TEST

START_TEST(a_dash_is_a_word)
{
	static const char *const words[] = { "--test", "--output", "-", "-", NULL };
	AUTO_STRV struct strv argv = { 0 };
	AUTO_OPT_LINE struct opt_line line = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(parse(words, &line, &argv, &d), 0);
	ck_assert_str_eq(line.project, "-");
	ck_assert_str_eq(opt_find(&line, OPT_OUTPUT)->value, "-");
}
END_TEST

START_TEST(the_same_value_twice_is_harmless)
{
	static const char *const words[] = { "--net", "none", "--net=none", "-v", "--verbose", NULL };
	AUTO_STRV struct strv argv = { 0 };
	AUTO_OPT_LINE struct opt_line line = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(parse(words, &line, &argv, &d), 0);
	ck_assert_uint_eq(line.n, 2);
}
END_TEST

START_TEST(yolo_is_for_claude)
{
	static const char *const good[][MAX_WORDS] = {
		{ "--yolo", NULL },
		{ "--yolo", "--", "claude", "-p", "x", NULL },
		{ "--yolo", "--", "/opt/bin/claude", NULL },
		{ "--yolo", "--", "--resume", NULL },
	};
	AUTO_STRV struct strv argv = { 0 };
	AUTO_OPT_LINE struct opt_line line = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(parse(good[_i], &line, &argv, &d), 0);
}
END_TEST

START_TEST(an_empty_argv_is_a_launch)
{
	AUTO_OPT_LINE struct opt_line line = { 0 };
	char *none[] = { NULL };
	struct diag d = { 0 };

	ck_assert_int_eq(opt_parse(0, none, &line, &d), 0);
	ck_assert_int_eq(line.mode, CONF_LAUNCH);
}
END_TEST

/* The parser takes the index of a choice for the value of the enum. */
START_TEST(choices_are_in_the_order_of_their_enums)
{
	ck_assert_str_eq(opt_row(OPT_NET)->arg, "none|filtered|open|host");
	ck_assert(CONF_NET_NONE == 0 && CONF_NET_FILTERED == 1 && CONF_NET_OPEN == 2 && CONF_NET_HOST == 3 &&
		  CONF_NETS == 4);
	ck_assert_str_eq(opt_row(OPT_COLOR)->arg, "auto|always|never");
	ck_assert(CONF_COLOR_AUTO == 0 && CONF_COLOR_ALWAYS == 1 && CONF_COLOR_NEVER == 2 &&
		  CONF_COLORS == 3);
	ck_assert_str_eq(opt_row(OPT_FORMAT)->arg, "terminal|tap|json|markdown|junit");
	ck_assert(CONF_FORMAT_TERMINAL == 0 && CONF_FORMAT_TAP == 1 && CONF_FORMAT_JSON == 2 &&
		  CONF_FORMAT_MARKDOWN == 3 && CONF_FORMAT_JUNIT == 4 && CONF_FORMATS == 5);
}
END_TEST

START_TEST(every_option_answers_its_own_name)
{
	AUTO_STRV struct strv argv = { 0 };
	AUTO_OPT_LINE struct opt_line line = { 0 };
	const struct opt_def *o = opt_row((enum opt_id)_i);
	struct diag d = { 0 };

	strv_add(&argv, "claude-sandbox");
	strv_addf(&argv, "--%s", o->name);
	ck_assert_uint_gt(strlen(o->help), 0);
	if (opt_parse((int)argv.n, argv.v, &line, &d) == 0)
		return;
	/* Nothing is unknown; what is missing says so. */
	ck_assert_ptr_null(strstr(d.msg, "unknown option"));
	if (!o->now)
		ck_assert_ptr_nonnull(strstr(d.msg, ": not in this version"));
	ck_assert_int_eq(strncmp(d.msg, argv.v[1], strlen(argv.v[1])), 0);
}
END_TEST

START_TEST(help_is_short_and_complete)
{
	AUTO_FREE char *text = NULL;
	size_t len, lines = 0;
	FILE *f = open_memstream(&text, &len);

	opt_help(f);
	fclose(f);
	for (const char *p = text; *p != '\0'; lines++) {
		size_t n = strcspn(p, "\n");

		ck_assert_uint_le(n, 80);
		p += n + 1;
	}
	ck_assert_uint_le(lines, 60);
	for (enum opt_id id = 0; id < OPTS; id++) {
		AUTO_FREE char *name = xasprintf(" --%s", opt_row(id)->name);
		const char *at = strstr(text, name);

		/* A longer name may begin with this one. */
		while (at != NULL && strchr(" =[\n", at[strlen(name)]) == NULL)
			at = strstr(at + 1, name);
		ck_assert_msg((at != NULL) == opt_row(id)->now, "--%s", opt_row(id)->name);
	}
}
END_TEST

START_TEST(nearest_knows_typing_errors)
{
	static const char *const names[] = { "extra-bind", "extra-ro", "net", "mask", "security-test" };

	ck_assert_str_eq(opt_nearest("nte", names, ARRAY_SIZE(names)), "net");
	ck_assert_str_eq(opt_nearest("extra_ro", names, ARRAY_SIZE(names)), "extra-ro");
	ck_assert_str_eq(opt_nearest("maks", names, ARRAY_SIZE(names)), "mask");
	ck_assert_str_eq(opt_nearest("secu", names, ARRAY_SIZE(names)), "security-test");
	ck_assert_ptr_null(opt_nearest("zzzzzzzz", names, ARRAY_SIZE(names)));
	ck_assert_ptr_null(opt_nearest("net", names, 0));
}
END_TEST

Suite *opt_suite(void)
{
	Suite *s = suite_create("opt");
	TCase *tc = tcase_create("opt");

	tcase_add_test(tc, options_stand_on_both_sides_of_the_project);
	tcase_add_test(tc, a_dash_is_a_word);
	tcase_add_test(tc, the_same_value_twice_is_harmless);
	tcase_add_loop_test(tc, yolo_is_for_claude, 0, 4);
	tcase_add_test(tc, an_empty_argv_is_a_launch);
	tcase_add_test(tc, choices_are_in_the_order_of_their_enums);
	tcase_add_loop_test(tc, every_option_answers_its_own_name, 0, OPTS);
	tcase_add_test(tc, help_is_short_and_complete);
	tcase_add_test(tc, nearest_knows_typing_errors);
	tcase_add_loop_test(tc, the_mode_is_right_also_when_the_line_is_wrong, 0, (int)ARRAY_SIZE(modes));
	suite_add_tcase(s, tc);
	/* One case for each row: the report then names the row. */
	for (int i = 0; i < (int)ARRAY_SIZE(bad); i++) {
		tc = tcase_create(bad[i].name);
		tcase_add_loop_test(tc, bad_lines_are_refused_by_name, i, i + 1);
		suite_add_tcase(s, tc);
	}
	return s;
}
