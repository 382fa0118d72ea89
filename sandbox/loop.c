/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <assert.h>
#include <errno.h>

int loop_add(struct loop *l, loop_ready *ready, void *arg)
{
	assert(l->n < LOOP_MAX);
	l->p[l->n].fd = -1;
	l->source[l->n] = (struct loop_source){ ready, arg };
	return l->n++;
}

void loop_watch(struct loop *l, int row, int fd, short events)
{
	l->p[row] = (struct pollfd){ .fd = fd, .events = events };
}

int loop_wait(struct loop *l, int limit)
{
	int n = poll(l->p, (nfds_t)l->n, limit);

	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	for (int i = 0; n > 0 && i < l->n; i++) {
		short events = l->p[i].revents;

		/* One that an earlier source has closed meanwhile is watched no more. */
		if (events != 0 && l->p[i].fd >= 0)
			l->source[i].ready(l->source[i].arg, events);
	}
	return n;
}
