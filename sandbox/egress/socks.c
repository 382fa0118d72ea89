/* SPDX-License-Identifier: MIT */
#include "egress/socks.h"

#include <string.h>

#define VERSION	  5
#define NO_AUTH	  0
#define NO_METHOD 0xff
#define CONNECT	  1
#define TYPE_V4	  1
#define TYPE_NAME 3
#define TYPE_V6	  4
#define SOCKS4	  4
#define SOCKS4_NO 0x5b

struct socks_reply socks_reply(enum socks_code code)
{
	return (struct socks_reply){ 10, { VERSION, (uint8_t)code, 0, TYPE_V4 } };
}

enum socks_result socks_greeting(const void *buf, size_t n, size_t *ret_used, struct socks_reply *ret_reply)
{
	const uint8_t *p = buf;

	*ret_used = 0;
	*ret_reply = (struct socks_reply){ 0 };
	if (n > 0 && p[0] == SOCKS4)
		*ret_reply = (struct socks_reply){ 8, { 0, SOCKS4_NO } };
	if (n > 0 && p[0] != VERSION)
		return SOCKS_BAD;
	if (n < 2 || n < 2u + p[1])
		return SOCKS_MORE;
	if (memchr(p + 2, NO_AUTH, p[1]) == NULL) {
		*ret_reply = (struct socks_reply){ 2, { VERSION, NO_METHOD } };
		return SOCKS_BAD;
	}
	*ret_reply = (struct socks_reply){ 2, { VERSION, NO_AUTH } };
	*ret_used = 2u + p[1];
	return SOCKS_DONE;
}

static enum socks_result bad(struct socks_reply *ret, enum socks_code code)
{
	*ret = socks_reply(code);
	return SOCKS_BAD;
}

enum socks_result socks_request(const void *buf, size_t n, size_t *ret_used, struct hostname *ret_host,
				uint16_t *ret_port, struct socks_reply *ret_reply)
{
	const uint8_t *p = buf;
	size_t at = 4, len;
	struct ipaddr a;

	*ret_used = 0;
	*ret_host = (struct hostname){ 0 };
	*ret_port = 0;
	*ret_reply = (struct socks_reply){ 0 };
	if ((n > 0 && p[0] != VERSION) || (n > 2 && p[2] != 0))
		return bad(ret_reply, SOCKS_FAILED);
	if (n > 1 && p[1] != CONNECT)
		return bad(ret_reply, SOCKS_NO_COMMAND);
	if (n > 3 && p[3] != TYPE_V4 && p[3] != TYPE_NAME && p[3] != TYPE_V6)
		return bad(ret_reply, SOCKS_NO_ADDRESS_TYPE);
	if (n < 5)
		return SOCKS_MORE;
	len = p[3] == TYPE_V4 ? 4 : p[3] == TYPE_V6 ? 16 : p[at++];
	if (n < at + len + 2)
		return SOCKS_MORE;
	*ret_port = (uint16_t)(p[at + len] << 8 | p[at + len + 1]);
	if (p[3] == TYPE_NAME) {
		hostname_parse((const char *)p + at, len, true, ret_host, NULL);
	} else {
		a = ipaddr_of(p + at, len);
		*ret_host = hostname_of_addr(&a);
	}
	if (ret_host->kind == HOSTNAME_NONE || *ret_port == 0) {
		*ret_host = (struct hostname){ 0 };
		*ret_port = 0;
		return bad(ret_reply, SOCKS_FAILED);
	}
	*ret_used = at + len + 2;
	return SOCKS_DONE;
}
