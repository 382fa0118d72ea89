/* SPDX-License-Identifier: MIT */
/* The commands that settings of the agent name (data/commands.def). Pure. */
#ifndef AGENTWORDS_H
#define AGENTWORDS_H

#include <stddef.h>
#include "strv.h"

enum agentwords_kind {
	AGENTWORDS_SETTINGS,
	AGENTWORDS_SERVERS,
	AGENTWORDS_ARGUMENTS,
	AGENTWORDS_HOOK_ARGUMENTS,
	AGENTWORDS_HELPERS,
	AGENTWORDS_PLACES,
	AGENTWORDS_VARIABLES, /* what separates the paths of a list is a space in them */
	AGENTWORDS_SERVER_VARIABLES,
	AGENTWORDS_ASSIGNMENTS, /* "NAME=value"; "GIT_CONFIG:key=value" */
	AGENTWORDS_SERVER_ASSIGNMENTS,
	AGENTWORDS_DIRECTORIES,
};

/* Adds the commands that JSON text names; of text that is none, nothing. */
void agentwords_collect(const char *text, size_t len, enum agentwords_kind kind, struct strv *ret);
/* Tells each server's program and its arguments. */
/* What a variable's value names, by runvars.def; AGENTWORDS_NOTHING: none of these. */
enum agentwords_variable {
	AGENTWORDS_NOTHING,
	AGENTWORDS_WORDS,
	AGENTWORDS_PROGRAMS,
	AGENTWORDS_LIBRARY,
};
enum agentwords_variable agentwords_variable(const char *name);
/* A value with a space in place of what separates its paths; owned. */
char *agentwords_words(const char *value);
/* Of an environment what is such a variable, but PATH, as of ASSIGNMENTS: "NAME=value". */
void agentwords_environment(char *const *env, struct strv *ret);
/* As JSON, strictly: the agent takes more (a key twice, half a surrogate pair). */
bool agentwords_readable(const char *text, size_t len);
void agentwords_servers(const char *text, size_t len, void (*tell)(const struct strv *words, void *arg),
			void *arg);

#endif
