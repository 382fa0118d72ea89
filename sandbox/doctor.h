/* SPDX-License-Identifier: MIT */
/* --test: can this host run the sandbox; and why not. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <stdbool.h>
#include <stdio.h>
#include "conf.h"
#include "diag.h"
#include "host.h"

/* Runs the checks and writes them to out, in words or as JSON. Exit code: 0 all there, 3 this host cannot run it, 6 with *d set. */
int doctor_run(const struct conf *conf, char *const *env, FILE *out, struct diag *d);
/* After bwrap failed: replaces d's advice and message by cause and smallest fix. False: none is known, the words stay. */
bool doctor_explain(const struct host *h, struct diag *d);
/* Whether this host can't make a box at all, tried with bwrap: then d says why, and what helps. */
bool doctor_cause(const struct host *h, struct diag *d);

#endif
