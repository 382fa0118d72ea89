/* SPDX-License-Identifier: MIT */
/* Commands that the agent's settings name, and that are not there inside: said in one line before the start. */
#ifndef AGENTCMD_H
#define AGENTCMD_H

#include <stddef.h>
#include "prepare.h"
#include "strv.h"

enum agentcmd_kind { AGENTCMD_SETTINGS, AGENTCMD_SERVERS };

/* Adds the commands that JSON text names; of text that is none, nothing. Pure. */
void agentcmd_collect(const char *text, size_t len, enum agentcmd_kind kind, struct strv *ret);
/*
 * Adds the programs of a command: its first word, and behind an interpreter the script; home and project put in for
 * their variables. What other variables stand in is left out: the shell alone knows it. Pure.
 */
void agentcmd_programs(const char *command, const char *home, const char *project, struct strv *ret);
/* Looks at the host's settings and the project's, and says what of their commands the plan does not show. */
void agentcmd_say(const struct prepared *p);

#endif
