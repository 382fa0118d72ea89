/* SPDX-License-Identifier: MIT */
/*
 * The witness outside.
 *
 * DOC: theory of operation
 * One process, one poll loop over the spots and a control socket. A connection
 * is a hit when it is accepted; then one byte is waited for (not longer than a
 * moment, others come too) and answered. "Sync" is a byte on the control
 * socket: the loop answers it only in a round in which nothing else was ready,
 * so that whatever had been sent before is counted.
 */
#include "oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mem.h"
#include "outside.h"
#include "util.h"

#define ORACLE_CLIENTS	  32
#define ORACLE_SCREEN_MAX 4096
#define ORACLE_HEAD	  2048
#define ORACLE_CALL_S	  2
#define ORACLE_ANSWER_S	  20 /* on a machine that is very busy; the end of the process is seen at once */

struct oracle_client {
	int fd; /* owned, -1: free */
	size_t spot;
	bool answered;
	size_t n; /* what came, of ORACLE_ASKED */
	char got[ORACLE_HEAD];
};

struct oracle_loop {
	struct oracle *o;
	struct oracle_client client[ORACLE_CLIENTS];
	size_t next;			/* the slot that is given up when all are taken */
	char ended;			/* what the ender has said; 0: nothing yet */
	char screen[ORACLE_SCREEN_MAX]; /* what came to the terminal last */
	size_t nscreen;
};

static volatile unsigned *oracle_signals; /* of the process: where SIGURG is counted */

void oracle_init(struct oracle *o, const char *text, uid_t uid, gid_t gid)
{
	*o = (struct oracle){ .text = text, .uid = uid, .gid = gid, .ctl = -1, .ender = -1 };
}

void oracle_add(struct oracle *o, const char *name, enum oracle_kind kind, int fd)
{
	struct oracle_spot *s;

	if (o->n == ORACLE_SPOTS)
		abort();
	s = &o->spot[o->n++];
	*s = (struct oracle_spot){ .kind = kind, .fd = fd };
	strncpy(s->name, name, sizeof(s->name) - 1);
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

int oracle_add_ender(struct oracle *o)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) < 0)
		return -errno;
	oracle_add(o, "", ORACLE_ENDER, sv[1]);
	o->ender = sv[0];
	return 0;
}

static void oracle_on_signal(int sig)
{
	(void)sig;
	(*oracle_signals)++;
}

/* True for a peer on the network: a listener on the host's own address is for the host and its boxes. */
static bool oracle_is_stranger(int fd)
{
	struct sockaddr_in peer = { 0 }, own = { 0 };
	socklen_t n = sizeof(peer), m = sizeof(own);

	if (getpeername(fd, (struct sockaddr *)&peer, &n) < 0 ||
	    getsockname(fd, (struct sockaddr *)&own, &m) < 0)
		return false;
	return own.sin_family == AF_INET && ntohl(own.sin_addr.s_addr) >> 24 != IN_LOOPBACKNET &&
	       peer.sin_addr.s_addr != own.sin_addr.s_addr;
}

static void oracle_accept(struct oracle_loop *l, size_t i)
{
	int fd = accept4(l->o->spot[i].fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	enum oracle_kind kind = l->o->spot[i].kind;

	if (fd < 0)
		return;
	if (kind == ORACLE_STREAM && oracle_is_stranger(fd)) {
		close(fd);
		return;
	}
	if (kind != ORACLE_ASKED && kind != ORACLE_CALL && (kind != ORACLE_LAST || l->ended != 0))
		l->o->hits[i]++;
	mem_close_fd(&l->client[l->next].fd);
	l->client[l->next] = (struct oracle_client){ .fd = fd, .spot = i };
	l->next = (l->next + 1) % ORACLE_CLIENTS;
}

/* Whether a terminal would act on it. Not taken from the proxy's own table, which it is to judge. */
static bool oracle_screen_acts(const char *s, size_t n)
{
	static const char *const acts[] = {
		"\033]52;",   /* the clipboard */
		"\033]1337;", /* files of iTerm2 */
		"\033[20t",   /* types the icon's name back */
		"\033[21t",   /* types the title back */
		"\033P$q",    /* types a setting back */
		"\033P+q",    /* types a termcap entry back */
		"\033_G",     /* files of kitty */
		"\033[?5i",   /* prints what follows */
	};

	for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
		if (memmem(s, n, acts[i], strlen(acts[i])) != NULL)
			return true;
	return false;
}

void oracle_shown(const struct oracle *o, char *ret, size_t size)
{
	snprintf(ret, size, "%s-shown", o->text);
}

/* Text and a title, both whole and as they were written. */
static bool oracle_screen_shows(const struct oracle *o, const char *s, size_t n)
{
	char word[128], all[300];
	int len;

	oracle_shown(o, word, sizeof(word));
	len = snprintf(all, sizeof(all), "%s\033[m\033]2;%s\a", word, word);
	return memmem(s, n, all, (size_t)len) != NULL;
}

static void oracle_screen_ready(struct oracle_loop *l, size_t i)
{
	const struct oracle_spot *s = &l->o->spot[i];
	char answer[128];
	ssize_t r;
	int len;

	/* Half of it stays: a sequence may come in two pieces. */
	if (l->nscreen == sizeof(l->screen)) {
		l->nscreen /= 2;
		memmove(l->screen, l->screen + l->nscreen, l->nscreen);
	}
	r = read(s->fd, l->screen + l->nscreen, sizeof(l->screen) - l->nscreen);
	if (r <= 0)
		return;
	l->nscreen += (size_t)r;
	for (size_t k = 0; k < l->o->n; k++)
		if (l->o->spot[k].kind == ORACLE_SHOWN && l->o->hits[k] == 0 &&
		    oracle_screen_shows(l->o, l->screen, l->nscreen))
			l->o->hits[k]++;
	if (!oracle_screen_acts(l->screen, l->nscreen))
		return;
	l->nscreen = 0;
	l->o->hits[i]++;
	len = snprintf(answer, sizeof(answer), "%s\n", l->o->text);
	if (write(s->fd, answer, (size_t)len) < 0)
		return;
}

static void oracle_name(struct oracle_loop *l, size_t i)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	const struct oracle_spot *s = &l->o->spot[i];
	uint8_t q[512], answer[512];
	ssize_t n = recvfrom(s->fd, q, sizeof(q), MSG_DONTWAIT, (struct sockaddr *)&from, &len);
	bool below = false;
	size_t out = n > 0 ? outside_answer(s->at, q, (size_t)n, answer, sizeof(answer), &below) : 0;

	l->o->hits[i] += below;
	if (out > 0)
		sendto(s->fd, answer, out, MSG_DONTWAIT, (struct sockaddr *)&from, len);
}

/* Those that wait for it get their answer; where egress has ended, it reaches nobody. */
static void oracle_ender_ready(struct oracle_loop *l, int fd)
{
	const char *answer;

	if (recv(fd, &l->ended, 1, MSG_DONTWAIT) != 1)
		return;
	answer = l->ended == ORACLE_ENDED ? l->o->text : ORACLE_NOT_ENDED;
	for (size_t i = 0; i < ORACLE_CLIENTS; i++) {
		struct oracle_client *c = &l->client[i];

		if (c->fd < 0 || !c->answered || l->o->spot[c->spot].kind != ORACLE_LAST)
			continue;
		send(c->fd, answer, strlen(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
		shutdown(c->fd, SHUT_WR);
	}
}

static void oracle_spot_ready(struct oracle_loop *l, size_t i)
{
	const struct oracle_spot *s = &l->o->spot[i];
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char buf[2048];
	ssize_t r;

	switch (s->kind) {
	case ORACLE_STREAM:
	case ORACLE_HOST:
	case ORACLE_ASKED:
	case ORACLE_CALL:
	case ORACLE_LAST:
		oracle_accept(l, i);
		return;
	case ORACLE_ENDER:
		oracle_ender_ready(l, s->fd);
		return;
	case ORACLE_NAMES:
		oracle_name(l, i);
		return;
	case ORACLE_ECHO:
	case ORACLE_DGRAM:
		r = recvfrom(s->fd, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from, &len);
		if (r < 0)
			return;
		l->o->hits[i]++;
		if (s->kind == ORACLE_ECHO)
			sendto(s->fd, buf, (size_t)r, MSG_DONTWAIT, (struct sockaddr *)&from, len);
		return;
	case ORACLE_FIFO:
		if (read(s->fd, buf, sizeof(buf)) > 0)
			l->o->hits[i]++;
		return;
	case ORACLE_PTY:
		if (read(s->fd, buf, sizeof(buf)) <= 0)
			return;
		l->o->hits[i]++;
		len = (socklen_t)snprintf(buf, sizeof(buf), "%s\n", l->o->text);
		if (write(s->fd, buf, len) < 0)
			return;
		return;
	case ORACLE_SCREEN:
		oracle_screen_ready(l, i);
		return;
	case ORACLE_NONE:
	case ORACLE_SHOWN:
	case ORACLE_SIGNAL:
		return;
	}
}

/* Says the text at that port of this machine's loopback, in both families. True: somebody took it. */
static bool oracle_call(const struct oracle_loop *l, unsigned port)
{
	struct sockaddr_in four = { .sin_family = AF_INET,
				    .sin_port = htons((uint16_t)port),
				    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
				    .sin6_port = htons((uint16_t)port),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	/* A loopback answers at once. */
	const struct timeval patience = { ORACLE_CALL_S, 0 };
	bool taken = false;

	for (int i = 0; i < 2; i++) {
		AUTO_CLOSE int fd = socket(i == 0 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
		taken |= connect(fd, i == 0 ? (const struct sockaddr *)&four : (const struct sockaddr *)&six,
				 i == 0 ? sizeof(four) : sizeof(six)) == 0 &&
			 send(fd, l->o->text, strlen(l->o->text), MSG_NOSIGNAL) > 0;
	}
	return taken;
}

/* The wish to end egress, once; who comes later is answered by what came of it. */
static void oracle_end(struct oracle_loop *l)
{
	for (size_t i = 0; i < l->o->n; i++)
		if (l->o->spot[i].kind == ORACLE_ENDER)
			send(l->o->spot[i].fd, "e", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Its end is waited for: a close that left bytes unread would be a reset, which overtakes the answer. */
static void oracle_host_ready(struct oracle_loop *l, struct oracle_client *c)
{
	static const char http[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
	const struct oracle_spot *s = &l->o->spot[c->spot];
	const char *answer =
	    s->kind != ORACLE_LAST || l->ended == ORACLE_ENDED ? l->o->text : ORACLE_NOT_ENDED;
	bool asked = s->kind == ORACLE_ASKED;
	ssize_t n;

	if (c->n == sizeof(c->got))
		c->n = 0;
	n = recv(c->fd, c->got + c->n, sizeof(c->got) - c->n, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		mem_close_fd(&c->fd);
		return;
	}
	c->n += (size_t)n;
	if (c->answered || (asked && memmem(c->got, c->n, ORACLE_WORD, strlen(ORACLE_WORD)) == NULL))
		return;
	c->answered = true;
	l->o->hits[c->spot] += asked;
	if (s->kind == ORACLE_LAST && l->ended == 0) {
		oracle_end(l);
		return;
	}
	if (s->kind == ORACLE_CALL) {
		bool taken = oracle_call(l, s->at);

		l->o->hits[c->spot] += taken;
		answer = taken ? answer : ORACLE_NOBODY;
	}
	/* Of a request by the proxy nothing else is an answer. */
	if (memmem(c->got, c->n, " HTTP/1.", 8) != NULL)
		send(c->fd, http, sizeof(http) - 1, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE);
	send(c->fd, answer, strlen(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(c->fd, SHUT_WR);
}

/* A byte came, or the end: either way the client is done with after one answer. */
static void oracle_client_ready(struct oracle_loop *l, struct oracle_client *client)
{
	char c;

	if (l->o->spot[client->spot].kind != ORACLE_STREAM) {
		oracle_host_ready(l, client);
		return;
	}
	if (recv(client->fd, &c, 1, MSG_DONTWAIT) == 1)
		send(client->fd, l->o->text, strlen(l->o->text), MSG_DONTWAIT | MSG_NOSIGNAL);
	mem_close_fd(&client->fd);
}

/* One round; false when the suite is gone. */
static bool oracle_round(struct oracle_loop *l, bool *want_sync)
{
	struct pollfd p[ORACLE_SPOTS + ORACLE_CLIENTS + 1];
	size_t spots = l->o->n, n = spots + ORACLE_CLIENTS;
	int ready;
	char c;

	for (size_t i = 0; i < spots; i++)
		p[i] = (struct pollfd){ .fd = l->o->spot[i].fd, .events = POLLIN };
	for (size_t i = 0; i < ORACLE_CLIENTS; i++)
		p[spots + i] = (struct pollfd){ .fd = l->client[i].fd, .events = POLLIN };
	p[n] = (struct pollfd){ .fd = *want_sync ? -1 : l->o->ctl, .events = POLLIN };
	ready = poll(p, n + 1, *want_sync ? 0 : -1);
	if (ready == 0 && *want_sync) {
		*want_sync = false;
		return write(l->o->ctl, "s", 1) == 1;
	}
	for (size_t i = 0; i < spots && ready > 0; i++) {
		if ((p[i].revents & POLLIN) != 0)
			oracle_spot_ready(l, i);
	}
	for (size_t i = 0; i < ORACLE_CLIENTS && ready > 0; i++) {
		/* Its place may have been given to another in this round. */
		if (p[spots + i].revents != 0 && l->client[i].fd == p[spots + i].fd)
			oracle_client_ready(l, &l->client[i]);
	}
	if (ready > 0 && p[n].revents != 0) {
		if (read(l->o->ctl, &c, 1) != 1)
			return false;
		*want_sync = true;
	}
	return true;
}

static int oracle_process(void *arg)
{
	struct oracle *o = arg;
	struct oracle_loop l = { .o = o };
	static volatile unsigned nowhere;
	bool want_sync = false;
	pid_t parent = getppid();

	setpgid(0, 0);
	if (geteuid() == 0 && o->uid != 0) {
		if (setgroups(0, NULL) < 0 || setresgid(o->gid, o->gid, o->gid) < 0 ||
		    setresuid(o->uid, o->uid, o->uid) < 0)
			return 1;
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		spawn_die_with(parent); /* the change of uid cleared it */
	}
	oracle_signals = &nowhere;
	for (size_t i = 0; i < o->n; i++) {
		if (o->spot[i].kind == ORACLE_SIGNAL)
			oracle_signals = &o->hits[i];
	}
	signal(SIGURG, oracle_on_signal);
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < ORACLE_CLIENTS; i++)
		l.client[i].fd = -1;
	if (write(o->ctl, "r", 1) != 1)
		return 1;
	while (oracle_round(&l, &want_sync))
		;
	return 0;
}

/* One byte from the control socket, or false. */
static bool oracle_answer(struct oracle *o)
{
	struct pollfd p = { .fd = o->ctl, .events = POLLIN };
	double end = spawn_now() + ORACLE_ANSWER_S;
	char c;

	while (spawn_now() < end) {
		if (poll(&p, 1, ORACLE_ANSWER_S * 1000) > 0)
			return read(o->ctl, &c, 1) == 1;
	}
	return false;
}

int oracle_start(struct oracle *o, struct diag *d)
{
	int sv[2], r;
	void *m = mmap(NULL, sizeof(*o->hits) * ORACLE_SPOTS, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (m == MAP_FAILED)
		return diag_errno(d, -errno, "oracle: mmap");
	o->hits = m;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) < 0)
		return diag_errno(d, -errno, "oracle: socketpair");
	o->ctl = sv[1]; /* the child's view; the fork copies it */
	r = spawn_start(&o->proc, oracle_process, o);
	close(sv[1]);
	o->ctl = sv[0];
	if (r < 0)
		return diag_errno(d, r, "oracle: fork");
	if (!oracle_answer(o))
		return diag_set(d, -EIO, "oracle: the witness process did not start");
	return 0;
}

bool oracle_sync(struct oracle *o)
{
	return o->ctl >= 0 && write(o->ctl, "s", 1) == 1 && oracle_answer(o);
}

unsigned oracle_hits(const struct oracle *o, const char *name)
{
	unsigned n = 0;

	for (size_t i = 0; i < o->n && o->hits != NULL; i++) {
		if (streq(o->spot[i].name, name))
			n += o->hits[i];
	}
	return n;
}

bool oracle_must_come(const struct oracle *o, const char *name)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->spot[i].kind == ORACLE_SHOWN && streq(o->spot[i].name, name))
			return true;
	return false;
}

const char *oracle_words(const struct oracle *o, const char *name)
{
	enum oracle_kind kind = ORACLE_NONE;

	for (size_t i = 0; i < o->n; i++) {
		if (streq(o->spot[i].name, name))
			kind = o->spot[i].kind;
	}
	switch (kind) {
	case ORACLE_STREAM:
	case ORACLE_HOST:
	case ORACLE_LAST:
		return "was connected";
	case ORACLE_CALL:
		return "was taken as a call";
	case ORACLE_ASKED:
		return "was asked for another host";
	case ORACLE_NAMES:
		return "was asked for a name";
	case ORACLE_ECHO:
	case ORACLE_DGRAM:
		return "got a datagram";
	case ORACLE_FIFO:
	case ORACLE_PTY:
		return "was written to";
	case ORACLE_SCREEN:
		return "got a sequence that a terminal answers or acts on";
	case ORACLE_SHOWN:
		return "shows what was written";
	case ORACLE_SIGNAL:
		return "got a signal";
	case ORACLE_ENDER:
	case ORACLE_NONE:
		break;
	}
	return "was touched";
}

void oracle_done(struct oracle *o)
{
	spawn_kill(&o->proc);
	mem_close_fd(&o->ctl);
	mem_close_fd(&o->ender);
	for (size_t i = 0; i < o->n; i++)
		mem_close_fd(&o->spot[i].fd);
	if (o->hits != NULL)
		munmap((void *)(uintptr_t)o->hits, sizeof(*o->hits) * ORACLE_SPOTS);
	*o = (struct oracle){ .ctl = -1, .ender = -1 };
}
