/* SPDX-License-Identifier: MIT */
/* The walk on real trees, made below the directory for temporary files. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "autorun.h"
#include "baddisk.h"
#include "inodetime.h"
#include "mem.h"
#include "path.h"
#include "scan.h"
#include "tmptree.h"
#include "unit.h"
#include "util.h"

struct tree {
	char *root;
	struct policy_entry entry[2];
	struct policy policy;
	struct scan scan;
	struct diag diag;
};
#define AUTO_TREE __attribute__((cleanup(tree_done)))

static char *at(const struct tree *t, const char *name)
{
	return path_join(t->root, name);
}

static void open_tree_at(struct tree *t)
{
	*t = (struct tree){ .root = tmptree_make() };
	t->entry[0] = (struct policy_entry){
		.access = POLICY_WRITE, .part = POLICY_PROJECT, .path = t->root, .is_dir = true
	};
	t->policy.entry = t->entry;
	t->policy.nentry = 1;
}

/* Root searches everything: the rest is done by an ordinary user, who owns the tree then. */
static void root_becomes_ordinary(const struct tree *t)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(t->root, 65534, 65534), 0);
	ck_assert_int_eq(seteuid(65534), 0);
}

static void root_is_root_again(void)
{
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}

static void tree_done(struct tree *t)
{
	tmptree_remove(t->root);
	strv_done(&t->policy.mask);
	scan_done(&t->scan);
}

static void make_dir(const struct tree *t, const char *name)
{
	AUTO_FREE char *path = at(t, name);

	ck_assert_int_eq(mkdir(path, 0755), 0);
}

static void make_file(const struct tree *t, const char *name, mode_t mode)
{
	AUTO_FREE char *path = at(t, name);
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, mode), 0);
}

static int walk(struct tree *t, const char *mounts)
{
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return scan_trees(&t->policy, root, mounts, 0, &t->scan, &t->diag);
}

static const struct compose_mask *mask(const struct tree *t, const char *name)
{
	AUTO_FREE char *path = at(t, name);

	for (size_t i = 0; i < t->scan.found.n; i++)
		if (streq(t->scan.found.mask[i].path, path))
			return &t->scan.found.mask[i];
	return NULL;
}

START_TEST(what_a_path_matched_is_pinned_and_what_a_name_matched_is_not)
{
	AUTO_TREE struct tree t;

	open_tree_at(&t);
	make_dir(&t, "config");
	make_file(&t, "config/prod", 0644);
	make_file(&t, "config/.env", 0644);
	strv_add(&t.policy.mask, "config/prod");
	strv_add(&t.policy.mask, ".env");
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_uint_eq(t.scan.found.n, 2);
	ck_assert(mask(&t, "config/prod")->pinned);
	ck_assert(!mask(&t, "config/.env")->pinned);
}
END_TEST

START_TEST(setuid_files_are_read_only)
{
	AUTO_TREE struct tree t;

	open_tree_at(&t);
	make_file(&t, "plain", 0755);
	make_file(&t, "su", 04755);
	make_file(&t, "sg", 02755);
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_uint_eq(t.scan.found.n, 2);
	ck_assert(mask(&t, "su")->read_only && mask(&t, "sg")->read_only);
}
END_TEST

START_TEST(a_link_that_matches_masks_what_it_leads_to)
{
	AUTO_TREE struct tree t;
	AUTO_FREE char *in = NULL, *out = NULL, *self = NULL;

	open_tree_at(&t);
	in = at(&t, ".env");
	out = at(&t, "out.env");
	self = at(&t, "self.env");
	make_file(&t, "real", 0644);
	ck_assert_int_eq(symlink("real", in), 0);
	ck_assert_int_eq(symlink("/etc/hostname", out), 0);
	ck_assert_int_eq(symlink(".", self), 0);
	strv_add(&t.policy.mask, "*.env");
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_uint_eq(t.scan.found.n, 1);
	ck_assert_ptr_nonnull(mask(&t, "real"));
}
END_TEST

/* Asked for both ways: neither may silently win. */
START_TEST(a_mask_over_a_requested_bind_is_refused)
{
	AUTO_TREE struct tree t;
	AUTO_FREE char *bind = NULL;

	open_tree_at(&t);
	make_dir(&t, "kept");
	make_dir(&t, "kept/inner");
	bind = at(&t, "kept/inner");
	t.entry[1] = (struct policy_entry){
		.access = POLICY_READ, .part = POLICY_EXTRA, .path = bind, .is_dir = true
	};
	t.policy.nentry = 2;
	strv_add(&t.policy.mask, "k*");
	ck_assert_int_eq(walk(&t, ""), -EINVAL);
	ck_assert_ptr_nonnull(strstr(t.diag.msg, "mask k*: hides "));
	ck_assert_ptr_nonnull(strstr(t.diag.msg, "kept/inner was asked for"));
}
END_TEST

START_TEST(mounts_of_the_kernel_are_closed)
{
	AUTO_TREE struct tree t;
	AUTO_FREE char *mounts = NULL;

	open_tree_at(&t);
	make_dir(&t, "p");
	make_dir(&t, "d");
	mounts = xasprintf("30 1 0:5 / /proc rw - proc proc rw\n31 1 0:5 / %s/p rw - proc proc rw\n"
			   "32 1 0:6 / %s/d rw - ext4 /dev/a rw\n33 1 0:5 / %s rw - sysfs s rw\n",
			   t.root, t.root, t.root);
	ck_assert_int_eq(walk(&t, mounts), 0);
	ck_assert_uint_eq(t.scan.found.n, 1);
	ck_assert(mask(&t, "p")->closed && mask(&t, "p")->is_dir);
}
END_TEST

START_TEST(nothing_is_found_below_a_masked_directory)
{
	AUTO_TREE struct tree t;
	AUTO_FREE char *link = NULL;

	open_tree_at(&t);
	link = at(&t, "a.env");
	make_dir(&t, "secrets");
	make_file(&t, "secrets/key", 0644);
	ck_assert_int_eq(symlink("secrets/key", link), 0);
	strv_add(&t.policy.mask, "secrets");
	strv_add(&t.policy.mask, "*.env");
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_uint_eq(t.scan.found.n, 1);
	ck_assert_ptr_nonnull(mask(&t, "secrets"));
}
END_TEST

/* remove(3) goes by path: takes a chain of directories apart from its top. */
static void flatten(const struct tree *t, const char *name)
{
	AUTO_FREE char *top = at(t, name), *up = at(t, "up"), *below = path_join(top, name);

	while (rename(below, up) == 0) {
		ck_assert_int_eq(rmdir(top), 0);
		ck_assert_int_eq(rename(up, top), 0);
	}
}

/* Depth hides nothing: what is too deep to be mounted on is masked where that can still be done. */
START_TEST(too_deep_is_closed)
{
	AUTO_TREE struct tree t;
	char name[201];
	const char *longest = NULL;
	int fd;

	open_tree_at(&t);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	fd = open(t.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 25; i++) {
		int below;

		ck_assert_int_eq(mkdirat(fd, name, 0755), 0);
		below = openat(fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = below;
	}
	close(fd);
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_uint_eq(t.scan.found.n, 1);
	longest = t.scan.found.mask[0].path;
	ck_assert_uint_gt(strlen(longest), 3800);
	ck_assert_uint_lt(strlen(longest), 4096);
	ck_assert(t.scan.found.mask[0].closed && t.scan.found.mask[0].is_dir);
	flatten(&t, name);
}
END_TEST

/* chmod 0 in one run must not show in the next what was masked. */
START_TEST(unsearchable_is_refused_with_masks_and_closed_without)
{
	AUTO_TREE struct tree t;
	AUTO_FREE char *dir = NULL;
	static const mode_t mode[] = { 0, 0400, 0300 };

	open_tree_at(&t);
	root_becomes_ordinary(&t);
	make_dir(&t, "d");
	dir = at(&t, "d");
	for (size_t i = 0; i < ARRAY_SIZE(mode); i++) {
		ck_assert_int_eq(chmod(dir, mode[i]), 0);
		ck_assert_int_eq(walk(&t, ""), 0);
		ck_assert(mask(&t, "d")->closed && mask(&t, "d")->is_dir);
		scan_done(&t.scan);
		strv_add(&t.policy.mask, ".env");
		ck_assert_int_eq(walk(&t, ""), -EACCES);
		ck_assert_ptr_nonnull(strstr(t.diag.msg, "can't be searched for masked names"));
		ck_assert_ptr_nonnull(strstr(t.diag.try, "chmod u+rx /tmp/"));
		scan_done(&t.scan);
		strv_done(&t.policy.mask);
		t.policy.mask = (struct strv){ 0 };
	}
	ck_assert_int_eq(chmod(dir, 0700), 0);
	root_is_root_again();
}
END_TEST

/* What the box can't open up: another's, or one in a tree that is read-only. A name in it that is known leads on. */
START_TEST(what_can_be_entered_but_not_searched_is_named)
{
	AUTO_TREE struct tree t;
	AUTO_FREE char *dir = NULL;
	AUTO_FREE char *want = NULL;
	bool root = geteuid() == 0; /* who searches everything */

	open_tree_at(&t);
	make_dir(&t, "d");
	dir = at(&t, "d");
	want = xasprintf("%s can be entered, but not searched", dir);
	ck_assert_int_eq(chmod(t.root, 0755), 0);
	if (!root)
		t.entry[0].access = POLICY_READ;
	ck_assert_int_eq(chmod(dir, root ? 0711 : 0311), 0);
	if (root)
		ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_int_eq(walk(&t, ""), 0);
	if (root)
		ck_assert_int_eq(seteuid(0), 0);
	ck_assert_uint_eq(t.scan.weaker.n, 1);
	ck_assert(str_starts(t.scan.weaker.v[0], want));
	scan_done(&t.scan);
	/* Nobody gets anywhere by it. */
	ck_assert_int_eq(chmod(dir, root ? 0700 : 0000), 0);
	if (root)
		ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_int_eq(walk(&t, ""), 0);
	if (root)
		ck_assert_int_eq(seteuid(0), 0);
	ck_assert_uint_eq(t.scan.weaker.n, 0);
	ck_assert_int_eq(chmod(dir, 0700), 0);
}
END_TEST

static const struct autorun_thing *held(const struct tree *t, const char *name, enum autorun_what what)
{
	AUTO_FREE char *path = at(t, name);

	for (size_t i = 0; i < t->scan.autorun.n; i++)
		if (t->scan.autorun.thing[i].what == what && streq(t->scan.autorun.thing[i].path, path))
			return &t->scan.autorun.thing[i];
	return NULL;
}

static void make_repository(const struct tree *t, const char *name)
{
	static const char *const dirs[] = { "", "objects", "refs", "hooks" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		AUTO_FREE char *dir = xasprintf("%s%s%s", name, i > 0 ? "/" : "", dirs[i]);

		make_dir(t, dir);
	}
	for (size_t i = 0; i < 2; i++) {
		AUTO_FREE char *file = xasprintf("%s/%s", name, i == 0 ? "HEAD" : "config");

		make_file(t, file, 0644);
	}
}

START_TEST(repositories_are_found_wherever_they_are)
{
	static const char *const where[] = {
		"a", "a/.git", "node_modules", "node_modules/x", "node_modules/x/.git", "bare.git", NULL
	};
	AUTO_TREE struct tree t;

	open_tree_at(&t);
	make_repository(&t, ".git");
	make_dir(&t, ".git/modules");
	make_dir(&t, ".git/modules/group");
	make_repository(&t, ".git/modules/group/sub");
	for (size_t i = 0; where[i] != NULL; i++) {
		if (strstr(where[i], ".git") != NULL)
			make_repository(&t, where[i]);
		else
			make_dir(&t, where[i]);
	}
	make_dir(&t, "node_modules/x/.vscode");
	make_file(&t, "a/commondir", 0644);
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_ptr_nonnull(held(&t, ".git", AUTORUN_PIN));
	ck_assert_ptr_nonnull(held(&t, ".git/hooks", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, ".git/config", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, ".git/modules/group/sub/hooks", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, ".git/modules/group/sub/config", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "a/.git/config", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "node_modules/x/.git/hooks", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "bare.git/hooks", AUTORUN_PROTECT));
	ck_assert_ptr_null(held(&t, "a/commondir", AUTORUN_PROTECT));
	ck_assert_ptr_null(held(&t, "node_modules/x/.vscode", AUTORUN_PROTECT));
}
END_TEST

static void make_above(const struct tree *t, const char *name)
{
	for (const char *s = strchr(name, '/'); s != NULL; s = strchr(s + 1, '/')) {
		AUTO_FREE char *dir = xstrndup(name, (size_t)(s - name));
		AUTO_FREE char *path = at(t, dir);

		ck_assert(mkdir(path, 0755) == 0 || errno == EEXIST);
	}
}

/* Of the whole table, alone and as its kind: what is left writable is no more than what says so. */
START_TEST(each_row_is_held_as_it_says)
{
	const struct autorun_row *row = &autorun_rows[_i];
	const char *star = strchr(row->pattern, '*');
	AUTO_TREE struct tree t;
	AUTO_FREE char *name = NULL;

	open_tree_at(&t);
	if (row->place == AUTORUN_GIT)
		make_repository(&t, ".git");
	name = xasprintf("%s%.*s%s%s", row->place == AUTORUN_GIT ? ".git/" : "",
			 star != NULL ? (int)(star - row->pattern) : (int)strlen(row->pattern), row->pattern,
			 star != NULL ? "x" : "", star != NULL ? star + 1 : "");
	make_above(&t, name);
	if (row->place == AUTORUN_GIT &&
	    (streq(row->pattern, "hooks") || streq(row->pattern, "config") || streq(row->pattern, "refs")))
		;
	else if (row->kind == AUTORUN_DIR)
		make_dir(&t, name);
	else
		make_file(&t, name, 0644);
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_msg((held(&t, name, AUTORUN_PROTECT) != NULL) == (row->at_start == AUTORUN_READ_ONLY), "%s",
		      name);
}
END_TEST

START_TEST(a_link_is_held_with_what_it_leads_to_unless_that_is_everything)
{
	AUTO_TREE struct tree t;
	AUTO_FREE char *in = NULL, *all = NULL, *out = NULL;

	open_tree_at(&t);
	make_dir(&t, "real");
	in = at(&t, ".vscode");
	all = at(&t, ".idea");
	out = at(&t, ".claude");
	ck_assert_int_eq(symlink("real", in), 0);
	ck_assert_int_eq(symlink(".", all), 0);
	ck_assert_int_eq(symlink("/etc", out), 0);
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_ptr_nonnull(held(&t, ".vscode", AUTORUN_PIN));
	ck_assert_ptr_nonnull(held(&t, ".idea", AUTORUN_PIN));
	ck_assert_ptr_nonnull(held(&t, ".claude", AUTORUN_PIN));
	ck_assert_ptr_nonnull(held(&t, "real", AUTORUN_PROTECT));
	ck_assert_uint_eq(t.scan.autorun.n, 4);
	ck_assert_uint_eq(t.scan.notes.n, 1);
	ck_assert_uint_eq(t.scan.weaker.n, 1);
}
END_TEST

static void fill(const struct tree *t, const char *name, const char *text)
{
	AUTO_FREE char *path = at(t, name);
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void make_link(const struct tree *t, const char *name, const char *text)
{
	AUTO_FREE char *path = at(t, name);

	ck_assert_int_eq(symlink(text, path), 0);
}

START_TEST(what_links_in_protected_directories_lead_to_is_held)
{
	AUTO_TREE struct tree t;

	open_tree_at(&t);
	make_repository(&t, ".git");
	make_dir(&t, "scripts");
	make_dir(&t, ".claude");
	make_dir(&t, ".claude/hooks");
	make_file(&t, "scripts/hook", 0755);
	make_file(&t, "scripts/x", 0755);
	make_file(&t, "AGENTS.md", 0644);
	make_link(&t, ".git/hooks/pre-commit", "../../scripts/hook");
	make_link(&t, ".claude/hooks/x", "../../scripts/x");
	make_link(&t, ".claude/CLAUDE.md", "../AGENTS.md");
	make_link(&t, ".claude/etc", "/etc");
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_ptr_nonnull(held(&t, "scripts/hook", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "scripts/x", AUTORUN_PROTECT));
	ck_assert_ptr_null(held(&t, "AGENTS.md", AUTORUN_PROTECT));
	ck_assert_uint_eq(t.scan.notes.n, 0);
}
END_TEST

START_TEST(links_on_the_way_are_held_too)
{
	AUTO_TREE struct tree t;
	AUTO_FREE char *hooks = NULL;

	open_tree_at(&t);
	make_dir(&t, "cfg");
	make_dir(&t, "cfg/deep");
	make_file(&t, "cfg/deep/config.toml", 0644);
	make_file(&t, "cfg/deep/rc", 0644);
	make_link(&t, "x", "cfg");
	make_link(&t, ".cargo", "x/deep");
	make_link(&t, "y", "cfg/../x/deep/rc");
	make_link(&t, ".envrc", "y");
	make_link(&t, ".exrc", "round");
	make_link(&t, "round", ".exrc");
	make_repository(&t, ".git");
	make_dir(&t, "own");
	make_file(&t, "own/attributes", 0644);
	make_link(&t, ".git/info", "../own");
	make_dir(&t, "h");
	make_file(&t, "h/script", 0755);
	make_dir(&t, "hooks");
	make_link(&t, "hooks/pre-commit", "../h/script");
	make_link(&t, "hooks/self", ".");
	hooks = at(&t, ".git/hooks");
	ck_assert_int_eq(rmdir(hooks), 0);
	make_link(&t, ".git/hooks", "../hooks");
	make_dir(&t, "sub");
	make_dir(&t, "store");
	make_link(&t, "way", "store");
	fill(&t, "sub/.git", "gitdir: ../way/repo\n");
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_ptr_nonnull(held(&t, ".cargo", AUTORUN_PIN));
	ck_assert_ptr_nonnull(held(&t, "x", AUTORUN_PIN));
	ck_assert_ptr_nonnull(held(&t, "cfg/deep/config.toml", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "y", AUTORUN_PIN));
	ck_assert_ptr_nonnull(held(&t, "cfg/deep/rc", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, ".exrc", AUTORUN_PIN));
	ck_assert_ptr_nonnull(held(&t, ".git/info", AUTORUN_PIN));
	ck_assert_ptr_nonnull(held(&t, "own/attributes", AUTORUN_PROTECT));
	ck_assert_ptr_null(held(&t, ".git/info/attributes", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, ".git/hooks", AUTORUN_PIN));
	ck_assert_ptr_nonnull(held(&t, "hooks", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "h/script", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "way", AUTORUN_PIN));
	ck_assert_ptr_null(held(&t, "cfg", AUTORUN_PIN));
}
END_TEST

static void make_name(const struct tree *t, const char *of, const char *name)
{
	AUTO_FREE char *a = at(t, of), *b = at(t, name);

	ck_assert_int_eq(link(a, b), 0);
}

START_TEST(other_names_of_protected_files_are_held)
{
	AUTO_TREE struct tree t;

	open_tree_at(&t);
	make_dir(&t, ".husky");
	make_dir(&t, ".husky/_");
	make_file(&t, ".husky/_/run", 0755);
	make_file(&t, ".envrc", 0644);
	make_repository(&t, ".git");
	make_dir(&t, "a");
	make_dir(&t, "a/b");
	make_file(&t, "a/plain", 0644);
	make_file(&t, ".git/objects/0", 0444);
	make_name(&t, ".husky/_/run", "a/run");
	make_name(&t, ".envrc", "a/b/rc");
	make_name(&t, ".git/config", "a/b/config");
	make_name(&t, "a/plain", "a/b/plain");
	make_name(&t, ".git/objects/0", "a/b/0");
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_ptr_nonnull(held(&t, "a/run", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "a/b/rc", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "a/b/config", AUTORUN_PROTECT));
	ck_assert_ptr_null(held(&t, "a/b/plain", AUTORUN_PROTECT));
	ck_assert_ptr_null(held(&t, "a/b/0", AUTORUN_PROTECT));
	ck_assert_uint_eq(t.scan.weaker.n, 0);
}
END_TEST

/* Many of them, so that the first walk ends early however fast the machine is. */
static void make_many(const struct tree *t)
{
	for (int i = 0; i < 400; i++) {
		AUTO_FREE char *dir = xasprintf("d%03d", i);
		AUTO_FREE char *file = xasprintf("d%03d/.envrc", i);

		make_dir(t, dir);
		make_file(t, file, 0644);
	}
}

/* Where the search of all names comes later, and where there are too many of them, that is said. */
START_TEST(other_names_that_are_not_held_are_said)
{
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_TREE struct tree t;
	bool late = false;
	int r = 1;

	open_tree_at(&t);
	make_file(&t, ".envrc", 0644);
	make_many(&t);
	make_name(&t, ".envrc", "d399/rc");
	ck_assert_int_eq(scan_trees(&t.policy, root, "", 60000, &t.scan, &t.diag), 0);
	ck_assert_uint_eq(t.scan.weaker.n, 1);
	ck_assert_ptr_nonnull(strstr(t.scan.weaker.v[0], "/.envrc has other names (hard links)"));
	while (r > 0) {
		r = scan_rest(&t.scan, 50, &t.diag);
		late = late || held(&t, "d399/rc", AUTORUN_PROTECT) != NULL;
	}
	ck_assert(late);
	ck_assert_uint_eq(t.scan.weaker.n, 0);
	scan_done(&t.scan);
	for (int i = 0; i < 399; i++) {
		AUTO_FREE char *name = xasprintf("d%03d/rc", i);

		make_name(&t, ".envrc", name);
	}
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_uint_eq(t.scan.weaker.n, 1);
}
END_TEST

START_TEST(what_a_git_config_names_is_held)
{
	AUTO_TREE struct tree t;

	open_tree_at(&t);
	make_dir(&t, "sub");
	make_repository(&t, "sub/.git");
	make_dir(&t, "tools");
	make_dir(&t, "sub/tools");
	make_dir(&t, "sub/tools/hooks");
	fill(&t, "sub/.git/config", "[include]\n\tpath = ../.gitconfig\n[include]\n\tpath = ../absent\n");
	fill(
	    &t, "sub/.gitconfig",
	    "[core]\n\thooksPath = tools/hooks\n\tfsmonitor = ./tools/fsm -x tools\n[filter \"f\"]\n"
	    "\tclean = sh '$PWD/tools/x' tools/clean %f\n[includeIf \"onbranch:x\"]\n\tpath = ../tools/more\n"
	    "[include]\n\tpath = .gitconfig\n");
	make_file(&t, "tools/more", 0644);
	make_file(&t, "sub/tools/fsm", 0755);
	make_file(&t, "sub/tools/clean", 0755);
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_ptr_nonnull(held(&t, "sub/.gitconfig", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "sub/tools/hooks", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "tools/more", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "sub/tools/fsm", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "sub/tools/clean", AUTORUN_PROTECT));
	ck_assert_ptr_null(held(&t, "sub/tools", AUTORUN_PROTECT));
	ck_assert_ptr_null(held(&t, "sub/absent", AUTORUN_PROTECT));
}
END_TEST

/* "sub", the name from there on, "d": a directory too, "u": unasked, "-": not there, "!": that place alone; each with a blank. Owned. */
static char *started(const struct tree *t)
{
	char *all = xstrdup("");

	for (size_t i = 0; i < t->scan.nstart; i++) {
		const struct policy_start *s = &t->scan.start[i];
		AUTO_FREE char *before = all;

		all = xasprintf("%s%s%s:%s%s%s%s%s ", before, *s->dir == '\0' ? "user's " : "",
				path_basename(s->top), s->name, s->dirs ? " d" : "", s->unasked ? " u" : "",
				s->absent ? " -" : "", s->fixed ? " !" : "");
	}
	return all;
}

/* What a new worktree will have by the same name; an include's begins elsewhere. */
START_TEST(what_git_starts_by_a_name_in_a_worktree_is_noted)
{
	AUTO_TREE struct tree t;
	AUTO_FREE char *all = NULL, *none = NULL;

	open_tree_at(&t);
	make_dir(&t, "sub");
	make_repository(&t, "sub/.git");
	make_dir(&t, "sub/tools");
	make_file(&t, "sub/tools/clean", 0755);
	make_file(&t, "sub/tools/lint", 0755);
	fill(&t, "sub/.git/config", "[include]\n\tpath = ../.gitconfig\n");
	fill(&t, "sub/.gitconfig",
	     "[core]\n\thooksPath = ./later/../hooks\n\tfsmonitor = /abs/x\n[filter \"f\"]\n"
	     "\tclean = ./tools/clean\n[alias]\n\tx = !tools/x\n");
	fill(&t, "sub/.git/hooks/pre-push", "#!/bin/sh\nexec tools/lint\n");
	strv_add(&t.policy.named.hooks, "mine");
	strv_add(&t.policy.named.hooks, "~/mine");
	strv_add(&t.policy.named.programs, "!cd tools && ./lint");
	strv_add(&t.policy.named.programs, "python3 ../fsm.py");
	ck_assert_int_eq(walk(&t, ""), 0);
	all = started(&t);
	ck_assert_str_eq(all,
			 "sub:hooks d u - sub:tools/clean u sub:tools/x - user's sub:mine d u - "
			 "user's sub:lint - user's sub:tools/lint user's sub:../fsm.py u - sub:tools/lint ");
	scan_done(&t.scan);
	none = started(&t);
	ck_assert_str_eq(none, "");
	strv_done(&t.policy.named.hooks);
	strv_done(&t.policy.named.programs);
}
END_TEST

/* Of a place where nothing is, whatever says so: includes, too. What is there is held instead. */
START_TEST(what_git_names_and_is_not_there_is_noted)
{
	AUTO_TREE struct tree t;
	AUTO_FREE char *all = NULL, *config = NULL, *want = NULL, *user = NULL, *way = NULL;
	const char *root;

	open_tree_at(&t);
	root = path_basename(t.root);
	make_dir(&t, "sub");
	make_repository(&t, "sub/.git");
	make_dir(&t, "there");
	way = at(&t, "way");
	ck_assert_int_eq(symlink("there", way), 0);
	make_file(&t, "there/hook", 0755);
	config = xasprintf(
	    "[include]\n\tpath = ../../inc/x.cfg\n\tpath = ../mine\n[core]\n\thooksPath = %s/husky/_\n"
	    "\tfsmonitor = %s/way/fsm\n[filter \"f\"]\n\tclean = %s/there/hook\n"
	    "\tsmudge = /no/where\n[alias]\n\tx = !%s/there/alias\n",
	    t.root, t.root, t.root, t.root);
	fill(&t, "sub/.git/config", config);
	user = xasprintf("%s/hooks", t.root);
	strv_add(&t.policy.named.hooks, user);
	ck_assert_int_eq(walk(&t, ""), 0);
	all = started(&t);
	want = xasprintf("%s:inc/x.cfg d u - ! %s:sub/mine d u - ! %s:husky/_ d u - ! %s:there/fsm u - ! "
			 "user's %s:hooks d u - ! ",
			 root, root, root, root, root);
	ck_assert_str_eq(all, want);
	ck_assert_uint_eq(t.scan.notes.n, 1);
	ck_assert_ptr_nonnull(strstr(t.scan.notes.v[0], "/husky/_ has the hooks of git and is not there"));
	strv_done(&t.policy.named.hooks);
}
END_TEST

START_TEST(paths_of_a_config_begin_where_git_runs)
{
	AUTO_TREE struct tree t;
	AUTO_FREE char *gitdir = NULL, *text = NULL;

	open_tree_at(&t);
	make_repository(&t, ".git");
	make_dir(&t, ".git/modules");
	make_repository(&t, ".git/modules/sub");
	make_dir(&t, ".git/worktrees");
	make_dir(&t, ".git/worktrees/wt");
	make_file(&t, ".git/worktrees/wt/HEAD", 0644);
	make_file(&t, ".git/worktrees/wt/commondir", 0644);
	for (size_t i = 0; i < 4; i++) {
		static const char *const top[] = { "sub", "wt", "tools", "far" };
		AUTO_FREE char *tools = xasprintf("%s/tools", top[i]);
		AUTO_FREE char *file = xasprintf("%s/tools/x", top[i]);
		AUTO_FREE char *hooks = xasprintf("%s/mine", top[i]);
		AUTO_FREE char *more = xasprintf("%s/tools/own", top[i]);

		make_dir(&t, top[i]);
		make_dir(&t, tools);
		make_dir(&t, hooks);
		make_file(&t, file, 0755);
		make_file(&t, more, 0755);
	}
	make_dir(&t, "near");
	make_file(&t, "near/hook.py", 0644);
	make_file(&t, "near/data.json", 0644);
	make_link(&t, "near/up", "../far/tools");
	gitdir = at(&t, "wt/.git");
	text = xasprintf("%s\n", gitdir);
	fill(&t, ".git/worktrees/wt/gitdir", text);
	fill(&t, ".git/worktrees/wt/config.worktree", "[core]\n\tfsmonitor = tools/own\n");
	fill(
	    &t, ".git/config",
	    "[core]\n\thooksPath = mine\n\tfsmonitor = tools/x\n[remote \"o\"]\n\turl = ext::tools/ext %S\n");
	make_file(&t, "tools/ext", 0755);
	fill(&t, ".git/modules/sub/config",
	     "[core]\n\tworktree = ../../../sub\n\thooksPath = mine\n[alias]\n\tx = !tools/x\n");
	make_repository(&t, "near/.git");
	fill(&t, "near/.git/config",
	     "[filter \"f\"]\n\tclean = python3 hook.py data.json\n\tsmudge = up/../tools/x\n");
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_ptr_nonnull(held(&t, "sub/mine", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "tools/ext", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "sub/tools/x", AUTORUN_PROTECT));
	ck_assert_ptr_null(held(&t, "sub/tools/own", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "wt/mine", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "wt/tools/x", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "wt/tools/own", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "near/hook.py", AUTORUN_PROTECT));
	ck_assert_ptr_null(held(&t, "near/data.json", AUTORUN_PROTECT));
	/* ".." of what a link leads to, as the kernel sees it */
	ck_assert_ptr_nonnull(held(&t, "near/up", AUTORUN_PIN));
	ck_assert_ptr_nonnull(held(&t, "far/tools/x", AUTORUN_PROTECT));
	scan_done(&t.scan);
	strv_add(&t.policy.named.hooks, "tools");
	strv_add(&t.policy.named.programs, "sh far/tools/own");
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_ptr_nonnull(held(&t, "tools", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "wt/tools", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "sub/tools", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "far/tools/own", AUTORUN_PROTECT));
	strv_done(&t.policy.named.hooks);
	strv_done(&t.policy.named.programs);
}
END_TEST

START_TEST(scripts_that_the_agents_settings_name_are_held)
{
	static const char *const files[] = { "a", "b", "c",    "d d", "e", "f.js", "g",	       "h",
					     "i", "j", "k.py", "l",   "m", "n",	   "data.json" };
	AUTO_TREE struct tree t;

	open_tree_at(&t);
	make_dir(&t, ".claude");
	make_dir(&t, "s");
	make_dir(&t, "sub");
	make_dir(&t, "sub/.claude");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		AUTO_FREE char *name = xasprintf("s/%s", files[i]);

		make_file(&t, name, 0644);
	}
	make_file(&t, "run", 0755);
	make_file(&t, "README", 0644);
	make_file(&t, "sub/x.sh", 0644);
	make_repository(&t, ".git");
	fill(&t, ".claude/settings.json",
	     "{\"fileSuggestion\": {\"command\": \"cat .git/HEAD README >> s/m; x 2> \\\"s/n\\\"\"}, "
	     "\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": "
	     "\"$CLAUDE_PROJECT_DIR/s/a\"},"
	     "{\"type\": \"command\", \"command\": \"\\\"$CLAUDE_PROJECT_DIR\\\"/s/b x\"},"
	     "{\"command\": \"cd \\\"${CLAUDE_PROJECT_DIR:-.}\\\" && ./s/c; cat README\"},"
	     "{\"command\": \"'./s/d d'\"}, {\"command\": \"$(git rev-parse --show-toplevel)/s/e\"}]}]},"
	     "\"statusLine\": {\"type\": \"command\", \"command\": \"node s/f.js\"}, \"apiKeyHelper\": "
	     "\"${X}/s/g\","
	     "\"permissions\": {\"allow\": [\"Read(s/data.json)\"]}}");
	fill(&t, ".claude/settings.local.json", "{\"statusLine\": {\"command\": \"bash -c 's/h run'\"}}");
	fill(&t, ".mcp.json",
	     "{\"mcpServers\": {\"a\": {\"command\": \"s/i\", \"args\": [\"-x\", \"s/j\"]},"
	     "\"b\": {\"command\": \"sh\", \"args\": [\"-c\", \"cd s && ./s/k.py\"]}}}");
	fill(&t, "sub/.claude/settings.json", "{\"statusLine\": {\"command\": \"sh x.sh\"}}");
	strv_add(&t.policy.named.agent, "$CLAUDE_PROJECT_DIR/s/l");
	ck_assert_int_eq(walk(&t, ""), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		AUTO_FREE char *name = xasprintf("s/%s", files[i]);

		ck_assert_msg((held(&t, name, AUTORUN_PROTECT) != NULL) ==
				  (*files[i] < 'm' && !streq(files[i], "data.json")),
			      "%s", name);
	}
	ck_assert_ptr_nonnull(held(&t, "run", AUTORUN_PROTECT));
	ck_assert_ptr_null(held(&t, "README", AUTORUN_PROTECT));
	ck_assert_ptr_null(held(&t, ".git/HEAD", AUTORUN_PROTECT));
	ck_assert_ptr_null(held(&t, "s", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "sub/x.sh", AUTORUN_PROTECT));
	strv_done(&t.policy.named.agent);
}
END_TEST

/* The agent reads more than we do: what it then starts is not held, and that is said. */
static const struct {
	const char *text;
	const char *says; /* NULL: nothing */
} unread[] = {
	{ "{\"apiKeyHelper\": \"s/a\"}", NULL },
	{ "{\"model\": \"x\", \"apiKeyHelper\": \"s/a\", \"model\": \"y\"}",
	  ".claude/settings.json can't be read here" },
	{ "{\"apiKeyHelper\": \"s/a\", \"x\": \"\\ud800\"}", ".claude/settings.json can't be read here" },
	{ "{\"apiKeyHelper\": \"cd a; cd b; cd a; cd b; cd a; cd b; cd a; cd b; cd a; cd b; cd a; cd b; cd "
	  "a; cd "
	  "b; cd a; cd b; s/a\"}",
	  "a command is too long" },
};

START_TEST(settings_that_are_not_read_are_said)
{
	AUTO_TREE struct tree t;
	bool said = false;

	open_tree_at(&t);
	make_dir(&t, ".claude");
	make_dir(&t, "s");
	make_dir(&t, "a");
	make_dir(&t, "a/b");
	make_dir(&t, "b");
	make_dir(&t, "b/a");
	make_file(&t, "s/a", 0755);
	fill(&t, ".claude/settings.json", unread[_i].text);
	ck_assert_int_eq(walk(&t, ""), 0);
	for (size_t i = 0; i < t.scan.weaker.n; i++)
		said =
		    said || (unread[_i].says != NULL && strstr(t.scan.weaker.v[i], unread[_i].says) != NULL);
	ck_assert_msg(said == (unread[_i].says != NULL), "%s",
		      t.scan.weaker.n > 0 ? t.scan.weaker.v[0] : "nothing said");
	if (unread[_i].says == NULL)
		ck_assert_uint_eq(t.scan.weaker.n, 0);
}
END_TEST

/* What a command names where it goes first, and by other ways than words of its own. */
START_TEST(scripts_elsewhere_are_held)
{
	static const char *const files[] = { "s/a",	   "s/b.py",	"s/t/c",    "s/d",	"u v/e",
					     "s/f",	   "s/g.py",	"s/t/h.js", "env/bash", "env/x.js",
					     "env/lib.so", "env/start", "env/hdr",  "market/p", "s/no.py",
					     "env/db",	   "s/i",	"s/t/j" };
	AUTO_TREE struct tree t;

	open_tree_at(&t);
	make_dir(&t, ".claude");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		make_above(&t, files[i]);
		make_file(&t, files[i], 0644);
	}
	fill(&t, ".claude/settings.json",
	     "{\"apiKeyHelper\": \"cd s && ./a; python3 b.py && pushd t && ./c\", "
	     "\"statusLine\": {\"command\": \"cd -- \\\"$CLAUDE_PROJECT_DIR\\\"/s && ./d\"}, "
	     "\"awsAuthRefresh\": \"cd 'u v' && ./e; make -C s ./f --directory=s g.py\", "
	     "\"env\": {\"BASH_ENV\": \"env/bash\", \"NODE_OPTIONS\": \"--require=./env/x.js\", "
	     "\"LD_PRELOAD\": \"libc.so:env/lib.so\", \"DB\": \"./env/db\"}, "
	     "\"extraKnownMarketplaces\": {\"m\": {\"source\": {\"source\": \"directory\", \"path\": "
	     "\"./market\"}}}}");
	fill(&t, ".mcp.json",
	     "{\"mcpServers\": {\"a\": {\"command\": \"node\", \"args\": [\"h.js\"], \"cwd\": \"s/t\", "
	     "\"env\": {\"PYTHONSTARTUP\": \"env/start\"}}, \"b\": {\"url\": \"u\", \"headersHelper\": "
	     "\"./env/hdr\"}}}");
	strv_add(&t.policy.named.agent, "cd \"$X/s\" && ./i && cd t && sh ./j");
	ck_assert_int_eq(walk(&t, ""), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		bool no = streq(files[i], "s/no.py") || streq(files[i], "env/db") || streq(files[i], "u v/e");

		if (!streq(files[i], "market/p"))
			ck_assert_msg((held(&t, files[i], AUTORUN_PROTECT) != NULL) != no, "%s", files[i]);
	}
	ck_assert_ptr_nonnull(held(&t, "market", AUTORUN_PROTECT));
	ck_assert_ptr_null(held(&t, "s", AUTORUN_PROTECT));
	strv_done(&t.policy.named.agent);
}
END_TEST

START_TEST(directories_of_the_callers_path_are_held_or_said)
{
	static const char *const dirs[] = { "bin", "node_modules", "node_modules/.bin",
					    "own", "own/bin",	   "absent" };
	AUTO_TREE struct tree t;

	open_tree_at(&t);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		if (!streq(dirs[i], "absent"))
			make_dir(&t, dirs[i]);
		if (i != 1 && i != 3)
			strv_take(&t.policy.named.path, at(&t, dirs[i]));
	}
	make_file(&t, "own/pyvenv.cfg", 0644);
	strv_add(&t.policy.named.path, "/usr/bin");
	strv_add(&t.policy.named.path, ".");
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_ptr_nonnull(held(&t, "bin", AUTORUN_PROTECT));
	ck_assert_ptr_null(held(&t, "node_modules/.bin", AUTORUN_PROTECT));
	ck_assert_ptr_null(held(&t, "own/bin", AUTORUN_PROTECT));
	ck_assert_uint_eq(t.scan.weaker.n, 4);
	ck_assert_ptr_nonnull(strstr(t.scan.weaker.v[2], "/absent is not there"));
	ck_assert_ptr_nonnull(strstr(t.scan.weaker.v[3], "PATH has \".\""));
	strv_done(&t.policy.named.path);
}
END_TEST

START_TEST(a_bare_repository_at_the_top_is_held)
{
	AUTO_TREE struct tree t;

	open_tree_at(&t);
	make_dir(&t, "objects");
	make_dir(&t, "refs");
	make_dir(&t, "hooks");
	make_dir(&t, "branches");
	make_dir(&t, "remotes");
	make_file(&t, "HEAD", 0644);
	make_file(&t, "config", 0644);
	make_file(&t, "commondir", 0644);
	make_dir(&t, "tools");
	make_file(&t, "tools/x", 0755);
	make_file(&t, "tools/hook", 0755);
	make_link(&t, "hooks/update", "../tools/hook");
	fill(&t, "config", "[core]\n\tbare = true\n\tfsmonitor = tools/x\n");
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_ptr_nonnull(held(&t, "hooks", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "config", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "commondir", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "branches", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "remotes", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "tools/hook", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "tools/x", AUTORUN_PROTECT));
}
END_TEST

START_TEST(what_is_masked_or_in_a_read_only_tree_is_not_held)
{
	AUTO_TREE struct tree t;

	open_tree_at(&t);
	make_dir(&t, "secret");
	make_dir(&t, "secret/.vscode");
	make_file(&t, ".envrc", 0644);
	strv_add(&t.policy.mask, "secret");
	strv_add(&t.policy.mask, ".envrc");
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_uint_eq(t.scan.autorun.n, 0);
	scan_done(&t.scan);
	strv_done(&t.policy.mask);
	t.entry[0].access = POLICY_READ;
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_uint_eq(t.scan.autorun.n, 0);
}
END_TEST

/* What is held at the start is limited by number too; the rest comes in parts, each thing once. */
START_TEST(the_rest_is_found_after_the_start)
{
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_TREE struct tree t;
	size_t n, found, parts = 0;
	int r = 1;

	open_tree_at(&t);
	for (int i = 0; i < 500; i++) {
		AUTO_FREE char *dir = xasprintf("d%03d", i);
		AUTO_FREE char *file = xasprintf("d%03d/.envrc", i);

		make_dir(&t, dir);
		make_file(&t, file, 0644);
	}
	make_file(&t, "d499/su", 04755);
	ck_assert_int_eq(scan_trees(&t.policy, root, "", 60000, &t.scan, &t.diag), 0);
	ck_assert(t.scan.incomplete);
	n = t.scan.autorun.n;
	found = t.scan.found.n;
	ck_assert_uint_lt(n, 500);
	for (; r > 0; parts++) {
		r = scan_rest(&t.scan, 50, &t.diag);
		ck_assert_int_ge(r, 0);
		n += t.scan.autorun.n;
		found += t.scan.found.n;
	}
	ck_assert_uint_eq(n, 500);
	ck_assert_uint_gt(parts, 3);
	ck_assert_uint_eq(found, 1);
}
END_TEST

/* A time that all that is made later reaches, and nothing that was made before. */
static struct timespec mark(void)
{
	struct timespec past;

	clock_gettime(CLOCK_REALTIME, &past);
	return inodetime_after(past);
}

static struct timespec in_a_minute(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += 60;
	return t;
}

static void move(const struct tree *t, const char *from, const char *to)
{
	AUTO_FREE char *a = at(t, from), *b = at(t, to);

	ck_assert_int_eq(rename(a, b), 0);
}

static const struct strv none;

static bool is_named(const struct tree *t, const struct strv *names, const char *name)
{
	AUTO_FREE char *path = at(t, name);

	return strv_has(names, path);
}

START_TEST(what_changed_while_nothing_held_it_is_named_at_the_end)
{
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_STRV struct strv names = { 0 };
	AUTO_TREE struct tree t;
	struct timespec since;

	open_tree_at(&t);
	make_many(&t);
	make_dir(&t, "d100/.husky");
	make_dir(&t, "d100/.husky/_");
	make_file(&t, "d100/.husky/_/run", 0755);
	make_dir(&t, "d101/.husky");
	make_file(&t, "d101/.husky/gone", 0755);
	make_dir(&t, "d102/.husky");
	make_repository(&t, "d103/.git");
	make_dir(&t, "evil");
	make_file(&t, "evil/tasks.json", 0644);
	make_dir(&t, "box");
	ck_assert_int_eq(scan_trees(&t.policy, root, "", 60000, &t.scan, &t.diag), 0);
	ck_assert(t.scan.incomplete);
	since = mark();
	fill(&t, "d100/.husky/_/run", "changed, in a directory of one that is held");
	{
		AUTO_FREE char *gone = at(&t, "d101/.husky/gone");

		ck_assert_int_eq(unlink(gone), 0);
	}
	move(&t, "d399", "box/d399");
	fill(&t, "box/d399/.envrc", "changed where the search does not come to");
	move(&t, "box/d399", "d399");
	move(&t, "evil", "d398/.vscode");
	make_file(&t, "d103/.git/index", 0644);
	make_file(&t, "d103/plain", 0644);
	make_link(&t, "d397/.exrc", "../d103/plain");
	ck_assert_int_eq(scan_changed(&t.scan, since, &none, in_a_minute(), &names, &t.diag), 0);
	ck_assert(is_named(&t, &names, "d100/.husky/_/run"));
	ck_assert(is_named(&t, &names, "d101/.husky"));
	ck_assert(is_named(&t, &names, "d399/.envrc"));
	ck_assert(is_named(&t, &names, "d398/.vscode"));
	ck_assert(is_named(&t, &names, "d397/.exrc"));
	ck_assert(is_named(&t, &names, "d103/plain"));
	ck_assert_uint_eq(names.n, 6);
}
END_TEST

/* Nothing of it was changed but the way to it; and what left no name behind but a directory with a new time. */
START_TEST(what_was_moved_with_what_is_above_it_is_named)
{
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_STRV struct strv names = { 0 }, again = { 0 }, held = { 0 };
	AUTO_TREE struct tree t;
	AUTO_FREE char *other = NULL, *old = NULL, *dir = NULL, *left = NULL, *new = NULL;
	struct timespec since;

	open_tree_at(&t);
	make_many(&t);
	make_dir(&t, "d399/k");
	make_dir(&t, "d399/k/.vscode");
	make_file(&t, "d399/k/.vscode/tasks.json", 0644);
	make_dir(&t, "d399/j");
	make_dir(&t, "d399/j/.vscode");
	make_file(&t, "d399/j/.vscode/tasks.json", 0644);
	make_dir(&t, "d398/m");
	make_dir(&t, "d398/m/.idea");
	make_dir(&t, "d397/work");
	make_file(&t, "d397/work/.envrc", 0644);
	ck_assert_int_eq(scan_trees(&t.policy, root, "", 60000, &t.scan, &t.diag), 0);
	ck_assert(t.scan.incomplete);
	since = mark();
	move(&t, "d399/k", "d399/old");
	move(&t, "d399/j", "d399/k");
	move(&t, "d398/m/.idea", "d398/m/i");
	make_file(&t, "d397/work/plain", 0644);
	make_dir(&t, "d396/new");
	ck_assert_int_eq(scan_changed(&t.scan, since, &none, in_a_minute(), &names, &t.diag), 0);
	other = xasprintf("%s/d399/k/.vscode (%s/d399/k may have been moved)", t.root, t.root);
	old = xasprintf("%s/d399/old/.vscode (%s/d399/old may have been moved)", t.root, t.root);
	ck_assert_uint_eq(names.n, 2);
	ck_assert(strv_has(&names, other) && strv_has(&names, old));
	dir = at(&t, "d398/m");
	left = at(&t, "d397/work");
	ck_assert(strv_has(&t.scan.touched, dir) && strv_has(&t.scan.touched, left));
	new = at(&t, "d396/new");
	ck_assert(!strv_has(&t.scan.touched, new));
	/* Held before that happened. */
	strv_take(&held, at(&t, "d399/k/.vscode"));
	ck_assert_int_eq(scan_changed(&t.scan, since, &held, in_a_minute(), &again, &t.diag), 0);
	ck_assert_uint_eq(again.n, 1);
	ck_assert_str_eq(again.v[0], old);
}
END_TEST

START_TEST(what_was_held_from_the_start_is_not_named)
{
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_STRV struct strv names = { 0 };
	AUTO_TREE struct tree t;
	struct policy_entry entry[2];
	struct timespec since;

	open_tree_at(&t);
	make_many(&t);
	make_dir(&t, ".husky");
	make_file(&t, ".husky/run", 0755);
	make_dir(&t, ".idea");
	make_file(&t, ".idea/x", 0755);
	ck_assert_int_eq(scan_trees(&t.policy, root, "", 60000, &t.scan, &t.diag), 0);
	entry[0] = t.entry[0];
	entry[1] = (struct policy_entry){ .access = POLICY_READ, .part = POLICY_AUTORUN, .is_dir = true };
	entry[1].path = at(&t, ".husky");
	t.policy.entry = entry;
	t.policy.nentry = 2;
	strv_take(&t.policy.allow_autorun, at(&t, ".idea"));
	since = mark();
	fill(&t, ".husky/run", "by the host");
	fill(&t, ".idea/x", "as was asked for");
	ck_assert_int_eq(scan_changed(&t.scan, since, &none, in_a_minute(), &names, &t.diag), 0);
	ck_assert_uint_eq(names.n, 0);
	free(entry[1].path);
	strv_done(&t.policy.allow_autorun);
}
END_TEST

/* A deadline that is over, and directories that were closed: neither looks like nothing. */
START_TEST(a_search_that_is_not_whole_says_so)
{
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_STRV struct strv names = { 0 };
	AUTO_TREE struct tree t;
	AUTO_FREE char *dir = NULL;
	struct timespec since;

	open_tree_at(&t);
	root_becomes_ordinary(&t);
	make_many(&t);
	make_dir(&t, "closed");
	ck_assert_int_eq(scan_trees(&t.policy, root, "", 60000, &t.scan, &t.diag), 0);
	ck_assert_int_eq(
	    scan_changed(&t.scan, (struct timespec){ 0 }, &none, (struct timespec){ 0 }, &names, &t.diag), 1);
	strv_done(&names);
	names = (struct strv){ 0 };
	since = mark();
	dir = at(&t, "closed");
	ck_assert_int_eq(chmod(dir, 0), 0);
	ck_assert_int_eq(scan_changed(&t.scan, since, &none, in_a_minute(), &names, &t.diag), 0);
	ck_assert_uint_eq(names.n, 1);
	ck_assert_ptr_nonnull(strstr(names.v[0], "/closed (can't be searched)"));
	ck_assert_int_eq(chmod(dir, 0700), 0);
	root_is_root_again();
}
END_TEST

/* Who could go through a directory that can't be listed may have opened what is in it before it was closed. */
START_TEST(what_was_open_before_it_was_closed_is_told)
{
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_STRV struct strv names = { 0 };
	AUTO_STRV struct strv held = { 0 };
	AUTO_TREE struct tree t;
	AUTO_FREE char *shut = NULL;
	AUTO_FREE char *blind = NULL;
	struct scan before = { 0 };
	struct timespec since;

	open_tree_at(&t);
	root_becomes_ordinary(&t);
	make_many(&t);
	make_dir(&t, "shut");
	make_dir(&t, "blind");
	shut = at(&t, "shut");
	blind = at(&t, "blind");
	ck_assert_int_eq(chmod(shut, 0311), 0);
	ck_assert_int_eq(chmod(blind, 0600), 0);
	ck_assert_int_eq(scan_trees(&t.policy, root, "", 60000, &t.scan, &t.diag), 0);
	ck_assert(t.scan.incomplete);
	since = mark();
	ck_assert_int_eq(scan_changed(&t.scan, since, &none, in_a_minute(), &names, &t.diag), 0);
	ck_assert_uint_eq(names.n, 0);
	ck_assert_uint_eq(t.scan.unsearched.n, 1);
	ck_assert_str_eq(t.scan.unsearched.v[0], shut);
	ck_assert_int_eq(
	    scan_changed_before(&t.policy, root, "", since, &none, in_a_minute(), &before, &names, &t.diag),
	    0);
	ck_assert_uint_eq(before.unsearched.n, 1);
	scan_done(&before);
	strv_add(&held, shut); /* closed from the start */
	ck_assert_int_eq(scan_changed(&t.scan, since, &held, in_a_minute(), &names, &t.diag), 0);
	ck_assert_uint_eq(names.n, 0);
	ck_assert_uint_eq(t.scan.unsearched.n, 0);
	ck_assert_int_eq(chmod(shut, 0711), 0);
	ck_assert_int_eq(chmod(shut, 0311), 0);
	ck_assert_int_eq(scan_changed(&t.scan, since, &held, in_a_minute(), &names, &t.diag), 0);
	ck_assert_uint_eq(names.n, 1);
	ck_assert_ptr_nonnull(strstr(names.v[0], "/shut (can't be searched)"));
	ck_assert_int_eq(chmod(shut, 0700), 0);
	ck_assert_int_eq(chmod(blind, 0700), 0);
	root_is_root_again();
}
END_TEST

/* Too many names to be read to the end at the start: what the table and a repository are made of comes first. */
START_TEST(the_top_is_held_though_it_is_too_large)
{
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_TREE struct tree t;

	open_tree_at(&t);
	for (int i = 0; i < 4200; i++) {
		AUTO_FREE char *name = xasprintf("f%d", i);

		make_file(&t, name, 0644);
	}
	make_dir(&t, "objects");
	make_dir(&t, "refs");
	make_dir(&t, "hooks");
	make_file(&t, "HEAD", 0644);
	make_file(&t, "config", 0644);
	make_file(&t, ".envrc", 0644);
	ck_assert_int_eq(scan_trees(&t.policy, root, "", 60000, &t.scan, &t.diag), 0);
	ck_assert(t.scan.incomplete);
	ck_assert_ptr_nonnull(held(&t, "config", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, "hooks", AUTORUN_PROTECT));
	ck_assert_ptr_nonnull(held(&t, ".envrc", AUTORUN_PROTECT));
}
END_TEST

/* What lies behind the names that could not be read is protected by nothing: refused with masks, else said. */
START_TEST(what_can_not_be_read_to_its_end_is_said)
{
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_STRV struct strv names = { 0 };
	AUTO_FREE char *want = NULL;
	struct tree t;

	open_tree_at(&t);
	want = xasprintf("%s can't be searched to its end (%s): ", t.root, strerror(EIO));
	baddisk_begin();
	ck_assert_int_eq(walk(&t, ""), 0);
	ck_assert_uint_eq(t.scan.weaker.n, 1);
	ck_assert_msg(str_starts(t.scan.weaker.v[0], want), "%s", t.scan.weaker.v[0]);
	scan_done(&t.scan);
	ck_assert_int_eq(
	    scan_changed_before(&t.policy, root, "", mark(), &none, in_a_minute(), &t.scan, &names, &t.diag),
	    0);
	ck_assert_uint_eq(t.scan.unsearched.n, 1);
	ck_assert_str_eq(t.scan.unsearched.v[0], t.root);
	scan_done(&t.scan);
	strv_add(&t.policy.mask, ".env");
	ck_assert_int_eq(walk(&t, ""), -EIO);
	ck_assert_msg(strstr(t.diag.msg, "can't be searched to its end for masked names") != NULL, "%s",
		      t.diag.msg);
	/* It is empty, and can't be listed any more. */
	ck_assert_int_eq(rmdir(t.root), 0);
	free(t.root);
	scan_done(&t.scan);
	strv_done(&t.policy.mask);
}
END_TEST

Suite *scan_suite(void)
{
	Suite *s = suite_create("scan");
	TCase *t = tcase_create("scan");

	/* Thousands of files, on whatever disk. */
	tcase_set_timeout(t, 60);
	tcase_add_test(t, what_a_path_matched_is_pinned_and_what_a_name_matched_is_not);
	tcase_add_test(t, setuid_files_are_read_only);
	tcase_add_test(t, a_link_that_matches_masks_what_it_leads_to);
	tcase_add_test(t, a_mask_over_a_requested_bind_is_refused);
	tcase_add_test(t, mounts_of_the_kernel_are_closed);
	tcase_add_test(t, nothing_is_found_below_a_masked_directory);
	tcase_add_test(t, too_deep_is_closed);
	tcase_add_test(t, what_can_be_entered_but_not_searched_is_named);
	tcase_add_test(t, unsearchable_is_refused_with_masks_and_closed_without);
	tcase_add_test(t, repositories_are_found_wherever_they_are);
	tcase_add_test(t, what_links_in_protected_directories_lead_to_is_held);
	tcase_add_test(t, what_a_git_config_names_is_held);
	tcase_add_test(t, what_git_starts_by_a_name_in_a_worktree_is_noted);
	tcase_add_test(t, what_git_names_and_is_not_there_is_noted);
	tcase_add_test(t, paths_of_a_config_begin_where_git_runs);
	tcase_add_test(t, scripts_that_the_agents_settings_name_are_held);
	tcase_add_loop_test(t, settings_that_are_not_read_are_said, 0, ARRAY_SIZE(unread));
	tcase_add_test(t, scripts_elsewhere_are_held);
	tcase_add_test(t, directories_of_the_callers_path_are_held_or_said);
	tcase_add_test(t, a_bare_repository_at_the_top_is_held);
	tcase_add_test(t, links_on_the_way_are_held_too);
	tcase_add_test(t, other_names_of_protected_files_are_held);
	tcase_add_test(t, other_names_that_are_not_held_are_said);
	tcase_add_loop_test(t, each_row_is_held_as_it_says, 0, (int)autorun_nrows);
	tcase_add_test(t, a_link_is_held_with_what_it_leads_to_unless_that_is_everything);
	tcase_add_test(t, what_is_masked_or_in_a_read_only_tree_is_not_held);
	tcase_add_test(t, the_rest_is_found_after_the_start);
	tcase_add_test(t, the_top_is_held_though_it_is_too_large);
	tcase_add_test(t, what_changed_while_nothing_held_it_is_named_at_the_end);
	tcase_add_test(t, what_was_moved_with_what_is_above_it_is_named);
	tcase_add_test(t, what_was_held_from_the_start_is_not_named);
	tcase_add_test(t, what_can_not_be_read_to_its_end_is_said);
	tcase_add_test(t, a_search_that_is_not_whole_says_so);
	tcase_add_test(t, what_was_open_before_it_was_closed_is_told);
	suite_add_tcase(s, t);
	return s;
}
