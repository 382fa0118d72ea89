/* SPDX-License-Identifier: MIT */
/* Commands that the agent's settings name, and that are not there inside: said in one line before the start. */
#ifndef AGENTCMD_H
#define AGENTCMD_H

#include <stddef.h>
#include "prepare.h"
#include "strv.h"

/*
 * Adds the programs of a command: its first word, and behind an interpreter the script; home and project put in for
 * their variables. What other variables stand in is left out: the shell alone knows it. Pure.
 */
void agentcmd_programs(const char *command, const char *home, const char *project, struct strv *ret);
/* Looks at the host's settings and the project's, and says what of their commands the plan does not show. */
void agentcmd_say(const struct prepared *p);

#endif
