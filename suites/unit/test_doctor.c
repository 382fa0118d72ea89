/* SPDX-License-Identifier: MIT */
/* The causes of a failed launch, by recorded machines and by what a look at a live one can tell. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor.h"
#include "doctorcause.h"
#include "doctornet.h"
#include "doctortry.h"
#include "json.h"
#include "mem.h"
#include "replayed.h"
#include "tmptree.h"
#include "unit.h"
#include "util.h"
#include "version.h"

static const struct {
	const char *machine, *set; /* a variable, or NULL */
	int userns, in_userns;
	bool filtered, chrooted;
	const char *says, *fix; /* NULL: no cause is known */
} causes[] = {
	{ "debian-merged-usr", NULL, 0, 0, false, false, NULL, NULL },
	{ "debian-merged-usr", "PATH=/nowhere", 0, 0, false, false, "not installed", "apt-get install" },
	{ "debian-merged-usr", "PATH=/nowhere", 0, 0, false, false, "does not lead to it: /usr/bin/bwrap",
	  "export PATH=\"$PATH:/usr/bin\"" },
	{ "nixos", "PATH=/nowhere", 0, 0, false, false,
	  "does not lead to it: /run/current-system/sw/bin/bwrap",
	  "export PATH=\"$PATH:/run/current-system/sw/bin\"" },
	{ "nixos", "PATH=/nowhere", 0, 0, false, false, "not installed", "nix profile install" },
	{ "fedora-usr-sbin-merge", "PATH=/nowhere", 0, 0, false, false, "not installed", "dnf install" },
	{ "opensuse-certs", "PATH=/nowhere", 0, 0, false, false, "not installed", "zypper install" },
	{ "no-userns", NULL, -ENOSPC, -ENOSPC, false, false, "max_user_namespaces = 0",
	  "max_user_namespaces=" },
	{ "ubuntu-apparmor", NULL, 0, -EPERM, false, false, "AppArmor", "/etc/apparmor.d/bwrap" },
	{ "ubuntu-apparmor", NULL, 0, 0, false, false, "AppArmor", "profile bwrap /usr/bin/bwrap" },
	{ "debian-merged-usr", NULL, -EPERM, -EPERM, true, false, "container", "--security-opt seccomp" },
	{ "debian-merged-usr", NULL, -EPERM, -EPERM, false, true, "chroot", "outside" },
	{ "debian-merged-usr", NULL, -ENOSPC, -ENOSPC, false, false, "limit", "max_user_namespaces=" },
	{ "debian-merged-usr", NULL, -EUSERS, -EUSERS, false, false, "limit", "max_user_namespaces=" },
	{ "debian-merged-usr", NULL, -EINVAL, -EINVAL, false, false, "CONFIG_USER_NS", "kernel" },
	{ "debian-merged-usr", NULL, -ENOSYS, -ENOSYS, false, false, "CONFIG_USER_NS", "kernel" },
	{ "debian-merged-usr", NULL, -EPERM, -EPERM, false, false, "refuses", "journalctl" },
	{ "debian-merged-usr", NULL, 0, -EPERM, false, false, "capabilities", "journalctl" },
};

START_TEST(cause_is_found_and_its_fix)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	AUTO_FREE char *os_release = NULL;
	struct doctorcause_live live = { .userns = causes[_i].userns,
					 .in_userns = causes[_i].in_userns,
					 .filtered = causes[_i].filtered,
					 .chrooted = causes[_i].chrooted };
	bool found;

	replayed_open(&r, causes[_i].machine, NULL);
	os_release = recorded_text(&r.rec, "etc/os-release");
	live.os_release = os_release;
	if (causes[_i].set != NULL)
		recorded_setenv(&r.rec, causes[_i].set);
	ck_assert_int_eq(replayed_host(&r), 0);
	/* The recorded machines have one all the same. */
	if (causes[_i].says != NULL && streq(causes[_i].says, "not installed"))
		r.host.bwrap.beside = NULL;
	found = doctorcause_find(&r.host, &live, &r.diag);
	ck_assert_int_eq(found, causes[_i].says != NULL);
	if (!found) {
		ck_assert_int_eq(r.diag.code, 0);
		return;
	}
	ck_assert_int_lt(r.diag.code, 0);
	ck_assert_msg(strstr(r.diag.msg, causes[_i].says) != NULL, "%s", r.diag.msg);
	ck_assert_msg(strstr(r.diag.try, causes[_i].fix) != NULL, "%s", r.diag.try);
	/* one command or change, not cut off */
	ck_assert_uint_lt(strlen(r.diag.try), sizeof(r.diag.try) - 1);
}
END_TEST

/* What only a look at the live machine tells. */
static const struct {
	struct doctorcause_live live;
	const char *mounts, *says, *fix;
} live_causes[] = {
	{ { .limited = "ipc", .in_userns = -ENOSPC },
	  "",
	  "user.max_ipc_namespaces",
	  "user.max_ipc_namespaces=" },
	{ { .no_sysctls = true, .proc = -EPERM }, "", "/proc/sys can't be read", "umount /proc/sys" },
	{ { .in_userns = -EPERM, .proc = -EPERM }, "", "capabilities", "journalctl" },
	{ { .proc = -EPERM }, "", "parts of this one are covered", "systempaths=unconfined" },
	{ { .proc = -EPERM },
	  "20 1 0:20 / /proc rw - proc proc rw\n21 20 0:21 / /proc/sys/fs/binfmt_misc rw - binfmt_misc none "
	  "rw\n"
	  "22 20 0:22 / /proc/acpi ro - tmpfs none ro\n",
	  "/proc/acpi of this one is covered",
	  "systempaths=unconfined" },
};

START_TEST(cause_of_the_live_machine)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	struct doctorcause_live live = live_causes[_i].live;

	live.os_release = "";
	replayed_open(&r, "debian-merged-usr", NULL);
	ck_assert_int_eq(replayed_host(&r), 0);
	free(r.host.mounts);
	r.host.mounts = xstrdup(live_causes[_i].mounts);
	ck_assert(doctorcause_find(&r.host, &live, &r.diag));
	ck_assert_msg(strstr(r.diag.msg, live_causes[_i].says) != NULL, "%s", r.diag.msg);
	ck_assert_msg(strstr(r.diag.try, live_causes[_i].fix) != NULL, "%s", r.diag.try);
}
END_TEST

/* A host with AppArmor's restriction: what is known of it, and what only likely. */
static const struct {
	struct doctorcause_live live;
	const char *file, *says, *fix; /* says: NULL, no cause is known */
} apparmor_causes[] = {
	{ { .label = "unconfined", .bwrap_label = "unconfined", .in_userns = -EPERM },
	  NULL,
	  "has no profile that excepts bwrap",
	  "flags=(unconfined)" },
	{ { .label = "claude-sandbox (unconfined)", .bwrap_label = "unconfined" },
	  NULL,
	  "has no profile that excepts bwrap",
	  "flags=(unconfined)" },
	{ { .label = "unconfined", .bwrap_label = "unconfined", .in_userns = -EPERM },
	  "/etc/apparmor.d/bwrap-userns-restrict",
	  "bwrap-userns-restrict, which may except bwrap, is not in force",
	  "apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict" },
	{ { .label = "unconfined", .in_userns = -EPERM }, NULL, "likely the cause", "flags=(unconfined)" },
	{ { .label = "unconfined", .in_userns = -EPERM },
	  "/etc/apparmor.d/bwrap",
	  "likely the cause",
	  "apparmor_parser -r /etc/apparmor.d/bwrap;" },
	/* Others are not blamed on it, nor on what only this program may not. */
	{ { .label = "unconfined" }, NULL, NULL, NULL },
	{ { .label = "unconfined", .bwrap_label = "bwrap (enforce)", .in_userns = -EPERM, .proc = -EPERM },
	  "/etc/apparmor.d/bwrap-userns-restrict",
	  "not known; it runs under AppArmor's profile bwrap (enforce), which may be",
	  "journalctl" },
	{ { .label = "unconfined",
	    .bwrap_label = "bwrap (unconfined)",
	    .userns = -EPERM,
	    .in_userns = -EPERM,
	    .filtered = true },
	  NULL,
	  "AppArmor's profile bwrap (unconfined)",
	  "journalctl" },
	{ { .label = "unconfined", .bwrap_label = "bwrap (enforce)", .in_userns = -EPERM, .limited = "net" },
	  NULL,
	  "user.max_net_namespaces",
	  "user.max_net_namespaces=" },
	{ { .bwrap_label = "bwrap (enforce)", .proc = -EPERM },
	  NULL,
	  "are covered",
	  "systempaths=unconfined" },
	/* A container's, which all of its programs have. */
	{ { .label = "docker-default (enforce)",
	    .bwrap_label = "docker-default (enforce)",
	    .userns = -EPERM,
	    .in_userns = -EPERM,
	    .filtered = true },
	  NULL,
	  "container",
	  "--security-opt seccomp" },
};

START_TEST(apparmor_is_blamed_for_what_it_does)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	struct doctorcause_live live = apparmor_causes[_i].live;
	bool found;

	live.os_release = "";
	replayed_open(&r, "ubuntu-apparmor", NULL);
	ck_assert_int_eq(replayed_host(&r), 0);
	ck_assert(r.host.apparmor_userns && r.host.apparmor_file == NULL);
	r.host.apparmor_file = apparmor_causes[_i].file;
	found = doctorcause_find(&r.host, &live, &r.diag);
	ck_assert_int_eq(found, apparmor_causes[_i].says != NULL);
	if (!found)
		return;
	ck_assert_msg(strstr(r.diag.msg, apparmor_causes[_i].says) != NULL, "%s", r.diag.msg);
	ck_assert_msg(strstr(r.diag.try, apparmor_causes[_i].fix) != NULL, "%s", r.diag.try);
	ck_assert_uint_lt(strlen(r.diag.msg), sizeof(r.diag.msg) - 1);
}
END_TEST

/* Ubuntu's profile for bwrap counts where there is the restriction. */
START_TEST(a_profile_of_bwrap_s_is_found)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	char *root = tmptree_make();

	replayed_open(&r, "ubuntu-apparmor", NULL);
	mem_close_fd(&r.rec.rootfd);
	r.rec.rootfd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	tmptree_put(root, "proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n", 0644);
	tmptree_put(root, "etc/apparmor.d/bwrap-userns-restrict", "", 0644);
	ck_assert_int_eq(replayed_host(&r), 0);
	ck_assert(r.host.apparmor_userns);
	ck_assert_str_eq(r.host.apparmor_file, "/etc/apparmor.d/bwrap-userns-restrict");
	tmptree_remove(root);
}
END_TEST

/* Only one that reads tells; and whatever it does, the wait has an end. */
START_TEST(a_label_is_of_what_runs)
{
	char file[] = "/tmp/claude-sandbox-test-XXXXXX", label[64] = "?";
	AUTO_CLOSE int fd = mkstemp(file);
	int r;

	ck_assert_int_ge(fd, 0);
	ck_assert(dprintf(fd, "#!/bin/sh\nexec cat\n") > 0 && fchmod(fd, 0755) == 0);
	mem_close_fd(&fd);
	r = doctortry_label(file, label, sizeof(label));
	/* Without AppArmor there is none. */
	ck_assert_msg(r == 0 ? label[0] != '\0' : r == -EINVAL || r == -ENOENT, "%d %s", r, label);
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(doctortry_label("/bin/true", label, sizeof(label)), -ETIMEDOUT);
	ck_assert_str_eq(label, "");
	ck_assert_int_eq(doctortry_label("/nonexistent", label, sizeof(label)), -ETIMEDOUT);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(clone_switch_alone_is_a_cause)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	struct doctorcause_live live = { .userns = -EPERM, .in_userns = -EPERM, .os_release = "" };

	replayed_open(&r, "no-userns", NULL);
	ck_assert_int_eq(replayed_host(&r), 0);
	r.host.userns_max_zero = false;
	ck_assert(doctorcause_find(&r.host, &live, &r.diag));
	ck_assert_str_eq(r.diag.try, "sudo sysctl kernel.unprivileged_userns_clone=1");
}
END_TEST

static const struct {
	const char *text, *command;
} distributions[] = {
	{ "ID=debian\n", "apt-get" },
	{ "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", "apt-get" },
	{ "ID_LIKE=arch\nID=manjaro\n", "pacman" },
	{ "NAME=x\nID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n", "zypper" },
	{ "ID_LIKE=debian\nID=nixos\n", "nix profile" },
	{ "ID='alpine'", "apk" },
	{ "ID=rocky\nID_LIKE=\"rhel centos fedora\"\n", "dnf" },
	{ "ID=debianish\n", "your distribution" },
	{ "ID=", "your distribution" },
	{ "ID_LIKE=\"", "your distribution" },
	{ "", "your distribution" },
};

START_TEST(install_command_is_the_distribution_s)
{
	const char *command = doctorcause_install(distributions[_i].text);

	ck_assert_msg(strstr(command, distributions[_i].command) != NULL, "%s", command);
}
END_TEST

START_TEST(explanation_keeps_the_words_it_was_given)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "no-userns", NULL);
	ck_assert_int_eq(replayed_host(&r), 0);
	diag_set(&r.diag, -ECHILD, "bwrap: setting up uid map: Permission denied");
	ck_assert(doctor_explain(&r.host, &r.diag));
	ck_assert_int_eq(r.diag.code, -ECHILD);
	ck_assert_ptr_nonnull(strstr(r.diag.msg, "max_user_namespaces"));
	ck_assert_ptr_nonnull(strstr(r.diag.msg, "setting up uid map"));
	ck_assert_ptr_nonnull(strstr(r.diag.try, "sysctl"));
}
END_TEST

/* The report on this machine, whatever that is, in each format. */
static char *report(enum conf_format format, char *const *env, int *ret_code)
{
	struct conf conf = { .format = format, .project = (char[]){ "/" }, .status_fd = -1 };
	struct diag d = { 0 };
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	*ret_code = doctor_run(&conf, env, f, &d);
	fclose(f);
	ck_assert(*ret_code == 0 || *ret_code == 3);
	ck_assert_int_eq(d.code, 0);
	return text;
}

START_TEST(json_report_is_json_and_agrees_with_the_exit_code)
{
	int code;
	AUTO_FREE char *text = report(CONF_FORMAT_JSON, environ, &code);
	struct json_doc doc;
	struct diag d = { 0 };
	const struct json *checks, *verdict;
	bool missing = false;

	ck_assert_msg(json_parse("report", text, strlen(text), JSON_PLAIN, &doc, &d) == 0, "%s", d.msg);
	checks = json_get(&doc.root, "checks");
	verdict = json_get(&doc.root, "verdict");
	ck_assert_uint_gt(checks->n, 15);
	for (size_t i = 0; i < checks->n; i++) {
		const struct json *state = json_get(&checks->item[i], "state");

		ck_assert_ptr_nonnull(json_get(&checks->item[i], "fix"));
		ck_assert_str_ne(json_get(&checks->item[i], "detail")->string, "");
		ck_assert(streq(state->string, "ok") || streq(state->string, "missing") ||
			  streq(state->string, "info"));
		missing |= streq(state->string, "missing");
	}
	ck_assert_str_eq(verdict->string, code == 0 ? "pass" : "fail");
	ck_assert_int_eq(missing, code != 0);
	json_done(&doc);
}
END_TEST

START_TEST(every_format_has_every_check)
{
	for (int i = 0; i < CONF_FORMATS; i++) {
		int code;
		AUTO_FREE char *text = report((enum conf_format)i, environ, &code);

		ck_assert_ptr_nonnull(strstr(text, "namespace-cgroup"));
		ck_assert_ptr_nonnull(strstr(text, "seccomp"));
		ck_assert_ptr_nonnull(strstr(text, "landlock"));
		ck_assert_ptr_null(strchr(text, '\033'));
	}
}
END_TEST

START_TEST(host_without_bwrap_can_t_run_it)
{
	char *env[] = { (char[]){ "PATH=/nonexistent" }, NULL };
	int code;
	AUTO_FREE char *text = report(CONF_FORMAT_TERMINAL, env, &code);

	ck_assert_int_eq(code, 3);
	ck_assert_ptr_nonnull(strstr(text, "missing"));
	ck_assert_ptr_nonnull(strstr(text, "cannot run"));
}
END_TEST

/* PATH may lead into a project, where a sandbox could leave one. */
START_TEST(planted_bwrap_is_not_run)
{
	char dir[] = "/tmp/claude-sandbox-test-XXXXXX";
	AUTO_FREE char *bwrap = NULL;
	AUTO_FREE char *ran = NULL;
	AUTO_FREE char *text = NULL;
	char *env[] = { NULL, NULL };
	FILE *f;
	int code;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	bwrap = xasprintf("%s/bwrap", dir);
	ran = xasprintf("%s/ran", dir);
	env[0] = xasprintf("PATH=%s", dir);
	f = fopen(bwrap, "we");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "#!/bin/sh\n# --as-pid-1 --perms \n: >%s\n", ran);
	fclose(f);
	/* an ordinary user runs it */
	ck_assert(chmod(bwrap, 0755) == 0 && chmod(dir, 0777) == 0);
	text = report(CONF_FORMAT_TERMINAL, env, &code);
	ck_assert_int_eq(code, 3);
	ck_assert_ptr_nonnull(strstr(text, "is not run"));
	f = fopen("/dev/null", "we");
	setenv("PATH", dir, 1);
	version_print(f);
	fclose(f);
	ck_assert_int_ne(access(ran, F_OK), 0);
	ck_assert(unlink(bwrap) == 0 && rmdir(dir) == 0);
	free(env[0]);
}
END_TEST

START_TEST(programs_are_run_without_environment_and_to_an_end)
{
	char text[64];
	char *words[] = { (char[]){ "/bin/sh" }, (char[]){ "-c" }, (char[]){ "echo one; echo two; exit 3" },
			  NULL };
	char *death[] = { (char[]){ "/bin/sh" }, (char[]){ "-c" }, (char[]){ "kill -9 $$" }, NULL };
	char *empty[] = { (char[]){ "/bin/sh" }, (char[]){ "-c" }, (char[]){ "echo \"<$CHECK_DOCTOR>\"" },
			  NULL };
	char *none[] = { (char[]){ "/nonexistent" }, NULL };

	setenv("CHECK_DOCTOR", "inherited", 1);
	ck_assert_int_eq(doctortry_run(words, text, sizeof(text)), 3);
	ck_assert_str_eq(text, "one");
	ck_assert_int_eq(doctortry_run(death, text, sizeof(text)), 137);
	ck_assert_int_eq(doctortry_run(empty, text, sizeof(text)), 0);
	ck_assert_str_eq(text, "<>");
	ck_assert_int_eq(doctortry_run(none, text, sizeof(text)), 127);
}
END_TEST

static const struct {
	const char *url, *no_proxy; /* NULL: none */
	bool http_proxy;
	const char *detail, *fix; /* how it begins; NULL: none */
} proxies[] = {
	{ NULL, NULL, false, "none: egress connects by itself", NULL },
	{ NULL, NULL, true, "none: egress connects by itself: HTTP_PROXY is a proxy for http:// alone",
	  "--upstream http://" },
	{ "none", NULL, true, "none (HTTPS_PROXY): egress connects by itself", NULL },
	{ "http://h:1", NULL, true, "h:1 (HTTPS_PROXY)", NULL },
	{ "http://u:hidden@h:1", "a.test", false,
	  "h:1 (HTTPS_PROXY), with a login; NO_PROXY says who is reached without it", NULL },
	{ "http://u:hidden@h:1", "a.test,*", false,
	  "h:1 (HTTPS_PROXY) is not used: NO_PROXY is *; egress connects by itself", NULL },
	{ "socks5://hidden", NULL, false, "that of HTTPS_PROXY is not used: a SOCKS proxy ",
	  "--upstream http://" },
};

START_TEST(proxy_is_said_as_a_launch_has_it)
{
	struct conf conf = { .upstream = (char *)(uintptr_t)proxies[_i].url,
			     .upstream_origin = (char[]){ "HTTPS_PROXY" },
			     .no_proxy = (char *)(uintptr_t)proxies[_i].no_proxy,
			     .http_proxy = proxies[_i].http_proxy };
	struct doctornet n = doctornet_proxy(&conf);

	ck_assert_msg(proxies[_i].fix != NULL || streq(n.detail, proxies[_i].detail), "%s", n.detail);
	ck_assert_msg(str_starts(n.detail, proxies[_i].detail), "%s", n.detail);
	ck_assert_int_eq(n.fix != NULL, proxies[_i].fix != NULL);
	ck_assert_msg(n.fix == NULL || str_starts(n.fix, proxies[_i].fix), "%s", n.fix);
	ck_assert_ptr_null(strstr(n.detail, "hidden"));
	free(n.detail);
	free(n.fix);
}
END_TEST

Suite *doctor_suite(void)
{
	Suite *s = suite_create("doctor");
	TCase *t = tcase_create("doctor");

	tcase_add_loop_test(t, cause_is_found_and_its_fix, 0, ARRAY_SIZE(causes));
	tcase_add_loop_test(t, cause_of_the_live_machine, 0, ARRAY_SIZE(live_causes));
	tcase_add_loop_test(t, apparmor_is_blamed_for_what_it_does, 0, ARRAY_SIZE(apparmor_causes));
	tcase_add_test(t, a_profile_of_bwrap_s_is_found);
	tcase_add_test(t, a_label_is_of_what_runs);
	tcase_add_test(t, clone_switch_alone_is_a_cause);
	tcase_add_loop_test(t, install_command_is_the_distribution_s, 0, ARRAY_SIZE(distributions));
	tcase_add_test(t, explanation_keeps_the_words_it_was_given);
	tcase_add_test(t, json_report_is_json_and_agrees_with_the_exit_code);
	tcase_add_test(t, every_format_has_every_check);
	tcase_add_test(t, host_without_bwrap_can_t_run_it);
	tcase_add_test(t, planted_bwrap_is_not_run);
	tcase_add_test(t, programs_are_run_without_environment_and_to_an_end);
	tcase_add_loop_test(t, proxy_is_said_as_a_launch_has_it, 0, ARRAY_SIZE(proxies));
	suite_add_tcase(s, t);
	return s;
}
