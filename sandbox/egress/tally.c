/* SPDX-License-Identifier: MIT */
#include "tally.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util.h"

int tally_open(struct egress *e, struct diag *d)
{
	void *p = mmap(NULL, sizeof(*e->account), PROT_READ | PROT_WRITE, MAP_SHARED, EGRESS_FD_ACCOUNT, 0);

	if (p == MAP_FAILED)
		return diag_errno(d, -errno, "egress: its account");
	close(EGRESS_FD_ACCOUNT);
	e->account = p;
	return 0;
}

struct egress_row *tally_host(struct egress *e, enum egress_side side, const char *host, const char *why)
{
	struct egress_account *a = e->account;
	uint32_t h = hash_text(host);
	struct egress_row *row;

	/* The numbers lie close together: a hundred are read as quickly as one row. */
	for (size_t i = 0; i < a->n[side]; i++)
		if (e->hosts[side][i] == h && streq(a->row[side][i].host, host)) {
			a->row[side][i].times++;
			return &a->row[side][i];
		}
	if (a->n[side] == EGRESS_ROWS) {
		a->more[side]++;
		return NULL;
	}
	e->hosts[side][a->n[side]] = h;
	row = &a->row[side][a->n[side]++];
	snprintf(row->host, sizeof(row->host), "%s", host);
	snprintf(row->why, sizeof(row->why), "%s", why);
	row->times = 1;
	return row;
}

void tally_bytes(struct egress *e, struct egress_row *row, uint64_t sent, uint64_t received)
{
	e->account->sent += sent;
	e->account->received += received;
	if (row != NULL) {
		row->sent += sent;
		row->received += received;
	}
}

uint64_t tally_number(const struct egress *e, enum egress_side side, const struct egress_row *row)
{
	return row != NULL ? (uint64_t)(row - e->account->row[side]) + 1 : 0;
}
