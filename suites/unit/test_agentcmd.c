/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "agentcmd.h"
#include "agentwords.h"
#include "mem.h"
#include "unit.h"
#include "util.h"

static char *joined(const struct strv *v)
{
	char *text = xstrdup("");

	for (size_t i = 0; i < v->n; i++) {
		char *more = xasprintf("%s[%s]", text, v->v[i]);

		free(text);
		text = more;
	}
	return text;
}

static const struct {
	enum agentwords_kind kind;
	const char *text, *want;
} settings[] = {
	{ AGENTWORDS_SETTINGS,
	  "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"a\"}, {\"command\": "
	  "\"b\"}]}], "
	  "\"X\": [{\"matcher\": \"*\", \"hooks\": [{\"command\": \"c\"}]}]}, \"apiKeyHelper\": \"k\", "
	  "\"statusLine\": "
	  "{\"command\": \"s\"}, \"command\": \"no\", \"env\": {\"command\": \"no\"}}",
	  "[a][b][c][s][k]" },
	{ AGENTWORDS_SERVERS, "{\"x\": {\"command\": \"npx\", \"args\": [\"y\"]}, \"z\": {\"url\": \"u\"}}",
	  "[npx]" },
	{ AGENTWORDS_ARGUMENTS,
	  "{\"x\": {\"command\": \"node\", \"args\": [\"y z\", 1]}, \"z\": {\"args\": \"u\"}}", "[y z]" },
	{ AGENTWORDS_HOOK_ARGUMENTS,
	  "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"command\": \"python3\", \"args\": [\"-u\", \"x y\"]}]}]}}",
	  "[-u][x y]" },
	{ AGENTWORDS_HELPERS, "{\"x\": {\"url\": \"u\", \"headersHelper\": \"h -x\"}}", "[h -x]" },
	{ AGENTWORDS_PLACES, "{\"x\": {\"command\": \"c\", \"cwd\": \"d\"}}", "[d]" },
	{ AGENTWORDS_VARIABLES,
	  "{\"env\": {\"BASH_ENV\": \"a\", \"DB\": \"./b\", \"LD_PRELOAD\": \"c:d\"}, \"x\": {\"ENV\": "
	  "\"no\"}}",
	  "[a][c d]" },
	{ AGENTWORDS_SERVER_VARIABLES, "{\"x\": {\"env\": {\"NODE_OPTIONS\": \"-r ./a.js\", \"X\": \"b\"}}}",
	  "[-r ./a.js]" },
	{ AGENTWORDS_ASSIGNMENTS,
	  "{\"env\": {\"PATH\": \"bin:$PATH\", \"BASH_ENV\": \"a\", \"PYTHONPATH\": \"s\", \"X\": \"y\", "
	  "\"GIT_CONFIG_VALUE_1\": \"h\", \"GIT_CONFIG_KEY_1\": \"core.hooksPath\", \"GIT_CONFIG_VALUE_2\": "
	  "\"i\"}}",
	  "[PATH=bin:$PATH][PYTHONPATH=s][GIT_CONFIG:core.hooksPath=h]" },
	{ AGENTWORDS_SERVER_ASSIGNMENTS,
	  "{\"x\": {\"env\": {\"PATH\": \"b\", \"CC\": \"c\", \"RUBYLIB\": 1}}}", "[PATH=b]" },
	{ AGENTWORDS_DIRECTORIES,
	  "{\"extraKnownMarketplaces\": {\"m\": {\"source\": {\"source\": \"directory\", \"path\": "
	  "\"./p\"}}}}",
	  "[./p]" },
	{ AGENTWORDS_SETTINGS, "", "" },
	{ AGENTWORDS_SETTINGS, "{", "" },
	{ AGENTWORDS_SETTINGS, "[[[[[[", "" },
	{ AGENTWORDS_SETTINGS, "{\"hooks\": 1, \"statusLine\": [\"x\"], \"apiKeyHelper\": {\"a\": \"b\"}}",
	  "" },
	{ AGENTWORDS_SETTINGS, "{\"apiKeyHelper\": \"a\", \"apiKeyHelper\": \"b\"}", "" },
};

START_TEST(commands_are_found_where_they_stand)
{
	AUTO_STRV struct strv found = { 0 };
	AUTO_FREE char *got = NULL;

	agentwords_collect(settings[_i].text, strlen(settings[_i].text), settings[_i].kind, &found);
	got = joined(&found);
	ck_assert_str_eq(got, settings[_i].want);
}
END_TEST

static const struct {
	const char *command, *want;
} lines[] = {
	{ "npx -y server", "[npx]" },
	{ "~/.claude/hooks/x.sh arg", "[/h/.claude/hooks/x.sh]" },
	{ "$HOME/x", "[/h/x]" },
	{ "\"${HOME}\"/my\\ x", "" },
	{ "\"$CLAUDE_PROJECT_DIR\"/.claude/hooks/y.sh", "[/p/.claude/hooks/y.sh]" },
	{ "'/a b/c' d", "[/a b/c]" },
	{ "FOO=1 BAR='x y' prog z", "[prog]" },
	{ "bash ~/x.sh", "[bash][/h/x.sh]" },
	{ "python3 /a/b.py", "[python3][/a/b.py]" },
	{ "python3 -m mod", "[python3]" },
	{ "/usr/bin/env node /a/c.js", "[/usr/bin/env][node][/a/c.js]" },
	{ "env -i x", "[env]" },
	{ "jq -r .x | tee y", "[jq][tee]" },
	{ "a;b", "[a][b]" },
	{ "git status && ~/t/h.sh", "[git][/h/t/h.sh]" },
	{ "a || b & c\nd # e; f", "[a][b][c][d]" },
	{ "(a; (b)) | c", "[a][b][c]" },
	{ "env X=1 ~/t/h.sh", "[env][/h/t/h.sh]" },
	{ "X=1 nohup /a/b", "[nohup][/a/b]" },
	{ ". ~/t/env; source $HOME/e; . x", "[/h/t/env][/h/e]" },
	{ "sh -c ~/t/h.sh", "[sh][/h/t/h.sh]" },
	{ "bash -ec 'a && sh -c \"b \\\"x;\\\" | ~/c\"'", "[bash][a][sh][b][/h/c]" },
	{ "bash -x ~/x.sh", "[bash][/h/x.sh]" },
	{ "bash --rcfile ~/x.sh", "[bash]" },
	{ "sh -c", "[sh]" },
	{ "a 2>/dev/null >&2 <x && b &>y c; d <<<e", "[a][b][d]" },
	{ ">x a", "[a]" },
	{ "if [ -f x ]; then a; elif ! b; then { c; }; else time d; fi", "[a][b][c][d]" },
	{ "for i in 1 2; do a \"$i\"; done; while read l; do b; done", "[a][b]" },
	{ "[[ x && y ]] && exec a", "[a]" },
	{ "export A=~/b; true; exit 0", "" },
	{ "./a; cd sub && ./b && /c", "[./a][/c]" },
	{ "a \"\\n\" \\x; b", "[a][b]" },
	{ "a; echo \"$(b; c)\"; d", "[a]" },
	{ "a; f() { b; }; f", "[a]" },
	{ "a; case x in b) c;; esac", "[a]" },
	{ "a; cat <<X\nb\nX", "[a][cat]" },
	{ "((x)); b", "" },
	{ "command -v a && b", "[b]" },
	{ "$OTHER/x", "" },
	{ "$(which x)", "" },
	{ "~other/x", "" },
	{ "\"unclosed", "" },
	{ "", "" },
	{ "   ", "" },
};

START_TEST(programs_of_a_command)
{
	AUTO_STRV struct strv found = { 0 };
	AUTO_FREE char *got = NULL;

	agentcmd_programs(lines[_i].command, "/h", "/p", &found);
	got = joined(&found);
	ck_assert_str_eq(got, lines[_i].want);
}
END_TEST

static const struct {
	const char *text, *want;
} servers[] = {
	{ "{\"a\": {\"command\": \"node\", \"args\": [\"/h/srv.js\", \"/h/x\"]}, \"b\": {\"args\": [\"x "
	  "y\"], "
	  "\"command\": \"/a b/c;d\"}}",
	  "[node][/h/srv.js][/a b/c;d]" },
	{ "{\"a\": {\"command\": \"sh\", \"args\": [\"-c\", \"cd x; ~/y | z\"]}}", "[sh][/h/y][z]" },
	{ "{\"a\": {\"command\": \"env\", \"args\": [\"X=1\", \"env\", \"cd\"]}}", "[env][cd]" },
	{ "{\"a\": {\"command\": \"cd\"}, \"b\": {\"url\": \"u\"}, \"c\": 1}", "[cd]" },
	{ "[]", "" },
	{ "{\"a\":", "" },
};

static void add_server(const struct strv *words, void *arg)
{
	agentcmd_server(words, "/h", "/p", arg);
}

START_TEST(programs_of_servers)
{
	AUTO_STRV struct strv found = { 0 };
	AUTO_FREE char *got = NULL;

	agentwords_servers(servers[_i].text, strlen(servers[_i].text), add_server, &found);
	got = joined(&found);
	ck_assert_str_eq(got, servers[_i].want);
}
END_TEST

Suite *agentcmd_suite(void)
{
	Suite *s = suite_create("agentcmd");
	TCase *tc = tcase_create("text");

	tcase_add_loop_test(tc, commands_are_found_where_they_stand, 0, (int)ARRAY_SIZE(settings));
	tcase_add_loop_test(tc, programs_of_a_command, 0, (int)ARRAY_SIZE(lines));
	tcase_add_loop_test(tc, programs_of_servers, 0, (int)ARRAY_SIZE(servers));
	suite_add_tcase(s, tc);
	return s;
}
