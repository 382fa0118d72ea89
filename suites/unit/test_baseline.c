/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "mem.h"
#include "report/baseline.h"
#include "unit.h"
#include "util.h"

#define HEAD  "{\"schema\":1,\"verdict\":\"pass\",\"exit\":0,\"counts\":{\"probes\":1},"
#define PRINT "\"fingerprint\":{\"tool\":\"claude-sandbox 0.1.0\"},"
#define ROW   "{\"id\":\"sys-a\",\"arm\":\"boxed\",\"where\":\"scratch\",\"state\":\"pass\"}"

static const struct {
	const char *name, *text, *why;
} bad[] = {
	{ "empty", "", "empty" },
	{ "no object", "[]", "not a report: it must be an object" },
	{ "another file", "{\"a\":1}", "\"schema\" is missing" },
	{ "cut off", HEAD PRINT "\"probes\":[" ROW, "without" },
	{ "trailing text", HEAD PRINT "\"probes\":[" ROW "]}x", "text after the end" },
	{ "schema 2", "{\"schema\":2}", "a report of another schema" },
	{ "schema text", "{\"schema\":\"1\"}", "\"schema\" must be a number" },
	{ "error", "{\"schema\":1,\"verdict\":\"error\"}", "a run without a verdict" },
	{ "incomplete", "{\"schema\":1,\"verdict\":\"incomplete\"}", "a run without a verdict" },
	{ "fail", "{\"schema\":1,\"verdict\":\"fail\",\"exit\":1}", "a run that did not pass" },
	{ "no exit", "{\"schema\":1,\"verdict\":\"pass\"}", "\"exit\" is missing" },
	{ "contradiction", "{\"schema\":1,\"verdict\":\"pass\",\"exit\":6}", "it contradicts itself" },
	{ "only", "{\"schema\":1,\"verdict\":\"pass\",\"exit\":0,\"only\":[\"fs-*\"]}", "chosen probes" },
	{ "no counts", "{\"schema\":1,\"verdict\":\"pass\",\"exit\":0,\"probes\":[]}",
	  "\"counts\" is missing" },
	{ "no probes",
	  "{\"schema\":1,\"verdict\":\"pass\",\"exit\":0,\"counts\":{\"probes\":0},\"probes\":[]}",
	  "a report without probes" },
	{ "fewer than counted",
	  "{\"schema\":1,\"verdict\":\"pass\",\"exit\":0,\"counts\":{\"probes\":2}," PRINT "\"probes\":[" ROW
	  "]}",
	  "rows were removed" },
	{ "no fingerprint", HEAD "\"probes\":[" ROW "]}", "\"fingerprint\" is missing" },
	{ "another tool", HEAD "\"fingerprint\":{\"tool\":\"other\"},\"probes\":[" ROW "]}", "another tool" },
	{ "a fact that is none",
	  HEAD "\"fingerprint\":{\"tool\":\"claude-sandbox 1\",\"a\":[]},\"probes\":[" ROW "]}", "a fact" },
	{ "row that is none", HEAD PRINT "\"probes\":[1]}", "a row must be an object" },
	{ "row without a state",
	  HEAD PRINT "\"probes\":[{\"id\":\"a\",\"arm\":\"boxed\",\"where\":\"yours\"}]}",
	  "\"state\" is missing" },
	{ "unknown state",
	  HEAD PRINT "\"probes\":[{\"id\":\"a\",\"arm\":\"boxed\",\"where\":\"yours\",\"state\":\"fine\"}]}",
	  "an unknown arm, box or state" },
	{ "layers that are none",
	  HEAD PRINT "\"probes\":[{\"id\":\"a\",\"arm\":\"boxed\",\"where\":\"yours\",\"state\":\"pass\","
		     "\"layers\":[]}]}",
	  "must name one layer" },
	{ "id that is none",
	  HEAD PRINT
	  "\"probes\":[{\"id\":\"a b\",\"arm\":\"boxed\",\"where\":\"yours\",\"state\":\"pass\"}]}",
	  "this is no id" },
	{ "all skipped",
	  HEAD PRINT
	  "\"probes\":[{\"id\":\"sys-a\",\"arm\":\"boxed\",\"where\":\"scratch\",\"state\":\"skip\"}]}",
	  "nothing passed" },
	{ "only the control passed",
	  HEAD PRINT
	  "\"probes\":[{\"id\":\"sys-a\",\"arm\":\"open\",\"where\":\"scratch\",\"state\":\"pass\"}]}",
	  "nothing passed" },
	{ "row twice",
	  "{\"schema\":1,\"verdict\":\"pass\",\"exit\":0,\"counts\":{\"probes\":2}," PRINT "\"probes\":[" ROW
	  "," ROW "]}",
	  "a row is there twice: sys-a" },
};

START_TEST(what_is_no_whole_report_is_refused)
{
	struct baseline b;
	struct diag d = { 0 };
	int r = baseline_parse("b.json", bad[_i].text, strlen(bad[_i].text), &b, &d);

	baseline_done(&b);
	ck_assert_msg(r < 0, "%s", bad[_i].name);
	ck_assert_msg(strstr(d.msg, bad[_i].why) != NULL, "%s: %s", bad[_i].name, d.msg);
	ck_assert_msg(str_starts(d.msg, "b.json:"), "%s: %s", bad[_i].name, d.msg);
}
END_TEST

/* What may be replaced is more than what may be measured by, and never a file of another kind. */
START_TEST(a_report_of_ours_is_known)
{
	static const struct {
		const char *text;
		bool ours;
	} rows[] = {
		{ HEAD PRINT "\"probes\":[" ROW "]}", true },
		{ "{" PRINT "\"schema\":2,\"verdict\":\"fail\"}", true },
		{ "", false },
		{ "notes of mine\n", false },
		{ "[]", false },
		{ "{}", false },
		{ "{\"fingerprint\":{\"tool\":\"other\"}}", false },
		{ HEAD PRINT "\"probes\":[" ROW, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct diag d = { 0 };
		int r = baseline_is_report("f", rows[i].text, strlen(rows[i].text), &d);

		ck_assert_msg((r == 0) == rows[i].ours, "%s: %s", rows[i].text, d.msg);
	}
}
END_TEST

static struct report_probe *add(struct report *r, const char *id, enum report_arm arm,
				enum report_where where, enum report_state state)
{
	r->probe = xrealloc_array(r->probe, r->n + 1, sizeof(*r->probe));
	r->probe[r->n] = (struct report_probe){
		.id = id,
		.threat = "SC-01",
		.title = "t",
		.class = "escape",
		.severity = "high",
		.arm = arm,
		.where = where,
		.state = state,
		.observed = "denied",
		.expected = xstrdup("denied"),
		.err = xstrdup("EPERM"),
		.step = xstrdup(""),
		.detail = xstrdup(""),
	};
	return &r->probe[r->n++];
}

/* The report as it would lie in a file, read back. */
static void keep(const struct report *r, struct baseline *ret)
{
	char *text = NULL;
	size_t n = 0;
	struct diag d = { 0 };
	FILE *f = open_memstream(&text, &n);

	report_write_json(r, f);
	fclose(f);
	ck_assert_msg(baseline_parse("kept", text, n, ret, &d) == 0, "%s", d.msg);
	free(text);
}

static struct report passing(void)
{
	struct report r = { .verdict = REPORT_VERDICT_PASS, .judged = true };

	report_fingerprint(&r, "tool", xstrdup("claude-sandbox 0.1.0"), false);
	report_fingerprint(&r, "kernel", xstrdup("6.1"), false);
	report_fingerprint(&r, "landlock_abi", xstrdup("2"), true);
	report_fingerprint(&r, "wsl", xstrdup("false"), true);
	report_fingerprint(&r, "agent", NULL, false);
	return r;
}

START_TEST(the_same_report_has_no_difference)
{
	struct report r = passing();
	struct report_baseline out = { .asked = true };
	struct baseline b;
	AUTO_STRV struct strv lines = { 0 };

	add(&r, "sys-b", REPORT_OPEN, REPORT_SCRATCH, REPORT_PASS);
	add(&r, "sys-b", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS);
	add(&r, "sys-a", REPORT_BOXED, REPORT_YOURS, REPORT_SKIP);
	add(&r, "sys-a", REPORT_BOXED, REPORT_SCRATCH, REPORT_WAIVED);
	report_sort(&r);
	keep(&r, &b);
	ck_assert_uint_eq(b.n, 4);
	baseline_compare(&b, &r, &out);
	ck_assert_uint_eq(out.nchange, 0);
	ck_assert_uint_eq(out.nenvironment, 0);
	ck_assert_ptr_null(baseline_worse(&out));
	baseline_lines(&out, 9, &lines);
	ck_assert_uint_eq(lines.n, 1);
	ck_assert_str_eq(lines.v[0], "nothing changed");
	baseline_done(&b);
	report_baseline_done(&out);
	report_done(&r);
}
END_TEST

#define NONE REPORT_STATES
static const struct {
	enum report_state before, after;
	enum report_change_kind kind; /* REPORT_CHANGE_KINDS: no change */
} moves[] = {
	{ REPORT_PASS, REPORT_FAIL, REPORT_REGRESSED },
	{ REPORT_PASS, REPORT_INCONCLUSIVE, REPORT_REGRESSED },
	{ REPORT_PASS, REPORT_ERROR, REPORT_REGRESSED },
	{ REPORT_PASS, REPORT_TIMEOUT, REPORT_REGRESSED },
	{ REPORT_PASS, REPORT_WAIVED, REPORT_REGRESSED },
	{ REPORT_PASS, REPORT_SKIP, REPORT_NEWLY_SKIPPED },
	{ REPORT_FAIL, REPORT_SKIP, REPORT_NEWLY_SKIPPED },
	{ REPORT_FAIL, REPORT_ERROR, REPORT_REGRESSED },
	{ REPORT_SKIP, REPORT_FAIL, REPORT_REGRESSED },
	{ REPORT_WAIVED, REPORT_FAIL, REPORT_REGRESSED },
	{ REPORT_FAIL, REPORT_WAIVED, REPORT_CHANGE_KINDS },
	{ REPORT_FAIL, REPORT_PASS, REPORT_FIXED },
	{ REPORT_WAIVED, REPORT_NOW_PASSING, REPORT_FIXED },
	{ REPORT_SKIP, REPORT_PASS, REPORT_FIXED },
	{ REPORT_PASS, REPORT_NOW_PASSING, REPORT_CHANGE_KINDS },
	{ REPORT_NOW_PASSING, REPORT_PASS, REPORT_CHANGE_KINDS },
	{ REPORT_PASS, NONE, REPORT_VANISHED },
	{ REPORT_SKIP, NONE, REPORT_VANISHED },
	{ NONE, REPORT_PASS, REPORT_NEW },
	{ NONE, REPORT_FAIL, REPORT_NEW },
};

START_TEST(each_move_has_its_name)
{
	struct report before = passing(), after = passing();
	struct report_baseline out = { .asked = true };
	struct baseline b;
	enum report_change_kind kind = moves[_i].kind;
	AUTO_FREE char *worse = NULL;

	add(&before, "ok-a", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS);
	add(&after, "ok-a", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS);
	if (moves[_i].before != NONE)
		add(&before, "sys-x", REPORT_BOXED, REPORT_YOURS, moves[_i].before);
	if (moves[_i].after != NONE)
		add(&after, "sys-x", REPORT_BOXED, REPORT_YOURS, moves[_i].after);
	keep(&before, &b);
	baseline_compare(&b, &after, &out);
	ck_assert_uint_eq(out.nchange, kind != REPORT_CHANGE_KINDS);
	ck_assert(kind == REPORT_CHANGE_KINDS || out.change[0].kind == kind);
	ck_assert(kind == REPORT_CHANGE_KINDS || streq(out.change[0].id, "sys-x"));
	worse = baseline_worse(&out);
	ck_assert_int_eq(worse != NULL, kind <= REPORT_VANISHED);
	ck_assert(worse == NULL || strstr(worse, "sys-x") != NULL);
	ck_assert_int_eq(out.refused != NULL, kind == REPORT_VANISHED);
	baseline_done(&b);
	report_baseline_done(&out);
	report_done(&before);
	report_done(&after);
}
END_TEST

START_TEST(the_environment_comes_first)
{
	struct report before = passing(), after = passing();
	struct report_baseline out = { .asked = true };
	struct baseline b;
	AUTO_STRV struct strv lines = { 0 };

	report_fingerprint(&before, "plan_sha256", xstrdup("0123456789abcdef"), false);
	report_fingerprint(&before, "gone", xstrdup("1"), true);
	report_fingerprint(&after, "plan_sha256", xstrdup("fedcba9876543210"), false);
	free(after.fingerprint[1].value);
	after.fingerprint[1].value = xstrdup("6.12");
	free(after.fingerprint[3].value);
	after.fingerprint[3].value = xstrdup("true");
	after.fingerprint[4].value = xstrdup("2.0.1 (npm)");
	add(&before, "sys-x", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS);
	add(&before, "sys-y", REPORT_BOXED, REPORT_SCRATCH, REPORT_FAIL);
	add(&before, "sys-z", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS);
	add(&after, "sys-x", REPORT_BOXED, REPORT_SCRATCH, REPORT_FAIL);
	add(&after, "sys-y", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS);
	add(&after, "sys-z", REPORT_BOXED, REPORT_SCRATCH, REPORT_FAIL);
	keep(&before, &b);
	baseline_compare(&b, &after, &out);
	baseline_lines(&out, 1, &lines);
	ck_assert_uint_eq(lines.n, 8);
	ck_assert_str_eq(lines.v[0], "environment: kernel 6.1 → 6.12");
	ck_assert_str_eq(lines.v[1], "environment: wsl false → true");
	ck_assert_str_eq(lines.v[2], "environment: agent unknown → 2.0.1 (npm)");
	ck_assert_str_eq(
	    lines.v[3],
	    "environment: plan_sha256 0123456789ab → fedcba987654: another plan, so other settings, "
	    "another project or home, or the host has other files to show or hide");
	ck_assert_str_eq(lines.v[4], "environment: gone 1 → unknown");
	ck_assert_str_eq(lines.v[5], "regressed: sys-x (boxed, scratch): pass → fail");
	ck_assert_str_eq(lines.v[6], "regressed: and 1 more rows");
	ck_assert_str_eq(lines.v[7], "fixed: sys-y (boxed, scratch): fail → pass");
	baseline_done(&b);
	report_baseline_done(&out);
	report_done(&before);
	report_done(&after);
}
END_TEST

START_TEST(what_only_leaves_out_has_not_vanished)
{
	struct report before = passing(), after = passing();
	struct report_baseline out = { .asked = true };
	struct baseline b;

	add(&before, "fs-a", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS);
	add(&before, "fs-b", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS);
	add(&before, "sys-x", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS);
	add(&after, "fs-a", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS);
	strv_add(&after.only, "fs-*");
	keep(&before, &b);
	baseline_compare(&b, &after, &out);
	ck_assert_uint_eq(out.nchange, 1);
	ck_assert_str_eq(out.change[0].id, "fs-b");
	ck_assert_str_eq(
	    out.refused,
	    "1 row of the baseline missing in this run (fs-b): a probe that is gone shows nothing");
	baseline_done(&b);
	report_baseline_done(&out);
	report_done(&before);
	report_done(&after);
}
END_TEST

START_TEST(the_comparison_is_in_the_json)
{
	struct report before = passing(), after = passing();
	struct baseline b;
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	struct json_doc doc;
	struct diag d = { 0 };
	const struct json *c, *row;

	add(&before, "sys-x", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS);
	add(&after, "sys-y", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS);
	after.baseline = (struct report_baseline){ .asked = true, .file = xstrdup("/a \"b\"") };
	keep(&before, &b);
	baseline_compare(&b, &after, &after.baseline);
	report_write_json(&after, f);
	fclose(f);
	ck_assert_msg(json_parse("r", text, n, JSON_LARGE, &doc, &d) == 0, "%s", d.msg);
	c = json_get(&doc.root, "baseline");
	ck_assert_ptr_nonnull(c);
	ck_assert_str_eq(json_get(c, "file")->string, "/a \"b\"");
	ck_assert_ptr_nonnull(json_get(c, "refused")->string);
	ck_assert_uint_eq(json_get(c, "environment")->n, 0);
	ck_assert_uint_eq(json_get(c, "regressed")->n + json_get(c, "fixed")->n, 0);
	ck_assert_uint_eq(json_get(c, "newly_skipped")->n, 0);
	row = &json_get(c, "vanished")->item[0];
	ck_assert_str_eq(json_get(row, "id")->string, "sys-x");
	ck_assert_str_eq(json_get(row, "before")->string, "pass");
	ck_assert_int_eq(json_get(row, "after")->type, JSON_NULL);
	row = &json_get(c, "new")->item[0];
	ck_assert_str_eq(json_get(row, "id")->string, "sys-y");
	ck_assert_int_eq(json_get(row, "before")->type, JSON_NULL);
	ck_assert_uint_eq(json_get(&doc.root, "only")->n, 0);
	json_done(&doc);
	free(text);
	baseline_done(&b);
	report_done(&before);
	report_done(&after);
}
END_TEST

/* All rows pass, and the protection is thinner than it was. */
START_TEST(a_lost_layer_is_held_against_the_run)
{
	static const struct {
		const char *before, *after, *line; /* line NULL: nothing is lost */
	} rows[] = {
		{ "mount", "mount", NULL },
		{ NULL, "mount", NULL },
		{ "landlock", NULL,
		  "regressed: fs-a (boxed, scratch): pass → pass, and no longer refused by landlock: the "
		  "evidence "
		  "names no layer" },
		{ "seccomp", "caps",
		  "regressed: fs-a (boxed, scratch): pass → pass, and no longer refused by seccomp: now by "
		  "caps" },
	};
	struct report before = passing(), after = passing();
	struct report_baseline out = { .asked = true };
	struct baseline b;
	AUTO_STRV struct strv lines = { 0 };
	AUTO_FREE char *worse = NULL;

	add(&before, "fs-a", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS)->layer = rows[_i].before;
	add(&after, "fs-a", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS)->layer = rows[_i].after;
	keep(&before, &b);
	baseline_compare(&b, &after, &out);
	worse = baseline_worse(&out);
	baseline_lines(&out, 9, &lines);
	ck_assert_uint_eq(lines.n, 1);
	ck_assert_str_eq(lines.v[0], rows[_i].line != NULL ? rows[_i].line : "nothing changed");
	ck_assert_int_eq(worse != NULL, rows[_i].line != NULL);
	if (worse != NULL)
		ck_assert_str_eq(worse, "baseline: 1 row regressed (fs-a)");
	baseline_done(&b);
	report_baseline_done(&out);
	report_done(&before);
	report_done(&after);
}
END_TEST

START_TEST(an_older_landlock_is_held_against_the_run)
{
	static const struct {
		const char *before, *after, *worse;
	} rows[] = {
		{ "7", "0", "baseline: landlock_abi went down from 7 to 0" },
		{ "7", "6", "baseline: landlock_abi went down from 7 to 6" },
		{ "7", NULL, "baseline: landlock_abi went down from 7 to unknown" },
		{ "6", "7", NULL },
		{ "7", "7", NULL },
	};
	struct report before = passing(), after = passing();
	struct report_baseline out = { .asked = true };
	struct baseline b;
	AUTO_FREE char *worse = NULL;

	add(&before, "fs-a", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS);
	add(&after, "fs-a", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS);
	free(before.fingerprint[2].value);
	before.fingerprint[2].value = xstrdup(rows[_i].before);
	free(after.fingerprint[2].value);
	after.fingerprint[2].value = rows[_i].after != NULL ? xstrdup(rows[_i].after) : NULL;
	keep(&before, &b);
	baseline_compare(&b, &after, &out);
	worse = baseline_worse(&out);
	ck_assert_msg(worse == NULL ? rows[_i].worse == NULL
				    : rows[_i].worse != NULL && streq(worse, rows[_i].worse),
		      "%s", worse != NULL ? worse : "nothing");
	baseline_done(&b);
	report_baseline_done(&out);
	report_done(&before);
	report_done(&after);
}
END_TEST

Suite *baseline_suite(void)
{
	Suite *s = suite_create("baseline");
	TCase *tc = tcase_create("baseline");

	tcase_add_loop_test(tc, what_is_no_whole_report_is_refused, 0, (int)ARRAY_SIZE(bad));
	tcase_add_test(tc, a_report_of_ours_is_known);
	tcase_add_test(tc, the_same_report_has_no_difference);
	tcase_add_loop_test(tc, each_move_has_its_name, 0, (int)ARRAY_SIZE(moves));
	tcase_add_test(tc, the_environment_comes_first);
	tcase_add_test(tc, what_only_leaves_out_has_not_vanished);
	tcase_add_test(tc, the_comparison_is_in_the_json);
	tcase_add_loop_test(tc, a_lost_layer_is_held_against_the_run, 0, 4);
	tcase_add_loop_test(tc, an_older_landlock_is_held_against_the_run, 0, 5);
	suite_add_tcase(s, tc);
	return s;
}
