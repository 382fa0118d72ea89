/* SPDX-License-Identifier: MIT */
#include "egress/requests.h"

#include <stdio.h>
#include <string.h>

#include "util.h"

enum requests_result requests_look(struct requests *r, const char *buf, size_t n, uint64_t *ret_allow,
				   const char **ret_why)
{
	size_t used;

	if (r->in_body) {
		used = httpbody_feed(&r->body, buf, n);
		*ret_why = r->body.why;
		if (used == SIZE_MAX)
			return REQUESTS_BAD;
		r->in_body = r->body.state != 0;
		*ret_allow = used;
		if (used > 0)
			return REQUESTS_BODY;
	}
	*ret_why = "refused: a request behind the last one of the connection";
	if (r->last && !r->ours)
		return REQUESTS_BAD;
	/* One that was looked at, and did not go on yet. */
	if (r->head.len > 0)
		r->head = (struct httphead){ 0 };
	switch (httphead_parse(&r->head, buf, n)) {
	case HTTPHEAD_MORE:
		return REQUESTS_WAIT;
	case HTTPHEAD_BAD:
		*ret_why = r->head.why;
		return REQUESTS_BAD;
	case HTTPHEAD_DONE:
		break;
	}
	return REQUESTS_HEAD;
}

uint64_t requests_pass(struct requests *r)
{
	uint64_t unseen = 0;

	httphead_body(&r->head, &r->body);
	r->in_body = r->body.state != 0;
	/* Its end is known: nobody need look at it. */
	if (r->head.framing == HTTPHEAD_LENGTH && r->head.length < UINT64_MAX - HTTPHEAD_MAX) {
		unseen = r->head.length;
		r->in_body = false;
	}
	r->last = r->head.close;
	r->ours = false;
	r->begun = true;
	r->head = (struct httphead){ 0 };
	return unseen;
}

void requests_anew(struct requests *r)
{
	r->last = r->ours = false;
}

size_t requests_rewrite(struct requests *r, const char *buf, const struct httphead_onward *how, char *out,
			size_t size, uint64_t *ret_allow)
{
	struct httphead_onward h = *how;
	bool ours = (how->close || r->head.framing != HTTPHEAD_NO_BODY) && !r->head.close;
	size_t n;

	h.close = h.close || r->head.framing != HTTPHEAD_NO_BODY;
	r->head.close = r->head.close || h.close;
	n = httphead_write(&r->head, buf, &h, out, size);
	if (n > 0) {
		*ret_allow = requests_pass(r);
		r->ours = ours;
	}
	return n;
}

size_t requests_answer(int status, const char *words, char *out, size_t size)
{
	static const struct {
		int status;
		const char *reason;
	} known[] = {
		{ 400, "Bad Request" },	      { 403, "Forbidden" },
		{ 413, "Content Too Large" }, { 431, "Request Header Fields Too Large" },
		{ 501, "Not Implemented" },   { 502, "Bad Gateway" },
		{ 504, "Gateway Timeout" },   { 505, "HTTP Version Not Supported" },
	};
	const char *reason = "Error";
	int n;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].status == status)
			reason = known[i].reason;
	n = snprintf(out, size,
		     "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nConnection: close\r\n"
		     "Content-Length: %zu\r\n\r\nclaude-sandbox: %s\n",
		     status, reason, strlen(words) + sizeof("claude-sandbox: \n") - 1, words);
	return n < 0 || (size_t)n >= size ? 0 : (size_t)n;
}
