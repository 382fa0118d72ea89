/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/failon.h"
#include "gate/gate.h"
#include "gate/skip.h"
#include "json.h"
#include "mem.h"
#include "report/report.h"
#include "unit.h"
#include "util.h"

/* A row of a report that is a pass until a test changes it. */
static struct report_probe make_row(const char *id, enum report_arm arm)
{
	return (struct report_probe){
		.id = id,
		.threat = "SC-01",
		.title = "title",
		.class = "escape",
		.severity = "high",
		.required = true,
		.arm = arm,
		.state = REPORT_PASS,
		.expected = xstrdup("denied"),
		.observed = "denied",
		.err = xstrdup("EPERM"),
		.step = xstrdup("step"),
		.detail = xstrdup("detail"),
	};
}

enum { OK, A, B, C, CONTROL, ROWS };

/* A box that works, three rows and a control that saw what it must. */
static struct report make_report(void)
{
	struct report r = { 0 };

	r.probe = xcalloc(ROWS, sizeof(*r.probe));
	r.probe[OK] = make_row("ok-exec", REPORT_BOXED);
	r.probe[A] = make_row("sys-a", REPORT_BOXED);
	r.probe[B] = make_row("net-b", REPORT_BOXED);
	r.probe[C] = make_row("net-c", REPORT_BOXED);
	r.probe[CONTROL] = make_row("sys-a", REPORT_OPEN);
	r.n = ROWS;
	return r;
}

static char *written(const struct report *r, void (*w)(const struct report *, FILE *))
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	w(r, f);
	fclose(f);
	return text;
}

static bool tap_fails(const struct report *r)
{
	AUTO_FREE char *text = written(r, report_write_tap);
	bool fails = false;

	/* As prove counts: "not ok" fails but for a directive that says that it is expected. */
	for (const char *s = text; s != NULL && *s != '\0'; s = strchr(s, '\n')) {
		s += *s == '\n';
		if (str_starts(s, "not ok")) {
			AUTO_FREE char *line = xstrndup(s, strcspn(s, "\n"));

			fails = fails || strstr(line, " # TO"
						      "DO ") == NULL;
		}
	}
	return fails;
}

/* --- exit codes */

static const int codes[REPORT_PROBLEMS] = { 2, 3, 4, 6, 1, 5 };

/* Every set of problems, added forwards and backwards: the first of 2, 3, 4, 6, 1, 5 decides. */
START_TEST(the_first_problem_decides_whatever_else_holds)
{
	for (unsigned set = 0; set < 1U << REPORT_PROBLEMS; set++) {
		int want = 0;

		for (int p = REPORT_PROBLEMS - 1; p >= 0; p--)
			want = set & 1U << p ? codes[p] : want;
		for (int back = 0; back < 2; back++) {
			struct report r = { .judged = true };

			for (int i = 0; i < REPORT_PROBLEMS; i++) {
				int p = back ? REPORT_PROBLEMS - 1 - i : i;

				if (set & 1U << p)
					gate_add(&r, (enum report_problem)p, REPORT_VERDICT_INCOMPLETE,
						 xasprintf("problem-%d", p));
			}
			gate_close(&r);
			ck_assert_msg(r.exit_code == want, "set %u: %d, not %d", set, r.exit_code, want);
			ck_assert_int_eq(r.verdict == REPORT_VERDICT_PASS, want == 0);
			ck_assert_int_eq(r.verdict == REPORT_VERDICT_FAIL, want == 1 || want == 5);
			ck_assert_int_eq(r.verdict == REPORT_VERDICT_INCOMPLETE, want == 6);
			/* None is lost. */
			for (int p = 0; p < REPORT_PROBLEMS; p++) {
				AUTO_FREE char *word = xasprintf("problem-%d", p);

				ck_assert_int_eq(r.cause != NULL && strstr(r.cause, word) != NULL,
						 (set & 1U << p) != 0);
			}
			report_done(&r);
		}
	}
}
END_TEST

START_TEST(nothing_judged_is_no_pass)
{
	struct report r = { 0 };

	gate_close(&r);
	ck_assert_int_eq(r.exit_code, 6);
	ck_assert_int_eq(r.verdict, REPORT_VERDICT_ERROR);
	gate_add(&r, REPORT_PROBLEM_FINDING, REPORT_VERDICT_FAIL, xstrdup("a baseline says so"));
	ck_assert_int_eq(r.exit_code, 6);
	gate_error(&r, REPORT_PROBLEM_HOST, "no user namespaces");
	ck_assert_int_eq(r.exit_code, 3);
	report_done(&r);
}
END_TEST

START_TEST(an_error_is_worse_than_a_gap)
{
	for (int first = 0; first < 2; first++) {
		struct report r = { .judged = true };

		for (int i = 0; i < 2; i++)
			gate_add(&r, REPORT_PROBLEM_INCOMPLETE,
				 i == first ? REPORT_VERDICT_ERROR : REPORT_VERDICT_INCOMPLETE,
				 xstrdup("why"));
		ck_assert_int_eq(r.verdict, REPORT_VERDICT_ERROR);
		report_done(&r);
	}
}
END_TEST

/* --- rows */

START_TEST(each_state_of_a_row_has_its_exit_code)
{
	static const struct {
		size_t row;
		enum report_state state;
		bool required;
		enum report_where where;
		int code;
		enum report_verdict verdict;
	} cases[] = {
		{ A, REPORT_PASS, true, REPORT_SCRATCH, 0, REPORT_VERDICT_PASS },
		{ A, REPORT_WAIVED, true, REPORT_SCRATCH, 0, REPORT_VERDICT_PASS },
		{ A, REPORT_NOW_PASSING, true, REPORT_SCRATCH, 0, REPORT_VERDICT_PASS },
		{ A, REPORT_FAIL, true, REPORT_SCRATCH, 1, REPORT_VERDICT_FAIL },
		{ A, REPORT_FAIL, false, REPORT_SCRATCH, 1, REPORT_VERDICT_FAIL },
		{ A, REPORT_FAIL, true, REPORT_YOURS, 1, REPORT_VERDICT_FAIL },
		{ A, REPORT_SKIP, true, REPORT_SCRATCH, 6, REPORT_VERDICT_INCOMPLETE },
		{ A, REPORT_SKIP, true, REPORT_YOURS, 0, REPORT_VERDICT_PASS },
		{ A, REPORT_SKIP, false, REPORT_SCRATCH, 0, REPORT_VERDICT_PASS },
		{ A, REPORT_INCONCLUSIVE, true, REPORT_SCRATCH, 6, REPORT_VERDICT_INCOMPLETE },
		{ A, REPORT_INCONCLUSIVE, true, REPORT_YOURS, 6, REPORT_VERDICT_INCOMPLETE },
		{ A, REPORT_INCONCLUSIVE, false, REPORT_SCRATCH, 0, REPORT_VERDICT_PASS },
		{ A, REPORT_ERROR, true, REPORT_SCRATCH, 6, REPORT_VERDICT_INCOMPLETE },
		{ A, REPORT_ERROR, false, REPORT_SCRATCH, 0, REPORT_VERDICT_PASS },
		{ A, REPORT_TIMEOUT, true, REPORT_SCRATCH, 6, REPORT_VERDICT_INCOMPLETE },
		{ A, REPORT_TIMEOUT, false, REPORT_SCRATCH, 0, REPORT_VERDICT_PASS },
		{ OK, REPORT_FAIL, true, REPORT_SCRATCH, 6, REPORT_VERDICT_ERROR },
		{ OK, REPORT_SKIP, true, REPORT_SCRATCH, 6, REPORT_VERDICT_ERROR },
		{ OK, REPORT_WAIVED, true, REPORT_SCRATCH, 6, REPORT_VERDICT_ERROR },
		{ OK, REPORT_FAIL, false, REPORT_SCRATCH, 1, REPORT_VERDICT_FAIL },
		{ CONTROL, REPORT_INCONCLUSIVE, true, REPORT_SCRATCH, 6, REPORT_VERDICT_INCOMPLETE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct report r = make_report();
		struct report_probe *p = &r.probe[cases[i].row];

		p->state = cases[i].state;
		p->required = cases[i].required;
		p->where = cases[i].where;
		gate_judge(&r);
		ck_assert_msg(r.exit_code == cases[i].code && r.verdict == cases[i].verdict,
			      "case %zu: exit %d, verdict %d", i, r.exit_code, r.verdict);
		/* prove and the exit code agree. */
		ck_assert_msg(tap_fails(&r) == (r.exit_code != 0), "case %zu: TAP", i);
		report_done(&r);
	}
}
END_TEST

START_TEST(an_incomplete_run_keeps_its_findings)
{
	struct report r = make_report();

	r.probe[A].state = REPORT_FAIL;
	r.probe[B].state = REPORT_INCONCLUSIVE;
	gate_judge(&r);
	ck_assert_int_eq(r.exit_code, 6);
	ck_assert_ptr_nonnull(strstr(r.cause, "1 required row shows nothing: net-b (inconclusive)"));
	ck_assert_ptr_nonnull(strstr(r.cause, "also: 1 finding"));
	report_done(&r);
}
END_TEST

/* --- --fail-on */

#define MANIFEST_TEXT \
	"sys-a SC-01 escape critical harmless required - 5 allowed denied seccomp - \"a\"\n" \
	"net-b NE-01 discovery low harmless required - 5 allowed denied ns-net - \"b\"\n" \
	"net-c NE-02 exfiltration medium destructive optional - 5 allowed denied ns-net - \"c\"\n" \
	"ok-exec OK-01 function critical harmless required - 5 allowed allowed - - \"ok\"\n"

static struct manifest make_manifest(void)
{
	struct manifest m = { 0 };
	struct diag d = { 0 };

	ck_assert_msg(manifest_parse("M", MANIFEST_TEXT, strlen(MANIFEST_TEXT), &m, &d) == 0, "%s", d.msg);
	return m;
}

/* Findings: sys-a critical escape, net-b low discovery, net-c medium exfiltration. */
START_TEST(rules_say_which_findings_fail_a_run)
{
	static const struct {
		const char *rules;
		size_t fails;
	} cases[] = {
		{ NULL, 3 },
		{ "all", 3 },
		{ "low", 3 },
		{ "medium", 2 },
		{ "high", 1 },
		{ "critical", 1 },
		{ "discovery", 1 },
		{ "escape,exfiltration", 2 },
		{ "persistence", 0 },
		{ "net-*", 2 },
		{ "net-b", 1 },
		{ "persistence,net-b,critical", 2 },
		{ "skip", 3 },
		{ "inconclusive,timeout,error", 3 },
		{ "skip,critical", 1 },
		{ "dos,function", 0 },
	};
	struct manifest m = make_manifest();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct report r = make_report();
		struct diag d = { 0 };
		size_t fails = 0;

		for (size_t k = A; k <= C; k++) {
			const struct manifest_row *row = manifest_find(&m, r.probe[k].id);

			r.probe[k].state = REPORT_FAIL;
			r.probe[k].class = row->class;
			r.probe[k].severity = row->severity;
		}
		ck_assert_int_eq(failon_check(cases[i].rules, &m, &d), 0);
		failon_apply(cases[i].rules, &r);
		gate_judge(&r);
		for (size_t k = 0; k < r.n; k++)
			fails += gate_fails(&r.probe[k]);
		ck_assert_msg(fails == cases[i].fails, "%s: %zu", cases[i].rules, fails);
		ck_assert_int_eq(r.exit_code, fails > 0);
		ck_assert_int_eq(tap_fails(&r), fails > 0);
		/* What is left out is said, above all in a pass. */
		if (fails < 3) {
			AUTO_FREE char *words = xasprintf("%zu finding%s below --fail-on %s", 3 - fails,
							  fails == 2 ? " is" : "s are", cases[i].rules);

			ck_assert_ptr_nonnull(strstr(r.cause, words));
		}
		report_done(&r);
	}
	manifest_done(&m);
}
END_TEST

START_TEST(rules_count_states_also_of_optional_rows)
{
	static const struct {
		const char *rules;
		enum report_state state;
		enum report_skip skip;
		enum report_where where;
		bool counts;
	} cases[] = {
		{ "skip", REPORT_SKIP, REPORT_SKIP_NOT_APPLICABLE, REPORT_SCRATCH, true },
		{ "high,skip", REPORT_SKIP, REPORT_SKIP_MISSING_TOOL, REPORT_SCRATCH, true },
		{ "skip", REPORT_SKIP, REPORT_SKIP_UNSUPPORTED, REPORT_YOURS, false },
		{ "unsupported", REPORT_SKIP, REPORT_SKIP_UNSUPPORTED, REPORT_SCRATCH, true },
		{ "unsupported", REPORT_SKIP, REPORT_SKIP_MISSING_TOOL, REPORT_SCRATCH, false },
		{ "missing-tool", REPORT_SKIP, REPORT_SKIP_MISSING_TOOL, REPORT_SCRATCH, true },
		{ "not-applicable", REPORT_SKIP, REPORT_SKIP_NOT_APPLICABLE, REPORT_SCRATCH, true },
		{ "inconclusive", REPORT_INCONCLUSIVE, REPORT_SKIP_NONE, REPORT_YOURS, true },
		{ "inconclusive", REPORT_ERROR, REPORT_SKIP_NONE, REPORT_SCRATCH, false },
		{ "error", REPORT_ERROR, REPORT_SKIP_NONE, REPORT_SCRATCH, true },
		{ "timeout", REPORT_TIMEOUT, REPORT_SKIP_NONE, REPORT_SCRATCH, true },
		{ "waived", REPORT_WAIVED, REPORT_SKIP_NONE, REPORT_SCRATCH, true },
		{ "now-passing", REPORT_NOW_PASSING, REPORT_SKIP_NONE, REPORT_SCRATCH, true },
		{ "all", REPORT_WAIVED, REPORT_SKIP_NONE, REPORT_SCRATCH, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct report r = make_report();

		r.probe[C].required = false;
		r.probe[C].state = cases[i].state;
		r.probe[C].skip = cases[i].skip;
		r.probe[C].where = cases[i].where;
		failon_apply(cases[i].rules, &r);
		gate_judge(&r);
		ck_assert_msg(r.probe[C].counts == cases[i].counts, "case %zu", i);
		ck_assert_msg(r.exit_code == (cases[i].counts ? 1 : 0), "case %zu: %d", i, r.exit_code);
		ck_assert_msg(tap_fails(&r) == cases[i].counts, "case %zu: TAP", i);
		if (cases[i].counts) {
			AUTO_FREE char *text = written(&r, report_write_tap);

			/* The row itself, not the verdict alone. */
			ck_assert_ptr_nonnull(strstr(text, "\nnot ok 4 - net-c"));
		}
		report_done(&r);
	}
}
END_TEST

START_TEST(no_rule_excuses_what_is_incomplete)
{
	static const char *const rules[] = { "critical", "dos", "net-c", "all", NULL };

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		struct report r = make_report();

		r.probe[A].state = REPORT_INCONCLUSIVE;
		failon_apply(rules[i], &r);
		gate_judge(&r);
		ck_assert_int_eq(r.exit_code, 6);
		report_done(&r);
	}
}
END_TEST

START_TEST(rules_that_are_not_understood_are_refused)
{
	static const struct {
		const char *rules, *near;
	} cases[] = {
		{ "critcal", "critical" },
		{ "high,medum", "medium" },
		{ "High", "high" },
		{ "exfil", "exfiltration" },
		{ "sys-aa", "sys-a" },
		{ "missing-tols", "missing-tool" },
		{ "sys-*x", "sys-a" },
		{ "qqqqqqqqqqqqq", "claude-sandbox-report(5)" },
		{ "", "--fail-on high,inconclusive" },
		{ ",high", "--fail-on high,inconclusive" },
		{ "high,", "--fail-on high,inconclusive" },
		{ "high,,low", "--fail-on high,inconclusive" },
		{ " high", "high" },
	};
	struct manifest m = make_manifest();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct diag d = { 0 };

		ck_assert_msg(failon_check(cases[i].rules, &m, &d) < 0, "%s", cases[i].rules);
		ck_assert_msg(str_starts(d.msg, "--fail-on: "), "%s", d.msg);
		ck_assert_msg(strstr(d.try, cases[i].near) != NULL, "%s: %s", cases[i].rules, d.try);
	}
	manifest_done(&m);
}
END_TEST

/* --- skips */

START_TEST(the_words_of_a_probe_say_which_skip_it_is)
{
	static const struct {
		const char *words;
		enum report_skip skip;
	} cases[] = {
		{ "needs CANARY_TTY", REPORT_SKIP_MISSING_TOOL },
		{ "needs net= in CANARY_NS", REPORT_SKIP_MISSING_TOOL },
		{ "CANARY_LAN is not ADDRESS:PORT", REPORT_SKIP_MISSING_TOOL },
		{ "needs kernel 6.8", REPORT_SKIP_UNSUPPORTED },
		{ "this kernel has no x32 calls", REPORT_SKIP_UNSUPPORTED },
		{ "this file system has no inode flags", REPORT_SKIP_UNSUPPORTED },
		{ "no such call on this architecture", REPORT_SKIP_UNSUPPORTED },
		{ "no cgroup v1 here", REPORT_SKIP_UNSUPPORTED },
		{ "written for x86_64", REPORT_SKIP_UNSUPPORTED },
		{ "user namespaces are not supported", REPORT_SKIP_UNSUPPORTED },
		{ "this home has no such file", REPORT_SKIP_NOT_APPLICABLE },
		{ "the hard limit is 0 already", REPORT_SKIP_NOT_APPLICABLE },
		{ "", REPORT_SKIP_NOT_APPLICABLE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_msg(skip_of(cases[i].words) == cases[i].skip, "%s", cases[i].words);
}
END_TEST

static void write_terminal(const struct report *r, FILE *f)
{
	report_write_terminal(r, f, false, false);
}

START_TEST(optional_rows_that_could_not_be_tried_are_listed)
{
	static const struct {
		enum report_skip skip;
		bool required, listed;
	} cases[] = {
		{ REPORT_SKIP_UNSUPPORTED, false, true },
		{ REPORT_SKIP_MISSING_TOOL, false, true },
		{ REPORT_SKIP_NOT_APPLICABLE, false, false },
		{ REPORT_SKIP_UNSUPPORTED, true, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct report r = make_report();

		r.probe[C].state = REPORT_SKIP;
		r.probe[C].skip = cases[i].skip;
		r.probe[C].required = cases[i].required;
		r.probe[C].reason = xstrdup("why not");
		gate_judge(&r);
		{
			AUTO_FREE char *json = written(&r, report_write_json);
			AUTO_FREE char *markdown = written(&r, report_write_markdown);
			AUTO_FREE char *terminal = written(&r, write_terminal);
			struct json_doc doc;
			struct diag d = { 0 };
			const struct json *list;

			ck_assert_int_eq(json_parse("r", json, strlen(json), JSON_PLAIN, &doc, &d), 0);
			list = json_get(&doc.root, "not_shown");
			ck_assert_uint_eq(list->n, cases[i].listed);
			if (cases[i].listed)
				ck_assert_str_eq(json_get(&list->item[0], "skip")->string,
						 report_skip_name(cases[i].skip));
			ck_assert_str_eq(json_get(&json_get(&doc.root, "probes")->item[C], "skip")->string,
					 report_skip_name(cases[i].skip));
			json_done(&doc);
			ck_assert_int_eq(strstr(markdown, "## Not shown") != NULL, cases[i].listed);
			ck_assert_int_eq(strstr(terminal, "Not shown (optional):") != NULL, cases[i].listed);
		}
		report_done(&r);
	}
}
END_TEST

START_TEST(a_mutant_without_a_verdict_is_no_finding)
{
	static const struct {
		enum report_mutant_state a, b;
		int exit;
		const char *cause;
	} cases[] = {
		{ REPORT_KILLED, REPORT_KILLED, 0, NULL },
		{ REPORT_SURVIVED, REPORT_KILLED, 1, "1 of 2 mutants was not killed" },
		{ REPORT_KILLED, REPORT_MUTANT_ERROR, 6, "1 of 2 mutants gave no verdict" },
		{ REPORT_SURVIVED, REPORT_MUTANT_ERROR, 6,
		  "1 of 2 mutants gave no verdict; also: 1 of 2 mutants was not killed" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct report r = make_report();

		gate_judge(&r);
		r.mutant = xcalloc(2, sizeof(*r.mutant));
		r.nmutant = 2;
		r.mutant[0].state = cases[i].a;
		r.mutant[1].state = cases[i].b;
		gate_mutants(&r);
		ck_assert_int_eq(r.exit_code, cases[i].exit);
		if (cases[i].cause != NULL)
			ck_assert_str_eq(r.cause, cases[i].cause);
		report_done(&r);
	}
}
END_TEST

/* Every row of probes/INPUTS: a reader of a report knows no name of an input. */
START_TEST(a_missing_input_is_named_in_words)
{
	AUTO_FILE FILE *f = fopen("probes/INPUTS", "re");
	AUTO_FREE char *two = skip_words("needs net= in CANARY_NS, CANARY_OF_NOBODY: A");
	char line[1024];
	size_t n = 0;

	ck_assert_str_eq(two, "needs net= in the namespaces of the host, CANARY_OF_NOBODY: A");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		AUTO_FREE char *words = NULL;

		if (!str_starts(line, "CANARY_"))
			continue;
		line[strcspn(line, " ")] = '\0';
		words = skip_words(line);
		ck_assert_msg(strstr(words, "CANARY_") == NULL, "%s has no words in inputs.def", line);
		n++;
	}
	ck_assert_uint_gt(n, 50);
}
END_TEST

/* The rows that always run along pass; what was asked for showed nothing. */
START_TEST(chosen_rows_that_show_nothing_are_no_pass)
{
	static const struct {
		const char *id;
		enum report_state state;
		bool opened;
		int code;
	} rows[] = {
		{ "wsl-exec", REPORT_PASS, false, 0 },	       { "wsl-exec", REPORT_SKIP, false, 6 },
		{ "wsl-exec", REPORT_INCONCLUSIVE, false, 6 }, { "wsl-exec", REPORT_TIMEOUT, false, 6 },
		{ "wsl-exec", REPORT_FAIL, false, 1 },	       { "wsl-exec", REPORT_WAIVED, false, 0 },
		{ "wsl-exec", REPORT_SKIP, true, 0 },	       { "fs-other", REPORT_SKIP, false, 0 },
	};
	struct report r = { 0 };

	r.probe = xcalloc(4, sizeof(*r.probe));
	r.n = 3;
	r.probe[0] = (struct report_probe){ .id = "ok-exec", .arm = REPORT_BOXED, .required = true };
	r.probe[1] = (struct report_probe){ .id = "ok-exec", .arm = REPORT_OPEN };
	r.probe[2] = (struct report_probe){ .id = rows[_i].id, .arm = REPORT_BOXED };
	r.probe[0].state = r.probe[1].state = REPORT_PASS;
	r.probe[2].state = rows[_i].state;
	r.probe[2].opened = rows[_i].opened;
	strv_add(&r.only, streq(rows[_i].id, "fs-other") ? "ok-*" : "wsl-*");
	gate_judge(&r);
	ck_assert_int_eq(r.exit_code, rows[_i].code);
	if (rows[_i].code == 6) {
		ck_assert_int_eq(r.verdict, REPORT_VERDICT_INCOMPLETE);
		ck_assert_msg(strstr(r.cause, "no row that --only chose shows anything: wsl-exec") != NULL,
			      "%s", r.cause);
	}
	report_done(&r);
}
END_TEST

Suite *gate_suite(void)
{
	Suite *s = suite_create("gate");
	TCase *tc = tcase_create("gate");

	tcase_add_test(tc, the_first_problem_decides_whatever_else_holds);
	tcase_add_test(tc, nothing_judged_is_no_pass);
	tcase_add_test(tc, an_error_is_worse_than_a_gap);
	tcase_add_test(tc, each_state_of_a_row_has_its_exit_code);
	tcase_add_test(tc, an_incomplete_run_keeps_its_findings);
	tcase_add_test(tc, rules_say_which_findings_fail_a_run);
	tcase_add_test(tc, rules_count_states_also_of_optional_rows);
	tcase_add_test(tc, no_rule_excuses_what_is_incomplete);
	tcase_add_test(tc, rules_that_are_not_understood_are_refused);
	tcase_add_test(tc, the_words_of_a_probe_say_which_skip_it_is);
	tcase_add_test(tc, a_mutant_without_a_verdict_is_no_finding);
	tcase_add_test(tc, a_missing_input_is_named_in_words);
	tcase_add_test(tc, optional_rows_that_could_not_be_tried_are_listed);
	tcase_add_loop_test(tc, chosen_rows_that_show_nothing_are_no_pass, 0, 8);
	suite_add_tcase(s, tc);
	return s;
}
