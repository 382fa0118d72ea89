/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "util.h"

#define SLOTS	 16384
/* 198.18.1.0 on; what is below belongs to the gateway itself. */
#define FIRST4	 0xc6120100u
#define GRACE_MS 30000 /* that a resolver of the box may be late */

_Static_assert(FIRST4 + NAMES_MAX <= 0xc6140000u, "within 198.18.0.0/15");

static const uint8_t prefix4[2] = { 198, 18 };
/* fd63:7362:2::/96 */
static const uint8_t prefix6[12] = { 0xfd, 0x63, 0x73, 0x62, 0, 2 };

static uint32_t hash(const char *s)
{
	return hash_text(s) % SLOTS;
}

void names_init(struct names *t)
{
	*t = (struct names){ .at = xcalloc(NAMES_MAX, sizeof(*t->at)),
			     .slot = xcalloc(SLOTS, sizeof(*t->slot)),
			     .tokens = NAMES_PER_SECOND };
}

void names_done(struct names *t)
{
	for (uint32_t i = 0; i < t->n; i++)
		free(t->at[i]);
	free(t->at);
	free(t->slot);
	*t = (struct names){ 0 };
}

static void unlink_age(struct names *t, struct name *n)
{
	*(n->newer != NULL ? &n->newer->older : &t->newest) = n->older;
	*(n->older != NULL ? &n->older->newer : &t->oldest) = n->newer;
}

static void make_newest(struct names *t, struct name *n)
{
	n->newer = NULL;
	n->older = t->newest;
	*(t->newest != NULL ? &t->newest->newer : &t->oldest) = n;
	t->newest = n;
}

static void unlink_hash(struct names *t, const struct name *n)
{
	struct name **p = &t->slot[hash(n->host.text)];

	while (*p != n)
		p = &(*p)->next;
	*p = n->next;
}

static bool may_make(struct names *t, uint64_t now)
{
	t->tokens += (double)(now - t->filled) * NAMES_PER_SECOND / 1000;
	t->filled = now;
	if (t->tokens > NAMES_PER_SECOND)
		t->tokens = NAMES_PER_SECOND;
	if (t->tokens < 1)
		return false;
	t->tokens -= 1;
	return true;
}

/* A place in the table: a new one, or that of the longest unused name that nothing needs. */
static struct name *place(struct names *t, uint64_t now)
{
	struct name *n;

	if (t->n < NAMES_MAX) {
		n = calloc(1, sizeof(*n));
		if (n == NULL)
			return NULL;
		n->index = t->n;
		t->at[t->n++] = n;
		return n;
	}
	for (n = t->oldest; n != NULL; n = n->newer) {
		if (n->used > 0 || n->until > now)
			continue;
		unlink_hash(t, n);
		unlink_age(t, n);
		return n;
	}
	return NULL;
}

struct name *names_known(const struct names *t, const struct hostname *host)
{
	struct name *n = t->slot[hash(host->text)];

	while (n != NULL && !streq(n->host.text, host->text))
		n = n->next;
	return n;
}

struct name *names_give(struct names *t, const struct hostname *host, uint64_t now)
{
	struct name **slot = &t->slot[hash(host->text)], *n = names_known(t, host);

	if (n == NULL) {
		n = may_make(t, now) ? place(t, now) : NULL;
		if (n == NULL)
			return NULL;
		n->host = *host;
		n->unasked = 0;
		n->next = *slot;
		*slot = n;
	} else {
		unlink_age(t, n);
	}
	make_newest(t, n);
	n->until = now + NAMES_TTL * 1000 + GRACE_MS;
	return n;
}

struct name *names_find(struct names *t, const struct ipaddr *a, bool *ret_synthetic)
{
	const uint8_t *four = a->bytes == 16 ? a->byte + 12 : a->byte;
	uint32_t at = (uint32_t)four[0] << 24 | (uint32_t)four[1] << 16 | (uint32_t)four[2] << 8 | four[3];

	*ret_synthetic = a->bytes == 16 ? memcmp(a->byte, prefix6, sizeof(prefix6)) == 0
					: (four[0] == prefix4[0] && (four[1] & 0xfe) == prefix4[1]);
	if (!*ret_synthetic || at < FIRST4 || at - FIRST4 >= t->n)
		return NULL;
	return t->at[at - FIRST4];
}

struct ipaddr names_address(const struct name *n, bool ip6)
{
	uint32_t at = FIRST4 + n->index;
	uint8_t raw[16] = { 0 }, *four = ip6 ? raw + 12 : raw;

	memcpy(raw, prefix6, ip6 ? sizeof(prefix6) : 0);
	four[0] = (uint8_t)(at >> 24);
	four[1] = (uint8_t)(at >> 16);
	four[2] = (uint8_t)(at >> 8);
	four[3] = (uint8_t)at;
	return ipaddr_of(raw, ip6 ? 16 : 4);
}
