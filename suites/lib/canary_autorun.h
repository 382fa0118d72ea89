/* SPDX-License-Identifier: MIT */
/* Part of canary.c: what the host would run by itself, in the scratch project. */
#ifndef CANARY_AUTORUN_H
#define CANARY_AUTORUN_H

#include "canary.h"

/* 0, or -errno. */
int canary_plant_autorun(struct canary_site *s);

#endif
