/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "mem.h"
#include "plan.h"
#include "unit.h"
#include "util.h"

static struct plan_op bind(const char *src, const char *dst)
{
	return (struct plan_op){ .type = PLAN_RO_BIND,
				 .stage = PLAN_STAGE_BWRAP,
				 .src = xstrdup(src),
				 .dst = xstrdup(dst),
				 .why = xstrdup("test") };
}

static char *dump(const struct plan *p, bool json)
{
	char *text = NULL;
	size_t len;
	struct diag d = { 0 };
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	if (json)
		ck_assert_int_eq(plan_dump_json(p, f, &d), 0);
	else
		plan_dump_text(p, f);
	fclose(f);
	return text;
}

START_TEST(operations_keep_their_order)
{
	AUTO_PLAN struct plan p = { 0 };

	for (int i = 0; i < 200; i++) {
		AUTO_FREE char *name = xasprintf("/%d", i);

		plan_add(&p, bind(name, name));
	}
	ck_assert_uint_eq(p.n, 200);
	ck_assert_str_eq(p.op[0].dst, "/0");
	ck_assert_str_eq(p.op[199].dst, "/199");
	plan_del(&p, plan_find(&p, PLAN_RO_BIND, "/100"));
	ck_assert_uint_eq(p.n, 199);
	ck_assert_ptr_null(plan_find(&p, PLAN_RO_BIND, "/100"));
	ck_assert_str_eq(p.op[100].dst, "/101");
	plan_del(&p, &p.op[198]);
	plan_del(&p, &p.op[0]);
	ck_assert_str_eq(p.op[0].dst, "/1");
}
END_TEST

START_TEST(find_compares_type_and_destination)
{
	AUTO_PLAN struct plan p = { 0 };

	ck_assert_ptr_null(plan_find(&p, PLAN_RO_BIND, NULL));
	plan_add(&p, bind("/a", "/b"));
	plan_add(&p, (struct plan_op){ .type = PLAN_SECCOMP, .why = xstrdup("test") });
	ck_assert_ptr_eq(plan_find(&p, PLAN_RO_BIND, NULL), &p.op[0]);
	ck_assert_ptr_eq(plan_find(&p, PLAN_RO_BIND, "/b"), &p.op[0]);
	ck_assert_ptr_null(plan_find(&p, PLAN_RO_BIND, "/a"));
	ck_assert_ptr_null(plan_find(&p, PLAN_RW_BIND, "/b"));
	ck_assert_ptr_eq(plan_find(&p, PLAN_SECCOMP, NULL), &p.op[1]);
	ck_assert_ptr_null(plan_find(&p, PLAN_SECCOMP, "/b"));
}
END_TEST

START_TEST(every_type_and_stage_has_a_name_of_its_own)
{
	for (int i = 0; i < PLAN_TYPES; i++)
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(plan_type_name((enum plan_type)i),
					 plan_type_name((enum plan_type)k));
	for (int i = 0; i < PLAN_STAGES; i++)
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(plan_stage_name((enum plan_stage)i),
					 plan_stage_name((enum plan_stage)k));
	ck_assert(plan_is_mount(PLAN_RO_BIND) && plan_is_mount(PLAN_MASK_FILE) &&
		  !plan_is_mount(PLAN_SETENV));
}
END_TEST

START_TEST(dump_shows_one_operation_a_line)
{
	AUTO_PLAN struct plan p = { 0 };
	AUTO_FREE char *text = NULL;

	plan_add(&p, bind("/a b", "/c\nd\x1b[31m"));
	plan_add(&p,
		 (struct plan_op){
		     .type = PLAN_UID, .stage = PLAN_STAGE_BWRAP, .number = 1000, .why = xstrdup("who") });
	text = dump(&p, false);
	ck_assert_str_eq(text, "bwrap  ro-bind /a b -> /c\\x0ad\\x1b[31m  # test\nbwrap  uid 1000  # who\n");
}
END_TEST

START_TEST(no_dump_shows_a_value)
{
	AUTO_PLAN struct plan p = { 0 };
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *json = NULL;

	plan_add(&p, (struct plan_op){ .type = PLAN_SETENV,
				       .stage = PLAN_STAGE_INIT,
				       .src = xstrdup("TOKEN"),
				       .data = xstrdup("hunter2"),
				       .len = 7,
				       .secret = true,
				       .why = xstrdup("test") });
	plan_add(&p, (struct plan_op){ .type = PLAN_DATA,
				       .stage = PLAN_STAGE_BWRAP,
				       .dst = xstrdup("/etc/passwd"),
				       .data = xstrdup("hunter2"),
				       .len = 7,
				       .why = xstrdup("test") });
	text = dump(&p, false);
	json = dump(&p, true);
	ck_assert_ptr_null(strstr(text, "hunter2"));
	ck_assert_ptr_null(strstr(json, "hunter2"));
	ck_assert_ptr_nonnull(strstr(text, "TOKEN"));
	ck_assert_ptr_nonnull(strstr(json, "TOKEN"));
}
END_TEST

START_TEST(json_dump_is_json)
{
	AUTO_PLAN struct plan p = { 0 };
	AUTO_FREE char *text = NULL;
	struct json_doc doc;
	struct diag d = { 0 };
	const struct json *ops, *dst, *command;

	plan_add(&p, bind("/a\"b", "/c\n\xff\\"));
	plan_add(&p, (struct plan_op){ .type = PLAN_RLIMIT,
				       .stage = PLAN_STAGE_INIT,
				       .dst = xstrdup("core"),
				       .number = 1,
				       .why = xstrdup("x") });
	strv_add(&p.command, "sh");
	strv_add(&p.command, "-c");
	text = dump(&p, true);
	ck_assert_msg(json_parse("dump", text, strlen(text), JSON_PLAIN, &doc, &d) == 0, "%s", d.msg);
	ops = json_get(&doc.root, "ops");
	ck_assert_ptr_nonnull(ops);
	ck_assert_uint_eq(ops->n, 2);
	dst = json_get(&ops->item[0], "dst");
	ck_assert_str_eq(dst->string, "/c\n\xef\xbf\xbd\\");
	command = json_get(&doc.root, "command");
	ck_assert_uint_eq(command->n, 2);
	json_done(&doc);
}
END_TEST

START_TEST(an_empty_plan_is_fine)
{
	AUTO_PLAN struct plan p = { 0 };
	AUTO_FREE char *text = dump(&p, false);
	AUTO_FREE char *json = dump(&p, true);

	ck_assert_str_eq(text, "");
	ck_assert_ptr_nonnull(strstr(json, "\"ops\":["));
	plan_done(&p);
}
END_TEST

Suite *plan_suite(void)
{
	Suite *s = suite_create("plan");
	TCase *t = tcase_create("plan");

	tcase_add_test(t, operations_keep_their_order);
	tcase_add_test(t, find_compares_type_and_destination);
	tcase_add_test(t, every_type_and_stage_has_a_name_of_its_own);
	tcase_add_test(t, dump_shows_one_operation_a_line);
	tcase_add_test(t, no_dump_shows_a_value);
	tcase_add_test(t, json_dump_is_json);
	tcase_add_test(t, an_empty_plan_is_fine);
	suite_add_tcase(s, t);
	return s;
}
