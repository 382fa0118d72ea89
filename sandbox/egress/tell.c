/* SPDX-License-Identifier: MIT */
#include "tell.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

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

void tell_refused(struct egress *e, const struct hostname *host, uint16_t port,
		  const struct hostrules_answer *answer)
{
	bool brackets = host->kind == HOSTNAME_ADDR && host->addr.bytes == 16;
	/* A public host only: for others a rule takes more than its name. */
	bool helps = answer->by == HOSTRULES_UNLISTED || answer->by == HOSTRULES_PORT;
	char who[HOSTNAME_MAX + 10], words[300];

	snprintf(who, sizeof(who), "%s%s%s", brackets ? "[" : "", host->text, brackets ? "]" : "");
	if (port != 0)
		snprintf(who + strlen(who), sizeof(who) - strlen(who), ":%u", port);
	hostrules_words(answer, words, sizeof(words));
	e->refused++;
	if (helps)
		tell(e, EGRESS_REFUSED, 0, "%s: %s (--allow-host %s)", who, words, who);
	else
		tell(e, EGRESS_REFUSED, 0, "%s: %s", who, words);
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

void tell_total(const struct egress *e)
{
	struct egress_report r = { .message = EGRESS_TOTAL,
				   .number = { e->connections, e->refused, e->sent, e->received } };

	send_report(e->control, &r, MSG_DONTWAIT);
}
