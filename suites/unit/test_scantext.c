/* SPDX-License-Identifier: MIT */
/* What texts of held files name, on real trees: each case is a file's text, and what of the tree is held then. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agentwords.h"
#include "autorun.h"
#include "jsonstrings.h"
#include "mem.h"
#include "path.h"
#include "scan.h"
#include "tmptree.h"
#include "unit.h"
#include "util.h"

struct tree {
	char *root;
	struct policy_entry entry[1];
	struct policy policy;
	struct scan scan;
	struct diag diag;
};
#define AUTO_TREE __attribute__((cleanup(tree_done)))

static void begin(struct tree *t)
{
	*t = (struct tree){ .root = tmptree_make() };
	t->entry[0] = (struct policy_entry){
		.access = POLICY_WRITE, .part = POLICY_PROJECT, .path = t->root, .is_dir = true
	};
	t->policy.entry = t->entry;
	t->policy.nentry = 1;
	t->policy.project = t->root;
}

static void tree_done(struct tree *t)
{
	tmptree_remove(t->root);
	scan_done(&t->scan);
}

static void put(const struct tree *t, const char *name, const char *text, mode_t mode)
{
	tmptree_put(t->root, name, text, mode);
}

static void put_repository(const struct tree *t, const char *dir)
{
	static const char *const names[] = { "HEAD", "config", "objects/x", "refs/x" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO_FREE char *name = xasprintf("%s/%s", dir, names[i]);

		put(t, name, "", 0644);
	}
}

static void walk(struct tree *t)
{
	AUTO_CLOSE int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_eq(scan_trees(&t->policy, root, "", 0, &t->scan, &t->diag), 0);
}

static bool is_held(const struct tree *t, const char *name)
{
	AUTO_FREE char *path = path_join(t->root, name);

	for (size_t i = 0; i < t->scan.autorun.n; i++)
		if (t->scan.autorun.thing[i].what == AUTORUN_PROTECT &&
		    streq(t->scan.autorun.thing[i].path, path))
			return true;
	return false;
}

static bool is_said(const struct tree *t, const char *what)
{
	for (size_t i = 0; i < t->scan.weaker.n; i++)
		if (strstr(t->scan.weaker.v[i], what) != NULL)
			return true;
	return false;
}

/* Of a name: a file with x permission where it begins with a star. */
static const struct {
	const char *file, *text;
	const char *held, *free; /* with spaces between */
} cases[] = {
	{ ".git/hooks/pre-commit",
	  "#!/bin/sh\n# see s/note.sh\nsh s/a; ./s/b.py -x; node s/c && . s/d\npython3 s/e >s/out.sh\n"
	  "exec \"$(git rev-parse --show-toplevel)/s/f\"\ncat s/data s/data.json\ncd t\n./g.sh\nsh \"$(git "
	  "x)\"/s/h\ncat \"$(git x)\"/s/text\n",
	  "s/a s/b.py s/c s/d s/e *s/f s/h t/g.sh", "s/note.sh s/out.sh s/data s/data.json s/text" },
	{ ".git/hooks/commit-msg", "#!./s/i -x\n#!./s/j\nf = () => \"./s/k\"; g=>./s/l\n", "*s/i *s/k *s/l",
	  "*s/j" },
	{ ".git/hooks/pre-commit.sample", "s/a.sh\n", "", "s/a.sh" },
	{ ".git/hooks/post-merge",
	  "#!/usr/bin/env node\nrequire('./s/lib'); require(\"../x\")\n"
	  "spawn('python3', ['s/y.py']) // s/z.js\n",
	  "s/lib.js s/y.py s/z.js", "s/w.js" },
	{ ".husky/pre-commit", ". \"$(dirname -- \"$0\")/_/husky.sh\"\nnpm test\nnode tools/check\n",
	  "tools/check", "package.json" },
	{ "sub/.husky/pre-push", "./tools/x.sh\n", "sub/tools/x.sh", "tools/x.sh" },
	{ ".githooks/pre-commit", "bash s/a\n", "s/a", "" },
	{ ".pre-commit-config.yaml",
	  "repos:\n- repo: local\n  hooks:\n  - id: x\n    entry: s/a.sh\n  - entry: python3 s/b --fix\n    "
	  "files: "
	  "^src/m.c$\n    args: [--config, s/conf.yml]\n",
	  "s/a.sh s/b", "src/m.c s/conf.yml" },
	{ "lefthook.yml", "pre-commit:\n  commands:\n    x:\n      run: ./s/a.sh {staged_files}\n", "s/a.sh",
	  "" },
	{ ".envrc",
	  "# PATH_add no\nsource_env s/env\nsource_env_if_exists ./s/env2\nPATH_add bin\nload_prefix "
	  "pre\ndotenv\n"
	  "watch_file s/w\nuse flake\nuse nix ./n#x ./n/other.nix\nexport X=$(s/x.sh); source ./s/y\nlayout "
	  "python\n",
	  "s/env s/env2 bin pre/bin .env s/w flake.nix n/shell.nix n/other.nix default.nix s/x.sh s/y s/deep",
	  "no/x n/no.nix s/z" },
	{ ".envrc",
	  "PATH_add $(pwd)/e3\nPATH_add \"$(expand_path e4)\" `pwd`/e5\nPATH_add \"$PWD/e6\" $(x e7 | y)/e8 "
	  "e9\n"
	  "source_env \"$(git rev-parse --show-toplevel)/s/k\"\nexport Y=$(dotenv s/l) $(expand_path "
	  "$(pwd)/s/m)\n"
	  "watch_file $(expand_path $(pwd)/s/n) $( $\n",
	  "e3/ e4/ e5/ e6/ e9/ s/k s/l s/n", "e7 e8/x s/m" },
	{ ".vscode/tasks.json",
	  "{ // tasks\n\"tasks\": [{\"label\": \"s/no.sh\", \"type\": \"shell\", \"command\": \"./s/a --x\", "
	  "\"args\": [\"s/b.js\", "
	  "{\"value\": \"s/c\"}], \"options\": {\"cwd\": \"${workspaceFolder}/sub\"}, \"runOptions\": "
	  "{\"runOn\": "
	  "\"folderOpen\"},},\n {\"command\": \"${workspaceFolder}/s/d e.sh\", \"type\": \"process\"}, "
	  "{\"command\": \"sh "
	  "f\"}]}",
	  "s/a s/b.js s/c s/d_e.sh *sub/f", "s/no.sh" },
	{ ".vscode/tasks.json", "{\"tasks\": [{\"command\": \"s/a.sh\"}]}", "", "s/a.sh" },
	{ ".vscode/settings.json",
	  "{\"rust-analyzer.check.overrideCommand\": [\"s/a.sh\", \"src/m.c\"], /* no */ "
	  "\"go.alternateTools\": {\"go\": "
	  "\"${workspaceFolder}/s/go\"}, \"files.exclude\": {\"s/x.js\": true}, \"x\": \"s/with space\",}",
	  "s/a.sh *s/go *s/with_space", "src/m.c s/x.js" },
	{ ".vscode/launch.json",
	  "{\"configurations\": [{\"program\": \"${workspaceFolder}/app.js\", \"args\": [\"s/in.py\"], "
	  "\"runtimeExecutable\": \"${workspaceRoot}/s/node\"}]}",
	  "*s/node", "app.js s/in.py" },
	{ "x.code-workspace", "{\"settings\": {\"git.path\": \"./s/git\"}}", "*s/git", "" },
	{ ".devcontainer/devcontainer.json", "{\"initializeCommand\": \"bash s/init\"}", "s/init", "" },
	{ ".cursor/mcp.json", "{\"mcpServers\": {\"x\": {\"command\": \"node\", \"args\": [\"s/x.js\"]}}}",
	  "s/x.js", "" },
	{ "opencode.json", "{\"mcp\": {\"x\": {\"command\": [\"bun\", \"s/y.ts\"]}}}", "s/y.ts", "" },
	{ ".gdbinit", "source s/x.gdb\n", "s/x.gdb", "" },
	{ ".claude/agents/x.md",
	  "---\nname: x\nhooks:\n  PreToolUse:\n    - hooks:\n      - type: command\n        command: "
	  "\"./s/a.sh --x\"\n---\n"
	  "Read s/b.sh and use `s/c.sh`, then !`s/d.sh x`.\n",
	  "s/a.sh s/d.sh", "s/b.sh s/c.sh" },
	{ ".claude/settings.json",
	  "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"python3\", \"args\": "
	  "[\"-u\", \"${CLAUDE_PROJECT_DIR}/x/a.py\", \"x/b\", \"${CLAUDE_PROJECT_DIR}/x/c d.py\"]}]}]}}",
	  "x/a.py x/b x/c_d.py", "x/e" },
	{ ".claude/skills/y/SKILL.md", "no front\n---\ns/a.sh\n---\n", "", "s/a.sh" },
	{ ".cargo/config.toml", "[target.x]\nrunner = \"s/run.sh\"\n[build]\nrustc-wrapper = \"w.sh\"\n",
	  "s/run.sh .cargo/w.sh", "s/x.sh" },
	{ "sub/.hg/hgrc", "[hooks]\ncommit.x = s/c.sh\n", "sub/s/c.sh", "s/c.sh" },
	{ ".jj/repo/config.toml", "ui.editor = \"s/e.sh\"\n", "s/e.sh", "" },
	{ ".vim/coc-settings.json", "{\"x.command\": \"s/ls.js\"}", "s/ls.js", ".vim/x.js" },
	/* As a shell reads it: quotes within, blanks, backslashes, the output of a command. */
	{ ".git/hooks/pre-commit",
	  "sh \"s/my a\" s/data\nsh s/\"my b\"/c\nbash s/my\\ d\n\"$PWD\"/'s/e f'/x.sh\n. \"$(x \"y "
	  "z\")/s/my g\"\n"
	  "echo it's \"s/no z\" 'open\nsh \"s/h\" >\"s/o p\"\n",
	  "s/my_a s/my_b/c s/my_d s/e_f/x.sh s/my_g s/h", "s/data s/no_z s/o_p" },
	{ "lefthook.yml", "x:\n  run: \"node 's/my a' && 'tools b/c.sh'\"\n", "s/my_a tools_b/c.sh", "s/z" },
	/* Directories of PATH. */
	{ ".git/hooks/pre-commit",
	  "PATH=\"$PWD/e1:$(pwd)/e2:$PATH\"\nexport PATH=\"$(git rev-parse --show-toplevel)\"/e3:/usr/bin\n"
	  "GIT_EXEC_PATH=./e4 git x\nX=e5 y\nMYPATH=e6\nPATH=\"$GOPATH/none:$PATH\" z\n",
	  "e1/ e2/ e3/ e4/", "e5/x e6/x" },
	{ ".vscode/settings.json",
	  "{\"terminal.integrated.env.linux\": {\"PATH\": \"${workspaceFolder}/e1:${env:PATH}\", \"X\": "
	  "\"e2\"}}",
	  "e1/", "e2/x" },
	/* What an interpreter makes of a name, and options before it. */
	{ ".git/hooks/pre-commit",
	  "bash -o pipefail s/a\npython3 -u -W ignore s/b s/in\nnode s/c\nnode s/d\npython3 s/e\npython3 -m "
	  "p.q.r -x s/in2\n"
	  "python3.11 s/f\nnode --require ./s/g s/h s/in3\ntsx s/i; php -d x=y s/j; lua5.4 s/k\nawk -f s/l "
	  "s/in4\n"
	  "deno run s/m; rm -f s/in5; ksh +o x s/n\nmake -f s/o s/in6\n",
	  "s/a s/b s/c.js s/d/index.js s/e/__main__.py p/__init__.py p/q/__init__.py p/q/r.py s/f s/g.js s/h "
	  "s/i s/j s/k "
	  "s/l s/m s/n s/o",
	  "s/in s/in2 s/in3 s/in4 s/in5 s/in6 p/x.py p/q/y.py" },
	{ ".claude/settings.json",
	  "{\"apiKeyHelper\": \"node x/a && python3 -m p.q && \\\"$HOME\\\"/none && sh \\\"x/b c\\\"\"}",
	  "x/a.js p/q.py p/__init__.py x/b_c", "p/x.py" },
	/* Values that are a command together. */
	{ ".vscode/settings.json",
	  "{\"x.serverCommand\": [\"node\", \"--y\", \"s/a\", \"s/in\"], \"y\": \"s/in2\"}", "s/a",
	  "s/in s/in2" },
	{ ".cursor/mcp.json",
	  "{\"mcpServers\": {\"x\": {\"command\": \"/usr/bin/python3\", \"type\": \"stdio\", \"args\": "
	  "[\"-u\", \"s/x\", \"s/in\"]}, "
	  "\"y\": {\"command\": \"tool\", \"args\": [\"s/in2\"]}}}",
	  "s/x", "s/in s/in2" },
	{ "opencode.json", "{\"mcp\": {\"x\": {\"command\": [\"python3\", \"-m\", \"p.q\"]}}}", "p/q.py",
	  "p/x.py" },
	{ ".run/x.run.xml", "<a><script x=\"y\">./s/a.sh</script></a>\nx <s/in >s/out.sh\n", "s/a.sh",
	  "s/out.sh" },
	{ ".claude/skills/z/SKILL.md",
	  "Read s/b.sh.\n```!\nsh s/a\n```\n```\nsh s/c\n```\n```! node s/d.js\n", "s/a s/d.js",
	  "s/b.sh s/c" },
	{ "lefthook.yml",
	  "extends:\n  - s/more.yml\n  - \"s/two.yml\"\nsource_dir: \"own/\"\nx:\n  run: true\n",
	  "s/more.yml s/two.yml own/", "s/three.yml" },
	{ ".lefthook-local.toml", "extends = ['s/more.toml',\n 's/two.toml']\nsource_dir_local = own\n",
	  "s/more.toml s/two.toml own/", "s/x" },
	{ "lefthook.json", "{\"extends\": [\"s/more.json\"], \"no_extends\": \"s/x\", \"extendss\": \"s/x\"}",
	  "s/more.json", "s/x" },
	{ ".vscode/settings.json",
	  "{\"go.goroot\": \"${workspaceFolder}/tools/go\", \"cmake.buildDirectory\": "
	  "\"${workspaceFolder}/build\"}",
	  "tools/go/", "build/x" },
	{ "sub/.claude/commands/z.md", "---\r\nhooks: sh s/a\r\n---\r\n", "sub/s/a", "s/a" },
};

/* The "_" in a name that stands for a space, or NULL. */
static char *space_in(char *name)
{
	return strstr(name, "__") == NULL ? strchr(name, '_') : NULL;
}

static void put_all(const struct tree *t, const char *names)
{
	AUTO_FREE char *copy = xstrdup(names);

	for (char *left = copy, *name; (name = strsep(&left, " ")) != NULL;) {
		bool program = *name == '*';
		char *space = space_in(name);

		if (*name == '\0')
			continue;
		if (space != NULL)
			*space = ' ';
		/* Directories, by what is in them. */
		if (streq(name, "bin") || streq(name, "pre/bin") || name[strlen(name) - 1] == '/') {
			AUTO_FREE char *in = xasprintf("%s/tool", name);

			put(t, in, "", 0755);
		} else {
			put(t, name + program, streq(name, "s/env") ? "source ./deep\n" : "",
			    program ? 0755 : 0644);
		}
	}
}

static void check_all(const struct tree *t, const char *names, bool held, const char *by)
{
	AUTO_FREE char *copy = xstrdup(names);

	for (char *left = copy, *name; (name = strsep(&left, " ")) != NULL;) {
		char *space = space_in(name);

		if (space != NULL)
			*space = ' ';
		if (*name != '\0' && name[strlen(name) - 1] == '/')
			name[strlen(name) - 1] = '\0';
		ck_assert_msg(*name == '\0' || is_held(t, name + (*name == '*')) == held,
			      "%s is %sheld by %s", name, held ? "not " : "", by);
	}
}

/* What tools install into is theirs to write and to remove, whoever names a file of it: that is said. */
START_TEST(what_tools_install_is_named_and_not_held)
{
	static const char names[] = ".venv/bin/python env/bin/y sub/venv/bin/x.py target/a/cli.js "
				    "target/b/i.js vendor/c.sh target/.bin/tool s/link";
	AUTO_TREE struct tree t;
	AUTO_FREE char *linked = NULL, *tool = NULL, *away = NULL;

	begin(&t);
	put_all(&t, "env/pyvenv.cfg env/bin/y bin/own.sh pyvenv.cfg tools/pyvenv.cfg tools/x.sh "
		    "*.venv/bin/python sub/venv/bin/x.py target/a/cli.js target/b/i.js vendor/c.sh "
		    "target/.bin/x packages/tool.js s/own.sh s/vendor.sh");
	linked = path_join(t.root, "s/link");
	ck_assert_int_eq(symlink("../target/a/cli.js", linked), 0);
	tool = path_join(t.root, "target/.bin/tool");
	ck_assert_int_eq(symlink("../../packages/tool.js", tool), 0);
	away = path_join(t.root, ".venv/bin/python3");
	ck_assert_int_eq(symlink("python", away), 0);
	put(&t, ".vscode/settings.json",
	    "{\"python.defaultInterpreterPath\": \"${workspaceFolder}/.venv/bin/python\", \"x\": "
	    "\".venv/bin/python3\", \"y\": \"./sub/venv/bin/x.py\"}",
	    0644);
	put(&t, ".husky/pre-commit",
	    "node target/a/cli.js\nsh s/link s/own.sh\nsh s/vendor.sh\n"
	    "env/bin/y\nsh env/bin/y; bin/own.sh; tools/x.sh\n",
	    0755);
	put(&t, ".claude/settings.json",
	    "{\"apiKeyHelper\": \"node target/b/i.js && vendor/c.sh && target/.bin/tool\"}", 0644);
	walk(&t);
	check_all(&t, names, false, "a text");
	check_all(&t, "s/own.sh s/vendor.sh packages/tool.js bin/own.sh tools/x.sh", true, "a text");
	for (size_t i = 0; i < t.scan.autorun.n; i++)
		ck_assert_msg(strstr(t.scan.autorun.thing[i].path, "/.venv/") == NULL &&
				  strstr(t.scan.autorun.thing[i].path, "/target/") == NULL,
			      "%s", t.scan.autorun.thing[i].path);
	ck_assert(is_said(&t, "/.venv/bin/python is writable, since tools install into its directory"));
	ck_assert(is_said(&t, "/target/b/i.js is writable, since tools install into its directory"));
	ck_assert(is_said(&t, "/target/.bin/tool is writable"));
	ck_assert(is_said(&t, "/env/bin/y is writable, since tools install into its directory"));
	/* Once each: python and the link to it, x.py, cli.js, i.js, c.sh, tool, y. */
	ck_assert_uint_eq(t.scan.weaker.n, 8);
}
END_TEST

/* A project that lies in such a directory is none of it. */
START_TEST(a_project_below_a_vendor_directory_is_held_as_others)
{
	AUTO_TREE struct tree t;
	AUTO_FREE char *vendor = NULL;

	begin(&t);
	put(&t, "vendor/p/s/a.sh", "", 0755);
	put(&t, "vendor/p/.husky/pre-commit", "sh s/a.sh\n", 0755);
	vendor = path_join(t.root, "vendor/p");
	t.entry[0].path = vendor;
	t.policy.project = vendor;
	walk(&t);
	check_all(&t, "vendor/p/s/a.sh", true, "a hook");
	ck_assert_uint_eq(t.scan.weaker.n, 0);
}
END_TEST

START_TEST(what_texts_of_held_files_name_is_held)
{
	AUTO_TREE struct tree t;

	begin(&t);
	put_repository(&t, ".git");
	put(&t, cases[_i].file, cases[_i].text, 0755);
	put_all(&t, cases[_i].held);
	put_all(&t, cases[_i].free);
	walk(&t);
	check_all(&t, cases[_i].held, true, cases[_i].file);
	check_all(&t, cases[_i].free, false, cases[_i].file);
	ck_assert_msg(t.scan.weaker.n == 0, "%s: %s", cases[_i].file, t.scan.weaker.v[0]);
}
END_TEST

/* What husky names starts the hooks beside it, at the top of the checkout. */
START_TEST(hooks_of_husky_start_scripts_at_the_top)
{
	static const char *const dirs[] = { "front/.husky", "front/own" };
	AUTO_TREE struct tree t;
	AUTO_FREE char *config = xasprintf("[core]\n\thooksPath = %s/_\n", dirs[_i]);
	AUTO_FREE char *own = xasprintf("%s/_/pre-commit", dirs[_i]),
		       *hook = xasprintf("%s/pre-commit", dirs[_i]), *helper = xasprintf("%s/_/h", dirs[_i]);

	begin(&t);
	put_repository(&t, ".git");
	put(&t, ".git/config", config, 0644);
	put(&t, own, ". \"$(dirname -- \"$0\")/h\"\n", 0755);
	put(&t, helper, "sh -e \"$s\"\n", 0644);
	put(&t, hook, "sh front/s/a\n", 0755);
	put_all(&t, "front/s/a front/s/b");
	walk(&t);
	check_all(&t, "front/s/a", true, dirs[_i]);
	check_all(&t, dirs[_i], true, dirs[_i]);
	check_all(&t, "front/s/b", false, dirs[_i]);
}
END_TEST

/* A directory that has more than hooks in it. */
START_TEST(what_is_no_directory_of_hooks_is_left)
{
	static const char *const paths[] = { ".", "_", "src/_", ".." };
	AUTO_TREE struct tree t;
	AUTO_FREE char *config = xasprintf("[core]\n\thooksPath = %s\n", paths[_i]);

	begin(&t);
	put_repository(&t, ".git");
	put(&t, ".git/config", config, 0644);
	put(&t, "_/pre-commit", "true\n", 0755);
	put(&t, "src/_/pre-commit", "true\n", 0755);
	put(&t, "src/build", "sh s/a\n", 0755);
	put(&t, "build", "sh s/b\n", 0755);
	put_all(&t, "s/a s/b");
	walk(&t);
	check_all(&t, "s/a s/b src src/build build", false, paths[_i]);
}
END_TEST

/* As bash reads it. */
START_TEST(nul_bytes_in_a_script_are_none)
{
	static const char text[] = "#!/bin/bash\n\0sh s\0/a\n";
	AUTO_TREE struct tree t;
	AUTO_FREE char *path = NULL;
	FILE *f;

	begin(&t);
	put_all(&t, "s/a");
	put(&t, ".husky/pre-commit", "", 0755);
	path = path_join(t.root, ".husky/pre-commit");
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	ck_assert_uint_eq(fwrite(text, 1, sizeof(text) - 1, f), sizeof(text) - 1);
	ck_assert_int_eq(fclose(f), 0);
	walk(&t);
	check_all(&t, "s/a", true, "a hook");
}
END_TEST

/* What lefthook's own files lead to is read, too. */
START_TEST(what_lefthook_extends_names_is_held)
{
	AUTO_TREE struct tree t;

	begin(&t);
	put_all(&t, "s/a s/b s/c");
	put(&t, "lefthook.yml", "extends: [ 'more/x.yml' ]\n", 0644);
	put(&t, "more/x.yml", "source_dir: more/scripts\nextends:\n- more/x.yml\nx:\n  run: sh s/a\n", 0644);
	put(&t, "more/scripts/pre-commit/y", "sh s/b\n", 0755);
	walk(&t);
	check_all(&t, "more/x.yml more/scripts s/a s/b", true, "lefthook");
	check_all(&t, "s/c", false, "lefthook");
	ck_assert_uint_eq(t.scan.weaker.n, 0);
}
END_TEST

/* Hooks run in each worktree, and those of core.hooksPath wherever these are. */
START_TEST(hooks_start_scripts_where_git_runs)
{
	AUTO_TREE struct tree t;
	char outside[] = "/tmp/cs-hooks.XXXXXX";
	AUTO_FREE char *hook = NULL;
	FILE *f;

	begin(&t);
	put_repository(&t, ".git");
	put(&t, ".git/hooks/pre-push", "sh s/a\n", 0755);
	put(&t, ".git/worktrees/w/HEAD", "", 0644);
	put(&t, ".git/worktrees/w/commondir", "../..\n", 0644);
	put(&t, ".git/worktrees/w/gitdir", "../../../wt/.git\n", 0644);
	put(&t, "wt/.git", "gitdir: ../.git/worktrees/w\n", 0644);
	put(&t, "own/pre-commit", "./s/b.sh\n", 0755);
	put(&t, ".git/config", "[core]\n\thooksPath = own\n", 0644);
	ck_assert_ptr_nonnull(mkdtemp(outside));
	hook = path_join(outside, "pre-commit");
	ck_assert_ptr_nonnull(f = fopen(hook, "w"));
	fputs("node s/c\n", f);
	fclose(f);
	strv_add(&t.policy.named.hooks, outside);
	put_all(&t, "s/a s/b.sh s/c wt/s/a");
	walk(&t);
	ck_assert_int_eq(unlink(hook), 0);
	ck_assert_int_eq(rmdir(outside), 0);
	strv_done(&t.policy.named.hooks);
	check_all(&t, "own s/a s/b.sh s/c wt/s/a", true, "hooks");
}
END_TEST

/* The project is "sub", and what is above it is not inside: a checkout, and what else acts in it. */
static const struct {
	const char *file, *text;
	const char *held, *free; /* as in cases */
} above[] = {
	{ ".git/hooks/pre-commit", "#!/bin/sh\nsh sub/s/a\n(cd sub && ./s/b.sh)\nsh sub/s/c sub/s/data\n",
	  "sub/s/a sub/s/b.sh sub/s/c", "sub/s/data" },
	{ ".git/config",
	  "[core]\n\thooksPath = sub/h\n\tfsmonitor = sub/s/fsm\n[include]\n\tpath = ../sub/inc\n",
	  "sub/h/ *sub/s/fsm sub/inc", "sub/s/x" },
	{ ".git/worktrees/w/config.worktree", "[core]\n\tfsmonitor = sub/s/x\n", "", "sub/s/x" },
	{ ".envrc", "source_env sub/s/e\nPATH_add sub/tools\n", "sub/s/e sub/tools/", "sub/s/x" },
	{ ".husky/pre-commit", "node sub/s/a\n", "sub/s/a", "" },
	{ ".vscode/settings.json", "{\"go.alternateTools\": {\"go\": \"${workspaceFolder}/sub/s/go\"}}",
	  "*sub/s/go", "" },
	{ ".claude/settings.json", "{\"apiKeyHelper\": \"./sub/s/key\"}", "sub/s/key", "" },
	{ ".claude/skills/a/SKILL.md", "---\nhooks: sh sub/s/a\n---\n", "sub/s/a", "" },
	{ ".mcp.json", "{\"mcpServers\": {\"a\": {\"command\": \"node\", \"args\": [\"sub/s/a.js\"]}}}",
	  "sub/s/a.js", "" },
	{ "x.code-workspace", "{\"settings\": {\"git.path\": \"./sub/s/git\"}}", "*sub/s/git", "" },
	{ ".run/x.run.xml", "<option value=\"sub/s/a.sh\"/>", "sub/s/a.sh", "" },
	{ ".hg/hgrc", "[hooks]\ncommit = sub/s/a.sh\n", "sub/s/a.sh", "" },
};

START_TEST(what_acts_above_the_project_names_in_it_is_held)
{
	AUTO_TREE struct tree t;
	AUTO_FREE char *sub = NULL;

	begin(&t);
	put_repository(&t, ".git");
	put(&t, above[_i].file, above[_i].text, 0755);
	put_all(&t, above[_i].held);
	put_all(&t, above[_i].free);
	put(&t, "sub/x", "", 0644);
	sub = path_join(t.root, "sub");
	t.entry[0].path = sub;
	t.policy.project = sub;
	t.policy.home = path_dirname(t.root);
	walk(&t);
	check_all(&t, above[_i].held, true, above[_i].file);
	check_all(&t, above[_i].free, false, above[_i].file);
	ck_assert_msg(t.scan.weaker.n == 0, "%s: %s", above[_i].file, t.scan.weaker.v[0]);
	/* Nothing that is not inside can be mounted on. */
	for (size_t i = 0; i < t.scan.autorun.n; i++)
		ck_assert_msg(path_is_under(t.scan.autorun.thing[i].path, sub), "%s",
			      t.scan.autorun.thing[i].path);
	free(t.policy.home);
}
END_TEST

/* A link there, into the project. */
START_TEST(what_links_above_the_project_lead_to_is_held)
{
	AUTO_TREE struct tree t;
	AUTO_FREE char *sub = NULL, *link = NULL, *hooks = NULL;

	begin(&t);
	put_repository(&t, ".git");
	put(&t, "sub/env", "source_env s/a\n", 0644);
	put(&t, "s/a", "", 0644);
	put(&t, "sub/hooks/pre-commit", "sh sub/s/b\n", 0755);
	put(&t, "sub/s/b", "", 0644);
	link = path_join(t.root, ".envrc");
	ck_assert_int_eq(symlink("sub/env", link), 0);
	hooks = path_join(t.root, ".git/hooks");
	ck_assert_int_eq(symlink("../sub/hooks", hooks), 0);
	sub = path_join(t.root, "sub");
	t.entry[0].path = sub;
	t.policy.project = sub;
	t.policy.home = path_dirname(t.root);
	walk(&t);
	check_all(&t, "sub/env sub/hooks sub/s/b", true, "links above");
	free(t.policy.home);
}
END_TEST

/* A repository that lies elsewhere: `git init --separate-git-dir`, a link, the worktree of one that is bare. */
static const char *const away[] = { "gitdir: %s/away\n", "gitdir: ../away\n", "link:../away",
				    "gitdir: ../away/worktrees/w\n", "gitdir: in\n" };

START_TEST(what_a_repository_elsewhere_names_is_held)
{
	AUTO_TREE struct tree t;
	AUTO_FREE char *sub = NULL, *git = NULL, *text = NULL;
	bool in = strstr(away[_i], " in") != NULL;
	const char *dir = in ? "sub/in" : "away";
	AUTO_FREE char *config = xasprintf("%s/config", dir), *hook = xasprintf("%s/hooks/pre-push", dir),
		       *own = xasprintf("%s/worktrees/w/config.worktree", dir),
		       *common = xasprintf("%s/worktrees/w/commondir", dir);

	begin(&t);
	put_repository(&t, dir);
	put(&t, config, "[core]\n\thooksPath = mine\n\tfsmonitor = s/fsm\n", 0644);
	put(&t, hook, "sh s/a\n", 0755);
	put(&t, common, "../..\n", 0644);
	put(&t, own, "[core]\n\tpager = s/own\n", 0644);
	put_all(&t, "*sub/s/fsm sub/s/a sub/mine/ *sub/s/own sub/s/x");
	sub = path_join(t.root, "sub");
	git = path_join(sub, ".git");
	if (str_starts(away[_i], "link:")) {
		ck_assert_int_eq(symlink(away[_i] + 5, git), 0);
	} else {
		text = strstr(away[_i], "%s") != NULL ? xasprintf("gitdir: %s/away\n", t.root)
						      : xstrdup(away[_i]);
		put(&t, "sub/.git", text, 0644);
	}
	t.entry[0].path = sub;
	t.policy.project = sub;
	walk(&t);
	check_all(&t, "sub/s/fsm sub/s/a sub/mine", true, away[_i]);
	check_all(&t, "sub/s/own", strstr(away[_i], "worktrees") != NULL, away[_i]);
	check_all(&t, "sub/s/x", false, away[_i]);
	if (!str_starts(away[_i], "link:"))
		check_all(&t, "sub/.git", true, away[_i]);
}
END_TEST

/* What variables name that settings of the agent set: held, or said where a session is to write it. */
START_TEST(what_variables_of_settings_name_is_held_or_said)
{
	AUTO_TREE struct tree t;

	begin(&t);
	put_all(
	    &t,
	    "r/a.rb r/b.js r/c *bin/tool tpl/hooks/x hooks/pre-commit g/fsm s/h lib/x.py src/y.py venv/bin/z "
	    "one.jar u/tool other/k");
	put(&t, "hooks/pre-commit", "sh s/h\n", 0755);
	put(&t, "u/tool", "", 0755);
	put(&t, ".claude/settings.json",
	    "{\"env\": {\"RUBYOPT\": \"-W0 -r./r/a\", \"NODE_OPTIONS\": \"-r ./r/b --import=./r/c\", "
	    "\"PATH\": "
	    "\"./bin:venv/bin:/usr/bin:$PATH\", \"GIT_TEMPLATE_DIR\": \"tpl\", \"PYTHONPATH\": "
	    "\"src:none:\", "
	    "\"CLASSPATH\": \"one.jar\", \"GIT_CONFIG_COUNT\": \"2\", \"GIT_CONFIG_KEY_0\": "
	    "\"core.hooksPath\", "
	    "\"GIT_CONFIG_VALUE_0\": \"hooks\", \"GIT_CONFIG_KEY_1\": \"CORE.FSMonitor\", "
	    "\"GIT_CONFIG_VALUE_1\": "
	    "\"./g/fsm\", \"OTHER\": \"./other/k\"}}",
	    0644);
	put(&t, ".mcp.json",
	    "{\"mcpServers\": {\"a\": {\"command\": \"a\", \"env\": {\"NODE_PATH\": \"lib\"}}}}", 0644);
	strv_add(&t.policy.named.set, "PATH=u");
	walk(&t);
	strv_done(&t.policy.named.set);
	check_all(&t, "r/a.rb r/b.js r/c bin tpl hooks s/h g/fsm one.jar u", true, "settings");
	check_all(&t, "src lib other/k venv/bin", false, "settings");
	ck_assert(is_said(&t, "/src is in the PYTHONPATH that settings of Claude Code set, and writable"));
	ck_assert(is_said(&t, "/lib is in the NODE_PATH that settings of Claude Code set, and writable"));
	ck_assert(is_said(&t, "venv/bin is in the PATH that settings of Claude Code set and writable"));
	ck_assert_uint_eq(t.scan.weaker.n, 3);
}
END_TEST

/* What variables of the caller name: absolute, or at the top of a tree. */
START_TEST(what_variables_of_the_caller_name_is_held_or_said)
{
	AUTO_TREE struct tree t;
	static const char *const set[] = { "NODE_OPTIONS=--max-old-space-size=1 -r ./r/a",
					   "LD_PRELOAD=r/b:r/c",
					   "PAGER=less -R",
					   "GIT_CONFIG_COUNT=1",
					   "GIT_CONFIG_KEY_0=core.hooksPath",
					   "GIT_CONFIG_VALUE_0=h",
					   "PYTHONPATH=src:none",
					   "GIT_EXEC_PATH=e1:none",
					   "OTHER=./r/d",
					   "PATH=e2" };
	AUTO_STRV struct strv env = { 0 };

	begin(&t);
	put_all(&t, "r/a.js r/b r/c r/d rc *less h/pre-push src/x e1/ e2/ s/z");
	put(&t, "h/pre-push", "sh s/z\n", 0755);
	strv_addf(&env, "BASH_ENV=%s/rc", t.root);
	for (size_t i = 0; i < ARRAY_SIZE(set); i++)
		strv_add(&env, set[i]);
	agentwords_environment(env.v, &t.policy.named.env);
	walk(&t);
	strv_done(&t.policy.named.env);
	check_all(&t, "rc r/a.js r/b r/c h s/z e1/", true, "variables");
	check_all(&t, "r/d src e2/ less", false, "variables");
	ck_assert(is_said(&t, "/src is in the PYTHONPATH that your environment sets, and writable"));
	ck_assert_uint_eq(t.scan.weaker.n, 1);
}
END_TEST

/* Where the agent reads more than we do, each string counts. */
static const char *const odd[] = {
	"{\"model\": \"x\", \"apiKeyHelper\": \"s/a\", \"model\": \"y\", \"env\": {\"BASH_ENV\": \"s/b\", "
	"\"PATH\": "
	"\"bin\"}, \"x\": [\"node s/c\"]}",
	"{\"x\": \"\\ud800\", \"statusLine\": {\"command\": \"cat s/a s/c; cd bin && ./tool\"}, \"env\": "
	"{\"BASH_ENV\": "
	"\"s/b\", \"PATH\": \"$X/bin\"}}",
	"{\"apiKeyHelper\": \"s/a\", \"args\": [\"s/c\"], \"env\": {\"LD_PRELOAD\": \"s/b\", \"PATH\": "
	"\"bin\"}, "
	"\"large\": \"",
};

START_TEST(settings_that_are_odd_are_read_string_by_string)
{
	AUTO_TREE struct tree t;
	AUTO_FREE char *large = xcalloc(3 << 20, 1);
	bool whole = odd[_i][strlen(odd[_i]) - 1] == '}';

	begin(&t);
	put_all(&t, "s/a s/b s/c bin s/data");
	strcpy(large, odd[_i]);
	if (!whole) {
		memset(large + strlen(large), 'x', 2 << 20);
		strcat(large, "\", \"data\": \"s/data\"}");
	}
	put(&t, ".claude/settings.json", large, 0644);
	walk(&t);
	check_all(&t, "s/a s/b s/c bin", true, odd[_i]);
	check_all(&t, "s/data", false, odd[_i]);
	ck_assert(is_said(&t, ".claude/settings.json can't be read here"));
	ck_assert_uint_eq(t.scan.weaker.n, 1);
}
END_TEST

/* A name of the caller's PATH that begins wherever he is: in the project, too. */
START_TEST(relative_names_of_the_callers_path_are_held_at_the_top)
{
	AUTO_TREE struct tree t;

	begin(&t);
	put_all(&t, "r/a r/b other/c sub/r/d");
	strv_add(&t.policy.named.path, "r");
	strv_add(&t.policy.named.path, "/proc/self/cwd/other");
	strv_add(&t.policy.named.path, "/proc/thread-self/cwd");
	strv_add(&t.policy.named.path, "../x");
	strv_take(&t.policy.named.path, path_join(t.root, "sub/r"));
	strv_add(&t.policy.named.path, "~/sub/h");
	put(&t, "sub/h/tool", "", 0755);
	t.policy.home = t.root;
	walk(&t);
	strv_done(&t.policy.named.path);
	check_all(&t, "r other sub/r sub/h", true, "PATH");
	ck_assert(is_said(&t, "PATH has \"~/sub/h\", which is wherever you are"));
	ck_assert(is_said(&t, "PATH has \"r\", which is wherever you are"));
	ck_assert(is_said(&t, "PATH has \"/proc/self/cwd/other\""));
	ck_assert(is_said(&t, "PATH has \"/proc/thread-self/cwd\""));
	ck_assert_uint_eq(t.scan.weaker.n, 5);
	ck_assert_uint_eq(t.scan.notes.n, 2);
	ck_assert_ptr_nonnull(strstr(t.scan.notes.v[1], "/sub/h is in your PATH, and so read-only inside"));
	ck_assert_ptr_nonnull(strstr(t.scan.notes.v[0], "/sub/r is in your PATH, and so read-only inside"));
}
END_TEST

START_TEST(what_a_text_has_beyond_the_bounds_is_said)
{
	AUTO_TREE struct tree t;
	AUTO_FREE char *large = xcalloc((1 << 20) + 2, 1);

	begin(&t);
	memset(large, '#', (1 << 20) + 1);
	put(&t, ".githooks/large", large, 0755);
	for (size_t i = 0; i < 5000; i++)
		memcpy(large + 2 * i, "a ", 2);
	strcpy(large + 10000, "./x.sh\n");
	put(&t, ".husky/many", large, 0755);
	put(&t, ".husky/binary",
	    "\x7f"
	    "ELF",
	    0755);
	put(&t, "x.sh", "", 0755);
	walk(&t);
	ck_assert(!is_held(&t, "x.sh"));
	ck_assert(is_said(&t, ".husky/many is too long to be read to its end"));
	ck_assert(is_said(&t, ".githooks/large can't be read here (too large)"));
	ck_assert_uint_eq(t.scan.weaker.n, 2);
}
END_TEST

static const struct {
	const char *text, *found;
} json[] = {
	{ "", "" },
	{ "{\"a\": \"b\", \"c\": [\"d\", 1, \"e\",], \"a\": {\"f\": \"g\"}}", "a=b c=d c=e f=g " },
	{ "\"x\" // \"y\"\n /* \"z\" */ \"w\"", "=x =w " },
	{ "{\"a\\\"\\u0041\" /* : */ : \"\\/\\n\\u00e9\\u20ac\\ud83d\\ude00\"}",
	  "a\"A=/\n\u00e9\u20ac\U0001f600 " },
	{ "{\"a\": \"\\ud800\\udc\", \"b\": \"\\udc00\\u0000x\"}", "a=\ufffdudc b=\ufffdx " },
	{ "{\"a\": \"open", "a=open " },
	{ "{\"a\": \"open\\", "a=open " },
	{ "\"\\u12\"", "=u12 " },
	{ "/* open \"a\"", "" },
};

START_TEST(strings_are_found_in_what_is_nearly_json)
{
	struct jsonstrings it = { .s = json[_i].text };
	AUTO_FREE char *found = xstrdup("");

	while (jsonstrings_next(&it)) {
		AUTO_FREE char *more = xasprintf("%s%s=%s ", found, it.key, it.value);

		free(found);
		found = TAKE_PTR(more);
	}
	jsonstrings_done(&it);
	ck_assert_str_eq(found, json[_i].found);
}
END_TEST

Suite *scantext_suite(void)
{
	Suite *s = suite_create("scantext");
	TCase *t = tcase_create("scantext");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, what_texts_of_held_files_name_is_held, 0, ARRAY_SIZE(cases));
	tcase_add_test(t, what_tools_install_is_named_and_not_held);
	tcase_add_test(t, a_project_below_a_vendor_directory_is_held_as_others);
	tcase_add_loop_test(t, hooks_of_husky_start_scripts_at_the_top, 0, 2);
	tcase_add_loop_test(t, what_is_no_directory_of_hooks_is_left, 0, 4);
	tcase_add_test(t, nul_bytes_in_a_script_are_none);
	tcase_add_test(t, what_lefthook_extends_names_is_held);
	tcase_add_test(t, hooks_start_scripts_where_git_runs);
	tcase_add_loop_test(t, what_acts_above_the_project_names_in_it_is_held, 0, ARRAY_SIZE(above));
	tcase_add_test(t, what_links_above_the_project_lead_to_is_held);
	tcase_add_loop_test(t, what_a_repository_elsewhere_names_is_held, 0, ARRAY_SIZE(away));
	tcase_add_test(t, what_variables_of_settings_name_is_held_or_said);
	tcase_add_test(t, what_variables_of_the_caller_name_is_held_or_said);
	tcase_add_loop_test(t, settings_that_are_odd_are_read_string_by_string, 0, ARRAY_SIZE(odd));
	tcase_add_test(t, relative_names_of_the_callers_path_are_held_at_the_top);
	tcase_add_test(t, what_a_text_has_beyond_the_bounds_is_said);
	tcase_add_loop_test(t, strings_are_found_in_what_is_nearly_json, 0, ARRAY_SIZE(json));
	suite_add_tcase(s, t);
	return s;
}
