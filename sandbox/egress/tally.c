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

/* The numbers lie close together: a hundred are read as quickly as one row. */
static struct egress_row *find(struct egress *e, enum egress_side side, const char *host, uint32_t hash)
{
	struct egress_account *a = e->account;

	for (size_t i = 0; i < a->n[side]; i++)
		if (e->hosts[side][i] == hash && streq(a->row[side][i].host, host))
			return &a->row[side][i];
	return NULL;
}

/* One that nobody has had; NULL: there is none. */
static struct egress_row *unused(struct egress *e, enum egress_side side)
{
	struct egress_account *a = e->account;

	return a->n[side] < EGRESS_ROWS ? &a->row[side][a->n[side]++] : NULL;
}

/* Who had it is among those without a row from now on. */
static void begin(struct egress *e, enum egress_side side, struct egress_row *row, const char *host,
		  uint32_t hash, const char *why)
{
	uint64_t taken = row->taken, weight = row->weight;

	e->account->more[side] += row->times;
	if (row->times > 0)
		taken++;
	*row = (struct egress_row){ .taken = taken, .weight = weight, .before = weight, .times = 1 };
	snprintf(row->host, sizeof(row->host), "%s", host);
	snprintf(row->why, sizeof(row->why), "%s", why);
	e->hosts[side][row - e->account->row[side]] = hash;
}

struct tally_place tally_reached(struct egress *e, const char *host)
{
	const enum egress_side side = EGRESS_SIDE_REACHED;
	uint32_t hash = hash_text(host);
	struct egress_row *row = find(e, side, host, hash);

	if (row != NULL) {
		row->times++;
	} else {
		row = unused(e, side);
		if (row != NULL)
			begin(e, side, row, host, hash, "");
		else
			e->account->more[side]++;
	}
	return (struct tally_place){ row, row != NULL ? row->taken : 0, true };
}

static void add_bytes(struct egress_row *row, uint64_t sent, uint64_t received)
{
	row->sent += sent;
	row->weight += sent;
	row->received += received;
}

bool tally_bytes(struct egress *e, const struct tally_place *place, uint64_t sent, uint64_t received)
{
	e->account->sent += sent;
	e->account->received += received;
	if (place->row != NULL && place->row->taken == place->taken) {
		add_bytes(place->row, sent, received);
		return true;
	}
	return !place->reached || sent == 0;
}

static struct egress_row *lightest(struct egress_account *a)
{
	struct egress_row *row = a->row[EGRESS_SIDE_REACHED], *least = row;

	for (size_t i = 1; i < EGRESS_ROWS; i++)
		if (row[i].weight < least->weight)
			least = &row[i];
	return least;
}

void tally_again(struct egress *e, struct tally_place *place, const char *host, uint64_t sent,
		 uint64_t received)
{
	const enum egress_side side = EGRESS_SIDE_REACHED;
	uint32_t hash = hash_text(host);
	struct egress_row *row = find(e, side, host, hash);

	/* The connection was counted among those without a row. */
	e->account->more[side]--;
	if (row != NULL) {
		row->times++;
	} else {
		row = lightest(e->account);
		begin(e, side, row, host, hash, "");
	}
	add_bytes(row, sent, received);
	place->row = row;
	place->taken = row->taken;
}

/* The last one: those that were asked for first stay. */
static struct egress_row *last_name(struct egress_account *a)
{
	struct egress_row *row = a->row[EGRESS_SIDE_REFUSED];

	for (size_t i = EGRESS_ROWS; i > 0; i--)
		if (row[i - 1].name)
			return &row[i - 1];
	return NULL;
}

struct egress_row *tally_refused(struct egress *e, const char *host, bool name, const char *why)
{
	const enum egress_side side = EGRESS_SIDE_REFUSED;
	uint32_t hash = hash_text(host);
	struct egress_row *row = find(e, side, host, hash);

	if (row != NULL) {
		row->times++;
		return row;
	}
	row = unused(e, side);
	if (row == NULL && !name)
		row = last_name(e->account);
	if (row == NULL) {
		e->account->more[side]++;
		return NULL;
	}
	begin(e, side, row, host, hash, why);
	row->name = name;
	return row;
}

uint64_t tally_number(const struct egress *e, enum egress_side side, const struct egress_row *row)
{
	return row != NULL ? (uint64_t)(row - e->account->row[side]) + 1 : 0;
}
