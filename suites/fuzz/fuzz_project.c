/* SPDX-License-Identifier: MIT */
/* Any bytes as the file that a project carries: refused with a place, or settings that are at least as tight as before. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "conffile.h"
#include "mem.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

/* What the user asked for stands where it stood; what was added says who did it. */
static void check_list(const struct conf_list *list)
{
	check(list->n >= 1 && streq(list->item[0].value, "mine") && streq(list->item[0].origin, "--mine"));
	for (size_t i = 1; i < list->n; i++)
		check(str_starts(list->item[i].origin, "fuzz.json:") && list->item[i].value[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of exactly its size, so that a read beyond it is seen. */
	AUTO_FREE char *text = xmalloc(size > 0 ? size : 1);
	struct conf c = { .status_fd = -1 };
	enum conf_net before = size % 2 == 0 ? CONF_NET_NONE : CONF_NET_HOST;
	struct diag d = { 0 };

	if (size > 0)
		memcpy(text, data, size);
	c.value[CONFKEY_NETWORK_MODE].n = before;
	conf_add(&c.mask, "mine", "--mine");
	conf_add(&c.blocked_syscalls, "mine", "--mine");
	if (conffile_apply(&c, "fuzz.json", text, size, "/home/u", CONFFILE_OF_PROJECT, &d) < 0)
		check(d.code == -EINVAL && str_starts(d.msg, "fuzz.json:"));
	check_list(&c.mask);
	check_list(&c.blocked_syscalls);
	check(conf_net(&c) <= before);
	check(c.allow_host.n == 0);
	check(c.extra_bind.n == 0 && c.extra_ro.n == 0 && c.env.n == 0 && c.command.n == 0);
	check(!c.no_seccomp && !c.no_seccomp_accept && !c.yolo && c.output == NULL && c.config_file == NULL);
	conf_done(&c);
	return 0;
}
