/* SPDX-License-Identifier: MIT */
/* The effective settings as a config file. */
#ifndef CONFDUMP_H
#define CONFDUMP_H

#include <stdio.h>
#include "conf.h"
#include "diag.h"

/*
 * Writes *c as a config file that gives the same settings, with "origins" that say where each came from, so
 * that its own dump is the same text. What no config file can hold (c->unsaved) is left out. -EILSEQ when a
 * value is not UTF-8.
 */
int confdump_write(struct conf *c, FILE *f, struct diag *d);
/* What was set by anyone, one line each, on stderr when verbose; no values of variables. */
void confdump_say(const struct conf *c);

#endif
