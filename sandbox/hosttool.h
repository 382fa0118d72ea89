/* SPDX-License-Identifier: MIT */
/* Programs and toolchains that data/tools.def names. Part of host. */
#ifndef HOSTTOOL_H
#define HOSTTOOL_H

#include "host.h"
#include "hostroot.h"

/* Fills h->tool where something asks for it, and h->toolchain with the profile `full`. After the home is known. */
void hosttool_find(struct hostroot *root, const struct conf *conf, struct host *h);
void hosttool_done(struct host *h);

#endif
