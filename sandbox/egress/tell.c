/* SPDX-License-Identifier: MIT */
#include "tell.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "egress/connlog.h"
#include "egress/tally.h"
#include "util.h"

#define PER_SECOND 50

static bool may_tell(struct egress *e, enum egress_message what, const char *text)
{
	uint64_t h = 14695981039346656037u + (uint64_t)what, now = resolve_now();

	for (; *text != '\0'; text++)
		h = (h ^ (uint8_t)*text) * 1099511628211u;
	if (e->told[h % ARRAY_SIZE(e->told)] == h)
		return false;
	e->tell += (double)(now - e->tell_at) * PER_SECOND / 1000;
	e->tell_at = now;
	if (e->tell > PER_SECOND)
		e->tell = PER_SECOND;
	if (e->tell < 1)
		return false;
	e->tell -= 1;
	e->told[h % ARRAY_SIZE(e->told)] = h;
	return true;
}

static void send_report(int control, const struct egress_report *r, int flags)
{
	/* A launcher that is gone needs no report; one that is busy has had enough of them. */
	if (send(control, r, sizeof(*r), MSG_NOSIGNAL | flags) < 0)
		return;
}

void tell(struct egress *e, enum egress_message what, int error, const char *fmt, ...)
{
	struct egress_report r = { .message = what, .error = error };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r.text, sizeof(r.text), fmt, ap);
	va_end(ap);
	if (may_tell(e, what, r.text))
		send_report(e->control, &r, MSG_DONTWAIT);
}

const char *tell_host(const struct hostname *host, uint16_t port, char *buf)
{
	bool brackets = host->kind == HOSTNAME_ADDR && host->addr.bytes == 16;

	if (host->kind == HOSTNAME_NONE) {
		snprintf(buf, TELL_HOST, "a request to the proxy");
		return buf;
	}
	snprintf(buf, TELL_HOST, "%s%s%s", brackets ? "[" : "", host->text, brackets ? "]" : "");
	if (port != 0)
		snprintf(buf + strlen(buf), TELL_HOST - strlen(buf), ":%u", port);
	return buf;
}

/* A public host only: for others a rule takes more than its name. */
static bool helps(const struct hostrules_answer *answer)
{
	return answer != NULL &&
	       (answer->by == HOSTRULES_UNLISTED || (answer->by == HOSTRULES_PORT && answer->rule != NULL));
}

const char *tell_words(const struct hostname *host, uint16_t port, const char *why,
		       const struct hostrules_answer *answer, char *buf, size_t size)
{
	char who[TELL_HOST];

	tell_host(host, port, who);
	if (helps(answer))
		snprintf(buf, size, "%s: %.*s (--allow-host %s)", who,
			 (int)(size - 2 * strlen(who) - sizeof(":  (--allow-host )")), why, who);
	else
		snprintf(buf, size, "%s: %s", who, why);
	return buf;
}

void tell_not(struct egress *e, enum egress_message what, int error, const struct hostname *host,
	      uint16_t port, const char *why, const struct hostrules_answer *answer,
	      const struct connlog_line *so_far)
{
	bool lost = what == EGRESS_LOST, named = host->kind != HOSTNAME_NONE;
	struct connlog_line line = *so_far;
	struct egress_report r = { .message = what, .error = error };
	struct egress_row *row;
	char who[TELL_HOST];
	/* Behind "refused" it would be said twice. */
	const char *reason = !lost && str_starts(why, "refused: ") ? why + strlen("refused: ") : why;

	tell_host(host, port, who);
	row = tally_refused(e, who, named && port == 0, reason);
	if (row != NULL) {
		row->lost = lost;
		row->helps = helps(answer);
	}
	line.host = named ? host->text : NULL;
	line.port = named ? port : 0;
	line.decision = lost ? "lost" : "refused";
	line.why = why;
	line.rule = answer != NULL ? answer->rule : NULL;
	connlog_write(e, &line);
	r.number[0] = tally_number(e, EGRESS_SIDE_REFUSED, row);
	r.number[1] = row != NULL ? row->taken : 0;
	tell_words(host, port, reason, answer, r.text, sizeof(r.text));
	if (may_tell(e, what, r.text))
		send_report(e->control, &r, MSG_DONTWAIT);
}

void tell_refused(struct egress *e, const struct hostname *host, uint16_t port,
		  const struct hostrules_answer *answer)
{
	char words[300];

	tell_not(e, EGRESS_REFUSED, 0, host, port, hostrules_words(answer, words, sizeof(words)), answer,
		 &(struct connlog_line){ .since = resolve_now() });
}

void tell_failed(int control, const struct diag *d)
{
	struct egress_report r = { .message = EGRESS_FAILED, .error = d->code };

	snprintf(r.text, sizeof(r.text), "%.*s\n%.*s", 400, d->msg, 190, d->try);
	send_report(control, &r, 0);
}

void tell_ready(const struct egress *e, uint64_t left_out)
{
	struct egress_report r = { .message = EGRESS_READY,
				   .number = { (uint64_t)e->gateway.way, e->gateway.ip6, e->most,
					       left_out } };

	send_report(e->control, &r, 0);
}
