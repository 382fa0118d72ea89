/* SPDX-License-Identifier: MIT */
/* Recorded machines, fixtures/hosts/NAME, for the tests that replay them. */
#ifndef RECORDED_H
#define RECORDED_H

#include "diag.h"
#include "host.h"
#include "strv.h"

#define RECORDED_DIR "fixtures/hosts"

struct recorded {
	char *dir; /* owned */
	struct strv env;
	int rootfd; /* owned */
};
#define AUTO_RECORDED __attribute__((cleanup(recorded_done)))

/* Opens the machine recorded below RECORDED_DIR; -errno with a message. recorded_done releases *ret in any case. */
int recorded_open(const char *name, struct recorded *ret, struct diag *d);
void recorded_done(struct recorded *r); /* accepts {.rootfd = -1} */
/* Where host_load finds it; borrows from *r. */
struct host_source recorded_source(const struct recorded *r);
/* Text of a file of its tree, path relative to the root, owned; "" when there is none. */
char *recorded_text(const struct recorded *r, const char *path);
/* Sets a variable of its environment, "NAME=VALUE". */
void recorded_setenv(struct recorded *r, const char *assignment);

/* Lines of a file as a vector, without empty last one; -errno when unreadable. */
int recorded_lines(const char *path, struct strv *ret);
/* Names in a directory but hidden ones, sorted. */
int recorded_list(const char *dir, struct strv *ret);

#endif
