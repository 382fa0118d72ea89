/* SPDX-License-Identifier: MIT */
/* Reads what there is of the agent's state. Part of host; nothing else includes it. */
#ifndef HOSTCLAUDE_H
#define HOSTCLAUDE_H

#include "host.h"
#include "hostroot.h"

/* Fills h->claude from ~/.claude and ~/.claude.json. */
void hostclaude_read(struct hostroot *root, struct host *h);
/* Fills h->dotclaude from the project's .claude: no more entries than policy could want. */
void hostclaude_project(struct hostroot *root, const char *project, struct host *h);
/* Fills h->memory from the record of the project, by its real path; no link is followed below that. After hostclaude_read. */
void hostclaude_memory(struct hostroot *root, const char *project, struct host *h);
void hostclaude_done(struct host *h);

#endif
