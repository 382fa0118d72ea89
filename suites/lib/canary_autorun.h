/* SPDX-License-Identifier: MIT */
/* Part of canary.c: what the host would run by itself, in the scratch project. */
#ifndef CANARY_AUTORUN_H
#define CANARY_AUTORUN_H

#include "canary.h"

/* 0, or -errno. */
/* Of the project: what appears there is moved away, and nowhere else. */
#define CANARY_WATCHED_DIR "watched"

int canary_plant_autorun(struct canary_site *s);

#endif
