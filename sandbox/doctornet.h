/* SPDX-License-Identifier: MIT */
/* What --test says of the network: whether egress can do its work on this machine, and by whom it goes out. */
#ifndef DOCTORNET_H
#define DOCTORNET_H

#include <stdbool.h>

#include "conf.h"

enum doctornet_says { DOCTORNET_INFO, DOCTORNET_OK, DOCTORNET_MISSING };

struct doctornet {
	enum doctornet_says says;
	char *detail, *fix; /* owned by the caller; fix NULL: none needed */
};

/* The whole of egress, tried beside a network as a box has. box: whether this machine can have one. */
struct doctornet doctornet_egress(const struct conf *conf, bool box);
/* The proxy of the settings or of the environment; nobody is asked. */
struct doctornet doctornet_proxy(const struct conf *conf);

#endif
