/* SPDX-License-Identifier: MIT */
/*
 * Lines of patterns, "-" in front of those that deny, and a last line HOST:PORT: the table answers as a plain walk over all
 * rules does, deny wins, and no answer opens an address that no rule of the needed length has.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "egress/hostrules.h"
#include "mem.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool promise)
{
	if (!promise)
		abort();
}

static bool is_for(const struct hostrule *rule, const struct hostname *name, const struct ipaddr *addr)
{
	size_t n;

	if (rule->addr.bytes > 0)
		return addr != NULL && ipaddr_under(addr, &rule->addr, rule->bits);
	if (rule->name == NULL)
		return true;
	if (name == NULL)
		return false;
	n = strlen(rule->name);
	if (!rule->below)
		return streq(name->text, rule->name);
	return name->len > n + 1 && name->text[name->len - n - 1] == '.' &&
	       streq(name->text + name->len - n, rule->name);
}

/* What is denied is so by the IPv4 addresses inside too. */
static bool is_for_inner(const struct hostrule *rule, const struct ipaddr *addr)
{
	struct ipaddr inner;

	if (rule->side != HOSTRULES_DENY || addr == NULL)
		return false;
	for (size_t i = 0; ipaddr_inside(addr, &i, &inner);)
		if (is_for(rule, NULL, &inner))
			return true;
	return false;
}

static bool at_port(const struct hostrule *rule, uint16_t port)
{
	if (port == 0)
		return rule->side == HOSTRULES_ALLOW || rule->ports == HOSTRULES_PORT_ALL;
	if (rule->ports == HOSTRULES_PORT_ALL)
		return true;
	return rule->ports == HOSTRULES_PORT_ONE ? rule->port == port : port == 80 || port == 443;
}

/* One of them is NULL. */
static void judge(const struct hostrules *r, const struct hostname *name, const struct ipaddr *addr,
		  uint16_t port)
{
	struct hostname host = name != NULL ? *name : hostname_of_addr(addr);
	struct hostrules_answer a = hostrules_judge(r, &host, port);
	unsigned need = addr != NULL ? ipaddr_about(addr).need : 0;
	bool denied = false, allowed = false, needed = need == 0, rest = r->nallow == 0 && r->ndeny > 0;
	char words[400];

	for (size_t i = 0; i < r->n; i++) {
		const struct hostrule *rule = &r->rule[i];

		if ((!is_for(rule, name, addr) && !is_for_inner(rule, addr)) || !at_port(rule, port))
			continue;
		denied = denied || rule->side == HOSTRULES_DENY;
		allowed = allowed || rule->side == HOSTRULES_ALLOW;
		needed = needed || (rule->side == HOSTRULES_ALLOW && rule->bits >= need);
	}
	check(hostrules_allowed(&a) == (!denied && (allowed || rest) && needed));
	check(denied == (a.by == HOSTRULES_DENIED));
	check((a.by == HOSTRULES_EXACT || a.by == HOSTRULES_WILDCARD || a.by == HOSTRULES_DENIED) <=
	      (a.rule != NULL));
	check(a.rule == NULL || is_for(a.rule, name, addr) || is_for_inner(a.rule, addr));
	check(strlen(hostrules_words(&a, words, sizeof(words))) > 0);
}

/* The host and each of some addresses under it. */
static void ask(const struct hostrules *r, const char *text, size_t n)
{
	static const char *const addrs[] = { "8.8.8.8", "10.0.0.1",	  "127.0.0.1",
					     "::1",	"64:ff9b::a00:1", "2001:db8::1" };
	struct hostname h;
	uint16_t port;

	if (!hostname_parse_authority(text, n, &h, &port, NULL))
		return;
	judge(r, h.kind == HOSTNAME_NAME ? &h : NULL, h.kind == HOSTNAME_ADDR ? &h.addr : NULL, port);
	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++) {
		struct hostrules_answer a, by_name = hostrules_judge(r, &h, port);
		struct ipaddr addr;

		check(ipaddr_parse(addrs[i], strlen(addrs[i]), &addr));
		judge(r, NULL, &addr, port);
		if (h.kind != HOSTNAME_NAME)
			continue;
		a = hostrules_judge_addr(r, &h, &addr, port, &addr, 1);
		/* An address of the host's own: by name and by a rule for it alone. */
		check(!hostrules_allowed(&a) || (hostrules_allowed(&by_name) && r->nallow > 1));
		a = hostrules_judge_addr(r, &h, &addr, port, NULL, 0);
		check(!hostrules_allowed(&a) || hostrules_allowed(&by_name));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	__attribute__((cleanup(hostrules_done))) struct hostrules r = { 0 };
	AUTO_FREE char *text = xmemdup(data, size > 0 ? size : 1);
	size_t at = 0;

	if (size == 0 || size > 4096)
		return 0;
	for (;;) {
		const char *line = text + at, *end = memchr(line, '\n', size - at);
		enum hostrules_side side = *line == '-' ? HOSTRULES_DENY : HOSTRULES_ALLOW;
		size_t n = end != NULL ? (size_t)(end - line) : size - at, skip = n > 0 && *line == '-';
		struct hostname_fault f = { .at = SIZE_MAX };

		if (end == NULL || at + n + 1 == size) {
			ask(&r, line, n);
			return 0;
		}
		if (hostrules_add(&r, side, line + skip, n - skip, "here", &f) < 0)
			check(f.at <= n && f.why != NULL);
		else
			check(hostrules_check(side, line + skip, n - skip, &f) == 0);
		at += n + 1;
	}
}
