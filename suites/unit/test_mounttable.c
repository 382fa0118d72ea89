/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "mounttable.h"
#include "unit.h"
#include "util.h"

/* A host of one disk, /usr/local a second one, a /proc and a tmpfs. */
#define HOST \
	"1 0 8:1 / / rw - ext4 d rw\n" \
	"2 1 8:2 / /usr/local rw - ext4 d rw\n" \
	"3 1 0:5 / /proc rw - proc p rw\n" \
	"4 1 0:6 / /tmp rw - tmpfs t rw\n" \
	"5 1 0:7 / /usrx rw - tmpfs t rw\n" \
	"6 1 0:8 / /usr/twice rw - tmpfs t rw\n" \
	"7 6 0:9 / /usr/twice rw - tmpfs t rw\n"
#define ROOT "10 9 0:20 /newroot / ro,nosuid,nodev - tmpfs t rw\n"
#define PROC \
	"11 10 0:21 / /proc ro,nosuid,nodev,noexec - proc p rw\n" \
	"12 11 0:21 /irq /proc/irq ro,nosuid,nodev - proc p rw\n"
#define NODE(n) "20 13 0:4 /" n " /dev/" n " rw,nosuid - devtmpfs d rw\n"
#define DEV \
	"13 10 0:22 / /dev rw,nosuid,nodev - tmpfs t rw\n" NODE("null") NODE("zero") NODE("full") \
	    NODE("random") NODE("urandom") NODE("tty") "14 13 0:23 / /dev/pts rw,nosuid - devpts d rw\n"
#define USR	  "15 10 8:1 /usr /usr ro,nosuid,nodev - ext4 d rw\n"
#define USR_LOCAL "16 15 8:2 / /usr/local ro,nosuid,nodev - ext4 d rw\n"
#define TMP	  "17 10 0:24 / /tmp rw,nosuid,nodev - tmpfs t rw\n"
#define PROJECT	  "18 10 8:1 /p /p rw,nosuid,nodev - ext4 d rw\n"
#define HOSTS	  "19 10 0:20 /bindfile1//deleted /hosts ro,nosuid,nodev - tmpfs t rw\n"
#define BOX	  ROOT PROC DEV USR USR_LOCAL TMP PROJECT HOSTS

static const struct row {
	const char *name, *box;
	enum check_id check;
	const char *point;
} rows[] = {
	{ "as planned", BOX, CHECKS, NULL },
	{ "what the host has gained since", ROOT PROC DEV USR TMP PROJECT HOSTS, CHECKS, NULL },
	{ "the lower of two as it was",
	  BOX "40 15 0:8 / /usr/twice rw - tmpfs t rw\n41 40 0:9 / /usr/twice ro,nosuid,nodev - tmpfs t rw\n",
	  CHECKS, NULL },
	{ "the upper of two as it was",
	  BOX "40 15 0:8 / /usr/twice ro,nosuid,nodev - tmpfs t rw\n41 40 0:9 / /usr/twice rw - tmpfs t rw\n",
	  CHECK_MOUNT_FLAGS, "/usr/twice" },
	{ "three for two",
	  BOX "40 15 0:8 / /usr/twice ro,nosuid,nodev - tmpfs t rw\n41 40 0:9 / /usr/twice ro,nosuid,nodev - "
	      "tmpfs t rw\n42 41 0:9 / /usr/twice ro,nosuid,nodev - tmpfs t rw\n",
	  CHECK_MOUNT_MORE, "/usr/twice" },
	{ "one more on the fresh /tmp", BOX "30 17 8:1 /h/.ssh /tmp/k ro,nosuid,nodev - ext4 d rw\n",
	  CHECK_MOUNT_MORE, "/tmp/k" },
	{ "one more over what is planned", BOX "30 15 8:1 /h/.ssh /usr ro,nosuid,nodev - ext4 d rw\n",
	  CHECK_MOUNT_MORE, "/usr" },
	{ "one more over a carried one", BOX USR_LOCAL, CHECK_MOUNT_MORE, "/usr/local" },
	{ "one more with an escaped name", BOX "30 17 8:1 / /tmp/a\\040b ro,nosuid,nodev - ext4 d rw\n",
	  CHECK_MOUNT_MORE, "/tmp/a b" },
	{ "a second root", BOX ROOT, CHECK_MOUNT_MORE, "/" },
	{ "a name that only begins alike", BOX "30 10 0:7 / /usrx ro,nosuid,nodev - tmpfs t rw\n",
	  CHECK_MOUNT_MORE, "/usrx" },
	{ "no generated file", ROOT PROC DEV USR USR_LOCAL TMP PROJECT, CHECK_MOUNT_LESS, "/hosts" },
	{ "nothing", "", CHECK_MOUNT_LESS, "/" },
	{ "no terminals",
	  ROOT PROC "13 10 0:22 / /dev rw,nosuid,nodev - tmpfs t rw\n" NODE("null") NODE("zero") NODE("full")
	      NODE("random") NODE("urandom") NODE("tty") USR TMP PROJECT HOSTS,
	  CHECK_MOUNT_LESS, "/dev/pts" },
	{ "the root writable", "10 9 0:20 / / rw,nosuid,nodev - tmpfs t ro\n" PROC DEV USR TMP PROJECT HOSTS,
	  CHECK_MOUNT_WRITABLE, "/" },
	{ "a bind writable",
	  ROOT PROC DEV TMP PROJECT HOSTS "15 10 8:1 /usr /usr rw,nosuid,nodev - ext4 d ro\n",
	  CHECK_MOUNT_WRITABLE, "/usr" },
	{ "a carried one writable",
	  ROOT PROC DEV USR TMP PROJECT HOSTS "16 15 8:2 / /usr/local rw,nosuid,nodev - ext4 d rw\n",
	  CHECK_MOUNT_WRITABLE, "/usr/local" },
	{ "setuid programs", ROOT PROC DEV USR TMP HOSTS "18 10 8:1 /p /p rw,nodev - ext4 d rw\n",
	  CHECK_MOUNT_FLAGS, "/p" },
	{ "devices", ROOT PROC DEV USR TMP HOSTS "18 10 8:1 /p /p rw,nosuid - ext4 d rw\n", CHECK_MOUNT_FLAGS,
	  "/p" },
	{ "a directory for a fresh /tmp",
	  ROOT PROC DEV USR PROJECT HOSTS "17 10 8:1 /h /tmp rw,nosuid,nodev - ext4 t rw\n",
	  CHECK_MOUNT_FRESH, "/tmp" },
	{ "the host's /tmp",
	  ROOT PROC DEV USR PROJECT HOSTS "17 10 0:6 / /tmp rw,nosuid,nodev - tmpfs t rw\n",
	  CHECK_MOUNT_FRESH, "/tmp" },
	{ "the host's /proc",
	  ROOT "11 10 0:5 / /proc ro,nosuid,nodev - proc p rw\n" DEV USR TMP PROJECT HOSTS, CHECK_MOUNT_FRESH,
	  "/proc" },
	{ "the host's file for a generated one",
	  ROOT PROC DEV USR TMP PROJECT "19 10 8:1 /etc/hosts /hosts ro,nosuid,nodev - ext4 t rw\n",
	  CHECK_MOUNT_FRESH, "/hosts" },
};

static void add(struct plan *p, enum plan_type type, enum plan_stage stage, const char *src, const char *dst)
{
	plan_add(p, (struct plan_op){ .type = type,
				      .stage = stage,
				      .src = src != NULL ? xstrdup(src) : NULL,
				      .dst = xstrdup(dst),
				      .why = xstrdup("test") });
}

static struct plan planned(const char *usr)
{
	struct plan p = { 0 };

	add(&p, PLAN_PROC, PLAN_STAGE_BWRAP, NULL, "/proc");
	add(&p, PLAN_DEV, PLAN_STAGE_BWRAP, NULL, "/dev");
	add(&p, PLAN_SYMLINK, PLAN_STAGE_BWRAP, "usr/bin", "/bin");
	add(&p, PLAN_RO_BIND, PLAN_STAGE_BWRAP, usr, "/usr");
	add(&p, PLAN_TMPFS, PLAN_STAGE_BWRAP, NULL, "/tmp");
	add(&p, PLAN_RW_BIND, PLAN_STAGE_BWRAP, "/p", "/p");
	add(&p, PLAN_DATA, PLAN_STAGE_BWRAP, NULL, "/hosts");
	add(&p, PLAN_REMOUNT_RO, PLAN_STAGE_BWRAP, NULL, "/proc");
	add(&p, PLAN_REMOUNT_RO, PLAN_STAGE_BWRAP, NULL, "/");
	add(&p, PLAN_MASK_FILE, PLAN_STAGE_FD, NULL, "/usr/secret");
	return p;
}

static bool differs(const struct plan *p, const char *const *source, const char *box,
		    mounttable_excuse *excuse, void *arg, struct mounttable_miss *ret)
{
	struct mounttable t;
	bool alike;

	mounttable_plan(p, source, HOST, &t);
	alike = mounttable_compare(&t, box, excuse, arg, ret);
	mounttable_done(&t);
	return !alike;
}

static bool never(void *arg, enum check_id miss, const char *point)
{
	(void)miss;
	*(const char **)arg = point;
	return false;
}

static bool always(void *arg, enum check_id miss, const char *point)
{
	(void)miss;
	(void)arg;
	(void)point;
	return true;
}

START_TEST(a_difference_is_named)
{
	const struct row *row = &rows[_i];
	AUTO_PLAN struct plan p = planned("/usr");
	const char *asked = NULL;
	struct mounttable_miss miss;

	ck_assert_msg(differs(&p, NULL, row->box, never, &asked, &miss) == (row->check != CHECKS), "%s: %s",
		      row->name, miss.point != NULL ? miss.point : "nothing");
	ck_assert_int_eq(miss.check, row->check);
	if (row->point != NULL)
		ck_assert_str_eq(miss.point, row->point);
	free(miss.point);
}
END_TEST

START_TEST(what_cant_be_reached_may_be_left_as_it_is)
{
	static const char carried[] =
	    ROOT PROC DEV USR TMP PROJECT HOSTS "16 15 8:2 / /usr/local rw - ext4 d rw\n",
			  planned_one[] = ROOT PROC DEV TMP PROJECT HOSTS
			  "15 10 8:1 /usr /usr rw,nosuid,nodev - ext4 d ro\n";
	AUTO_PLAN struct plan p = planned("/usr");
	struct mounttable_miss miss;

	ck_assert(!differs(&p, NULL, carried, always, NULL, &miss));
	/* ... but not where the plan mounts something itself */
	ck_assert(differs(&p, NULL, planned_one, always, NULL, &miss));
	ck_assert_int_eq(miss.check, CHECK_MOUNT_WRITABLE);
	free(miss.point);
}
END_TEST

START_TEST(a_generated_file_that_the_host_has_replaced_may_be_gone)
{
	AUTO_PLAN struct plan p = planned("/usr");
	struct mounttable_miss miss;

	ck_assert(!differs(&p, NULL, ROOT PROC DEV USR TMP PROJECT, always, NULL, &miss));
	ck_assert(differs(&p, NULL, ROOT PROC DEV USR PROJECT HOSTS, always, NULL, &miss));
	ck_assert_str_eq(miss.point, "/tmp");
	free(miss.point);
}
END_TEST

START_TEST(a_source_behind_a_symlink_carries_what_is_below_its_target)
{
	AUTO_PLAN struct plan p = planned("/link");
	const char *source[16] = { [3] = "/usr" };
	struct mounttable_miss miss;

	ck_assert(differs(&p, NULL, BOX, NULL, NULL, &miss));
	ck_assert_str_eq(miss.point, "/usr/local");
	free(miss.point);
	ck_assert(!differs(&p, source, BOX, NULL, NULL, &miss));
}
END_TEST

Suite *mounttable_suite(void)
{
	Suite *s = suite_create("mounttable");
	TCase *t = tcase_create("mounttable");

	tcase_add_loop_test(t, a_difference_is_named, 0, ARRAY_SIZE(rows));
	tcase_add_test(t, what_cant_be_reached_may_be_left_as_it_is);
	tcase_add_test(t, a_generated_file_that_the_host_has_replaced_may_be_gone);
	tcase_add_test(t, a_source_behind_a_symlink_carries_what_is_below_its_target);
	suite_add_tcase(s, t);
	return s;
}
