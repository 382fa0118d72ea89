/* SPDX-License-Identifier: MIT */
/*
 * All rules lie in one hash table by what they are for: a name, the names below
 * one, a network, everything. A name asks for itself and for each of its
 * suffixes, an address for each length of network that there is.
 */
#include "egress/hostrules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "util.h"

/* What rules are for; as in struct hostrule. */
struct key {
	const char *name; /* not terminated; NULL: an address, or everything */
	size_t len;
	bool below;
	struct ipaddr addr;
	uint8_t bits;
};

static uint32_t hash_key(const struct key *k)
{
	const uint8_t tag[] = { k->below, k->bits, k->addr.bytes };
	uint32_t h = hash_bytes(HASH_START, tag, sizeof(tag));

	h = hash_bytes(h, k->addr.byte, k->addr.bytes);
	return hash_bytes(h, k->name != NULL ? k->name : "", k->len);
}

static bool is_for(const struct hostrule *rule, const struct key *k)
{
	if (rule->below != k->below || rule->bits != k->bits || !ipaddr_equal(&rule->addr, &k->addr) ||
	    (rule->name != NULL) != (k->name != NULL))
		return false;
	return k->name == NULL || (strlen(rule->name) == k->len && memcmp(rule->name, k->name, k->len) == 0);
}

/* The slot of the first rule for k, or the empty one where it would stand. */
static uint32_t *find_slot(const struct hostrules *r, const struct key *k)
{
	size_t i = hash_key(k) & (r->slots - 1);

	while (r->slot[i] != 0 && !is_for(&r->rule[r->slot[i] - 1], k))
		i = (i + 1) & (r->slots - 1);
	return &r->slot[i];
}

static const struct hostrule *first(const struct hostrules *r, const struct key *k)
{
	uint32_t i = r->slots > 0 ? *find_slot(r, k) : 0;

	return i > 0 ? &r->rule[i - 1] : NULL;
}

static const struct hostrule *following(const struct hostrules *r, const struct hostrule *rule)
{
	return rule->next > 0 ? &r->rule[rule->next - 1] : NULL;
}

static struct key key_of(const struct hostrule *rule)
{
	return (struct key){ .name = rule->name,
			     .len = rule->name != NULL ? strlen(rule->name) : 0,
			     .below = rule->below,
			     .addr = rule->addr,
			     .bits = rule->bits };
}

/* --- patterns */

static bool fail(struct hostname_fault *f, size_t at, const char *why)
{
	*f = (struct hostname_fault){ .at = at, .why = why };
	return false;
}

static bool parse_port(const char *text, size_t n, size_t at, struct hostrule *ret, struct hostname_fault *f)
{
	uint64_t port;

	if (n == 1 && text[0] == '*') {
		ret->ports = HOSTRULES_PORT_ALL;
		return true;
	}
	if (!hostname_number(text, n, 1, 65535, &port))
		return fail(f, at, "no port from 1 to 65535, and no *");
	ret->ports = HOSTRULES_PORT_ONE;
	ret->port = (uint16_t)port;
	return true;
}

static void mask(struct ipaddr *a, unsigned bits)
{
	for (unsigned i = 0; i < a->bytes; i++)
		a->byte[i] &= (uint8_t)(bits >= 8 * (i + 1) ? 0xff
					: bits <= 8 * i	    ? 0
							    : 0xff00u >> (bits - 8 * i));
}

/* ADDRESS/BITS, without brackets; at is the place of text in the pattern. */
static bool parse_net(const char *text, size_t n, size_t at, struct hostrule *ret, struct hostname_fault *f)
{
	const char *slash = memchr(text, '/', n);
	size_t len = (size_t)(slash - text);
	struct ipaddr masked;
	uint64_t bits;

	if (!ipaddr_parse(text, len, &ret->addr))
		return fail(f, at + len, "a / that is not behind an IP address");
	if (memchr(text, ':', len) != NULL && ret->addr.bytes == 4)
		return fail(f, at, "an IPv4 address in IPv6 form: write the IPv4 network");
	if (!hostname_number(slash + 1, n - len - 1, 0, 8u * ret->addr.bytes, &bits))
		return fail(f, at + len + 1,
			    ret->addr.bytes == 4 ? "no length from 0 to 32" : "no length from 0 to 128");
	ret->bits = (uint8_t)bits;
	masked = ret->addr;
	mask(&masked, ret->bits);
	if (!ipaddr_equal(&masked, &ret->addr))
		return fail(f, at, "bits beyond the length: write the network's first address");
	return true;
}

static bool parse_name(const char *text, size_t n, char name[HOSTNAME_MAX + 1], struct hostrule *ret,
		       struct hostname_fault *f)
{
	struct hostname host;
	const char *star;
	size_t skip = 0;

	if (n == 1 && text[0] == '*')
		return true;
	if (n > 0 && text[0] == '.')
		return fail(f, 0, "a dot first: write *. in front for the names below");
	if (n > 1 && text[0] == '*' && text[1] == '.') {
		ret->below = true;
		skip = 2;
	}
	star = memchr(text + skip, '*', n - skip);
	if (star != NULL)
		return fail(f, (size_t)(star - text), "a * stands alone, or is the whole first label");
	if (!hostname_parse(text + skip, n - skip, false, &host, f)) {
		f->at += skip;
		return false;
	}
	if (host.kind == HOSTNAME_ADDR && ret->below)
		return fail(f, 0, "a * before an address: write a network, as in 10.0.0.0/8");
	if (host.kind == HOSTNAME_ADDR) {
		ret->addr = host.addr;
		ret->bits = (uint8_t)(8 * host.addr.bytes);
	} else {
		memcpy(name, host.text, host.len + 1u);
		ret->name = name;
	}
	return true;
}

/* Where HOST ends and a colon with a port may follow. */
static bool split(const char *text, size_t n, size_t *ret, struct hostname_fault *f)
{
	const char *url = memmem(text, n, "://", 3), *end;

	if (n == 0)
		return fail(f, 0, "an empty name of a host");
	if (url != NULL)
		return fail(f, (size_t)(url - text), "a URL: write the host alone, or HOST:PORT");
	if (text[0] == '[') {
		end = memchr(text, ']', n);
		if (end == NULL)
			return fail(f, 0, "a [ without its ]");
		*ret = (size_t)(end - text) + 1;
		return *ret == n || text[*ret] == ':'
			   ? true
			   : fail(f, *ret, "something other than a port behind the ]");
	}
	end = memchr(text, ':', n);
	*ret = end != NULL ? (size_t)(end - text) : n;
	if (end == NULL || memchr(end + 1, ':', n - *ret - 1) == NULL)
		return true;
	*ret = n;
	if (memchr(text, '/', n) == NULL)
		return fail(f, 0, "an IPv6 address without brackets: write [ADDRESS] or [ADDRESS]:PORT");
	return true;
}

/* A pattern as a rule, which borrows `name`. */
static bool parse(enum hostrules_side side, const char *text, size_t n, char name[HOSTNAME_MAX + 1],
		  struct hostrule *ret, struct hostname_fault *f)
{
	struct ipaddr_about about;
	size_t host;

	*ret =
	    (struct hostrule){ .side = side,
			       .ports = side == HOSTRULES_ALLOW ? HOSTRULES_PORT_WEB : HOSTRULES_PORT_ALL };
	if (!split(text, n, &host, f))
		return false;
	if (host < n && !parse_port(text + host + 1, n - host - 1, host + 1, ret, f))
		return false;
	if (memchr(text, '/', host) != NULL) {
		size_t bracket = text[0] == '[';

		if (!parse_net(text + bracket, host - 2 * bracket, bracket, ret, f))
			return false;
	} else if (!parse_name(text, host, name, ret, f)) {
		return false;
	}
	if (side == HOSTRULES_DENY || ret->addr.bytes == 0)
		return true;
	/* A rule that could never allow anything is a mistake. */
	about = ipaddr_about(&ret->addr);
	if (about.bits <= ret->bits && about.need == IPADDR_NEVER)
		return fail(f, 0, "an address that no rule opens");
	if (about.bits <= ret->bits && about.need > ret->bits)
		return fail(f, 0, "a network of addresses that only rules for the single address open");
	return true;
}

int hostrules_check(enum hostrules_side side, const char *pattern, size_t n, struct hostname_fault *f)
{
	char name[HOSTNAME_MAX + 1];
	struct hostrule rule;

	return parse(side, pattern, n, name, &rule, f) ? 0 : -EINVAL;
}

/* --- the set */

/* Room for one more, and slots more than twice as many. */
static void grow(struct hostrules *r)
{
	if (r->n == r->cap) {
		r->cap = r->cap > 0 ? 2 * r->cap : 32;
		r->rule = xrealloc_array(r->rule, r->cap, sizeof(*r->rule));
	}
	if (r->slots > 2 * (r->n + 1))
		return;
	free(r->slot);
	r->slots = r->slots > 0 ? 2 * r->slots : 128;
	r->slot = xcalloc(r->slots, sizeof(*r->slot));
	for (uint32_t i = 0; i < r->n; i++) {
		struct key k = key_of(&r->rule[i]);
		uint32_t *slot = find_slot(r, &k);

		/* Only the first for a thing is in the table. */
		if (*slot == 0)
			*slot = i + 1;
	}
}

int hostrules_add(struct hostrules *r, enum hostrules_side side, const char *pattern, size_t n,
		  const char *origin, struct hostname_fault *f)
{
	char name[HOSTNAME_MAX + 1];
	struct hostrule rule, *last = NULL;
	uint32_t *slot;
	struct key k;

	if (!parse(side, pattern, n, name, &rule, f))
		return -EINVAL;
	if (r->n == HOSTRULES_MAX)
		return fail(f, 0, "too many rules"), -E2BIG;
	grow(r);
	k = key_of(&rule);
	slot = find_slot(r, &k);
	for (uint32_t i = *slot; i != 0; i = last->next) {
		last = &r->rule[i - 1];
		if (last->side == side && last->ports == rule.ports && last->port == rule.port)
			return 0;
	}
	*(last != NULL ? &last->next : slot) = (uint32_t)r->n + 1;
	if (rule.addr.bytes > 0)
		r->lengths[rule.addr.bytes == 16][rule.bits / 64] |= UINT64_C(1) << rule.bits % 64;
	rule.name = rule.name != NULL ? xstrdup(rule.name) : NULL;
	rule.pattern = xstrndup(pattern, n);
	rule.origin = xstrdup(origin);
	r->rule[r->n++] = rule;
	*(side == HOSTRULES_ALLOW ? &r->nallow : &r->ndeny) += 1;
	return 0;
}

int hostrules_add_port(struct hostrules *r, const char *text, size_t n, struct hostname_fault *f)
{
	uint64_t port;

	if (!hostname_number(text, n, 1, 65535, &port))
		return fail(f, 0, "no port from 1 to 65535"), -EINVAL;
	if (r->nweb == HOSTRULES_WEB_MAX)
		return fail(f, 0, "too many ports"), -E2BIG;
	r->web[r->nweb++] = (uint16_t)port;
	return 0;
}

const struct hostrules_builtin *hostrules_builtin(size_t *ret_n)
{
	static const struct hostrules_builtin hosts[] = {
#define AGENT			  "agent"
#define REGISTRY		  "registry"
#define CODE			  "code host"
#define HOST(pattern, group, why) { pattern, group, why },
#include "data/hosts.def"
#undef HOST
	};

	*ret_n = ARRAY_SIZE(hosts);
	return hosts;
}

void hostrules_done(struct hostrules *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->rule[i].name);
		free(r->rule[i].pattern);
		free(r->rule[i].origin);
	}
	free(r->rule);
	free(r->slot);
	*r = (struct hostrules){ 0 };
}

/* --- answers */

static bool is_web(const struct hostrules *r, uint16_t port)
{
	for (size_t i = 0; i < r->nweb; i++)
		if (r->web[i] == port)
			return true;
	return r->nweb == 0 && (port == 80 || port == 443);
}

/* Port 0 asks for any port: whatever allows one allows it, only what denies all denies it. */
static bool has_port(const struct hostrules *r, const struct hostrule *rule, uint16_t port)
{
	switch (rule->ports) {
	case HOSTRULES_PORT_WEB:
		return port == 0 || is_web(r, port);
	case HOSTRULES_PORT_ONE:
		return port == 0 ? rule->side == HOSTRULES_ALLOW : rule->port == port;
	case HOSTRULES_PORT_ALL:
		return true;
	}
	return false;
}

/* What was found so far, from the narrowest rules to the widest. */
struct search {
	const struct hostrules *rules;
	uint16_t port;
	const struct hostrule *deny, *allow, *other; /* other: allows it at another port */
};

static void look(struct search *s, const struct key *k)
{
	for (const struct hostrule *rule = first(s->rules, k); rule != NULL;
	     rule = following(s->rules, rule)) {
		bool port = has_port(s->rules, rule, s->port);
		const struct hostrule **best = rule->side == HOSTRULES_DENY ? &s->deny
					       : port			    ? &s->allow
									    : &s->other;

		if (*best == NULL && (port || rule->side == HOSTRULES_ALLOW))
			*best = rule;
	}
}

static struct search search_name(const struct hostrules *r, const struct hostname *host, uint16_t port)
{
	struct search s = { .rules = r, .port = port };
	const char *end = host->text + host->len, *dot = host->text;

	look(&s, &(struct key){ .name = host->text, .len = host->len });
	while ((dot = memchr(dot, '.', (size_t)(end - dot))) != NULL) {
		dot++;
		look(&s, &(struct key){ .name = dot, .len = (size_t)(end - dot), .below = true });
	}
	look(&s, &(struct key){ 0 });
	return s;
}

static struct search search_addr(const struct hostrules *r, const struct ipaddr *addr, uint16_t port)
{
	struct search s = { .rules = r, .port = port };

	for (unsigned bits = 8u * addr->bytes + 1; bits-- > 0;) {
		struct key k = { .addr = *addr, .bits = (uint8_t)bits };

		if (!(r->lengths[addr->bytes == 16][bits / 64] >> bits % 64 & 1))
			continue;
		mask(&k.addr, bits);
		look(&s, &k);
	}
	look(&s, &(struct key){ 0 });
	return s;
}

static bool is_exact(const struct hostrule *rule)
{
	return rule->name != NULL ? !rule->below : rule->addr.bytes > 0 && rule->bits == 8 * rule->addr.bytes;
}

static struct hostrules_answer answer(const struct search *s)
{
	bool rest = s->rules->open || (s->rules->nallow == 0 && s->rules->ndeny > 0);

	if (s->deny != NULL)
		return (struct hostrules_answer){ .by = HOSTRULES_DENIED, .rule = s->deny };
	if (s->allow != NULL)
		return (struct hostrules_answer){ .by = is_exact(s->allow) ? HOSTRULES_EXACT
									   : HOSTRULES_WILDCARD,
						  .rule = s->allow };
	if (rest && (s->rules->nweb == 0 || s->port == 0 || is_web(s->rules, s->port)))
		return (struct hostrules_answer){ .by = HOSTRULES_DEFAULT };
	if (s->other != NULL || rest)
		return (struct hostrules_answer){ .by = HOSTRULES_PORT, .rule = s->other };
	return (struct hostrules_answer){ .by = HOSTRULES_UNLISTED };
}

/* --- what two rules have in common */

/* Whether the name is below the other one. */
static bool is_below(const char *name, const char *above)
{
	size_t n = strlen(name), m = strlen(above);

	return n > m + 1 && name[n - m - 1] == '.' && streq(name + n - m, above);
}

/* Whether each name or address that b is for, a is for. */
static bool holds(const struct hostrule *a, const struct hostrule *b)
{
	if (a->name != NULL)
		return b->name != NULL && ((a->below == b->below && streq(a->name, b->name)) ||
					   (a->below && is_below(b->name, a->name)));
	if (a->addr.bytes > 0)
		return b->addr.bytes == a->addr.bytes && b->bits >= a->bits &&
		       ipaddr_under(&b->addr, &a->addr, a->bits);
	return true;
}

/*
 * Whether the rule for b opens no address that the wider a does not: it is no single address, whose very rule opens it,
 * and the class that holds it is opened by a, too. Classes within b need a rule that is narrower than b.
 */
static bool opens_no_more(const struct hostrule *a, const struct hostrule *b)
{
	struct ipaddr_about about = ipaddr_about(&b->addr);

	if (b->addr.bytes == 0)
		return true;
	return b->bits < 8 * b->addr.bytes && about.bits <= b->bits && about.need <= a->bits;
}

/* The ports that both mean; false: none. */
static bool meet_ports(const struct hostrules *r, const struct hostrule *a, const struct hostrule *b,
		       struct hostrule *ret)
{
	const struct hostrule *one = a->ports == HOSTRULES_PORT_ONE ? a : b;

	if (a->ports != HOSTRULES_PORT_ONE && b->ports != HOSTRULES_PORT_ONE) {
		ret->ports = a->ports == HOSTRULES_PORT_ALL ? b->ports : a->ports;
		return true;
	}
	ret->ports = HOSTRULES_PORT_ONE;
	ret->port = one->port;
	return has_port(r, a, one->port) && has_port(r, b, one->port);
}

static void write_rule(const struct hostrule *rule, char ret[HOSTRULES_PATTERN])
{
	char addr[IPADDR_TEXT], bits[8] = "", port[8] = "";
	bool v6 = rule->addr.bytes == 16;

	if (rule->ports == HOSTRULES_PORT_ONE)
		snprintf(port, sizeof(port), ":%u", rule->port);
	else if (rule->ports == HOSTRULES_PORT_ALL)
		strcpy(port, ":*");
	if (rule->bits < 8 * rule->addr.bytes)
		snprintf(bits, sizeof(bits), "/%u", rule->bits);
	if (rule->addr.bytes > 0)
		snprintf(ret, HOSTRULES_PATTERN, "%s%s%s%s%s", v6 ? "[" : "", ipaddr_text(&rule->addr, addr),
			 bits, v6 ? "]" : "", port);
	else
		snprintf(ret, HOSTRULES_PATTERN, "%s%s%s", rule->below ? "*." : "",
			 rule->name != NULL ? rule->name : "*", port);
}

enum hostrules_met hostrules_meet(const struct hostrules *r, const char *wide, const char *narrow,
				  char ret[HOSTRULES_PATTERN], bool *ret_exact)
{
	char name[2][HOSTNAME_MAX + 1];
	struct ipaddr_about about;
	struct hostname_fault f;
	struct hostrule a, b, both;

	*ret_exact = false;
	if (!parse(HOSTRULES_ALLOW, wide, strlen(wide), name[0], &a, &f) ||
	    !parse(HOSTRULES_ALLOW, narrow, strlen(narrow), name[1], &b, &f))
		return HOSTRULES_APART;
	both = holds(&b, &a) ? a : b;
	if (!holds(&a, &both) || !meet_ports(r, &a, &b, &both))
		return HOSTRULES_APART;
	if (!holds(&both, &a)) {
		if (!opens_no_more(&a, &both))
			return HOSTRULES_WIDER;
		*ret_exact = both.name != NULL && !both.below;
	}
	/* An address that "*" does not open, it does not leave either. */
	about = ipaddr_about(&both.addr);
	if (both.addr.bytes > 0 && !holds(&a, &b) && about.bits <= both.bits && about.need > b.bits)
		return HOSTRULES_APART;
	write_rule(&both, ret);
	return HOSTRULES_MEET;
}

bool hostrules_covers(const struct hostrules *r, const char *wide, const char *narrow)
{
	char name[2][HOSTNAME_MAX + 1];
	struct hostname_fault f;
	struct hostrule a, b, both;

	if (!parse(HOSTRULES_ALLOW, wide, strlen(wide), name[0], &a, &f) ||
	    !parse(HOSTRULES_ALLOW, narrow, strlen(narrow), name[1], &b, &f))
		return false;
	if (!holds(&a, &b) || !meet_ports(r, &a, &b, &both) || both.ports != b.ports || both.port != b.port)
		return false;
	return holds(&b, &a) || opens_no_more(&a, &b);
}

struct hostrules_answer hostrules_judge(const struct hostrules *r, const struct hostname *host, uint16_t port)
{
	struct search s;

	if (host->kind == HOSTNAME_ADDR)
		return hostrules_judge_addr(r, NULL, &host->addr, port, NULL, 0);
	if (host->kind != HOSTNAME_NAME)
		return (struct hostrules_answer){ .by = HOSTRULES_UNLISTED };
	s = search_name(r, host, port);
	return answer(&s);
}

struct hostrules_answer hostrules_judge_addr(const struct hostrules *r, const struct hostname *name,
					     const struct ipaddr *addr, uint16_t port,
					     const struct ipaddr *own, size_t nown)
{
	struct search s = search_addr(r, addr, port);
	struct hostrules_answer a;
	struct ipaddr inner;
	unsigned need;
	bool is_own = false;

	/* What is denied is not reached by a gateway that carries IPv4 either. */
	for (size_t i = 0; s.deny == NULL && ipaddr_inside(addr, &i, &inner);)
		s.deny = search_addr(r, &inner, port).deny;
	a = name != NULL ? hostrules_judge(r, name, port) : answer(&s);
	a.about = ipaddr_about(addr);
	if (hostrules_allowed(&a) && s.deny != NULL) {
		a.by = HOSTRULES_DENIED;
		a.rule = s.deny;
	}
	if (!hostrules_allowed(&a))
		return a;
	for (size_t i = 0; i < nown && !is_own; i++)
		is_own = ipaddr_equal(addr, &own[i]);
	need = a.about.need;
	if (is_own && need < 8u * addr->bytes)
		need = 8u * addr->bytes;
	/* The rules came from the narrowest on, and "*" has no bits. */
	if (need > 0 && (s.allow == NULL || s.allow->bits < need))
		a.by = is_own ? HOSTRULES_OWN : HOSTRULES_ADDR;
	return a;
}

const char *hostrules_by_name(enum hostrules_by by)
{
	static const char *const names[] = {
		[HOSTRULES_UNLISTED] = "unlisted", [HOSTRULES_DENIED] = "denied",
		[HOSTRULES_PORT] = "port",	   [HOSTRULES_ADDR] = "address",
		[HOSTRULES_OWN] = "own-address",   [HOSTRULES_EXACT] = "exact",
		[HOSTRULES_WILDCARD] = "wildcard", [HOSTRULES_DEFAULT] = "default",
	};

	_Static_assert(ARRAY_SIZE(names) == HOSTRULES_BYS, "a name for each");
	return names[by];
}

const char *hostrules_words(const struct hostrules_answer *a, char *buf, size_t size)
{
	const char *pattern = a->rule != NULL ? a->rule->pattern : "",
		   *origin = a->rule != NULL ? a->rule->origin : "";

	switch (a->by) {
	case HOSTRULES_UNLISTED:
		snprintf(buf, size, "no rule allows it");
		break;
	case HOSTRULES_DENIED:
		snprintf(buf, size, "denied by %s (%s)", pattern, origin);
		break;
	case HOSTRULES_PORT:
		if (a->rule != NULL)
			snprintf(buf, size, "%s (%s) allows it, but not at this port", pattern, origin);
		else
			snprintf(buf, size, "network.ports of the config does not have this port");
		break;
	case HOSTRULES_ADDR:
		snprintf(buf, size, "its address is of %s (%s): %s", a->about.meaning, a->about.words,
			 a->about.need == IPADDR_NEVER ? "no rule opens that"
						       : "that needs a rule with the address");
		break;
	case HOSTRULES_OWN:
		snprintf(buf, size,
			 "its address is this host's own: that needs a rule with the very address");
		break;
	case HOSTRULES_EXACT:
	case HOSTRULES_WILDCARD:
		snprintf(buf, size, "allowed by %s (%s)", pattern, origin);
		break;
	case HOSTRULES_DEFAULT:
		snprintf(buf, size, "allowed: no rule denies it");
		break;
	case HOSTRULES_BYS:
		abort();
	}
	return buf;
}
