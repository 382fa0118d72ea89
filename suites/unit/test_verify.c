/* SPDX-License-Identifier: MIT */
/* Plans of recorded machines pass; each way to break one is refused by name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "replayed.h"
#include "unit.h"
#include "util.h"
#include "verify.h"

START_TEST(plan_of_a_recorded_machine_holds)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, replayed_machines[_i], NULL);
	ck_assert_int_eq(replayed_plan(&r), 0);
	ck_assert_msg(verify_plan(&r.plan, &r.policy, &r.diag) == 0, "%s", r.diag.msg);
}
END_TEST

static struct plan_op *op(struct replayed *r, enum plan_type type, const char *dst)
{
	struct plan_op *o = plan_find(&r->plan, type, dst);

	ck_assert_msg(o != NULL, "the plan has no %s %s: this break breaks nothing", plan_type_name(type),
		      dst != NULL ? dst : "");
	return o;
}

static void del(struct replayed *r, enum plan_type type, const char *dst)
{
	plan_del(&r->plan, op(r, type, dst));
}

static void set(char **field, const char *value)
{
	free(*field);
	*field = xstrdup(value);
}

/* Appends a mount at its stage's end. */
static void add(struct replayed *r, enum plan_type type, enum plan_stage stage, const char *src,
		const char *dst)
{
	plan_add(&r->plan, (struct plan_op){ .type = type,
					     .stage = stage,
					     .src = src != NULL ? xstrdup(src) : NULL,
					     .dst = xstrdup(dst),
					     .why = xstrdup("broken on purpose") });
}

static void number(struct replayed *r, enum plan_type type, enum plan_stage stage, const char *dst, long n)
{
	add(r, type, stage, NULL, dst);
	r->plan.op[r->plan.n - 1].number = n;
}

static void rlimit(struct replayed *r, const char *name, long n)
{
	number(r, PLAN_RLIMIT, PLAN_STAGE_INIT, name, n);
}

static void limit(struct replayed *r, const char *name, long n)
{
	number(r, PLAN_LIMIT, PLAN_STAGE_LAUNCH, name, n);
}

/* Moves an operation behind all others. */
static void to_end(struct replayed *r, struct plan_op *o)
{
	struct plan_op copy = *o;

	memmove(o, o + 1, (size_t)(r->plan.op + r->plan.n - 1 - o) * sizeof(*o));
	r->plan.op[r->plan.n - 1] = copy;
}

static void swap(struct plan_op *a, struct plan_op *b)
{
	struct plan_op copy = *a;

	*a = *b;
	*b = copy;
}

#define BREAK(name, ...) \
	static void name(struct replayed *r) \
	{ \
		__VA_ARGS__; \
	}

BREAK(shared_user, del(r, PLAN_UNSHARE, "user"))
BREAK(shared_pid, del(r, PLAN_UNSHARE, "pid"))
BREAK(shared_ipc, del(r, PLAN_UNSHARE, "ipc"))
BREAK(shared_uts, del(r, PLAN_UNSHARE, "uts"))
BREAK(shared_cgroup, del(r, PLAN_UNSHARE, "cgroup"))
BREAK(shared_net, del(r, PLAN_UNSHARE, "net"))
BREAK(capabilities, del(r, PLAN_CAP_DROP, NULL))
BREAK(some_capabilities, set(&op(r, PLAN_CAP_DROP, NULL)->dst, "CAP_SYS_ADMIN"))
BREAK(new_privileges, del(r, PLAN_NO_NEW_PRIVS, NULL))
BREAK(outlives, del(r, PLAN_DIE_WITH_PARENT, NULL))
BREAK(open_fds, del(r, PLAN_CLOSE_FDS, NULL))
BREAK(raw_stdio, del(r, PLAN_RELAY_STDIO, NULL))
BREAK(unwatched_trees, del(r, PLAN_WATCH, NULL))
BREAK(files_not_held, del(r, PLAN_HOLD, NULL))
BREAK(dumpable, del(r, PLAN_NON_DUMPABLE, NULL))
BREAK(bwrap_is_pid_1, del(r, PLAN_AS_PID_1, NULL))
BREAK(nested, del(r, PLAN_NO_NESTED_USERNS, NULL))
BREAK(uid_0, op(r, PLAN_UID, NULL)->number = 0)
BREAK(gid_0, op(r, PLAN_GID, NULL)->number = 0)
BREAK(kernel_uid_0, r->policy.kernel_uid = 0)
BREAK(core_0, op(r, PLAN_RLIMIT, "core")->number = 0)
BREAK(files_without_end, del(r, PLAN_RLIMIT, "nofile"))
BREAK(files_more, op(r, PLAN_RLIMIT, "nofile")->number++)
BREAK(file_smaller, rlimit(r, "fsize", 1 << 20))
BREAK(file_size_lost, r->policy.limit[LIMIT_DISK].n = 1 << 20)
BREAK(memory_lost, r->policy.limit[LIMIT_MEMORY].n = 1 << 30)
BREAK(memory_more, r->policy.limit[LIMIT_MEMORY].n = 1 << 30; limit(r, "memory", 2L << 30))
BREAK(limit_unasked, limit(r, "tasks", 100))
BREAK(limit_unknown, limit(r, "io", 100))
BREAK(no_filter, del(r, PLAN_SECCOMP, NULL))
BREAK(empty_filter, op(r, PLAN_SECCOMP, NULL)->len = 8)
BREAK(two_filters, plan_add(&r->plan, (struct plan_op){ .type = PLAN_SECCOMP,
							.stage = PLAN_STAGE_INIT,
							.data = xstrdup("12345678"),
							.len = 8,
							.why = xstrdup("second") }))
BREAK(root_writable, del(r, PLAN_REMOUNT_RO, "/"))
BREAK(proc_writable, del(r, PLAN_REMOUNT_RO, "/proc"))
BREAK(tmp_without_size, del(r, PLAN_SIZE, "/tmp"))
BREAK(home_larger, op(r, PLAN_SIZE, "/home/ann")->number = 50)
BREAK(dev_without_end, op(r, PLAN_SIZE, "/dev")->number = 0)
BREAK(share_lost, del(r, PLAN_SHARE, "inotify-watches"))
BREAK(share_larger, op(r, PLAN_SHARE, "inotify-instances")->number = 100)
BREAK(share_twice, number(r, PLAN_SHARE, PLAN_STAGE_FD, "inotify-watches", 50))
BREAK(share_unknown, number(r, PLAN_SHARE, PLAN_STAGE_FD, "pipes", 50))
BREAK(size_of_project, plan_add(&r->plan, (struct plan_op){ .type = PLAN_SIZE,
							    .stage = PLAN_STAGE_FD,
							    .dst = xstrdup("/home/ann/proj"),
							    .number = 1,
							    .why = xstrdup("x") }))
BREAK(proc_of_host, del(r, PLAN_PROC, "/proc"))
BREAK(proc_bound, op(r, PLAN_PROC, "/proc")->type = PLAN_RO_BIND)
BREAK(dev_of_host, del(r, PLAN_DEV, "/dev"))
BREAK(usr_writable, op(r, PLAN_RO_BIND, "/usr")->type = PLAN_RW_BIND)
BREAK(passwd_backup_shown, del(r, PLAN_MASK_FILE, "/etc/passwd-"))
BREAK(sudoers_shown, del(r, PLAN_MASK_DIR, "/etc/sudoers.d"))
BREAK(kmsg_shown, del(r, PLAN_MASK_FILE, "/proc/kmsg"))
BREAK(home_of_host, del(r, PLAN_TMPFS, "/home/ann"))
BREAK(tmp_of_host, op(r, PLAN_TMPFS, "/tmp")->type = PLAN_RW_BIND;
      set(&op(r, PLAN_RW_BIND, "/tmp")->src, "/tmp"))
BREAK(passwd_of_host, del(r, PLAN_DATA, "/etc/passwd"))
BREAK(passwd_forged, set(&op(r, PLAN_DATA, "/etc/passwd")->data, "root");
      op(r, PLAN_DATA, "/etc/passwd")->len = 4)
BREAK(passwd_made_of_another, op(r, PLAN_FILE, op(r, PLAN_DATA, "/etc/passwd")->via)->data[0] = 'X')
BREAK(passwd_made_of_nothing, del(r, PLAN_FILE, op(r, PLAN_DATA, "/etc/passwd")->via))
BREAK(passwd_source_writable, op(r, PLAN_FILE, op(r, PLAN_DATA, "/etc/passwd")->via)->number = 0666)
BREAK(ssh_bound, add(r, PLAN_RO_BIND, PLAN_STAGE_FD, "/home/ann/.ssh", "/home/ann/.ssh"))
BREAK(elsewhere_bound, add(r, PLAN_RW_BIND, PLAN_STAGE_FD, "/home/ann/lib", "/home/ann/lib"))
BREAK(other_source, set(&op(r, PLAN_RW_BIND, "/home/ann/proj")->src, "/home/ann"))
BREAK(other_usr, set(&op(r, PLAN_RO_BIND, "/usr")->src, "/home/ann"))
BREAK(project_missing, del(r, PLAN_RW_BIND, "/home/ann/proj"))
BREAK(project_covered, add(r, PLAN_TMPFS, PLAN_STAGE_FD, NULL, "/home/ann"))
BREAK(root_covered, add(r, PLAN_RO_BIND, PLAN_STAGE_FD, "/", "/"))
BREAK(no_source, mem_free_ptr(&op(r, PLAN_RO_BIND, "/usr")->src))
BREAK(mask_uncovered, to_end(r, op(r, PLAN_RO_BIND, "/etc")); r->plan.op[r->plan.n - 1].stage = PLAN_STAGE_FD)
BREAK(bwrap_after_fd, to_end(r, op(r, PLAN_RO_BIND, "/usr")))
BREAK(home_after_project, swap(op(r, PLAN_TMPFS, "/home/ann"), op(r, PLAN_RW_BIND, "/home/ann/proj")))
BREAK(relative, set(&op(r, PLAN_RO_BIND, "/usr")->dst, "usr"))
BREAK(dots, set(&op(r, PLAN_RO_BIND, "/usr")->dst, "/tmp/../usr"))
BREAK(no_reason, set(&op(r, PLAN_RO_BIND, "/usr")->why, ""))
BREAK(no_type, op(r, PLAN_RO_BIND, "/usr")->type = PLAN_INVALID)
BREAK(no_stage, op(r, PLAN_RO_BIND, "/usr")->stage = PLAN_STAGE_NONE)
BREAK(mask_by_bwrap, add(r, PLAN_MASK_FILE, PLAN_STAGE_BWRAP, NULL, "/home/ann/proj/x");
      to_end(r, op(r, PLAN_MASK_FILE, "/etc/passwd-")))
BREAK(pin_outside, add(r, PLAN_PIN, PLAN_STAGE_FD, NULL, "/usr/lib"))
BREAK(foreign_variable, plan_add(&r->plan, (struct plan_op){ .type = PLAN_SETENV,
							     .stage = PLAN_STAGE_INIT,
							     .src = xstrdup("LD_PRELOAD"),
							     .data = xstrdup("/tmp/x.so"),
							     .len = 9,
							     .why = xstrdup("broken") }))
BREAK(other_value, set(&op(r, PLAN_SETENV, NULL)->data, "/tmp/evil"))
BREAK(variable_missing, del(r, PLAN_SETENV, NULL))
BREAK(no_workdir, del(r, PLAN_CHDIR, NULL))
BREAK(host_name, del(r, PLAN_HOSTNAME, NULL))
BREAK(tree_from_elsewhere, set(&op(r, PLAN_RO_BIND, "/var/lib/dpkg")->src, "/home/ann"))
BREAK(init_from_elsewhere, set(&r->policy.init, "/usr/libexec/claude-sandbox/init");
      set(&op(r, PLAN_RO_BIND, "/run/claude-sandbox/init")->src, "/home/ann/.netrc"))
BREAK(hidden_behind_link, add(r, PLAN_RO_BIND, PLAN_STAGE_FD, "/etc/ssh", "/etc/ssh"))
BREAK(unshare_in_no_one_s_stage, op(r, PLAN_UNSHARE, "net")->stage = PLAN_STAGE_INIT)
BREAK(filter_in_no_one_s_stage, op(r, PLAN_SECCOMP, NULL)->stage = PLAN_STAGE_LAUNCH)
BREAK(landlock_one_path_too_many, plan_add(&r->plan, (struct plan_op){ .type = PLAN_LANDLOCK,
								       .stage = PLAN_STAGE_INIT,
								       .dst = xstrdup("/home"),
								       .number = PLAN_RIGHTS_READ,
								       .why = xstrdup("broken") }))
BREAK(landlock_writes_usr, op(r, PLAN_LANDLOCK, "/usr")->number = PLAN_RIGHTS_WRITE)
BREAK(landlock_devices_in_tmp, op(r, PLAN_LANDLOCK, "/tmp")->number = PLAN_RIGHTS_DEVICE)
BREAK(landlock_reads_the_root, op(r, PLAN_LANDLOCK, "/")->number = PLAN_RIGHTS_READ)
BREAK(no_landlock, while (plan_find(&r->plan, PLAN_LANDLOCK, NULL) != NULL) del(r, PLAN_LANDLOCK, NULL))

static const struct {
	const char *name;
	void (*edit)(struct replayed *);
	const char *says;
} breaks[] = {
#define ROW(name, says) \
	{ \
#name, name, says \
	}
	ROW(shared_user, "user namespace"),
	ROW(shared_pid, "pid namespace"),
	ROW(shared_ipc, "ipc namespace"),
	ROW(shared_uts, "uts namespace"),
	ROW(shared_cgroup, "cgroup namespace"),
	ROW(shared_net, "net namespace"),
	ROW(capabilities, "cap-drop"),
	ROW(some_capabilities, "capabilities"),
	ROW(new_privileges, "no-new-privs"),
	ROW(outlives, "die-with-parent"),
	ROW(open_fds, "close-fds"),
	ROW(raw_stdio, "relay-stdio"),
	ROW(unwatched_trees, "watch"),
	ROW(files_not_held, "hold"),
	ROW(dumpable, "non-dumpable"),
	ROW(bwrap_is_pid_1, "as-pid-1"),
	ROW(nested, "nested"),
	ROW(uid_0, "uid inside"),
	ROW(gid_0, "gid inside"),
	ROW(kernel_uid_0, "uid 0"),
	ROW(core_0, "core"),
	ROW(files_without_end, "open files"),
	ROW(files_more, "open files"),
	ROW(file_smaller, "size of a file"),
	ROW(file_size_lost, "size of a file"),
	ROW(memory_lost, "memory is not limited"),
	ROW(memory_more, "memory is not limited"),
	ROW(limit_unasked, "tasks is not limited as asked"),
	ROW(limit_unknown, "nobody asked for"),
	ROW(no_filter, "filter"),
	ROW(empty_filter, "filter"),
	ROW(two_filters, "filter"),
	ROW(root_writable, "root"),
	ROW(proc_writable, "/proc"),
	ROW(tmp_without_size, "/tmp can take half of the machine's memory"),
	ROW(home_larger, "/home/ann can take half of the machine's memory"),
	ROW(dev_without_end, "/dev can take half of the machine's memory"),
	ROW(share_lost, "the share of the user's inotify-watches is not 50 percent"),
	ROW(share_larger, "the share of the user's inotify-instances is not 25 percent"),
	ROW(share_twice, "the share of the user's inotify-watches is not 50 percent"),
	ROW(share_unknown, "a share of what the kernel does not count for each user"),
	ROW(size_of_project, "a size of what is not fresh"),
	ROW(proc_of_host, "/proc"),
	ROW(proc_bound, "/proc"),
	ROW(dev_of_host, "/dev"),
	ROW(usr_writable, "/usr"),
	ROW(passwd_backup_shown, "/etc/passwd-"),
	ROW(sudoers_shown, "/etc/sudoers.d"),
	ROW(kmsg_shown, "/proc/kmsg"),
	ROW(home_of_host, "/home/ann"),
	ROW(tmp_of_host, "/tmp"),
	ROW(passwd_of_host, "/etc/passwd"),
	ROW(passwd_forged, "/etc/passwd"),
	ROW(passwd_made_of_another, "/etc/passwd"),
	ROW(passwd_made_of_nothing, "/etc/passwd"),
	ROW(passwd_source_writable, "/etc/passwd"),
	ROW(ssh_bound, "/home/ann/.ssh"),
	ROW(elsewhere_bound, "/home/ann/lib"),
	ROW(other_source, "/home/ann/proj"),
	ROW(other_usr, "/usr"),
	ROW(project_missing, "/home/ann/proj"),
	ROW(project_covered, "/home/ann"),
	ROW(root_covered, "root"),
	ROW(no_source, "source"),
	ROW(mask_uncovered, "/etc"),
	ROW(bwrap_after_fd, "descriptor"),
	ROW(home_after_project, "/home/ann/proj"),
	ROW(relative, "absolute"),
	ROW(dots, "absolute"),
	ROW(no_reason, "reason"),
	ROW(no_type, "type"),
	ROW(no_stage, "stage"),
	ROW(mask_by_bwrap, ""),
	ROW(pin_outside, "/usr/lib"),
	ROW(foreign_variable, "LD_PRELOAD"),
	ROW(other_value, "variable"),
	ROW(variable_missing, "variable"),
	ROW(no_workdir, "chdir"),
	ROW(host_name, "hostname"),
	ROW(tree_from_elsewhere, "/var/lib/dpkg"),
	ROW(init_from_elsewhere, "init"),
	ROW(hidden_behind_link, "/etc/ssh"),
	ROW(unshare_in_no_one_s_stage, "stage"),
	ROW(filter_in_no_one_s_stage, "stage"),
	ROW(landlock_one_path_too_many, "Landlock grants too much at /home"),
	ROW(landlock_writes_usr, "Landlock grants too much at /usr"),
	ROW(landlock_devices_in_tmp, "Landlock grants too much at /tmp"),
	ROW(landlock_reads_the_root, "Landlock grants too much at /"),
	ROW(no_landlock, "Landlock is left out"),
#undef ROW
};

START_TEST(broken_plan_is_refused)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", NULL);
	ck_assert_int_eq(replayed_plan(&r), 0);
	breaks[_i].edit(&r);
	ck_assert_msg(verify_plan(&r.plan, &r.policy, &r.diag) == -EPERM, "%s is not noticed",
		      breaks[_i].name);
	ck_assert_msg(strstr(r.diag.msg, breaks[_i].says) != NULL, "%s: %s", breaks[_i].name, r.diag.msg);
}
END_TEST

START_TEST(host_network_must_be_asked_for)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", NULL);
	r.conf.value[CONFKEY_NETWORK_MODE].n = CONF_NET_HOST;
	ck_assert_int_eq(replayed_plan(&r), 0);
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), 0);
	r.policy.net_host = false;
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), -EPERM);
}
END_TEST

START_TEST(a_log_of_connections_is_the_policy_s)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", NULL);
	r.conf.value[CONFKEY_NETWORK_MODE].n = CONF_NET_OPEN;
	r.conf.egress_log = xstrdup("/var/tmp/log");
	r.conf.egress_log_origin = xstrdup("--egress-log");
	ck_assert_int_eq(replayed_plan(&r), 0);
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), 0);
	free(plan_find(&r.plan, PLAN_EGRESS_LOG, NULL)->dst);
	plan_find(&r.plan, PLAN_EGRESS_LOG, NULL)->dst = xstrdup("/var/tmp/other");
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), -EPERM);
	plan_del(&r.plan, plan_find(&r.plan, PLAN_EGRESS_LOG, NULL));
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), -EPERM);
}
END_TEST

START_TEST(allowed_ports_are_the_policy_s)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", NULL);
	r.conf.value[CONFKEY_NETWORK_MODE].n = CONF_NET_OPEN;
	replayed_extra(&r.conf.port, "443", "config.json:1:1");
	ck_assert_int_eq(replayed_plan(&r), 0);
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), 0);
	free(plan_find(&r.plan, PLAN_PORT, NULL)->dst);
	plan_find(&r.plan, PLAN_PORT, NULL)->dst = xstrdup("22");
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), -EPERM);
	plan_del(&r.plan, plan_find(&r.plan, PLAN_PORT, NULL));
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), -EPERM);
}
END_TEST

START_TEST(the_proxy_outside_is_the_policy_s)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	struct plan_op *op;

	replayed_open(&r, "debian-merged-usr", NULL);
	r.conf.value[CONFKEY_NETWORK_MODE].n = CONF_NET_OPEN;
	r.conf.upstream = xstrdup("http://u:p@proxy.example:3128");
	r.conf.upstream_origin = xstrdup("--upstream");
	r.conf.no_proxy = xstrdup("corp.example");
	ck_assert_int_eq(replayed_plan(&r), 0);
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), 0);
	op = plan_find(&r.plan, PLAN_UPSTREAM, "proxy.example:3128");
	ck_assert_ptr_nonnull(op);
	ck_assert_str_eq(op->data, "Basic dTpw");
	ck_assert(op->secret);
	op->data[6]++;
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), -EPERM);
	op->data[6]--;
	op = plan_find(&r.plan, PLAN_DIRECT, "*.corp.example:*");
	ck_assert_ptr_nonnull(op);
	set(&op->dst, "*.example:*");
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), -EPERM);
	set(&op->dst, "*.corp.example:*");
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), 0);
	set(&plan_find(&r.plan, PLAN_UPSTREAM, NULL)->dst, "other.example:3128");
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), -EPERM);
	plan_del(&r.plan, plan_find(&r.plan, PLAN_UPSTREAM, NULL));
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), -EPERM);
}
END_TEST

START_TEST(who_keeps_what_goes_out_is_the_policy_s)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", NULL);
	r.conf.value[CONFKEY_NETWORK_MODE].n = CONF_NET_OPEN;
	ck_assert_int_eq(replayed_plan(&r), 0);
	r.policy.mitmdump = xstrdup("/usr/bin/mitmdump");
	r.policy.flows = xstrdup("/var/tmp/flows");
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), -EPERM);
	plan_add(&r.plan, (struct plan_op){ .type = PLAN_MITMPROXY,
					    .stage = PLAN_STAGE_LAUNCH,
					    .src = xstrdup("/usr/bin/mitmdump"),
					    .dst = xstrdup("/var/tmp/flows"),
					    .why = xstrdup("a test") });
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), 0);
	set(&plan_find(&r.plan, PLAN_MITMPROXY, NULL)->src, "/var/tmp/mitmdump");
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), -EPERM);
	set(&plan_find(&r.plan, PLAN_MITMPROXY, NULL)->src, "/usr/bin/mitmdump");
	set(&plan_find(&r.plan, PLAN_MITMPROXY, NULL)->dst, "/var/tmp/other");
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), -EPERM);
}
END_TEST

START_TEST(ports_across_the_border_are_the_policy_s)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", NULL);
	r.conf.value[CONFKEY_NETWORK_MODE].n = CONF_NET_OPEN;
	replayed_extra(&r.conf.host_port, "5432", "--host-port");
	replayed_extra(&r.conf.publish, "8080", "--publish");
	ck_assert_int_eq(replayed_plan(&r), 0);
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), 0);
	free(plan_find(&r.plan, PLAN_PUBLISH, NULL)->dst);
	plan_find(&r.plan, PLAN_PUBLISH, NULL)->dst = xstrdup("22");
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), -EPERM);
	plan_del(&r.plan, plan_find(&r.plan, PLAN_PUBLISH, NULL));
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), -EPERM);
}
END_TEST

START_TEST(unfiltered_must_be_asked_for)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", NULL);
	r.conf.no_seccomp = true;
	ck_assert_int_eq(replayed_plan(&r), 0);
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), 0);
	r.policy.no_seccomp = false;
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), -EPERM);
}
END_TEST

START_TEST(what_is_protected_in_the_project_must_be_pinned)
{
	struct policy_entry *e;
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", NULL);
	replayed_extra(&r.conf.extra_ro, "/home/ann/proj/src", "--extra-ro");
	ck_assert_int_eq(replayed_plan(&r), 0);
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), 0);
	/* one level deeper, without a pin of src */
	e = &r.policy.entry[r.policy.nentry - 1];
	ck_assert_str_eq(e->path, "/home/ann/proj/src");
	set(&e->path, "/home/ann/proj/src/deep");
	set(&e->src, "/home/ann/proj/src/deep");
	set(&op(&r, PLAN_RO_BIND, "/home/ann/proj/src")->src, "/home/ann/proj/src/deep");
	set(&op(&r, PLAN_RO_BIND, "/home/ann/proj/src")->dst, "/home/ann/proj/src/deep");
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), -EPERM);
	ck_assert_ptr_nonnull(strstr(r.diag.msg, "not pinned"));
}
END_TEST

START_TEST(root_must_leave_uid_0)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "root-home-root", NULL);
	ck_assert_int_eq(replayed_plan(&r), 0);
	del(&r, PLAN_KERNEL_UID, NULL);
	ck_assert_int_eq(verify_plan(&r.plan, &r.policy, &r.diag), -EPERM);
}
END_TEST

START_TEST(an_empty_plan_is_refused)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	struct plan empty = { 0 };

	replayed_open(&r, "debian-merged-usr", NULL);
	ck_assert_int_eq(replayed_policy(&r), 0);
	ck_assert_int_eq(verify_plan(&empty, &r.policy, &r.diag), -EPERM);
}
END_TEST

Suite *verify_suite(void)
{
	Suite *s = suite_create("verify");
	TCase *t = tcase_create("verify");

	tcase_add_loop_test(t, plan_of_a_recorded_machine_holds, 0, REPLAYED_MACHINES);
	tcase_add_loop_test(t, broken_plan_is_refused, 0, ARRAY_SIZE(breaks));
	tcase_add_test(t, host_network_must_be_asked_for);
	tcase_add_test(t, a_log_of_connections_is_the_policy_s);
	tcase_add_test(t, allowed_ports_are_the_policy_s);
	tcase_add_test(t, the_proxy_outside_is_the_policy_s);
	tcase_add_test(t, who_keeps_what_goes_out_is_the_policy_s);
	tcase_add_test(t, ports_across_the_border_are_the_policy_s);
	tcase_add_test(t, unfiltered_must_be_asked_for);
	tcase_add_test(t, what_is_protected_in_the_project_must_be_pinned);
	tcase_add_test(t, root_must_leave_uid_0);
	tcase_add_test(t, an_empty_plan_is_refused);
	suite_add_tcase(s, t);
	return s;
}
