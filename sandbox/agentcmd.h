/* SPDX-License-Identifier: MIT */
/* Commands that the agent's settings name, and that are not there inside: said in one line before the start. */
#ifndef AGENTCMD_H
#define AGENTCMD_H

#include <stddef.h>
#include "prepare.h"
#include "strv.h"

/*
 * Adds the programs of a shell's line: the first word of each command, and behind an interpreter or a shell the script,
 * or the line of `sh -c`; home and project put in for their variables. What other variables stand in is left out, and
 * what begins at a substitution, a "case" or a function: the shell alone knows it. Pure.
 */
void agentcmd_programs(const char *command, const char *home, const char *project, struct strv *ret);
/* The same for a program and its arguments, which no shell reads. Pure. */
void agentcmd_server(const struct strv *words, const char *home, const char *project, struct strv *ret);
/* Looks at the host's settings and the project's, and says what of their commands the plan does not show. */
void agentcmd_say(const struct prepared *p);

#endif
