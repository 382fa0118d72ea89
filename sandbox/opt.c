/* SPDX-License-Identifier: MIT */
/*
 * argv through the table. Refuses whatever could be meant in two ways; an
 * option that this version does not have is refused by name, never skipped.
 */
#include "opt.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "util.h"

#define NOW   true
#define LATER false
#define MANY  true
#define ONCE  false
static const struct opt_def opt_table[OPTS] = {
#define OPT(id, name, letter, kind, arg, later, group, now, many, dflt, help) \
	[OPT_##id] = { name, letter, OPT_KIND_##kind, arg, later, OPT_GROUP_##group, now, many, dflt, help },
#include "data/opt.def"
};
#undef NOW
#undef LATER
#undef MANY
#undef ONCE

const struct opt_def *opt_row(enum opt_id id)
{
	return &opt_table[id];
}

void opt_line_done(struct opt_line *line)
{
	free(line->given);
	*line = (struct opt_line){ 0 };
}

const struct opt_given *opt_find(const struct opt_line *line, enum opt_id id)
{
	const struct opt_given *found = NULL;

	for (size_t i = 0; i < line->n; i++) {
		if (line->given[i].id == id)
			found = &line->given[i];
	}
	return found;
}

/* --- the nearest name */

#define NEAR_MAX 40 /* longer words are compared by their beginning */

static size_t opt_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap neighbours) that turn a into b. */
static size_t opt_distance(const char *a, const char *b)
{
	size_t n = strnlen(a, NEAR_MAX), m = strnlen(b, NEAR_MAX);
	size_t row[NEAR_MAX + 1][NEAR_MAX + 1];

	for (size_t i = 0; i <= n; i++) {
		for (size_t j = 0; j <= m; j++) {
			size_t best;

			if (i == 0 || j == 0) {
				row[i][j] = i + j;
				continue;
			}
			best = row[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			best = opt_min(best, opt_min(row[i - 1][j], row[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = opt_min(best, row[i - 2][j - 2] + 1);
			row[i][j] = best;
		}
	}
	return row[n][m];
}

const char *opt_nearest(const char *word, const char *const *names, size_t n)
{
	size_t len = strlen(word), best = len < 4 ? 2 : len / 2;
	const char *name = NULL;

	for (size_t i = 0; i < n; i++) {
		size_t len_i = strlen(names[i]), dist;

		/* A beginning counts as nearer than any misspelling. */
		if (len >= 3 && str_starts(names[i], word))
			return names[i];
		if ((len > len_i ? len - len_i : len_i - len) > best)
			continue;
		dist = opt_distance(word, names[i]);
		if (dist < best || (dist == best && name == NULL)) {
			best = dist;
			name = names[i];
		}
	}
	return name;
}

/* Refuses an unknown option; `word` has its dashes and maybe "=VALUE". `project` is what stood before it, or NULL. */
static int opt_unknown(const char *word, const char *project, struct diag *d)
{
	AUTO_FREE char *shown = xstrndup(word, strcspn(word, "="));
	const char *names[2 * OPTS], *near;
	size_t n = 0;
	bool now = true;

	/* Those of this version first: they win when two are equally near. */
	for (size_t pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < OPTS; i++) {
			if (opt_table[i].now == (pass == 0))
				names[n++] = opt_table[i].name;
		}
	}
	near = opt_nearest(shown + strspn(shown, "-"), names, n);
#ifdef PLANTED_BUG
	/* A deliberate overflow, to show that fuzzing finds one. */
	char copy[8];
	if (shown[0] == '-' && shown[1] == '-' && shown[2] == 'n')
		strcpy(copy, shown);
	if (shown[0] == '-' && shown[1] == '-' && shown[2] == 'n' && copy[0] == '\0')
		return 0;
#endif
	diag_set(d, -EINVAL, "unknown option %.200s", shown);
	for (size_t i = 0; i < OPTS && near != NULL; i++) {
		if (streq(opt_table[i].name, near))
			now = opt_table[i].now;
	}
	if (near == NULL && project != NULL)
		diag_try(d, "claude-sandbox -- %.100s %.100s, to run a command", project, shown);
	else if (near == NULL)
		diag_try(d, "claude-sandbox --help");
	else
		diag_try(d, "--%s%s", near, now ? "" : " (not in this version)");
	return -EINVAL;
}

/* --- values */

int opt_choice(const char *choices, const char *value)
{
	size_t len = strlen(value);
	const char *p = choices;

	for (int i = 0; *p != '\0'; i++) {
		size_t n = strcspn(p, "|");

		if (n == len && memcmp(p, value, n) == 0)
			return i;
		p += n;
		p += *p == '|';
	}
	return -1;
}

static int opt_read_choice(const struct opt_def *o, const char *value, int *ret, struct diag *d)
{
	char list[128];
	size_t n = 0;

	*ret = opt_choice(o->arg, value);
	if (*ret >= 0)
		return 0;
	for (const char *p = o->arg; *p != '\0' && n + 3 < sizeof(list); p++) {
		list[n++] = *p == '|' ? ',' : *p;
		if (*p == '|')
			list[n++] = ' ';
	}
	list[n] = '\0';
	if (opt_choice(o->later, value) >= 0)
		diag_set(d, -EINVAL, "--%s %s: not in this version", o->name, value);
	else
		diag_set(d, -EINVAL, "--%s: unknown value %.100s", o->name, value);
	if (strchr(o->arg, '|') != NULL)
		diag_try(d, "one of %s", list);
	else
		diag_try(d, "--%s=%s, or --%s alone", o->name, list, o->name);
	return -EINVAL;
}

/* A file descriptor: digits only, no sign, no blanks, no leading zero, never stdio. */
static int opt_read_fd(const struct opt_def *o, const char *value, int *ret, struct diag *d)
{
	long v = 0;

	if (value[0] != '\0' && value[0] != '0' && strspn(value, "0123456789") == strlen(value)) {
		errno = 0;
		v = strtol(value, NULL, 10);
		if (errno != 0 || v > INT_MAX)
			v = 0;
	}
	if (v < 3) {
		diag_set(d, -EINVAL, "--%s: %.100s is not a number from 3 to %d", o->name, value, INT_MAX);
		diag_try(d, "--%s 3 3>FILE", o->name);
		return -EINVAL;
	}
	*ret = (int)v;
	return 0;
}

#define COUNT_MAX 64

/* A number of things: digits only, as above. */
static int opt_read_count(const struct opt_def *o, const char *value, int *ret, struct diag *d)
{
	size_t len = strlen(value);

	if (len > 0 && len <= 2 && value[0] != '0' && strspn(value, "0123456789") == len &&
	    strtol(value, NULL, 10) <= COUNT_MAX) {
		*ret = (int)strtol(value, NULL, 10);
		return 0;
	}
	diag_set(d, -EINVAL, "--%s: %.100s is not a number from 1 to %d", o->name, value, COUNT_MAX);
	diag_try(d, "--%s 4", o->name);
	return -EINVAL;
}

/* A value that may be left out, and that never stands in a word of its own. */
static bool opt_is_optional(const struct opt_def *o)
{
	return o->kind == OPT_KIND_MAYBE || o->kind == OPT_KIND_OPTEXT;
}

static int opt_read_value(const struct opt_def *o, const char *value, int *ret, struct diag *d)
{
	if (o->kind != OPT_KIND_FLAG && value != NULL && value[0] == '\0')
		return diag_set(d, -EINVAL, "--%s: the value is empty", o->name);
	switch (o->kind) {
	case OPT_KIND_FLAG:
		if (value != NULL)
			return diag_set(d, -EINVAL, "--%s takes no value", o->name);
		return 0;
	case OPT_KIND_MAYBE:
		return value != NULL ? opt_read_choice(o, value, ret, d) : 0;
	case OPT_KIND_CHOICE:
		return opt_read_choice(o, value, ret, d);
	case OPT_KIND_FD:
		return opt_read_fd(o, value, ret, d);
	case OPT_KIND_COUNT:
		return opt_read_count(o, value, ret, d);
	case OPT_KIND_TEXT:
	case OPT_KIND_OPTEXT:
		return 0;
	}
	return -EINVAL;
}

/* --- words */

static int opt_add(struct opt_line *line, struct opt_given g, struct diag *d)
{
	const struct opt_def *o = &opt_table[g.id];
	const struct opt_given *before = opt_find(line, g.id);

	if (before != NULL && !o->many) {
		const char *a = before->value != NULL ? before->value : "";
		const char *b = g.value != NULL ? g.value : "";

		if (streq(a, b))
			return 0;
		return diag_set(d, -EINVAL, "--%s is given twice, with different values", o->name);
	}
	line->given = xrealloc_array(line->given, line->n + 1, sizeof(*line->given));
	line->given[line->n++] = g;
	return 0;
}

/* The option that `word` names: "--long", "--long=..." or "-l". OPTS: none. */
static enum opt_id opt_lookup(const char *word)
{
	bool is_long = str_starts(word, "--");
	size_t len = strcspn(word, "=");

	for (enum opt_id id = 0; id < OPTS; id++) {
		const struct opt_def *o = &opt_table[id];

		if (is_long && len - 2 == strlen(o->name) && memcmp(word + 2, o->name, len - 2) == 0)
			return id;
		if (!is_long && o->letter != '\0' && word[1] == o->letter && word[2] == '\0')
			return id;
	}
	return OPTS;
}

/* One option at argv[*i]; moves *i over a separate value. */
static int opt_read_option(int argc, char *const *argv, int *i, struct opt_line *line, struct diag *d)
{
	const char *word = argv[*i], *eq = strchr(word, '=');
	enum opt_id id = opt_lookup(word);
	const struct opt_def *o;
	struct opt_given g = { .id = id, .value = eq != NULL ? eq + 1 : NULL, .number = -1 };
	int r;

	if (id == OPTS)
		return opt_unknown(word, line->project, d);
	o = &opt_table[id];
	if (!o->now)
		return diag_set(d, -EINVAL, "--%s: not in this version", o->name);
	if (g.value == NULL && o->kind != OPT_KIND_FLAG && !opt_is_optional(o)) {
		/* A value that looks like an option is more likely a forgotten value. */
		if (*i + 1 >= argc || (argv[*i + 1][0] == '-' && argv[*i + 1][1] != '\0')) {
			diag_set(d, -EINVAL, "--%s needs a value", o->name);
			diag_try(d, "--%s=%s", o->name, o->arg);
			return -EINVAL;
		}
		g.value = argv[++*i];
	}
	r = opt_read_value(o, g.value, &g.number, d);
	if (r < 0)
		return r;
	return opt_add(line, g, d);
}

static int opt_read_words(int argc, char *const *argv, struct opt_line *line, struct diag *d)
{
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		int r;

		if (streq(word, "--")) {
			line->command = argv + i + 1;
			line->n_command = (size_t)(argc - i - 1);
			if (line->n_command > 0 && line->command[0][0] != '\0')
				return 0;
			diag_set(d, -EINVAL, "%s",
				 line->n_command > 0 ? "the command after -- is an empty word (\"\")"
						     : "no command after --");
			diag_try(d, "leave -- out to start claude");
			return -EINVAL;
		}
		if (word[0] == '-' && word[1] != '\0') {
			r = opt_read_option(argc, argv, &i, line, d);
			if (r < 0)
				return r;
			continue;
		}
		if (word[0] == '\0')
			return diag_set(d, -EINVAL, "the project directory is empty (\"\")");
		if (line->project != NULL) {
			diag_set(d, -EINVAL, "more than one project directory: %.100s and %.100s",
				 line->project, word);
			diag_try(d, "claude-sandbox -- %.100s %.100s, to run a command", line->project, word);
			return -EINVAL;
		}
		line->project = word;
	}
	return 0;
}

/* --- what the options mean together */

/*
 * The test mode that argv asks for, also when argv is wrong elsewhere: the exit
 * code depends on it. A value of an option never looks like one of these words.
 */
static enum conf_mode opt_scan_mode(int argc, char *const *argv)
{
	static const struct {
		const char *word;
		enum conf_mode mode;
	} words[] = {
		{ "--test", CONF_TEST },
		{ "--security-test", CONF_SECURITY_TEST },
		{ "--mutants", CONF_SECURITY_TEST },
		{ "--layers", CONF_SECURITY_TEST },
		{ "--audit", CONF_SECURITY_TEST },
	};

	for (size_t k = 0; k < ARRAY_SIZE(words); k++) {
		for (int i = 1; i < argc && !streq(argv[i], "--"); i++) {
			size_t n = strcspn(argv[i], "=");

			if (n == strlen(words[k].word) && str_starts(argv[i], words[k].word))
				return words[k].mode;
		}
	}
	return CONF_LAUNCH;
}

static int opt_find_mode(const struct opt_line *line, enum conf_mode *ret, struct diag *d)
{
	static const struct {
		enum opt_id id;
		enum conf_mode mode;
	} modes[] = {
		{ OPT_DRY_RUN, CONF_DRY_RUN },
		{ OPT_TEST, CONF_TEST },
		{ OPT_SECURITY_TEST, CONF_SECURITY_TEST },
		{ OPT_LIST_SYSCALLS, CONF_LIST_SYSCALLS },
		{ OPT_LIST_PROBES, CONF_LIST_PROBES },
		{ OPT_DUMP_CONFIG, CONF_DUMP_CONFIG },
		{ OPT_EXPLAIN, CONF_EXPLAIN },
		{ OPT_STATUS, CONF_STATUS },
	};
	/* These are a security test and more. */
	static const enum opt_id reruns[] = { OPT_MUTANTS, OPT_LAYERS };
	enum opt_id chosen = OPTS;

	*ret = CONF_LAUNCH;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		const struct opt_given *g = opt_find(line, modes[i].id);

		if (g == NULL)
			continue;
		if (chosen != OPTS)
			return diag_set(d, -EINVAL, "--%s and --%s exclude each other",
					opt_table[chosen].name, opt_table[g->id].name);
		chosen = g->id;
		*ret = modes[i].mode;
		if (g->value != NULL && g->id == OPT_DRY_RUN)
			*ret = CONF_DRY_RUN_JSON;
		if (g->value != NULL && g->id == OPT_STATUS)
			*ret = CONF_STATUS_JSON;
	}
	for (size_t i = 0; i < ARRAY_SIZE(reruns); i++) {
		if (opt_find(line, reruns[i]) == NULL || conf_is_test_mode(*ret))
			continue;
		if (chosen != OPTS)
			return diag_set(d, -EINVAL, "--%s and --%s exclude each other",
					opt_table[chosen].name, opt_table[reruns[i]].name);
		*ret = CONF_SECURITY_TEST;
	}
	return 0;
}

static int opt_check_together(const struct opt_line *line, enum conf_mode mode, struct diag *d)
{
	static const enum opt_id pairs[][2] = {
		{ OPT_VERBOSE, OPT_QUIET },
		{ OPT_CONFIG, OPT_NO_CONFIG },
		{ OPT_NET, OPT_NO_NETWORK_ISOLATION },
		{ OPT_NET, OPT_NO_EGRESS_FILTER },
		{ OPT_NO_NETWORK_ISOLATION, OPT_NO_EGRESS_FILTER },
		{ OPT_SSH_AGENT, OPT_NO_SSH_AGENT },
		{ OPT_BASELINE, OPT_ACCEPT_BASELINE },
		{ OPT_ONLY, OPT_ACCEPT_BASELINE },
	};
	static const enum opt_id for_tests[] = { OPT_ONLY, OPT_FORMAT, OPT_OUTPUT };
	static const enum opt_id for_attacks[] = {
		OPT_FAIL_ON,  OPT_REQUIRE_ALL,	   OPT_WAIVERS, OPT_JOBS,  OPT_REDACT,
		OPT_BASELINE, OPT_ACCEPT_BASELINE, OPT_MUTANTS, OPT_LAYERS
	};
	const struct opt_given *format = opt_find(line, OPT_FORMAT);

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (opt_find(line, pairs[i][0]) != NULL && opt_find(line, pairs[i][1]) != NULL)
			return diag_set(d, -EINVAL, "--%s and --%s exclude each other",
					opt_table[pairs[i][0]].name, opt_table[pairs[i][1]].name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(for_tests); i++) {
		if (opt_find(line, for_tests[i]) == NULL || conf_is_test_mode(mode))
			continue;
		diag_set(d, -EINVAL, "--%s: only for a test", opt_table[for_tests[i]].name);
		diag_try(d, "adding --security-test");
		return -EINVAL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(for_attacks); i++) {
		if (opt_find(line, for_attacks[i]) == NULL || mode == CONF_SECURITY_TEST)
			continue;
		diag_set(d, -EINVAL, "--%s: only for a security test", opt_table[for_attacks[i]].name);
		diag_try(d, "--security-test");
		return -EINVAL;
	}
	if (format != NULL && format->number == CONF_FORMAT_JUNIT && mode != CONF_SECURITY_TEST) {
		diag_set(d, -EINVAL, "--format junit: only for a security test");
		diag_try(d, "--security-test");
		return -EINVAL;
	}
	if (line->project != NULL && (mode == CONF_STATUS || mode == CONF_STATUS_JSON)) {
		diag_set(d, -EINVAL, "--status lists the sandboxes of all projects: no %.100s",
			 line->project);
		diag_try(d, "claude-sandbox --status");
		return -EINVAL;
	}
	if (line->n_command > 0 && mode != CONF_LAUNCH && mode != CONF_DRY_RUN && mode != CONF_DRY_RUN_JSON) {
		diag_set(d, -EINVAL, "nothing is run here, so no command can be given");
		diag_try(d, "leaving out -- and what follows");
		return -EINVAL;
	}
	return 0;
}

/* The agent's flag makes no sense for, and would be given to, another program. A path is for policy to judge. */
static int opt_check_yolo(const struct opt_line *line, struct diag *d)
{
	const char *command;

	if (opt_find(line, OPT_YOLO) == NULL || line->n_command == 0 || line->command[0][0] == '-')
		return 0;
	command = line->command[0];
	if (streq(command, "claude") || strchr(command, '/') != NULL)
		return 0;
	diag_set(d, -EINVAL, "--yolo: only for claude; the command is %.100s", command);
	diag_try(d, "leaving out --yolo");
	return -EINVAL;
}

int opt_parse(int argc, char *const *argv, struct opt_line *ret, struct diag *d)
{
	enum conf_mode mode = CONF_LAUNCH;
	int r;

	*ret = (struct opt_line){ .mode = opt_scan_mode(argc, argv) };
	r = opt_read_words(argc, argv, ret, d);
	if (r < 0)
		return r;
	if (opt_find(ret, OPT_HELP) != NULL || opt_find(ret, OPT_VERSION) != NULL) {
		ret->mode = opt_find(ret, OPT_HELP) != NULL ? CONF_HELP : CONF_VERSION;
		return 0;
	}
	r = opt_find_mode(ret, &mode, d);
	if (r == 0)
		r = opt_check_together(ret, mode, d);
	if (r == 0)
		r = opt_check_yolo(ret, d);
	if (r == 0)
		ret->mode = mode;
	return r;
}

/* --- help */

#define HELP_COLUMN 29
#define HELP_WIDTH  80

/* Prints text from column HELP_COLUMN on, broken at blanks. */
static void opt_help_text(FILE *f, const char *text)
{
	size_t width = HELP_WIDTH - HELP_COLUMN;

	while (strlen(text) > width) {
		size_t n = width;

		while (n > 0 && text[n] != ' ')
			n--;
		if (n == 0)
			n = width;
		fprintf(f, "%.*s\n%*s", (int)n, text, HELP_COLUMN, "");
		text += n;
		text += *text == ' ';
	}
	fprintf(f, "%s\n", text);
}

static void opt_help_row(FILE *f, const struct opt_def *o)
{
	AUTO_FREE char *head = NULL, *text = NULL;
	char letter[8] = "";

	if (o->letter != '\0')
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	if (o->kind == OPT_KIND_FLAG)
		head = xasprintf("  %s--%s", letter, o->name);
	else if (opt_is_optional(o))
		head = xasprintf("  %s--%s[=%s]", letter, o->name, o->arg);
	else
		head = xasprintf("  %s--%s %s", letter, o->name, o->arg);
	text = xasprintf("%s%s%s%s", o->help, o->dflt[0] != '\0' ? " [" : "", o->dflt,
			 o->dflt[0] != '\0' ? "]" : "");
	if (strlen(head) + 2 > HELP_COLUMN && strlen(head) + 2 + strlen(text) <= HELP_WIDTH)
		fprintf(f, "%s  ", head);
	else if (strlen(head) + 2 > HELP_COLUMN)
		fprintf(f, "%s\n%*s", head, HELP_COLUMN, "");
	else
		fprintf(f, "%-*s", HELP_COLUMN, head);
	opt_help_text(f, text);
}

void opt_help(FILE *f)
{
	static const char *const groups[] = {
		[OPT_GROUP_LAUNCH] = "Launch",	  [OPT_GROUP_FILES] = "Files",
		[OPT_GROUP_NETWORK] = "Network",  [OPT_GROUP_LIMITS] = "Limits",
		[OPT_GROUP_TEST] = "Test",	  [OPT_GROUP_REPORTS] = "Reports",
		[OPT_GROUP_INFO] = "Information",
	};

	_Static_assert(ARRAY_SIZE(groups) == OPT_GROUPS, "one title for each group");
	fputs("claude-sandbox [OPTIONS] [PROJECT_DIR] [-- COMMAND...]   See claude-sandbox(1).\n"
	      "Runs COMMAND [claude] so that it can change PROJECT_DIR [the current directory]\n"
	      "and nothing else. A COMMAND that begins with - goes to claude. Defaults: [...].\n",
	      f);
	for (enum opt_group group = 0; group < OPT_GROUPS; group++) {
		bool any = false;

		for (size_t i = 0; i < OPTS; i++) {
			if (opt_table[i].group != group || !opt_table[i].now)
				continue;
			if (!any)
				fprintf(f, "%s:\n", groups[group]);
			any = true;
			opt_help_row(f, &opt_table[i]);
		}
	}
}
