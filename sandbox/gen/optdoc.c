/* SPDX-License-Identifier: MIT */
/*
 * Host tool: data/opt.def as documentation.
 *
 *   optdoc mdoc    what fills the @OPTIONS@ hole of the man page: the options,
 *                  then the section about the environment
 *   optdoc keys    the @KEYS@ hole of the page about the config file
 *   optdoc account the @ACCOUNT@ hole of the man page: the kinds of data/account.def
 *   optdoc schema  a JSON Schema of the config file
 *   optdoc bash    a bash completion; zsh, fish: of these
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "egressmsg.h"
#include "util.h"

enum when { LATER, NOW, HONOURED, INSIDE };
enum type {
	T_OBJECT,
	T_MAP,
	T_ORIGINS,
	T_PATHS,
	T_GLOBS,
	T_CALLS,
	T_COMMANDS,
	T_WORDS,
	T_PACKAGES,
	T_HOSTS,
	T_PORTS,
	T_FILE,
	T_CHOICE,
	T_FLAG,
	T_LIMIT,
	T_TEXT,
	TYPES
};
enum who { OWN, TIGHTENS };
enum times { ONCE, MANY };
enum kind { FLAG, CHOICE, MAYBE, FD, COUNT, TEXT, OPTEXT };
enum group { LAUNCH, FILES, NETWORK, LIMITS, TEST, REPORTS, INFO, GROUPS };

static const struct {
	const char *name;
	char letter;
	enum kind kind;
	const char *arg;
	enum group group;
	enum when when;
	bool many;
	const char *dflt, *help;
} options[] = {
#define OPT(id, name, letter, kind, arg, later, group, when, times, dflt, help) \
	{ name, letter, kind, arg, group, when, times, dflt, help },
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
	if (options[i].kind == MAYBE || options[i].kind == OPTEXT) {
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
		[T_COMMANDS] = "array of strings",
		[T_WORDS] = "array of strings",
		[T_PACKAGES] = "array of strings",
		[T_HOSTS] = "array of strings",
		[T_PORTS] = "array of numbers",
		[T_FILE] = "string",
		[T_CHOICE] = "string",
		[T_FLAG] = "boolean",
		[T_LIMIT] = "string",
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

/* The program that is completed knows its probes; nothing is offered where it is not in PATH. */
#define LIST_PROBES "command claude-sandbox --list-probes 2>/dev/null | cut -d' ' -f1"

/* "a|b|c" with blanks between, as compgen -W wants it. */
static void bash_choices(const char *arg)
{
	for (; *arg != '\0'; arg++)
		putchar(*arg == '|' ? ' ' : *arg);
}

static void bash_values(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (options[i].when == LATER || options[i].kind == FLAG)
			continue;
		printf("\t--%s)\n", options[i].name);
		/* A value only behind a "=": otherwise the next word is another. */
		if (options[i].kind == MAYBE || options[i].kind == OPTEXT)
			puts("\t\tif ((equals)); then");
		if (options[i].kind == CHOICE || options[i].kind == MAYBE) {
			fputs("\t\tmapfile -t COMPREPLY < <(compgen -W '", stdout);
			bash_choices(options[i].arg);
			fputs("' -- \"$cur\")\n", stdout);
		} else if (strcmp(options[i].arg, "DIR") == 0 || strcmp(options[i].arg, "FILE") == 0) {
			printf("\t\tcompopt -o filenames\n\t\tmapfile -t COMPREPLY < <(compgen -A %s -- "
			       "\"$cur\")\n",
			       strcmp(options[i].arg, "DIR") == 0 ? "directory" : "file");
		} else if (strcmp(options[i].arg, "PROBE") == 0) {
			puts("\t\tmapfile -t COMPREPLY < <(compgen -W \"$(" LIST_PROBES ")\" -- \"$cur\")");
		}
		puts(options[i].kind == MAYBE || options[i].kind == OPTEXT ? "\t\treturn\n\t\tfi ;;"
									   : "\t\treturn ;;");
	}
}

static void bash(void)
{
	puts("# bash completion for claude-sandbox; made from the option table\n"
	     "_claude_sandbox() {\n"
	     "\tlocal cur prev i equals=0\n"
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
	     "\t\tcur= equals=1\n"
	     "\telif [[ $prev == = ]] && ((COMP_CWORD >= 2)); then\n"
	     "\t\tprev=${COMP_WORDS[COMP_CWORD-2]} equals=1\n"
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

/* --- zsh and fish */

/* Text between single quotes of a shell; in zsh also without the characters that end a description. */
static void quoted_text(const char *s, bool zsh)
{
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			fputs(zsh ? "'\\''" : "\\'", stdout);
		else if (*s == '\\')
			fputs("\\\\", stdout);
		else if (zsh && strchr("[]:", *s) != NULL)
			printf("\\%c", *s);
		else
			putchar(*s);
	}
}

/* What completes the value: the choices, or what zsh has for it. */
static void zsh_value(size_t i)
{
	const char *arg = options[i].arg;

	fputs(":value:", stdout);
	if (options[i].kind == CHOICE || (options[i].kind == MAYBE && strcmp(arg, "FILE") != 0)) {
		putchar('(');
		bash_choices(arg);
		putchar(')');
	} else if (strcmp(arg, "DIR") == 0) {
		fputs("_directories", stdout);
	} else if (strcmp(arg, "FILE") == 0) {
		fputs("_files", stdout);
	} else if (strcmp(arg, "PROBE") == 0) {
		/* Within single quotes. */
		fputs("{ compadd -- ${(f)\"$(command claude-sandbox --list-probes 2>/dev/null | cut -d\" \" "
		      "-f1)\"} }",
		      stdout);
	} else {
		putchar(' ');
	}
}

static void zsh_spec(size_t i, const char *dashes, const char *equals)
{
	printf("\t'%s%s%s[", options[i].many ? "*" : "", dashes, equals);
	quoted_text(options[i].help, true);
	putchar(']');
	if (equals[0] != '\0')
		zsh_value(i);
	puts("' \\");
}

static void zsh(void)
{
	puts("#compdef claude-sandbox\n# made from the option table; autoloaded: the file is the function\n"
	     "local -i dashes=${words[(i)--]}\n"
	     "if ((dashes < CURRENT)); then\n"
	     "\tshift $dashes words\n"
	     "\t((CURRENT -= dashes))\n"
	     "\t_normal\n"
	     "\treturn\n"
	     "fi\n"
	     "_arguments \\");
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		char dashes[64];

		if (options[i].when == LATER)
			continue;
		snprintf(dashes, sizeof(dashes), "--%s", options[i].name);
		if (options[i].kind == FLAG || options[i].kind == MAYBE)
			zsh_spec(i, dashes, "");
		if (options[i].kind != FLAG)
			zsh_spec(i, dashes, options[i].kind == MAYBE ? "=-" : "=");
		snprintf(dashes, sizeof(dashes), "-%c", options[i].letter);
		if (options[i].letter != '\0')
			zsh_spec(i, dashes, "");
	}
	puts("\t'1:project:_directories'");
}

static void fish_option(size_t i)
{
	printf("complete -c claude-sandbox -n 'not contains -- -- (commandline -opc)' -l %s",
	       options[i].name);
	if (options[i].letter != '\0')
		printf(" -s %c", options[i].letter);
}

static void fish(void)
{
	puts("# made from the option table\n"
	     "complete -c claude-sandbox -f -n 'not contains -- -- (commandline -opc); and not "
	     "string match -q -- \"-*\" (commandline -ct)' -a "
	     "'(__fish_complete_directories)'\n"
	     "complete -c claude-sandbox -f -n 'test (commandline -opc)[-1] = --' -a "
	     "'(__fish_complete_command)'");
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const char *arg = options[i].arg;

		if (options[i].when == LATER)
			continue;
		fish_option(i);
		if (options[i].kind == CHOICE)
			fputs(" -x", stdout);
		else if (options[i].kind != FLAG && options[i].kind != MAYBE)
			fputs(strcmp(arg, "DIR") == 0	  ? " -x -a '(__fish_complete_directories)'"
			      : strcmp(arg, "FILE") == 0  ? " -r -F"
			      : strcmp(arg, "PROBE") == 0 ? " -x -a '(command claude-sandbox --list-probes "
							    "2>/dev/null | string replace -r \" .*\" \"\")'"
							  : " -x",
			      stdout);
		fputs(" -d '", stdout);
		quoted_text(options[i].help, false);
		puts("'");
		/* Apart: the text of the option is not that of each value. */
		if (options[i].kind == CHOICE || options[i].kind == MAYBE) {
			fish_option(i);
			printf(" %s -a '", options[i].kind == CHOICE ? "-x" : "-f");
			bash_choices(arg);
			puts("'");
		}
	}
}

/* --- the JSON Schema of a config file; suites/e2e/schema holds it to what the parser says */

/* What no text may have, and then what such a value may not. The parser's own words are in confkey.c. */
static const char *schema_text(enum type t)
{
	switch (t) {
	case T_PATHS:
	case T_FILE:
		return "\"minLength\": 1, \"maxLength\": 4095, \"not\": {\"pattern\": \"^~[^/]|\\\\u0000\"}";
	case T_GLOBS:
		return "\"minLength\": 1, \"not\": {\"pattern\": "
		       "\"^[/~]|//|(^|/)\\\\.\\\\.?(?![^/])|\\\\u0000\"}";
	case T_CALLS:
		return "\"minLength\": 1, \"not\": {\"pattern\": \"[^a-z0-9_]\"}";
	case T_COMMANDS:
		return "\"minLength\": 1, \"maxLength\": 1024, \"not\": {\"pattern\": "
		       "\"^[ \\\\t]*(-|$|[*?]+([ \\\\t]|$)|[^ "
		       "\\\\t]*/)|[\\\\u0000-\\\\u0008\\\\u000a-\\\\u001f]\"}";
	case T_PACKAGES:
		return "\"pattern\": \"^[A-Za-z0-9_][A-Za-z0-9._-]*$\", \"not\": {\"pattern\": \"\\n\"}";
	case T_ORIGINS:
		return "\"minLength\": 1, \"not\": {\"pattern\": \"[\\\\u0000-\\\\u001f\\\\u007f]\"}";
	case T_OBJECT:
	case T_MAP:
	case T_WORDS:
	case T_HOSTS:
	case T_PORTS:
	case T_CHOICE:
	case T_FLAG:
	case T_LIMIT:
	case T_TEXT:
	case TYPES:
		break;
	}
	return "\"not\": {\"pattern\": \"\\\\u0000\"}";
}

/* The form alone: how much it must be at least and at most, a schema can't say. */
static const char *schema_limit(const char *name)
{
	static const struct {
		const char *name, *unit;
	} limits[] = {
#define BYTES			   "[KMGT]?"
#define COUNT			   ""
#define PERCENT			   "%"
#define LIMIT(id, name, unit, ...) { "limits." name, unit },
#include "data/limits.def"
#undef BYTES
#undef COUNT
#undef PERCENT
	};
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(limits) && !streq(limits[i].name, name))
		i++;
	return limits[i].unit;
}

static void schema_choices(const char *choices)
{
	fputs("\"enum\": [\"", stdout);
	for (; *choices != '\0'; choices++)
		fputs(*choices == '|' ? "\", \"" : (char[]){ *choices, '\0' }, stdout);
	fputs("\"]", stdout);
}

static void schema_object(const char *parent, int depth);

static void schema_key(size_t i, int depth)
{
	enum type t = keys[i].type;

	printf("\"description\": \"%s%s\"", keys[i].help,
	       keys[i].when == LATER ? " Not in this version." : "");
	if (keys[i].when == LATER) {
		fputs(", \"not\": {}", stdout);
	} else if (t == T_OBJECT) {
		fputs(", ", stdout);
		schema_object(keys[i].name, depth);
	} else if (t == T_MAP) {
		printf(", \"type\": \"object\", \"propertyNames\": {\"minLength\": 1, \"not\": {\"pattern\": "
		       "\"^[0-9]|[^A-Za-z0-9_]\"}}, \"additionalProperties\": {\"type\": \"string\", %s}",
		       schema_text(t));
	} else if (t == T_ORIGINS) {
		printf(", \"type\": \"object\", \"additionalProperties\": {\"type\": \"string\", %s}",
		       schema_text(t));
	} else if (t == T_CHOICE) {
		fputs(", ", stdout);
		schema_choices(keys[i].choices);
	} else if (t == T_FLAG) {
		fputs(", \"type\": \"boolean\"", stdout);
	} else if (t == T_PORTS) {
		printf(", \"type\": \"array\", \"maxItems\": %d, \"items\": {\"type\": \"integer\", "
		       "\"minimum\": 1, "
		       "\"maximum\": 65535}",
		       EGRESS_PORTS);
	} else if (t == T_LIMIT) {
		printf(", \"type\": \"string\", \"pattern\": \"^[0-9]+%s$\", \"not\": {\"pattern\": \"\\n\"}",
		       schema_limit(keys[i].name));
	} else if (t == T_FILE || t == T_TEXT) {
		printf(", \"type\": \"string\", %s", schema_text(t));
	} else {
		printf(", \"type\": \"array\", \"items\": {\"type\": \"string\", %s}", schema_text(t));
	}
}

/* The keys whose name is "parent.leaf"; "": the outermost. */
static void schema_object(const char *parent, int depth)
{
	size_t n = strlen(parent);
	bool any = false;

	fputs("\"type\": \"object\", \"additionalProperties\": false, \"properties\": {", stdout);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *name = keys[i].name, *leaf = strrchr(name, '.');

		leaf = leaf != NULL ? leaf + 1 : name;
		if ((size_t)(leaf - name) != (n > 0 ? n + 1 : 0) || strncmp(name, parent, n) != 0)
			continue;
		printf("%s\n%*s\"%s\": {", any ? "," : "", depth * 4, "", leaf);
		schema_key(i, depth + 1);
		putchar('}');
		any = true;
	}
	putchar('}');
}

static void schema(void)
{
	fputs("{\n    \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
	      "    \"title\": \"claude-sandbox.config(5)\",\n"
	      "    \"$comment\": \"What a schema can't say, the program also refuses: keys that are there "
	      "twice, limits that are too small or too large, "
	      "origins of values that are not there, more than 1 MiB.\",\n    ",
	      stdout);
	schema_object("", 2);
	puts("\n}");
}

static void mdoc_account(void)
{
	static const struct {
		const char *name, *words;
	} kinds[] = {
#define KIND(id, name, words) { name, words },
#include "data/account.def"
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		printf(".It Cm %s\n", kinds[i].name);
		text(kinds[i].words);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && streq(argv[1], "mdoc")) {
		mdoc_options();
		mdoc_variables();
	} else if (argc == 2 && streq(argv[1], "keys")) {
		mdoc_keys();
	} else if (argc == 2 && streq(argv[1], "account")) {
		mdoc_account();
	} else if (argc == 2 && streq(argv[1], "zsh")) {
		zsh();
	} else if (argc == 2 && streq(argv[1], "fish")) {
		fish();
	} else if (argc == 2 && streq(argv[1], "schema")) {
		schema();
	} else if (argc == 2 && streq(argv[1], "bash")) {
		bash();
	} else {
		fputs("usage: optdoc mdoc|keys|account|schema|bash|zsh|fish\n", stderr);
		return 2;
	}
	return fflush(stdout) != 0 || ferror(stdout) ? 1 : 0;
}
