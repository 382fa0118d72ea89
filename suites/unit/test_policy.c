/* SPDX-License-Identifier: MIT */
/* What is refused, what is opened, who the box is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "path.h"
#include "replayed.h"
#include "unit.h"
#include "util.h"

/* Projects that the user would lose, or that are none. */
static const struct {
	const char *machine, *project, *says;
} refused[] = {
	{ "debian-merged-usr", "/", "more than one project" },
	{ "debian-merged-usr", "/home", "more than one project" },
	{ "debian-merged-usr", "/home/ann", "home directory" },
	{ "debian-merged-usr", "/home/ann/link-home", "home directory" },
	{ "debian-merged-usr", "/home/ann/notes.txt", "not a directory" },
	{ "debian-merged-usr", "/home/ann/nothing", "no such directory" },
	{ "debian-merged-usr", "/home/ann/dangling", "no such directory" },
	{ "debian-merged-usr", "/home/ann/.ssh", "credentials (ssh)" },
	{ "debian-merged-usr", "/home/ann/.config/gh", "credentials (gh)" },
	{ "debian-merged-usr", "/etc", "system" },
	{ "debian-merged-usr", "/etc/ssh", "system" },
	{ "debian-merged-usr", "/usr", "system" },
	{ "debian-merged-usr", "/usr/lib", "system" },
	{ "debian-merged-usr", "/bin", "system" },
	{ "debian-merged-usr", "/proc", "system" },
	{ "debian-merged-usr", "/sys", "system" },
	{ "nixos", "/nix/store/aaaa-nixos-system-24.05", "system" },
	{ "nixos", "/run/current-system", "system" },
	{ "home-outside", "/data", "home directory lies in it" },
	{ "home-outside", "/data/people", "home directory lies in it" },
	{ "home-outside", "/home", "home directory lies in it" },
	{ "home-outside", "/home/ann", "home directory" },
	{ "root-home-root", "/root", "it is your home directory" },
	{ "wsl2", "/mnt", "more than one project" },
	{ "debian-merged-usr", "/home/ann/.config", "credentials (gcloud, gh)" },
	{ "home-outside", "/data/people/ann/dotfiles", "credentials (aws)" },
	{ "home-outside", "/data/people/ann/dotfiles/aws", "credentials (aws)" },
};

START_TEST(project_is_refused)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, refused[_i].machine, refused[_i].project);
	ck_assert_msg(replayed_policy(&r) < 0, "%s is taken as a project", refused[_i].project);
	ck_assert_int_eq(r.diag.code < 0, true);
	ck_assert_msg(strstr(r.diag.msg, refused[_i].says) != NULL, "%s: %s", refused[_i].project,
		      r.diag.msg);
}
END_TEST

/* The same by another way: HOME doesn't say where the account's home is. */
START_TEST(home_of_the_account_is_refused_whatever_HOME_says)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", "/home/ann");
	recorded_setenv(&r.rec, "HOME=/home/ann/proj");
	ck_assert_int_lt(replayed_policy(&r), 0);
	ck_assert_ptr_nonnull(strstr(r.diag.msg, "home directory"));
}
END_TEST

/* Homes are the passwd file's, not only what HOME says: root can hand over anybody's. */
static const struct {
	const char *machine, *home, *project, *ro, *says; /* says NULL: accepted, and opened if ro is given */
} other_homes[] = {
	{ "root-home-root", "HOME=/root", "/home/ann", NULL, "home directory of another user" },
	{ "debian-merged-usr", "HOME=/root", "/home/ann/.ssh", NULL, "credentials (ssh)" },
	{ "debian-merged-usr", "HOME=/root", "/home/ann/.config", NULL, "credentials (gcloud" },
	{ "root-home-root", "HOME=/root", "/home/ann/proj", "/home/ann", "uncover credentials: ssh, gnupg" },
	{ "root-home-root", "HOME=/root", "/home/ann/proj", "/home", "uncover credentials: ssh, gnupg" },
	{ "debian-merged-usr", "HOME=/root", "/home/ann/proj", "/home/ann/.ssh", NULL },
	{ "root-home-root", "HOME=/root", "/home/ann/proj", NULL, NULL },
	{ "root-home-root", "HOME=", "/root", NULL, "your home directory" },
	{ "debian-merged-usr", "HOME=", "/home/ann", NULL, "your home directory" },
	{ "debian-merged-usr", "HOME=", "/home/ann/.ssh", NULL, "credentials (ssh)" },
	{ "debian-merged-usr", "HOME=", "/home/ann/proj", "/home/ann", "uncover credentials: ssh, gnupg" },
	{ "debian-merged-usr", "HOME=/home/ann/proj", "/home/ann/.config/gh", NULL, "credentials (gh)" },
};

START_TEST(every_home_is_a_home)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	int x;

	replayed_open(&r, other_homes[_i].machine, other_homes[_i].project);
	recorded_setenv(&r.rec, other_homes[_i].home);
	if (other_homes[_i].ro != NULL)
		replayed_extra(&r.conf.extra_ro, other_homes[_i].ro, "--extra-ro");
	ck_assert_int_eq(replayed_host(&r), 0);
	/* whose the machine is: ann could not ask for root */
	if (streq(other_homes[_i].home, "HOME=/root"))
		r.host.uid = r.host.euid = 0;
	x = policy_resolve(&r.conf, &r.host, &r.policy, &r.diag);
	if (other_homes[_i].says != NULL) {
		ck_assert_int_lt(x, 0);
		ck_assert_msg(strstr(r.diag.msg, other_homes[_i].says) != NULL, "%s", r.diag.msg);
		return;
	}
	ck_assert_msg(x == 0, "%s", r.diag.msg);
	ck_assert_uint_eq(r.policy.openings.n, other_homes[_i].ro != NULL);
	if (other_homes[_i].ro != NULL)
		ck_assert_str_eq(r.policy.openings.v[0],
				 "credentials ssh (/home/ann/.ssh): readable, asked for by --extra-ro");
}
END_TEST

static const struct {
	bool writable;
	const char *path, *says;
} bad_binds[] = {
	{ false, "/home/ann", "ssh, gnupg" },
	{ false, "/home", "ssh, gnupg" },
	{ false, "/home", "docker, containers and " },
	{ false, "/", "ssh, gnupg" },
	{ false, "/home/ann/link-home", "ssh, gnupg" },
	{ false, "/home/ann/.config", "gcloud" },
	{ false, "/home/ann/absent", "does not exist" },
	{ false, "/home/ann/dangling", "does not exist" },
	{ false, "/proc", "kernel" },
	{ false, "/sys/kernel", "kernel" },
	{ false, "/home/ann/proj", "project" },
	{ false, "/var", "/var/tmp is the sandbox's own" },
	{ true, "/home/ann", "ssh, gnupg" },
	{ true, "/etc", "system" },
	{ true, "/usr/lib", "system" },
	{ true, "/home/ann/link-home", "ssh, gnupg" },
	{ true, "/home/ann/proj", "project" },
};

START_TEST(bind_is_refused)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", NULL);
	replayed_extra(bad_binds[_i].writable ? &r.conf.extra_bind : &r.conf.extra_ro, bad_binds[_i].path,
		       "place:7");
	ck_assert_msg(replayed_policy(&r) < 0, "%s may be bound", bad_binds[_i].path);
	ck_assert_msg(strstr(r.diag.msg, bad_binds[_i].says) != NULL, "%s: %s", bad_binds[_i].path,
		      r.diag.msg);
	/* the message names who asked */
	ck_assert_msg(str_starts(r.diag.msg, "place:7: "), "%s", r.diag.msg);
}
END_TEST

static const struct policy_cred *cred(const struct policy *p, const char *id)
{
	for (size_t i = 0; i < p->ncred; i++)
		if (streq(p->cred[i].id, id))
			return &p->cred[i];
	return NULL;
}

static const struct policy_entry *entry(const struct policy *p, const char *path)
{
	for (size_t i = 0; i < p->nentry; i++)
		if (streq(p->entry[i].path, path))
			return &p->entry[i];
	return NULL;
}

START_TEST(row_named_by_a_bind_is_open_and_the_others_stay_closed)
{
	static const char *const names[] = { "/home/ann/.config/gh", "/home/ann/link-home/.config/gh" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

		replayed_open(&r, "debian-merged-usr", NULL);
		replayed_extra(&r.conf.extra_ro, names[i], "--extra-ro");
		ck_assert_msg(replayed_policy(&r) == 0, "%s", r.diag.msg);
		ck_assert_str_eq(cred(&r.policy, "gh")->opened_by, "--extra-ro");
		ck_assert_uint_eq(r.policy.openings.n, 1);
		ck_assert_ptr_nonnull(strstr(r.policy.openings.v[0], "gh"));
		for (size_t k = 0; k < r.policy.ncred; k++)
			if (!streq(r.policy.cred[k].id, "gh"))
				ck_assert_ptr_null(r.policy.cred[k].opened_by);
	}
}
END_TEST

START_TEST(row_is_where_its_link_leads)
{
	AUTO_REPLAYED struct replayed above = REPLAYED_INIT;
	AUTO_REPLAYED struct replayed named = REPLAYED_INIT;
	AUTO_REPLAYED struct replayed store = REPLAYED_INIT;
	const struct policy_entry *e;

	replayed_open(&above, "home-outside", NULL);
	replayed_extra(&above.conf.extra_ro, "/data/people/ann/dotfiles", "--extra-ro");
	ck_assert_int_lt(replayed_policy(&above), 0);
	ck_assert_ptr_nonnull(strstr(above.diag.msg, "uncover credentials: aws"));

	replayed_open(&named, "home-outside", NULL);
	replayed_extra(&named.conf.extra_ro, "/data/people/ann/.aws", "--extra-ro");
	ck_assert_msg(replayed_policy(&named) == 0, "%s", named.diag.msg);
	ck_assert_str_eq(cred(&named.policy, "aws")->opened_by, "--extra-ro");

	/* into a visible tree: hidden there */
	replayed_open(&store, "nixos", NULL);
	ck_assert_msg(replayed_policy(&store) == 0, "%s", store.diag.msg);
	ck_assert_str_eq(cred(&store.policy, "gh")->path, "/nix/store/nnnn-home-manager-files/.config/gh");
	e = entry(&store.policy, "/nix/store/nnnn-home-manager-files/.config/gh");
	ck_assert(e != NULL && e->access == POLICY_HIDDEN && !e->by_mode);
}
END_TEST

START_TEST(rows_that_exist_are_closed_unasked)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", NULL);
	ck_assert_int_eq(replayed_policy(&r), 0);
	ck_assert_ptr_nonnull(cred(&r.policy, "ssh"));
	ck_assert_str_eq(cred(&r.policy, "ssh")->path, "/home/ann/.ssh");
	ck_assert_ptr_null(cred(&r.policy, "ssh")->opened_by);
	ck_assert_ptr_null(cred(&r.policy, "vault"));
	ck_assert_uint_eq(r.policy.openings.n, 0);
	ck_assert_uint_eq(r.policy.weaker.n, 0);
}
END_TEST

static const struct {
	const char *machine, *path;
	int access; /* -1: no entry at all */
	const char *src;
} entries[] = {
	{ "debian-merged-usr", "/usr", POLICY_READ, "/usr" },
	{ "debian-merged-usr", "/bin", POLICY_LINK, "usr/bin" },
	{ "debian-merged-usr", "/etc/shadow", POLICY_HIDDEN, NULL },
	{ "debian-merged-usr", "/etc/sudoers.d", POLICY_HIDDEN, NULL },
	{ "debian-merged-usr", "/home/ann", POLICY_PRIVATE, NULL },
	{ "debian-merged-usr", "/home/ann/proj", POLICY_WRITE, "/home/ann/proj" },
	{ "debian-merged-usr", "/tmp", POLICY_PRIVATE, NULL },
	{ "debian-merged-usr", "/run", -1, NULL },
	{ "debian-merged-usr", "/var", -1, NULL },
	{ "debian-merged-usr", "/home", -1, NULL },
	{ "debian-merged-usr", "/lib32", -1, NULL },
	{ "debian-split-usr", "/bin", POLICY_READ, "/bin" },
	{ "debian-split-usr", "/etc/gitconfig", POLICY_EMPTY, NULL },
	{ "debian-split-usr", "/opt/tool/bin", POLICY_READ, "/opt/tool/bin" },
	{ "debian-split-usr", "/opt/tool", -1, NULL },
	{ "debian-split-usr", "/opt", -1, NULL },
	{ "debian-split-usr", "/opt/bob", -1, NULL },
	{ "debian-split-usr", "/opt/data", -1, NULL },
	{ "ubuntu-apparmor", "/run/systemd/resolve/stub-resolv.conf", POLICY_FILE,
	  "# no network in this sandbox\n" },
	{ "ubuntu-apparmor", "/etc/resolv.conf", -1, NULL },
	{ "nixos", "/nix/store", POLICY_READ, "/nix/store" },
	{ "nixos", "/run/current-system", POLICY_LINK, "/nix/store/aaaa-nixos-system-24.05" },
	{ "nixos", "/nix/store/gggg-sudoers", POLICY_HIDDEN, NULL },
	{ "nixos", "/run/wrappers", -1, NULL },
	{ "nixos", "/nix/var/nix/daemon-socket", -1, NULL },
	{ "wsl2", "/mnt/c", -1, NULL },
	{ "wsl2", "/init", -1, NULL },
	{ "wsl2", "/usr/lib/wsl", POLICY_HIDDEN, NULL },
	{ "wsl2", "/usr/lib/wsl/drivers", -1, NULL },
	{ "wsl2", "/usr/local/share/shared", POLICY_HIDDEN, NULL },
	{ "wsl2", "/opt/tool/bin/drive", POLICY_HIDDEN, NULL },
	{ "fedora-usr-sbin-merge", "/sbin", POLICY_LINK, "usr/sbin" },
	{ "fedora-usr-sbin-merge", "/var/lib/rpm", POLICY_LINK, "../../usr/lib/sysimage/rpm" },
	{ "opensuse-certs", "/var/lib/ca-certificates", POLICY_READ, "/var/lib/ca-certificates" },
	{ "home-outside", "/data/people/ann", POLICY_PRIVATE, NULL },
	{ "home-outside", "/data/shared", -1, NULL },
	{ "root-home-root", "/root", POLICY_PRIVATE, NULL },
};

START_TEST(path_has_its_access)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	const struct policy_entry *e;

	replayed_open(&r, entries[_i].machine, NULL);
	r.conf.value[CONFKEY_NETWORK_MODE].n = CONF_NET_NONE;
	ck_assert_msg(replayed_policy(&r) == 0, "%s: %s", entries[_i].machine, r.diag.msg);
	e = entry(&r.policy, entries[_i].path);
	if (entries[_i].access < 0) {
		ck_assert_msg(e == NULL, "%s on %s", entries[_i].path, entries[_i].machine);
		return;
	}
	ck_assert_msg(e != NULL, "no %s on %s", entries[_i].path, entries[_i].machine);
	ck_assert_int_eq(e->access, entries[_i].access);
	ck_assert_pstr_eq(e->src, entries[_i].src);
	ck_assert_str_ne(e->why, "");
}
END_TEST

/* A mask is spared only where the modes keep this very uid and its groups out. */
START_TEST(modes_count_for_the_uid_of_the_box)
{
	static const struct {
		gid_t group;
		const char *path;
		bool by_mode;
	} row[] = {
		{ 0, "/etc/shadow", true },	{ 42, "/etc/shadow", false },
		{ 0, "/etc/passwd-", false },	{ 42, "/etc/passwd-", false },
		{ 0, "/etc/sudoers.d", false }, { 0, "/etc/ssh/ssh_host_rsa_key", true },
		{ 0, "/etc/sudoers", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
		const struct policy_entry *e;

		replayed_open(&r, "debian-merged-usr", NULL);
		ck_assert_int_eq(replayed_host(&r), 0);
		ck_assert_uint_gt(r.host.ngroups, 0);
		r.host.groups[0] = row[i].group;
		ck_assert_int_eq(policy_resolve(&r.conf, &r.host, &r.policy, &r.diag), 0);
		e = entry(&r.policy, row[i].path);
		ck_assert_msg(e != NULL && e->by_mode == row[i].by_mode, "%s as a member of %u", row[i].path,
			      row[i].group);
	}
}
END_TEST

/* Whatever the machine: no entry shows a home, a daemon's directory, a drive or a credential. */
START_TEST(nothing_private_is_visible)
{
	static const char *const never[] = { "/home/ann/.ssh",
					     "/run/systemd/private",
					     "/var/run/docker.sock",
					     "/mnt/c",
					     "/data/shared",
					     "/boot",
					     "/srv",
					     "/run/WSL",
					     "/mnt/wslg",
					     "/init",
					     "/dev/mem",
					     "/opt/bob" };
	static const char *const machines[] = {
		"debian-merged-usr", "debian-split-usr", "ubuntu-apparmor",	 "nixos", "wsl2",
		"no-userns",	     "home-outside",	 "fedora-usr-sbin-merge"
	};

	for (size_t m = 0; m < ARRAY_SIZE(machines); m++) {
		AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

		replayed_open(&r, machines[m], NULL);
		ck_assert_int_eq(replayed_policy(&r), 0);
		for (size_t i = 0; i < r.policy.nentry; i++) {
			const struct policy_entry *e = &r.policy.entry[i];

			for (size_t k = 0; k < ARRAY_SIZE(never); k++)
				if (e->access == POLICY_READ || e->access == POLICY_WRITE)
					ck_assert_msg(!path_is_under(never[k], e->path), "%s: %s shows %s",
						      machines[m], e->path, never[k]);
		}
	}
}
END_TEST

START_TEST(user_keeps_his_identity)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "nixos", NULL);
	ck_assert_int_eq(replayed_policy(&r), 0);
	ck_assert_int_eq(r.policy.identity, POLICY_SELF);
	ck_assert_uint_eq(r.policy.kernel_uid, 1000);
	ck_assert_uint_eq(r.policy.kernel_gid, 100);
	ck_assert_str_eq(r.policy.user, "ann");
	ck_assert_uint_eq(r.policy.ngroups, 2);
}
END_TEST

START_TEST(root_becomes_the_owner_of_the_project)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "root-home-root", "/home/ann/proj");
	ck_assert_msg(replayed_policy(&r) == 0, "%s", r.diag.msg);
	ck_assert_int_eq(r.policy.identity, POLICY_DROP);
	ck_assert_uint_eq(r.policy.kernel_uid, 1000);
	ck_assert_uint_eq(r.policy.kernel_gid, 1000);
	/* ann's groups, not root's */
	ck_assert_uint_eq(r.policy.ngroups, 2);
	for (size_t i = 0; i < r.policy.ngroups; i++)
		ck_assert_uint_ne(r.policy.groups[i], 0);
}
END_TEST

START_TEST(root_on_its_own_project_is_never_kernel_uid_0)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "root-home-root", NULL);
	ck_assert_msg(replayed_policy(&r) == 0, "%s", r.diag.msg);
	ck_assert_int_eq(r.policy.identity, POLICY_IDMAP);
	ck_assert_uint_gt(r.policy.kernel_uid, 1000);
	ck_assert_uint_gt(r.policy.kernel_gid, 1000);
	ck_assert_uint_ne(r.policy.uid, 0);
	ck_assert_uint_eq(r.policy.ngroups, 0);
	ck_assert_str_ne(r.policy.user, "root");
}
END_TEST

START_TEST(weaker_modes_are_said)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", NULL);
	r.conf.value[CONFKEY_NETWORK_MODE].n = CONF_NET_HOST;
	r.conf.no_seccomp = r.conf.no_seccomp_accept = true;
	ck_assert_int_eq(replayed_policy(&r), 0);
	ck_assert_uint_eq(r.policy.weaker.n, 2);
	ck_assert(r.policy.net_host && r.policy.no_seccomp);
}
END_TEST

static const char *value_inside(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->nenv; i++)
		if (streq(p->env[i].name, name))
			return p->env[i].value;
	return NULL;
}

START_TEST(environment_is_kept_by_name)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", NULL);
	recorded_setenv(&r.rec, "LD_PRELOAD=/tmp/x.so");
	recorded_setenv(&r.rec, "NODE_OPTIONS=--require /tmp/x.js");
	ck_assert_int_eq(replayed_policy(&r), 0);
	ck_assert_pstr_eq(value_inside(&r.policy, "HOME"), "/home/ann");
	ck_assert_pstr_eq(value_inside(&r.policy, "ANTHROPIC_API_KEY"), "canary-key");
	ck_assert_pstr_eq(value_inside(&r.policy, "SANDBOX"), "1");
	ck_assert_ptr_null(value_inside(&r.policy, "AWS_SECRET_ACCESS_KEY"));
	ck_assert_ptr_null(value_inside(&r.policy, "SSH_AUTH_SOCK"));
	ck_assert_ptr_null(value_inside(&r.policy, "LD_PRELOAD"));
	ck_assert_ptr_null(value_inside(&r.policy, "NODE_OPTIONS"));
}
END_TEST

/* Machines that can't, or must not, be trusted with a sandbox. */
static void no_bwrap(struct host *h)
{
	mem_free_ptr(&h->bwrap.path);
}
static void odd_bwrap(struct host *h)
{
	h->bwrap.odd_place = true;
}
static void old_bwrap(struct host *h)
{
	h->bwrap.as_pid_1 = false;
}
static void setuid_start(struct host *h)
{
	h->euid = 0;
}

static const struct {
	void (*edit)(struct host *);
	const char *says;
	bool advice;
} broken_hosts[] = {
	{ no_bwrap, "not installed", true },
	{ odd_bwrap, "is not run", true },
	{ old_bwrap, "too old", true },
	{ setuid_start, "effective uid", false },
};

START_TEST(machine_is_refused)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", NULL);
	ck_assert_int_eq(replayed_host(&r), 0);
	broken_hosts[_i].edit(&r.host);
	ck_assert_int_lt(policy_resolve(&r.conf, &r.host, &r.policy, &r.diag), 0);
	ck_assert_msg(strstr(r.diag.msg, broken_hosts[_i].says) != NULL, "%s", r.diag.msg);
	ck_assert_int_eq(r.diag.try[0] != '\0', broken_hosts[_i].advice);
}
END_TEST

static const struct {
	const char *pattern;
	bool everybody;
} host_patterns[] = {
	{ "*", true },
	{ "*:*", true },
	{ "*:443", true },
	{ "0.0.0.0/0", true },
	{ "0.0.0.0/0:*", true },
	{ "::/0", true },
	{ "[::/0]:80", true },
	{ "*.example.com", false },
	{ "a.example:*", false },
	{ "8.0.0.0/8", false },
	{ "[2600::/12]:*", false },
};

START_TEST(hosts_that_are_everybody_are_an_opening)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", NULL);
	r.conf.value[CONFKEY_NETWORK_MODE].n = CONF_NET_FILTERED;
	replayed_extra(&r.conf.allow_host, host_patterns[_i].pattern, "--allow-host");
	ck_assert_msg(replayed_policy(&r) == 0, "%s", r.diag.msg);
	ck_assert_uint_eq(r.policy.openings.n, host_patterns[_i].everybody);
	if (host_patterns[_i].everybody) {
		const char *said = r.policy.openings.v[0];

		ck_assert_msg(strstr(said, "every public host") != NULL &&
				  strstr(said, host_patterns[_i].pattern) != NULL,
			      "%s", said);
	}
}
END_TEST

START_TEST(rules_that_narrow_nothing_are_said)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, "debian-merged-usr", NULL);
	conf_set(&r.conf, CONFKEY_NETWORK_MODE, (int)conf_net(&r.conf), "--no-egress-filter");
	replayed_extra(&r.conf.allow_host, "a.test", "--allow-host");
	ck_assert_msg(replayed_policy(&r) == 0, "%s", r.diag.msg);
	ck_assert_uint_eq(r.policy.openings.n, 2);
	ck_assert_ptr_nonnull(strstr(r.policy.openings.v[0], "every public host"));
	ck_assert_str_eq(r.policy.openings.v[1],
			 "network: the hosts that are allowed (1) narrow nothing (--no-egress-filter)");
}
END_TEST

/* Whatever becomes of a project's list, who starts it hears so. */
START_TEST(what_a_projects_list_comes_to_is_said)
{
	static const struct {
		enum conf_net net;
		const char *said;
	} rows[] = {
		{ CONF_NET_OPEN,
		  "network: the hosts that the project's file leaves (1) narrow nothing (--net)" },
		{ CONF_NET_HOST, "network of the host (--net): the rules for hosts (1) are not in force" },
		{ CONF_NET_FILTERED,
		  "network: filtered, and of the hosts that you allow the project's file leaves "
		  "none (p.json:1:24); --allow-host HOST allows one" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
		const struct strv *said[] = { &r.policy.openings, &r.policy.weaker, &r.policy.notes };
		bool found = false;

		replayed_open(&r, "debian-merged-usr", NULL);
		conf_set(&r.conf, CONFKEY_NETWORK_MODE, rows[i].net, "--net");
		conf_add(&r.conf.narrow, "a.test", "p.json:1:24");
		ck_assert_msg(replayed_policy(&r) == 0, "%s", r.diag.msg);
		for (size_t k = 0; k < ARRAY_SIZE(said); k++)
			for (size_t m = 0; m < said[k]->n; m++)
				found = found || streq(said[k]->v[m], rows[i].said);
		ck_assert_msg(found, "%s", rows[i].said);
	}
}
END_TEST

/* By its place inside, and by that of the host's which is there. */
START_TEST(what_is_written_has_two_names)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	AUTO_FREE char *there = NULL;

	replayed_open(&r, "debian-merged-usr", "/home/ann/proj");
	r.conf.value[CONFKEY_CACHE] =
	    (struct conf_value){ .n = CONF_CACHE_PROJECT, .origin = xstrdup("the test") };
	ck_assert_msg(replayed_policy(&r) == 0, "%s", r.diag.msg);
	ck_assert_ptr_nonnull(r.policy.cache);
	there = path_join(r.policy.cache, ".cache/r.json");
	ck_assert_ptr_nonnull(policy_written(&r.policy, "/home/ann/.cache/r.json"));
	ck_assert_ptr_nonnull(policy_written(&r.policy, there));
	ck_assert(policy_writes(&r.policy, "/home/ann/.cache/r.json"));
	ck_assert(!policy_writes(&r.policy, there));
	ck_assert_ptr_null(policy_written(&r.policy, r.policy.state));
}
END_TEST

Suite *policy_suite(void)
{
	Suite *s = suite_create("policy");
	TCase *t = tcase_create("policy");

	tcase_add_loop_test(t, project_is_refused, 0, ARRAY_SIZE(refused));
	tcase_add_test(t, home_of_the_account_is_refused_whatever_HOME_says);
	tcase_add_test(t, what_is_written_has_two_names);
	tcase_add_loop_test(t, every_home_is_a_home, 0, ARRAY_SIZE(other_homes));
	tcase_add_loop_test(t, bind_is_refused, 0, ARRAY_SIZE(bad_binds));
	tcase_add_test(t, row_named_by_a_bind_is_open_and_the_others_stay_closed);
	tcase_add_test(t, row_is_where_its_link_leads);
	tcase_add_test(t, rows_that_exist_are_closed_unasked);
	tcase_add_loop_test(t, path_has_its_access, 0, ARRAY_SIZE(entries));
	tcase_add_test(t, modes_count_for_the_uid_of_the_box);
	tcase_add_test(t, nothing_private_is_visible);
	tcase_add_test(t, user_keeps_his_identity);
	tcase_add_test(t, root_becomes_the_owner_of_the_project);
	tcase_add_test(t, root_on_its_own_project_is_never_kernel_uid_0);
	tcase_add_test(t, weaker_modes_are_said);
	tcase_add_test(t, environment_is_kept_by_name);
	tcase_add_loop_test(t, machine_is_refused, 0, ARRAY_SIZE(broken_hosts));
	tcase_add_test(t, rules_that_narrow_nothing_are_said);
	tcase_add_test(t, what_a_projects_list_comes_to_is_said);
	tcase_add_loop_test(t, hosts_that_are_everybody_are_an_opening, 0, ARRAY_SIZE(host_patterns));
	suite_add_tcase(s, t);
	return s;
}
