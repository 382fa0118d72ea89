/* SPDX-License-Identifier: MIT */
#include "resolve.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>

#include "mem.h"
#include "util.h"

#define KEPT	    1024 /* answers, by hash: a newer one takes the place of an older */
#define TTL_MIN	    5
#define TTL_MAX	    300
#define TTL_BAD	    5 /* of an answer that there is none */
#define TRY_MS	    2000
#define TRIES	    3
#define HOSTS_LINES 20000
#define HOSTS_ROOM  4096

struct kept {
	char *name; /* owned; NULL: empty */
	struct resolved r;
};

struct host_line {
	char *name; /* owned */
	struct ipaddr address;
};

struct watch {
	struct event *read, *write; /* owned */
	struct watch *next;
	int fd;
	struct resolve *r;
};

struct resolve {
	struct event_base *base;
	ares_channel channel;
	struct event *timer; /* owned */
	struct watch *watches;
	struct kept kept[KEPT];
	struct host_line *host; /* owned */
	size_t nhost;
	char **domain; /* owned */
	size_t ndomain;
	unsigned under_way;
	uint64_t crowded;     /* when they were a crowd, last */
	bool changing;	      /* the servers */
	struct lookup *again; /* which that has interrupted */
};

/* One name: both families are asked at the same time. */
struct lookup {
	struct resolve *r;
	struct hostname name;
	resolve_done *done;
	void *arg;
	struct lookup *next; /* of `again` */
	uint64_t began;
	int waiting, no_name, failed;
	int ttl;
	struct resolved result;
};

uint64_t resolve_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- c-ares in the loop */

static void set_timer(struct resolve *r)
{
	struct timeval tv, *t = ares_timeout(r->channel, NULL, &tv);

	if (t != NULL)
		event_add(r->timer, t);
	else
		event_del(r->timer);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct resolve *r = arg;

	(void)fd;
	(void)what;
	ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	set_timer(r);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct resolve *r = arg;

	ares_process_fd(r->channel, (what & EV_READ) != 0 ? fd : ARES_SOCKET_BAD,
			(what & EV_WRITE) != 0 ? fd : ARES_SOCKET_BAD);
	set_timer(r);
}

static void forget(struct watch **at)
{
	struct watch *w = *at;

	*at = w->next;
	event_free(w->read);
	event_free(w->write);
	free(w);
}

/* c-ares says what it waits for; both false: the socket is about to be closed. */
static void on_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct resolve *r = arg;
	struct watch **at = &r->watches, *w;

	while (*at != NULL && (*at)->fd != fd)
		at = &(*at)->next;
	if (!readable && !writable) {
		if (*at != NULL)
			forget(at);
		return;
	}
	if (*at == NULL) {
		w = xcalloc(1, sizeof(*w));
		*w = (struct watch){ .fd = fd, .r = r };
		w->read = event_new(r->base, fd, EV_READ | EV_PERSIST, on_socket, r);
		w->write = event_new(r->base, fd, EV_WRITE | EV_PERSIST, on_socket, r);
		if (w->read == NULL || w->write == NULL)
			mem_oom();
		*at = w;
	}
	w = *at;
	if (readable)
		event_add(w->read, NULL);
	else
		event_del(w->read);
	if (writable)
		event_add(w->write, NULL);
	else
		event_del(w->write);
}

/* --- what is known already */

static uint32_t hash(const char *s)
{
	return hash_text(s) % KEPT;
}

static void keep(struct resolve *r, const char *name, const struct resolved *result)
{
	struct kept *k = &r->kept[hash(name)];

	if (k->name == NULL || !streq(k->name, name)) {
		free(k->name);
		k->name = xstrdup(name);
	}
	k->r = *result;
}

static void add_address(struct resolved *r, const void *raw, size_t bytes)
{
	if (r->n < RESOLVE_ADDRESSES)
		r->address[r->n++] = ipaddr_of(raw, bytes);
}

static bool from_hosts(const struct resolve *r, const char *name, struct resolved *ret)
{
	*ret = (struct resolved){ .status = RESOLVE_OK };
	for (size_t i = 0; i < r->nhost; i++)
		if (streq(r->host[i].name, name))
			add_address(ret, r->host[i].address.byte, r->host[i].address.bytes);
	return ret->n > 0;
}

/* --- a lookup */

/* Whoever is inside makes them as he likes. */
static void note_crowd(struct resolve *r, uint64_t now)
{
	if (r->under_way > RESOLVE_CROWD)
		r->crowded = now;
}

static void finish(struct lookup *l)
{
	struct resolved *res = &l->result;
	uint64_t now = resolve_now();

	if (l->r->changing) {
		l->next = l->r->again;
		l->r->again = l;
		return;
	}

	note_crowd(l->r, now);
	if (res->n > 0)
		res->status = RESOLVE_OK;
	else if (l->no_name > 0)
		res->status = RESOLVE_NO_NAME;
	else
		res->status = l->failed == 0		  ? RESOLVE_OK
			      : l->r->crowded >= l->began ? RESOLVE_BUSY
							  : RESOLVE_FAILED;
	if (res->n == 0)
		l->ttl = TTL_BAD;
	res->until = now + (uint64_t)l->ttl * 1000;
	l->r->under_way--;
	/* Half an answer is used, and not kept. */
	if (l->failed == 0)
		keep(l->r, l->name.text, res);
	l->done(l->arg, res);
	free(l);
}

static void note_ttl(struct lookup *l, int ttl)
{
	if (ttl < TTL_MIN)
		ttl = TTL_MIN;
	if (ttl < l->ttl)
		l->ttl = ttl;
}

/* True when there is an answer to read. */
static bool answered(struct lookup *l, int status)
{
	l->waiting--;
	if (status == ARES_ENOTFOUND)
		l->no_name++;
	else if (status != ARES_SUCCESS && status != ARES_ENODATA)
		l->failed++;
	return status == ARES_SUCCESS;
}

static void on_a(void *arg, int status, int timeouts, unsigned char *buf, int len)
{
	struct ares_addrttl a[RESOLVE_ADDRESSES];
	struct lookup *l = arg;
	int n = RESOLVE_ADDRESSES;

	(void)timeouts;
	if (answered(l, status) && ares_parse_a_reply(buf, len, NULL, a, &n) == ARES_SUCCESS)
		for (int i = 0; i < n; i++) {
			add_address(&l->result, &a[i].ipaddr, 4);
			note_ttl(l, a[i].ttl);
		}
	if (l->waiting == 0)
		finish(l);
}

static void on_aaaa(void *arg, int status, int timeouts, unsigned char *buf, int len)
{
	struct ares_addr6ttl a[RESOLVE_ADDRESSES];
	struct lookup *l = arg;
	int n = RESOLVE_ADDRESSES;

	(void)timeouts;
	if (answered(l, status) && ares_parse_aaaa_reply(buf, len, NULL, a, &n) == ARES_SUCCESS)
		for (int i = 0; i < n; i++) {
			add_address(&l->result, &a[i].ip6addr, 16);
			note_ttl(l, a[i].ttl);
		}
	if (l->waiting == 0)
		finish(l);
}

/* Asks for both families. May end it, and free l. */
static void ask(struct lookup *l)
{
	struct resolve *r = l->r;
	struct hostname name = l->name;

	l->waiting = 2;
	l->no_name = l->failed = 0;
	l->ttl = TTL_MAX;
	l->result = (struct resolved){ 0 };
	ares_query(r->channel, name.text, C_IN, T_A, on_a, l);
	/* The first may have failed at once; the second ends it in any case. */
	ares_query(r->channel, name.text, C_IN, T_AAAA, on_aaaa, l);
	set_timer(r);
}

int resolve_servers(struct resolve *r, const struct ipaddr *server, size_t n)
{
	struct ares_addr_node *node = xcalloc(n, sizeof(*node));
	struct lookup *l, *next;
	int status;

	for (size_t i = 0; i < n; i++) {
		node[i].next = i + 1 < n ? &node[i + 1] : NULL;
		node[i].family = server[i].bytes == 16 ? AF_INET6 : AF_INET;
		memcpy(&node[i].addr, server[i].byte, server[i].bytes);
	}
	/* c-ares changes them only while nobody is asked. */
	r->changing = true;
	ares_cancel(r->channel);
	status = ares_set_servers(r->channel, node);
	r->changing = false;
	free(node);
	for (size_t i = 0; i < KEPT; i++)
		r->kept[i].r.until = 0;
	l = r->again;
	r->again = NULL;
	for (; l != NULL; l = next) {
		next = l->next;
		ask(l);
	}
	return status;
}

void resolve_name(struct resolve *r, const struct hostname *name, resolve_done *done, void *arg)
{
	const struct kept *k = &r->kept[hash(name->text)];
	struct resolved known;
	struct lookup *l;

	if (k->name != NULL && streq(k->name, name->text) && k->r.until > resolve_now()) {
		known = k->r;
		done(arg, &known);
		return;
	}
	if (from_hosts(r, name->text, &known)) {
		done(arg, &known);
		return;
	}
	l = r->under_way < RESOLVE_AT_ONCE ? calloc(1, sizeof(*l)) : NULL;
	if (l == NULL) {
		known = (struct resolved){ .status = RESOLVE_BUSY };
		done(arg, &known);
		return;
	}
	*l = (struct lookup){ .r = r, .name = *name, .done = done, .arg = arg, .began = resolve_now() };
	r->under_way++;
	note_crowd(r, l->began);
	ask(l);
}

/* --- /etc/hosts */

static void add_hosts_line(struct resolve *r, char *line)
{
	char *save = NULL, *word;
	struct ipaddr a;

	line[strcspn(line, "#\n")] = '\0';
	word = strtok_r(line, " \t\r", &save);
	if (word == NULL || !ipaddr_parse(word, strlen(word), &a))
		return;
	while ((word = strtok_r(NULL, " \t\r", &save)) != NULL && r->nhost < HOSTS_LINES) {
		struct hostname h;

		if (!hostname_parse(word, strlen(word), false, &h, NULL) || h.kind != HOSTNAME_NAME)
			continue;
		r->host = xrealloc_array(r->host, r->nhost + 1, sizeof(*r->host));
		r->host[r->nhost++] = (struct host_line){ .name = xstrdup(h.text), .address = a };
	}
}

static void read_hosts(struct resolve *r)
{
	AUTO_FILE FILE *f = fopen("/etc/hosts", "re");
	char line[HOSTS_ROOM];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		add_hosts_line(r, line);
}

/* c-ares has read them. */
static void read_domains(struct resolve *r)
{
	struct ares_options o = { 0 };
	int mask;

	if (ares_save_options(r->channel, &o, &mask) != ARES_SUCCESS)
		return;
	for (int i = 0; i < o.ndomains; i++) {
		r->domain = xrealloc_array(r->domain, r->ndomain + 1, sizeof(*r->domain));
		r->domain[r->ndomain++] = xstrdup(o.domains[i]);
	}
	ares_destroy_options(&o);
}

size_t resolve_domains(const struct resolve *r)
{
	return r->ndomain;
}

const char *resolve_domain(const struct resolve *r, size_t i)
{
	return r->domain[i];
}

struct resolve *resolve_new(struct event_base *base, struct diag *d)
{
	struct resolve *r = xcalloc(1, sizeof(*r));
	struct ares_options o = { .flags = ARES_FLAG_NOALIASES | ARES_FLAG_NOSEARCH | ARES_FLAG_EDNS,
				  .timeout = TRY_MS,
				  .tries = TRIES,
				  .ednspsz = 1232,
				  .lookups = (char[]){ "b" },
				  .sock_state_cb = on_state,
				  .sock_state_cb_data = r };
	int e = ares_library_init(ARES_LIB_INIT_ALL);

	r->base = base;
	if (e == ARES_SUCCESS)
		e = ares_init_options(&r->channel, &o,
				      ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
					  ARES_OPT_EDNSPSZ | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
	if (e != ARES_SUCCESS) {
		diag_set(d, -EINVAL, "egress: /etc/resolv.conf: %s", ares_strerror(e));
		free(r);
		return NULL;
	}
	r->timer = evtimer_new(base, on_timer, r);
	if (r->timer == NULL)
		mem_oom();
	read_hosts(r);
	read_domains(r);
	return r;
}
