/* SPDX-License-Identifier: MIT */
/*
 * IP-10: a queue of mode 0666 by its name; its attributes are asked, no
 * message is taken.
 *
 * Remedy: own ipc namespace.
 * See: mq_overview(7)
 */
#include "look.h"

#include <mqueue.h>

PROBE("ipc-mqueue", "a POSIX message queue of the host cannot be opened")
{
	struct mq_attr attr = { 0 };
	long fd, r;

	LOOK_NEED(name, "CANARY_MQ");
	fd = probe_sys(SYS_mq_open, name + (name[0] == '/' ? 1 : 0),
		       (long)(O_RDONLY | O_CLOEXEC | O_NONBLOCK), 0L, NULL);
	if (fd < 0)
		return probe_denied((int)-fd, "mq_open", "%s", probe_errno_name((int)-fd));
	r = probe_sys(SYS_mq_getsetattr, fd, NULL, &attr);
	look_close((int)fd);
	return r == 0 ? probe_allowed("mq_getsetattr", "the queue holds %ld messages", (long)attr.mq_curmsgs)
		      : probe_denied((int)-r, "mq_getsetattr", "%s", probe_errno_name((int)-r));
}
