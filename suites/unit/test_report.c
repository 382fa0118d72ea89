/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "mem.h"
#include "report/areas.h"
#include "report/report.h"
#include "unit.h"
#include "util.h"

#define HOSTILE "\033[31m\"quote\" | <b> # \\ \xff\n/home/alice/secret"

static struct strv no_layers;

static struct report_probe make_probe(const char *id, enum report_arm arm, enum report_where where,
				      enum report_state state)
{
	return (struct report_probe){
		.id = id,
		.threat = "SC-01",
		.title = "it does not # work",
		.class = "escape",
		.severity = "high",
		.remedy = "do " HOSTILE,
		.declared = &no_layers,
		.required = true,
		.arm = arm,
		.where = where,
		.state = state,
		.reason = state == REPORT_PASS ? NULL : xstrdup(HOSTILE),
		.expected = xstrdup("denied"),
		.observed = "denied",
		.err = xstrdup("EPERM"),
		.step = xstrdup("open"),
		.detail = xstrdup(HOSTILE),
		.seconds = 0.25,
	};
}

static struct report make_report(void)
{
	struct report r = { .verdict = REPORT_VERDICT_FAIL, .exit_code = 1, .cause = xstrdup(HOSTILE) };

	r.probe = xcalloc(4, sizeof(*r.probe));
	r.probe[0] = make_probe("sys-b", REPORT_BOXED, REPORT_SCRATCH, REPORT_FAIL);
	r.probe[1] = make_probe("sys-a", REPORT_OPEN, REPORT_SCRATCH, REPORT_PASS);
	r.probe[2] = make_probe("sys-a", REPORT_BOXED, REPORT_YOURS, REPORT_SKIP);
	r.probe[3] = make_probe("sys-a", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS);
	r.n = 4;
	r.mutant = xcalloc(1, sizeof(*r.mutant));
	r.nmutant = 1;
	r.mutant[0] = (struct report_mutant){
		.id = "no-seccomp", .why = "no filter", .state = REPORT_KILLED, .proof = xstrdup(HOSTILE)
	};
	strv_add(&r.mutant[0].killed_by, "sys-b");
	strv_add(&r.open, HOSTILE);
	report_fingerprint(&r, "kernel", xstrdup("6.1 on workhorse"), false);
	report_fingerprint(&r, "landlock_abi", xstrdup("7"), true);
	report_fingerprint(&r, "bpf_sha256", NULL, false);
	r.home = xstrdup("/home/alice");
	r.project = xstrdup("/home/alice/secret");
	r.user = xstrdup("alice");
	r.hostname = xstrdup("workhorse");
	report_sort(&r);
	return r;
}

typedef void writer(const struct report *r, FILE *f);

static void write_terminal(const struct report *r, FILE *f)
{
	report_write_terminal(r, f, false, true);
}

static char *written(writer *w)
{
	struct report r = make_report();
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	w(&r, f);
	fclose(f);
	report_done(&r);
	ck_assert_uint_eq(strlen(text), n);
	return text;
}

START_TEST(the_order_is_by_id_arm_and_box)
{
	struct report r = make_report();

	ck_assert(r.probe[0].arm == REPORT_BOXED && r.probe[0].where == REPORT_SCRATCH);
	ck_assert(r.probe[1].arm == REPORT_BOXED && r.probe[1].where == REPORT_YOURS);
	ck_assert(r.probe[2].arm == REPORT_OPEN);
	ck_assert_str_eq(r.probe[3].id, "sys-b");
	ck_assert_uint_eq(report_count(&r, REPORT_BOXED, REPORT_PASS), 1);
	ck_assert_uint_eq(report_count(&r, REPORT_ARMS, REPORT_PASS), 2);
	report_done(&r);
}
END_TEST

START_TEST(json_is_json_whatever_was_seen)
{
	AUTO_FREE char *text = written(report_write_json);
	struct json_doc doc;
	struct diag d = { 0 };
	const struct json *probes, *print;

	ck_assert_msg(json_parse("report", text, strlen(text), JSON_PLAIN, &doc, &d) == 0, "%s", d.msg);
	ck_assert_str_eq(json_get(&doc.root, "verdict")->string, "fail");
	ck_assert_int_eq((int)json_get(&doc.root, "schema")->integer, REPORT_SCHEMA);
	probes = json_get(&doc.root, "probes");
	ck_assert_uint_eq(probes->n, 4);
	ck_assert_str_eq(json_get(&probes->item[3], "state")->string, "fail");
	ck_assert_str_eq(json_get(&probes->item[2], "arm")->string, "open");
	print = json_get(&doc.root, "fingerprint");
	ck_assert_int_eq((int)json_get(print, "landlock_abi")->integer, 7);
	ck_assert_int_eq(json_get(print, "bpf_sha256")->type, JSON_NULL);
	ck_assert_str_eq(json_get(&json_get(&doc.root, "mutants")->item[0], "state")->string, "killed");
	json_done(&doc);
}
END_TEST

START_TEST(tap_has_as_many_tests_as_it_announces)
{
	AUTO_FREE char *text = written(report_write_tap);
	size_t tests = 0, bad = 0;

	ck_assert(str_starts(text, "TAP version 14\n1..6\n"));
	for (const char *s = text; s != NULL; s = strchr(s, '\n')) {
		s += *s == '\n';
		tests += str_starts(s, "ok ") || str_starts(s, "not ok ");
		bad += str_starts(s, "not ok ");
	}
	ck_assert_uint_eq(tests, 6);
	ck_assert_uint_eq(bad, 2);
	/* A title must not become a directive. */
	ck_assert_ptr_nonnull(strstr(text, "does not \\# work"));
}
END_TEST

START_TEST(no_writer_lets_control_bytes_out)
{
	static writer *const writers[] = { report_write_json, report_write_tap, report_write_markdown,
					   write_terminal };

	for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
		AUTO_FREE char *text = written(writers[i]);

		ck_assert_msg(strchr(text, '\033') == NULL, "writer %zu", i);
		ck_assert(strlen(text) > 0 && text[strlen(text) - 1] == '\n');
	}
}
END_TEST

START_TEST(markdown_names_no_machine_user_or_path)
{
	AUTO_FREE char *text = written(report_write_markdown);

	ck_assert_ptr_null(strstr(text, "alice"));
	ck_assert_ptr_null(strstr(text, "workhorse"));
	ck_assert_ptr_nonnull(strstr(text, "6.1 on HOST"));
	ck_assert_ptr_nonnull(strstr(text, "PROJECT"));
	/* A bar of a text must not end a cell. */
	ck_assert_ptr_nonnull(strstr(text, "\\|"));
}
END_TEST

START_TEST(findings_come_first_with_their_remedy)
{
	AUTO_FREE char *text = written(write_terminal);
	const char *finding = strstr(text, "sys-b"), *skipped = strstr(text, "sys-a");

	ck_assert(str_starts(text, "FAIL"));
	ck_assert(finding != NULL && skipped != NULL && finding < skipped);
	ck_assert_ptr_nonnull(strstr(text, "remedy"));
	ck_assert_ptr_nonnull(strstr(text, "Left open on purpose"));
}
END_TEST

START_TEST(every_id_has_one_area)
{
	static const char *const ids[] = { "sys-mount", "ok-exec", "system-x", "sys", "zz-y", "" };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		size_t n = 0;

		for (const struct area *a = areas;; a++) {
			n += area_has(a, ids[i]);
			if (a->prefix == NULL)
				break;
		}
		ck_assert_uint_eq(n, 1);
	}
}
END_TEST

Suite *report_suite(void)
{
	Suite *s = suite_create("report");
	TCase *tc = tcase_create("report");

	tcase_add_test(tc, the_order_is_by_id_arm_and_box);
	tcase_add_test(tc, json_is_json_whatever_was_seen);
	tcase_add_test(tc, tap_has_as_many_tests_as_it_announces);
	tcase_add_test(tc, no_writer_lets_control_bytes_out);
	tcase_add_test(tc, markdown_names_no_machine_user_or_path);
	tcase_add_test(tc, findings_come_first_with_their_remedy);
	tcase_add_test(tc, every_id_has_one_area);
	suite_add_tcase(s, tc);
	return s;
}
