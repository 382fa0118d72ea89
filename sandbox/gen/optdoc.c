/* SPDX-License-Identifier: MIT */
/*
 * Host tool: data/opt.def as documentation.
 *
 *   optdoc mdoc    what fills the @OPTIONS@ hole of the man page: the options,
 *                  then the section about the environment
 *   optdoc keys    the @KEYS@ hole of the page about the config file
 *   optdoc bash    a bash completion
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

enum when { LATER, NOW, HONOURED, INSIDE };
enum type {
	T_OBJECT,
	T_MAP,
	T_ORIGINS,
	T_PATHS,
	T_GLOBS,
	T_CALLS,
	T_WORDS,
	T_FILE,
	T_CHOICE,
	T_FLAG,
	T_TEXT,
	TYPES
};
enum who { OWN, TIGHTENS };
enum kind { FLAG, CHOICE, MAYBE, FD, COUNT, TEXT };
enum group { LAUNCH, FILES, NETWORK, LIMITS, TEST, REPORTS, INFO, GROUPS };

static const struct {
	const char *name;
	char letter;
	enum kind kind;
	const char *arg;
	enum group group;
	enum when when;
	const char *dflt, *help;
} options[] = {
#define OPT(id, name, letter, kind, arg, later, group, when, times, dflt, help) \
	{ name, letter, kind, arg, group, when, dflt, help },
#include "data/opt.def"
};

static const struct {
	const char *name;
	enum when when;
	const char *help;
} variables[] = {
#define ENVVAR(name, kind, when, help) { name, when, help },
#include "data/opt.def"
};

static const struct {
	const char *name;
	enum type type;
	const char *choices;
	enum when when;
	enum who who;
	const char *dflt, *help;
} keys[] = {
#define KEY(id, name, type, choices, later, when, who, dflt, help) \
	{ name, T_##type, choices, when, who, dflt, help },
#include "data/opt.def"
};

/* Text for mdoc: "-" as a minus sign that can be copied, and no request at the start of a line. */
static void text(const char *s)
{
	if (*s == '.' || *s == '\'')
		fputs("\\&", stdout);
	for (; *s != '\0'; s++) {
		if (*s == '-')
			fputs("\\-", stdout);
		else if (*s == '\\')
			fputs("\\e", stdout);
		else if (*s == '~')
			fputs("\\(ti", stdout);
		else
			putchar(*s);
	}
	putchar('\n');
}

/* A macro argument: quoted, since it may be the name of a macro. */
static void argument(const char *s)
{
	fputs("\"", stdout);
	for (; *s != '\0'; s++) {
		if (*s == '-')
			fputs("\\-", stdout);
		else
			putchar(*s);
	}
	fputs("\"", stdout);
}

static void mdoc_option(size_t i)
{
	fputs(".It ", stdout);
	if (options[i].letter != '\0')
		printf("Fl %c , ", options[i].letter);
	printf("Fl \\-%s", options[i].name);
	if (options[i].kind == MAYBE) {
		fputs(" Ns Oo = Ns Ar ", stdout);
		argument(options[i].arg);
		fputs(" Oc", stdout);
	} else if (options[i].kind != FLAG) {
		fputs(" Ar ", stdout);
		argument(options[i].arg);
	}
	putchar('\n');
	text(options[i].help);
	if (options[i].dflt[0] != '\0') {
		fputs("Default: ", stdout);
		text(options[i].dflt);
	}
}

static void mdoc_options(void)
{
	static const char *const titles[GROUPS] = {
		[LAUNCH] = "Launch", [FILES] = "Files",	    [NETWORK] = "Network",  [LIMITS] = "Limits",
		[TEST] = "Test",     [REPORTS] = "Reports", [INFO] = "Information",
	};
	bool any = false;

	for (enum group g = 0; g < GROUPS; g++) {
		bool open = false;

		for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
			if (options[i].group != g || options[i].when == LATER)
				continue;
			if (!open)
				printf(".Ss %s\n.Bl -tag -width Ds\n", titles[g]);
			open = true;
			mdoc_option(i);
		}
		if (open)
			puts(".El");
	}
	puts(".Ss Of later versions");
	fputs("These are refused with\n.Dq not in this version :", stdout);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (options[i].when == LATER) {
			printf("%s\n.Fl \\-%s", any ? " ," : "", options[i].name);
			any = true;
		}
	}
	puts(" .");
}

static void mdoc_variables(void)
{
	puts(".Sh ENVIRONMENT\nA flag is set by 1, not set by 0 or by nothing; any other value is refused.\n"
	     ".Bl -tag -width Ds");
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		printf(".It Ev %s\n", variables[i].name);
		text(variables[i].help);
		if (variables[i].when == INSIDE)
			puts("Set inside; not read.");
		if (variables[i].when == LATER)
			puts("Not in this version: refused when set.");
	}
	puts(".El");
}

static void mdoc_key(size_t i)
{
	static const char *const types[TYPES] = {
		[T_OBJECT] = "object",
		[T_MAP] = "object of strings",
		[T_ORIGINS] = "object of strings",
		[T_PATHS] = "array of strings",
		[T_GLOBS] = "array of strings",
		[T_CALLS] = "array of strings",
		[T_WORDS] = "array of strings",
		[T_FILE] = "string",
		[T_CHOICE] = "string",
		[T_FLAG] = "boolean",
		[T_TEXT] = "string",
	};

	printf(".It Cm %s Pq %s\n", keys[i].name, types[keys[i].type]);
	text(keys[i].help);
	if (keys[i].type == T_CHOICE) {
		fputs("One of ", stdout);
		for (const char *p = keys[i].choices; *p != '\0'; p++)
			fputs(*p == '|' ? ", " : (char[]){ *p, '\0' }, stdout);
		puts(".");
	}
	if (keys[i].dflt[0] != '\0') {
		fputs("Default: ", stdout);
		text(keys[i].dflt);
	}
	if (keys[i].who == TIGHTENS && keys[i].type != T_OBJECT)
		puts("A project's file may have it as well.");
}

static void mdoc_keys(void)
{
	bool any = false;

	puts(".Bl -tag -width Ds");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].when == LATER)
			continue;
		mdoc_key(i);
	}
	fputs(".El\n.Pp\nThese are refused with\n.Dq not in this version :", stdout);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].when == LATER) {
			printf("%s\n.Cm %s", any ? " ," : "", keys[i].name);
			any = true;
		}
	}
	puts(" .");
}

/* "a|b|c" with blanks between, as compgen -W wants it. */
static void bash_choices(const char *arg)
{
	for (; *arg != '\0'; arg++)
		putchar(*arg == '|' ? ' ' : *arg);
}

static void bash_values(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (options[i].when == LATER || options[i].kind == FLAG || options[i].kind == MAYBE)
			continue;
		printf("\t--%s)\n", options[i].name);
		if (options[i].kind == CHOICE) {
			fputs("\t\tmapfile -t COMPREPLY < <(compgen -W '", stdout);
			bash_choices(options[i].arg);
			fputs("' -- \"$cur\")\n", stdout);
		} else if (strcmp(options[i].arg, "DIR") == 0 || strcmp(options[i].arg, "FILE") == 0) {
			printf("\t\tcompopt -o filenames\n\t\tmapfile -t COMPREPLY < <(compgen -A %s -- "
			       "\"$cur\")\n",
			       strcmp(options[i].arg, "DIR") == 0 ? "directory" : "file");
		}
		puts("\t\treturn ;;");
	}
}

static void bash(void)
{
	puts("# bash completion for claude-sandbox; made from the option table\n"
	     "_claude_sandbox() {\n"
	     "\tlocal cur prev i\n"
	     "\tCOMPREPLY=()\n"
	     "\tcur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	     "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	     "\t\tif [[ ${COMP_WORDS[i]} == -- ]]; then\n"
	     "\t\t\tif ((i + 1 == COMP_CWORD)); then\n"
	     "\t\t\t\tmapfile -t COMPREPLY < <(compgen -A command -- \"$cur\")\n"
	     "\t\t\telse\n"
	     "\t\t\t\tcompopt -o filenames\n"
	     "\t\t\t\tmapfile -t COMPREPLY < <(compgen -A file -- \"$cur\")\n"
	     "\t\t\tfi\n"
	     "\t\t\treturn\n"
	     "\t\tfi\n"
	     "\tdone\n"
	     "\t# \"=\" splits words: --net = no\n"
	     "\tif [[ $cur == = ]]; then\n"
	     "\t\tcur=\n"
	     "\telif [[ $prev == = ]] && ((COMP_CWORD >= 2)); then\n"
	     "\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n"
	     "\tfi\n"
	     "\tcase $prev in");
	bash_values();
	puts("\tesac\n"
	     "\tif [[ $cur == -* ]]; then");
	fputs("\t\tmapfile -t COMPREPLY < <(compgen -W '--", stdout);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (options[i].when == LATER)
			continue;
		printf(" --%s", options[i].name);
		if (options[i].letter != '\0')
			printf(" -%c", options[i].letter);
		if (options[i].kind == MAYBE)
			printf(" --%s=%s", options[i].name, options[i].arg);
	}
	puts("' -- \"$cur\")\n"
	     "\telse\n"
	     "\t\tcompopt -o filenames\n"
	     "\t\tmapfile -t COMPREPLY < <(compgen -A directory -- \"$cur\")\n"
	     "\tfi\n"
	     "}\n"
	     "complete -F _claude_sandbox claude-sandbox");
}

int main(int argc, char **argv)
{
	if (argc == 2 && streq(argv[1], "mdoc")) {
		mdoc_options();
		mdoc_variables();
	} else if (argc == 2 && streq(argv[1], "keys")) {
		mdoc_keys();
	} else if (argc == 2 && streq(argv[1], "bash")) {
		bash();
	} else {
		fputs("usage: optdoc mdoc|keys|bash\n", stderr);
		return 2;
	}
	return fflush(stdout) != 0 || ferror(stdout) ? 1 : 0;
}
