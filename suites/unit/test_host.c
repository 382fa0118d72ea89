/* SPDX-License-Identifier: MIT */
/* Facts of recorded machines, and of a live one that the test makes. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "hostbwrap.h"
#include "mem.h"
#include "mountinfo.h"
#include "path.h"
#include "replayed.h"
#include "unit.h"
#include "util.h"

static const struct expected {
	const char *machine, *user, *home, *release;
	uid_t euid;
	size_t ngroups;
	int landlock_abi;
	bool wsl, clone_off, max_zero, apparmor, disable_userns;
	const char *opt; /* what of /opt is software, NULL: nothing */
} machines[] = {
	{ "debian-merged-usr", "ann", "/home/ann", "6.1.0-18-amd64", 1000, 3, 2, 0, 0, 0, 0, 1, NULL },
	{ "debian-split-usr", "ann", "/home/ann", "5.10.0-28-amd64", 1000, 3, 0, 0, 0, 0, 0, 0,
	  "/opt/tool/bin" },
	{ "ubuntu-apparmor", "ann", "/home/ann", "6.8.0-31-generic", 1000, 3, 4, 0, 0, 0, 1, 1,
	  "/opt/tool/bin" },
	{ "nixos", "ann", "/home/ann", "6.6.30", 1000, 2, 3, 0, 0, 0, 0, 1, NULL },
	{ "wsl2", "ann", "/home/ann", "5.15.146.1-microsoft-standard-WSL2", 1000, 3, 0, 1, 0, 0, 0, 1,
	  "/opt/tool/bin" },
	{ "no-userns", "ann", "/home/ann", "6.1.0-18-amd64", 1000, 3, 2, 0, 1, 1, 0, 1, "/opt/tool/bin" },
	{ "root-home-root", "root", "/root", "6.1.0-18-amd64", 0, 1, 2, 0, 0, 0, 0, 1, "/opt/tool/bin" },
	{ "home-outside", "ann", "/data/people/ann", "6.1.0-18-amd64", 1000, 3, 2, 0, 0, 0, 0, 1,
	  "/opt/tool/bin" },
	{ "fedora-usr-sbin-merge", "ann", "/home/ann", "6.14.0-63.fc42.x86_64", 1000, 3, 6, 0, 0, 0, 0, 1,
	  "/opt/tool/bin" },
	{ "opensuse-certs", "ann", "/home/ann", "6.11.2-1-default", 1000, 1, 5, 0, 0, 0, 0, 1,
	  "/opt/tool/bin" },
	{ "agents", "ann", "/home/ann", "6.1.0-18-amd64", 1000, 3, 2, 0, 0, 0, 0, 1, NULL },
};

START_TEST(recorded_machine_has_its_facts)
{
	const struct expected *e = &machines[_i];
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

	replayed_open(&r, e->machine, NULL);
	ck_assert_msg(replayed_host(&r) == 0, "%s: %s", e->machine, r.diag.msg);
	ck_assert_str_eq(r.host.user, e->user);
	ck_assert_str_eq(r.host.home, e->home);
	ck_assert_str_eq(r.host.release, e->release);
	ck_assert_str_eq(r.host.machine, "x86_64");
	ck_assert_uint_eq(r.host.euid, e->euid);
	ck_assert_uint_eq(r.host.ngroups, e->ngroups);
	ck_assert_int_eq(r.host.landlock_abi, e->landlock_abi);
	ck_assert_int_eq(r.host.wsl, e->wsl);
	ck_assert_int_eq(r.host.userns_clone_off, e->clone_off);
	ck_assert_int_eq(r.host.userns_max_zero, e->max_zero);
	ck_assert_int_eq(r.host.apparmor_userns, e->apparmor);
	ck_assert_ptr_nonnull(r.host.bwrap.path);
	ck_assert_int_eq(r.host.bwrap.disable_userns, e->disable_userns);
	ck_assert(r.host.bwrap.as_pid_1 && r.host.bwrap.perms && !r.host.bwrap.odd_place &&
		  !r.host.bwrap.setuid);
	ck_assert(r.host.project_git);
	ck_assert_str_eq(r.host.opt_software.n > 0 ? r.host.opt_software.v[0] : "",
			 e->opt != NULL ? e->opt : "");
	ck_assert_uint_eq(r.host.opt_software.n, e->opt != NULL);
	ck_assert_uint_eq(r.host.drives.n, e->wsl ? 6 : 0);
}
END_TEST

START_TEST(every_recorded_machine_is_tested)
{
	AUTO_STRV struct strv names = { 0 };

	ck_assert_int_eq(recorded_list(RECORDED_DIR, &names), 0);
	ck_assert_uint_eq(names.n, ARRAY_SIZE(machines));
}
END_TEST

/* Facts about single paths: machine, path, its own type, where it really is, type, owner, mode there. */
static const struct fact {
	const char *machine, *path;
	enum host_type type;
	const char *link, *real;
	enum host_type real_type;
	uid_t uid;
	mode_t mode;
} facts[] = {
	{ "debian-merged-usr", "/bin", HOST_LINK, "usr/bin", "/usr/bin", HOST_DIR, 0, 0755 },
	{ "debian-merged-usr", "/lib32", HOST_ABSENT, NULL, NULL, HOST_ABSENT, 0, 0 },
	{ "debian-merged-usr", "/etc/shadow", HOST_FILE, NULL, "/etc/shadow", HOST_FILE, 0, 0640 },
	{ "debian-merged-usr", "/home/ann", HOST_DIR, NULL, "/home/ann", HOST_DIR, 1000, 0700 },
	{ "debian-merged-usr", "/home/ann/.ssh", HOST_DIR, NULL, "/home/ann/.ssh", HOST_DIR, 1000, 0755 },
	{ "debian-merged-usr", "/home/ann/.netrc", HOST_FILE, NULL, "/home/ann/.netrc", HOST_FILE, 1000,
	  0644 },
	{ "debian-merged-usr", "/home/ann/.config/op", HOST_ABSENT, NULL, NULL, HOST_ABSENT, 0, 0 },
	{ "debian-split-usr", "/bin", HOST_DIR, NULL, "/bin", HOST_DIR, 0, 0755 },
	{ "ubuntu-apparmor", "/etc/resolv.conf", HOST_LINK, "../run/systemd/resolve/stub-resolv.conf",
	  "/run/systemd/resolve/stub-resolv.conf", HOST_FILE, 0, 0644 },
	{ "nixos", "/run/current-system", HOST_LINK, "/nix/store/aaaa-nixos-system-24.05",
	  "/nix/store/aaaa-nixos-system-24.05", HOST_DIR, 0, 0755 },
	{ "nixos", "/run/current-system/sw/bin", HOST_DIR, NULL, "/nix/store/bbbb-system-path/bin", HOST_DIR,
	  0, 0755 },
	{ "nixos", "/etc/hosts", HOST_LINK, "/etc/static/hosts", "/nix/store/ffff-hosts", HOST_FILE, 0,
	  0644 },
	{ "nixos", "/etc/localtime", HOST_LINK, "/etc/zoneinfo/UTC",
	  "/nix/store/iiii-tzdata/share/zoneinfo/UTC", HOST_FILE, 0, 0644 },
	{ "wsl2", "/etc/resolv.conf", HOST_LINK, "/mnt/wsl/resolv.conf", "/mnt/wsl/resolv.conf", HOST_FILE, 0,
	  0644 },
	{ "fedora-usr-sbin-merge", "/sbin", HOST_LINK, "usr/sbin", "/usr/bin", HOST_DIR, 0, 0755 },
	{ "fedora-usr-sbin-merge", "/var/lib/rpm", HOST_LINK, "../../usr/lib/sysimage/rpm",
	  "/usr/lib/sysimage/rpm", HOST_DIR, 0, 0755 },
	{ "root-home-root", "/root", HOST_DIR, NULL, "/root", HOST_DIR, 0, 0700 },
};

START_TEST(node_says_what_is_there)
{
	const struct fact *f = &facts[_i];
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	const struct host_node *n;

	replayed_open(&r, f->machine, NULL);
	ck_assert_int_eq(replayed_host(&r), 0);
	n = host_find(&r.host, f->path);
	ck_assert_ptr_nonnull(n);
	ck_assert_int_eq(n->type, f->type);
	ck_assert_pstr_eq(n->link, f->link);
	ck_assert_pstr_eq(n->real, f->real);
	ck_assert_int_eq(n->real_type, f->real_type);
	ck_assert_uint_eq(n->uid, f->uid);
	ck_assert_uint_eq(n->mode, f->mode);
}
END_TEST

static const struct {
	const char *asked, *real;
	enum host_type type;
} asked[] = {
	{ "/home/ann/link-proj", "/home/ann/proj", HOST_LINK },
	{ "/home/ann/link-home", "/home/ann", HOST_LINK },
	{ "/home/ann/link-home/link-proj/src", "/home/ann/proj/src", HOST_DIR },
	/* ".." is lexical, as in conf */
	{ "/home/ann/link-home/../ann/lib", NULL, HOST_ABSENT },
	{ "/home/ann/notes.txt/below", NULL, HOST_ABSENT },
	{ "/home/ann/dangling", NULL, HOST_LINK },
	{ "/home/ann/dangling/below", NULL, HOST_ABSENT },
	{ "/", "/", HOST_DIR },
};

START_TEST(asked_paths_are_resolved)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	AUTO_FREE char *clean = path_clean("/", asked[_i].asked);
	const struct host_node *n;

	replayed_open(&r, "debian-merged-usr", NULL);
	replayed_extra(&r.conf.extra_ro, asked[_i].asked, "--extra-ro");
	ck_assert_int_eq(replayed_host(&r), 0);
	n = host_find(&r.host, clean);
	ck_assert_ptr_nonnull(n);
	ck_assert_int_eq(n->type, asked[_i].type);
	ck_assert_pstr_eq(n->real, asked[_i].real);
}
END_TEST

START_TEST(home_is_resolved_or_empty)
{
	static const struct {
		const char *set, *home;
	} row[] = { { "HOME=/home/ann", "/data/people/ann" },
		    { "HOME=/home/ann/", "/data/people/ann" },
		    { "HOME=/", "/" },
		    { "HOME=//", "/" },
		    { "HOME=", "" },
		    { "HOME=data", "" },
		    { "HOME=/nothing", "" },
		    { "HOME=/etc/passwd", "" } };

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		AUTO_REPLAYED struct replayed r = REPLAYED_INIT;

		replayed_open(&r, "home-outside", "/data/people/ann/proj");
		recorded_setenv(&r.rec, row[i].set);
		ck_assert_int_eq(replayed_host(&r), 0);
		ck_assert_str_eq(r.host.home, row[i].home);
	}
}
END_TEST

START_TEST(bwrap_is_the_first_in_path)
{
	AUTO_REPLAYED struct replayed r = REPLAYED_INIT;
	AUTO_REPLAYED struct replayed none = REPLAYED_INIT;

	replayed_open(&r, "nixos", NULL);
	ck_assert_int_eq(replayed_host(&r), 0);
	ck_assert_str_eq(r.host.bwrap.path, "/nix/store/dddd-bubblewrap-0.8.0/bin/bwrap");
	replayed_open(&none, "nixos", NULL);
	recorded_setenv(&none.rec, "PATH=bin::./:/bin:/nowhere:/home/ann/notes.txt");
	ck_assert_int_eq(replayed_host(&none), 0);
	ck_assert_ptr_null(none.host.bwrap.path);
}
END_TEST

START_TEST(options_are_whole_words)
{
	static const char text[] =
	    "\0--disable-userns-more\0--sizes\0--ro-bind-fd\0--perms\0  --as-pid-1   text --size";
	struct host_bwrap b = { 0 };

	hostbwrap_options(text, sizeof(text) - 1, &b);
	ck_assert(b.perms && b.as_pid_1);
	ck_assert(!b.disable_userns && !b.bind_fd && !b.json_status);
	/* cut off by the end: it could go on */
	ck_assert(!b.size);
	hostbwrap_options("-", 1, &b);
	hostbwrap_options("--", 2, &b);
	hostbwrap_options("", 0, &b);
}
END_TEST

static void put(const char *dir, const char *name, const char *text)
{
	AUTO_FREE char *path = path_join(dir, name);
	AUTO_FILE FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
}

/* A recorded machine made here, with two bwraps and owners and modes as given. */
static void two_bwraps(const char *owners, const char *path, struct host *ret)
{
	static const char *const dirs[] = { "root",	   "root/proj",	     "root/proj/bin", "root/home",
					    "root/home/b", "root/sw",	     "root/usr",      "root/usr/bin",
					    "root/nix",	   "root/nix/store", "root/home/link" };
	char top[] = "/tmp/claude-sandbox-test-XXXXXX";
	AUTO_FREE char *rootdir = NULL;
	AUTO_FREE char *rm = NULL;
	AUTO_FREE char *tool = NULL;
	AUTO_CLOSE int root = -1;
	char *env[2] = { (char[]){ "" }, NULL };
	struct conf conf = { .project = (char[]){ "/proj" } };
	struct host_source source = { .env = env };
	struct diag d = { 0 };

	ck_assert_ptr_nonnull(mkdtemp(top));
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		AUTO_FREE char *dir = path_join(top, dirs[i]);

		ck_assert_int_eq(mkdir(dir, 0755), 0);
	}
	rootdir = path_join(top, "root");
	put(top, "owners", owners);
	put(top, "ids", "uid 1000\neuid 1000\ngid 1000\ngroups 1000\n");
	put(top, "kernel", "release 6\nmachine x86_64\n");
	for (size_t i = 0; i < 4; i++) {
		static const char *const names[] = { "proj/bin/bwrap", "usr/bin/bwrap", "nix/store/bwrap",
						     "usr/bin/other" };
		AUTO_FREE char *file = path_join(rootdir, names[i]);

		put(rootdir, names[i], "--as-pid-1 --perms ");
		ck_assert_int_eq(chmod(file, 0755), 0);
	}
	tool = path_join(rootdir, "home/b/bwrap");
	ck_assert_int_eq(symlink("/usr/bin/other", tool), 0);
	free(tool);
	tool = path_join(rootdir, "home/link/bwrap");
	ck_assert_int_eq(symlink("/nix/store/bwrap", tool), 0);
	free(tool);
	tool = path_join(rootdir, "sw/bin");
	ck_assert_int_eq(symlink("/usr/bin", tool), 0);
	root = open(rootdir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	source.rootfd = root;
	source.recorded = top;
	env[0] = xasprintf("PATH=%s", path);
	ck_assert_msg(host_load(&source, &conf, ret, &d) == 0, "%s", d.msg);
	free(env[0]);
	rm = xasprintf("rm -r %s", top);
	ck_assert_int_eq(system(rm), 0);
}

#define THEIRS "/proj 1000 1000 0755\n/home 1000 1000 0755\n"

static const struct {
	const char *owners, *search, *found; /* found NULL: none */
	bool odd, is_setuid;
} places[] = {
	{ "", "/usr/bin", "/usr/bin/bwrap", false, false },
	{ "/usr/bin/bwrap 0 0 4755\n", "/usr/bin", "/usr/bin/bwrap", false, true },
	{ "/usr/bin/bwrap 0 0 0644\n", "/usr/bin", NULL, false, false },
	/* a project's, be it the caller's own, is passed over or refused */
	{ THEIRS, "/proj/bin", "/proj/bin/bwrap", true, false },
	{ THEIRS, "/proj/bin:/usr/bin", "/usr/bin/bwrap", false, false },
	{ THEIRS, "/home/b:/proj/bin", "/home/b/bwrap", true, false },
	/* what a sandbox of root's leaves is root's */
	{ "", "/proj/bin", "/proj/bin/bwrap", true, false },
	/* root's file in a directory that is not */
	{ "/proj 1000 1000 0755\n/proj/bin 0 0 0755\n", "/proj/bin", "/proj/bin/bwrap", true, false },
	{ "/usr 0 0 0757\n", "/usr/bin", "/usr/bin/bwrap", true, false },
	{ "/usr 0 0 1777\n", "/usr/bin", "/usr/bin/bwrap", true, false },
	{ "/usr 0 50 0775\n", "/usr/bin", "/usr/bin/bwrap", true, false },
	{ "/usr 0 0 0775\n", "/usr/bin", "/usr/bin/bwrap", false, false },
	{ "/usr/bin/bwrap 0 0 0757\n", "/usr/bin", "/usr/bin/bwrap", true, false },
	{ "/usr 65534 65534 0755\n", "/usr/bin", "/usr/bin/bwrap", true, false },
	{ "/ 65534 65534 0755\n", "/usr/bin", "/usr/bin/bwrap", false, false },
	/* links: root's own, a user's to another program of root's, a user's into a store */
	{ THEIRS, "/sw/bin", "/usr/bin/bwrap", false, false },
	{ "/sw 1000 1000 0755\n", "/sw/bin", "/usr/bin/bwrap", false, false },
	{ THEIRS, "/home/b", "/home/b/bwrap", true, false },
	{ THEIRS "/nix/store 0 30000 1775\n", "/home/link", "/nix/store/bwrap", false, false },
	/* never another directory in each place */
	{ THEIRS, ":.:proj/bin::usr/bin", NULL, false, false },
};

START_TEST(place_of_bwrap_is_judged)
{
	struct host h;

	two_bwraps(places[_i].owners, places[_i].search, &h);
	ck_assert_pstr_eq(h.bwrap.path, places[_i].found);
	ck_assert_int_eq(h.bwrap.odd_place, places[_i].odd);
	ck_assert_int_eq(h.bwrap.setuid, places[_i].is_setuid);
	/* nothing is believed of one that will not be run */
	ck_assert_int_eq(h.bwrap.as_pid_1, places[_i].found != NULL && !places[_i].odd);
	host_done(&h);
}
END_TEST

START_TEST(live_machine_is_this_one)
{
	AUTO_CLOSE int root = open("/", O_PATH | O_CLOEXEC);
	struct conf conf = { .project = (char[]){ "/" } };
	struct host_source source = { .rootfd = root, .env = environ };
	struct host h;
	struct diag d = { 0 };
	const struct host_node *usr;

	ck_assert_int_eq(host_load(&source, &conf, &h, &d), 0);
	ck_assert_uint_eq(h.euid, geteuid());
	usr = host_find(&h, "/usr");
	ck_assert_ptr_nonnull(usr);
	ck_assert_str_eq(usr->real, "/usr");
	ck_assert_ptr_nonnull(strstr(h.mounts, " / "));
	ck_assert_ptr_null(host_find(&h, "/never/asked/for"));
	host_done(&h);
}
END_TEST

START_TEST(mounts_are_read)
{
	static const char text[] = "rubbish\n\n1 2 3\n"
				   "1 2 0:1 / /a\\040b rw - 9p x rw\n"
				   "1 2 0:1 / /c rw shared:1 master:2 - drvfs - rw\n"
				   "1 2 0:1 / / rw - virtiofs root rw\n"
				   "1 2 0:1 / relative rw - 9p x rw\n"
				   "1 2 0:1 / /a\\040b rw - 9p x rw\n"
				   "1 2 0:1 / /nul\\000x rw - 9p x rw\n"
				   "1 2 0:1 / /ext rw - ext4 9p rw\n"
				   "1 2 0:1 / /fuse rw - fuse.drvfs 9p rw\n"
				   "1 2 0:1 / /sshfs rw - fuse.sshfs 9p rw\n"
				   "1 2 0:1 / /short rw -";
	AUTO_STRV struct strv drives = { 0 };

	mountinfo_drives(text, &drives);
	ck_assert_uint_eq(drives.n, 4);
	ck_assert_str_eq(drives.v[0], "/a b");
	ck_assert_str_eq(drives.v[1], "/c");
	ck_assert_str_eq(drives.v[2], "/nul\\000x");
	ck_assert_str_eq(drives.v[3], "/fuse");
}
END_TEST

START_TEST(recorded_machine_without_its_files_is_an_error)
{
	AUTO_CLOSE int root = open("/", O_PATH | O_CLOEXEC);
	char *env[] = { NULL };
	struct conf conf = { .project = (char[]){ "/" } };
	struct host_source source = { .rootfd = root, .env = env, .recorded = "/nonexistent" };
	struct host h;
	struct diag d = { 0 };

	ck_assert_int_eq(host_load(&source, &conf, &h, &d), -ENOENT);
	ck_assert_str_ne(d.msg, "");
}
END_TEST

Suite *host_suite(void)
{
	Suite *s = suite_create("host");
	TCase *t = tcase_create("host");

	tcase_add_loop_test(t, recorded_machine_has_its_facts, 0, ARRAY_SIZE(machines));
	tcase_add_test(t, every_recorded_machine_is_tested);
	tcase_add_loop_test(t, node_says_what_is_there, 0, ARRAY_SIZE(facts));
	tcase_add_loop_test(t, asked_paths_are_resolved, 0, ARRAY_SIZE(asked));
	tcase_add_test(t, home_is_resolved_or_empty);
	tcase_add_test(t, bwrap_is_the_first_in_path);
	tcase_add_test(t, options_are_whole_words);
	tcase_add_loop_test(t, place_of_bwrap_is_judged, 0, ARRAY_SIZE(places));
	tcase_add_test(t, live_machine_is_this_one);
	tcase_add_test(t, mounts_are_read);
	tcase_add_test(t, recorded_machine_without_its_files_is_an_error);
	suite_add_tcase(s, t);
	return s;
}
